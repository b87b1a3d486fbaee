//! What lies under an entitlement: looked up together, and given its organization.

use ::entitlement::{Contract, License, Provisioned};
use kernel::StoreError;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder,
    QuerySelect, prelude::Uuid,
};
use ust_credits::LotSource;

use super::{contract, license};
use crate::{
    entity, error,
    rows::{Reading, insert_or_keep},
    unit_of_work::Transaction,
};

/// The ids of the rows of a table whose column has a value, the oldest first.
macro_rules! ids {
    ($db:expr, $table:ident.$wanted:ident where $column:ident = $value:expr) => {{
        use entity::$table::{Column, Entity};
        let ids: Vec<Uuid> = Entity::find()
            .select_only()
            .column(Column::$wanted)
            .filter(Column::$column.eq($value))
            .order_by_asc(Column::$wanted)
            .into_tuple()
            .all($db)
            .await
            .map_err(error::map)?;
        ids.into_iter().map(Into::into).collect()
    }};
}

/// Id and status of each row of a table under an entitlement, the oldest first.
macro_rules! with_status {
    ($db:expr, $table:ident under $entitlement:expr) => {{
        use entity::$table::{Column, Entity};
        let rows: Vec<(Uuid, String)> = Entity::find()
            .select_only()
            .columns([Column::Id, Column::Status])
            .filter(Column::EntitlementId.eq($entitlement))
            .order_by_asc(Column::CreatedAt)
            .order_by_asc(Column::Id)
            .into_tuple()
            .all($db)
            .await
            .map_err(error::map)?;
        let read = |(id, status): (Uuid, String)| {
            Ok::<_, StoreError>((id.into(), Reading::of(stringify!($table), id).parse(&status)?))
        };
        rows.into_iter().map(read).collect::<Result<_, _>>()?
    }};
}

/// What lies under an entitlement, each with its own status.
pub(crate) async fn provisioned(
    db: &impl ConnectionTrait,
    entitlement: Uuid,
) -> Result<Provisioned, StoreError> {
    let balances: Vec<Uuid> = ids!(db, credit_balance.Id where EntitlementId = entitlement);
    let included_credits_granted = match balances.first() {
        Some(balance) => {
            use entity::credit_lot::{Column, Entity};
            let included = Entity::find()
                .filter(Column::BalanceId.eq(*balance))
                .filter(Column::Source.eq(LotSource::Included.to_string()));
            included.one(db).await.map_err(error::map)?.is_some()
        }
        None => false,
    };
    Ok(Provisioned {
        licenses: with_status!(db, license under entitlement),
        environments: with_status!(db, environment under entitlement),
        contracts: with_status!(db, contract under entitlement),
        services: ids!(db, service.Id where EntitlementId = entitlement),
        credit_balance: balances.first().copied().map(Into::into),
        included_credits_granted,
        affiliates: ids!(db, affiliate.Id where EntitlementId = entitlement),
        downloads: ids!(db, download.Id where EntitlementId = entitlement),
        documents: ids!(db, document.Id where EntitlementId = entitlement),
        orders: ids!(db, order_link.OrderId where EntitlementId = entitlement),
        invoices: ids!(db, invoice_link.InvoiceId where EntitlementId = entitlement),
    })
}

impl Transaction {
    /// The organization that an entitlement belongs to, as it is stored.
    pub(super) async fn organization_above(&mut self, entitlement: Uuid) -> Result<Option<Uuid>, StoreError> {
        use entity::entitlement::{Column, Entity};
        let found: Option<Option<Uuid>> = Entity::find_by_id(entitlement)
            .select_only()
            .column(Column::OrganizationId)
            .into_tuple()
            .one(self.tx().await?)
            .await
            .map_err(error::map)?;
        Ok(found.flatten())
    }

    /// Gives everything of this domain under an entitlement the organization that was attached to it (EN-3).
    pub(super) async fn attach_resources(
        &mut self,
        entitlement: Uuid,
        organization: Option<Uuid>,
    ) -> Result<(), StoreError> {
        macro_rules! attach {
            ($($table:ident),*) => {$({
                use entity::$table::{Column, Entity};
                Entity::update_many()
                    .col_expr(Column::OrganizationId, organization.into())
                    .filter(Column::EntitlementId.eq(entitlement))
                    .exec(self.tx().await?)
                    .await
                    .map_err(error::map)?;
            })*};
        }
        attach!(license, environment, contract, download, document, affiliate);
        Ok(())
    }

    pub(super) async fn license_sites(
        &mut self,
        license: Uuid,
    ) -> Result<Vec<entity::license_site::Model>, StoreError> {
        use entity::license_site::{Column, Entity};
        Entity::find()
            .filter(Column::LicenseId.eq(license))
            .order_by_asc(Column::ActivatedAt)
            .order_by_asc(Column::Position)
            .all(self.tx().await?)
            .await
            .map_err(error::map)
    }

    pub(super) async fn whole_license(
        &mut self,
        row: Option<entity::license::Model>,
    ) -> Result<Option<License>, StoreError> {
        let Some(row) = row else { return Ok(None) };
        let sites = self.license_sites(row.id).await?;
        license::restore(row, sites).map(Some)
    }

    pub(super) async fn contract_versions(
        &mut self,
        contract: Uuid,
    ) -> Result<Vec<entity::contract_version::Model>, StoreError> {
        use entity::contract_version::{Column, Entity};
        Entity::find()
            .filter(Column::ContractId.eq(contract))
            .order_by_asc(Column::Position)
            .all(self.tx().await?)
            .await
            .map_err(error::map)
    }

    pub(super) async fn whole_contract(
        &mut self,
        row: Option<entity::contract::Model>,
    ) -> Result<Option<Contract>, StoreError> {
        let Some(row) = row else { return Ok(None) };
        let versions = self.contract_versions(row.id).await?;
        contract::restore(row, versions).map(Some)
    }

    /// Inserts a link, or keeps the one that is there.
    pub(super) async fn link<M, A>(&mut self, row: M) -> Result<(), StoreError>
    where
        M: IntoActiveModel<A> + Send,
        A: ActiveModelTrait,
    {
        insert_or_keep(self.tx().await?, row).await
    }
}
