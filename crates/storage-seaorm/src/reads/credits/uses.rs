//! Which credits pay for what, and which will be gone.

use kernel::{CreditBalanceId, LotId, OrganizationId, Page, ServiceRequestId, StoreError};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, prelude::Uuid};
use service_delivery::reads::{
    ExpiryQuery, ExpiryRow, ExpirySort, LotUseQuery, LotUseRow, LotUseSort, RequestCredits, RequestName,
    Viewer,
};
use ust_credits::{Credits, HoldRecord, LotAmounts, LotRecord};

use super::super::{
    exists,
    filter::Filter,
    key::Key,
    list::List,
    row::{ABOVE, Row},
};
use crate::{
    Database,
    credits::rows,
    entity::{credit_hold, credit_lot},
    error,
};

pub(in crate::reads) async fn expiries(
    db: &impl ConnectionTrait,
    viewer: Viewer,
    query: &ExpiryQuery,
) -> Result<Page<ExpiryRow>, StoreError> {
    let wanted = &query.filter;
    let mut filter = Filter::visible_to(viewer, "b.organization_id");
    filter.equals("b.organization_id", wanted.organization.map(OrganizationId::as_uuid));
    filter.equals("t.balance_id", wanted.balance.map(CreditBalanceId::as_uuid));
    filter.compare("t.ends_at", ">", Some(viewer.now.unix_micros()));
    filter.compare("t.ends_at", "<=", wanted.until.map(kernel::Timestamp::unix_micros));
    // Spelt as in the partial index, so that the index is seen to fit.
    filter.and("t.is_open AND t.ends_at IS NOT NULL AND t.available > 0");
    let keys = match query.sorted().by {
        ExpirySort::EndsAt => vec![Key::whole("t.ends_at"), Key::id("t.id")],
    };
    let from = "credit_lot t LEFT JOIN credit_balance b ON b.id = t.balance_id \
        LEFT JOIN entitlement e ON e.id = b.entitlement_id LEFT JOIN organization o ON o.id = b.organization_id";
    let list = List::new("credit_expiries", format!("t.*, {ABOVE}"), from, filter);
    let read = |row: &Row<'_>| {
        let lot: credit_lot::Model = row.model()?;
        let balance = lot.balance_id.into();
        Ok(ExpiryRow { lot: rows::lot(lot)?, balance, above: row.above(viewer.now)? })
    };
    list.page(db, query, keys, read).await
}

pub(in crate::reads) async fn request_credits(
    db: &Database,
    viewer: Viewer,
    id: ServiceRequestId,
) -> Result<Option<RequestCredits>, StoreError> {
    let tx = db.snapshot().await?;
    let told = if exists(&tx, viewer, "service_request", id).await? {
        let hold = credit_hold::Entity::find_by_id(id.as_uuid()).one(&tx).await.map_err(error::map)?;
        let hold = hold.map(rows::hold).transpose()?;
        let lots = match &hold {
            Some(hold) => lots_of(&tx, hold).await?,
            None => Vec::new(),
        };
        Some(RequestCredits { hold, lots })
    } else {
        None
    };
    tx.rollback().await.map_err(error::map)?;
    Ok(told)
}

async fn lots_of(db: &impl ConnectionTrait, hold: &HoldRecord) -> Result<Vec<LotRecord>, StoreError> {
    let ids = hold.held.0.iter().chain(&hold.debited.0).map(|part| Uuid::from(part.lot));
    let found = credit_lot::Entity::find().filter(credit_lot::Column::Id.is_in(ids));
    let found = found.all(db).await.map_err(error::map)?;
    found.into_iter().map(rows::lot).collect()
}

/// Holds name their lots in a text: those of the balance that changed since the lot was granted are searched.
pub(in crate::reads) async fn lot_uses(
    db: &impl ConnectionTrait,
    viewer: Viewer,
    balance: CreditBalanceId,
    lot: LotId,
    query: &LotUseQuery,
) -> Result<Option<Page<LotUseRow>>, StoreError> {
    let mut own = Filter::visible_to(viewer, "b.organization_id");
    own.equals("t.balance_id", Some(balance.as_uuid()));
    own.equals("t.id", Some(lot.as_uuid()));
    let from = "credit_lot t LEFT JOIN credit_balance b ON b.id = t.balance_id";
    let found = List::new("lots", "t.*", from, own).one(db, |row| rows::lot(row.model()?)).await?;
    let Some(found) = found else { return Ok(None) };
    let mut filter = Filter::default();
    filter.equals("t.balance_id", Some(balance.as_uuid()));
    filter.from("t.changed_at", Some(found.granted_at));
    let named = filter.bind(format!("%{}%", lot.as_uuid().simple()));
    filter.and(format!("(t.held LIKE {named} OR t.debited LIKE {named})"));
    let keys = match query.sorted().by {
        LotUseSort::ChangedAt => vec![Key::whole("t.changed_at"), Key::id("t.request_id")],
    };
    let from = "credit_hold t LEFT JOIN service_request r ON r.id = t.request_id";
    let list = List::new("lot_uses", "t.*, r.code AS request_code", from, filter);
    let read = |row: &Row<'_>| {
        let hold = rows::hold(row.model()?)?;
        Ok(LotUseRow {
            request: RequestName { id: hold.request, code: row.parse("request_code")? },
            held: part_of(&hold.held, lot),
            debited: part_of(&hold.debited, lot),
            changed_at: hold.changed_at,
        })
    };
    list.page(db, query, keys, read).await.map(Some)
}

fn part_of(amounts: &LotAmounts, lot: LotId) -> Credits {
    let parts = amounts.0.iter().filter(|part| part.lot == lot).map(|part| part.amount.units());
    Credits::from_units(parts.fold(0, i64::saturating_add))
}
