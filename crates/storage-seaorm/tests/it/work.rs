//! Services, service requests and notes.

use kernel::{StoreError, Timestamp};
use sr_workflow::{
    Acceptance, ActualBasis, ActualRecord, Approval, ApprovalKind, BilledValue, CatalogChoice, CloseReason,
    Closure, Completion, Consent, HeldFrom, Note, NoteRecord, NoteVisibility, Priority, Reopening,
    RequestOrigin, RequestStatus, Service, ServiceContent, ServiceMode, ServiceRecord, ServiceRequest,
    ServiceRequestRecord, ServiceStatus, ServiceType, Settled,
};
use storage_seaorm::testing::TestDatabase;
use strum::VariantArray;
use time::macros::date;
use ust_credits::{CatalogItem, CatalogItemContent, Complexity};

use crate::{
    on_both,
    support::{World, begin, brl, credits, duplicate, id, now, staff},
};

on_both! {
    a_service_round_trips_in_every_state,
    a_request_round_trips_in_every_state,
    sr_3_codes_and_issue_keys_are_unique,
    requests_are_found_by_what_can_happen_to_them,
    en_3_services_and_requests_get_the_organization,
    sr_10_a_note_is_kept,
}

async fn a_service_round_trips_in_every_state(db: TestDatabase) {
    let world = World::new(&db).await;
    let mut count = 0;
    for mode in ServiceMode::VARIANTS {
        for status in ServiceStatus::VARIANTS {
            let project = *mode == ServiceMode::Project;
            let full = ServiceContent {
                jira_project_key: Some("ACME".parse().unwrap()),
                start: Some(date!(2026 - 01 - 31)),
                estimated_end: project.then_some(date!(2026 - 06 - 30)),
                deliverables: vec!["A \"portal\"".to_owned(), "Documentação".to_owned()],
                ..ServiceContent::new("Portal", ServiceType::MobileApps)
            };
            let consent = |on_behalf| Some(Consent { by: staff(), at: now(), on_behalf });
            let record = ServiceRecord {
                id: id(),
                entitlement: world.entitlement,
                organization: Some(world.organization),
                content: full,
                mode: *mode,
                status: *status,
                actual_end: (*status == ServiceStatus::Closed).then_some(date!(2026 - 07 - 01)),
                approval: consent(Some("by telephone".to_owned())),
                acceptance: (*status == ServiceStatus::Closed).then(|| consent(None)).flatten(),
                created_at: now(),
                changed_at: now(),
                version: 1,
            };
            // Not every status exists in every mode.
            let Ok(it) = Service::restore(record) else { continue };
            count += 1;
            let mut uow = begin(&db).await;
            uow.work().insert_service(&it).await.unwrap();
            assert_eq!(uow.work().lock_service(it.id()).await.unwrap().as_ref(), Some(&it));
            let site = uow.share_service(it.id()).await.unwrap().unwrap();
            assert_eq!((&site.service, site.balance), (&it, Some(world.balance)));
            assert_eq!(site.entitlement.id(), it.entitlement());
            uow.work().save_service(&it).await.unwrap();
            assert_eq!(uow.work().lock_service(it.id()).await.unwrap().unwrap().version(), 2);
            assert_eq!(uow.work().save_service(&it).await, Err(StoreError::Stale { entity: "service" }));
            uow.commit().await.unwrap();
        }
    }
    let mut uow = begin(&db).await;
    let under = uow.work().services_under(world.entitlement).await.unwrap();
    assert_eq!(under.len(), count + 1);
    assert_eq!(under[0].id(), world.service);
    assert!(count > 10);
}

