//! Quotes, orders, payments, invoices and billing runs.

use billing::{
    BillingRun, Buyer, Gathering, Invoice, InvoiceDraft, InvoiceLineDraft, Item, LineSource, Order,
    OrderDraft, OrderLine, Payment, Quote, QuoteDraft, SkipReason, Skipped, gather,
};
use kernel::{OrganizationId, StoreError};
use storage_seaorm::testing::TestDatabase;

use crate::{
    on_both,
    support::{World, at, begin, brl, duplicate, id, now, order, staff},
};

on_both! {
    a_quote_round_trips_and_becomes_an_order,
    od_3_an_order_is_one_per_external_reference,
    od_4_a_payment_is_one_per_external_reference,
    od_5_an_invoice_round_trips_from_draft_to_void,
    od_6_a_thing_is_billed_once,
    od_6_what_is_paid_and_not_invoiced_is_found,
    od_6_billing_runs_wait_for_each_other,
    what_falls_due_is_found,
}

pub(crate) fn draft_invoice(organization: OrganizationId) -> Invoice {
    let currency = "BRL".parse().unwrap();
    Invoice::new(InvoiceDraft { id: id(), organization, currency, billing_run: None }, now())
}

pub(crate) fn line(source: LineSource, value: &str, covered: &str) -> InvoiceLineDraft {
    InvoiceLineDraft {
        id: id(),
        source,
        corrects: None,
        description: "Nova página".to_owned(),
        quantity: "4.5".parse().unwrap(),
        value: brl(value),
        covered: brl(covered),
    }
}

fn item(world: &World, unit_price: &str) -> Item {
    Item {
        product: world.product,
        sku: "SVC-GOLD".to_owned(),
        name: "Support".to_owned(),
        quantity: 3,
        unit_price: brl(unit_price),
    }
}

fn a_quote(world: &World, code: &str) -> Quote {
    let draft = QuoteDraft {
        id: id(),
        code: code.parse().unwrap(),
        buyer: Buyer::Organization(world.organization),
        currency: "BRL".parse().unwrap(),
        title: "Portal".to_owned(),
        service_request: None,
        valid_until: at("2026-06-01T00:00:00Z"),
        lines: vec![item(world, "10.10"), item(world, "0.05")],
    };
    Quote::try_new(draft, now()).unwrap()
}

async fn a_quote_round_trips_and_becomes_an_order(db: TestDatabase) {
    let world = World::new(&db).await;
    let mut quote = a_quote(&world, "QT-20260001");
    let mut uow = begin(&db).await;
    let store = uow.billing();
    store.insert_quote(&quote).await.unwrap();
    assert_eq!(store.lock_quote(quote.id()).await.unwrap().as_ref(), Some(&quote));
    quote.revise(vec![item(&world, "99")], at("2026-07-01T00:00:00Z"), now()).unwrap();
    store.save_quote(&quote).await.unwrap();
    let late = store.save_quote(&quote).await;
    assert_eq!(late, Err(StoreError::Stale { entity: "quote" }));
    let mut stored = store.lock_quote(quote.id()).await.unwrap().unwrap();
    assert_eq!(
        (stored.lines(), stored.valid_until(), stored.version()),
        (quote.lines(), quote.valid_until(), 2)
    );
    let _ = stored.send(now()).unwrap();
    store.save_quote(&stored).await.unwrap();

    let mut stored = store.lock_quote(quote.id()).await.unwrap().unwrap();
    let billing::AcceptOutcome::Accepted(accepted) = stored.accept(now()).unwrap() else {
        panic!("accepted")
    };
    let order = Order::from_quote(&accepted, id(), "SO-20260002".parse().unwrap(), id, now()).unwrap();
    store.insert_order(&order).await.unwrap();
    let _ = stored.convert(order.id(), now()).unwrap();
    store.save_quote(&stored).await.unwrap();
    assert_eq!(store.lock_order(order.id()).await.unwrap().as_ref(), Some(&order));
    assert_eq!(store.lock_quote(quote.id()).await.unwrap().unwrap().order(), Some(order.id()));
    uow.commit().await.unwrap();

    let mut uow = begin(&db).await;
    let twin = uow.billing().insert_quote(&a_quote(&world, "QT-20260001")).await;
    assert_eq!(duplicate(twin), "quote_code_key");
    drop(uow);
    // A quote becomes one order.
    let draft = OrderDraft {
        id: id(),
        code: "SO-20260003".parse().unwrap(),
        buyer: Buyer::Organization(world.organization),
        currency: "BRL".parse().unwrap(),
        external_ref: None,
        quote: Some(quote.id()),
        lines: vec![OrderLine { id: id(), item: item(&world, "1") }],
    };
    let mut uow = begin(&db).await;
    let twin = uow.billing().insert_order(&Order::try_new(draft, now()).unwrap()).await;
    assert_eq!(duplicate(twin), "sales_order_quote_id_key");
}

