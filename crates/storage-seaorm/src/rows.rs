//! The few statements that every store is made of.

use kernel::StoreError;
use sea_orm::{
    ActiveModelTrait, DatabaseTransaction, EntityTrait, IdenStatic as _, IntoActiveModel, Iterable as _,
    PrimaryKeyTrait, QueryFilter, QuerySelect, Select,
    prelude::Uuid,
    sea_query::{LockType, SimpleExpr},
};

use crate::{batch::Batch, error};

/// An entity whose rows count their changes.
pub(crate) trait Versioned: EntityTrait {
    /// What it is called when it is stale.
    const NAME: &'static str;
    const ID: Self::Column;
    const VERSION: Self::Column;
}

/// Inserts `row`.
pub(crate) async fn insert<M, A>(tx: &DatabaseTransaction, row: M) -> Result<(), StoreError>
where
    M: IntoActiveModel<A>,
    A: ActiveModelTrait,
{
    let inserted = A::Entity::insert(row.into_active_model()).exec_without_returning(tx).await;
    inserted.map(|_| ()).map_err(error::map)
}

/// [`Batch::insert_all`] by itself.
pub(crate) async fn insert_all<M, A>(
    tx: &DatabaseTransaction,
    rows: impl IntoIterator<Item = M>,
) -> Result<(), StoreError>
where
    M: IntoActiveModel<A>,
    A: ActiveModelTrait,
{
    let mut batch = Batch::default();
    batch.insert_all(rows);
    batch.send(tx).await
}

/// [`Batch::save`] by itself.
pub(crate) async fn save<E, A>(tx: &DatabaseTransaction, row: E::Model) -> Result<(), StoreError>
where
    E: Versioned,
    E::Model: IntoActiveModel<A>,
    A: ActiveModelTrait<Entity = E>,
{
    let mut batch = Batch::default();
    batch.save::<E, A>(row)?;
    batch.send(tx).await
}

/// [`Batch::update`] by itself.
pub(crate) async fn update<M, A>(
    tx: &DatabaseTransaction,
    row: M,
    entity: &'static str,
) -> Result<(), StoreError>
where
    M: IntoActiveModel<A>,
    A: ActiveModelTrait,
{
    let mut batch = Batch::default();
    batch.update(row, entity)?;
    batch.send(tx).await
}

/// Reads the rows of `select` and keeps others from changing them until the transaction ends. Their keys may still be
/// referenced meanwhile. On SQLite the transaction holds the write lock anyway.
pub(crate) fn locked<E: EntityTrait>(select: Select<E>) -> Select<E> {
    select.lock(LockType::NoKeyUpdate)
}

/// The row with `id`, locked.
pub(crate) async fn lock<E>(
    tx: &DatabaseTransaction,
    id: impl Into<Uuid>,
) -> Result<Option<E::Model>, StoreError>
where
    E: EntityTrait,
    <E::PrimaryKey as PrimaryKeyTrait>::ValueType: From<Uuid>,
{
    locked(E::find_by_id(id.into())).one(tx).await.map_err(error::map)
}

/// The row with `id`, which nobody changes until the transaction ends; others may do the same.
pub(crate) async fn share<E>(
    tx: &DatabaseTransaction,
    id: impl Into<Uuid>,
) -> Result<Option<E::Model>, StoreError>
where
    E: EntityTrait,
    <E::PrimaryKey as PrimaryKeyTrait>::ValueType: From<Uuid>,
{
    E::find_by_id(id.into()).lock(LockType::Share).one(tx).await.map_err(error::map)
}

/// The row with `id`, as it is.
pub(crate) async fn by_id<E>(
    tx: &DatabaseTransaction,
    id: impl Into<Uuid>,
) -> Result<Option<E::Model>, StoreError>
where
    E: EntityTrait,
    <E::PrimaryKey as PrimaryKeyTrait>::ValueType: From<Uuid>,
{
    E::find_by_id(id.into()).one(tx).await.map_err(error::map)
}

/// The id in column `wanted` of the row that `unique` finds.
pub(crate) async fn find_id<E, I>(
    tx: &DatabaseTransaction,
    wanted: E::Column,
    unique: SimpleExpr,
) -> Result<Option<I>, StoreError>
where
    E: EntityTrait,
    I: From<Uuid>,
{
    let found = E::find().select_only().column(wanted).filter(unique).into_tuple::<Uuid>().one(tx).await;
    Ok(found.map_err(error::map)?.map(I::from))
}

