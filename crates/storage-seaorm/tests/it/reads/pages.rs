//! Single items with all that their pages need.

use billing::{Invoice, LineSource, PaymentDraft, PaymentOutcome};
use entitlement::{Entitlement, EntitlementRecord};
use kernel::{PageRequest, Standing};
use policy_resolver::kinds::CreditPolicy;
use service_delivery::{
    Subject, SubjectKind,
    reads::{InvoiceName, ListQuery, OrderName, Reads, RequestName, Viewer},
};
use sr_workflow::{ServiceRequest, ServiceRequestRecord};
use storage_seaorm::testing::TestDatabase;
use ust_credits::{BalanceStatus, CatalogItem, CatalogItemContent, Complexity, Grant, LotSource, Touching};

use super::crowd::{Crowd, in_status, later, staff_now};
use crate::{
    billing::{draft_invoice, line},
    journal::event,
    on_both,
    support::{World, begin, brl, credits, entitlement, id, now, occasion},
};

on_both! {
    an_order_shows_its_lines_payments_and_what_they_bought,
    an_invoice_shows_its_lines,
    an_entitlement_shows_what_lies_under_it,
    en_6_the_timeline_goes_back_beyond_the_attachment,
    a_request_shows_its_hold_and_its_invoice,
    pj_3_a_service_adds_up_its_requests,
    cr_8_figures_are_right_before_expiries_are_written,
}

async fn an_order_shows_its_lines_payments_and_what_they_bought(db: TestDatabase) {
    let world = World::new(&db).await;
    let mut uow = begin(&db).await;
    let mut order = uow.billing().lock_order(world.order).await.unwrap().unwrap();
    let draft =
        PaymentDraft { id: id(), external_ref: "pay-1".to_owned(), amount: brl("10"), received_at: now() };
    let PaymentOutcome::Recorded(payment) = order.record_payment(None, draft, now()).unwrap() else {
        panic!("more is due")
    };
    uow.billing().insert_payment(&payment).await.unwrap();
    uow.billing().save_order(&order).await.unwrap();
    let second = EntitlementRecord {
        order_line: Some(world.order_line),
        ..entitlement("SVC-2026050002", Some(world.organization))
    };
    let bought = second.id;
    uow.entitlements().insert_entitlement(&Entitlement::restore(second).unwrap()).await.unwrap();
    uow.commit().await.unwrap();

    let page = db.order(staff_now(), world.order).await.unwrap().unwrap();
    let mut uow = begin(&db).await;
    let (record, lines) = uow.billing().lock_order(world.order).await.unwrap().unwrap().to_record();
    assert_eq!(page.order, record);
    assert_eq!(page.organization.unwrap().name, "Acme");
    assert_eq!(
        page.lines.iter().map(|line| &line.line).collect::<Vec<_>>(),
        lines.iter().collect::<Vec<_>>()
    );
    let codes = ["SVC-2026050001", "SVC-2026050002"].map(|code| code.parse().unwrap());
    assert_eq!(page.lines[0].entitlements, [(world.entitlement, codes[0]), (bought, codes[1])]);
    assert_eq!(page.lines[1].entitlements, []);
    assert_eq!(page.payments, [payment]);
}

async fn an_invoice_shows_its_lines(db: TestDatabase) {
    let world = World::new(&db).await;
    let mut invoice = draft_invoice(world.organization);
    for _ in 0..3 {
        invoice.add_line(line(LineSource::service_request(id()), "10.00", "2.50")).unwrap();
    }
    let mut uow = begin(&db).await;
    uow.billing().insert_invoice(&invoice).await.unwrap();
    uow.commit().await.unwrap();
    let page = db.invoice(staff_now(), invoice.id()).await.unwrap().unwrap();
    assert_eq!(page.organization.id, world.organization);
    assert_eq!(Invoice::restore(page.invoice.clone(), page.lines.clone()).unwrap(), invoice);
    let row = &db.invoices(staff_now(), &ListQuery::default()).await.unwrap().items[0];
    assert_eq!((row.value, row.covered, row.due), (brl("30.00"), brl("7.50"), brl("22.50")));
}

async fn an_entitlement_shows_what_lies_under_it(db: TestDatabase) {
    let world = World::new(&db).await;
    let page = db.entitlement(staff_now(), world.entitlement).await.unwrap().unwrap();
    let mut uow = begin(&db).await;
    let stored = uow.entitlements().lock_entitlement(world.entitlement).await.unwrap().unwrap();
    assert_eq!(&page.entitlement, stored.record());
    assert_eq!(page.standing, Standing::Live);
    assert_eq!(page.product.unwrap().sku, "SVC-GOLD");
    let order = OrderName { id: world.order, code: "SO-20260001".parse().unwrap() };
    assert_eq!(page.order, Some(order));
    assert_eq!(page.provisioned, uow.entitlements().resources_of(world.entitlement).await.unwrap());
    assert_eq!(page.provisioned.services, [world.service]);
    let row = &db.entitlements(staff_now(), &ListQuery::default()).await.unwrap().items[0];
    assert_eq!(row.holder, page.entitlement.holder);
    assert_eq!(row.ends_at, page.entitlement.term.map(|term| term.ends_at));
    assert_eq!(row.organization.as_ref().unwrap().name, "Acme");
}