async fn od_3_an_order_is_one_per_external_reference(db: TestDatabase) {
    let world = World::new(&db).await;
    let person = || Buyer::Person { name: "Ana".to_owned(), email: "ana@example.com".to_owned() };
    let first = order("SO-20260010", person(), world.product, Some("shop-1"));
    let mut uow = begin(&db).await;
    assert_eq!(uow.billing().lock_order_by_external_ref("shop-1").await, Ok(None));
    uow.billing().insert_order(&first).await.unwrap();
    let stored = uow.billing().lock_order_by_external_ref("shop-1").await.unwrap();
    assert_eq!(stored.as_ref(), Some(&first));
    uow.commit().await.unwrap();
    let mut uow = begin(&db).await;
    let twin = order("SO-20260011", person(), world.product, Some("shop-1"));
    assert_eq!(duplicate(uow.billing().insert_order(&twin).await), "sales_order_external_ref_key");
    drop(uow);
    let mut uow = begin(&db).await;
    let twin = order("SO-20260010", person(), world.product, Some("shop-2"));
    assert_eq!(duplicate(uow.billing().insert_order(&twin).await), "sales_order_code_key");
}

async fn od_4_a_payment_is_one_per_external_reference(db: TestDatabase) {
    let world = World::new(&db).await;
    let payment = |external_ref: &str| Payment {
        id: id(),
        order: world.order,
        external_ref: external_ref.to_owned(),
        amount: brl("4938.00"),
        received_at: at("2026-04-30T00:00:00Z"),
        recorded_at: now(),
    };
    let mut uow = begin(&db).await;
    let first = payment("bank-1");
    uow.billing().insert_payment(&first).await.unwrap();
    let mut paid = uow.billing().lock_order(world.order).await.unwrap().unwrap();
    let draft = billing::PaymentDraft {
        id: first.id,
        external_ref: first.external_ref.clone(),
        amount: first.amount,
        received_at: first.received_at,
    };
    let _ = paid.record_payment(None, draft, now()).unwrap();
    uow.billing().save_order(&paid).await.unwrap();
    let saved = uow.billing().lock_order(world.order).await.unwrap().unwrap();
    assert_eq!((saved.status(), saved.paid(), saved.version()), (paid.status(), brl("4938.00"), 2));
    assert_eq!(uow.billing().save_order(&paid).await, Err(StoreError::Stale { entity: "order" }));
    assert_eq!(uow.billing().payment_by_external_ref("bank-1").await, Ok(Some(first)));
    assert_eq!(uow.billing().payment_by_external_ref("bank-2").await, Ok(None));
    assert_eq!(duplicate(uow.billing().insert_payment(&payment("bank-1")).await), "payment_external_ref_key");
}

