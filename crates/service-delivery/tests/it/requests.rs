//! Service requests, rule by rule (SR-1 … SR-20, CR-13, CT-1).

use kernel::{CreditBalanceId, Money, ServiceRequestId, StoreError};
use policy_resolver::kinds::Priority;
use serde_json::json;
use service_delivery::{
    CreateRequest, EntitlementChange, EstimateRequest, Refusal, RequestChange, RequestWork, ServiceChange,
};
use sr_workflow::{ApprovalKind, NoteVisibility, RequestEdit};
use storage_seaorm::testing::TestDatabase;
use ust_credits::{CatalogItemContent, Complexity};

use crate::{
    on_both,
    support::{
        World, a_request, asked::*, brl, credits, illegal, missing, owner_of, rule, sold::Support, wrong,
    },
};

on_both!(
    sr_1_customers_ask_on_environments_and_where_a_policy_opens_it_on_services,
    sr_2_a_resting_or_ended_entitlement_takes_no_requests,
    sr_2_an_ongoing_service_takes_requests_while_active,
    sr_2_a_project_takes_requests_while_approved_or_in_progress,
    sr_3_what_is_wrong_is_named_and_what_is_stale_refused,
    sr_5_pre_approval_needs_every_condition,
    sr_5_what_is_approved_beforehand_is_held,
    sr_6_an_estimate_is_held_anew_or_the_old_hold_stands,
    sr_6_after_approval_a_higher_estimate_needs_approval_again,
    sr_7_under_debit_on_acceptance_the_hold_stays_until_then,
    sr_4_a_reopened_request_is_settled_anew,
    sr_4_a_held_request_goes_back_to_where_it_was,
    sr_8_closing_in_every_way_releases,
    sr_9_an_execution_waits_for_its_analysis,
    sr_10_customers_write_client_notes_only,
    sr_11_the_customer_suggests_a_priority_and_staff_set_it,
    sr_20_the_snapshot_survives_a_price_change,
    ct_1_the_catalog_changes_and_requests_keep_their_price,
    cr_13_the_balance_that_pays_is_found_or_refused,
    cr_13_who_pays_is_chosen_when_credits_are_held_or_debited,
);

async fn sr_1_customers_ask_on_environments_and_where_a_policy_opens_it_on_services(db: TestDatabase) {
    let w = World::new(db);
    let support = w.acme_support("40").await;
    let ana = owner_of(support.organization);
    let campus = w.campus(support.organization, None).await;
    let refusal = w.refused(w.app.create_request(&ana, &a_request(support.service))).await;
    assert_eq!(rule(&refusal), "staff-only");
    w.app.create_request(&ana, &a_request(campus.environment)).await.unwrap();
    let open = w.under(json!({"provisioning": {"customer_requests_on_services": true}}));
    open.create_request(&ana, &a_request(support.service)).await.unwrap();

    // A customer chooses from the catalog, at its own price, and names nobody.
    let item = w.item("THEME", "2", Complexity::Low).await;
    let mine = a_request(campus.environment);
    let dearer = CreateRequest { complexity: Some(Complexity::High), ..mine.clone() }.of_catalog(item);
    for (new, field) in [
        (mine.clone().estimated("1"), "estimate"),
        (dearer, "estimate"),
        (mine.clone().assigned(), "assignee"),
    ] {
        assert_eq!(wrong(&w.refused(w.app.create_request(&ana, &new)).await), [field]);
    }
    // Without a catalog item staff estimate and submit it (SR-4).
    let bare = w.app.create_request(&ana, &mine).await.unwrap();
    let submit = w.refused(w.app.move_request(&ana, bare, &RequestChange::Submit)).await;
    assert_eq!(rule(&submit), "needs-catalog-item");
    assert!(matches!(
        w.refused(w.app.estimate_request(&ana, bare, &estimate_of("1"))).await,
        Refusal::Forbidden { .. }
    ));
}

async fn sr_2_a_resting_or_ended_entitlement_takes_no_requests(db: TestDatabase) {
    let w = World::new(db);
    let support = w.acme_support("40").await;
    let campus = w.campus(support.organization, Some(support.balance)).await;
    let ana = owner_of(support.organization);
    let refused_on_both = async |says: &str| {
        for (by, new) in
            [(&w.staff, a_request(support.service).estimated("1")), (&ana, a_request(campus.environment))]
        {
            let refusal = w.refused(w.app.create_request(by, &new)).await;
            assert_eq!(rule(&refusal), "entitlement-not-active");
            assert!(refusal.to_string().contains(says), "{refusal}");
        }
    };
    let change_both = async |change| {
        for entitlement in [support.entitlement, campus.entitlement] {
            w.app.change_entitlement(&w.staff, entitlement, change, "as told").await.unwrap();
        }
    };
    change_both(EntitlementChange::Suspend).await;
    refused_on_both("suspended").await;
    change_both(EntitlementChange::Reactivate).await;
    w.app.create_request(&w.staff, &a_request(support.service)).await.unwrap();
    change_both(EntitlementChange::Expire).await;
    refused_on_both("expired").await;

    let campus = w.campus(support.organization, None).await;
    let cancel = EntitlementChange::Cancel { at_once: true };
    w.app.change_entitlement(&w.staff, campus.entitlement, cancel, "as told").await.unwrap();
    let refusal = w.refused(w.app.create_request(&ana, &a_request(campus.environment))).await;
    assert_eq!(rule(&refusal), "entitlement-not-active");
}

