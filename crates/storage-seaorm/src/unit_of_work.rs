//! One struct around the database transaction; it implements every storage port.

use std::sync::Arc;

use async_trait::async_trait;
use kernel::StoreError;
use sea_orm::{DatabaseConnection, DatabaseTransaction};
use service_delivery::{
    CodeSource, Journal, Storage, UnitOfWork, access, policy_documents, worker::Schedule,
};
use tracing::Span;

use crate::{
    Database,
    commands::{self, Running},
};

/// What is to be done in memory once a transaction is durable.
pub(crate) type Afterwards = Vec<Box<dyn FnOnce() + Send + Sync>>;

/// A database transaction. Dropping it rolls back.
pub(crate) struct Transaction {
    pub(crate) tx: DatabaseTransaction,
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
        Ok(Box::new(Transaction { tx, aside: self.aside().clone(), running, afterwards: vec![], span }))
    }
}

#[async_trait]
impl UnitOfWork for Transaction {
    fn entitlements(&mut self) -> &mut dyn entitlement::Store {
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

    fn codes(&mut self) -> &mut dyn CodeSource {
        self
    }

    fn afterwards(&mut self, act: Box<dyn FnOnce() + Send + Sync>) {
        self.afterwards.push(act);
    }

    async fn commit(self: Box<Self>) -> Result<(), StoreError> {
        let Self { tx, running, afterwards, span, .. } = *self;
        match running {
            Some(command) => command.done(tx, afterwards),
            None => commands::commit(tx, afterwards).await?,
        }
        span.record("committed", true);
        Ok(())
    }
}
