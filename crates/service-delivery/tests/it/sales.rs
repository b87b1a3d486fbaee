//! Orders, payments, and what they bring (OD-3, OD-4, EN-1, EN-3, PV-1).

use billing::{Buyer, OrderStatus};
use entitlement::{CreditAmount, EntitlementStatus, ProductTerms, ServiceKind, SupportClass, Tier};
use kernel::{EntitlementClass, OrderId, OrganizationId, ServiceMode, ServiceType};
use serde_json::json;
use service_delivery::{CreateEntitlement, CreateOrder, Made, OrderedItem, Refusal};
use storage_seaorm::testing::TestDatabase;
use strum::VariantArray;

use crate::{
    on_both,
    support::{World, a_request, asked::*, brl, illegal, missing, money, owner_of, rule, wrong},
};

on_both!(
    en_1_every_class_gets_what_it_calls_for,
    en_3_a_person_buys_and_an_organization_is_attached_later,
    en_3_an_entitlement_needs_no_order,
    od_3_an_order_is_priced_checked_and_sent_twice,
    od_3_a_free_order_is_fulfilled_at_once,
    od_3_an_unpaid_order_can_be_cancelled,
    od_4_payments_are_recorded_once_and_never_too_much,
    od_4_one_bad_line_leaves_nothing_behind,
    od_4_each_piece_is_an_entitlement_of_its_own,
    od_4_what_was_ordered_is_delivered_however_the_product_changes,
    od_4_what_an_older_server_sold_is_delivered_as_it_is_now,
    pv_1_where_it_is_not_automatic_staff_are_asked,
    pv_2_without_contract_and_approved_as_the_policy_says,
);

fn a_person() -> Buyer {
    Buyer::Person { name: "Ana Souza".to_owned(), email: "ana@example.com".to_owned() }
}

async fn en_1_every_class_gets_what_it_calls_for(db: TestDatabase) {
    let w = World::new(db);
    let acme = w.organization("Acme").await;
    let mut products = Vec::new();
    for class in EntitlementClass::VARIANTS {
        products.push(w.product(*class, |_| {}).await);
    }
    let order = w.paid(&w.ordering(Buyer::Organization(acme), &products)).await;
    let bought = w.entitlements_of(order).await;
    for (class, id) in EntitlementClass::VARIANTS.iter().zip(bought) {
        let entitlement = w.entitlement(id).await;
        assert_eq!((entitlement.class(), entitlement.status()), (*class, EntitlementStatus::Active));
        assert_eq!(entitlement.code().to_string(), format!("{class}-2026050001"));
        let under = w.under_entitlement(id).await;
        let found = [
            under.licenses.len(),
            under.environments.len(),
            w.services_under(id).await.len(),
            under.contracts.len(),
            usize::from(under.credit_balance.is_some()),
            under.affiliates.len(),
            under.downloads.len(),
            under.documents.len(),
            under.orders.len(),
        ];
        let expected = match class {
            EntitlementClass::Plg => [1, 0, 0, 0, 0, 0, 1, 0, 0],
            EntitlementClass::Env => [0, 1, 0, 0, 0, 0, 0, 0, 0],
            EntitlementClass::Svc => [0, 0, 1, 1, 1, 0, 0, 0, 0],
            EntitlementClass::Ord => [0, 0, 0, 0, 0, 0, 1, 0, 1],
            EntitlementClass::Afl => [0, 0, 0, 0, 0, 1, 0, 0, 0],
            EntitlementClass::Edu => [0, 0, 0, 0, 0, 0, 1, 1, 1],
        };
        assert_eq!(found, expected, "{class}");
    }
    // Every one has its place in the timeline of its entitlement (EN-6).
    let silent = "NOT EXISTS (SELECT 1 FROM event WHERE event.entitlement_id = entitlement.id)";
    assert_eq!(w.count("entitlement", silent).await, 0);

    // Twice is the same: the same payment again makes nothing new (PV-1).
    let again = w.paying(w.order(order).await.total(), &format!("pay {order}"));
    let made = w.idle(w.app.record_payment(&w.staff, order, &again)).await;
    assert!(matches!(made, Made::Existing(_)));
}