async fn sr_2_an_ongoing_service_takes_requests_while_active(db: TestDatabase) {
    let w = World::new(db);
    let acme = w.organization("Acme").await;
    let product = w.product(kernel::EntitlementClass::Svc, |_| {}).await;
    let service = w.support_of(acme, product).await.service;
    let steps = [
        (None, false),
        (Some(ServiceChange::Approve { on_behalf: Some("agreed".into()) }), false),
        (Some(ServiceChange::Activate), true),
        (Some(ServiceChange::Hold), false),
        (Some(ServiceChange::Resume), true),
        (Some(ServiceChange::Close { on_behalf: Some("agreed".into()) }), false),
    ];
    takes_requests(&w, service, steps).await;
    let refusal = w.refused(w.app.change_service(&w.staff, service, &ServiceChange::Cancel)).await;
    assert_eq!(illegal(&refusal), ("closed", "cancel"));
}

async fn sr_2_a_project_takes_requests_while_approved_or_in_progress(db: TestDatabase) {
    let w = World::new(db);
    let acme = w.organization("Acme").await;
    let project = |terms: &mut entitlement::ProductTerms| {
        terms.service =
            terms.service.map(|kind| entitlement::ServiceKind { mode: kernel::ServiceMode::Project, ..kind });
    };
    let product = w.product(kernel::EntitlementClass::Svc, project).await;
    let service = w.support_of(acme, product).await.service;
    let mut content = w.service(service).await.record().content.clone();
    content.start = Some(w.now().date_at(time::UtcOffset::UTC));
    content.estimated_end = content.start.map(|day| day + time::Duration::days(90));
    content.deliverables = vec!["A new campus".to_owned()];
    let (_, events) = w.told(w.app.update_service(&w.staff, service, &content, Some(1))).await;
    assert_eq!(events, ["service.updated"]);
    w.idle(w.app.update_service(&w.staff, service, &content, Some(2))).await;
    let stale = w.refused(w.app.update_service(&w.staff, service, &content, Some(1))).await;
    assert!(matches!(stale, Refusal::Store(StoreError::Stale { .. })));
    let steps = [
        (None, false),
        (Some(ServiceChange::Approve { on_behalf: Some("agreed".into()) }), true),
        (Some(ServiceChange::Start), true),
        (Some(ServiceChange::Hold), false),
        (Some(ServiceChange::Resume), true),
        (Some(ServiceChange::Deliver), false),
        (Some(ServiceChange::Rework), true),
        (Some(ServiceChange::Deliver), false),
        (Some(ServiceChange::Close { on_behalf: Some("accepted by e-mail".into()) }), false),
    ];
    takes_requests(&w, service, steps).await;
}

/// Takes one step after the other, and sees whether the service takes requests then.
async fn takes_requests(
    w: &World,
    service: kernel::ServiceId,
    steps: impl IntoIterator<Item = (Option<ServiceChange>, bool)>,
) {
    for (change, takes) in steps {
        if let Some(change) = &change {
            w.do_to_service(service, change.clone()).await;
        }
        if takes {
            w.app.create_request(&w.staff, &a_request(service)).await.unwrap();
        } else {
            let refusal = w.refused(w.app.create_request(&w.staff, &a_request(service))).await;
            assert_eq!(rule(&refusal), "service-not-active", "{change:?}");
        }
    }
}

