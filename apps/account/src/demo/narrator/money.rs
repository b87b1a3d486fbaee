//! Invoices.

use billing::InvoiceStatus;
use kernel::ports::Clock as _;
use service_delivery::{
    access::Caller,
    reads::{InvoiceFilter, InvoiceQuery, InvoiceRow},
};

use super::Narrator;
use crate::demo::deed::Name;

impl Narrator {
    pub(super) async fn bill(&self, by: &Caller) -> anyhow::Result<()> {
        self.app.start_billing_run(by).await?;
        Ok(())
    }

    /// Issues every draft.
    pub(super) async fn issue(&self, by: &Caller, due_in_days: i64) -> anyhow::Result<()> {
        for invoice in self.invoices(InvoiceStatus::Draft).await? {
            let due_at = self.clock.now().plus_days(due_in_days);
            self.app.issue_invoice(by, invoice.id, due_at).await?;
        }
        Ok(())
    }

    /// Everybody pays what was issued, save some.
    pub(super) async fn collect(&self, by: &Caller, save: &[Name]) -> anyhow::Result<()> {
        for invoice in self.invoices(InvoiceStatus::Issued).await? {
            if !save.contains(&invoice.organization.name.as_str()) {
                self.app.pay_invoice(by, invoice.id).await?;
            }
        }
        Ok(())
    }

    /// The oldest come first. There are fewer than fit on a page.
    async fn invoices(&self, status: InvoiceStatus) -> anyhow::Result<Vec<InvoiceRow>> {
        let filter = InvoiceFilter { status: vec![status], ..InvoiceFilter::default() };
        let query = InvoiceQuery { filter, ..InvoiceQuery::default() };
        let mut invoices = self.reads.invoices(self.viewer(), &query).await?.items;
        invoices.reverse();
        Ok(invoices)
    }
}
