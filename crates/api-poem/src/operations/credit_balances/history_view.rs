//! What is shown of a balance's past.

use kernel::Timestamp;
use poem_openapi::{Object, types::Example};
use service_delivery::reads::{LotUseRow, MovementRow, StatementPage};
use time::Date;
use ust_credits::{EntryKind, Figures, Period, Totals, Turnover};

use super::{
    super::{by::ActorView, example, service_requests::RequestRef},
    view::CreditTotals,
};
use crate::wire::{Credits, Instant, Month, Word};

/// The figures of a balance as of an instant.
#[derive(Debug, Object)]
#[oai(example)]
pub(crate) struct CreditFiguresView {
    /// The instant.
    at: Instant,
    /// What the customer has left: usable less overdrawn; negative in overdraft.
    balance: Credits,
    /// What is available and can be used already.
    usable: Credits,
    /// What is available and cannot be used yet.
    upcoming: Credits,
    /// What it adds up to.
    totals: CreditTotals,
}

impl CreditFiguresView {
    pub(crate) fn at(at: Timestamp, figures: Figures) -> Self {
        Self {
            at: at.into(),
            balance: figures.balance().into(),
            usable: figures.usable.into(),
            upcoming: figures.upcoming.into(),
            totals: figures.totals.into(),
        }
    }
}

/// A statement: opening and movements lead to the closing.
#[derive(Debug, Object)]
#[oai(skip_serializing_if_is_none, example)]
pub(crate) struct StatementView {
    /// The period's first instant.
    from: Instant,
    /// The first instant after the period.
    until: Instant,
    /// As of the last instant before the period.
    opening: CreditFiguresView,
    /// As of the last instant of the period; as of now where the period goes on.
    closing: CreditFiguresView,
    /// What happened in between, in order: one page of it.
    movements: Vec<StatementMovement>,
    /// What to send as `cursor` for the next page of movements; absent on the last one.
    next_cursor: Option<String>,
}

impl StatementView {
    pub(super) fn new(period: Period, page: StatementPage) -> Self {
        let opening_at = period.opening_instant().min(page.closing_at);
        Self {
            from: period.from().into(),
            until: period.until().into(),
            opening: CreditFiguresView::at(opening_at, page.opening),
            closing: CreditFiguresView::at(page.closing_at, page.closing),
            movements: page.movements.items.into_iter().map(StatementMovement::from).collect(),
            next_cursor: page.movements.next.map(|cursor| cursor.0),
        }
    }
}

/// One movement of a statement.
#[derive(Debug, Object)]
#[oai(skip_serializing_if_is_none)]
pub(crate) struct StatementMovement {
    /// Its place in the ledger.
    sequence: i64,
    /// When it holds from.
    at: Instant,
    /// What it records.
    kind: Word<EntryKind>,
    /// The service request it is about.
    service_request: Option<RequestRef>,
    /// How much.
    amount: Credits,
    /// The change of what is available, with a minus where it takes away.
    change: Credits,
    /// What is available after it.
    available: Credits,
    /// What is held after it.
    held: Credits,
    /// What is overdrawn after it.
    overdraft: Credits,
    /// Who did it.
    actor: ActorView,
    /// Why.
    cause: String,
}

impl From<MovementRow> for StatementMovement {
    fn from(MovementRow { entry, request }: MovementRow) -> Self {
        Self {
            sequence: entry.sequence,
            at: entry.at.into(),
            kind: entry.kind.into(),
            service_request: request.map(RequestRef::from),
            amount: entry.amount.into(),
            change: entry.change_of_available().into(),
            available: entry.totals.available.into(),
            held: entry.totals.held.into(),
            overdraft: entry.totals.overdraft.into(),
            actor: entry.actor.into(),
            cause: entry.cause,
        }
    }
}

/// What happened in each month, without a gap.
#[derive(Debug, Object)]
#[oai(example)]
pub(crate) struct MonthlyTotals {
    /// From the first month to the last.
    months: Vec<MonthTotals>,
}

impl MonthlyTotals {
    pub(crate) fn new(months: Vec<(Date, Turnover)>) -> Self {
        Self {
            months: months.into_iter().map(|(month, turnover)| MonthTotals::new(month, turnover)).collect(),
        }
    }
}

/// What happened in a month.
#[derive(Debug, Object)]
pub(crate) struct MonthTotals {
    /// The month, of the business time zone.
    month: Month,
    /// Granted.
    granted: Credits,
    /// Debited from lots, less what was given back: under 0 where more was given back.
    consumed: Credits,
    /// Gone with their lots' time.
    expired: Credits,
    /// Taken back by staff or at a cancellation.
    taken_back: Credits,
    /// Covered by nothing, less what was reversed.
    excess: Credits,
}

impl MonthTotals {
    fn new(month: Date, turnover: Turnover) -> Self {
        Self {
            month: Month(month),
            granted: turnover.granted.into(),
            consumed: turnover.consumed.into(),
            expired: turnover.expired.into(),
            taken_back: turnover.taken_back.into(),
            excess: turnover.excess.into(),
        }
    }
}

/// What a lot pays for.
#[derive(Debug, Object)]
pub(crate) struct LotUseView {
    /// The service request.
    service_request: RequestRef,
    /// What of the lot is held for it.
    held: Credits,
    /// What of the lot is debited for it.
    debited: Credits,
    /// When its credits last changed.
    changed_at: Instant,
}

impl From<LotUseRow> for LotUseView {
    fn from(row: LotUseRow) -> Self {
        Self {
            service_request: row.request.into(),
            held: row.held.into(),
            debited: row.debited.into(),
            changed_at: row.changed_at.into(),
        }
    }
}

impl Example for CreditFiguresView {
    fn example() -> Self {
        let units = ust_credits::Credits::from_units;
        let (granted, available, consumed) = (units(400), units(320), units(80));
        let totals = Totals { granted, available, consumed, ..Totals::default() };
        let Instant(at) = example::instant();
        Self::at(at, Figures { totals, usable: available, upcoming: units(0) })
    }
}

impl Example for StatementView {
    fn example() -> Self {
        let units = |units| Credits(ust_credits::Credits::from_units(units));
        Self {
            from: example::instant(),
            until: example::instant(),
            opening: Example::example(),
            closing: Example::example(),
            movements: vec![StatementMovement {
                sequence: 7,
                at: example::instant(),
                kind: Word(EntryKind::Grant),
                service_request: None,
                amount: units(100),
                change: units(100),
                available: units(320),
                held: units(0),
                overdraft: units(0),
                actor: example::staff(),
                cause: "10 credits bought in the shop".to_owned(),
            }],
            next_cursor: None,
        }
    }
}

impl Example for MonthlyTotals {
    fn example() -> Self {
        let units = ust_credits::Credits::from_units;
        let turnover = Turnover {
            granted: units(100),
            consumed: units(60),
            expired: units(15),
            taken_back: units(0),
            excess: units(0),
        };
        let crate::wire::Day(day) = example::day();
        Self { months: vec![MonthTotals::new(day, turnover)] }
    }
}