async fn sr_3_what_is_wrong_is_named_and_what_is_stale_refused(db: TestDatabase) {
    let w = World::new(db);
    let support = w.acme_support("40").await;
    let gone = w.item("GONE", "2", Complexity::Low).await;
    w.app.deactivate_catalog_item(&w.staff, gone).await.unwrap();
    let item = w.item("THEME", "2", Complexity::Low).await;
    let good = a_request(support.service);
    let mut untitled = good.clone();
    untitled.title = "  ".to_owned();
    let no_complexity = CreateRequest { complexity: None, ..good.clone().estimated("1") };
    let after_nothing = good.clone().after(w.fresh());
    for (new, field) in [
        (untitled, "title"),
        (good.clone().of_catalog(w.fresh()), "catalog_item"),
        (good.clone().of_catalog(gone), "catalog_item"),
        (good.clone().of_catalog(item).estimated("1"), "estimate"),
        (no_complexity, "complexity"),
        (after_nothing, "analysis"),
        (good.clone().paid_by(w.fresh()), "credit_balance_id"),
    ] {
        assert_eq!(wrong(&w.refused(w.app.create_request(&w.staff, &new)).await), [field], "{new:?}");
    }
    let nowhere: kernel::ServiceId = w.fresh();
    assert_eq!(missing(&w.refused(w.app.create_request(&w.staff, &a_request(nowhere))).await), "service");
    let nowhere: kernel::EnvironmentId = w.fresh();
    assert_eq!(missing(&w.refused(w.app.create_request(&w.staff, &a_request(nowhere))).await), "environment");

    let id = w.asked(&good, Until::Draft).await;
    let edit = RequestEdit { title: Some("Better".to_owned()), ..RequestEdit::default() };
    let (_, events) = w.told(w.app.update_request(&w.staff, id, &edit, Some(1))).await;
    assert_eq!(events, ["service_request.updated"]);
    w.idle(w.app.update_request(&w.staff, id, &edit, Some(2))).await;
    let stale = w.refused(w.app.update_request(&w.staff, id, &edit, Some(1))).await;
    assert!(matches!(stale, Refusal::Store(StoreError::Stale { .. })));
    let nothing: ServiceRequestId = w.fresh();
    let refusal = w.refused(w.app.update_request(&w.staff, nothing, &edit, None)).await;
    assert_eq!(missing(&refusal), "service request");
}

async fn sr_5_pre_approval_needs_every_condition(db: TestDatabase) {
    let w = World::new(db);
    let support = w.acme_support("12").await;
    let submitted = async |policies: serde_json::Value, new: CreateRequest| {
        let app = w.under(policies);
        let id = app.create_request(&w.staff, &new).await.unwrap();
        app.move_request(&w.staff, id, &RequestChange::Submit).await.unwrap();
        let row = w.request(id).await.record().clone();
        app.cancel_request(&w.staff, id, None).await.unwrap();
        (row.status.to_string(), row.approval.map(|approval| approval.kind))
    };
    let new = a_request(support.service);
    let approved = ("approved".to_owned(), Some(ApprovalKind::PreApproved));
    let pending = ("pending_approval".to_owned(), None);
    let up_to = |more: serde_json::Value| {
        let mut credits = json!({"pre_approved_up_to": "20"});
        for (field, value) in more.as_object().unwrap() {
            credits[field] = value.clone();
        }
        json!({"credits": credits})
    };
    let five = new.clone().estimated("5");
    assert_eq!(submitted(up_to(json!({"pre_approved_up_to": "5"})), five.clone()).await, approved);
    assert_eq!(submitted(up_to(json!({"pre_approved_up_to": "4.9"})), five.clone()).await, pending);
    assert_eq!(submitted(json!({}), five.clone()).await, pending, "the default is 0");
    assert_eq!(submitted(up_to(json!({})), new.clone()).await, pending, "no estimate");
    assert_eq!(submitted(up_to(json!({})), new.clone().estimated("12")).await, approved);
    assert_eq!(submitted(up_to(json!({})), new.clone().estimated("12.1")).await, pending, "not covered");
    let overdraft = json!({"on_exhausted": "overdraft", "overdraft_limit": "5"});
    assert_eq!(
        submitted(up_to(overdraft), new.clone().estimated("13")).await,
        pending,
        "overdraft is no cover"
    );
    // CR-12: limits take a request out of pre-approval, they do not block.
    assert_eq!(submitted(up_to(json!({"per_request_limit": "4"})), five.clone()).await, pending);
    assert_eq!(submitted(up_to(json!({"per_request_limit": "5"})), five.clone()).await, approved);
    w.asked(&new.clone().estimated("3"), Until::Completed).await;
    assert_eq!(submitted(up_to(json!({"monthly_limit": "8"})), five.clone()).await, approved);
    assert_eq!(submitted(up_to(json!({"monthly_limit": "7.9"})), five.clone()).await, pending);
    // The next month counts anew.
    w.clock.days_pass(31);
    assert_eq!(submitted(up_to(json!({"monthly_limit": "5"})), five).await, approved);
    w.audit().await;
}

