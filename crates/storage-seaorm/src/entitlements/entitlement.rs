//! Entitlements, as rows and back.

use entitlement::{Entitlement, EntitlementRecord, Holder, Term};
use kernel::StoreError;

use crate::{
    entity::entitlement as table,
    rows::{Reading, micros},
    words,
};

pub(super) fn row(entitlement: &Entitlement) -> table::Model {
    let record = entitlement.record().clone();
    let (holder_name, holder_email) =
        record.holder.map(|holder| (holder.name, holder.email.to_string())).unzip();
    let code = record.code.to_string();
    let holder = holder_name.iter().chain(&holder_email);
    table::Model {
        id: record.id.into(),
        words: words::column(holder.chain([&code])),
        code,
        class: record.class.to_string(),
        organization_id: record.organization.map(Into::into),
        holder_name,
        holder_email,
        order_line_id: record.order_line.map(Into::into),
        product_id: record.product.map(Into::into),
        support_class: record.support_class.to_string(),
        status: record.status.to_string(),
        trial_ends_at: micros(record.trial_ends_at),
        starts_at: micros(record.starts_at),
        term_anchor: record.term.map(|term| term.anchor.unix_micros()),
        term_months: record.term.map(|term| term.months.into()),
        term_ends_at: record.term.map(|term| term.ends_at.unix_micros()),
        past_due_since: micros(record.past_due_since),
        suspended_at: micros(record.suspended_at),
        cancel_at: micros(record.cancel_at),
        expired_at: micros(record.expired_at),
        renewal_grace_ends_at: micros(record.renewal_grace_ends_at),
        cancelled_at: micros(record.cancelled_at),
        version: record.version,
        created_at: record.created_at.unix_micros(),
    }
}

pub(crate) fn restore(row: table::Model) -> Result<Entitlement, StoreError> {
    let read = Reading::of("entitlement", row.id);
    let holder = row
        .holder_name
        .zip(row.holder_email)
        .map(|(name, email)| Ok::<_, StoreError>(Holder { name, email: read.parse(&email)? }))
        .transpose()?;
    let term = match (row.term_anchor, row.term_months, row.term_ends_at) {
        (Some(anchor), Some(months), Some(ends_at)) => Some(Term {
            anchor: read.instant(anchor)?,
            months: read.number(months)?,
            ends_at: read.instant(ends_at)?,
        }),
        (None, None, None) => None,
        _ => return Err(read.corrupt("a term is not whole")),
    };
    let record = EntitlementRecord {
        id: row.id.into(),
        code: read.parse(&row.code)?,
        class: read.parse(&row.class)?,
        organization: row.organization_id.map(Into::into),
        holder,
        order_line: row.order_line_id.map(Into::into),
        product: row.product_id.map(Into::into),
        support_class: read.parse(&row.support_class)?,
        status: read.parse(&row.status)?,
        trial_ends_at: read.instant_some(row.trial_ends_at)?,
        starts_at: read.instant_some(row.starts_at)?,
        term,
        past_due_since: read.instant_some(row.past_due_since)?,
        suspended_at: read.instant_some(row.suspended_at)?,
        cancel_at: read.instant_some(row.cancel_at)?,
        expired_at: read.instant_some(row.expired_at)?,
        renewal_grace_ends_at: read.instant_some(row.renewal_grace_ends_at)?,
        cancelled_at: read.instant_some(row.cancelled_at)?,
        version: row.version,
        created_at: read.instant(row.created_at)?,
    };
    Entitlement::restore(record).map_err(|invalid| read.corrupt(invalid))
}
