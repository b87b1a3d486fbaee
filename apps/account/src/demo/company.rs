//! A database filled with a company's last seven months, through the use cases alone (RN-4).

use std::sync::Arc;

use anyhow::Context as _;
use entitlement::Role;
use kernel::{
    MAX_PAGE_LIMIT, OrganizationId, Page, PageRequest, ServiceRequestCode, Timestamp, ports::Entropy,
};
use service_delivery::{
    Storage,
    access::{ApiKeySecret, Grant, StaffRole},
    reads::{
        BillingRunQuery, CatalogItemQuery, EntitlementQuery, InvoiceQuery, ListQuery, OrderQuery,
        OrganizationQuery, ProductQuery, Reads, RequestQuery, Viewer,
    },
};
use time::UtcOffset;
use ust_credits::Credits;

use super::{
    narrator::Narrator,
    story::{self, ACME, ACME_ENVIRONMENT, ACME_PENDING, ACME_SUPPORT},
};

/// Where the demo is told.
pub(crate) struct Scene {
    /// Where everything is written.
    pub(crate) storage: Arc<dyn Storage>,
    /// The same database, for reading.
    pub(crate) reads: Arc<dyn Reads>,
    /// For ids and secrets.
    pub(crate) entropy: Arc<dyn Entropy>,
    /// The present, at which the story ends.
    pub(crate) present: Timestamp,
    /// The business time zone.
    pub(crate) utc_offset: UtcOffset,
}

/// Where to look, and with which keys.
#[derive(Debug)]
pub(crate) struct Summary {
    /// How many organizations there are.
    pub(crate) organizations: usize,
    /// How many entitlements.
    pub(crate) entitlements: usize,
    /// How many service requests.
    pub(crate) requests: usize,
    /// How many invoices, drafts counted in.
    pub(crate) invoices: usize,
    /// Acme, the customer of the examples.
    pub(crate) acme: OrganizationId,
    /// The code of Acme's managed Moodle, and its environment.
    pub(crate) environment: (String, String),
    /// The code of Acme's support, and its service.
    pub(crate) service: (String, String),
    /// Acme's credit balance, and what is left in it.
    pub(crate) balance: (String, Credits),
    /// A request of Acme's that waits for approval.
    pub(crate) pending: ServiceRequestCode,
    /// The secret of a key that may do everything.
    pub(crate) staff_key: ApiKeySecret,
    /// The secret of a key bound to Acme, with the role of an owner.
    pub(crate) acme_key: ApiKeySecret,
}

/// Whether nothing was ever recorded; API keys do not count, for whoever has the database may make one first.
pub(crate) async fn is_empty(reads: &dyn Reads, now: Timestamp) -> anyhow::Result<bool> {
    let viewer = Viewer::staff(now);
    Ok(reads.organizations(viewer, &OrganizationQuery::default()).await?.items.is_empty()
        && reads.products(viewer, &ProductQuery::default()).await?.items.is_empty()
        && reads.catalog_items(viewer, &CatalogItemQuery::default()).await?.items.is_empty()
        && reads.orders(viewer, &OrderQuery::default()).await?.items.is_empty()
        && reads.entitlements(viewer, &EntitlementQuery::default()).await?.items.is_empty()
        && reads.billing_runs(viewer, &BillingRunQuery::default()).await?.items.is_empty())
}

/// Fills an empty database.
///
/// # Errors
/// A database that is not empty; whatever a use case refuses, which is a fault of the story.
pub(crate) async fn fill(scene: Scene) -> anyhow::Result<Summary> {
    let Scene { storage, reads, entropy, present, utc_offset } = scene;
    anyhow::ensure!(
        is_empty(&*reads, present).await?,
        "the database is not empty: the demo fills only an empty one; name a new one with --database-url"
    );
    let mut narrator = Narrator::try_new(storage, reads, entropy, present, utc_offset)?;
    let told = narrator.narrate(story::everything()).await;
    told.context("the demo is told in part only: begin again with another, empty database")?;
    narrator.clock.set_to_present();
    summarize(&narrator).await
}

async fn summarize(narrator: &Narrator) -> anyhow::Result<Summary> {
    let (app, reads, viewer) = (&narrator.app, &narrator.reads, narrator.viewer());
    let acme = narrator.organization(ACME)?.id;
    let (moodle, support) = (narrator.detail(ACME_ENVIRONMENT).await?, narrator.detail(ACME_SUPPORT).await?);
    let balance = narrator.balance(ACME_SUPPORT).await?;
    let left = reads.credit_balance(viewer, balance).await?.context("Acme's balance is gone")?.figures;
    let pending = reads.service_request(viewer, narrator.request(ACME_PENDING)?).await?;
    let by = narrator.demo();
    let owner = Grant::Organization { organization: acme, role: Role::Owner, scopes: vec![] };
    let (_, staff_key) =
        app.create_api_key(&by, "demo: staff", &Grant::Staff(StaffRole::Admin), None).await?;
    let (_, acme_key) = app.create_api_key(&by, "demo: Acme Corp", &owner, None).await?;
    Ok(Summary {
        organizations: count(reads.organizations(viewer, &most(OrganizationQuery::default())).await?),
        entitlements: count(reads.entitlements(viewer, &most(EntitlementQuery::default())).await?),
        requests: count(reads.service_requests(viewer, &most(RequestQuery::default())).await?),
        invoices: count(reads.invoices(viewer, &most(InvoiceQuery::default())).await?),
        acme,
        environment: (
            moodle.entitlement.code.to_string(),
            narrator.environment(ACME_ENVIRONMENT).await?.to_string(),
        ),
        service: (support.entitlement.code.to_string(), narrator.service(ACME_SUPPORT).await?.to_string()),
        balance: (balance.to_string(), left.balance()),
        pending: pending.context("Acme's pending request is gone")?.request.code,
        staff_key,
        acme_key,
    })
}

/// As many as fit on a page, which is more than there are.
fn most<F, S>(query: ListQuery<F, S>) -> ListQuery<F, S> {
    let page = PageRequest::try_new(MAX_PAGE_LIMIT, None).unwrap_or_else(PageRequest::first);
    ListQuery { page, ..query }
}

fn count<T>(page: Page<T>) -> usize {
    page.items.len()
}
