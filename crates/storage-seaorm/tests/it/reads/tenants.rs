//! OR-6: what is another organization's does not exist, in no list and by no id or code.

use std::collections::HashSet;

use kernel::{Page, PageRequest, StoreError};
use service_delivery::reads::{Coded, ListQuery, Reads, Viewer};
use storage_seaorm::testing::TestDatabase;
use strum::VariantArray;
use uuid::Uuid;

use super::crowd::{Crowd, later, staff_now, uuid};
use crate::{
    on_both,
    support::{begin, id},
};

on_both! {
    or_6_lists_and_items_show_a_customer_their_own,
    or_6_what_lies_under_something_of_others_is_not_there,
    or_6_codes_of_others_are_not_known,
    pv_3_customers_see_an_environment_once_it_was_active,
}

fn all<F: Default, S>() -> ListQuery<F, S> {
    ListQuery { page: PageRequest::try_new(200, None).unwrap(), ..ListQuery::default() }
}

/// The list shows either customer rows of their own, none of them the other's, and the item is there for exactly those.
async fn isolated<T, I>(
    crowd: &Crowd,
    list: impl AsyncFn(Viewer) -> Result<Page<T>, StoreError>,
    item: impl AsyncFn(Viewer, Uuid) -> Result<Option<I>, StoreError>,
    id_of: impl Fn(&T) -> Uuid,
) {
    let ids = async |viewer: Viewer| -> HashSet<Uuid> {
        list(viewer).await.unwrap().items.iter().map(&id_of).collect()
    };
    let everything = ids(staff_now()).await;
    let [acme, bolt] = [&crowd.acme, &crowd.bolt].map(|customer| Viewer::of(customer.organization, later()));
    let (of_acme, of_bolt) = (ids(acme).await, ids(bolt).await);
    assert!(!of_acme.is_empty() && !of_bolt.is_empty());
    assert!(of_acme.is_disjoint(&of_bolt));
    assert!(of_acme.is_subset(&everything) && of_bolt.is_subset(&everything));
    for one in &everything {
        assert!(item(staff_now(), *one).await.unwrap().is_some());
        assert_eq!(item(acme, *one).await.unwrap().is_some(), of_acme.contains(one));
        assert_eq!(item(bolt, *one).await.unwrap().is_some(), of_bolt.contains(one));
    }
    assert!(item(staff_now(), Uuid::max()).await.unwrap().is_none());
    assert!(ids(Viewer::of(id(), later())).await.is_empty());
}

macro_rules! isolated {
    ($db:ident, $crowd:ident, $list:ident, $item:ident, $id:expr) => {
        isolated(
            &$crowd,
            async |viewer| Reads::$list(&*$db, viewer, &all()).await,
            async |viewer, id| Reads::$item(&*$db, viewer, id.into()).await,
            $id,
        )
        .await
    };
}

async fn or_6_lists_and_items_show_a_customer_their_own(db: TestDatabase) {
    let crowd = Crowd::new(&db).await;
    isolated!(db, crowd, organizations, organization, |row| uuid(row.id));
    isolated!(db, crowd, collaborators, collaborator, |row| uuid(row.id));
    isolated!(db, crowd, api_keys, api_key, |row| uuid(row.id));
    isolated!(db, crowd, orders, order, |row| uuid(row.id));
    isolated!(db, crowd, invoices, invoice, |row| uuid(row.id));
    isolated!(db, crowd, entitlements, entitlement, |row| uuid(row.id));
    isolated!(db, crowd, licenses, license, |row| uuid(row.id));
    isolated!(db, crowd, environments, environment, |row| uuid(row.id));
    isolated!(db, crowd, contracts, contract, |row| uuid(row.id));
    isolated!(db, crowd, services, service, |row| uuid(row.id));
    isolated!(db, crowd, service_requests, service_request, |row| uuid(row.id));
    isolated!(db, crowd, credit_balances, credit_balance, |row| uuid(row.balance.id));

    let acme = Viewer::of(crowd.acme.organization, later());
    let events = db.events(acme, &all()).await.unwrap().items;
    assert!(!events.is_empty());
    assert!(events.iter().all(|event| event.subject.organization == acme.tenant));
    // A filter for others does not reach beyond.
    let mut others = all::<service_delivery::reads::OrderFilter, _>();
    others.filter.organization = Some(crowd.bolt.organization);
    assert_eq!(db.orders(acme, &others).await.unwrap().items, []);
    assert_eq!(db.orders(staff_now(), &others).await.unwrap().items.len(), 4);

    // What is nobody's: runs bill everybody, what is offered is for all who can choose it.
    let runs = db.billing_runs(staff_now(), &all()).await.unwrap().items;
    assert_eq!(runs.len(), 3);
    assert_eq!(db.billing_run(staff_now(), runs[0].id).await.unwrap().as_ref(), Some(&runs[0]));
    assert_eq!(db.billing_run(acme, runs[0].id).await, Ok(None));
    assert_eq!(db.billing_runs(acme, &all()).await.unwrap().items, []);
    let products = db.products(staff_now(), &all()).await.unwrap().items;
    let on_sale: Vec<_> = products.iter().filter(|product| product.active).cloned().collect();
    assert!(on_sale.len() < products.len());
    assert_eq!(db.products(acme, &all()).await.unwrap().items, on_sale);
    let items = db.catalog_items(staff_now(), &all()).await.unwrap().items;
    let active: Vec<_> = items.iter().filter(|item| item.active).cloned().collect();
    assert!(active.len() < items.len());
    assert_eq!(db.catalog_items(acme, &all()).await.unwrap().items, active);
    for product in &products {
        assert_eq!(db.product(acme, product.id).await.unwrap().as_ref(), Some(product));
    }
    for item in &items {
        assert_eq!(db.catalog_item(acme, item.id).await.unwrap().as_ref(), Some(item));
    }
}

