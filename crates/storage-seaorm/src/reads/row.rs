//! One row of a query, on its way into the domain's types.

use kernel::{Currency, Money, StoreError, Timestamp};
use sea_orm::{
    FromQueryResult, QueryResult, TryGetable,
    prelude::{TimeDate, Uuid},
};
use service_delivery::reads::{Above, OrganizationName, ProductName};
use ust_credits::Credits;

use crate::{error, rows::Reading};

/// The columns of [`Row::organization`]; the organization is `o`.
pub(super) const ORGANIZATION: &str = "o.id AS of_id, o.name AS of_name";

/// The columns of [`Row::above`]; the entitlement is `e`, its organization `o`.
pub(super) const ABOVE: &str = "e.id AS above_id, e.code AS above_code, e.status AS above_status, \
    e.renewal_grace_ends_at AS above_grace, o.id AS of_id, o.name AS of_name";

/// The columns of [`Row::product`]; the product is `p`.
pub(super) const PRODUCT: &str = "p.id AS product_id, p.sku AS product_sku, p.name AS product_name";

/// The tables of [`ABOVE`], beside a table `t` that lies under an entitlement.
///
/// All that is looked up for a row is joined outside: then the rows themselves are read first, and in their order.
pub(super) const JOIN_ABOVE: &str = " LEFT JOIN entitlement e ON e.id = t.entitlement_id LEFT JOIN organization o ON o.id = t.organization_id";

pub(super) const JOIN_ORGANIZATION: &str = " LEFT JOIN organization o ON o.id = t.organization_id";

pub(super) const JOIN_PRODUCT: &str = " LEFT JOIN product p ON p.id = t.product_id";

/// A row, and what it is a row of.
pub(super) struct Row<'a> {
    row: &'a QueryResult,
    read: Reading,
}

impl<'a> Row<'a> {
    pub(super) fn of(list: &'static str, row: &'a QueryResult) -> Self {
        let id = row.try_get::<Uuid>("", "id").map_or_else(|_| "-".to_owned(), |id| id.to_string());
        Self { row, read: Reading::of(list, id) }
    }

    /// The columns of a whole table.
    pub(super) fn model<M: FromQueryResult>(&self) -> Result<M, StoreError> {
        M::from_query_result(self.row, "").map_err(error::map)
    }

    /// The columns of a whole table that was joined, each with `prefix` before its name.
    pub(super) fn joined<M: FromQueryResult>(&self, prefix: &str) -> Result<M, StoreError> {
        M::from_query_result(self.row, prefix).map_err(error::map)
    }

    pub(super) fn get<T: TryGetable>(&self, column: &str) -> Result<T, StoreError> {
        self.row.try_get("", column).map_err(error::map)
    }

    pub(super) fn id<I: From<Uuid>>(&self, column: &str) -> Result<I, StoreError> {
        self.get::<Uuid>(column).map(I::from)
    }

    pub(super) fn id_some<I: From<Uuid>>(&self, column: &str) -> Result<Option<I>, StoreError> {
        Ok(self.get::<Option<Uuid>>(column)?.map(I::from))
    }

    pub(super) fn parse<T: std::str::FromStr>(&self, column: &str) -> Result<T, StoreError>
    where
        T::Err: std::fmt::Display,
    {
        self.read.parse(&self.get::<String>(column)?)
    }

    pub(super) fn parse_some<T: std::str::FromStr>(&self, column: &str) -> Result<Option<T>, StoreError>
    where
        T::Err: std::fmt::Display,
    {
        self.read.parse_some(self.get::<Option<String>>(column)?.as_deref())
    }

    pub(super) fn number<T: TryFrom<i64>>(&self, column: &str) -> Result<T, StoreError> {
        self.read.number(self.get(column)?)
    }

    pub(super) fn day(&self, column: &str) -> Result<TimeDate, StoreError> {
        self.get(column)
    }

    pub(super) fn instant(&self, column: &str) -> Result<Timestamp, StoreError> {
        self.read.instant(self.get(column)?)
    }

    pub(super) fn instant_some(&self, column: &str) -> Result<Option<Timestamp>, StoreError> {
        self.read.instant_some(self.get(column)?)
    }

    pub(super) fn credits_some(&self, column: &str) -> Result<Option<Credits>, StoreError> {
        Ok(self.get::<Option<i64>>(column)?.map(Credits::from_units))
    }

    /// An amount in the currency of the column `currency`.
    pub(super) fn money(&self, column: &str) -> Result<Money, StoreError> {
        let currency: Currency = self.parse("currency")?;
        self.read.money(&self.get::<String>(column)?, currency)
    }

    /// Something is missing that is always there.
    pub(super) fn missing(&self, what: &str) -> StoreError {
        self.read.corrupt(format!("there is no {what}"))
    }

    pub(super) fn organization(&self) -> Result<Option<OrganizationName>, StoreError> {
        let Some(id) = self.id_some("of_id")? else { return Ok(None) };
        Ok(Some(OrganizationName { id, name: self.get("of_name")? }))
    }

    pub(super) fn product(&self) -> Result<Option<ProductName>, StoreError> {
        let Some(id) = self.id_some("product_id")? else { return Ok(None) };
        Ok(Some(ProductName { id, sku: self.get("product_sku")?, name: self.get("product_name")? }))
    }

    /// The entitlement above, and what it allows at `now`.
    pub(super) fn above(&self, now: Timestamp) -> Result<Above, StoreError> {
        let status: entitlement::EntitlementStatus = self.parse("above_status")?;
        Ok(Above {
            entitlement: self.id("above_id")?,
            code: self.parse("above_code")?,
            standing: status.standing(self.instant_some("above_grace")?, now),
            organization: self.organization()?,
        })
    }
}
