//! Our credits, as their customers see them: every movement of what is theirs, and no word of the staff's among themselves.

use std::sync::Arc;

use poem_openapi::{
    Object, OpenApi,
    param::{Path, Query},
    payload::Json,
    types::Example,
};
use service_delivery::{
    CreditPreview,
    access::Operation,
    reads::{
        BalanceFilter, BalanceRow, BalanceSort, ExpiryFilter, ExpiryRow, ExpirySort, LotFilter, LotSort,
        MovementRow, StatementPage,
    },
};
use time::Date;
use ust_credits::{BalanceStatus, Complexity, EntryKind, Figures, LotRecord, LotSource, Period, Turnover};
use uuid::Uuid;

use super::super::{
    Context, Tag,
    context::found,
    credit_balances::{Asked, BALANCE, COLUMNS, LotShare, reserved},
    example,
    named::EntitlementRef,
};
use crate::{
    http::{ApiError, By},
    wire::{Credits, CsvFile, Days, Instant, Key, Limit, Month, Page, Sort, Word, list_query, page_request},
};

/// A credit balance of ours, as of now.
#[derive(Debug, Object)]
#[oai(example)]
pub(crate) struct PortalCreditBalance {
    /// Its id.
    id: Uuid,
    /// What it lies under.
    entitlement: EntitlementRef,
    /// Whether it takes new reservations.
    status: Word<BalanceStatus>,
    /// What it has.
    figures: PortalCreditFigures,
}

impl From<BalanceRow> for PortalCreditBalance {
    fn from(row: BalanceRow) -> Self {
        Self {
            id: row.balance.id.as_uuid(),
            entitlement: (&row.above).into(),
            status: row.status.into(),
            figures: row.figures.into(),
        }
    }
}

impl Example for PortalCreditBalance {
    fn example() -> Self {
        Self {
            id: example::id(9),
            entitlement: example::entitlement(),
            status: Word(BalanceStatus::Active),
            figures: Example::example(),
        }
    }
}

/// What a balance has and had.
#[derive(Debug, Object)]
#[oai(example)]
pub(crate) struct PortalCreditFigures {
    /// What is left: usable less overdrawn; negative in overdraft.
    balance: Credits,
    /// What can be used already.
    usable: Credits,
    /// What can be used later.
    upcoming: Credits,
    /// What is held for service requests.
    held: Credits,
    /// What was used.
    consumed: Credits,
    /// What is gone with its time.
    expired: Credits,
    /// What was used beyond the credits, and is paid back first.
    overdraft: Credits,
    /// What was used beyond the credits, and is billed.
    excess: Credits,
}

impl From<Figures> for PortalCreditFigures {
    fn from(figures: Figures) -> Self {
        let totals = &figures.totals;
        Self {
            balance: figures.balance().into(),
            usable: figures.usable.into(),
            upcoming: figures.upcoming.into(),
            held: totals.held.into(),
            consumed: totals.consumed.into(),
            expired: totals.expired.into(),
            overdraft: totals.overdraft.into(),
            excess: totals.excess.into(),
        }
    }
}

impl Example for PortalCreditFigures {
    fn example() -> Self {
        let units = ust_credits::Credits::from_units;
        Figures { usable: units(320), ..Figures::default() }.into()
    }
}

/// A lot of ours.
#[derive(Debug, Object)]
#[oai(skip_serializing_if_is_none, example)]
pub(crate) struct PortalLot {
    /// Its id.
    id: Uuid,
    /// Where the credits come from.
    source: Word<LotSource>,
    /// How much was granted.
    amount: Credits,
    /// What of it is left and not held.
    available: Credits,
    /// What of it is held for service requests.
    held: Credits,
    /// When it was granted: its place in the order of use.
    granted_at: Instant,
    /// From when on it can be used.
    usable_from: Instant,
    /// When it is gone: at that instant it is gone already; absent for never.
    ends_at: Option<Instant>,
}

impl From<LotRecord> for PortalLot {
    fn from(lot: LotRecord) -> Self {
        Self {
            id: lot.id.as_uuid(),
            source: lot.source.into(),
            amount: lot.amount.into(),
            available: lot.available.into(),
            held: lot.held.into(),
            granted_at: lot.granted_at.into(),
            usable_from: lot.usable_from.into(),
            ends_at: lot.ends_at.map(Instant),
        }
    }
}