async fn en_3_a_person_buys_and_an_organization_is_attached_later(db: TestDatabase) {
    let w = World::new(db);
    let classes = [EntitlementClass::Svc, EntitlementClass::Env, EntitlementClass::Plg];
    let mut products = Vec::new();
    for class in classes {
        products.push(w.product(class, |_| {}).await);
    }
    let order = w.paid(&w.ordering(a_person(), &products)).await;
    let bought = w.entitlements_of(order).await;
    let id = bought[0];
    let before = w.entitlement(id).await;
    assert_eq!(before.organization(), None);
    assert_eq!(before.holder().unwrap().name, "Ana Souza");
    let service = w.services_under(id).await[0].id();
    let request = {
        w.do_to_service(service, on_behalf_of_nobody()).await;
        w.do_to_service(service, service_delivery::ServiceChange::Activate).await;
        w.asked(&a_request(service).estimated("2"), Until::Draft).await
    };
    // Nobody's data: no customer sees it.
    let acme = w.organization("Acme").await;
    let ana = owner_of(acme);
    assert_eq!(missing(&w.refused(w.app.cancel_request(&ana, request, None)).await), "service request");

    let unknown = w.fresh();
    let refusal = w.refused(w.app.attach_organization(&w.staff, id, unknown)).await;
    assert_eq!(wrong(&refusal), ["organization_id"]);
    for id in &bought {
        let (_, events) = w.told(w.app.attach_organization(&w.staff, *id, acme)).await;
        assert_eq!(events, ["entitlement.attached"]);
        w.idle(w.app.attach_organization(&w.staff, *id, acme)).await;
    }
    let after = w.entitlement(id).await;
    assert_eq!((after.code(), after.organization()), (before.code(), Some(acme)));
    assert_eq!(after.holder(), before.holder(), "the history stays");
    // With all that lies under it.
    for table in
        ["service", "service_request", "credit_balance", "contract", "environment", "license", "download"]
    {
        assert_eq!(w.count(table, "organization_id IS NULL").await, 0, "{table}");
    }
    w.app.cancel_request(&ana, request, None).await.unwrap();
    let globex = w.organization("Globex").await;
    let refusal = w.refused(w.app.attach_organization(&w.staff, id, globex)).await;
    assert_eq!(rule(&refusal), "organization-attached-already");
    w.audit().await;
}

fn on_behalf_of_nobody() -> service_delivery::ServiceChange {
    service_delivery::ServiceChange::Approve { on_behalf: Some("asked by e-mail".to_owned()) }
}

async fn en_3_an_entitlement_needs_no_order(db: TestDatabase) {
    let w = World::new(db);
    let product = w.product(EntitlementClass::Plg, |_| {}).await;
    let gift = CreateEntitlement {
        class: EntitlementClass::Plg,
        organization: None,
        holder: Some(("Ana".to_owned(), "ana@example.com".to_owned())),
        product: Some(product),
        support_class: None,
    };
    let (id, events) = w.told(w.app.create_entitlement(&w.staff, &gift)).await;
    assert_eq!(events, ["entitlement.created", "license.issued", "download.offered"]);
    let entitlement = w.entitlement(id).await;
    assert_eq!(entitlement.support_class(), SupportClass::Business, "the product's");
    assert_eq!(entitlement.order_line(), None);

    // An environment needs no product; its support is free unless something is said.
    let hosting = CreateEntitlement { class: EntitlementClass::Env, product: None, ..gift.clone() };
    let id = w.app.create_entitlement(&w.staff, &hosting).await.unwrap();
    assert_eq!(w.entitlement(id).await.support_class(), SupportClass::Free);
    assert_eq!(w.entitlement(id).await.term(), None);

    let unknown: OrganizationId = w.fresh();
    for (wrong_one, fields) in [
        (CreateEntitlement { product: Some(w.fresh()), ..gift.clone() }, vec!["product"]),
        (CreateEntitlement { class: EntitlementClass::Env, ..gift.clone() }, vec!["product"]),
        (CreateEntitlement { organization: Some(unknown), ..gift.clone() }, vec!["organization_id"]),
        (CreateEntitlement { holder: None, ..gift.clone() }, vec!["holder"]),
    ] {
        let refusal = w.refused(w.app.create_entitlement(&w.staff, &wrong_one)).await;
        assert_eq!(wrong(&refusal), fields, "{wrong_one:?}");
    }
    for class in [EntitlementClass::Plg, EntitlementClass::Svc] {
        let bare = CreateEntitlement { class, product: None, ..gift.clone() };
        let refusal = w.refused(w.app.create_entitlement(&w.staff, &bare)).await;
        assert_eq!(wrong(&refusal), ["product"]);
    }
    w.app.deactivate_product(&w.staff, product).await.unwrap();
    assert_eq!(wrong(&w.refused(w.app.create_entitlement(&w.staff, &gift)).await), ["product"]);
}