/// A request in `status` with every field that one can have there.
fn a_request(
    world: &World,
    code: &str,
    status: RequestStatus,
    catalog: Option<CatalogChoice>,
) -> ServiceRequestRecord {
    use RequestStatus as S;
    let done = matches!(status, S::Completed | S::Billed);
    let approved = done || matches!(status, S::Approved | S::InProgress | S::OnHold);
    let on_hold = status == S::OnHold;
    ServiceRequestRecord {
        status,
        description: "Uma página 😀\nwith two lines".to_owned(),
        held_from: on_hold.then_some(HeldFrom::InProgress),
        hold_reason: on_hold.then(|| "waiting".to_owned()),
        priority: Priority::Urgent,
        suggested_priority: Some(Priority::Low),
        due_date: Some(date!(2026 - 05 - 31)),
        assignee: Some("Rosa".to_owned()),
        jira_issue_key: Some(format!("ACME-{}", code.len() + status as usize).parse().unwrap()),
        catalog,
        complexity: Some(Complexity::Medium),
        estimated_base: Some(credits("4")),
        estimated_credits: Some(credits("6")),
        hold_given_back: status == S::Draft,
        base_credit_value: Some(brl("120.00")),
        approval: approved.then(|| Approval {
            kind: ApprovalKind::OnBehalf,
            by: staff(),
            at: now(),
            reason: Some("by e-mail".to_owned()),
            credits: Some(credits("6")),
        }),
        completion: done.then(|| Completion {
            actual: ActualRecord {
                base: credits("4"),
                credits: credits("6"),
                basis: ActualBasis::Figure,
                reason: Some("less than thought".to_owned()),
                worklog_seconds: 5_400,
            },
            by: staff(),
            at: now(),
        }),
        settled: done.then(|| Settled {
            debited: credits("3.5"),
            overdrawn: credits("0.5"),
            excess: credits("2"),
            at: now(),
        }),
        acceptance: done.then(|| Acceptance { by: staff(), at: now() }),
        reopening: done.then(|| Reopening { reason: "a typo".to_owned(), by: staff(), at: now() }),
        billing: (status == S::Billed).then(|| BilledValue {
            value: brl("720.000"),
            covered: brl("480.000"),
            due: brl("240.000"),
            at: now(),
        }),
        closure: (status == S::Closed).then(|| Closure {
            reason: CloseReason::EntitlementEnded,
            remark: Some("it ended".to_owned()),
            by: staff(),
            at: now(),
        }),
        ..world.request(code)
    }
}

async fn a_request_round_trips_in_every_state(db: TestDatabase) {
    let world = World::new(&db).await;
    let content = CatalogItemContent {
        code: "PAGE".to_owned(),
        name: "A page".to_owned(),
        service_type: ServiceType::Development.to_string().parse().unwrap(),
        description: String::new(),
        base_credits: credits("4"),
        usual_complexity: Complexity::Medium,
    };
    let item = CatalogItem::try_new(id(), content).unwrap();
    let mut uow = begin(&db).await;
    uow.credits().insert_catalog_item(&item).await.unwrap();
    uow.commit().await.unwrap();
    let choice = CatalogChoice { item: item.id(), base: credits("4") };
    let mut analysis = None;
    for (number, status) in (1..).zip(RequestStatus::VARIANTS.iter().copied()) {
        let code = format!("SR-2026{number:04}");
        let mut record = a_request(&world, &code, status, Some(choice));
        record.analysis = analysis;
        if number % 2 == 0 {
            record.origin = RequestOrigin::Standalone(world.environment);
        }
        analysis = Some(record.id);
        let it = ServiceRequest::restore(record).unwrap();
        let mut uow = begin(&db).await;
        uow.work().insert_request(&it).await.unwrap();
        uow.commit().await.unwrap();
        let mut uow = begin(&db).await;
        assert_eq!(uow.work().request(it.id()).await.unwrap().as_ref(), Some(&it), "{status}");
        let site = uow.share_request(it.id()).await.unwrap().unwrap();
        assert_eq!((&site.request, site.entitlement.id()), (&it, it.record().entitlement));
        assert_eq!(site.payer_under, it.record().credit_balance.map(|_| world.entitlement));
        assert_eq!(uow.work().lock_request(it.id()).await.unwrap().as_ref(), Some(&it));
        assert_eq!(uow.work().request_id(it.code()).await, Ok(Some(it.id())));
        uow.work().save_request(&it).await.unwrap();
        assert_eq!(uow.work().request(it.id()).await.unwrap().unwrap().version(), 2);
        uow.work().save_request(&it).await.unwrap();
        assert_eq!(uow.commit().await, Err(StoreError::Stale { entity: "service request" }));
    }
    let bare = ServiceRequest::restore(ServiceRequestRecord {
        organization: None,
        credit_balance: None,
        requested_by: kernel::Actor::system("import"),
        created_at: Timestamp::MIN,
        moved_at: Timestamp::MAX,
        ..world.request("SR-202612345")
    });
    let bare = bare.unwrap();
    let mut uow = begin(&db).await;
    uow.work().insert_request(&bare).await.unwrap();
    assert_eq!(uow.work().request(bare.id()).await, Ok(Some(bare)));
    assert_eq!(uow.work().request(id()).await, Ok(None));
    // Every reason for closing and every priority is one that the schema knows.
    for (number, reason) in (1..).zip(CloseReason::VARIANTS.iter().copied()) {
        let mut record = a_request(&world, &format!("SR-2027{number:04}"), RequestStatus::Closed, None);
        record.jira_issue_key = None;
        record.complexity = None;
        (record.estimated_base, record.estimated_credits) = (None, None);
        record.closure = Some(Closure { reason, remark: None, by: staff(), at: now() });
        record.priority = Priority::VARIANTS[number % 4];
        let it = ServiceRequest::restore(record).unwrap();
        uow.work().insert_request(&it).await.unwrap();
        assert_eq!(uow.work().request(it.id()).await, Ok(Some(it)));
    }
}

