//! Billing runs and invoices (OD-5 … OD-7, SR-20).

use billing::Buyer;
use entitlement::CreditAmount;
use kernel::{EntitlementClass, InvoiceId, ServiceRequestId};
use rust_decimal::Decimal;
use serde_json::json;
use service_delivery::{CreateEntitlement, PolicySet, ReceivedPayment, ServiceChange};
use sr_workflow::{MAX_BASE_CREDIT_DECIMALS, MAX_BASE_CREDIT_VALUE};
use storage_seaorm::testing::TestDatabase;
use tokio::task::JoinSet;

use crate::{
    on_both,
    support::{World, a_request, asked::*, brl, credits, illegal, missing, money, owner_of, wrong},
};

on_both!(
    od_6_a_run_again_finds_nothing_more,
    od_6_runs_at_once_bill_each_thing_once,
    od_6_what_cannot_be_billed_is_reported_and_tried_again,
    od_6_a_value_that_does_not_fit_keeps_nothing_else_from_the_run,
    od_6_one_invoice_per_organization_and_currency,
    od_7_value_covered_and_due_for_every_share_of_credits,
    od_7_work_that_took_nothing_is_billed_as_nothing,
    id_6_invoice_codes_have_no_gaps,
    od_4_no_payment_is_received_after_now,
);

/// The lines of requests on all invoices, and the requests that they bill.
async fn billed(w: &World) -> (i64, i64) {
    let lines = w.count("invoice_line", "source_kind = 'service_request'").await;
    let distinct = "SELECT count(DISTINCT source_id) FROM invoice_line WHERE source_kind = 'service_request'";
    (lines, w.db.number(distinct).await.unwrap())
}

async fn od_6_a_run_again_finds_nothing_more(db: TestDatabase) {
    let w = World::new(db);
    let support = w.acme_support("10").await;
    let accepted = w.accepted(&a_request(support.service).estimated("2")).await;
    // Neither what is not accepted nor what is not done.
    let done = w.asked(&a_request(support.service).estimated("2"), Until::Completed).await;
    w.asked(&a_request(support.service).estimated("2"), Until::InProgress).await;
    w.app.start_billing_run(&w.staff).await.unwrap();
    assert_eq!(billed(&w).await, (1, 1));
    assert_eq!((w.status(accepted).await, w.status(done).await), ("billed".into(), "completed".into()));
    let (_, events) = w.told(w.app.start_billing_run(&w.staff)).await;
    assert_eq!(events, ["billing_run.finished"]);
    assert_eq!(w.count("invoice", "1 = 1").await, 1, "no empty invoice");
    w.app.accept_request(&owner_of(support.organization), done).await.unwrap();
    w.app.start_billing_run(&w.staff).await.unwrap();
    assert_eq!((billed(&w).await, w.count("invoice", "1 = 1").await), ((2, 2), 2));
    // What is billed is over.
    let refusal = w.refused(w.app.cancel_request(&w.staff, done, None)).await;
    assert_eq!(illegal(&refusal), ("billed", "cancel"));
    // A run is the system's doing, at the word of somebody.
    assert_eq!(
        w.count("event", "name = 'billing_run.finished' AND actor_kind = 'system' AND actor_name = 'Rosa'")
            .await,
        3
    );
}

async fn od_6_runs_at_once_bill_each_thing_once(db: TestDatabase) {
    let w = World::new(db);
    let mut all: Vec<ServiceRequestId> = Vec::new();
    for name in ["Acme", "Globex"] {
        let organization = w.organization(name).await;
        let support = w.support(organization, "15").await;
        for _ in 0..10 {
            all.push(w.accepted(&a_request(support.service).estimated("2")).await);
        }
    }
    let mut running = JoinSet::new();
    for _ in 0..8 {
        let (app, staff) = (w.app.clone(), w.staff.clone());
        running.spawn(async move { app.start_billing_run(&staff).await });
    }
    for outcome in running.join_all().await {
        outcome.unwrap();
    }
    assert_eq!(billed(&w).await, (20, 20));
    assert_eq!(w.count("invoice_line", "source_kind = 'order_line'").await, 2);
    assert_eq!(w.count("invoice", "1 = 1").await, 2, "one of the runs found everything");
    assert_eq!(w.events("service_request.billed").await, 20);
    assert_eq!(w.count("billing_run", "1 = 1").await, 8);
    for id in all {
        assert_eq!(w.status(id).await, "billed");
    }
}