async fn od_5_an_invoice_round_trips_from_draft_to_void(db: TestDatabase) {
    let world = World::new(&db).await;
    let request = world.requests(&db, 2).await;
    let mut invoice = draft_invoice(world.organization);
    invoice.add_line(line(LineSource::service_request(request[0]), "720.00", "480.00")).unwrap();
    let mut uow = begin(&db).await;
    let store = uow.billing();
    store.insert_invoice(&invoice).await.unwrap();
    assert_eq!(store.lock_invoice(invoice.id()).await.unwrap().as_ref(), Some(&invoice));
    invoice.add_line(line(LineSource::service_request(request[1]), "0.01", "0")).unwrap();
    store.save_invoice(&invoice).await.unwrap();
    assert_eq!(store.save_invoice(&invoice).await, Err(StoreError::Stale { entity: "invoice" }));
    let mut stored = store.lock_invoice(invoice.id()).await.unwrap().unwrap();
    assert_eq!((stored.lines(), stored.version()), (invoice.lines(), 2));
    let _ = stored.issue("INV-20260001".parse().unwrap(), at("2026-06-01T00:00:00Z"), now()).unwrap();
    store.save_invoice(&stored).await.unwrap();
    let mut stored = store.lock_invoice(invoice.id()).await.unwrap().unwrap();
    assert_eq!(stored.code(), Some("INV-20260001".parse().unwrap()));
    let sources = [LineSource::service_request(request[0]), LineSource::excess_credits(request[0])];
    assert_eq!(store.invoiced_sources(&sources).await.unwrap(), sources[..1]);
    // A void invoice lets go of what it billed.
    let _ = stored.void(now()).unwrap();
    store.save_invoice(&stored).await.unwrap();
    assert!(store.invoiced_sources(&sources).await.unwrap().is_empty());
    let void = store.lock_invoice(invoice.id()).await.unwrap().unwrap();
    assert_eq!((void.status(), void.closed_at()), (stored.status(), Some(now())));
    let mut again = draft_invoice(world.organization);
    again.add_line(line(sources[0], "720.00", "480.00")).unwrap();
    store.insert_invoice(&again).await.unwrap();
    let _ = again.issue("INV-20260001".parse().unwrap(), at("2026-06-01T00:00:00Z"), now()).unwrap();
    assert_eq!(duplicate(store.save_invoice(&again).await), "invoice_code_key");
}

async fn od_6_a_thing_is_billed_once(db: TestDatabase) {
    let world = World::new(&db).await;
    let source = LineSource::order_line(world.order_line);
    let mut uow = begin(&db).await;
    let mut first = draft_invoice(world.organization);
    first.add_line(line(source, "1", "0")).unwrap();
    uow.billing().insert_invoice(&first).await.unwrap();
    uow.commit().await.unwrap();
    let mut uow = begin(&db).await;
    let mut second = draft_invoice(world.organization);
    second.add_line(line(source, "1", "0")).unwrap();
    let twin = uow.billing().insert_invoice(&second).await;
    assert_eq!(duplicate(twin), "invoice_line_source_kind_source_id_key");
}

async fn od_6_what_is_paid_and_not_invoiced_is_found(db: TestDatabase) {
    let world = World::new(&db).await;
    let mut uow = begin(&db).await;
    assert!(uow.billing().uninvoiced_order_lines().await.unwrap().is_empty());
    let mut paid = uow.billing().lock_order(world.order).await.unwrap().unwrap();
    let draft = billing::PaymentDraft {
        id: id(),
        external_ref: "bank-1".to_owned(),
        amount: paid.due(),
        received_at: now(),
    };
    let _ = paid.record_payment(None, draft, now()).unwrap();
    uow.billing().save_order(&paid).await.unwrap();
    let found = uow.billing().uninvoiced_order_lines().await.unwrap();
    let sources: Vec<LineSource> = found.iter().map(|billable| billable.source).collect();
    assert_eq!(sources, paid.lines().iter().map(|line| LineSource::order_line(line.id)).collect::<Vec<_>>());
    let amounts = found[0].amounts.unwrap();
    assert_eq!((amounts.value, amounts.covered), (brl("2469.00"), brl("2469.00")));
    assert_eq!(found[0].organization, Some(world.organization));

    uow.billing().lock_billing_runs().await.unwrap();
    let gathering = gather(&found[..1], id);
    let run = BillingRun::new(id(), now(), staff(), &gathering);
    for plan in gathering.invoices {
        let draft = InvoiceDraft {
            id: id(),
            organization: plan.organization,
            currency: plan.currency,
            billing_run: Some(run.id),
        };
        let mut invoice = Invoice::new(draft, now());
        for line in plan.lines {
            invoice.add_line(line).unwrap();
        }
        uow.billing().insert_invoice(&invoice).await.unwrap();
        assert_eq!(uow.billing().lock_invoice(invoice.id()).await.unwrap(), Some(invoice));
    }
    uow.billing().insert_billing_run(&run).await.unwrap();
    let left = uow.billing().uninvoiced_order_lines().await.unwrap();
    assert_eq!(left.iter().map(|billable| billable.source).collect::<Vec<_>>(), sources[1..]);
    let skipped = vec![Skipped {
        source: sources[1],
        reason: SkipReason::NoOrganization,
        detail: "no organization".to_owned(),
    }];
    let gathering = Gathering { invoices: vec![], skipped };
    uow.billing().insert_billing_run(&BillingRun::new(id(), now(), staff(), &gathering)).await.unwrap();
    uow.commit().await.unwrap();
    assert_eq!(db.number("SELECT count(*) FROM billing_run").await, Ok(2));
}

