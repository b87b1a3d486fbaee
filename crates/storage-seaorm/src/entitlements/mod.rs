//! Organizations, products, entitlements and what lies under them.

pub(crate) mod contract;
pub(crate) mod entitlement;
pub(crate) mod environment;
mod files;
pub(crate) mod license;
pub(crate) mod organization;
pub(crate) mod product;
pub(crate) mod under;

use ::entitlement::{
    AffiliateRecord, Collaborator, Contract, Document, Download, Entitlement, Environment, InvoiceLink,
    License, LicenseKey, OrderLink, Organization, Product, Provisioned, Sku, Store, Team,
};
use async_trait::async_trait;
use kernel::{
    ContractCode, ContractId, EntitlementCode, EntitlementId, EnvironmentId, LicenseId, OrderLineId,
    OrganizationId, ProductId, StoreError,
};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, prelude::Uuid};

use crate::{
    entity, error,
    rows::{by_id, find_id, insert, insert_all, lock, save, share},
    unit_of_work::Transaction,
};

#[async_trait]
impl Store for Transaction {
    async fn insert_organization(&mut self, organization: &Organization) -> Result<(), StoreError> {
        insert(self.tx().await?, organization::row(organization)).await
    }

    async fn organization(&mut self, id: OrganizationId) -> Result<Option<Organization>, StoreError> {
        by_id::<entity::organization::Entity>(self.tx().await?, id)
            .await?
            .map(organization::restore)
            .transpose()
    }

    async fn lock_organization(&mut self, id: OrganizationId) -> Result<Option<Organization>, StoreError> {
        lock::<entity::organization::Entity>(self.tx().await?, id)
            .await?
            .map(organization::restore)
            .transpose()
    }

    async fn save_organization(&mut self, organization: &Organization) -> Result<(), StoreError> {
        save::<entity::organization::Entity, _>(self.tx().await?, organization::row(organization)).await
    }

    async fn team(&mut self, organization: OrganizationId) -> Result<Team, StoreError> {
        use entity::collaborator::{Column, Entity};
        let rows = Entity::find()
            .filter(Column::OrganizationId.eq(Uuid::from(organization)))
            .order_by_asc(Column::CreatedAt)
            .order_by_asc(Column::Id)
            .all(self.tx().await?)
            .await
            .map_err(error::map)?;
        let members = rows.into_iter().map(organization::restore_collaborator).collect::<Result<_, _>>()?;
        Team::restore(organization, members)
            .map_err(|invalid| StoreError::corrupt("team", organization, invalid))
    }

    async fn insert_collaborator(&mut self, collaborator: &Collaborator) -> Result<(), StoreError> {
        insert(self.tx().await?, organization::collaborator_row(collaborator)).await
    }

    async fn save_collaborator(&mut self, collaborator: &Collaborator) -> Result<(), StoreError> {
        save::<entity::collaborator::Entity, _>(
            self.tx().await?,
            organization::collaborator_row(collaborator),
        )
        .await
    }

    async fn remove_collaborator(&mut self, collaborator: &Collaborator) -> Result<(), StoreError> {
        use entity::collaborator::{Column, Entity};
        let removed = Entity::delete_many()
            .filter(Column::Id.eq(Uuid::from(collaborator.id())))
            .filter(Column::Version.eq(collaborator.version()))
            .exec(self.tx().await?)
            .await
            .map_err(error::map)?;
        if removed.rows_affected == 0 { Err(StoreError::Stale { entity: "collaborator" }) } else { Ok(()) }
    }

    async fn insert_product(&mut self, product: &Product) -> Result<(), StoreError> {
        insert(self.tx().await?, product::row(product)).await
    }

    async fn product(&mut self, id: ProductId) -> Result<Option<Product>, StoreError> {
        by_id::<entity::product::Entity>(self.tx().await?, id).await?.map(product::restore).transpose()
    }

    async fn lock_product(&mut self, id: ProductId) -> Result<Option<Product>, StoreError> {
        lock::<entity::product::Entity>(self.tx().await?, id).await?.map(product::restore).transpose()
    }

    async fn find_product(&mut self, sku: &Sku) -> Result<Option<ProductId>, StoreError> {
        use entity::product::{Column, Entity};
        find_id::<Entity, _>(self.tx().await?, Column::Id, Column::Sku.eq(sku.as_str())).await
    }