async fn od_6_what_cannot_be_billed_is_reported_and_tried_again(db: TestDatabase) {
    let w = World::new(db);
    let support = w.acme_support("10").await;
    let worthless = w.under(json!({"credits": {"base_credit_value": {"unset": true}}}));
    // Nobody said what a credit is worth.
    let id = worthless.create_request(&w.staff, &a_request(support.service).estimated("2")).await.unwrap();
    w.brought_on(id, Until::Completed).await.unwrap();
    w.app.accept_request(&owner_of(support.organization), id).await.unwrap();
    // Nobody to send an invoice to.
    let product =
        w.product(EntitlementClass::Svc, |terms| terms.credits_included = CreditAmount::from_units(50)).await;
    let gift = CreateEntitlement {
        class: EntitlementClass::Svc,
        organization: None,
        holder: Some(("Ana".to_owned(), "ana@example.com".to_owned())),
        product: Some(product),
        support_class: None,
    };
    let entitlement = w.app.create_entitlement(&w.staff, &gift).await.unwrap();
    let service = w.services_under(entitlement).await[0].id();
    w.do_to_service(service, ServiceChange::Approve { on_behalf: Some("asked by e-mail".into()) }).await;
    w.do_to_service(service, ServiceChange::Activate).await;
    let private = w.asked(&a_request(service).estimated("1"), Until::Completed).await;
    let acme_keeps = w.accepted(&a_request(support.service).estimated("1")).await;

    let run = async || {
        let (_, events) = w.told(w.app.start_billing_run(&w.staff)).await;
        let skipped = w
            .db
            .text("SELECT CAST(after AS TEXT) FROM event WHERE name = 'billing_run.finished' ORDER BY seq DESC LIMIT 1")
            .await
            .unwrap()
            .unwrap();
        let told: serde_json::Value = serde_json::from_str(&skipped).unwrap();
        (events, told["skipped"].as_i64().unwrap())
    };
    let (_, skipped) = run().await;
    assert_eq!(skipped, 1, "the private one is not accepted yet");
    assert_eq!(w.status(acme_keeps).await, "billed", "one that cannot be billed keeps nothing else from it");
    assert_eq!(w.status(id).await, "completed");
    let reasons = w.db.text("SELECT CAST(skipped AS TEXT) FROM billing_run").await.unwrap().unwrap();
    assert!(reasons.contains("no_base_credit_value"), "{reasons}");

    // The private one is accepted once it belongs to somebody who can.
    w.app.attach_organization(&w.staff, entitlement, support.organization).await.unwrap();
    w.app.accept_request(&owner_of(support.organization), private).await.unwrap();
    // And staff say what a credit is worth, also where the work is done already.
    let refusal = w.refused(w.app.agree_credit_value(&w.staff, id, brl("-1"))).await;
    assert_eq!(wrong(&refusal), ["base_credit_value"]);
    let (_, events) = w.told(w.app.agree_credit_value(&w.staff, id, brl("80"))).await;
    assert_eq!(events, ["service_request.credit_value_agreed"]);
    let (events, skipped) = run().await;
    assert_eq!(skipped, 0);
    assert_eq!(events.iter().filter(|name| *name == "service_request.billed").count(), 2);
    assert_eq!(w.request(id).await.record().billing.unwrap().value, brl("160"));
    assert_eq!(illegal(&w.refused(w.app.agree_credit_value(&w.staff, id, brl("90"))).await).0, "billed");

    // An order of a person is nobody's invoice, and holds nobody up.
    let plugin = w.product(EntitlementClass::Plg, |_| {}).await;
    let person = Buyer::Person { name: "Ana".to_owned(), email: "ana@example.com".to_owned() };
    w.paid(&w.ordering(person, &[plugin])).await;
    let (events, skipped) = run().await;
    assert_eq!((events.len(), skipped), (1, 1));
}

