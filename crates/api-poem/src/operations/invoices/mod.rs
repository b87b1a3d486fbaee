//! Invoices (OD-5, OD-7).

#[cfg(test)]
mod tests;
mod view;

use std::sync::Arc;

use billing::InvoiceStatus;
use kernel::{BillingRunId, InvoiceId, OrganizationId};
use poem_openapi::{
    Object, OpenApi,
    param::{Path, Query},
    payload::Json,
    types::Example,
};
use service_delivery::{
    access::Caller,
    reads::{Coded, InvoiceFilter, InvoiceSort},
};
use uuid::Uuid;

use super::{Context, Tag, context::found, example};
use crate::{
    http::{ApiError, Body, By},
    wire::{Instant, Key, Limit, Page, Sort, Tagged, Word, list_query},
};
use view::{InvoiceSummary, InvoiceView};

/// When an invoice is to be paid.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields, example)]
pub(crate) struct IssueInvoice {
    /// It falls due then; not in the past.
    due_at: Instant,
}

impl Example for IssueInvoice {
    fn example() -> Self {
        Self { due_at: Instant(example::instant().0.plus_days(30)) }
    }
}

pub(crate) struct Invoices(pub(crate) Arc<Context>);

impl Invoices {
    async fn shown(&self, by: &Caller, id: InvoiceId) -> Result<(i64, InvoiceView), ApiError> {
        let detail = found(self.0.reads.invoice(self.0.viewer(by), id).await?, "invoice", id)?;
        Ok((detail.invoice.version, detail.into()))
    }
}

#[OpenApi(prefix_path = "/v1/invoices", tag = "Tag::Invoices")]
impl Invoices {
    /// List invoices
    ///
    /// Without their lines, which stand on each invoice.
    #[oai(path = "/", method = "get", operation_id = "list_invoices")]
    #[expect(clippy::too_many_arguments, reason = "one per parameter of the list")]
    async fn list(
        &self,
        By(by): By,
        /// Only those in this state; may be repeated.
        status: Query<Option<Vec<Word<InvoiceStatus>>>>,
        /// Only those of this organization.
        organization_id: Query<Option<Uuid>>,
        /// Only those that this billing run made.
        billing_run_id: Query<Option<Uuid>>,
        /// Only those issued at this instant or later.
        issued_from: Query<Option<Instant>>,
        /// Only those issued before this instant.
        issued_until: Query<Option<Instant>>,
        /// Only those with all of these words, or words that begin so, in their code.
        #[oai(validator(max_length = 200))]
        q: Query<Option<String>>,
        sort: Query<Option<Sort<InvoiceSort>>>,
        limit: Query<Option<Limit>>,
        cursor: Query<Option<String>>,
    ) -> Result<Json<Page<InvoiceSummary>>, ApiError> {
        let filter = InvoiceFilter {
            status: Word::list(status.0),
            organization: organization_id.0.map(OrganizationId::new),
            billing_run: billing_run_id.0.map(BillingRunId::new),
            issued_from: issued_from.0.map(|Instant(at)| at),
            issued_until: issued_until.0.map(|Instant(at)| at),
            q: q.0,
        };
        let query = list_query(filter, sort, limit, cursor)?;
        Ok(Json(Page::of(self.0.reads.invoices(self.0.viewer(&by), &query).await?)))
    }

    /// Show an invoice
    ///
    /// With its lines.
    #[oai(path = "/:invoice", method = "get", operation_id = "get_invoice")]
    async fn show(
        &self,
        By(by): By,
        /// Its id, or its code once it is issued.
        invoice: Path<Key>,
    ) -> Result<Tagged<InvoiceView>, ApiError> {
        let id = self.0.id(&by, Coded::Invoice, &invoice).await?;
        Ok(self.shown(&by, id).await?.into())
    }

    /// Issue an invoice
    ///
    /// It gets its code, and never changes again.
    #[oai(path = "/:invoice/issue", method = "post", operation_id = "issue_invoice")]
    async fn issue(
        &self,
        By(by): By,
        /// Its id.
        invoice: Path<Key>,
        Body(body): Body<IssueInvoice>,
    ) -> Result<Tagged<InvoiceView>, ApiError> {
        let id = self.0.id(&by, Coded::Invoice, &invoice).await?;
        self.0.service.issue_invoice(&by, id, body.due_at.0).await?;
        Ok(self.shown(&by, id).await?.into())
    }

    /// Note that an invoice was paid
    ///
    /// Repeating it changes nothing.
    #[oai(path = "/:invoice/pay", method = "post", operation_id = "pay_invoice")]
    async fn pay(
        &self,
        By(by): By,
        /// Its id or code.
        invoice: Path<Key>,
    ) -> Result<Tagged<InvoiceView>, ApiError> {
        let id = self.0.id(&by, Coded::Invoice, &invoice).await?;
        self.0.service.pay_invoice(&by, id).await?;
        Ok(self.shown(&by, id).await?.into())
    }
}
