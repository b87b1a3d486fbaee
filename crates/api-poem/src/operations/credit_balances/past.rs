//! Statements and monthly totals, as staff and customers ask for them.

use std::sync::Arc;

use kernel::{CreditBalanceId, PageRequest, Timestamp, add_months};
use poem_openapi::param::Query;
use service_delivery::{
    access::Caller,
    reads::{MovementRow, StatementPage, StatementQuery, Viewer},
};
use time::Date;
use ust_credits::{Figures, Period, Turnover};

use super::{
    super::{Context, context::found},
    BALANCE,
};
use crate::{
    http::ApiError,
    wire::{CsvFile, Instant, Key, Month, csv_row},
};

/// The most months that are told at once.
const MAX_MONTHS: i32 = 120;

/// A column of a statement's file: its name, and what stands in it.
pub(crate) type Column = (&'static str, fn(&MovementRow) -> String);

/// The columns that everybody sees.
pub(crate) const COLUMNS: [Column; 8] = [
    ("at", |row| row.entry.at.to_string()),
    ("kind", |row| row.entry.kind.to_string()),
    ("service_request", |row| {
        row.request.as_ref().map(|request| request.code.to_string()).unwrap_or_default()
    }),
    ("amount", |row| row.entry.amount.to_string()),
    ("change", |row| row.entry.change_of_available().to_string()),
    ("available", |row| row.entry.totals.available.to_string()),
    ("held", |row| row.entry.totals.held.to_string()),
    ("overdraft", |row| row.entry.totals.overdraft.to_string()),
];

/// Those that staff see before these, and after them.
pub(super) const STAFF_COLUMNS: [&[Column]; 3] = [
    &[("sequence", |row| row.entry.sequence.to_string())],
    &COLUMNS,
    &[("actor", |row| row.entry.actor.name.clone()), ("cause", |row| row.entry.cause.clone())],
];

/// What a file writes next.
enum Part {
    Opening,
    Movements(PageRequest),
}

fn month_of(date: Date) -> Date {
    date.replace_day(1).unwrap_or(date)
}

impl Context {
    /// The period asked for; this month unless told.
    pub(crate) fn period(
        &self,
        Query(from): Query<Option<Instant>>,
        Query(until): Query<Option<Instant>>,
    ) -> Result<Period, ApiError> {
        let offset = self.service.utc_offset();
        let until = match until {
            Some(Instant(until)) => until,
            None => {
                let first = add_months(month_of(self.clock.now().date_at(offset)), 1);
                let next = Timestamp::start_of(first, offset);
                if from.is_some_and(|Instant(from)| from > next) {
                    let problem = format!(
                        "must not be later than {next}, with which the period ends where until is absent"
                    );
                    return Err(ApiError::field("from", problem));
                }
                next
            }
        };
        let from = from.map_or_else(
            || Timestamp::start_of(month_of(until.just_before().date_at(offset)), offset),
            |Instant(from)| from,
        );
        Ok(Period::try_new(from, until)?)
    }

    /// A page of a statement.
    pub(crate) async fn statement(
        &self,
        by: &Caller,
        key: &Key,
        period: Period,
        page: PageRequest,
    ) -> Result<StatementPage, ApiError> {
        let query = StatementQuery { period, page };
        let told = self.reads.credit_statement(self.viewer(by), key.id(BALANCE)?, &query).await?;
        found(told, BALANCE, key)
    }

    /// A statement as a file with these columns, row by row as it is read. The first row is the opening and the last the
    /// closing, which have an instant, a kind and the figures of the columns called so.
    pub(crate) async fn statement_file(
        self: &Arc<Self>,
        by: &Caller,
        key: &Key,
        period: Period,
        columns: &'static [&'static [Column]],
    ) -> Result<CsvFile, ApiError> {
        let (id, viewer): (CreditBalanceId, Viewer) = (key.id(BALANCE)?, self.viewer(by));
        // Whether there is such a balance is answered before the file begins.
        found(self.reads.credit_balance(viewer, id).await?, BALANCE, key)?;
        let context = self.clone();
        let file = CsvFile::streamed(format!("statement-{id}.csv"), Part::Opening, move |part| {
            let context = context.clone();
            async move {
                let (begins, page_wanted) = match part {
                    Part::Opening => (true, PageRequest::longest(None)),
                    Part::Movements(page) => (false, page),
                };
                let query = StatementQuery { period, page: page_wanted };
                let told = context.reads.credit_statement(viewer, id, &query).await?;
                let Some(told) = told else { return Ok((String::new(), None)) };
                let mut text = String::new();
                if begins {
                    text += &csv_row(columns.iter().copied().flatten().map(|(name, _)| *name));
                    text += &edge(columns, "opening", period.from(), &told.opening);
                }
                for movement in &told.movements.items {
                    let cells: Vec<String> =
                        columns.iter().copied().flatten().map(|(_, cell)| cell(movement)).collect();
                    text += &csv_row(cells.iter().map(String::as_str));
                }
                let next =
                    told.movements.next.map(|cursor| Part::Movements(PageRequest::longest(Some(cursor))));
                if next.is_none() {
                    text += &edge(columns, "closing", told.closing_at, &told.closing);
                }
                Ok::<_, kernel::StoreError>((text, next))
            }
        });
        Ok(file)
    }

    /// What happened in each month of the business time zone, without a gap.
    pub(crate) async fn monthly_totals(
        &self,
        by: &Caller,
        key: &Key,
        Query(from): Query<Option<Month>>,
        Query(until): Query<Option<Month>>,
    ) -> Result<Vec<(Date, Turnover)>, ApiError> {
        let offset = self.service.utc_offset();
        let last = until.map_or_else(|| month_of(self.clock.now().date_at(offset)), |Month(month)| month);
        let first = from.map_or_else(|| add_months(last, -11), |Month(month)| month);
        let count = months_from(first, last) + 1;
        if count < 1 && until.is_none() {
            return Err(ApiError::field("from", "must not be later than this month where until is absent"));
        }
        if count < 1 {
            return Err(ApiError::field("until", format!("must not be earlier than from, {first}")));
        }
        if count > MAX_MONTHS {
            return Err(ApiError::field("from", format!("at most {MAX_MONTHS} months are told at once")));
        }
        let months: Vec<Date> = (0..=count).map(|number| add_months(first, number)).collect();
        let bounds: Vec<Timestamp> = months.iter().map(|month| Timestamp::start_of(*month, offset)).collect();
        let told = self.reads.credit_turnovers(self.viewer(by), key.id(BALANCE)?, &bounds).await?;
        Ok(months.into_iter().zip(found(told, BALANCE, key)?).collect())
    }
}

fn months_from(first: Date, last: Date) -> i32 {
    let index = |date: Date| date.year() * 12 + i32::from(u8::from(date.month()));
    index(last) - index(first)
}

/// The opening or the closing as a row.
fn edge(columns: &[&[Column]], kind: &'static str, at: Timestamp, figures: &Figures) -> String {
    let totals = &figures.totals;
    let cells: Vec<String> = columns
        .iter()
        .copied()
        .flatten()
        .map(|(name, _)| match *name {
            "at" => at.to_string(),
            "kind" => kind.to_owned(),
            "available" => totals.available.to_string(),
            "held" => totals.held.to_string(),
            "overdraft" => totals.overdraft.to_string(),
            _ => String::new(),
        })
        .collect();
    csv_row(cells.iter().map(String::as_str))
}