impl Example for PortalLot {
    fn example() -> Self {
        let units = |units| Credits(ust_credits::Credits::from_units(units));
        Self {
            id: example::id(10),
            source: Word(LotSource::Purchase),
            amount: units(100),
            available: units(40),
            held: units(20),
            granted_at: example::instant(),
            usable_from: example::instant(),
            ends_at: None,
        }
    }
}

/// A statement: opening and movements lead to the closing.
#[derive(Debug, Object)]
#[oai(skip_serializing_if_is_none)]
pub(crate) struct PortalStatement {
    /// The period's first instant.
    from: Instant,
    /// The first instant after the period.
    until: Instant,
    /// As of the last instant before the period.
    opening: PortalCreditFigures,
    /// As of the last instant of the period; as of now where the period goes on.
    closing: PortalCreditFigures,
    /// What happened in between, in order: one page of it.
    movements: Vec<PortalMovement>,
    /// What to send as `cursor` for the next page of movements; absent on the last one.
    next_cursor: Option<String>,
}

impl PortalStatement {
    fn new(period: Period, page: StatementPage) -> Self {
        Self {
            from: period.from().into(),
            until: period.until().into(),
            opening: page.opening.into(),
            closing: page.closing.into(),
            movements: page.movements.items.into_iter().map(PortalMovement::from).collect(),
            next_cursor: page.movements.next.map(|cursor| cursor.0),
        }
    }
}

/// One movement of a statement.
#[derive(Debug, Object)]
#[oai(skip_serializing_if_is_none)]
pub(crate) struct PortalMovement {
    /// When it holds from.
    at: Instant,
    /// What it is.
    kind: Word<EntryKind>,
    /// The code of the service request it is about.
    service_request: Option<String>,
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
}

impl From<MovementRow> for PortalMovement {
    fn from(MovementRow { entry, request }: MovementRow) -> Self {
        Self {
            at: entry.at.into(),
            kind: entry.kind.into(),
            service_request: request.map(|request| request.code.to_string()),
            amount: entry.amount.into(),
            change: entry.change_of_available().into(),
            available: entry.totals.available.into(),
            held: entry.totals.held.into(),
            overdraft: entry.totals.overdraft.into(),
        }
    }
}

/// What happened in each month, without a gap.
#[derive(Debug, Object)]
pub(crate) struct PortalMonthlyTotals {
    /// From the first month to the last.
    months: Vec<PortalMonthTotals>,
}

/// What happened in a month.
#[derive(Debug, Object)]
pub(crate) struct PortalMonthTotals {
    /// The month.
    month: Month,
    /// Granted.
    granted: Credits,
    /// Used, less what was given back.
    consumed: Credits,
    /// Gone with its time.
    expired: Credits,
    /// Used beyond the credits, and billed.
    excess: Credits,
}

impl From<(Date, Turnover)> for PortalMonthTotals {
    fn from((month, turnover): (Date, Turnover)) -> Self {
        Self {
            month: Month(month),
            granted: turnover.granted.into(),
            consumed: turnover.consumed.into(),
            expired: turnover.expired.into(),
            excess: turnover.excess.into(),
        }
    }
}

/// Credits that will be gone unless they are used before.
#[derive(Debug, Object)]
pub(crate) struct PortalCreditExpiry {
    /// When they are gone: at that instant they are gone already.
    ends_at: Instant,
    /// How many, as things stand.
    amount: Credits,
    /// The balance.
    credit_balance_id: Uuid,
    /// What it lies under.
    entitlement: EntitlementRef,
}

impl From<ExpiryRow> for PortalCreditExpiry {
    fn from(ExpiryRow { lot, balance, above }: ExpiryRow) -> Self {
        Self {
            // The list has only lots that end.
            ends_at: lot.ends_at.unwrap_or(kernel::Timestamp::MAX).into(),
            amount: lot.available.into(),
            credit_balance_id: balance.as_uuid(),
            entitlement: (&above).into(),
        }
    }
}

/// What work would do to our credits: reserved + overdraft + excess are what it would cost.
#[derive(Debug, Object)]
#[oai(skip_serializing_if_is_none)]
pub(crate) struct PortalCreditPreview {
    /// What it would cost.
    credits: Credits,
    /// The balance that would pay; absent where none would.
    credit_balance_id: Option<Uuid>,
    /// What would be reserved.
    reserved: Credits,
    /// From which lots, in the order of use; empty for whoever may not see the balance, as lots tell what was bought and when.
    lots: Vec<LotShare>,
    /// What would be used beyond the credits, and paid back first.
    overdraft: Credits,
    /// What would be used beyond the credits, and billed.
    excess: Credits,
    /// Whether it would be approved without asking us.
    pre_approved: bool,
}

