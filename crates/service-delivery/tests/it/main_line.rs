//! The main line: bought, provisioned, asked for, held, done, debited, invoiced, paid.

use billing::{Buyer, InvoiceStatus, OrderStatus};
use entitlement::{ContractStatus, CreditAmount, EntitlementStatus, EnvironmentStatus, Platform};
use kernel::{EntitlementClass, InvoiceId, ServiceRequestId};
use serde_json::json;
use service_delivery::{EnvironmentChange, RequestChange, ServiceChange};
use sr_workflow::{ApprovalKind, RequestEdit, RequestOrigin, ServiceStatus};
use storage_seaorm::testing::TestDatabase;
use ust_credits::{Complexity, LotSource};

use crate::{
    on_both,
    support::{World, a_request, asked::*, brl, credits, illegal, missing, owner_of, rule, sold::configured},
};

on_both!(
    od_4_a_payment_in_full_provisions_support_at_once,
    the_main_line_from_order_to_paid_invoice,
    sr_7_actuals_below_at_and_above_the_hold,
    sr_7_hours_are_rounded_up_and_multiplied,
    sr_4_customer_and_staff_approve_each_in_their_way,
    pv_3_an_environment_is_configured_activated_and_asked_for,
);

async fn od_4_a_payment_in_full_provisions_support_at_once(db: TestDatabase) {
    let w = World::new(db);
    let acme = w.organization("Acme").await;
    let product = w
        .product(EntitlementClass::Svc, |terms| terms.credits_included = CreditAmount::from_units(400))
        .await;
    let new = w.ordering(Buyer::Organization(acme), &[product]);
    let order = w.app.create_order(&w.staff, &new).await.unwrap().into_inner();
    assert_eq!(w.order(order).await.code().to_string(), "SO-20260001");
    let half = w.paying(brl("600"), "first half");
    let (_, events) = w.told(w.app.record_payment(&w.staff, order, &half)).await;
    assert_eq!(events, ["payment.recorded"]);
    assert_eq!(w.count("entitlement", "1 = 1").await, 0, "nothing before all is paid");

    let rest = w.paying(brl("600"), "second half");
    let (_, events) = w.told(w.app.record_payment(&w.staff, order, &rest)).await;
    let expected = [
        "payment.recorded",
        "entitlement.created",
        "service.created",
        "contract.signed",
        "credit_balance.opened",
        "credits.granted",
        "order.fulfilled",
    ];
    assert_eq!(events, expected);
    assert_eq!(w.order(order).await.status(), OrderStatus::Fulfilled);

    let entitlement = w.entitlements_of(order).await[0];
    let row = w.entitlement(entitlement).await.record().clone();
    assert_eq!(row.code.to_string(), "SVC-2026050001");
    assert_eq!((row.status, row.organization), (EntitlementStatus::Active, Some(acme)));
    assert_eq!(row.term.unwrap().ends_at.to_string(), "2027-05-10T12:00:00Z");
    let under = w.under_entitlement(entitlement).await;
    let service = &w.services_under(entitlement).await[0];
    assert_eq!(service.record().status, ServiceStatus::Proposal, "PV-2");
    assert_eq!(under.contracts[0].1, ContractStatus::Active);
    assert_eq!(w.count("contract", "code = 'CT-20260001' AND sla IS NOT NULL").await, 1, "PV-6");
    let balance = w.balance(under.credit_balance.unwrap()).await;
    let lot = balance.lots().next().unwrap().clone();
    assert_eq!((lot.source, lot.amount), (LotSource::Included, credits("40")));
    assert_eq!(lot.expires_at.unwrap().to_string(), "2027-05-10T12:00:00Z", "as CreditPolicy says");
    assert_eq!(
        w.count("event", "entitlement_id IS NOT NULL AND organization_id IS NOT NULL").await,
        5,
        "EN-6"
    );
    w.audit().await;
}

