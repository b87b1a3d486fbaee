//! Services, service requests, notes.

mod note;
pub(crate) mod request;
pub(crate) mod service;

use async_trait::async_trait;
use kernel::{EntitlementId, OrganizationId, ServiceId, ServiceRequestCode, ServiceRequestId, StoreError};
use sea_orm::{
    ColumnTrait, EntityTrait, QueryFilter, QueryOrder,
    prelude::Uuid,
    sea_query::{Expr, ExprTrait},
};
use sr_workflow::{Note, RequestStatus, Service, ServiceRequest, Store};

use crate::{
    entity, error,
    rows::{by_id, find_id, insert, lock, locked, save},
    unit_of_work::Transaction,
};

/// The states from which a request can still be closed.
const OPEN: [RequestStatus; 5] = [
    RequestStatus::Draft,
    RequestStatus::PendingApproval,
    RequestStatus::Approved,
    RequestStatus::InProgress,
    RequestStatus::OnHold,
];

#[async_trait]
impl Store for Transaction {
    async fn insert_service(&mut self, service: &Service) -> Result<(), StoreError> {
        insert(self.tx().await?, service::row(service)).await
    }

    async fn lock_service(&mut self, id: ServiceId) -> Result<Option<Service>, StoreError> {
        lock::<entity::service::Entity>(self.tx().await?, id).await?.map(service::restore).transpose()
    }

    async fn services_under(&mut self, entitlement: EntitlementId) -> Result<Vec<Service>, StoreError> {
        use entity::service::{Column, Entity};
        let rows = Entity::find()
            .filter(Column::EntitlementId.eq(Uuid::from(entitlement)))
            .order_by_asc(Column::CreatedAt)
            .order_by_asc(Column::Id)
            .all(self.tx().await?)
            .await
            .map_err(error::map)?;
        rows.into_iter().map(service::restore).collect()
    }

    async fn save_service(&mut self, service: &Service) -> Result<(), StoreError> {
        save::<entity::service::Entity, _>(self.tx().await?, service::row(service)).await
    }

    async fn insert_request(&mut self, request: &ServiceRequest) -> Result<(), StoreError> {
        self.later(request.id()).await?.insert_all([request::row(request)]);
        Ok(())
    }

    async fn request_id(&mut self, code: ServiceRequestCode) -> Result<Option<ServiceRequestId>, StoreError> {
        use entity::service_request::{Column, Entity};
        find_id::<Entity, _>(self.tx().await?, Column::Id, Column::Code.eq(code.to_string())).await
    }

    async fn request(&mut self, id: ServiceRequestId) -> Result<Option<ServiceRequest>, StoreError> {
        by_id::<entity::service_request::Entity>(self.tx().await?, id)
            .await?
            .map(request::restore)
            .transpose()
    }

    async fn lock_request(&mut self, id: ServiceRequestId) -> Result<Option<ServiceRequest>, StoreError> {
        lock::<entity::service_request::Entity>(self.tx().await?, id).await?.map(request::restore).transpose()
    }

    async fn open_requests_under(
        &mut self,
        entitlement: EntitlementId,
    ) -> Result<Vec<ServiceRequest>, StoreError> {
        use entity::service_request::{Column, Entity};
        let select = Entity::find()
            .filter(Column::EntitlementId.eq(Uuid::from(entitlement)))
            .filter(Column::Status.is_in(OPEN.map(|status| status.to_string())))
            .order_by_asc(Column::Id);
        let rows = select.all(self.tx().await?).await.map_err(error::map)?;
        rows.into_iter().map(request::restore).collect()
    }

    async fn lock_billable_requests(&mut self) -> Result<Vec<ServiceRequest>, StoreError> {
        use entity::service_request::{Column, Entity};
        // The status is written out, so that the partial index is seen to fit.
        let select = Entity::find()
            .filter(Expr::cust("status = 'completed'"))
            .filter(Column::AcceptedAt.is_not_null())
            .order_by_asc(Column::Id);
        let rows = locked(select).all(self.tx().await?).await.map_err(error::map)?;
        rows.into_iter().map(request::restore).collect()
    }

    async fn save_request(&mut self, request: &ServiceRequest) -> Result<(), StoreError> {
        self.later(request.id()).await?.save::<entity::service_request::Entity, _>(request::row(request))
    }

    async fn insert_note(&mut self, note: &Note) -> Result<(), StoreError> {
        insert(self.tx().await?, note::row(note)).await
    }

    async fn attach_organization(
        &mut self,
        entitlement: EntitlementId,
        organization: OrganizationId,
    ) -> Result<(), StoreError> {
        let (entitlement, organization) = (Uuid::from(entitlement), Uuid::from(organization));
        macro_rules! attach {
            ($table:ident) => {{
                use entity::$table::{Column, Entity};
                Entity::update_many()
                    .col_expr(Column::OrganizationId, organization.into())
                    .col_expr(Column::Version, Expr::col(Column::Version).add(1))
                    .filter(Column::EntitlementId.eq(entitlement))
                    .filter(Column::OrganizationId.is_null())
                    .exec(self.tx().await?)
                    .await
                    .map_err(error::map)?;
            }};
        }
        attach!(service);
        attach!(service_request);
        Ok(())
    }
}
