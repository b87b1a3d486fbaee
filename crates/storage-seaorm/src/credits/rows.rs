//! Balances, lots, holds and entries, as rows and back.

use kernel::StoreError;
use ust_credits::{
    BalanceRecord, CatalogItem, CatalogItemContent, CatalogItemRecord, Credits, HoldRecord, LedgerEntry,
    LotRecord, SettlementRecord, Totals,
};

use crate::{
    entity::{catalog_item, credit_balance, credit_hold, credit_lot, ledger_entry},
    rows::{Reading, actor, micros},
    words,
};

/// The ten figures of a row that has them.
macro_rules! totals {
    ($row:expr) => {
        Totals {
            granted: Credits::from_units($row.granted),
            available: Credits::from_units($row.available),
            held: Credits::from_units($row.held),
            consumed: Credits::from_units($row.consumed),
            expired: Credits::from_units($row.expired),
            taken_back: Credits::from_units($row.taken_back),
            overdraft: Credits::from_units($row.overdraft),
            overdraft_held: Credits::from_units($row.overdraft_held),
            excess: Credits::from_units($row.excess),
            shortfall: Credits::from_units($row.shortfall),
        }
    };
}

pub(crate) fn balance_row(record: &BalanceRecord) -> credit_balance::Model {
    let totals = &record.totals;
    credit_balance::Model {
        id: record.id.into(),
        entitlement_id: record.entitlement.into(),
        organization_id: record.organization.map(Into::into),
        frozen: record.frozen,
        forfeited_at: micros(record.forfeited_at),
        granted: totals.granted.units(),
        available: totals.available.units(),
        held: totals.held.units(),
        consumed: totals.consumed.units(),
        expired: totals.expired.units(),
        taken_back: totals.taken_back.units(),
        overdraft: totals.overdraft.units(),
        overdraft_held: totals.overdraft_held.units(),
        excess: totals.excess.units(),
        shortfall: totals.shortfall.units(),
        last_sequence: record.last_sequence,
        last_at: record.last_at.unix_micros(),
        next_due: micros(record.next_due),
        low_balance_armed: record.low_balance_armed,
        version: record.version,
    }
}

pub(crate) fn balance(row: credit_balance::Model) -> Result<BalanceRecord, StoreError> {
    let read = Reading::of("credit balance", row.id);
    Ok(BalanceRecord {
        id: row.id.into(),
        entitlement: row.entitlement_id.into(),
        organization: row.organization_id.map(Into::into),
        frozen: row.frozen,
        forfeited_at: read.instant_some(row.forfeited_at)?,
        totals: totals!(row),
        last_sequence: row.last_sequence,
        last_at: read.instant(row.last_at)?,
        next_due: read.instant_some(row.next_due)?,
        low_balance_armed: row.low_balance_armed,
        version: row.version,
    })
}

pub(crate) fn lot_row(balance: kernel::CreditBalanceId, record: &LotRecord) -> credit_lot::Model {
    credit_lot::Model {
        id: record.id.into(),
        balance_id: balance.into(),
        source: record.source.to_string(),
        amount: record.amount.units(),
        available: record.available.units(),
        held: record.held.units(),
        consumed: record.consumed.units(),
        expired: record.expired.units(),
        taken_back: record.taken_back.units(),
        granted_at: record.granted_at.unix_micros(),
        usable_from: record.usable_from.unix_micros(),
        expires_at: micros(record.expires_at),
        ends_at: micros(record.ends_at),
        reference: record.reference.clone(),
        is_open: record.is_open(),
    }
}

pub(crate) fn lot(row: credit_lot::Model) -> Result<LotRecord, StoreError> {
    let read = Reading::of("lot", row.id);
    Ok(LotRecord {
        id: row.id.into(),
        source: read.parse(&row.source)?,
        amount: Credits::from_units(row.amount),
        available: Credits::from_units(row.available),
        held: Credits::from_units(row.held),
        consumed: Credits::from_units(row.consumed),
        expired: Credits::from_units(row.expired),
        taken_back: Credits::from_units(row.taken_back),
        granted_at: read.instant(row.granted_at)?,
        usable_from: read.instant(row.usable_from)?,
        expires_at: read.instant_some(row.expires_at)?,
        ends_at: read.instant_some(row.ends_at)?,
        reference: row.reference,
    })
}

