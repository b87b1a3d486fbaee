//! Which rows: conditions whose values are parameters, never text of the statement.

use std::cmp::Reverse;

use kernel::{Limited, OrganizationId, StoreError, Timestamp};
use sea_orm::{ConnectionTrait, DbBackend, Statement, Value};
use service_delivery::reads::Viewer;

use super::{list::among, seen};
use crate::{error, reader::Reader, words};

/// So many rows are sorted as quickly as a page is found along an index.
pub(super) const FEW: usize = 2_000;
/// So many rows with a word are rather sorted than looked for along an order, in which they may all stand at the end.
const FEW_WITH_WORD: usize = 5_000;
/// How many of the words searched for are tried as the one that finds few rows.
const WORDS_TRIED: usize = 4;

/// Conditions that all must hold, and the parameters they refer to.
#[derive(Clone, Default)]
pub(super) struct Filter {
    conditions: Vec<String>,
    parameters: Vec<Value>,
    finds_few: bool,
}

impl Filter {
    /// Only what exists for the viewer (OR-6): `column` is the organization it belongs to.
    pub(super) fn visible_to(viewer: Viewer, column: &str) -> Self {
        let mut filter = Self::default();
        filter.equals(column, viewer.tenant.map(OrganizationId::as_uuid));
        filter
    }

    /// A new parameter's place in the statement. Whoever binds one has to use it: PostgreSQL wants to know its type.
    pub(super) fn bind(&mut self, value: impl Into<Value>) -> String {
        self.parameters.push(value.into());
        format!("${}", self.parameters.len())
    }

    pub(super) fn and(&mut self, condition: impl Into<String>) {
        self.conditions.push(condition.into());
    }

    /// Lets no row pass.
    pub(super) fn nothing(&mut self) {
        self.and("1 = 0");
    }

    pub(super) fn equals(&mut self, column: &str, value: Option<impl Into<Value>>) {
        self.compare(column, "=", value);
    }

    /// At that instant or later.
    pub(super) fn from(&mut self, column: &str, at: Option<Timestamp>) {
        self.compare(column, ">=", at.map(Timestamp::unix_micros));
    }

    /// Before that instant.
    pub(super) fn until(&mut self, column: &str, at: Option<Timestamp>) {
        self.compare(column, "<", at.map(Timestamp::unix_micros));
    }

    pub(super) fn compare(&mut self, column: &str, operator: &str, value: Option<impl Into<Value>>) {
        if let Some(value) = value {
            let place = self.bind(value);
            self.and(format!("{column} {operator} {place}"));
        }
    }

    /// Exactly that text.
    pub(super) fn reads(&mut self, column: &str, value: Option<impl ToString>) {
        let Some(text) = value.map(|value| value.to_string()) else { return };
        // PostgreSQL refuses this character in texts; so no row has it.
        if text.contains('\0') { self.nothing() } else { self.equals(column, Some(text)) }
    }

    /// One of the values; any where there is none.
    pub(super) fn one_of<T: ToString>(&mut self, column: &str, values: &[T]) {
        self.any_of(column, values.iter().map(ToString::to_string));
    }

    /// One of the values; any where there is none.
    pub(super) fn any_of<V: Into<Value>>(&mut self, column: &str, values: impl IntoIterator<Item = V>) {
        let places: Vec<String> = values.into_iter().map(|value| self.bind(value)).collect();
        if !places.is_empty() {
            self.and(format!("{column} IN ({})", places.join(", ")));
        }
    }

    /// Whether the status in column `own` is seen as one of the values at `now`; the entitlement above is `e`.
    pub(super) fn seen_as<S: Limited + ToString>(&mut self, own: &str, values: &[S], now: Timestamp)
    where
        &'static str: From<S>,
    {
        if !values.is_empty() {
            let seen = self.seen::<S>(own, now);
            self.one_of(&seen, values);
        }
    }

    /// What the status in column `own` is seen as at `now`.
    pub(super) fn seen<S: Limited>(&mut self, own: &str, now: Timestamp) -> String
    where
        &'static str: From<S>,
    {
        let now = self.bind(now.unix_micros());
        seen::status::<S>(own, &now)
    }

    /// Only rows in which each word of `wanted` begins a word of what `table` is searched by, whatever their case and accents; all
    /// where `wanted` has no word.
    ///
    /// A word that few rows have finds them, and they are sorted; words that many have are looked for along the order of the list,
    /// until the page is full. So neither the common nor the rare ones need the whole table to be read.
    pub(super) async fn search(
        &mut self,
        db: &Reader<'_>,
        table: &str,
        wanted: Option<&str>,
    ) -> Result<(), StoreError> {
        let backend = db.get_database_backend();
        let find = if backend == DbBackend::Postgres { "strpos" } else { "instr" };
        let words = words::of(wanted);
        let rare = rarest(db, table, &words).await?;
        for word in &words {
            if Some(word) == rare {
                let (from, until) = words::beginning_with(word);
                let (from, until) = (self.bind(from), self.bind(until));
                let found = format!("SELECT id FROM {table}_word WHERE word >= {from} AND word < {until}");
                self.and(format!("t.id {}", among(backend, &found)));
                self.finds_few = true;
            } else {
                // PostgreSQL takes it that a third of all rows have it, and so walks in the order of the list.
                let begin = self.bind(format!(" {word}"));
                self.and(format!("{find}(' ' || t.words, {begin}) > 0"));
            }
        }
        Ok(())
    }

    /// Whether so few rows pass that they are best found first and sorted then.
    pub(super) fn finds_few(&self) -> bool {
        self.finds_few
    }

    /// ` WHERE …`, or nothing.
    pub(super) fn clause(&self) -> String {
        if self.conditions.is_empty() {
            String::new()
        } else {
            format!(" WHERE {}", self.conditions.join(" AND "))
        }
    }

    pub(super) fn into_parameters(self) -> Vec<Value> {
        self.parameters
    }
}

/// A word that begins words of [`FEW_WITH_WORD`] rows or less; the longest ones are tried.
async fn rarest<'a>(
    db: &Reader<'_>,
    table: &str,
    words: &'a [String],
) -> Result<Option<&'a String>, StoreError> {
    let mut longest: Vec<&String> = words.iter().collect();
    longest.sort_by_key(|word| Reverse(word.len()));
    for word in longest.into_iter().take(WORDS_TRIED) {
        let mut filter = Filter::default();
        let (from, until) = words::beginning_with(word);
        filter.compare("word", ">=", Some(from));
        filter.compare("word", "<", Some(until));
        if are_few(db, &format!("{table}_word"), filter, FEW_WITH_WORD).await? {
            return Ok(Some(word));
        }
    }
    Ok(None)
}

/// Whether `few` rows of `from` or less pass `filter`; no more are looked at.
pub(super) async fn are_few(
    db: &Reader<'_>,
    from: &str,
    filter: Filter,
    few: usize,
) -> Result<bool, StoreError> {
    let limit = few.saturating_add(1);
    let sql = format!("SELECT count(*) FROM (SELECT 1 FROM {from}{} LIMIT {limit}) found", filter.clause());
    let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, filter.into_parameters());
    let row = db.query_one_raw(statement).await.map_err(error::map)?;
    let found: i64 = row.map_or(Ok(0), |row| row.try_get_by_index(0)).map_err(error::map)?;
    Ok(usize::try_from(found).is_ok_and(|found| found <= few))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_never_become_text_of_the_statement() {
        let mut filter = Filter::default();
        filter.reads("t.assignee", Some("' OR 1 = 1"));
        assert_eq!(filter.clause(), " WHERE t.assignee = $1");
    }
}