async fn the_main_line_from_order_to_paid_invoice(db: TestDatabase) {
    let w = World::new(db);
    let acme = w.organization("Acme").await;
    let product = w
        .product(EntitlementClass::Svc, |terms| terms.credits_included = CreditAmount::from_units(100))
        .await;
    let support = w.support_of(acme, product).await;
    let ana = owner_of(acme);
    // The service is approved and activated (SV-2).
    let refusal = w.refused(w.app.change_service(&w.staff, support.service, &ServiceChange::Activate)).await;
    assert_eq!(illegal(&refusal), ("proposal", "activate"));
    let approve = ServiceChange::Approve { on_behalf: None };
    w.app.change_service(&ana, support.service, &approve).await.unwrap();
    let (_, events) = w.told(w.app.change_service(&w.staff, support.service, &ServiceChange::Activate)).await;
    assert_eq!(events, ["service.activated"]);

    // Made from the catalog: held at once (SR-6).
    let item = w.item("THEME", "8", Complexity::Medium).await;
    let new = a_request(support.service).of_catalog(item);
    let (request, events) = w.told(w.app.create_request(&w.staff, &new)).await;
    assert_eq!(events, ["service_request.created", "credits.reserved"]);
    let row = w.request(request).await.record().clone();
    assert_eq!(row.code.to_string(), "SR-20260001");
    assert_eq!(row.estimated_credits, Some(credits("12")), "8 × 1.5");
    assert_eq!(row.base_credit_value, Some(brl("100")));
    // 10 of the 12 are there; the rest is a shortfall under bill_excess (CR-5).
    assert_eq!(w.figures(support.balance).await, "0 10 0");

    let (_, events) = w.told(w.app.move_request(&w.staff, request, &RequestChange::Submit)).await;
    assert_eq!(events, ["service_request.submitted"]);
    assert_eq!(w.status(request).await, "pending_approval");
    let approve = RequestChange::Approve { on_behalf: None };
    let (_, events) = w.told(w.app.move_request(&ana, request, &approve)).await;
    assert_eq!(events, ["service_request.approved"]);

    let refusal = w.refused(w.app.move_request(&w.staff, request, &RequestChange::Start)).await;
    assert_eq!(rule(&refusal), "needs-assignee");
    let edit = RequestEdit { assignee: Some(Some("Bo".into())), ..RequestEdit::default() };
    w.app.update_request(&w.staff, request, &edit, None).await.unwrap();
    w.app.move_request(&w.staff, request, &RequestChange::Start).await.unwrap();

    // Done for the catalog's price: 12 credits, 10 of them prepaid.
    let done = service_delivery::CompleteRequest::default();
    let (_, events) = w.told(w.app.complete_request(&w.staff, request, &done)).await;
    assert_eq!(events, ["credits.settled", "service_request.completed"]);
    assert_eq!(w.figures(support.balance).await, "0 0 10");
    assert_eq!(w.balance(support.balance).await.totals().excess, credits("2"));

    let (_, events) = w.told(w.app.accept_request(&ana, request)).await;
    assert_eq!(events, ["service_request.accepted"]);

    let (run, events) = w.told(w.app.start_billing_run(&w.staff)).await;
    assert_eq!(events, ["service_request.billed", "invoice.drafted", "billing_run.finished"]);
    assert_eq!(w.status(request).await, "billed");
    let id = w.ids::<InvoiceId>("invoice").await[0];
    let invoice = w.invoice(id).await;
    assert_eq!((invoice.status(), invoice.code()), (InvoiceStatus::Draft, None));
    assert_eq!(invoice.to_record().0.billing_run, Some(run));
    let lines: Vec<_> = invoice
        .lines()
        .iter()
        .map(|line| (line.description().to_owned(), line.value(), line.covered(), line.due()))
        .collect();
    // The order's line is paid already; of the request, the excess is due (OD-7).
    let of_order = ("A SVC".to_owned(), brl("1200"), brl("1200"), brl("0"));
    let of_request = ("SR-20260001 Nova página de acesso".to_owned(), brl("1200"), brl("1000"), brl("200"));
    assert_eq!(lines[1], of_request);
    assert_eq!((lines[0].1, lines[0].2, lines[0].3), (of_order.1, of_order.2, of_order.3));
    assert_eq!(invoice.totals().due, brl("200"));

    let refusal = w.refused(w.app.pay_invoice(&w.staff, id)).await;
    assert_eq!(illegal(&refusal), ("draft", "pay"));
    let refusal = w.refused(w.app.issue_invoice(&w.staff, id, w.now().plus_days(-1))).await;
    assert_eq!(rule(&refusal), "due-in-the-past");
    let (_, events) = w.told(w.app.issue_invoice(&w.staff, id, w.now().plus_days(30))).await;
    assert_eq!(events, ["invoice.issued"]);
    assert_eq!(w.invoice(id).await.code().unwrap().to_string(), "INV-20260001");
    w.idle(w.app.issue_invoice(&w.staff, id, w.now().plus_days(30))).await;
    let (_, events) = w.told(w.app.pay_invoice(&w.staff, id)).await;
    assert_eq!(events, ["invoice.paid"]);
    w.idle(w.app.pay_invoice(&w.staff, id)).await;
    assert_eq!(w.invoice(id).await.status(), InvoiceStatus::Paid);
    w.audit().await;
}

