//! What a credit balance was, and what became of its credits (CR-11).

use std::sync::Arc;

use poem_openapi::{
    OpenApi,
    param::{Path, Query},
    payload::Json,
};
use service_delivery::reads::LotUseSort;

use super::{
    super::{Context, Tag, context::found},
    BALANCE,
    history_view::{CreditFiguresView, LotUseView, MonthlyTotals, StatementView},
    past::STAFF_COLUMNS,
};
use crate::{
    http::{ApiError, By},
    wire::{CsvFile, Instant, Key, Limit, Month, Page, Sort, list_query, page_request},
};

pub(crate) struct CreditHistory(pub(crate) Arc<Context>);

#[OpenApi(prefix_path = "/v1/credit-balances", tag = "Tag::CreditBalances")]
impl CreditHistory {
    /// Show a credit balance as of an instant
    ///
    /// Right to the microsecond, and for an instant that is past never changing again. For one to come it tells what is left
    /// where nothing happens but what falls due by itself.
    #[oai(path = "/:credit_balance/as-of", method = "get", operation_id = "get_credit_balance_as_of")]
    async fn as_of(
        &self,
        By(by): By,
        /// Its id.
        credit_balance: Path<Key>,
        /// The instant.
        at: Query<Instant>,
    ) -> Result<Json<CreditFiguresView>, ApiError> {
        let Instant(at) = at.0;
        let figures =
            self.0.reads.credit_figures(self.0.viewer(&by), credit_balance.id(BALANCE)?, at).await?;
        Ok(Json(CreditFiguresView::at(at, found(figures, BALANCE, &credit_balance.0)?)))
    }

    /// Show the statement of a credit balance
    ///
    /// Opening, every movement and closing of a period, this month unless told. What fell due and was not written down yet is
    /// in it. Opening and movements lead to the closing.
    #[oai(path = "/:credit_balance/statement", method = "get", operation_id = "get_credit_statement")]
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
    ) -> Result<Json<StatementView>, ApiError> {
        let period = self.0.period(from, until)?;
        let page = self.0.statement(&by, &credit_balance, period, page_request(limit, cursor)?).await?;
        Ok(Json(StatementView::new(period, page)))
    }

    /// Export the statement of a credit balance
    ///
    /// As comma-separated values: the opening, every movement, the closing.
    #[oai(path = "/:credit_balance/statement.csv", method = "get", operation_id = "export_credit_statement")]
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
        self.0.statement_file(&by, &credit_balance, period, &STAFF_COLUMNS).await
    }

    /// List the monthly totals of a credit balance
    ///
    /// What was granted, consumed, expired, taken back and in excess, month by month of the business time zone and without a
    /// gap: ready to be plotted. The current month is told so far.
    #[oai(
        path = "/:credit_balance/monthly-totals",
        method = "get",
        operation_id = "list_monthly_credit_totals"
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
    ) -> Result<Json<MonthlyTotals>, ApiError> {
        let months = self.0.monthly_totals(&by, &credit_balance, from, until).await?;
        Ok(Json(MonthlyTotals::new(months)))
    }

    /// List what a lot pays for
    ///
    /// Every service request that credits of the lot are held for, or were debited for and not given back.
    #[oai(path = "/:credit_balance/lots/:lot/uses", method = "get", operation_id = "list_lot_uses")]
    async fn lot_uses(
        &self,
        By(by): By,
        /// The balance's id.
        credit_balance: Path<Key>,
        /// The lot's id.
        lot: Path<Key>,
        sort: Query<Option<Sort<LotUseSort>>>,
        limit: Query<Option<Limit>>,
        cursor: Query<Option<String>>,
    ) -> Result<Json<Page<LotUseView>>, ApiError> {
        let query = list_query(Default::default(), sort, limit, cursor)?;
        let (balance, lot_id) = (credit_balance.id(BALANCE)?, lot.id("lot")?);
        let page = self.0.reads.lot_uses(self.0.viewer(&by), balance, lot_id, &query).await?;
        Ok(Json(Page::of(found(page, "lot", &lot.0)?)))
    }
}