async fn od_3_an_order_is_priced_checked_and_sent_twice(db: TestDatabase) {
    let w = World::new(db);
    let acme = w.organization("Acme").await;
    let product = w.product(EntitlementClass::Plg, |_| {}).await;
    let gone = w.product(EntitlementClass::Plg, |_| {}).await;
    w.app.deactivate_product(&w.staff, gone).await.unwrap();
    let good = CreateOrder {
        external_ref: Some("shop 77".to_owned()),
        ..w.ordering(Buyer::Organization(acme), &[product])
    };
    let (order, events) = w.told(w.app.create_order(&w.staff, &good)).await;
    assert_eq!(events, ["order.created"]);
    let id = order.into_inner();
    assert_eq!(w.order(id).await.total(), brl("1200"));

    // The same one: the one order. Another one under the same name: refused.
    assert_eq!(w.idle(w.app.create_order(&w.staff, &good)).await, Made::Existing(id));
    let mut other = good.clone();
    other.lines[0].quantity = 2;
    assert_eq!(rule(&w.refused(w.app.create_order(&w.staff, &other)).await), "external-ref-taken");
    let other = CreateOrder { buyer: a_person(), ..good.clone() };
    assert_eq!(rule(&w.refused(w.app.create_order(&w.staff, &other)).await), "external-ref-taken");

    // A price change does not touch it.
    let mut terms = crate::support::terms(EntitlementClass::Plg);
    terms.price = brl("1500");
    w.app.update_product(&w.staff, product, &terms, None).await.unwrap();
    assert_eq!(w.idle(w.app.create_order(&w.staff, &good)).await, Made::Existing(id));
    assert_eq!(w.order(id).await.total(), brl("1200"));

    let line = |product, quantity, unit_price| OrderedItem { product, quantity, unit_price };
    let with = |lines| CreateOrder { lines, external_ref: None, ..good.clone() };
    let nobody = CreateOrder { buyer: Buyer::Organization(w.fresh()), external_ref: None, ..good.clone() };
    for (order, fields) in [
        (with(vec![]), vec!["lines"]),
        (
            with(vec![line(w.fresh(), 1, None), line(gone, 1, None)]),
            vec!["lines[0].product", "lines[1].product"],
        ),
        (with(vec![line(product, 1, Some(money("5", "USD")))]), vec!["lines[0].unit_price"]),
        (with(vec![line(product, 0, None)]), vec!["lines[0].quantity"]),
        (with(vec![line(product, 501, None)]), vec!["lines"]),
        (nobody, vec!["organization_id"]),
    ] {
        let refusal = w.refused(w.app.create_order(&w.staff, &order)).await;
        assert_eq!(wrong(&refusal), fields, "{refusal}");
    }
    let blank = CreateOrder { external_ref: Some(" ".to_owned()), ..good };
    assert_eq!(wrong(&w.refused(w.app.create_order(&w.staff, &blank)).await), ["external_ref"]);
}

async fn od_3_a_free_order_is_fulfilled_at_once(db: TestDatabase) {
    let w = World::new(db);
    let acme = w.organization("Acme").await;
    let product = w.product(EntitlementClass::Edu, |terms| terms.price = brl("0")).await;
    let order = w.ordering(Buyer::Organization(acme), &[product]);
    let (order, events) = w.told(w.app.create_order(&w.staff, &order)).await;
    let expected =
        ["order.created", "entitlement.created", "download.offered", "document.announced", "order.fulfilled"];
    assert_eq!(events, expected);
    assert_eq!(w.order(order.into_inner()).await.status(), OrderStatus::Fulfilled);
}