async fn sr_7_actuals_below_at_and_above_the_hold(db: TestDatabase) {
    let w = World::new(db);
    let support = w.acme_support("20").await;
    // Estimated at 6: what it took, and what is available, held, consumed and in excess afterwards.
    for (actual, figures, excess) in [("4", "16 0 4", "0"), ("6", "10 0 10", "0"), ("8.5", "1.5 0 18.5", "0")]
    {
        let id = w.asked(&a_request(support.service).estimated("6"), Until::InProgress).await;
        w.app.complete_request(&w.staff, id, &took(actual)).await.unwrap();
        assert_eq!(w.figures(support.balance).await, figures);
        let settled = w.request(id).await.record().settled.unwrap();
        assert_eq!((settled.debited, settled.excess), (credits(actual), credits(excess)));
    }
    // Beyond what is there: excess, in no case a refusal (CR-6).
    let id = w.asked(&a_request(support.service).estimated("1"), Until::InProgress).await;
    w.app.complete_request(&w.staff, id, &took("4")).await.unwrap();
    let settled = w.request(id).await.record().settled.unwrap();
    assert_eq!((settled.debited, settled.excess), (credits("1.5"), credits("2.5")));
    assert_eq!(w.figures(support.balance).await, "0 0 20");
    w.audit().await;
}

async fn sr_7_hours_are_rounded_up_and_multiplied(db: TestDatabase) {
    let w = World::with(db, json!({"credits": {"credits_per_hour": "2"}}));
    let support = w.acme_support("20").await;
    let mut new = a_request(support.service).estimated("3");
    new.complexity = Some(Complexity::Medium);
    let id = w.asked(&new, Until::InProgress).await;
    let nothing = service_delivery::CompleteRequest::default();
    let refusal = w.refused(w.app.complete_request(&w.staff, id, &nothing)).await;
    assert_eq!(rule(&refusal), "actual-missing");
    // 50 minutes at 2 an hour: 1.66…, up to 1.7; × 1.5 = 2.55, half a unit up: 2.6.
    let hours = service_delivery::CompleteRequest { actual: None, worklog_seconds: 3_000 };
    w.app.complete_request(&w.staff, id, &hours).await.unwrap();
    let actual = w.request(id).await.record().completion.clone().unwrap().actual;
    assert_eq!((actual.base, actual.credits), (credits("1.7"), credits("2.6")));
    assert_eq!(w.figures(support.balance).await, "17.4 0 2.6");
}