async fn od_6_a_value_that_does_not_fit_keeps_nothing_else_from_the_run(db: TestDatabase) {
    let w = World::new(db);
    let support = w.acme_support("10").await;
    let fine = w.accepted(&a_request(support.service).estimated("1")).await;
    let beyond = w.accepted(&a_request(support.service).estimated("2")).await;
    // No request is made with such a credit value; a row may have it all the same.
    let most = "UPDATE service_request SET base_credit_value = '79228162514264337593543950335' WHERE estimated_base = 20";
    assert_eq!(w.db.execute(most).await.unwrap(), 1);
    w.app.start_billing_run(&w.staff).await.unwrap();
    assert_eq!((w.status(fine).await, w.status(beyond).await), ("billed".into(), "completed".into()));
    let skipped = w.db.text("SELECT CAST(skipped AS TEXT) FROM billing_run").await.unwrap().unwrap();
    assert!(skipped.contains("amount_too_large") && skipped.contains(&beyond.to_string()), "{skipped}");
}

#[test]
fn sr_20_a_policy_takes_no_credit_value_that_a_request_cannot_be_made_with() {
    let policies = |amount: Decimal| {
        let value = json!({"amount": amount.to_string(), "currency": "BRL"});
        PolicySet::try_new(&json!({"credits": {"base_credit_value": value}}))
    };
    let least = Decimal::new(1, MAX_BASE_CREDIT_DECIMALS);
    for fine in [MAX_BASE_CREDIT_VALUE, least, Decimal::ZERO] {
        assert!(policies(fine).is_ok(), "{fine}");
    }
    for beyond in [MAX_BASE_CREDIT_VALUE + least, Decimal::new(1, MAX_BASE_CREDIT_DECIMALS + 1), -least] {
        let kernel::Invalid(fields) = policies(beyond).unwrap_err();
        let paths: Vec<_> = fields.iter().map(|field| field.path.as_str()).collect();
        assert_eq!(paths, ["policies.credits.base_credit_value.amount"], "{beyond}");
    }
}

async fn od_6_one_invoice_per_organization_and_currency(db: TestDatabase) {
    let w = World::new(db);
    let dollars = w.under(json!({"credits": {"base_credit_value": {"amount": "20", "currency": "USD"}}}));
    let acme = w.organization("Acme").await;
    let globex = w.organization("Globex").await;
    let (one, other) = (w.support(acme, "0").await, w.support(globex, "0").await);
    for service in [one.service, one.service, other.service] {
        w.accepted(&a_request(service).estimated("1")).await;
    }
    let id = dollars.create_request(&w.staff, &a_request(one.service).estimated("1.5")).await.unwrap();
    w.brought_on(id, Until::Completed).await.unwrap();
    w.app.accept_request(&owner_of(acme), id).await.unwrap();
    w.app.start_billing_run(&w.staff).await.unwrap();
    let mut seen = Vec::new();
    for id in w.ids::<InvoiceId>("invoice").await {
        let invoice = w.invoice(id).await;
        seen.push((invoice.organization(), invoice.lines().len(), invoice.totals().due));
    }
    // By organization, then by currency.
    assert_eq!(seen, [(acme, 3, brl("200")), (acme, 1, money("30", "USD")), (globex, 2, brl("100"))]);
}

async fn od_7_value_covered_and_due_for_every_share_of_credits(db: TestDatabase) {
    let w =
        World::with(db, json!({"credits": {"base_credit_value": {"amount": "33.335", "currency": "BRL"}}}));
    let support = w.acme_support("3").await;
    let overdraft = w.under(json!({"credits": {"on_exhausted": "overdraft", "overdraft_limit": "2",
        "base_credit_value": {"amount": "33.335", "currency": "BRL"}}}));
    let ana = owner_of(support.organization);
    // All covered; some in excess; all in excess. Rounded once, half to even (MN-1).
    for (base, value, covered, due) in
        [("2", "66.67", "66.67", "0.00"), ("3", "100.00", "33.33", "66.67"), ("0.1", "3.33", "0.00", "3.33")]
    {
        let id = w.accepted(&a_request(support.service).estimated(base)).await;
        w.app.start_billing_run(&w.staff).await.unwrap();
        let invoice = w.invoice(*w.ids::<InvoiceId>("invoice").await.last().unwrap()).await;
        let line = invoice.lines().iter().find(|line| line.source().id == id.as_uuid()).unwrap();
        let found = [line.value(), line.covered(), line.due()].map(|money| money.amount());
        assert_eq!(found, [value, covered, due].map(|text| brl(text).amount()), "{base}");
    }
    // Overdrawn credits are credits still: covered (SR-20).
    let id = overdraft.create_request(&w.staff, &a_request(support.service).estimated("2")).await.unwrap();
    w.brought_on(id, Until::InProgress).await.unwrap();
    overdraft.complete_request(&w.staff, id, &took("2")).await.unwrap();
    w.app.accept_request(&ana, id).await.unwrap();
    w.app.start_billing_run(&w.staff).await.unwrap();
    let billed = w.request(id).await.record().billing.unwrap();
    assert_eq!((billed.covered, billed.due), (brl("66.67"), brl("0")));
    assert_eq!(w.balance(support.balance).await.totals().overdraft, credits("2"));
    w.audit().await;
}