async fn sr_5_what_is_approved_beforehand_is_held(db: TestDatabase) {
    let w = World::with(db, json!({"credits": {"pre_approved_up_to": "20"}}));
    let support = w.acme_support("7").await;
    let submit = async |id| w.told(w.app.move_request(&w.staff, id, &RequestChange::Submit)).await.1;
    // What could not be held is held now that it can be, so that nobody else gets it.
    let first = w.asked(&a_request(support.service).estimated("10"), Until::Draft).await;
    assert_eq!(w.held(support.balance, first).await, credits("7"));
    w.grant(support.balance, "5").await;
    assert_eq!(submit(first).await, ["credits.reserved", "service_request.submitted"]);
    assert_eq!(
        (w.status(first).await, w.held(support.balance, first).await),
        ("approved".into(), credits("10"))
    );
    // Where not all of it can be, nothing is, and somebody has to approve it.
    let second = w.asked(&a_request(support.service).estimated("4"), Until::Draft).await;
    assert_eq!(w.held(support.balance, second).await, credits("2"));
    w.grant(support.balance, "1.9").await;
    assert_eq!(submit(second).await, ["service_request.submitted"]);
    assert_eq!(w.status(second).await, "pending_approval");
    assert_eq!(w.held(support.balance, second).await, credits("2"));
    w.audit().await;
}

async fn sr_6_an_estimate_is_held_anew_or_the_old_hold_stands(db: TestDatabase) {
    let w = World::with(db, json!({"credits": {"on_exhausted": "block"}}));
    let support = w.acme_support("10").await;
    let refusal =
        w.refused(w.app.create_request(&w.staff, &a_request(support.service).estimated("11"))).await;
    assert_eq!(rule(&refusal), "insufficient-credits");
    let id = w.asked(&a_request(support.service).estimated("6"), Until::Draft).await;
    let (_, events) = w.told(w.app.estimate_request(&w.staff, id, &estimate_of("9"))).await;
    assert_eq!(events, ["credits.reserved", "service_request.estimated"]);
    assert_eq!(w.figures(support.balance).await, "1 9 0");
    let refusal = w.refused(w.app.estimate_request(&w.staff, id, &estimate_of("10.1"))).await;
    assert_eq!(rule(&refusal), "insufficient-credits");
    assert_eq!(w.held(support.balance, id).await, credits("9"), "the old hold stands");
    assert_eq!(w.request(id).await.estimated_credits(), Some(credits("9")), "and so does the estimate");
    w.app.estimate_request(&w.staff, id, &estimate_of("2.5")).await.unwrap();
    assert_eq!(w.figures(support.balance).await, "7.5 2.5 0");

    // From nothing to an estimate, and to one of the catalog.
    let later = w.asked(&a_request(support.service), Until::Draft).await;
    assert_eq!(w.held(support.balance, later).await, credits("0"));
    let item = w.item("THEME", "5", Complexity::Medium).await;
    let work = RequestWork::Catalog { item, complexity: None };
    let from_catalog = EstimateRequest { work, base_credit_value: None };
    w.app.estimate_request(&w.staff, later, &from_catalog).await.unwrap();
    assert_eq!(w.held(support.balance, later).await, credits("7.5"));
    let negative = estimate_of("1");
    let negative = EstimateRequest {
        work: RequestWork::Figure { base: ust_credits::Credits::from_units(-1), complexity: Complexity::Low },
        ..negative
    };
    assert_eq!(wrong(&w.refused(w.app.estimate_request(&w.staff, id, &negative)).await), ["estimate"]);
    w.audit().await;
}

async fn sr_6_after_approval_a_higher_estimate_needs_approval_again(db: TestDatabase) {
    let w = World::new(db);
    let support = w.acme_support("40").await;
    for until in [Until::Approved, Until::InProgress, Until::OnHold] {
        let id = w.asked(&a_request(support.service).estimated("4"), until).await;
        let before = w.status(id).await;
        w.app.estimate_request(&w.staff, id, &estimate_of("3")).await.unwrap();
        assert_eq!(w.status(id).await, before, "a lower one moves nothing");
        w.app.estimate_request(&w.staff, id, &estimate_of("4")).await.unwrap();
        assert_eq!(w.status(id).await, before, "nor does one that was approved");
        w.app.estimate_request(&w.staff, id, &estimate_of("4.1")).await.unwrap();
        assert_eq!(w.status(id).await, "pending_approval");
        assert_eq!(w.held(support.balance, id).await, credits("4.1"));
        w.app.move_request(&w.staff, id, &on_behalf()).await.unwrap();
        assert_eq!(w.request(id).await.record().approval.clone().unwrap().credits, Some(credits("4.1")));
        w.app.cancel_request(&w.staff, id, None).await.unwrap();
    }
    let done = w.asked(&a_request(support.service).estimated("4"), Until::Completed).await;
    let refusal = w.refused(w.app.estimate_request(&w.staff, done, &estimate_of("1"))).await;
    assert_eq!(illegal(&refusal), ("completed", "estimate"));
}