async fn od_6_billing_runs_wait_for_each_other(db: TestDatabase) {
    let world = World::new(&db).await;
    let runs = (0..8).map(|_| {
        let (db, organization) = (storage_seaorm::Database::clone(&db), world.organization);
        let source = LineSource::order_line(world.order_line);
        tokio::spawn(async move {
            let mut uow = begin(&db).await;
            uow.billing().lock_billing_runs().await.unwrap();
            if uow.billing().invoiced_sources(&[source]).await.unwrap().is_empty() {
                let mut invoice = draft_invoice(organization);
                invoice.add_line(line(source, "1", "0")).unwrap();
                uow.billing().insert_invoice(&invoice).await.unwrap();
            }
            uow.commit().await.unwrap();
        })
    });
    for run in runs.collect::<Vec<_>>() {
        run.await.unwrap();
    }
    assert_eq!(db.number("SELECT count(*) FROM invoice").await, Ok(1));
}

async fn what_falls_due_is_found(db: TestDatabase) {
    let world = World::new(&db).await;
    let mut uow = begin(&db).await;
    let mut quote = a_quote(&world, "QT-20260001");
    let _ = quote.send(now()).unwrap();
    uow.billing().insert_quote(&quote).await.unwrap();
    uow.billing().insert_quote(&a_quote(&world, "QT-20260002")).await.unwrap();
    let until = quote.valid_until();
    let before = at("2026-05-31T23:59:59.999999Z");
    assert!(uow.billing().quotes_past_validity(before, 10).await.unwrap().is_empty());
    assert_eq!(uow.billing().quotes_past_validity(until, 10).await.unwrap(), [quote.id()]);
    assert!(uow.billing().quotes_past_validity(until, 0).await.unwrap().is_empty());

    let due = at("2026-06-01T00:00:00Z");
    let mut asked = Vec::new();
    for (number, (value, covered)) in (1..).zip([("10.00", "0"), ("10", "10"), ("0.001", "0"), ("1", "0.99")])
    {
        let mut invoice = draft_invoice(world.organization);
        let request = world.request(&format!("SR-2026{number:04}")).id;
        invoice.add_line(line(LineSource::excess_credits(request), value, covered)).unwrap();
        let _ = invoice.issue(format!("INV-2026{number:04}").parse().unwrap(), due, now()).unwrap();
        uow.billing().insert_invoice(&invoice).await.unwrap();
        if !invoice.totals().due.is_zero() {
            asked.push(invoice.id());
        }
    }
    assert_eq!(asked.len(), 2);
    assert!(uow.billing().invoices_past_due(before, 10).await.unwrap().is_empty());
    assert_eq!(uow.billing().invoices_past_due(due, 10).await.unwrap(), asked);
    assert_eq!(uow.billing().invoices_past_due(due, 1).await.unwrap(), asked[..1]);
}