pub(crate) fn hold_row(record: &HoldRecord) -> credit_hold::Model {
    let settlement = record.settlement;
    credit_hold::Model {
        request_id: record.request.into(),
        balance_id: record.balance.into(),
        state: record.state.to_string(),
        requested: record.requested.units(),
        held: record.held.to_string(),
        overdraft_held: record.overdraft_held.units(),
        shortfall: record.shortfall.units(),
        debited: record.debited.to_string(),
        overdrawn: record.overdrawn.units(),
        excess: record.excess.units(),
        settled_at: settlement.map(|settlement| settlement.at.unix_micros()),
        settled_actual: settlement.map(|settlement| settlement.actual.units()),
        settled_debited: settlement.map(|settlement| settlement.debited.units()),
        settled_overdrawn: settlement.map(|settlement| settlement.overdrawn.units()),
        settled_excess: settlement.map(|settlement| settlement.excess.units()),
        settled_released: settlement.map(|settlement| settlement.released.units()),
        changed_at: record.changed_at.unix_micros(),
    }
}

pub(crate) fn hold(row: credit_hold::Model) -> Result<HoldRecord, StoreError> {
    let read = Reading::of("hold", row.request_id);
    Ok(HoldRecord {
        request: row.request_id.into(),
        balance: row.balance_id.into(),
        state: read.parse(&row.state)?,
        requested: Credits::from_units(row.requested),
        held: read.parse(&row.held)?,
        overdraft_held: Credits::from_units(row.overdraft_held),
        shortfall: Credits::from_units(row.shortfall),
        debited: read.parse(&row.debited)?,
        overdrawn: Credits::from_units(row.overdrawn),
        excess: Credits::from_units(row.excess),
        settlement: settlement(&read, &row)?,
        changed_at: read.instant(row.changed_at)?,
    })
}

fn settlement(read: &Reading, row: &credit_hold::Model) -> Result<Option<SettlementRecord>, StoreError> {
    let Some(at) = row.settled_at else { return Ok(None) };
    let figure = |units: Option<i64>| {
        units.map(Credits::from_units).ok_or_else(|| read.corrupt("its settlement is not whole"))
    };
    Ok(Some(SettlementRecord {
        at: read.instant(at)?,
        actual: figure(row.settled_actual)?,
        debited: figure(row.settled_debited)?,
        overdrawn: figure(row.settled_overdrawn)?,
        excess: figure(row.settled_excess)?,
        released: figure(row.settled_released)?,
    }))
}

pub(crate) fn entry_row(entry: &LedgerEntry) -> ledger_entry::Model {
    let totals = &entry.totals;
    ledger_entry::Model {
        balance_id: entry.balance.into(),
        sequence: entry.sequence,
        at: entry.at.unix_micros(),
        kind: entry.kind.to_string(),
        request_id: entry.request.map(Into::into),
        amount: entry.amount.units(),
        movement: entry.movement.to_string(),
        granted: totals.granted.units(),
        available: totals.available.units(),
        held: totals.held.units(),
        consumed: totals.consumed.units(),
        expired: totals.expired.units(),
        taken_back: totals.taken_back.units(),
        overdraft: totals.overdraft.units(),
        overdraft_held: totals.overdraft_held.units(),
        excess: totals.excess.units(),
        shortfall: totals.shortfall.units(),
        actor_kind: entry.actor.kind.to_string(),
        actor_id: entry.actor.id,
        actor_name: entry.actor.name.clone(),
        cause: entry.cause.clone(),
    }
}

pub(crate) fn entry(row: ledger_entry::Model) -> Result<LedgerEntry, StoreError> {
    let read = Reading::of("ledger entry", format_args!("{} {}", row.balance_id, row.sequence));
    Ok(LedgerEntry {
        balance: row.balance_id.into(),
        sequence: row.sequence,
        at: read.instant(row.at)?,
        kind: read.parse(&row.kind)?,
        request: row.request_id.map(Into::into),
        amount: Credits::from_units(row.amount),
        movement: read.parse(&row.movement)?,
        totals: totals!(row),
        actor: actor(&read, &row.actor_kind, row.actor_id, row.actor_name)?,
        cause: row.cause,
    })
}

pub(super) fn catalog_row(item: &CatalogItem) -> catalog_item::Model {
    let record = item.record().clone();
    let content = &record.content;
    let words = words::column([&content.code, &content.name, &content.description]);
    catalog_item::Model {
        id: record.id.into(),
        code: record.content.code,
        name: record.content.name,
        service_type: record.content.service_type.to_string(),
        description: record.content.description,
        base_credits: record.content.base_credits.units(),
        usual_complexity: record.content.usual_complexity.to_string(),
        active: record.active,
        version: record.version,
        words,
    }
}

pub(crate) fn catalog_item(row: catalog_item::Model) -> Result<CatalogItem, StoreError> {
    let read = Reading::of("catalog item", row.id);
    CatalogItem::restore(CatalogItemRecord {
        id: row.id.into(),
        content: CatalogItemContent {
            code: row.code,
            name: row.name,
            service_type: read.parse(&row.service_type)?,
            description: row.description,
            base_credits: Credits::from_units(row.base_credits),
            usual_complexity: read.parse(&row.usual_complexity)?,
        },
        active: row.active,
        version: row.version,
    })
}