async fn sr_7_under_debit_on_acceptance_the_hold_stays_until_then(db: TestDatabase) {
    let w = World::with(db, json!({"credits": {"debit_on": "acceptance"}}));
    let support = w.acme_support("10").await;
    let ana = owner_of(support.organization);
    let id = w.asked(&a_request(support.service).estimated("4"), Until::InProgress).await;
    let (_, events) = w.told(w.app.complete_request(&w.staff, id, &took("3"))).await;
    assert_eq!(events, ["service_request.completed"]);
    assert_eq!(w.figures(support.balance).await, "6 4 0");
    assert_eq!(w.request(id).await.record().settled, None);
    // Sent back before: nothing was debited, and the hold still stands.
    let (_, events) = w.told(w.app.reopen_request(&ana, id, "a typo")).await;
    assert_eq!(events, ["service_request.reopened"]);
    assert_eq!(w.figures(support.balance).await, "6 4 0");
    w.app.complete_request(&w.staff, id, &took("3")).await.unwrap();
    let (_, events) = w.told(w.app.accept_request(&ana, id)).await;
    assert_eq!(events, ["credits.settled", "service_request.accepted"]);
    assert_eq!(w.figures(support.balance).await, "7 0 3");
    assert_eq!(illegal(&w.refused(w.app.accept_request(&ana, id)).await), ("accepted", "accept"));
    w.audit().await;
}

async fn sr_4_a_reopened_request_is_settled_anew(db: TestDatabase) {
    let w = World::new(db);
    let support = w.acme_support("10").await;
    let ana = owner_of(support.organization);
    let id = w.asked(&a_request(support.service).estimated("4"), Until::InProgress).await;
    w.app.complete_request(&w.staff, id, &took("12")).await.unwrap();
    assert_eq!(w.figures(support.balance).await, "0 0 10");
    assert_eq!(w.balance(support.balance).await.totals().excess, credits("2"));
    assert!(matches!(w.refused(w.app.reopen_request(&ana, id, " ")).await, Refusal::Invalid(_)));
    let (_, events) = w.told(w.app.reopen_request(&ana, id, "the colours are wrong")).await;
    assert_eq!(events, ["credits.reversed", "credits.reserved", "service_request.reopened"]);
    assert_eq!(w.figures(support.balance).await, "6 4 0");
    assert_eq!(w.balance(support.balance).await.totals().excess, credits("0"));
    w.app.complete_request(&w.staff, id, &took("5")).await.unwrap();
    assert_eq!(w.figures(support.balance).await, "5 0 5");
    w.app.accept_request(&ana, id).await.unwrap();
    let refusal = w.refused(w.app.reopen_request(&ana, id, "once more")).await;
    assert_eq!(illegal(&refusal), ("accepted", "reopen"));
    w.audit().await;
}

async fn sr_4_a_held_request_goes_back_to_where_it_was(db: TestDatabase) {
    let w = World::new(db);
    let support = w.acme_support("10").await;
    for (until, back) in [(Until::Approved, "approved"), (Until::InProgress, "in_progress")] {
        let id = w.asked(&a_request(support.service).estimated("1"), until).await;
        let hold = |reason: &str| RequestChange::Hold { reason: reason.to_owned() };
        assert!(matches!(w.refused(w.app.move_request(&w.staff, id, &hold(" "))).await, Refusal::Invalid(_)));
        let (_, events) = w.told(w.app.move_request(&w.staff, id, &hold("no logins"))).await;
        assert_eq!(events, ["service_request.held"]);
        assert_eq!(w.held(support.balance, id).await, credits("1"), "its credits stay held");
        let complete = w.refused(w.app.complete_request(&w.staff, id, &took("1"))).await;
        assert_eq!(illegal(&complete), ("on_hold", "complete"));
        let (_, events) = w.told(w.app.move_request(&w.staff, id, &RequestChange::Resume)).await;
        assert_eq!(events, ["service_request.resumed"]);
        assert_eq!(w.status(id).await, back);
    }
}

