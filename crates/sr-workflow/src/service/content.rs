//! What staff say about a service.

use kernel::{Invalid, ServiceMode, ServiceType};
use time::Date;

use super::{ServiceState, ServiceStatus};
use crate::{JiraProjectKey, text::MAX_TITLE};

/// The most deliverables of a service.
pub const MAX_DELIVERABLES: usize = 100;
/// The longest deliverable, in characters.
pub const MAX_DELIVERABLE: usize = 500;

/// What staff say about a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceContent {
    /// What it is called, at most [`MAX_TITLE`] characters.
    pub title: String,
    /// What kind of work it is (SV-1).
    pub service_type: ServiceType,
    /// The Jira project in which its work is tracked.
    pub jira_project_key: Option<JiraProjectKey>,
    /// The day on which it begins.
    pub start: Option<Date>,
    /// The day on which a project is meant to end, not before its start. An ongoing service has none (SV-2).
    pub estimated_end: Option<Date>,
    /// What a project hands over: at most [`MAX_DELIVERABLES`], of at most [`MAX_DELIVERABLE`] characters each.
    pub deliverables: Vec<String>,
}

impl ServiceContent {
    /// The content of a service that has a title and a type so far.
    pub fn new(title: impl Into<String>, service_type: ServiceType) -> Self {
        Self {
            title: title.into(),
            service_type,
            jira_project_key: None,
            start: None,
            estimated_end: None,
            deliverables: vec![],
        }
    }

    /// This content without the blanks around its texts, where it suits a service in `state`.
    pub(super) fn checked(mut self, state: ServiceState) -> Result<Self, Invalid> {
        self.check(state)?;
        self.title = self.title.trim().to_owned();
        for deliverable in &mut self.deliverables {
            *deliverable = deliverable.trim().to_owned();
        }
        Ok(self)
    }

    /// Every field that does not suit a service in `state`: what was needed to get there stays needed.
    pub(super) fn check(&self, state: ServiceState) -> Result<(), Invalid> {
        let mut invalid = Invalid::default();
        invalid.require_text("title", &self.title, MAX_TITLE);
        self.check_days(state, &mut invalid);
        if self.deliverables.len() > MAX_DELIVERABLES {
            invalid.push("deliverables", format!("must not be more than {MAX_DELIVERABLES}"));
        }
        for (index, deliverable) in self.deliverables.iter().enumerate() {
            invalid.require_text(&format!("deliverables[{index}]"), deliverable, MAX_DELIVERABLE);
        }
        if state.status == ServiceStatus::Delivered && self.deliverables.is_empty() {
            invalid.push("deliverables", "must be given before a project is delivered");
        }
        invalid.or_ok(())
    }

    fn check_days(&self, state: ServiceState, invalid: &mut Invalid) {
        if let (ServiceMode::Ongoing, Some(_)) = (state.mode, self.estimated_end) {
            invalid.push("estimated_end", "an ongoing service has no end");
            return;
        }
        let begun = matches!(
            state.status,
            ServiceStatus::InProgress | ServiceStatus::OnHold | ServiceStatus::Delivered
        );
        if state.mode == ServiceMode::Project && begun {
            for (path, day) in [("start", self.start), ("estimated_end", self.estimated_end)] {
                if day.is_none() {
                    invalid.push(path, "must be given before a project is started");
                }
            }
        }
        if let (Some(start), Some(end)) = (self.start, self.estimated_end)
            && end < start
        {
            invalid.push("estimated_end", "must not be before the start");
        }
    }
}
