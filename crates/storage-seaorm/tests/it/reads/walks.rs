//! AP-2: whoever pages through a list in any of its orders sees every row once, in that order, while rows are being added.

use std::collections::HashSet;

use kernel::{Cursor, Page, PageRequest, StoreError};
use proptest::{
    strategy::{Strategy as _, ValueTree as _},
    test_runner::TestRunner,
};
use service_delivery::reads::{ListQuery, Reads, RequestFilter, SortBy, Sorted, Viewer};
use storage_seaorm::testing::TestDatabase;
use uuid::Uuid;

use super::crowd::{Crowd, later, staff_now, uuid};
use crate::{any_cursor, on_both};

on_both! {
    ap_2_organizations_people_and_keys,
    ap_2_products_and_catalog_items,
    ap_2_orders_and_payments,
    ap_2_invoices_and_billing_runs,
    ap_2_entitlements_and_what_lies_under_them,
    ap_2_services,
    ap_2_service_requests,
    ap_2_notes_and_events,
    ap_2_credits,
    ap_2_a_cursor_is_good_for_its_list_alone,
    ap_2_any_cursor_is_read_or_refused,
}

fn page(limit: u16, cursor: Option<Cursor>) -> PageRequest {
    PageRequest::try_new(limit, cursor).unwrap()
}

/// Walks through a list in every order, both ways, with one more of everything added on the way.
async fn walk<F: Clone + Default, S: SortBy, T>(
    db: &TestDatabase,
    crowd: &mut Crowd,
    list: impl AsyncFn(&ListQuery<F, S>) -> Result<Page<T>, StoreError>,
    id: impl Fn(&T) -> Uuid,
) {
    walk_through(db, crowd, F::default(), list, id).await;
}

/// The same through what `filter` leaves of it.
async fn walk_through<F: Clone, S: SortBy, T>(
    db: &TestDatabase,
    crowd: &mut Crowd,
    filter: F,
    list: impl AsyncFn(&ListQuery<F, S>) -> Result<Page<T>, StoreError>,
    id: impl Fn(&T) -> Uuid,
) {
    for by in S::VARIANTS {
        for descending in [false, true] {
            let sorted = Sorted { by: *by, descending };
            let (sort, order) = (Some(sorted), sorted.to_string());
            let query = |limit, cursor| ListQuery { filter: filter.clone(), sort, page: page(limit, cursor) };
            let whole = list(&query(200, None)).await.unwrap();
            assert_eq!(whole.next, None, "{order}: more than this test can see at once");
            let there: Vec<Uuid> = whole.items.iter().map(&id).collect();
            assert!(there.len() > 3, "{order}: {} rows are no list", there.len());

            let mut walked = Vec::new();
            let mut cursor = None;
            loop {
                let first = cursor.is_none();
                let part = list(&query(3, cursor)).await.unwrap();
                assert!(part.items.len() == 3 || part.next.is_none(), "{order}: a short page in between");
                walked.extend(part.items.iter().map(&id));
                cursor = part.next;
                if first {
                    crowd.add(db).await;
                    // A cursor belongs to the order it was given out in.
                    let turned = Some(Sorted { by: *by, descending: !descending });
                    let other =
                        ListQuery { filter: filter.clone(), sort: turned, page: page(3, cursor.clone()) };
                    assert_eq!(list(&other).await.map(|_| ()), Err(StoreError::InvalidCursor));
                }
                if cursor.is_none() {
                    break;
                }
            }
            let distinct: HashSet<Uuid> = walked.iter().copied().collect();
            assert_eq!(distinct.len(), walked.len(), "{order}: a row was shown twice");
            walked.retain(|id| there.contains(id));
            assert_eq!(walked, there, "{order}");
        }
    }
}

async fn ap_2_organizations_people_and_keys(db: TestDatabase) {
    let mut crowd = Crowd::new(&db).await;
    let viewer = staff_now();
    walk(&db, &mut crowd, async |query| db.organizations(viewer, query).await, |row| uuid(row.id)).await;
    walk(&db, &mut crowd, async |query| db.collaborators(viewer, query).await, |row| uuid(row.id)).await;
    walk(&db, &mut crowd, async |query| Reads::api_keys(&*db, viewer, query).await, |row| uuid(row.id)).await;
    let acme = Viewer::of(crowd.acme.organization, later());
    walk(&db, &mut crowd, async |query| db.collaborators(acme, query).await, |row| uuid(row.id)).await;
}

async fn ap_2_products_and_catalog_items(db: TestDatabase) {
    let mut crowd = Crowd::new(&db).await;
    crowd.add(&db).await;
    crowd.add(&db).await;
    for viewer in [staff_now(), Viewer::of(crowd.acme.organization, later())] {
        walk(&db, &mut crowd, async |query| db.products(viewer, query).await, |row| uuid(row.id)).await;
        walk(&db, &mut crowd, async |query| db.catalog_items(viewer, query).await, |row| uuid(row.id)).await;
    }
}

async fn ap_2_orders_and_payments(db: TestDatabase) {
    let mut crowd = Crowd::new(&db).await;
    crowd.add(&db).await;
    let viewer = staff_now();
    let order = crowd.acme.order;
    walk(&db, &mut crowd, async |query| db.orders(viewer, query).await, |row| uuid(row.id)).await;
    let payments = async |query: &_| Ok(db.payments(viewer, order, query).await?.unwrap());
    walk(&db, &mut crowd, payments, |row| uuid(row.id)).await;
}

