//! One struct around the database transaction; it implements every storage port.

use std::sync::{Arc, LazyLock};

use async_trait::async_trait;
use kernel::{ServiceId, ServiceRequestId, StoreError};
use sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, FromQueryResult, QueryResult,
    Statement, prelude::Uuid,
};
use service_delivery::{
    CodeSource, Journal, RequestSite, ServiceSite, Storage, UnitOfWork, access, policy_documents,
    worker::Schedule,
};
use tracing::Span;

use crate::{
    Database,
    batch::Batch,
    commands::{self, Running},
    connect::WriteTransaction,
    entitlements,
    entity::{entitlement, service, service_request},
    error,
    rows::columns,
    work,
};

/// What is to be done in memory once a transaction is durable.
pub(crate) type Afterwards = Vec<Box<dyn FnOnce() + Send + Sync>>;

/// A database transaction. Dropping it rolls back.
pub(crate) struct Transaction {
    tx: WriteTransaction,
    /// What is written before the next statement, at the latest at the end; and which rows that are.
    later: (Batch, Vec<Uuid>),
    /// For new sequences, which must not wait for this transaction.
    pub(crate) aside: DatabaseConnection,
    /// The command that is being carried out, whose answer becomes durable with it.
    running: Option<Arc<Running>>,
    afterwards: Afterwards,
    /// As long as the transaction, for traces.
    span: Span,
}

#[async_trait]
impl Storage for Database {
    async fn begin(&self) -> Result<Box<dyn UnitOfWork>, StoreError> {
        let running = commands::running();
        let tx = match &running {
            Some(command) => command.begin(self).await?,
            None => self.begin_write().await?,
        };
        let span = tracing::info_span!("transaction", committed = false);
        let (aside, later, afterwards) = (self.aside().clone(), Default::default(), vec![]);
        Ok(Box::new(Transaction { tx, later, aside, running, afterwards, span }))
    }
}

impl Transaction {
    /// For a statement, once everything before it is written.
    pub(crate) async fn tx(&mut self) -> Result<&DatabaseTransaction, StoreError> {
        let (batch, _) = std::mem::take(&mut self.later);
        batch.send(&self.tx).await?;
        Ok(&self.tx)
    }

    /// For writes of `row`, and of what only changes with it: they go together with those that follow, before anything is read.
    pub(crate) async fn later(&mut self, row: impl Into<Uuid>) -> Result<&mut Batch, StoreError> {
        let row = row.into();
        if self.later.1.contains(&row) {
            self.tx().await?;
        }
        self.later.1.push(row);
        Ok(&mut self.later.0)
    }

    pub(crate) fn backend(&self) -> DbBackend {
        self.tx.get_database_backend()
    }

    /// The row that `sql` finds by `id`; on PostgreSQL, the rows of the tables that are called `shared` in it are kept from changing.
    async fn share(&mut self, sql: &str, shared: &str, id: Uuid) -> Result<Option<QueryResult>, StoreError> {
        let sql = match self.backend() {
            DbBackend::Postgres => format!("{sql} FOR SHARE OF {shared}"),
            _ => sql.to_owned(),
        };
        let statement = Statement::from_sql_and_values(self.backend(), sql, [id.into()]);
        self.tx().await?.query_one_raw(statement).await.map_err(error::map)
    }
}

#[async_trait]
impl UnitOfWork for Transaction {
    fn entitlements(&mut self) -> &mut dyn ::entitlement::Store {
        self
    }

    fn credits(&mut self) -> &mut dyn ust_credits::Store {
        self
    }

    fn work(&mut self) -> &mut dyn sr_workflow::Store {
        self
    }

    fn billing(&mut self) -> &mut dyn billing::Store {
        self
    }

    fn access(&mut self) -> &mut dyn access::Store {
        self
    }

    fn policies(&mut self) -> &mut dyn policy_documents::Store {
        self
    }

    fn journal(&mut self) -> &mut dyn Journal {
        self
    }

    fn schedule(&mut self) -> &mut dyn Schedule {
        self
    }

    async fn share_service(&mut self, id: ServiceId) -> Result<Option<ServiceSite>, StoreError> {
        static SQL: LazyLock<String> = LazyLock::new(|| {
            format!(
                "SELECT {}, {}, b.id AS balance FROM service s JOIN entitlement e ON e.id = s.entitlement_id
                    LEFT JOIN credit_balance b ON b.entitlement_id = e.id WHERE s.id = $1",
                columns::<service::Entity>("s", "s_"),
                columns::<entitlement::Entity>("e", "e_"),
            )
        });
        let Some(row) = self.share(&SQL, "s, e", id.as_uuid()).await? else { return Ok(None) };
        let service = service::Model::from_query_result(&row, "s_").map_err(error::map)?;
        let above = entitlement::Model::from_query_result(&row, "e_").map_err(error::map)?;
        let balance: Option<Uuid> = row.try_get("", "balance").map_err(error::map)?;
        Ok(Some(ServiceSite {
            service: work::service::restore(service)?,
            entitlement: entitlements::entitlement::restore(above)?,
            balance: balance.map(Into::into),
        }))
    }

    async fn share_request(&mut self, id: ServiceRequestId) -> Result<Option<RequestSite>, StoreError> {
        static SQL: LazyLock<String> = LazyLock::new(|| {
            format!(
                "SELECT {}, {}, b.entitlement_id AS payer_under FROM service_request r
                    JOIN entitlement e ON e.id = r.entitlement_id
                    LEFT JOIN credit_balance b ON b.id = r.credit_balance_id WHERE r.id = $1",
                columns::<service_request::Entity>("r", "r_"),
                columns::<entitlement::Entity>("e", "e_"),
            )
        });
        let Some(row) = self.share(&SQL, "e", id.as_uuid()).await? else { return Ok(None) };
        let request = service_request::Model::from_query_result(&row, "r_").map_err(error::map)?;
        let above = entitlement::Model::from_query_result(&row, "e_").map_err(error::map)?;
        let payer_under: Option<Uuid> = row.try_get("", "payer_under").map_err(error::map)?;
        Ok(Some(RequestSite {
            request: work::request::restore(request)?,
            entitlement: entitlements::entitlement::restore(above)?,
            payer_under: payer_under.map(Into::into),
        }))
    }

    fn codes(&mut self) -> &mut dyn CodeSource {
        self
    }

    fn afterwards(&mut self, act: Box<dyn FnOnce() + Send + Sync>) {
        self.afterwards.push(act);
    }

    async fn commit(mut self: Box<Self>) -> Result<(), StoreError> {
        self.tx().await?;
        let Self { tx, running, afterwards, span, .. } = *self;
        match running {
            Some(command) => command.done(tx, afterwards),
            None => commands::commit(tx, afterwards).await?,
        }
        span.record("committed", true);
        Ok(())
    }
}