async fn od_3_an_unpaid_order_can_be_cancelled(db: TestDatabase) {
    let w = World::new(db);
    let acme = w.organization("Acme").await;
    let product = w.product(EntitlementClass::Svc, |_| {}).await;
    let new = w.ordering(Buyer::Organization(acme), &[product]);
    let order = w.app.create_order(&w.staff, &new).await.unwrap().into_inner();
    let (_, events) = w.told(w.app.cancel_order(&w.staff, order)).await;
    assert_eq!(events, ["order.cancelled"]);
    w.idle(w.app.cancel_order(&w.staff, order)).await;
    let refusal = w.refused(w.app.record_payment(&w.staff, order, &w.paying(brl("1200"), "late"))).await;
    assert_eq!(illegal(&refusal).0, "cancelled");

    let begun = w.app.create_order(&w.staff, &new).await.unwrap().into_inner();
    w.app.record_payment(&w.staff, begun, &w.paying(brl("1"), "a little")).await.unwrap();
    assert_eq!(rule(&w.refused(w.app.cancel_order(&w.staff, begun)).await), "has-payments");
    assert_eq!(missing(&w.refused(w.app.cancel_order(&w.staff, w.fresh())).await), "order");
}

async fn od_4_payments_are_recorded_once_and_never_too_much(db: TestDatabase) {
    let w = World::new(db);
    let acme = w.organization("Acme").await;
    let product = w.product(EntitlementClass::Svc, |_| {}).await;
    let new = w.ordering(Buyer::Organization(acme), &[product]);
    let order = w.app.create_order(&w.staff, &new).await.unwrap().into_inner();
    let other = w.app.create_order(&w.staff, &new).await.unwrap().into_inner();
    let pay = |amount: &str, external_ref: &str| w.paying(brl(amount), external_ref);

    let first = pay("1000", "bank 1");
    let made = w.app.record_payment(&w.staff, order, &first).await.unwrap();
    assert_eq!(
        w.idle(w.app.record_payment(&w.staff, order, &first)).await,
        Made::Existing(made.into_inner())
    );
    for (order, payment, name) in [
        (order, pay("999", "bank 1"), "external-ref-taken"),
        (other, pay("1000", "bank 1"), "external-ref-taken"),
        (order, pay("200.01", "bank 2"), "more-than-due"),
        (order, w.paying(money("200", "USD"), "bank 2"), "currency-mismatch"),
    ] {
        let refusal = w.refused(w.app.record_payment(&w.staff, order, &payment)).await;
        assert_eq!(rule(&refusal), name);
    }
    for (amount, external_ref) in [("0", "bank 2"), ("-5", "bank 2"), ("200", " ")] {
        let refusal = w.refused(w.app.record_payment(&w.staff, order, &pay(amount, external_ref))).await;
        assert!(matches!(refusal, Refusal::Invalid(_)), "{refusal:?}");
    }
    assert_eq!(missing(&w.refused(w.app.record_payment(&w.staff, w.fresh(), &first)).await), "order");
    w.app.record_payment(&w.staff, order, &pay("200", "bank 2")).await.unwrap();
    let refusal = w.refused(w.app.record_payment(&w.staff, order, &pay("1", "bank 3"))).await;
    assert_eq!(illegal(&refusal).0, "fulfilled");
    assert_eq!(w.count("entitlement", "1 = 1").await, 1);
}