async fn ap_2_invoices_and_billing_runs(db: TestDatabase) {
    let mut crowd = Crowd::new(&db).await;
    crowd.add(&db).await;
    let viewer = staff_now();
    walk(&db, &mut crowd, async |query| db.invoices(viewer, query).await, |row| uuid(row.id)).await;
    walk(&db, &mut crowd, async |query| db.billing_runs(viewer, query).await, |row| uuid(row.id)).await;
    let acme = Viewer::of(crowd.acme.organization, later());
    walk(&db, &mut crowd, async |query| db.invoices(acme, query).await, |row| uuid(row.id)).await;
}

async fn ap_2_entitlements_and_what_lies_under_them(db: TestDatabase) {
    let mut crowd = Crowd::new(&db).await;
    let viewer = staff_now();
    walk(&db, &mut crowd, async |query| db.entitlements(viewer, query).await, |row| uuid(row.id)).await;
    walk(&db, &mut crowd, async |query| db.licenses(viewer, query).await, |row| uuid(row.id)).await;
    walk(&db, &mut crowd, async |query| db.environments(viewer, query).await, |row| uuid(row.id)).await;
    walk(&db, &mut crowd, async |query| db.contracts(viewer, query).await, |row| uuid(row.id)).await;
    let acme = Viewer::of(crowd.acme.organization, later());
    walk(&db, &mut crowd, async |query| db.environments(acme, query).await, |row| uuid(row.id)).await;
}

async fn ap_2_services(db: TestDatabase) {
    let mut crowd = Crowd::new(&db).await;
    let acme = Viewer::of(crowd.acme.organization, later());
    for viewer in [staff_now(), acme] {
        walk(&db, &mut crowd, async |query| db.services(viewer, query).await, |row| uuid(row.id)).await;
    }
}

async fn ap_2_service_requests(db: TestDatabase) {
    let mut crowd = Crowd::new(&db).await;
    let acme = Viewer::of(crowd.acme.organization, later());
    for viewer in [staff_now(), acme] {
        walk(&db, &mut crowd, async |query| db.service_requests(viewer, query).await, |row| uuid(row.id))
            .await;
        let found = RequestFilter { q: Some("NOVA pagina".to_owned()), ..RequestFilter::default() };
        let list = async |query: &_| db.service_requests(viewer, query).await;
        walk_through(&db, &mut crowd, found, list, |row| uuid(row.id)).await;
    }
}

async fn ap_2_notes_and_events(db: TestDatabase) {
    let mut crowd = Crowd::new(&db).await;
    crowd.add(&db).await;
    let (request, entitlement) = (crowd.acme.request, crowd.acme.entitlement);
    for viewer in [staff_now(), Viewer::of(crowd.acme.organization, later())] {
        let notes = async |query: &_| Ok(db.notes(viewer, request, query).await?.unwrap());
        walk(&db, &mut crowd, notes, |row| uuid(row.id)).await;
        walk(&db, &mut crowd, async |query| db.events(viewer, query).await, |row| uuid(row.id)).await;
        let timeline = async |query: &_| Ok(db.timeline(viewer, entitlement, query).await?.unwrap());
        walk(&db, &mut crowd, timeline, |row| uuid(row.id)).await;
    }
}

async fn ap_2_credits(db: TestDatabase) {
    let mut crowd = Crowd::new(&db).await;
    crowd.add(&db).await;
    let balance = crowd.acme.balance;
    for viewer in [staff_now(), Viewer::of(crowd.acme.organization, later())] {
        walk(
            &db,
            &mut crowd,
            async |query| db.credit_balances(viewer, query).await,
            |row| uuid(row.balance.id),
        )
        .await;
        let lots = async |query: &_| Ok(db.lots(viewer, balance, query).await?.unwrap());
        walk(&db, &mut crowd, lots, |row| uuid(row.id)).await;
        let ledger = async |query: &_| Ok(db.ledger(viewer, balance, query).await?.unwrap());
        let sequence = |row: &ust_credits::LedgerEntry| Uuid::from_u128(row.sequence.unsigned_abs().into());
        walk(&db, &mut crowd, ledger, sequence).await;
    }
}

async fn ap_2_a_cursor_is_good_for_its_list_alone(db: TestDatabase) {
    let crowd = Crowd::new(&db).await;
    let viewer = staff_now();
    let first = ListQuery { page: page(1, None), ..ListQuery::default() };
    let orders = db.orders(viewer, &first).await.unwrap();
    let of_orders = ListQuery { page: page(1, orders.next.clone()), ..ListQuery::default() };
    assert_eq!(db.licenses(viewer, &of_orders).await, Err(StoreError::InvalidCursor));
    assert_eq!(
        db.notes(
            viewer,
            crowd.acme.request,
            &ListQuery { page: page(1, orders.next), ..ListQuery::default() }
        )
        .await,
        Err(StoreError::InvalidCursor)
    );
    for text in ["", "x", "AAAA", "eyJhIjoxfQ", "\0", "é"] {
        let forged = ListQuery { page: page(1, Some(Cursor(text.to_owned()))), ..ListQuery::default() };
        assert_eq!(db.orders(viewer, &forged).await, Err(StoreError::InvalidCursor), "{text:?}");
    }
}

async fn ap_2_any_cursor_is_read_or_refused(db: TestDatabase) {
    Crowd::new(&db).await;
    let value = "null|true|-?[0-9]{1,20}|[0-9].[0-9]|\"[a-z0-9 \\PC]{0,12}\"|\"(-?[0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9a-f-]{36})\"";
    let cursors = format!(".(\\[({value})(,({value})){{0,2}}\\]|\\PC{{0,40}}|[A-Za-z0-9_-]{{0,60}})");
    let cursors = proptest::string::string_regex(&cursors).unwrap();
    let mut runner = TestRunner::deterministic();
    for _ in 0..1_000 {
        let text = cursors.new_tree(&mut runner).unwrap().current();
        any_cursor::cursor(&*db, text.as_bytes()).await;
    }
}