impl From<CreditPreview> for PortalCreditPreview {
    fn from(preview: CreditPreview) -> Self {
        Self {
            credits: preview.credits.into(),
            credit_balance_id: preview.payer.map(|(id, _)| id.as_uuid()),
            reserved: reserved(&preview),
            lots: preview.lots.iter().map(|(lot, amount)| LotShare::new(lot, *amount)).collect(),
            overdraft: preview.overdraft.into(),
            excess: preview.excess.into(),
            pre_approved: preview.not_pre_approved.is_empty(),
        }
    }
}

pub(crate) struct PortalCredits(pub(crate) Arc<Context>);

#[OpenApi(prefix_path = "/v1/portal", tag = "Tag::Portal")]
impl PortalCredits {
    /// List our credit balances
    ///
    /// Each with what is left of it at this instant.
    #[oai(path = "/credit-balances", method = "get", operation_id = "portal_list_credit_balances")]
    async fn list(
        &self,
        By(by): By,
        sort: Query<Option<Sort<BalanceSort>>>,
        limit: Query<Option<Limit>>,
        cursor: Query<Option<String>>,
    ) -> Result<Json<Page<PortalCreditBalance>>, ApiError> {
        let query = list_query(BalanceFilter::default(), sort, limit, cursor)?;
        Ok(Json(Page::of(self.0.reads.credit_balances(self.0.viewer(&by), &query).await?)))
    }