async fn sr_4_customer_and_staff_approve_each_in_their_way(db: TestDatabase) {
    let w = World::new(db);
    let support = w.acme_support("40").await;
    let ana = owner_of(support.organization);
    let new = a_request(support.service).estimated("2");
    let mine = w.asked(&new, Until::Pending).await;
    w.app.move_request(&ana, mine, &RequestChange::Approve { on_behalf: None }).await.unwrap();
    let approval = w.request(mine).await.record().approval.clone().unwrap();
    assert_eq!((approval.kind, approval.reason), (ApprovalKind::Customer, None));

    let theirs = w.asked(&new, Until::Pending).await;
    let without = RequestChange::Approve { on_behalf: None };
    w.refused(w.app.move_request(&w.staff, theirs, &without)).await;
    w.app.move_request(&w.staff, theirs, &on_behalf()).await.unwrap();
    let approval = w.request(theirs).await.record().approval.clone().unwrap();
    assert_eq!(approval.kind, ApprovalKind::OnBehalf);
    assert_eq!(approval.reason.as_deref(), Some("agreed by telephone"));
    assert_eq!(approval.credits, Some(credits("2")));
    assert_eq!(
        w.count("event", "name = 'service_request.approved' AND cause = 'agreed by telephone'").await,
        1
    );

    // Held for approval, released by nothing but closing: still there.
    assert_eq!(w.held(support.balance, theirs).await, credits("2"));
    w.refused(w.app.move_request(&ana, theirs, &RequestChange::Start)).await;
}

async fn pv_3_an_environment_is_configured_activated_and_asked_for(db: TestDatabase) {
    let w = World::with(db, json!({"provisioning": {"environment_checklist": ["order the server", "DNS"]}}));
    let acme = w.organization("Acme").await;
    let support = w.support(acme, "40").await;
    let product = w.product(EntitlementClass::Env, |_| {}).await;
    let entitlement = w.bought(acme, product).await;
    assert_eq!(w.events("environment.setup_requested").await, 1);
    let id = w.under_entitlement(entitlement).await.environments[0].0;
    assert_eq!(w.environment(id).await.status(), EnvironmentStatus::AwaitingSetup);

    // Not before server, primary URL and platform are there.
    let activate = EnvironmentChange::Activate;
    assert_eq!(
        rule(&w.refused(w.app.change_environment(&w.staff, id, activate)).await),
        "environment-incomplete"
    );
    let ana = owner_of(acme);
    let refusal = w.refused(w.app.create_request(&w.staff, &a_request(id))).await;
    assert_eq!(rule(&refusal), "environment-not-active");
    // To customers it is not there yet.
    let refusal = w.refused(w.app.create_request(&ana, &a_request(id))).await;
    assert_eq!(missing(&refusal), "environment");
    let configuration = configured(Some(support.balance));
    let (_, events) = w.told(w.app.configure_environment(&w.staff, id, &configuration, Some(1))).await;
    assert_eq!(events, ["environment.configured"]);
    assert_eq!(w.environment(id).await.configuration().platform, Some(Platform::Moodle));
    w.app.change_environment(&w.staff, id, activate).await.unwrap();
    assert_eq!(w.environment(id).await.status(), EnvironmentStatus::Active);

    // A customer asks for it, from the catalog; the linked balance pays (CR-13).
    let item = w.item("PLUGIN", "3", Complexity::Low).await;
    let request: ServiceRequestId =
        w.app.create_request(&ana, &a_request(id).of_catalog(item)).await.unwrap();
    let row = w.request(request).await.record().clone();
    assert_eq!(row.origin, RequestOrigin::Standalone(id));
    assert_eq!((row.entitlement, row.credit_balance), (entitlement, Some(support.balance)));
    assert_eq!(w.figures(support.balance).await, "37 3 0");
    w.app.move_request(&ana, request, &RequestChange::Submit).await.unwrap();
    w.app.move_request(&ana, request, &RequestChange::Approve { on_behalf: None }).await.unwrap();
    assert_eq!(w.status(request).await, "approved");

    // In maintenance nothing new is taken, and the rest goes on (PV-4).
    w.app.change_environment(&w.staff, id, EnvironmentChange::BeginMaintenance).await.unwrap();
    let refusal = w.refused(w.app.create_request(&ana, &a_request(id))).await;
    assert_eq!(rule(&refusal), "environment-not-active");
    w.app.change_environment(&w.staff, id, EnvironmentChange::EndMaintenance).await.unwrap();
    w.app.create_request(&ana, &a_request(id)).await.unwrap();
}
