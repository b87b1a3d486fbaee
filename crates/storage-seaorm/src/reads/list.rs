//! Queries for one row, for all, or for a page of a list (AP-2).
//!
//! A page is found by where the one before ended, not by counting rows: it is as quick at the end of a list as at its beginning, and rows
//! that are added meanwhile neither move others to another page nor show one twice.

use kernel::{Page, StoreError};
use sea_orm::{ConnectionTrait, DbBackend, QueryResult, Statement};
use service_delivery::reads::{ListQuery, SortBy};

use super::{
    cursor,
    filter::Filter,
    key::{Key, KeyValue},
    row::Row,
};
use crate::error;

/// A query.
pub(super) struct List {
    /// What it is called: in cursors, and where a row is corrupt.
    pub(super) name: &'static str,
    /// What is selected.
    pub(super) columns: String,
    /// The tables.
    pub(super) from: String,
    /// The rows.
    pub(super) filter: Filter,
    /// The table alone, where a page is found in it before the others are looked into.
    first: Option<&'static str>,
}

/// Where a column may be empty, its rows are two lists, one after the other: databases disagree on which comes first, and a
/// condition that spans both finds no place in an index.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Section {
    /// The column is never empty.
    Whole,
    /// The rows where it is filled in.
    Present,
    /// The rows where it is not.
    Absent,
}

impl List {
    pub(super) fn new(
        name: &'static str,
        columns: impl Into<String>,
        from: impl Into<String>,
        filter: Filter,
    ) -> Self {
        Self { name, columns: columns.into(), from: from.into(), filter, first: None }
    }

    /// Finds a page in `table` alone: what is sorted then are ids with their keys, and only the rows shown are looked up in the other
    /// tables. The filter and the keys must be of that table.
    pub(super) fn found_first_in(self, table: &'static str) -> Self {
        Self { first: Some(table), ..self }
    }