async fn en_6_the_timeline_goes_back_beyond_the_attachment(db: TestDatabase) {
    let crowd = Crowd::new(&db).await;
    let record = entitlement("SVC-2024050001", None);
    let above = record.id;
    let subject = || Subject::new(SubjectKind::Entitlement, above).under(above);
    let mut uow = begin(&db).await;
    uow.entitlements().insert_entitlement(&Entitlement::restore(record).unwrap()).await.unwrap();
    uow.journal().append(&[event(id(), subject())]).await.unwrap();
    uow.commit().await.unwrap();
    let acme = Viewer::of(crowd.acme.organization, later());
    let bolt = Viewer::of(crowd.bolt.organization, later());
    // Sovereign ones are staff's alone (EN-3).
    assert_eq!(db.timeline(acme, above, &ListQuery::default()).await, Ok(None));
    assert_eq!(db.timeline(staff_now(), above, &ListQuery::default()).await.unwrap().unwrap().items.len(), 1);

    let mut uow = begin(&db).await;
    let mut sovereign = uow.entitlements().lock_entitlement(above).await.unwrap().unwrap();
    sovereign.attach_organization(crowd.acme.organization).unwrap();
    uow.entitlements().save_entitlement(&sovereign).await.unwrap();
    uow.journal().append(&[event(id(), subject().of(crowd.acme.organization))]).await.unwrap();
    uow.commit().await.unwrap();
    let timeline = db.timeline(acme, above, &ListQuery::default()).await.unwrap().unwrap().items;
    assert_eq!(timeline.len(), 2);
    assert_eq!(timeline[0].subject.organization, acme.tenant);
    assert_eq!(timeline[1].after["title"], "Nova página");
    assert_eq!(db.timeline(bolt, above, &ListQuery::default()).await, Ok(None));
}

async fn a_request_shows_its_hold_and_its_invoice(db: TestDatabase) {
    let world = World::new(&db).await;
    world.grant(&db, "10").await;
    let content = CatalogItemContent {
        code: "install".to_owned(),
        name: "Install a plugin".to_owned(),
        service_type: sr_workflow::ServiceType::Support,
        description: String::new(),
        base_credits: credits("4"),
        usual_complexity: Complexity::Medium,
    };
    let item = CatalogItem::try_new(id(), content).unwrap();
    let mut uow = begin(&db).await;
    uow.credits().insert_catalog_item(&item).await.unwrap();
    let analysis = ServiceRequest::restore(world.request("SR-20260001")).unwrap();
    let record = ServiceRequestRecord {
        analysis: Some(analysis.id()),
        catalog: Some(sr_workflow::CatalogChoice { item: item.id(), base: credits("4") }),
        complexity: Some(Complexity::Medium),
        estimated_base: Some(credits("4")),
        estimated_credits: Some(credits("6")),
        ..world.request("SR-20260002")
    };
    let request = ServiceRequest::restore(record.clone()).unwrap();
    let fresh = Touching::fresh_request(request.id());
    let mut balance = uow.credits().lock_balance(world.balance, &fresh).await.unwrap().unwrap();
    balance
        .reserve(request.id(), credits("6"), &CreditPolicy::default(), Standing::Live, &occasion())
        .unwrap();
    uow.credits().save_balance(&mut balance).await.unwrap();
    for request in [&analysis, &request] {
        uow.work().insert_request(request).await.unwrap();
    }
    let mut invoice = draft_invoice(world.organization);
    invoice.add_line(line(LineSource::service_request(request.id()), "10.00", "0")).unwrap();
    uow.billing().insert_invoice(&invoice).await.unwrap();
    uow.commit().await.unwrap();

    let page = db.service_request(staff_now(), request.id()).await.unwrap().unwrap();
    assert_eq!(page.request, record);
    assert_eq!(page.place.name, "Support");
    assert_eq!(page.above.code.to_string(), "SVC-2026050001");
    assert_eq!(page.catalog_item.map(|item| item.code), Some("install".to_owned()));
    let named = RequestName { id: analysis.id(), code: analysis.code() };
    assert_eq!(page.analysis, Some(named));
    assert_eq!(page.hold.as_ref(), balance.hold(request.id()));
    assert_eq!(page.invoice, Some(InvoiceName { id: invoice.id(), code: None }));

    // An invoice that is void bills nothing.
    let mut uow = begin(&db).await;
    let mut invoice = uow.billing().lock_invoice(invoice.id()).await.unwrap().unwrap();
    let _ = invoice.void(now()).unwrap();
    uow.billing().save_invoice(&invoice).await.unwrap();
    uow.commit().await.unwrap();
    let page = db.service_request(staff_now(), request.id()).await.unwrap().unwrap();
    assert_eq!(page.invoice, None);
    let page = db.service_request(staff_now(), analysis.id()).await.unwrap().unwrap();
    assert_eq!((page.analysis, page.catalog_item, page.hold, page.invoice), (None, None, None, None));
}