    async fn save_product(&mut self, product: &Product) -> Result<(), StoreError> {
        save::<entity::product::Entity, _>(self.tx().await?, product::row(product)).await
    }

    async fn insert_sold_product(&mut self, line: OrderLineId, product: &Product) -> Result<(), StoreError> {
        let row = product::sold_row(line, product)?;
        self.later(line).await?.insert_all([row]);
        Ok(())
    }

    async fn sold_product(&mut self, line: OrderLineId) -> Result<Option<Product>, StoreError> {
        by_id::<entity::sold_product::Entity>(self.tx().await?, line)
            .await?
            .map(product::restore_sold)
            .transpose()
    }

    async fn insert_entitlement(&mut self, entitlement: &Entitlement) -> Result<(), StoreError> {
        insert(self.tx().await?, entitlement::row(entitlement)).await
    }

    async fn share_entitlement(&mut self, id: EntitlementId) -> Result<Option<Entitlement>, StoreError> {
        share::<entity::entitlement::Entity>(self.tx().await?, id)
            .await?
            .map(entitlement::restore)
            .transpose()
    }

    async fn lock_entitlement(&mut self, id: EntitlementId) -> Result<Option<Entitlement>, StoreError> {
        lock::<entity::entitlement::Entity>(self.tx().await?, id).await?.map(entitlement::restore).transpose()
    }

    async fn find_entitlement(&mut self, code: EntitlementCode) -> Result<Option<EntitlementId>, StoreError> {
        use entity::entitlement::{Column, Entity};
        find_id::<Entity, _>(self.tx().await?, Column::Id, Column::Code.eq(code.to_string())).await
    }

    async fn entitlements_of(&mut self, line: OrderLineId) -> Result<Vec<EntitlementId>, StoreError> {
        use entity::entitlement::{Column, Entity};
        let ids: Vec<Uuid> = Entity::find()
            .select_only()
            .column(Column::Id)
            .filter(Column::OrderLineId.eq(Uuid::from(line)))
            .order_by_asc(Column::CreatedAt)
            .order_by_asc(Column::Id)
            .into_tuple()
            .all(self.tx().await?)
            .await
            .map_err(error::map)?;
        Ok(ids.into_iter().map(Into::into).collect())
    }

    async fn save_entitlement(&mut self, entitlement: &Entitlement) -> Result<(), StoreError> {
        let row = entitlement::row(entitlement);
        if row.organization_id.is_some() && self.organization_above(row.id).await?.is_none() {
            self.attach_resources(row.id, row.organization_id).await?;
        }
        save::<entity::entitlement::Entity, _>(self.tx().await?, row).await
    }

    async fn resources_of(&mut self, entitlement: EntitlementId) -> Result<Provisioned, StoreError> {
        under::provisioned(self.tx().await?, entitlement.into()).await
    }

    async fn insert_license(&mut self, license: &License) -> Result<(), StoreError> {
        let organization = self.organization_above(license.entitlement().into()).await?;
        let (row, sites) = license::rows(license, organization);
        insert(self.tx().await?, row).await?;
        insert_all(self.tx().await?, sites).await
    }

    async fn lock_license(&mut self, id: LicenseId) -> Result<Option<License>, StoreError> {
        let row = lock::<entity::license::Entity>(self.tx().await?, id).await?;
        self.whole_license(row).await
    }

    async fn find_license(&mut self, key: LicenseKey) -> Result<Option<LicenseId>, StoreError> {
        use entity::license::{Column, Entity};
        find_id::<Entity, _>(self.tx().await?, Column::Id, Column::Key.eq(key.to_string())).await
    }

    async fn license(&mut self, id: LicenseId) -> Result<Option<License>, StoreError> {
        let row = by_id::<entity::license::Entity>(self.tx().await?, id).await?;
        self.whole_license(row).await
    }

    async fn save_license(&mut self, license: &License) -> Result<(), StoreError> {
        use entity::license_site::{Column, Entity};
        let organization = self.organization_above(license.entitlement().into()).await?;
        let (row, mut sites) = license::rows(license, organization);
        let id = row.id;
        save::<entity::license::Entity, _>(self.tx().await?, row).await?;
        let stored = self.license_sites(id).await?;
        let gone: Vec<&str> = stored
            .iter()
            .filter(|known| {
                sites.iter().all(|site| (&site.site, site.activated_at) != (&known.site, known.activated_at))
            })
            .map(|known| known.site.as_str())
            .collect();
        if !gone.is_empty() {
            Entity::delete_many()
                .filter(Column::LicenseId.eq(id))
                .filter(Column::Site.is_in(gone.iter().copied()))
                .exec(self.tx().await?)
                .await
                .map_err(error::map)?;
        }
        sites.retain(|site| {
            !stored.iter().any(|known| known.site == site.site && !gone.contains(&known.site.as_str()))
        });
        insert_all(self.tx().await?, sites).await
    }

