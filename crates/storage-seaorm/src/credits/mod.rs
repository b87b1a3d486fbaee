//! Balances and the catalog.

mod load;
pub(crate) mod rows;

pub(crate) use load::{balance_of_row, lots_for, open_lots};

use async_trait::async_trait;
use kernel::{
    CatalogItemId, CreditBalanceId, EntitlementId, OrganizationId, ServiceRequestId, StoreError, Timestamp,
};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Statement, prelude::Uuid,
};
use ust_credits::{
    BalanceChanges, BalanceRecord, CatalogItem, CreditBalance, LedgerPoint, PayerCandidate, Store, Totals,
    Touching,
};

use crate::{
    entity::{catalog_item, credit_balance, credit_hold, ledger_entry},
    error,
    rows::{Reading, by_id, find_id, insert, lock, locked, save},
    unit_of_work::Transaction,
};

/// What protects lots and holds, and is called stale where they are not there.
const LOCKED: &str = "credit balance";

#[async_trait]
impl Store for Transaction {
    async fn insert_balance(&mut self, balance: &mut CreditBalance) -> Result<(), StoreError> {
        self.save_balance(balance).await
    }

    async fn lock_balance(
        &mut self,
        id: CreditBalanceId,
        touching: &Touching,
    ) -> Result<Option<CreditBalance>, StoreError> {
        self.load_balance(credit_balance::Entity::find_by_id(Uuid::from(id)), touching).await
    }

    async fn lock_balance_paying_for(
        &mut self,
        request: ServiceRequestId,
    ) -> Result<Option<CreditBalance>, StoreError> {
        use credit_hold::{Column, Entity};
        let hold = Column::RequestId.eq(Uuid::from(request));
        match find_id::<Entity, CreditBalanceId>(self.tx().await?, Column::BalanceId, hold).await? {
            Some(balance) => self.lock_balance(balance, &Touching::request(request)).await,
            None => Ok(None),
        }
    }

    async fn balance_of_entitlement(
        &mut self,
        entitlement: EntitlementId,
    ) -> Result<Option<CreditBalanceId>, StoreError> {
        use credit_balance::{Column, Entity};
        let under = Column::EntitlementId.eq(Uuid::from(entitlement));
        find_id::<Entity, _>(self.tx().await?, Column::Id, under).await
    }

    async fn entitlement_of_balance(
        &mut self,
        id: CreditBalanceId,
    ) -> Result<Option<EntitlementId>, StoreError> {
        use credit_balance::{Column, Entity};
        find_id::<Entity, _>(self.tx().await?, Column::EntitlementId, Column::Id.eq(Uuid::from(id))).await
    }

    async fn payer_candidates(
        &mut self,
        organization: OrganizationId,
        now: Timestamp,
    ) -> Result<Vec<PayerCandidate>, StoreError> {
        // The statuses under which an entitlement stands live (EN-5).
        let sql = "SELECT l.balance_id, l.granted_at, l.id
            FROM credit_balance b
            JOIN entitlement e ON e.id = b.entitlement_id AND e.status IN ('trialing', 'active', 'past_due')
            JOIN credit_lot l ON l.balance_id = b.id AND l.is_open AND l.available > 0
                AND l.usable_from <= $2 AND (l.ends_at IS NULL OR l.ends_at > $2)
            WHERE b.organization_id = $1 AND NOT b.frozen
            ORDER BY l.granted_at, l.id";
        let values = [Uuid::from(organization).into(), now.unix_micros().into()];
        let statement = Statement::from_sql_and_values(self.backend(), sql, values);
        let mut candidates: Vec<PayerCandidate> = Vec::new();
        for row in self.tx().await?.query_all_raw(statement).await.map_err(error::map)? {
            let (balance, granted_at, lot): (Uuid, i64, Uuid) =
                row.try_get_many_by_index().map_err(error::map)?;
            let balance = CreditBalanceId::from(balance);
            if candidates.iter().all(|known| known.balance != balance) {
                let oldest_usable = (Reading::of("lot", lot).instant(granted_at)?, lot.into());
                candidates.push(PayerCandidate { balance, oldest_usable });
            }
        }
        Ok(candidates)
    }

    async fn save_balance(&mut self, balance: &mut CreditBalance) -> Result<(), StoreError> {
        match balance.take_changes() {
            Some(changes) => self.write(changes).await,
            None => Ok(()),
        }
    }