async fn sr_8_closing_in_every_way_releases(db: TestDatabase) {
    let w = World::new(db);
    let support = w.acme_support("10").await;
    let ana = owner_of(support.organization);
    let new = a_request(support.service).estimated("4");
    // Rejected, cancelled: from wherever that may be.
    for until in [Until::Draft, Until::Pending] {
        let id = w.asked(&new, until).await;
        assert_eq!(w.figures(support.balance).await, "6 4 0");
        let (_, events) = w.told(w.app.reject_request(&ana, id, Some("too dear"))).await;
        assert_eq!(events, ["credits.released", "service_request.rejected"]);
        assert_eq!(w.figures(support.balance).await, "10 0 0");
        assert_eq!(illegal(&w.refused(w.app.reject_request(&ana, id, None)).await), ("closed", "reject"));
    }
    for until in [Until::Draft, Until::Pending, Until::Approved, Until::InProgress, Until::OnHold] {
        let id = w.asked(&new, until).await;
        if until >= Until::Approved {
            w.refused(w.app.cancel_request(&ana, id, None)).await;
        }
        let (_, events) = w.told(w.app.cancel_request(&w.staff, id, None)).await;
        assert_eq!(events, ["credits.released", "service_request.cancelled"]);
        assert_eq!(w.figures(support.balance).await, "10 0 0");
    }
    // Turned into a quote: a draft without lines, for staff to price.
    let id = w.asked(&new, Until::Pending).await;
    assert!(matches!(
        w.refused(w.app.convert_request_to_quote(&ana, id, None)).await,
        Refusal::Forbidden { .. }
    ));
    let (quote, events) = w.told(w.app.convert_request_to_quote(&w.staff, id, Some("a project"))).await;
    assert_eq!(events, ["credits.released", "quote.drafted", "service_request.quoted"]);
    assert_eq!(w.figures(support.balance).await, "10 0 0");
    let quote = w.quote(quote).await;
    assert_eq!(
        (quote.code().to_string(), quote.title()),
        ("QT-20260001".to_owned(), "Nova página de acesso")
    );
    // Without an estimate there is nothing to release, and no word of it.
    let id = w.asked(&a_request(support.service), Until::Draft).await;
    let (_, events) = w.told(w.app.cancel_request(&w.staff, id, None)).await;
    assert_eq!(events, ["service_request.cancelled"]);
    assert_eq!(w.count("credit_hold", "state = 'open'").await, 0);
    w.audit().await;
}

async fn sr_9_an_execution_waits_for_its_analysis(db: TestDatabase) {
    let w = World::new(db);
    let support = w.acme_support("10").await;
    let analysis = w.asked(&a_request(support.service).estimated("1"), Until::InProgress).await;
    let execution =
        w.asked(&a_request(support.service).estimated("6").assigned().after(analysis), Until::Approved).await;
    let refusal = w.refused(w.app.move_request(&w.staff, execution, &RequestChange::Start)).await;
    assert_eq!(rule(&refusal), "analysis-open");
    assert!(refusal.to_string().contains("SR-20260001 is in_progress"), "{refusal}");
    w.app.complete_request(&w.staff, analysis, &took("1")).await.unwrap();
    w.app.move_request(&w.staff, execution, &RequestChange::Start).await.unwrap();

    // The execution is rejected: the analysis stays, and only it is billed.
    let another = w.asked(&a_request(support.service).estimated("5").after(analysis), Until::Pending).await;
    let ana = owner_of(support.organization);
    w.app.reject_request(&ana, another, None).await.unwrap();
    w.app.cancel_request(&w.staff, execution, None).await.unwrap();
    w.app.accept_request(&ana, analysis).await.unwrap();
    w.app.start_billing_run(&w.staff).await.unwrap();
    assert_eq!(w.count("invoice_line", "source_kind = 'service_request'").await, 1);
    assert_eq!(w.status(analysis).await, "billed");

    // Another customer's request is none that could be named.
    let globex = w.organization("Globex").await;
    let theirs = w.support(globex, "10").await;
    let refusal = w.refused(w.app.create_request(&w.staff, &a_request(theirs.service).after(analysis))).await;
    assert_eq!(wrong(&refusal), ["analysis"]);
}

async fn sr_10_customers_write_client_notes_only(db: TestDatabase) {
    let w = World::new(db);
    let support = w.acme_support("10").await;
    let ana = owner_of(support.organization);
    let id = w.asked(&a_request(support.service), Until::Draft).await;
    let (_, events) = w.told(w.app.add_note(&ana, id, NoteVisibility::Client, "When?")).await;
    assert_eq!(events, ["note.added"]);
    w.app.add_note(&w.staff, id, NoteVisibility::Internal, "Soon.").await.unwrap();
    let refusal = w.refused(w.app.add_note(&ana, id, NoteVisibility::Internal, "Psst")).await;
    assert_eq!(rule(&refusal), "client-notes-only");
    assert_eq!(wrong(&w.refused(w.app.add_note(&ana, id, NoteVisibility::Client, " ")).await), ["body"]);
    // What a note says is not in the journal: internal notes stay where they are.
    assert_eq!(w.count("event", "CAST(after AS TEXT) LIKE '%Soon.%'").await, 0);
}

