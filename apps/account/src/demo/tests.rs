//! The demo, told on both databases.

use std::{collections::HashSet, sync::Arc};

use billing::{InvoiceStatus, OrderStatus};
use entitlement::{EntitlementClass, EntitlementStatus, EnvironmentStatus, Role};
use kernel::{MAX_PAGE_LIMIT, PageRequest, Timestamp, ports::Clock as _};
use service_delivery::reads::{EventQuery, InvoiceRow, ListQuery, Reads as _, Viewer};
use sr_workflow::{ApprovalKind, CloseReason, NoteVisibility, RequestStatus, ServiceMode, ServiceStatus};
use storage_seaorm::{Database, testing};
use strum::VariantArray as _;

use super::company::{Scene, fill};
use crate::system::{OsEntropy, SystemClock};

fn scene(database: &Database) -> Scene {
    Scene {
        storage: Arc::new(database.clone()),
        reads: Arc::new(database.clone()),
        entropy: Arc::new(OsEntropy),
        present: SystemClock.now(),
        utc_offset: time::UtcOffset::UTC,
    }
}

fn all<F: Default, S>() -> ListQuery<F, S> {
    ListQuery { page: PageRequest::try_new(MAX_PAGE_LIMIT, None).unwrap(), ..ListQuery::default() }
}

fn set<T: Eq + std::hash::Hash>(things: impl IntoIterator<Item = T>) -> HashSet<T> {
    things.into_iter().collect()
}

async fn has_life(database: &Database) {
    let told = fill(scene(database)).await.unwrap_or_else(|error| panic!("{error:#}"));
    let viewer = Viewer::staff(SystemClock.now());

    let mut findings = Vec::new();
    let audited = database.audit(&mut |finding| findings.push(finding)).await.unwrap();
    assert!(findings.is_empty(), "{findings:?}");
    assert!(audited.balances > 10 && audited.entries > 60, "{audited:?}");
    assert_eq!(told.balance.1.to_string(), "45", "what the documentation shows");

    everything_is_offered(database, viewer).await;
    customers_have_all_they_can_have(database, viewer, &told).await;
    work_is_in_every_state(database, viewer).await;
    money_came_in(database, viewer).await;
    the_past_is_past(database, viewer).await;

    let refused = fill(scene(database)).await.unwrap_err();
    assert!(refused.to_string().contains("the database is not empty"), "{refused:#}");
}

async fn everything_is_offered(database: &Database, viewer: Viewer) {
    let products = database.products(viewer, &all()).await.unwrap().items;
    assert_eq!(set(products.iter().map(|it| it.class)), set(EntitlementClass::VARIANTS.iter().copied()));
    assert!(products.iter().any(|product| !product.active));
    let items = database.catalog_items(viewer, &all()).await.unwrap().items;
    let cost = |code: &str| items.iter().find(|item| item.content.code == code).unwrap().content.base_credits;
    assert_eq!((cost("PLUGIN-UPDATE").units(), cost("API-INTEGRATION").units()), (40, 100));
    assert!(items.len() >= 15 && items.iter().any(|item| !item.active));
}

async fn customers_have_all_they_can_have(database: &Database, viewer: Viewer, told: &super::Summary) {
    let entitlements = database.entitlements(viewer, &all()).await.unwrap().items;
    assert_eq!(entitlements.len(), told.entitlements);
    assert_eq!(set(entitlements.iter().map(|it| it.class)), set(EntitlementClass::VARIANTS.iter().copied()));
    let statuses = set(entitlements.iter().map(|it| it.status));
    for status in [
        EntitlementStatus::Active,
        EntitlementStatus::Suspended,
        EntitlementStatus::Expired,
        EntitlementStatus::Cancelled,
    ] {
        assert!(statuses.contains(&status), "{status}");
    }
    assert!(entitlements.iter().any(|it| it.organization.is_none() && it.holder.is_some()), "EN-3");
    let of_acme =
        entitlements.iter().filter(|it| it.organization.as_ref().is_some_and(|o| o.id == told.acme));
    let mut of_acme: Vec<_> = of_acme.map(|it| format!("{} {}", it.class, it.status)).collect();
    of_acme.sort();
    assert_eq!(of_acme, ["ENV active", "ORD expired", "PLG active", "SVC active"]);

    let environments = database.environments(viewer, &all()).await.unwrap().items;
    let seen = |status| environments.iter().filter(|it| it.status == status).count();
    assert_eq!((seen(EnvironmentStatus::AwaitingSetup), seen(EnvironmentStatus::Maintenance)), (1, 1));
    assert!(seen(EnvironmentStatus::Active) >= 2);
    assert_eq!((seen(EnvironmentStatus::Paused), seen(EnvironmentStatus::Decommissioning)), (1, 1));

    let people = database.collaborators(viewer, &all()).await.unwrap().items;
    assert_eq!(set(people.iter().map(|it| it.role)), set(Role::VARIANTS.iter().copied()));
}