async fn od_4_one_bad_line_leaves_nothing_behind(db: TestDatabase) {
    // A contract that would end beyond the calendar: the last line of three cannot be provisioned.
    let w = World::with(db, json!({"provisioning": {"contract_months": 1200}}));
    let acme = w.organization("Acme").await;
    let mut products = Vec::new();
    for class in [EntitlementClass::Plg, EntitlementClass::Env] {
        products.push(w.product(class, |terms| terms.term_months = None).await);
    }
    let impossible = |terms: &mut entitlement::ProductTerms| {
        terms.term_months = None;
        terms.credits_included = CreditAmount::from_units(50);
    };
    products.push(w.product(EntitlementClass::Svc, impossible).await);
    w.clock.days_pass(365 * 7_930);
    let new = w.ordering(Buyer::Organization(acme), &products);
    let order = w.app.create_order(&w.staff, &new).await.unwrap().into_inner();
    let pay = w.paying(brl("3600"), "all at once");
    let refusal = w.refused(w.app.record_payment(&w.staff, order, &pay)).await;
    assert!(matches!(refusal, Refusal::Invalid(_)), "{refusal:?}");
    for table in ["payment", "entitlement", "license", "environment", "service", "credit_balance", "download"]
    {
        assert_eq!(w.count(table, "1 = 1").await, 0, "{table}");
    }
    assert_eq!(w.order(order).await.status(), OrderStatus::Pending);

    // A free one fails as a whole, too: not even the order is left.
    let free = w.product(EntitlementClass::Plg, |terms| terms.price = brl("0")).await;
    let lines = [(free, brl("0")), (products[2], brl("0"))].map(|(product, price)| OrderedItem {
        product,
        quantity: 1,
        unit_price: Some(price),
    });
    let new = CreateOrder { lines: lines.to_vec(), ..new };
    w.refused(w.app.create_order(&w.staff, &new)).await;

    // Once the policy is right, the same payment goes through.
    let right = w.under(json!({"provisioning": {"contract_months": 12}}));
    right.record_payment(&w.staff, order, &pay).await.unwrap();
    assert_eq!(w.entitlements_of(order).await.len(), 3);
}

async fn od_4_each_piece_is_an_entitlement_of_its_own(db: TestDatabase) {
    let w = World::new(db);
    let acme = w.organization("Acme").await;
    let product = w.product(EntitlementClass::Plg, |_| {}).await;
    let mut new = w.ordering(Buyer::Organization(acme), &[product]);
    new.lines[0].quantity = 3;
    let order = w.paid(&new).await;
    let mut codes = Vec::new();
    for id in w.entitlements_of(order).await {
        codes.push(w.entitlement(id).await.code().to_string());
    }
    assert_eq!(codes, ["PLG-2026050001", "PLG-2026050002", "PLG-2026050003"]);
    assert_eq!(w.db.number("SELECT count(DISTINCT key) FROM license").await.unwrap(), 3);
    assert_eq!(w.order(order).await.total(), brl("3600"));
}

const CHANGING: [EntitlementClass; 2] = [EntitlementClass::Svc, EntitlementClass::Plg];

/// Terms in which nothing is as in those of the other size.
fn sized(class: EntitlementClass, large: bool) -> ProductTerms {
    let (service_type, mode) = if large {
        (ServiceType::Consulting, ServiceMode::Project)
    } else {
        (ServiceType::Support, ServiceMode::Ongoing)
    };
    let credits = if large { 10_000 } else { 100 };
    let (svc, plg) = (class == EntitlementClass::Svc, class == EntitlementClass::Plg);
    ProductTerms {
        name: String::from(if large { "Large" } else { "Small" }),
        price: brl(if large { "250" } else { "100" }),
        term_months: Some(if large { 36 } else { 1 }),
        trial_days: if large { 30 } else { 0 },
        support_class: if large { SupportClass::Enterprise } else { SupportClass::Basic },
        tier: large.then(|| Tier { name: "Gold".to_owned(), rank: 3 }),
        service: svc.then_some(ServiceKind { service_type, mode }),
        credits_included: if svc { CreditAmount::from_units(credits) } else { CreditAmount::ZERO },
        sites_allowed: plg.then_some(if large { 50 } else { 1 }),
    }
}

/// An order for products of one size, sent twice, which are of the other size and off sale by the time it is to be paid.
async fn ordered_before_a_change(w: &World, acme: OrganizationId, large: bool) -> OrderId {
    let mut products = Vec::new();
    for class in CHANGING {
        products.push(w.product(class, |terms| *terms = sized(class, large)).await);
    }
    let external_ref = Some(format!("large: {large}"));
    let new = CreateOrder { external_ref, ..w.ordering(Buyer::Organization(acme), &products) };
    let order = w.app.create_order(&w.staff, &new).await.unwrap().into_inner();
    for (class, product) in CHANGING.into_iter().zip(products) {
        w.app.update_product(&w.staff, product, &sized(class, !large), None).await.unwrap();
        w.app.deactivate_product(&w.staff, product).await.unwrap();
    }
    assert_eq!(w.idle(w.app.create_order(&w.staff, &new)).await, Made::Existing(order));
    order
}