async fn or_6_what_lies_under_something_of_others_is_not_there(db: TestDatabase) {
    let crowd = Crowd::new(&db).await;
    let acme = Viewer::of(crowd.acme.organization, later());
    let bolt = Viewer::of(crowd.bolt.organization, later());
    let own = &crowd.acme;
    for viewer in [staff_now(), acme] {
        assert_eq!(db.payments(viewer, own.order, &all()).await.unwrap().unwrap().items.len(), 3);
        assert_eq!(db.lots(viewer, own.balance, &all()).await.unwrap().unwrap().items.len(), 3);
        assert_eq!(db.ledger(viewer, own.balance, &all()).await.unwrap().unwrap().items.len(), 3);
        assert_eq!(db.timeline(viewer, own.entitlement, &all()).await.unwrap().unwrap().items.len(), 3);
        // SR-10: half of the notes are internal.
        let notes = if viewer.tenant.is_some() { 3 } else { 6 };
        assert_eq!(db.notes(viewer, own.request, &all()).await.unwrap().unwrap().items.len(), notes);
    }
    assert_eq!(db.payments(bolt, own.order, &all()).await, Ok(None));
    assert_eq!(db.lots(bolt, own.balance, &all()).await, Ok(None));
    assert_eq!(db.ledger(bolt, own.balance, &all()).await, Ok(None));
    assert_eq!(db.timeline(bolt, own.entitlement, &all()).await, Ok(None));
    assert_eq!(db.notes(bolt, own.request, &all()).await, Ok(None));
    assert_eq!(db.payments(staff_now(), id(), &all()).await, Ok(None));
    assert_eq!(db.lots(staff_now(), id(), &all()).await, Ok(None));
    assert_eq!(db.ledger(staff_now(), id(), &all()).await, Ok(None));
    assert_eq!(db.timeline(staff_now(), id(), &all()).await, Ok(None));
    assert_eq!(db.notes(staff_now(), id(), &all()).await, Ok(None));
    // Nothing under something that is there is an empty list.
    let orders = db.orders(acme, &all()).await.unwrap().items;
    let unpaid = orders.iter().find(|order| order.id != own.order).unwrap();
    assert_eq!(db.payments(acme, unpaid.id, &all()).await.unwrap().unwrap().items, []);

    let mut internal = all::<service_delivery::reads::NoteFilter, _>();
    internal.filter.visibility = Some(sr_workflow::NoteVisibility::Internal);
    assert_eq!(db.notes(staff_now(), own.request, &internal).await.unwrap().unwrap().items.len(), 3);
    assert_eq!(db.notes(acme, own.request, &internal).await.unwrap().unwrap().items, []);
}

async fn or_6_codes_of_others_are_not_known(db: TestDatabase) {
    let crowd = Crowd::new(&db).await;
    let acme = Viewer::of(crowd.acme.organization, later());
    let bolt = Viewer::of(crowd.bolt.organization, later());
    let license = &db.licenses(acme, &all()).await.unwrap().items[0];
    let contract = &db.contracts(acme, &all()).await.unwrap().items[0];
    let invoices = db.invoices(acme, &all()).await.unwrap().items;
    let invoice = invoices.iter().find(|invoice| invoice.code.is_some()).unwrap();
    let owned = [
        (Coded::Order, "SO-20260001".to_owned(), uuid(crowd.acme.order)),
        (Coded::Entitlement, "SVC-2026050001".to_owned(), uuid(crowd.acme.entitlement)),
        (Coded::ServiceRequest, "SR-20250001".to_owned(), uuid(crowd.acme.request)),
        (Coded::License, license.key.to_string().to_lowercase().replace('-', " "), uuid(license.id)),
        (Coded::Contract, contract.code.to_string(), uuid(contract.id)),
        (Coded::Invoice, invoice.code.unwrap().to_string(), uuid(invoice.id)),
    ];
    for (kind, code, id) in owned {
        assert_eq!(db.id_of(staff_now(), kind, &code).await, Ok(Some(id)), "{code}");
        assert_eq!(db.id_of(acme, kind, &code).await, Ok(Some(id)), "{code}");
        assert_eq!(db.id_of(bolt, kind, &code).await, Ok(None), "{code}");
    }
    for viewer in [staff_now(), acme, bolt] {
        assert_eq!(db.id_of(viewer, Coded::Product, "SVC-GOLD").await, Ok(Some(uuid(crowd.acme.product))));
        assert!(db.id_of(viewer, Coded::CatalogItem, "item-0001").await.unwrap().is_some());
    }
    for kind in Coded::VARIANTS {
        for text in ["", "QT-20269999", "SR-2026", "sr-20250001", "x\0y", "'", "SVC-\0"] {
            assert_eq!(db.id_of(staff_now(), *kind, text).await, Ok(None), "{kind} {text:?}");
        }
    }
}

async fn pv_3_customers_see_an_environment_once_it_was_active(db: TestDatabase) {
    let crowd = Crowd::new(&db).await;
    let acme = Viewer::of(crowd.acme.organization, later());
    let fresh = entitlement::Environment::new(id(), crowd.acme.entitlement, "To be", later());
    let mut uow = begin(&db).await;
    uow.entitlements().insert_environment(&fresh).await.unwrap();
    uow.commit().await.unwrap();
    assert!(db.environment(staff_now(), fresh.id()).await.unwrap().is_some());
    assert_eq!(db.environment(acme, fresh.id()).await, Ok(None));
    assert_eq!(db.environments(staff_now(), &all()).await.unwrap().items[0].id, fresh.id());
    assert!(db.environments(acme, &all()).await.unwrap().items.iter().all(|row| row.id != fresh.id()));
}