    async fn insert_environment(&mut self, environment: &Environment) -> Result<(), StoreError> {
        let organization = self.organization_above(environment.entitlement().into()).await?;
        insert(self.tx().await?, environment::row(environment, organization)?).await
    }

    async fn environment(&mut self, id: EnvironmentId) -> Result<Option<Environment>, StoreError> {
        by_id::<entity::environment::Entity>(self.tx().await?, id)
            .await?
            .map(environment::restore)
            .transpose()
    }

    async fn share_environment(&mut self, id: EnvironmentId) -> Result<Option<Environment>, StoreError> {
        share::<entity::environment::Entity>(self.tx().await?, id)
            .await?
            .map(environment::restore)
            .transpose()
    }

    async fn lock_environment(&mut self, id: EnvironmentId) -> Result<Option<Environment>, StoreError> {
        lock::<entity::environment::Entity>(self.tx().await?, id).await?.map(environment::restore).transpose()
    }

    async fn save_environment(&mut self, environment: &Environment) -> Result<(), StoreError> {
        let organization = self.organization_above(environment.entitlement().into()).await?;
        save::<entity::environment::Entity, _>(self.tx().await?, environment::row(environment, organization)?)
            .await
    }

    async fn insert_contract(&mut self, contract: &Contract) -> Result<(), StoreError> {
        let organization = self.organization_above(contract.entitlement().into()).await?;
        let (row, versions) = contract::rows(contract, organization)?;
        insert(self.tx().await?, row).await?;
        insert_all(self.tx().await?, versions).await
    }

    async fn contract(&mut self, id: ContractId) -> Result<Option<Contract>, StoreError> {
        let row = by_id::<entity::contract::Entity>(self.tx().await?, id).await?;
        self.whole_contract(row).await
    }

    async fn lock_contract(&mut self, id: ContractId) -> Result<Option<Contract>, StoreError> {
        let row = lock::<entity::contract::Entity>(self.tx().await?, id).await?;
        self.whole_contract(row).await
    }

    async fn find_contract(&mut self, code: ContractCode) -> Result<Option<ContractId>, StoreError> {
        use entity::contract::{Column, Entity};
        find_id::<Entity, _>(self.tx().await?, Column::Id, Column::Code.eq(code.to_string())).await
    }

    async fn save_contract(&mut self, contract: &Contract) -> Result<(), StoreError> {
        let organization = self.organization_above(contract.entitlement().into()).await?;
        let (row, mut versions) = contract::rows(contract, organization)?;
        let id = row.id;
        save::<entity::contract::Entity, _>(self.tx().await?, row).await?;
        let stored = self.contract_versions(id).await?;
        versions.retain(|version| stored.iter().all(|known| known.position != version.position));
        insert_all(self.tx().await?, versions).await
    }

    async fn insert_download(&mut self, download: &Download) -> Result<(), StoreError> {
        let organization = self.organization_above(download.entitlement.into()).await?;
        insert(self.tx().await?, files::download_row(download, organization)).await
    }

    async fn insert_document(&mut self, document: &Document) -> Result<(), StoreError> {
        let organization = self.organization_above(document.entitlement.into()).await?;
        insert(self.tx().await?, files::document_row(document, organization)).await
    }

    async fn insert_affiliate(&mut self, affiliate: &AffiliateRecord) -> Result<(), StoreError> {
        let organization = self.organization_above(affiliate.entitlement.into()).await?;
        insert(self.tx().await?, files::affiliate_row(affiliate, organization)).await
    }

    async fn link_order(&mut self, link: OrderLink) -> Result<(), StoreError> {
        let row = entity::order_link::Model {
            entitlement_id: link.entitlement.into(),
            order_id: link.order.into(),
        };
        self.link(row).await
    }

    async fn link_invoice(&mut self, link: InvoiceLink) -> Result<(), StoreError> {
        let row = entity::invoice_link::Model {
            entitlement_id: link.entitlement.into(),
            invoice_id: link.invoice.into(),
        };
        self.link(row).await
    }
}