    /// Show one of our credit balances
    ///
    /// With what is left of it at this instant.
    #[oai(
        path = "/credit-balances/:credit_balance",
        method = "get",
        operation_id = "portal_get_credit_balance"
    )]
    async fn get(
        &self,
        By(by): By,
        /// Its id.
        credit_balance: Path<Key>,
    ) -> Result<Json<PortalCreditBalance>, ApiError> {
        let row = self.0.reads.credit_balance(self.0.viewer(&by), credit_balance.id(BALANCE)?).await?;
        Ok(Json(found(row, BALANCE, &credit_balance.0)?.into()))
    }

    /// Show one of our credit balances as of an instant
    ///
    /// For an instant to come it tells what is left where nothing happens but what falls due by itself.
    #[oai(
        path = "/credit-balances/:credit_balance/as-of",
        method = "get",
        operation_id = "portal_get_credit_balance_as_of"
    )]
    async fn as_of(
        &self,
        By(by): By,
        /// Its id.
        credit_balance: Path<Key>,
        /// The instant.
        at: Query<Instant>,
    ) -> Result<Json<PortalCreditFigures>, ApiError> {
        let id = credit_balance.id(BALANCE)?;
        let figures = self.0.reads.credit_figures(self.0.viewer(&by), id, at.0.0).await?;
        Ok(Json(found(figures, BALANCE, &credit_balance.0)?.into()))
    }

    /// List the lots of one of our credit balances
    ///
    /// In the order in which they are used.
    #[oai(path = "/credit-balances/:credit_balance/lots", method = "get", operation_id = "portal_list_lots")]
    async fn lots(
        &self,
        By(by): By,
        /// Its id.
        credit_balance: Path<Key>,
        /// Only those with something left in them, or only the others.
        open: Query<Option<bool>>,
        sort: Query<Option<Sort<LotSort>>>,
        limit: Query<Option<Limit>>,
        cursor: Query<Option<String>>,
    ) -> Result<Json<Page<PortalLot>>, ApiError> {
        let query = list_query(LotFilter { open: open.0 }, sort, limit, cursor)?;
        let page = self.0.reads.lots(self.0.viewer(&by), credit_balance.id(BALANCE)?, &query).await?;
        Ok(Json(Page::of(found(page, BALANCE, &credit_balance.0)?)))
    }

    /// Show the statement of one of our credit balances
    ///
    /// Opening, every movement and closing of a period, this month unless told.
    #[oai(
        path = "/credit-balances/:credit_balance/statement",
        method = "get",
        operation_id = "portal_get_credit_statement"
    )]
    async fn statement(
        &self,
        By(by): By,
        /// Its id.
        credit_balance: Path<Key>,
        /// The period's first instant; where it is absent, the first of the month in which the period ends.
        from: Query<Option<Instant>>,
        /// The first instant after the period; where it is absent, the first of next month.
        until: Query<Option<Instant>>,
        limit: Query<Option<Limit>>,
        cursor: Query<Option<String>>,
    ) -> Result<Json<PortalStatement>, ApiError> {
        let period = self.0.period(from, until)?;
        let page = self.0.statement(&by, &credit_balance, period, page_request(limit, cursor)?).await?;
        Ok(Json(PortalStatement::new(period, page)))
    }

    /// Export the statement of one of our credit balances
    ///
    /// As comma-separated values: the opening, every movement, the closing.
    #[oai(
        path = "/credit-balances/:credit_balance/statement.csv",
        method = "get",
        operation_id = "portal_export_credit_statement"
    )]
    async fn export(
        &self,
        By(by): By,
        /// Its id.
        credit_balance: Path<Key>,
        /// The period's first instant; where it is absent, the first of the month in which the period ends.
        from: Query<Option<Instant>>,
        /// The first instant after the period; where it is absent, the first of next month.
        until: Query<Option<Instant>>,
    ) -> Result<CsvFile, ApiError> {
        let period = self.0.period(from, until)?;
        self.0.statement_file(&by, &credit_balance, period, &[&COLUMNS]).await
    }

    /// List the monthly totals of one of our credit balances
    ///
    /// Month by month, without a gap: ready to be plotted. The current month is told so far.
    #[oai(
        path = "/credit-balances/:credit_balance/monthly-totals",
        method = "get",
        operation_id = "portal_list_monthly_credit_totals"
    )]
    async fn monthly_totals(
        &self,
        By(by): By,
        /// Its id.
        credit_balance: Path<Key>,
        /// The first month; eleven before the last where it is absent.
        from: Query<Option<Month>>,
        /// The last month; this one where it is absent. At most 120 months are told at once.
        until: Query<Option<Month>>,
    ) -> Result<Json<PortalMonthlyTotals>, ApiError> {
        let months = self.0.monthly_totals(&by, &credit_balance, from, until).await?;
        Ok(Json(PortalMonthlyTotals { months: months.into_iter().map(PortalMonthTotals::from).collect() }))
    }

    /// List our credits that expire
    ///
    /// Within the next days, those that are gone first first.
    #[oai(path = "/credit-expiries", method = "get", operation_id = "portal_list_credit_expiries")]
    async fn expiries(
        &self,
        By(by): By,
        /// Within so many days of 24 hours; 30 unless told.
        days: Query<Option<Days>>,
        /// Only those of this balance.
        credit_balance_id: Query<Option<Uuid>>,
        sort: Query<Option<Sort<ExpirySort>>>,
        limit: Query<Option<Limit>>,
        cursor: Query<Option<String>>,
    ) -> Result<Json<Page<PortalCreditExpiry>>, ApiError> {
        let balance = credit_balance_id.0.map(Into::into);
        let filter = ExpiryFilter { balance, ..ExpiryFilter::default() };
        let query = list_query(self.0.expiring(days.0, filter), sort, limit, cursor)?;
        self.0.expiries(&by, &query).await
    }

    /// Preview what work would do to our credits
    ///
    /// What would be reserved, and what would be used beyond the credits. Nothing is held.
    #[oai(path = "/credit-preview", method = "get", operation_id = "portal_preview_credits")]
    #[expect(clippy::too_many_arguments, reason = "one per parameter")]
    async fn preview(
        &self,
        By(by): By,
        /// The balance.
        credit_balance_id: Query<Option<Uuid>>,
        /// The entitlement: its id or code.
        entitlement: Query<Option<Key>>,
        /// The environment.
        environment_id: Query<Option<Uuid>>,
        /// The service.
        service_id: Query<Option<Uuid>>,
        /// What the work would cost.
        credits: Query<Option<Credits>>,
        /// The catalog item that prices it: its id or code.
        catalog_item: Query<Option<Key>>,
        /// The complexity, with a catalog item; its usual one where it is absent.
        complexity: Query<Option<Word<Complexity>>>,
    ) -> Result<Json<PortalCreditPreview>, ApiError> {
        let asked = Asked {
            credit_balance_id: credit_balance_id.0,
            entitlement: entitlement.0,
            environment_id: environment_id.0,
            service_id: service_id.0,
            credits: credits.0,
            catalog_item: catalog_item.0,
            complexity: complexity.0,
        };
        let mut preview = PortalCreditPreview::from(self.0.preview_credits(&by, asked).await?);
        if by.authorize(Operation::PortalGetCreditBalance).is_err() {
            preview.lots.clear();
        }
        Ok(Json(preview))
    }
}
