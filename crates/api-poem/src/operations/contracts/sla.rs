//! Promised times, as they stood when a contract was signed.

use poem_openapi::Object;
use policy_resolver::kinds::{
    Escalation, PerPriority, Priority, Recipient, SlaPolicy, SupportHours, Weekday,
};

use crate::wire::Word;

/// Promised times.
#[derive(Debug, Object)]
#[oai(skip_serializing_if_is_none)]
pub(crate) struct SlaView {
    /// Minutes of support hours until the first answer.
    response_minutes: SlaTargets,
    /// Minutes of support hours until the solution.
    resolution_minutes: SlaTargets,
    /// When support is there.
    support_hours: SupportHoursView,
    /// Who is told when a part of a target has passed.
    escalations: Vec<EscalationView>,
    /// The priorities that requests may have.
    priorities: Vec<Word<Priority>>,
    /// Percent of a month that an environment is promised to be up, a decimal text; absent where nothing is promised.
    uptime_percent: Option<String>,
}

/// A target for each priority, in minutes; absent where nothing is promised.
#[derive(Debug, Object)]
#[oai(skip_serializing_if_is_none)]
pub(crate) struct SlaTargets {
    /// For priority `low`.
    low: Option<u32>,
    /// For priority `normal`.
    normal: Option<u32>,
    /// For priority `high`.
    high: Option<u32>,
    /// For priority `urgent`.
    urgent: Option<u32>,
}

impl From<PerPriority> for SlaTargets {
    fn from(PerPriority { low, normal, high, urgent }: PerPriority) -> Self {
        Self { low, normal, high, urgent }
    }
}

/// When support is there.
#[derive(Debug, Object)]
pub(crate) struct SupportHoursView {
    /// The days of the week.
    weekdays: Vec<Word<Weekday>>,
    /// From this time of day: `09:00`.
    from: String,
    /// To this time of day, not included; `24:00` is the end of the day.
    to: String,
    /// Times of day are meant at this offset: `-03:00`.
    utc_offset: String,
}

impl From<SupportHours> for SupportHoursView {
    fn from(hours: SupportHours) -> Self {
        Self {
            weekdays: hours.weekdays.into_iter().map(Word).collect(),
            from: hours.from.to_string(),
            to: hours.to.to_string(),
            utc_offset: hours.utc_offset.to_string(),
        }
    }
}

/// Who is told when a part of a target has passed.
#[derive(Debug, Object)]
pub(crate) struct EscalationView {
    /// Percent of the target that has passed; 100 is the breach.
    at_percent: u32,
    /// Who is told.
    notify: Vec<Word<Recipient>>,
}

impl From<Escalation> for EscalationView {
    fn from(Escalation { at_percent, notify }: Escalation) -> Self {
        Self { at_percent, notify: notify.into_iter().map(Word).collect() }
    }
}

impl From<SlaPolicy> for SlaView {
    fn from(sla: SlaPolicy) -> Self {
        Self {
            response_minutes: sla.response_minutes.into(),
            resolution_minutes: sla.resolution_minutes.into(),
            support_hours: sla.support_hours.into(),
            escalations: sla.escalations.into_iter().map(EscalationView::from).collect(),
            priorities: sla.priorities.into_iter().map(Word).collect(),
            uptime_percent: sla.uptime_percent.map(|percent| percent.to_string()),
        }
    }
}