async fn od_7_work_that_took_nothing_is_billed_as_nothing(db: TestDatabase) {
    let w = World::new(db);
    let support = w.acme_support("3").await;
    let id = w.asked(&a_request(support.service).estimated("2"), Until::InProgress).await;
    w.app.complete_request(&w.staff, id, &took("0")).await.unwrap();
    w.app.accept_request(&owner_of(support.organization), id).await.unwrap();
    w.app.start_billing_run(&w.staff).await.unwrap();
    assert_eq!(w.status(id).await, "billed");
    assert_eq!(w.request(id).await.record().billing.unwrap().value, brl("0"));
    assert_eq!(w.figures(support.balance).await, "3 0 0");
}

async fn od_4_no_payment_is_received_after_now(db: TestDatabase) {
    let w = World::new(db);
    let acme = w.organization("Acme").await;
    let plugin = w.product(EntitlementClass::Plg, |_| {}).await;
    let new = w.ordering(Buyer::Organization(acme), &[plugin]);
    let order = w.app.create_order(&w.staff, &new).await.unwrap().into_inner();
    let tomorrow = w.now().plus_days(1);
    let payment = ReceivedPayment { received_at: Some(tomorrow), ..w.paying(brl("1200"), "bank 1") };
    let refusal = w.refused(w.app.record_payment(&w.staff, order, &payment)).await;
    assert_eq!(wrong(&refusal), ["received_at"]);
    w.clock.days_pass(1);
    w.app.record_payment(&w.staff, order, &payment).await.unwrap();
}

async fn id_6_invoice_codes_have_no_gaps(db: TestDatabase) {
    let w = World::new(db);
    let mut invoices = Vec::new();
    for name in ["A", "B", "C", "D", "E", "F"] {
        let organization = w.organization(name).await;
        w.support(organization, "0").await;
    }
    w.app.start_billing_run(&w.staff).await.unwrap();
    invoices.extend(w.ids::<InvoiceId>("invoice").await);
    assert_eq!(invoices.len(), 6);
    let mut running = JoinSet::new();
    // All at once, some twice, and some with a due date that is past: their numbers are not lost.
    for (index, id) in invoices.iter().chain(&invoices).copied().enumerate() {
        let (app, staff) = (w.app.clone(), w.staff.clone());
        let due = w.now().plus_days(if index % 5 == 4 { -1 } else { 30 });
        running.spawn(async move { app.issue_invoice(&staff, id, due).await });
    }
    running.join_all().await;
    for id in invoices {
        w.app.issue_invoice(&w.staff, id, w.now().plus_days(30)).await.unwrap();
        w.idle(w.app.issue_invoice(&w.staff, id, w.now().plus_days(30))).await;
        let later = w.refused(w.app.issue_invoice(&w.staff, id, w.now().plus_days(31))).await;
        assert_eq!(illegal(&later).1, "issue", "another due date is not passed over");
    }
    let codes = w.db.text("SELECT string_agg(code, ' ' ORDER BY code) FROM invoice").await.unwrap().unwrap();
    let expected: Vec<String> = (1..=6).map(|number| format!("INV-2026{number:04}")).collect();
    assert_eq!(codes, expected.join(" "));
    let nothing = w.refused(w.app.pay_invoice(&w.staff, w.fresh())).await;
    assert_eq!(missing(&nothing), "invoice");
}