async fn sr_3_codes_and_issue_keys_are_unique(db: TestDatabase) {
    let world = World::new(&db).await;
    let with = |code: &str, key: &str| {
        let jira_issue_key = Some(key.parse().unwrap());
        ServiceRequest::restore(ServiceRequestRecord { jira_issue_key, ..world.request(code) }).unwrap()
    };
    let mut uow = begin(&db).await;
    uow.work().insert_request(&with("SR-20260001", "ACME-1")).await.unwrap();
    uow.commit().await.unwrap();
    let mut uow = begin(&db).await;
    uow.work().insert_request(&with("SR-20260001", "ACME-2")).await.unwrap();
    assert_eq!(duplicate(uow.commit().await), "service_request_code_key");
    let mut uow = begin(&db).await;
    uow.work().insert_request(&with("SR-20260002", "ACME-1")).await.unwrap();
    assert_eq!(duplicate(uow.commit().await), "service_request_jira_issue_key_key");
}

async fn requests_are_found_by_what_can_happen_to_them(db: TestDatabase) {
    let world = World::new(&db).await;
    let mut ids = Vec::new();
    let mut uow = begin(&db).await;
    for (number, status) in (1..).zip(RequestStatus::VARIANTS.iter().copied()) {
        let mut record = a_request(&world, &format!("SR-2026{number:04}"), status, None);
        record.jira_issue_key = None;
        ids.push((status, record.id));
        uow.work().insert_request(&ServiceRequest::restore(record).unwrap()).await.unwrap();
    }
    let mut waiting = a_request(&world, "SR-20260100", RequestStatus::Completed, None);
    waiting.acceptance = None;
    waiting.jira_issue_key = None;
    uow.work().insert_request(&ServiceRequest::restore(waiting).unwrap()).await.unwrap();
    uow.commit().await.unwrap();

    use RequestStatus as S;
    let mut uow = begin(&db).await;
    let open = uow.work().open_requests_under(world.entitlement).await.unwrap();
    let expected = [S::Draft, S::PendingApproval, S::Approved, S::InProgress, S::OnHold];
    assert_eq!(open.iter().map(ServiceRequest::status).collect::<Vec<_>>(), expected);
    assert!(uow.work().open_requests_under(id()).await.unwrap().is_empty());
    let billable = uow.work().lock_billable_requests().await.unwrap();
    let completed = ids.iter().find(|(status, _)| *status == S::Completed).unwrap().1;
    assert_eq!(billable.iter().map(ServiceRequest::id).collect::<Vec<_>>(), [completed]);
}

async fn en_3_services_and_requests_get_the_organization(db: TestDatabase) {
    let world = World::new(&db).await;
    let record = ServiceRequestRecord { organization: None, ..world.request("SR-20260001") };
    let it = ServiceRequest::restore(record).unwrap();
    let mut uow = begin(&db).await;
    uow.work().insert_request(&it).await.unwrap();
    uow.work().attach_organization(world.entitlement, world.organization).await.unwrap();
    let stored = uow.work().request(it.id()).await.unwrap().unwrap();
    assert_eq!(stored.record().organization, Some(world.organization));
    // Those that had one are as they were.
    assert_eq!(uow.work().lock_service(world.service).await.unwrap().unwrap().version(), 1);
}

async fn sr_10_a_note_is_kept(db: TestDatabase) {
    let world = World::new(&db).await;
    let request = world.requests(&db, 1).await[0];
    let mut uow = begin(&db).await;
    for visibility in NoteVisibility::VARIANTS {
        let record = NoteRecord {
            id: id(),
            request,
            visibility: *visibility,
            author: staff(),
            body: "Seen.".to_owned(),
            at: now(),
        };
        uow.work().insert_note(&Note::try_new(record).unwrap()).await.unwrap();
    }
    uow.commit().await.unwrap();
    assert_eq!(db.number("SELECT count(*) FROM note WHERE visibility = 'internal'").await, Ok(1));
}