/// Every column of the table that is called `name` in a query, with `prefix` before its own name.
pub(crate) fn columns<E: EntityTrait>(name: &str, prefix: &str) -> String {
    let columns = E::Column::iter().map(|column| format!("{name}.{0} AS {prefix}{0}", column.as_str()));
    columns.collect::<Vec<_>>().join(", ")
}

/// Inserts `row`, or keeps the one that has its key already.
pub(crate) async fn insert_or_keep<M, A>(tx: &DatabaseTransaction, row: M) -> Result<(), StoreError>
where
    M: IntoActiveModel<A>,
    A: ActiveModelTrait,
{
    let insert = A::Entity::insert(row.into_active_model()).on_conflict_do_nothing();
    insert.exec_without_returning(tx).await.map(|_| ()).map_err(error::map)
}

/// The columns of one row, on their way back into the domain.
pub(crate) struct Reading {
    entity: &'static str,
    id: String,
}

impl Reading {
    pub(crate) fn of(entity: &'static str, id: impl ToString) -> Self {
        Self { entity, id: id.to_string() }
    }

    /// The row is corrupt, because of `reason`.
    pub(crate) fn corrupt(&self, reason: impl ToString) -> StoreError {
        StoreError::corrupt(self.entity, &self.id, reason)
    }

    pub(crate) fn parse<T: std::str::FromStr>(&self, text: &str) -> Result<T, StoreError>
    where
        T::Err: std::fmt::Display,
    {
        text.parse().map_err(|error: T::Err| self.corrupt(format!("`{text}`: {error}")))
    }

    pub(crate) fn parse_some<T: std::str::FromStr>(&self, text: Option<&str>) -> Result<Option<T>, StoreError>
    where
        T::Err: std::fmt::Display,
    {
        text.map(|text| self.parse(text)).transpose()
    }

    pub(crate) fn instant(&self, micros: i64) -> Result<kernel::Timestamp, StoreError> {
        kernel::Timestamp::from_unix_micros(micros)
            .ok_or_else(|| self.corrupt(format!("{micros} µs are out of bounds")))
    }

    pub(crate) fn instant_some(&self, micros: Option<i64>) -> Result<Option<kernel::Timestamp>, StoreError> {
        micros.map(|micros| self.instant(micros)).transpose()
    }

    pub(crate) fn money(
        &self,
        amount: &str,
        currency: kernel::Currency,
    ) -> Result<kernel::Money, StoreError> {
        kernel::Money::parse(amount, currency).map_err(|error| self.corrupt(error))
    }

    /// A whole number in the domain's narrower type.
    pub(crate) fn number<T: TryFrom<i64>>(&self, number: i64) -> Result<T, StoreError> {
        T::try_from(number).map_err(|_| self.corrupt(format!("{number} is out of bounds")))
    }
}

/// The columns of an actor.
pub(crate) fn actor(
    row: &Reading,
    kind: &str,
    id: Option<Uuid>,
    name: String,
) -> Result<kernel::Actor, StoreError> {
    Ok(kernel::Actor { kind: row.parse(kind)?, id, name })
}

/// Micros of an instant that may be missing.
pub(crate) fn micros(at: Option<kernel::Timestamp>) -> Option<i64> {
    at.map(kernel::Timestamp::unix_micros)
}

/// The text of a money column; its currency has a column of its own.
pub(crate) fn amount(money: kernel::Money) -> String {
    money.amount().to_string()
}

/// A few names in one column, with spaces between them.
pub(crate) fn names<T: std::fmt::Display>(values: &[T]) -> String {
    values.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
}

/// The names of such a column.
pub(crate) fn read_names<T: std::str::FromStr>(row: &Reading, text: &str) -> Result<Vec<T>, StoreError>
where
    T::Err: std::fmt::Display,
{
    text.split_whitespace().map(|name| row.parse(name)).collect()
}

/// An actor in one column, where nobody looks for actors.
pub(crate) fn actor_json(actor: &kernel::Actor) -> serde_json::Value {
    serde_json::json!({ "kind": actor.kind.to_string(), "id": actor.id, "name": actor.name })
}

/// The actor of such a column.
pub(crate) fn actor_from_json(
    row: &Reading,
    column: &serde_json::Value,
) -> Result<kernel::Actor, StoreError> {
    let text = |field: &str| column.get(field).and_then(serde_json::Value::as_str);
    Ok(kernel::Actor {
        kind: row.parse(text("kind").unwrap_or_default())?,
        id: row.parse_some(text("id"))?,
        name: text("name").unwrap_or_default().to_owned(),
    })
}
