//! What a list is ordered by.

use kernel::StoreError;
use sea_orm::{
    DbBackend, QueryResult, Value,
    prelude::{TimeDate, Uuid},
};
use serde_json::Value as Json;

use crate::error;

/// One expression of an order.
pub(super) struct Key {
    pub(super) sql: String,
    kind: Kind,
    /// Whether it is empty in some rows. Only the first key of an order may be.
    pub(super) may_be_absent: bool,
}

#[derive(Clone, Copy)]
enum Kind {
    Whole,
    Text,
    Day,
    Id,
}

/// What a row has in such an expression.
#[derive(Clone, Debug, PartialEq, PartialOrd)]
pub(super) enum KeyValue {
    Absent,
    Whole(i64),
    Text(String),
    Day(TimeDate),
    Id(Uuid),
}

impl Key {
    fn new(sql: impl Into<String>, kind: Kind) -> Self {
        Self { sql: sql.into(), kind, may_be_absent: false }
    }

    /// A whole number: an instant, a sequence, a rank.
    pub(super) fn whole(sql: impl Into<String>) -> Self {
        Self::new(sql, Kind::Whole)
    }

    pub(super) fn text(sql: impl Into<String>) -> Self {
        Self::new(sql, Kind::Text)
    }

    pub(super) fn day(sql: impl Into<String>) -> Self {
        Self::new(sql, Kind::Day)
    }

    pub(super) fn id(sql: impl Into<String>) -> Self {
        Self::new(sql, Kind::Id)
    }

    pub(super) fn or_absent(self) -> Self {
        Self { may_be_absent: true, ..self }
    }

    /// Empty in some rows, unless the filter leaves those alone where it is filled in.
    pub(super) fn or_absent_unless(self, filled_in: bool) -> Self {
        Self { may_be_absent: !filled_in, ..self }
    }

    /// Keeps the databases from walking along the index of this key: what is found otherwise is sorted.
    pub(super) fn leave_index(&mut self, backend: DbBackend) {
        self.sql = match (backend, self.kind) {
            (_, Kind::Id) => return,
            (DbBackend::Postgres, Kind::Text) => format!("({} || '')", self.sql),
            (DbBackend::Postgres, Kind::Whole | Kind::Day) => format!("({} + 0)", self.sql),
            _ => format!("+({})", self.sql),
        };
    }

    /// The expression as a column of the result.
    pub(super) fn selected(&self, at: usize) -> String {
        match self.kind {
            Kind::Whole => format!("CAST({} AS BIGINT) AS key_{at}", self.sql),
            Kind::Text | Kind::Day | Kind::Id => format!("{} AS key_{at}", self.sql),
        }
    }

    /// What the row has in that column.
    pub(super) fn value(&self, row: &QueryResult, at: usize) -> Result<KeyValue, StoreError> {
        let column = format!("key_{at}");
        let column = column.as_str();
        let value = match self.kind {
            Kind::Whole => row.try_get::<Option<i64>>("", column).map(|value| value.map(KeyValue::Whole)),
            Kind::Text => row.try_get::<Option<String>>("", column).map(|value| value.map(KeyValue::Text)),
            Kind::Day => row.try_get::<Option<TimeDate>>("", column).map(|value| value.map(KeyValue::Day)),
            Kind::Id => row.try_get::<Option<Uuid>>("", column).map(|value| value.map(KeyValue::Id)),
        };
        Ok(value.map_err(error::map)?.unwrap_or(KeyValue::Absent))
    }

    /// What a cursor says; none where it cannot be of this key.
    pub(super) fn read_json(&self, json: Json) -> Option<KeyValue> {
        match (self.kind, json) {
            (_, Json::Null) if self.may_be_absent => Some(KeyValue::Absent),
            (Kind::Whole, Json::Number(number)) => number.as_i64().map(KeyValue::Whole),
            // PostgreSQL refuses this character in texts.
            (Kind::Text, Json::String(text)) if !text.contains('\0') => Some(KeyValue::Text(text)),
            (Kind::Day, Json::Number(number)) => {
                let day = i32::try_from(number.as_i64()?).ok()?;
                // As many as PostgreSQL has, which a cursor of ours never leaves.
                let day = TimeDate::from_julian_day(day).ok().filter(|day| day.year() > 0);
                day.map(KeyValue::Day)
            }
            (Kind::Id, Json::String(text)) => Uuid::try_parse(&text).ok().map(KeyValue::Id),
            _ => None,
        }
    }
}

impl KeyValue {
    pub(super) fn to_json(&self) -> Json {
        match self {
            Self::Absent => Json::Null,
            Self::Whole(number) => (*number).into(),
            Self::Text(text) => text.as_str().into(),
            Self::Day(day) => day.to_julian_day().into(),
            Self::Id(id) => id.to_string().into(),
        }
    }
}

impl From<KeyValue> for Value {
    fn from(value: KeyValue) -> Self {
        match value {
            // Never compared with: rows without a value are a section of their own.
            KeyValue::Absent => Self::BigInt(None),
            KeyValue::Whole(number) => number.into(),
            KeyValue::Text(text) => text.into(),
            KeyValue::Day(day) => day.into(),
            KeyValue::Id(id) => id.into(),
        }
    }
}
