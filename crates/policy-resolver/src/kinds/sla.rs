//! Promised times.

use rust_decimal::Decimal;
use strum::VariantArray;

use super::{Priority, Recipient, SupportClass, TimeOfDay, UtcOffset, Weekday};
use crate::{
    Leaf, Rule, Value, ValueType,
    declare::{kind, section},
    shape::part,
};

section! {
    /// A target for each priority, in minutes of support hours; none promises nothing.
    pub struct PerPriority {
        /// For priority `low`.
        pub low: Option<u32> = None => [unit("minutes"), min(1), max(525_600)],
        /// For priority `normal`.
        pub normal: Option<u32> = None => [unit("minutes"), min(1), max(525_600)],
        /// For priority `high`.
        pub high: Option<u32> = None => [unit("minutes"), min(1), max(525_600)],
        /// For priority `urgent`.
        pub urgent: Option<u32> = None => [unit("minutes"), min(1), max(525_600)],
    }
}

impl PerPriority {
    /// The target for a priority, in minutes.
    pub fn get(&self, priority: Priority) -> Option<u32> {
        match priority {
            Priority::Low => self.low,
            Priority::Normal => self.normal,
            Priority::High => self.high,
            Priority::Urgent => self.urgent,
        }
    }

    fn of(low: u32, normal: u32, high: u32, urgent: u32) -> Self {
        Self { low: Some(low), normal: Some(normal), high: Some(high), urgent: Some(urgent) }
    }
}

section! {
    /// When support is there.
    pub struct SupportHours {
        /// The days of the week.
        pub weekdays: Vec<Weekday> = Weekday::WORKING_DAYS.to_vec() => [items(7)],
        /// From this time of day.
        pub from: TimeOfDay = TimeOfDay::from_hours(9),
        /// To this time of day, not included; `24:00` is the end of the day.
        pub to: TimeOfDay = TimeOfDay::from_hours(18),
        /// Times of day are meant at this offset.
        pub utc_offset: UtcOffset = UtcOffset::UTC,
    }
}

impl SupportHours {
    /// Around the clock, every day.
    pub fn always() -> Self {
        Self {
            weekdays: Weekday::VARIANTS.to_vec(),
            from: TimeOfDay::from_hours(0),
            to: TimeOfDay::from_hours(24),
            utc_offset: UtcOffset::UTC,
        }
    }
}

/// Who is told when a part of a target has passed.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Escalation {
    /// Percent of the target that has passed, 1 to 1000; 100 is the breach.
    pub at_percent: u32,
    /// Who is told.
    pub notify: Vec<Recipient>,
}

kind! {
    /// Promised times. What is promised differs by support class: see [`SlaPolicy::for_support_class`].
    pub struct SlaPolicy("sla") {
        /// Minutes of support hours until the first answer, by priority.
        pub response_minutes: PerPriority = PerPriority::of(2880, 1440, 480, 240),
        /// Minutes of support hours until the solution, by priority.
        pub resolution_minutes: PerPriority = PerPriority::of(14_400, 7200, 2880, 1440),
        /// When support is there; taken whole from one level.
        pub support_hours: SupportHours = SupportHours::default() => [group("support_hours")],
        /// Who is told when a part of a target has passed.
        pub escalations: Vec<Escalation> = vec![
            Escalation { at_percent: 75, notify: vec![Recipient::Assignee, Recipient::StaffDelivery] },
            Escalation { at_percent: 100, notify: vec![Recipient::StaffDelivery, Recipient::StaffAdmin] },
        ] => [items(20)],
        /// The priorities that requests may have.
        pub priorities: Vec<Priority> = Priority::VARIANTS.to_vec() => [items(4)],
        /// Percent of a month that an environment is promised to be up, 0 to 100; none promises nothing.
        pub uptime_percent: Option<Decimal> = None => [unit("percent"), min(0), max(100), scale(3)],
    }
    rules: {
        let mut rules: Vec<Rule> = Priority::VARIANTS
            .iter()
            .map(|p| Rule::at_most(format!("response_minutes.{p}"), format!("resolution_minutes.{p}")))
            .collect();
        rules.push(Rule::less_than("support_hours.from", "support_hours.to"));
        rules
    };
    profiles: SupportClass::VARIANTS.iter().map(|class| (class.to_string(), Self::for_support_class(*class))).collect();
}

impl SlaPolicy {
    /// The built-in defaults of a support class.
    pub fn for_support_class(class: SupportClass) -> Self {
        let basic = Self::default();
        match class {
            SupportClass::Free => Self {
                response_minutes: PerPriority::default(),
                resolution_minutes: PerPriority::default(),
                escalations: Vec::new(),
                ..basic
            },
            SupportClass::Basic => basic,
            SupportClass::Flex => Self {
                response_minutes: PerPriority::of(1440, 960, 240, 120),
                resolution_minutes: PerPriority::of(10_080, 5760, 1440, 960),
                ..basic
            },
            SupportClass::Business => Self {
                response_minutes: PerPriority::of(960, 480, 120, 60),
                resolution_minutes: PerPriority::of(5760, 2880, 960, 480),
                uptime_percent: Some(Decimal::new(995, 1)),
                ..basic
            },
            SupportClass::Enterprise => Self {
                response_minutes: PerPriority::of(480, 240, 60, 30),
                resolution_minutes: PerPriority::of(2880, 1440, 480, 240),
                support_hours: SupportHours::always(),
                uptime_percent: Some(Decimal::new(999, 1)),
                ..basic
            },
            SupportClass::Government => Self {
                response_minutes: PerPriority::of(480, 240, 60, 30),
                resolution_minutes: PerPriority::of(2880, 1440, 480, 240),
                uptime_percent: Some(Decimal::new(999, 1)),
                ..basic
            },
        }
    }
}

impl Leaf for Escalation {
    fn value_type() -> ValueType {
        let parts = [
            ("at_percent".to_owned(), ValueType::Integer { min: 1, max: 1000 }),
            ("notify".to_owned(), Vec::<Recipient>::value_type()),
        ];
        ValueType::Record { parts: parts.into() }
    }
    fn to_value(&self) -> Value {
        Value::Record(vec![
            ("at_percent".into(), self.at_percent.to_value()),
            ("notify".into(), self.notify.to_value()),
        ])
    }
    fn from_value(value: &Value) -> Result<Self, String> {
        Ok(Self { at_percent: part(value, "at_percent")?, notify: part(value, "notify")? })
    }
}