    async fn ledger_point(
        &mut self,
        id: CreditBalanceId,
        at: Timestamp,
    ) -> Result<Option<LedgerPoint>, StoreError> {
        let Some(row) = by_id::<credit_balance::Entity>(self.tx().await?, id).await? else { return Ok(None) };
        ledger_point(self.tx().await?, &rows::balance(row)?, at).await.map(Some)
    }

    async fn balances_due(&mut self, now: Timestamp, limit: u16) -> Result<Vec<CreditBalanceId>, StoreError> {
        use credit_balance::{Column, Entity};
        let ids: Vec<Uuid> = Entity::find()
            .select_only()
            .column(Column::Id)
            .filter(Column::NextDue.lte(now.unix_micros()))
            .order_by_asc(Column::NextDue)
            .order_by_asc(Column::Id)
            .limit(u64::from(limit))
            .into_tuple()
            .all(self.tx().await?)
            .await
            .map_err(error::map)?;
        Ok(ids.into_iter().map(Into::into).collect())
    }

    async fn insert_catalog_item(&mut self, item: &CatalogItem) -> Result<(), StoreError> {
        insert(self.tx().await?, rows::catalog_row(item)).await
    }

    async fn lock_catalog_item(&mut self, id: CatalogItemId) -> Result<Option<CatalogItem>, StoreError> {
        lock::<catalog_item::Entity>(self.tx().await?, id).await?.map(rows::catalog_item).transpose()
    }

    async fn catalog_item(&mut self, id: CatalogItemId) -> Result<Option<CatalogItem>, StoreError> {
        by_id::<catalog_item::Entity>(self.tx().await?, id).await?.map(rows::catalog_item).transpose()
    }

    async fn lock_catalog_item_by_code(&mut self, code: &str) -> Result<Option<CatalogItem>, StoreError> {
        let found = catalog_item::Entity::find().filter(catalog_item::Column::Code.eq(code));
        let row = locked(found).one(self.tx().await?).await.map_err(error::map)?;
        row.map(rows::catalog_item).transpose()
    }

    async fn save_catalog_item(&mut self, item: &CatalogItem) -> Result<(), StoreError> {
        save::<catalog_item::Entity, _>(self.tx().await?, rows::catalog_row(item)).await
    }
}

/// The newest entry of a balance at or before `at`; the opening where there is none.
pub(crate) async fn ledger_point(
    db: &impl ConnectionTrait,
    record: &BalanceRecord,
    at: Timestamp,
) -> Result<LedgerPoint, StoreError> {
    use ledger_entry::{Column, Entity};
    let newest = Entity::find()
        .filter(Column::BalanceId.eq(Uuid::from(record.id)))
        .filter(Column::At.lte(at.unix_micros()))
        .order_by_desc(Column::At)
        .order_by_desc(Column::Sequence)
        .one(db)
        .await
        .map_err(error::map)?;
    let is_last = |sequence| sequence == record.last_sequence;
    Ok(match newest.map(rows::entry).transpose()? {
        Some(entry) => LedgerPoint::of(&entry, is_last(entry.sequence)),
        None => LedgerPoint { at: record.last_at.min(at), totals: Totals::default(), is_last: is_last(0) },
    })
}

impl Transaction {
    /// Writes what changed: a reservation is one row of each kind.
    async fn write(&mut self, changes: BalanceChanges) -> Result<(), StoreError> {
        let BalanceChanges { balance, lots, holds, entries } = changes;
        let id = balance.row.id;
        let batch = self.later(id).await?;
        if balance.is_new {
            batch.insert_all([rows::balance_row(&balance.row)]);
        } else {
            // The balance has counted its change already.
            let loaded = balance.row.version.saturating_sub(1);
            let row = credit_balance::Model { version: loaded, ..rows::balance_row(&balance.row) };
            batch.save::<credit_balance::Entity, _>(row)?;
        }
        let (new, changed): (Vec<_>, Vec<_>) = lots.into_iter().partition(|lot| lot.is_new);
        batch.insert_all(new.iter().map(|lot| rows::lot_row(id, &lot.row)));
        for lot in changed {
            batch.update(rows::lot_row(id, &lot.row), LOCKED)?;
        }
        let (new, changed): (Vec<_>, Vec<_>) = holds.into_iter().partition(|hold| hold.is_new);
        batch.insert_all(new.iter().map(|hold| rows::hold_row(&hold.row)));
        for hold in changed {
            batch.update(rows::hold_row(&hold.row), LOCKED)?;
        }
        batch.insert_all(entries.iter().map(rows::entry_row));
        Ok(())
    }
}