async fn work_is_in_every_state(database: &Database, viewer: Viewer) {
    let services = database.services(viewer, &all()).await.unwrap().items;
    let states = set(services.iter().map(|it| (it.mode, it.own_status)));
    for status in
        [ServiceStatus::Approved, ServiceStatus::Active, ServiceStatus::OnHold, ServiceStatus::Closed]
    {
        assert!(states.contains(&(ServiceMode::Ongoing, status)), "ongoing {status}");
    }
    for status in [
        ServiceStatus::Proposal,
        ServiceStatus::InProgress,
        ServiceStatus::OnHold,
        ServiceStatus::Delivered,
        ServiceStatus::Closed,
        ServiceStatus::Cancelled,
    ] {
        assert!(states.contains(&(ServiceMode::Project, status)), "project {status}");
    }

    let rows = database.service_requests(viewer, &all()).await.unwrap().items;
    assert_eq!(set(rows.iter().map(|it| it.status)), set(RequestStatus::VARIANTS.iter().copied()));
    let mut requests = Vec::new();
    let mut notes = Vec::new();
    for row in &rows {
        let detail = database.service_request(viewer, row.id).await.unwrap().unwrap();
        requests.push(detail.request);
        notes.extend(database.notes(viewer, row.id, &all()).await.unwrap().unwrap().items);
    }
    let closed = set(requests.iter().filter_map(|it| it.closure.as_ref()).map(|it| it.reason));
    for reason in [CloseReason::Rejected, CloseReason::Quoted, CloseReason::Cancelled] {
        assert!(closed.contains(&reason), "{reason}");
    }
    let approved = set(requests.iter().filter_map(|it| it.approval.as_ref()).map(|it| it.kind));
    assert_eq!(approved, set([ApprovalKind::Customer, ApprovalKind::OnBehalf, ApprovalKind::PreApproved]));
    let in_excess = |it: &&sr_workflow::ServiceRequestRecord| {
        it.settled.is_some_and(|settled| settled.debited.is_positive() && settled.excess.is_positive())
    };
    assert!(requests.iter().any(|it| in_excess(&it)), "one is settled above what could be held");
    assert!(requests.iter().any(|it| it.analysis.is_some()));
    let completed = requests.iter().filter(|it| it.status == RequestStatus::Completed);
    assert_eq!(set(completed.map(|it| it.acceptance.is_some())).len(), 2, "some accepted, some not");
    assert_eq!(set(requests.iter().map(|it| it.priority)).len(), 4);
    assert_eq!(set(notes.iter().map(|it| it.visibility)), set(NoteVisibility::VARIANTS.iter().copied()));
}

async fn money_came_in(database: &Database, viewer: Viewer) {
    let invoices = database.invoices(viewer, &all()).await.unwrap().items;
    for status in [InvoiceStatus::Draft, InvoiceStatus::Issued, InvoiceStatus::Paid] {
        assert!(invoices.iter().any(|it| it.status == status), "{status}");
    }
    let currencies = set(invoices.iter().map(|it| it.value.currency().code()));
    assert_eq!(currencies, set(["BRL", "EUR", "USD"]));
    assert!(invoices.iter().any(|it| !it.due.is_zero() && !it.covered.is_zero()), "part prepaid, part due");
    let late = |it: &&InvoiceRow| matches!(it, InvoiceRow { status: InvoiceStatus::Issued, due_at: Some(at), .. } if *at <= viewer.now);
    assert_eq!(invoices.iter().filter(late).count(), 0, "nothing that falls due was left undone");
    let orders = database.orders(viewer, &all()).await.unwrap().items;
    let orders = set(orders.iter().map(|it| it.status));
    assert_eq!(orders, set([OrderStatus::Pending, OrderStatus::Fulfilled, OrderStatus::Cancelled]));
    assert!(database.billing_runs(viewer, &all()).await.unwrap().items.len() >= 6);
}

/// Events are in the order of time, over seven months, and none is to come.
async fn the_past_is_past(database: &Database, viewer: Viewer) {
    let mut query: EventQuery = all();
    let mut instants: Vec<Timestamp> = Vec::new();
    loop {
        let page = database.events(viewer, &query).await.unwrap();
        instants.extend(page.items.iter().map(|event| event.at));
        let Some(next) = page.next else { break };
        query.page = PageRequest::try_new(MAX_PAGE_LIMIT, Some(next)).unwrap();
    }
    assert!(instants.is_sorted_by(|newer, older| newer >= older));
    assert!(instants[0] <= viewer.now);
    assert!(*instants.last().unwrap() < viewer.now.plus_days(-200));
}

#[tokio::test]
async fn rn_4_the_demo_has_life_in_it_on_sqlite() {
    let database = testing::sqlite().await;
    has_life(&database).await;
}

#[tokio::test]
async fn rn_4_the_demo_has_life_in_it_on_postgres() {
    let database = testing::postgres().await;
    has_life(&database).await;
}