async fn sr_11_the_customer_suggests_a_priority_and_staff_set_it(db: TestDatabase) {
    let w = World::new(db);
    let support = w.acme_support("10").await;
    let campus = w.campus(support.organization, None).await;
    let ana = owner_of(support.organization);
    let id = w.app.create_request(&ana, &a_request(campus.environment).urgent()).await.unwrap();
    let priorities = async || {
        let row = w.request(id).await.record().clone();
        (row.priority, row.suggested_priority)
    };
    assert_eq!(priorities().await, (Priority::Urgent, Some(Priority::Urgent)));
    let edit = |priority| RequestEdit { priority: Some(priority), ..RequestEdit::default() };
    w.app.update_request(&w.staff, id, &edit(Priority::Low), None).await.unwrap();
    assert_eq!(priorities().await, (Priority::Low, Some(Priority::Urgent)), "both are kept");
    w.app.update_request(&ana, id, &edit(Priority::High), None).await.unwrap();
    assert_eq!(priorities().await, (Priority::Low, Some(Priority::High)), "staff's counts");

    let few = w.under(json!({"sla": {"priorities": ["low", "normal"]}}));
    let refusal = w.refused(few.create_request(&w.staff, &a_request(support.service).urgent())).await;
    assert_eq!(rule(&refusal), "priority-not-offered");
    assert_eq!(
        wrong(&w.refused(few.update_request(&w.staff, id, &edit(Priority::High), None)).await),
        ["priority"]
    );
}

async fn sr_20_the_snapshot_survives_a_price_change(db: TestDatabase) {
    let w = World::new(db);
    let support = w.acme_support("1").await;
    let dearer = w.under(json!({"credits": {"base_credit_value": {"amount": "250", "currency": "BRL"}}}));
    let id = w.asked(&a_request(support.service).estimated("3"), Until::Completed).await;
    dearer.accept_request(&owner_of(support.organization), id).await.unwrap();
    dearer.start_billing_run(&w.staff).await.unwrap();
    let billed = w.request(id).await.record().billing.unwrap();
    assert_eq!((billed.value, billed.covered, billed.due), (brl("300"), brl("100"), brl("200")));
    // And what staff agree once stays, too.
    let agree = |worth: Money| EstimateRequest { base_credit_value: Some(worth), ..estimate_of("1") };
    let id = w.asked(&a_request(support.service), Until::Draft).await;
    let refusal = w.refused(dearer.estimate_request(&w.staff, id, &agree(brl("1")))).await;
    assert_eq!(wrong(&refusal), ["base_credit_value"]);
}

async fn ct_1_the_catalog_changes_and_requests_keep_their_price(db: TestDatabase) {
    let w = World::new(db);
    let support = w.acme_support("40").await;
    let item = w.item("THEME", "4", Complexity::Low).await;
    let id = w.asked(&a_request(support.service).of_catalog(item), Until::InProgress).await;
    let content = CatalogItemContent {
        code: "THEME".to_owned(),
        name: "A theme, dearer".to_owned(),
        service_type: kernel::ServiceType::Support,
        description: String::new(),
        base_credits: credits("9"),
        usual_complexity: Complexity::High,
    };
    let (_, events) = w.told(w.app.update_catalog_item(&w.staff, item, &content, Some(1))).await;
    assert_eq!(events, ["catalog_item.updated"]);
    let stale = w.refused(w.app.update_catalog_item(&w.staff, item, &content, Some(1))).await;
    assert!(matches!(stale, Refusal::Store(StoreError::Stale { .. })));
    w.idle(w.app.update_catalog_item(&w.staff, item, &content, Some(2))).await;
    w.app.deactivate_catalog_item(&w.staff, item).await.unwrap();
    w.idle(w.app.deactivate_catalog_item(&w.staff, item)).await;
    assert_eq!(rule(&w.refused(w.app.create_catalog_item(&w.staff, &content)).await), "catalog-code-taken");
    w.app.complete_request(&w.staff, id, &service_delivery::CompleteRequest::default()).await.unwrap();
    let actual = w.request(id).await.record().completion.clone().unwrap().actual;
    assert_eq!((actual.base, actual.credits), (credits("4"), credits("4")));
    // Another figure than the fixed price needs a reason (SR-7).
    w.app.activate_catalog_item(&w.staff, item).await.unwrap();
    let id = w.asked(&a_request(support.service).of_catalog(item), Until::InProgress).await;
    let mut silent = took("2");
    silent.actual.as_mut().unwrap().reason = None;
    assert_eq!(wrong(&w.refused(w.app.complete_request(&w.staff, id, &silent)).await), ["reason"]);
    w.app.complete_request(&w.staff, id, &took("2")).await.unwrap();
    // That it is done comes before what is wrong with a figure for it.
    assert_eq!(
        illegal(&w.refused(w.app.complete_request(&w.staff, id, &silent)).await),
        ("completed", "complete")
    );
}

