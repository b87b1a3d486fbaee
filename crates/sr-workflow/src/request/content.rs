//! What is said about a request, and who may change it when.

use kernel::{Actor, ActorKind, IllegalMove, Invalid, LifeCycle, Timestamp};
use policy_resolver::kinds::{Priority, SlaPolicy};
use time::Date;

use super::{RequestStage, ServiceRequest, admission::list};
use crate::{
    JiraIssueKey, MoveError, NotAllowed,
    text::{MAX_ASSIGNEE, MAX_DESCRIPTION, MAX_TITLE},
};

/// Changes to what is said about a request; what is none stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RequestEdit {
    /// Another title: in a draft; by staff until it is approved.
    pub title: Option<String>,
    /// Another description: as the title.
    pub description: Option<String>,
    /// Another day by which it is wanted, or none: in a draft; by staff until it is done.
    pub due_date: Option<Option<Date>>,
    /// Another priority: by staff until it is done. From a customer, in a draft, it is a suggestion (SR-11).
    pub priority: Option<Priority>,
    /// Who does it, or nobody: by staff and Jira until it is done.
    pub assignee: Option<Option<String>>,
    /// The issue in Jira, or none: by staff until it is done.
    pub jira_issue_key: Option<Option<JiraIssueKey>>,
}

impl ServiceRequest {
    /// Changes what is said about the request. True where something is different now.
    ///
    /// A customer's priority is kept as the suggested one; it counts as long as staff have set no other (SR-11).
    ///
    /// # Errors
    /// [`MoveError`], with every field that is wrong, or not the party's to change, or fixed by now; nothing is changed then.
    pub fn edit(
        &mut self,
        edit: RequestEdit,
        sla: &SlaPolicy,
        by: &Actor,
        now: Timestamp,
    ) -> Result<bool, MoveError> {
        self.check_editor(by)?;
        self.check_edit(&edit, sla, by)?;
        let before = self.record.clone();
        let row = &mut self.record;
        if let Some(title) = edit.title {
            row.title = title.trim().to_owned();
        }
        if let Some(description) = edit.description {
            row.description = description.trim().to_owned();
        }
        if let Some(day) = edit.due_date {
            row.due_date = day;
        }
        if let Some(assignee) = edit.assignee {
            row.assignee = trimmed(assignee);
        }
        if let Some(key) = edit.jira_issue_key {
            row.jira_issue_key = key;
        }
        if let Some(priority) = edit.priority {
            if by.kind == ActorKind::Customer {
                if row.suggested_priority.unwrap_or_default() == row.priority {
                    row.priority = priority;
                }
                row.suggested_priority = Some(priority);
            } else {
                row.priority = priority;
            }
        }
        let changed = *row != before;
        if changed {
            row.changed_at = now;
        }
        Ok(changed)
    }

    fn check_editor(&self, by: &Actor) -> Result<(), MoveError> {
        let stage = self.stage();
        let state = stage.into();
        let allowed = match by.kind {
            ActorKind::Staff | ActorKind::Jira => true,
            ActorKind::Customer => stage == RequestStage::Draft || !stage.is_open(),
            ActorKind::System => false,
        };
        if !allowed {
            return Err(
                NotAllowed { party: by.kind, command: "edit", entity: RequestStage::ENTITY, state }.into()
            );
        }
        if !stage.is_open() {
            let legal = stage.commands_for(by.kind).map(Into::into).collect();
            return Err(IllegalMove { entity: RequestStage::ENTITY, state, command: "edit", legal }.into());
        }
        Ok(())
    }

    fn check_edit(&self, edit: &RequestEdit, sla: &SlaPolicy, by: &Actor) -> Result<(), Invalid> {
        let (staff, jira) = (by.kind == ActorKind::Staff, by.kind == ActorKind::Jira);
        let row = &self.record;
        let mut invalid = check_texts(
            edit.title.as_deref().unwrap_or(&row.title),
            edit.description.as_deref().unwrap_or(&row.description),
            edit.assignee.as_ref().and_then(Option::as_deref),
        )
        .err()
        .unwrap_or_default();
        let worded = matches!(self.stage(), RequestStage::Draft | RequestStage::PendingApproval);
        for (path, given) in [("title", edit.title.is_some()), ("description", edit.description.is_some())] {
            if given && jira {
                invalid.push(path, "is not Jira's to change");
            } else if given && !worded {
                invalid.push(path, "is fixed once the request is approved");
            }
        }
        for (path, given) in [("due_date", edit.due_date.is_some()), ("priority", edit.priority.is_some())] {
            if given && jira {
                invalid.push(path, "is not Jira's to change");
            }
        }
        if edit.assignee.is_some() && !staff && !jira {
            invalid.push("assignee", "is set by staff");
        }
        if edit.jira_issue_key.is_some() && !staff {
            invalid.push("jira_issue_key", "is set by staff");
        }
        if let Some(priority) = edit.priority
            && priority != row.priority
            && !sla.priorities.contains(&priority)
        {
            invalid.push("priority", format!("is not offered; offered are: {}", list(&sla.priorities)));
        }
        invalid.or_ok(())
    }
}

/// Every text that is out of bounds.
pub(super) fn check_texts(title: &str, description: &str, assignee: Option<&str>) -> Result<(), Invalid> {
    let mut invalid = Invalid::default();
    invalid.require_text("title", title, MAX_TITLE);
    if description.chars().count() > MAX_DESCRIPTION {
        invalid.push("description", format!("must not be longer than {MAX_DESCRIPTION} characters"));
    }
    if let Some(assignee) = assignee {
        invalid.require_text("assignee", assignee, MAX_ASSIGNEE);
    }
    invalid.or_ok(())
}

/// The text without the blanks around it.
pub(super) fn trimmed(text: Option<String>) -> Option<String> {
    text.map(|text| text.trim().to_owned())
}