    /// The one row there is, if any.
    pub(super) async fn one<T>(
        self,
        db: &impl ConnectionTrait,
        read: impl Fn(&Row<'_>) -> Result<T, StoreError>,
    ) -> Result<Option<T>, StoreError> {
        let sql = format!("SELECT {} FROM {}{}", self.columns, self.from, self.filter.clause());
        let statement =
            Statement::from_sql_and_values(db.get_database_backend(), sql, self.filter.into_parameters());
        let row = db.query_one_raw(statement).await.map_err(error::map)?;
        row.map(|row| read(&Row::of(self.name, &row))).transpose()
    }

    /// All rows, in the order of `order_by`.
    pub(super) async fn all<T>(
        self,
        db: &impl ConnectionTrait,
        order_by: &str,
        read: impl Fn(&Row<'_>) -> Result<T, StoreError>,
    ) -> Result<Vec<T>, StoreError> {
        let sql =
            format!("SELECT {} FROM {}{} ORDER BY {order_by}", self.columns, self.from, self.filter.clause());
        let statement =
            Statement::from_sql_and_values(db.get_database_backend(), sql, self.filter.into_parameters());
        let rows = db.query_all_raw(statement).await.map_err(error::map)?;
        rows.iter().map(|row| read(&Row::of(self.name, row))).collect()
    }

    /// A page of the list ordered by `keys`, which together no two rows share; only the first may be empty.
    pub(super) async fn page<F, S: SortBy, T>(
        self,
        db: &impl ConnectionTrait,
        query: &ListQuery<F, S>,
        mut keys: Vec<Key>,
        read: impl Fn(&Row<'_>) -> Result<T, StoreError>,
    ) -> Result<Page<T>, StoreError> {
        let sorted = query.sorted();
        let order = sorted.to_string();
        let after =
            query.page.cursor().map(|cursor| cursor::read(cursor, self.name, &order, &keys)).transpose()?;
        if self.filter.finds_few()
            && let Some(first) = keys.first_mut()
        {
            first.leave_index(db.get_database_backend());
        }
        let limit = usize::from(query.page.limit());
        // One row more than asked for tells whether there is another page.
        let wanted = limit + 1;
        let mut rows = Vec::new();
        let begin = after.as_ref().map(|values| section_of(&keys, values));
        let sections = sections(&keys, sorted.descending).into_iter();
        for section in sections.skip_while(|section| begin.is_some_and(|begin| begin != *section)) {
            if rows.len() < wanted {
                let after = after.as_deref().filter(|_| begin == Some(section));
                let backend = db.get_database_backend();
                let (direction, limit) = (sorted.descending, wanted - rows.len());
                let (sql, parameters) = self.statement(backend, &keys, section, after, direction, limit);
                let statement = Statement::from_sql_and_values(backend, sql, parameters);
                rows.extend(db.query_all_raw(statement).await.map_err(error::map)?);
            }
        }
        let more = rows.len() > limit;
        rows.truncate(limit);
        let next = match rows.last() {
            Some(last) if more => Some(cursor::write(self.name, &order, &values(&keys, last)?)),
            _ => None,
        };
        let items = rows.iter().map(|row| read(&Row::of(self.name, row))).collect::<Result<_, _>>()?;
        Ok(Page { items, next })
    }

    fn statement(
        &self,
        backend: DbBackend,
        keys: &[Key],
        section: Section,
        after: Option<&[KeyValue]>,
        descending: bool,
        limit: usize,
    ) -> (String, Vec<sea_orm::Value>) {
        let mut filter = self.filter.clone();
        match (section, keys.first()) {
            (Section::Present, Some(first)) => filter.and(format!("{} IS NOT NULL", first.sql)),
            (Section::Absent, Some(first)) => filter.and(format!("{} IS NULL", first.sql)),
            _ => {}
        }
        let skipped = usize::from(section == Section::Absent);
        let ordering = keys.get(skipped..).unwrap_or_default();
        if let Some(values) = after {
            let columns: Vec<&str> = ordering.iter().map(|key| key.sql.as_str()).collect();
            let places: Vec<String> =
                values.iter().skip(skipped).map(|value| filter.bind(value.clone())).collect();
            let operator = if descending { "<" } else { ">" };
            filter.and(format!("({}) {operator} ({})", columns.join(", "), places.join(", ")));
        }
        let selected: String =
            keys.iter().zip(0..).map(|(key, at)| format!(", {}", key.selected(at))).collect();
        let direction = if descending { "DESC" } else { "ASC" };
        let order: Vec<String> = ordering.iter().map(|key| format!("{} {direction}", key.sql)).collect();
        let (columns, from, clause, order) = (&self.columns, &self.from, filter.clause(), order.join(", "));
        let sql = match self.first {
            Some(table) => {
                let found = format!("SELECT t.id FROM {table}{clause} ORDER BY {order} LIMIT {limit}");
                let among = among(backend, &found);
                format!("SELECT {columns}{selected} FROM {from} WHERE t.id {among} ORDER BY {order}")
            }
            None => format!("SELECT {columns}{selected} FROM {from}{clause} ORDER BY {order} LIMIT {limit}"),
        };
        (sql, filter.into_parameters())
    }
}

/// That an id is among those `found`. PostgreSQL is not to guess how many there are.
pub(super) fn among(backend: DbBackend, found: &str) -> String {
    match backend {
        DbBackend::Postgres => format!("= ANY (ARRAY({found}))"),
        _ => format!("IN ({found})"),
    }
}

/// What is missing counts as greatest.
fn sections(keys: &[Key], descending: bool) -> Vec<Section> {
    match keys.first() {
        Some(first) if first.may_be_absent && descending => vec![Section::Absent, Section::Present],
        Some(first) if first.may_be_absent => vec![Section::Present, Section::Absent],
        _ => vec![Section::Whole],
    }
}

fn section_of(keys: &[Key], values: &[KeyValue]) -> Section {
    match (keys.first(), values.first()) {
        (Some(first), Some(KeyValue::Absent)) if first.may_be_absent => Section::Absent,
        (Some(first), _) if first.may_be_absent => Section::Present,
        _ => Section::Whole,
    }
}

fn values(keys: &[Key], row: &QueryResult) -> Result<Vec<KeyValue>, StoreError> {
    keys.iter().zip(0..).map(|(key, at)| key.value(row, at)).collect()
}
