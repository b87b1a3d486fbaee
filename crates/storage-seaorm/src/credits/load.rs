//! Loading a balance: its row, its open lots, and what is about to be touched, whatever the length of its history.

use std::collections::BTreeSet;

use kernel::{CreditBalanceId, LotId, StoreError, Timestamp};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, Select,
    prelude::Uuid,
    sea_query::{Expr, IntoCondition},
};
use ust_credits::{BalanceRows, CreditBalance, HoldRecord, LotRecord, Touching};

use super::rows;
use crate::{
    entity::{credit_balance, credit_hold, credit_lot},
    error,
    rows::locked,
    unit_of_work::Transaction,
};

impl Transaction {
    /// The balance that `select` finds, locked, with what `touching` needs.
    pub(super) async fn load_balance(
        &mut self,
        select: Select<credit_balance::Entity>,
        touching: &Touching,
    ) -> Result<Option<CreditBalance>, StoreError> {
        let Some(row) = locked(select).one(self.tx().await?).await.map_err(error::map)? else {
            return Ok(None);
        };
        balance_of_row(self.tx().await?, row, touching).await.map(Some)
    }
}

/// The balance with that row, and what `touching` needs.
pub(crate) async fn balance_of_row(
    db: &impl ConnectionTrait,
    row: credit_balance::Model,
    touching: &Touching,
) -> Result<CreditBalance, StoreError> {
    let record = rows::balance(row)?;
    let id = record.id.into();
    let mut lots = lots(db, id, open_or_named(touching)).await?;
    let holds = holds(db, id, touching, record.totals.overdraft.is_positive()).await?;
    let missing = missing_lots(&holds, &lots);
    if !missing.is_empty() {
        let ids = missing.into_iter().map(Uuid::from);
        lots.extend(self::lots(db, id, credit_lot::Column::Id.is_in(ids).into_condition()).await?);
    }
    CreditBalance::restore(BalanceRows { record, lots, holds, touching: touching.clone() })
}

/// What [`ust_credits::figures_as_of`] needs as of `at`: the lots that could not be used yet, and the open ones.
pub(crate) async fn lots_for(
    db: &impl ConnectionTrait,
    balance: CreditBalanceId,
    at: Timestamp,
    open: bool,
) -> Result<Vec<LotRecord>, StoreError> {
    use credit_lot::Column;
    let later = Condition::all()
        .add(Expr::cust("usable_from > granted_at"))
        .add(Column::UsableFrom.gt(at.unix_micros()))
        .add(Column::GrantedAt.lte(at.unix_micros()));
    let mut found = lots(db, balance.into(), later).await?;
    if open {
        let known: BTreeSet<LotId> = found.iter().map(|lot| lot.id).collect();
        let open = open_lots(db, balance).await?;
        found.extend(open.into_iter().filter(|lot| !known.contains(&lot.id)));
    }
    Ok(found)
}

/// The lots with something left: few, however long the history.
pub(crate) async fn open_lots(
    db: &impl ConnectionTrait,
    balance: CreditBalanceId,
) -> Result<Vec<LotRecord>, StoreError> {
    lots(db, balance.into(), open_or_named(&Touching::nothing())).await
}

async fn lots(
    db: &impl ConnectionTrait,
    balance: Uuid,
    which: Condition,
) -> Result<Vec<LotRecord>, StoreError> {
    let found = credit_lot::Entity::find().filter(credit_lot::Column::BalanceId.eq(balance)).filter(which);
    let found = found.all(db).await.map_err(error::map)?;
    found.into_iter().map(rows::lot).collect()
}

/// The holds of the requests touched; and those that are overdrawn, where any is.
async fn holds(
    db: &impl ConnectionTrait,
    balance: Uuid,
    touching: &Touching,
    overdrawn: bool,
) -> Result<Vec<HoldRecord>, StoreError> {
    use credit_hold::Column;
    let mut which = Condition::any();
    if !touching.requests.is_empty() {
        which = which.add(Column::RequestId.is_in(touching.requests.iter().map(|id| id.as_uuid())));
    }
    if overdrawn {
        which = which.add(Expr::cust("overdrawn > 0"));
    }
    if which.is_empty() {
        return Ok(Vec::new());
    }
    let found = credit_hold::Entity::find().filter(Column::BalanceId.eq(balance)).filter(which);
    let found = found.all(db).await.map_err(error::map)?;
    found.into_iter().map(rows::hold).collect()
}

/// The condition is spelt as in the partial index, so that the index is seen to fit.
fn open_or_named(touching: &Touching) -> Condition {
    use credit_lot::Column;
    let mut which = Condition::any().add(Expr::cust("is_open"));
    if !touching.lots.is_empty() {
        which = which.add(Column::Id.is_in(touching.lots.iter().map(|id| id.as_uuid())));
    }
    if let Some(reference) = &touching.reference {
        which = which.add(Column::Reference.eq(reference.as_str()));
    }
    which
}

fn missing_lots(holds: &[HoldRecord], loaded: &[LotRecord]) -> BTreeSet<LotId> {
    let named = holds.iter().flat_map(|hold| hold.held.0.iter().chain(&hold.debited.0)).map(|part| part.lot);
    named.filter(|lot| loaded.iter().all(|known| known.id != *lot)).collect()
}