async fn pj_3_a_service_adds_up_its_requests(db: TestDatabase) {
    let world = World::new(&db).await;
    let nothing = db.service(staff_now(), world.service).await.unwrap().unwrap();
    assert_eq!(nothing.work, service_delivery::reads::WorkFigures::default());
    world.grant(&db, "10").await;
    let requests = world.requests(&db, 2).await;
    for (request, amount) in requests.iter().zip(["3", "12.5"]) {
        let mut uow = begin(&db).await;
        let touching = Touching::request(*request);
        let mut balance = uow.credits().lock_balance(world.balance, &touching).await.unwrap().unwrap();
        let policy = CreditPolicy::default();
        balance.reserve(*request, credits(amount), &policy, Standing::Live, &occasion()).unwrap();
        uow.credits().save_balance(&mut balance).await.unwrap();
        uow.commit().await.unwrap();
    }
    let page = db.service(staff_now(), world.service).await.unwrap().unwrap();
    let balance = db.credit_balance(staff_now(), world.balance).await.unwrap().unwrap();
    assert_eq!(page.work.requests, 2);
    assert_eq!(page.work.held, credits("10"));
    assert_eq!(page.work.held, balance.figures.totals.held);
    assert_eq!(page.service.id, world.service);
}

async fn cr_8_figures_are_right_before_expiries_are_written(db: TestDatabase) {
    let world = World::new(&db).await;
    let mut uow = begin(&db).await;
    let mut balance = uow.credits().lock_balance(world.balance, &Touching::nothing()).await.unwrap().unwrap();
    let grants = [
        Grant::new(id(), credits("4"), LotSource::Purchase).expiring(now().plus_days(10), 2),
        Grant::new(id(), credits("5"), LotSource::Purchase),
        Grant::new(id(), credits("6"), LotSource::Purchase).usable_from(now().plus_days(20)),
    ];
    for grant in &grants {
        balance.grant(grant, &occasion()).unwrap();
    }
    uow.credits().save_balance(&mut balance).await.unwrap();
    uow.commit().await.unwrap();
    let usual = ListQuery { page: PageRequest::try_new(1, None).unwrap(), ..ListQuery::default() };
    for (days, usable, upcoming, expired) in [
        (-1, "9", "6", "0"),
        (0, "9", "6", "0"),
        (11, "9", "6", "0"),
        (12, "5", "6", "4"),
        (20, "11", "0", "4"),
    ] {
        let viewer = Viewer::staff(now().plus_days(days));
        let row = db.credit_balance(viewer, world.balance).await.unwrap().unwrap();
        let figures = (row.figures.usable, row.figures.upcoming, row.figures.totals.expired);
        assert_eq!(figures, (credits(usable), credits(upcoming), credits(expired)), "after {days} days");
        assert_eq!(row.figures, balance.figures_at(viewer.now));
        assert_eq!(db.credit_balances(viewer, &usual).await.unwrap().items, [row]);
        let lots = db.lots(viewer, world.balance, &ListQuery::default()).await.unwrap().unwrap().items;
        assert_eq!(lots.iter().map(|lot| lot.id).collect::<Vec<_>>(), grants.clone().map(|grant| grant.lot));
        assert_eq!(lots[0].expired, credits(expired));
        assert_eq!(lots[0].fault(), None);
    }

    // EN-5: the world sees a balance under a suspended entitlement frozen.
    let mut uow = begin(&db).await;
    let stored = uow.entitlements().lock_entitlement(world.entitlement).await.unwrap().unwrap();
    let suspended = in_status(stored.record().clone(), entitlement::EntitlementStatus::Suspended);
    uow.entitlements().save_entitlement(&Entitlement::restore(suspended).unwrap()).await.unwrap();
    uow.commit().await.unwrap();
    let row = db.credit_balance(staff_now(), world.balance).await.unwrap().unwrap();
    assert_eq!((row.status, row.balance.frozen), (BalanceStatus::Frozen, false));
    assert_eq!(row.above.standing, Standing::Suspended);
}