async fn cr_13_the_balance_that_pays_is_found_or_refused(db: TestDatabase) {
    let w = World::new(db);
    let acme = w.organization("Acme").await;
    let block = w.under(json!({"credits": {"on_exhausted": "block"}}));
    let bare = w.campus(acme, None).await;
    let new = a_request(bare.environment).estimated("1");
    let payer = async |id: ServiceRequestId| w.request(id).await.record().credit_balance;
    // None at all: everything will be excess, or it is refused.
    assert_eq!(payer(w.asked(&new, Until::Draft).await).await, None);
    assert_eq!(rule(&w.refused(block.create_request(&w.staff, &new)).await), "insufficient-credits");
    // The organization's: the one whose oldest usable lot is oldest.
    let empty = w.support(acme, "0").await;
    let first = w.support(acme, "5").await;
    w.clock.days_pass(1);
    let second = w.support(acme, "50").await;
    assert_eq!(payer(w.asked(&new, Until::Draft).await).await, Some(first.balance));
    // The one linked to the environment; the entitlement's own; the one named.
    let linked = w.campus(acme, Some(second.balance)).await;
    let on_linked = a_request(linked.environment).estimated("1");
    assert_eq!(payer(w.asked(&on_linked, Until::Draft).await).await, Some(second.balance));
    let own = a_request(empty.service).estimated("1");
    assert_eq!(payer(w.asked(&own, Until::Draft).await).await, Some(empty.balance));
    let named = on_linked.paid_by(first.balance);
    assert_eq!(payer(w.asked(&named, Until::Draft).await).await, Some(first.balance));
    // Not somebody else's.
    let globex = w.organization("Globex").await;
    let theirs: Support = w.support(globex, "50").await;
    for balance in [theirs.balance, w.fresh::<CreditBalanceId>()] {
        let refusal = w.refused(w.app.create_request(&w.staff, &new.clone().paid_by(balance))).await;
        assert_eq!(wrong(&refusal), ["credit_balance_id"]);
    }
    // A frozen one pays for nothing new, wherever the work is.
    w.app
        .change_entitlement(&w.staff, second.entitlement, EntitlementChange::Suspend, "unpaid")
        .await
        .unwrap();
    let refusal =
        w.refused(w.app.create_request(&w.staff, &a_request(linked.environment).estimated("1"))).await;
    assert_eq!(rule(&refusal), "balance-frozen");
    w.audit().await;
}

async fn cr_13_who_pays_is_chosen_when_credits_are_held_or_debited(db: TestDatabase) {
    let w = World::new(db);
    let block = w.under(json!({"credits": {"on_exhausted": "block"}}));
    let acme = w.organization("Acme").await;
    let bare = w.campus(acme, None).await;
    let payer = async |id: ServiceRequestId| w.request(id).await.record().credit_balance;
    // Asked for while there are no credits; nothing is held, so that nothing can be refused.
    let bought_later = block.create_request(&w.staff, &a_request(bare.environment)).await.unwrap();
    let estimate = w.refused(block.estimate_request(&w.staff, bought_later, &estimate_of("1"))).await;
    assert_eq!(rule(&estimate), "insufficient-credits");
    let never_estimated = w.asked(&a_request(bare.environment), Until::InProgress).await;
    let estimated_before = w.asked(&a_request(bare.environment).estimated("2"), Until::InProgress).await;
    let first = w.support(acme, "5").await;
    let used_up = w.asked(&a_request(bare.environment), Until::Draft).await;
    assert_eq!(payer(used_up).await, None);
    // The customer has bought some: they pay for what is estimated, or done, from now on.
    w.app.estimate_request(&w.staff, bought_later, &estimate_of("3")).await.unwrap();
    assert_eq!(payer(bought_later).await, Some(first.balance));
    assert_eq!(w.held(first.balance, bought_later).await, credits("3"));
    for (id, debited) in [(never_estimated, "1"), (estimated_before, "1")] {
        assert_eq!(payer(id).await, None);
        block.complete_request(&w.staff, id, &took("1")).await.unwrap();
        let row = w.request(id).await.record().clone();
        assert_eq!(
            (row.credit_balance, row.settled.unwrap().debited),
            (Some(first.balance), credits(debited))
        );
    }
    // What was there when the request was made is used up; what is there now pays.
    let second = w.support(acme, "50").await;
    w.app.estimate_request(&w.staff, used_up, &estimate_of("4")).await.unwrap();
    assert_eq!(payer(used_up).await, Some(second.balance));
    // Whoever pays goes on paying.
    w.app.estimate_request(&w.staff, bought_later, &estimate_of("4")).await.unwrap();
    assert_eq!(payer(bought_later).await, Some(first.balance));
    // Where nobody pays at last, the work is done all the same (CR-6).
    let globex = w.organization("Globex").await;
    let poor = w.campus(globex, None).await;
    let id = w.asked(&a_request(poor.environment), Until::InProgress).await;
    block.complete_request(&w.staff, id, &took("2")).await.unwrap();
    let row = w.request(id).await.record().clone();
    assert_eq!((row.credit_balance, row.settled.unwrap().excess), (None, credits("2")));
    w.audit().await;
}