/// Pays `order`, and checks that all that it brings is of that size.
async fn brings(w: &World, order: OrderId, large: bool) {
    let pay = w.paying(w.order(order).await.total(), &format!("pay {order}"));
    w.app.record_payment(&w.staff, order, &pay).await.unwrap();
    let bought = w.entitlements_of(order).await;
    for (class, id) in CHANGING.into_iter().zip(&bought) {
        let (entitlement, terms) = (w.entitlement(*id).await, sized(class, large));
        assert_eq!(entitlement.class(), class);
        assert_eq!(entitlement.support_class(), terms.support_class);
        assert_eq!(entitlement.term().map(|term| term.months), terms.term_months);
    }
    let (terms, under) = (sized(EntitlementClass::Svc, large), w.under_entitlement(bought[0]).await);
    let service = w.services_under(bought[0]).await[0].record().clone();
    assert_eq!(service.content.title, terms.name);
    let kind = ServiceKind { service_type: service.content.service_type, mode: service.mode };
    assert_eq!(Some(kind), terms.service);
    let contract = w.contract(under.contracts[0].0).await;
    assert_eq!(contract.support_class(), terms.support_class);
    assert_eq!(contract.record().versions[0].value, terms.price);
    let figures = w.figures(under.credit_balance.unwrap()).await;
    assert_eq!(figures, if large { "1000 0 0" } else { "10 0 0" });

    let license = w.under_entitlement(bought[1]).await.licenses[0].0;
    let allowed = w.license(license).await.sites_allowed();
    assert_eq!(Some(allowed), sized(EntitlementClass::Plg, large).sites_allowed);
}

async fn od_4_what_was_ordered_is_delivered_however_the_product_changes(db: TestDatabase) {
    let w = World::new(db);
    let acme = w.organization("Acme").await;
    for large in [false, true] {
        let order = ordered_before_a_change(&w, acme, large).await;
        assert_eq!(w.order(order).await.total(), brl(if large { "500" } else { "200" }));
        brings(&w, order, large).await;
    }
    w.audit().await;
}

async fn od_4_what_an_older_server_sold_is_delivered_as_it_is_now(db: TestDatabase) {
    let w = World::new(db);
    let acme = w.organization("Acme").await;
    let order = ordered_before_a_change(&w, acme, false).await;
    w.db.execute("DELETE FROM sold_product").await.unwrap();
    brings(&w, order, true).await;
}

async fn pv_1_where_it_is_not_automatic_staff_are_asked(db: TestDatabase) {
    let w = World::with(db, json!({"provisioning": {"automatic": false}}));
    let acme = w.organization("Acme").await;
    let product = w.product(EntitlementClass::Svc, |_| {}).await;
    let entitlement = w.bought(acme, product).await;
    assert_eq!(w.events("entitlement.provisioning_requested").await, 1);
    assert!(w.services_under(entitlement).await.is_empty());
    assert_eq!(w.under_entitlement(entitlement).await, entitlement::Provisioned::default());
}

async fn pv_2_without_contract_and_approved_as_the_policy_says(db: TestDatabase) {
    let policies = json!({"provisioning": {"create_contract": false, "service_status": "approved"},
        "credits": {"expiry_months": {"unset": true}}});
    let w = World::with(db, policies);
    let acme = w.organization("Acme").await;
    let product =
        w.product(EntitlementClass::Svc, |terms| terms.credits_included = CreditAmount::from_units(5)).await;
    let support = w.support_of(acme, product).await;
    assert_eq!(w.service(support.service).await.record().status.to_string(), "approved");
    assert_eq!(w.count("contract", "1 = 1").await, 0);
    let balance = w.balance(support.balance).await;
    assert_eq!(balance.lots().next().unwrap().expires_at, None);

    // A balance also where it begins at zero.
    let empty = w.product(EntitlementClass::Svc, |_| {}).await;
    let support = w.support_of(acme, empty).await;
    assert_eq!(w.figures(support.balance).await, "0 0 0");
}
