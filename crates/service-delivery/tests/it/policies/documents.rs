//! Documents: fleets that follow, history, guards, concurrency, and the events that name them.

use kernel::ports::Clock as _;
use policy_resolver::Document;
use serde_json::json;
use service_delivery::{
    PolicyFreshness as _, PolicyScope, PolicySet, PolicySource as _, Refusal,
    policy_documents::Feed as _,
    reads::{PolicyDocumentQuery, PolicyVersionQuery, Reads as _, Viewer},
};
use storage_seaorm::testing::TestDatabase;

use super::{SVC, document, resolver_instant, writing};
use crate::{
    on_both,
    support::{
        World, a_request,
        asked::{Asking as _, Until},
        at, rule, wrong,
    },
};

on_both! {
    po_6_every_server_follows_a_change_of_another,
    po_6_what_held_at_a_past_instant_still_held_then,
    po_6_policies_written_at_once_are_written_one_after_the_other,
    po_9_an_invalid_set_never_replaces_the_one_in_force,
    po_5_a_blocked_value_takes_effect_when_the_guard_ends,
    po_6_a_document_that_has_not_begun_can_be_ended,
    po_8_trying_writes_nothing,
    en_6_events_name_the_documents_that_decided,
}

async fn po_6_every_server_follows_a_change_of_another(db: TestDatabase) {
    let world = World::new(db);
    let support = world.acme_support("10").await;
    let other = world.under(json!({}));
    assert!(!other.follow_policies(&*world.db).await.unwrap());
    let new = a_request(support.service).estimated("20");
    let (acme, class) = (support.organization.to_string(), json!({"on_exhausted": "block"}));
    world.rule("credits", "organization", Some(&acme), &class).await;
    // The writer at once, the other when it looks.
    assert_eq!(
        rule(&world.app.create_request(&world.staff, &new).await.unwrap_err()),
        "insufficient-credits"
    );
    other.create_request(&world.staff, &new).await.unwrap();
    assert!(other.follow_policies(&*world.db).await.unwrap());
    assert_eq!(rule(&other.create_request(&world.staff, &new).await.unwrap_err()), "insufficient-credits");
    // And the other way round, though neither has looked since: whoever writes sees all that is stored.
    world.rule("trial", "global", None, &json!({"days": 3})).await;
    let written = other
        .put_policies(&world.staff, &document("refund", "global", None, &json!({"window_days": 3})))
        .await;
    assert!(written.unwrap()[0].changed);
    assert_eq!(other.policy_freshness().unwrap().revision, 3);
    assert_eq!(world.app.policy_freshness().unwrap().revision, 2);
    assert!(world.app.follow_policies(&*world.db).await.unwrap());
    assert!(!world.app.follow_policies(&*world.db).await.unwrap());
    assert_eq!(world.app.policy_freshness(), other.policy_freshness());

    world.clock.seconds_pass(90);
    let stale = world.app.policy_freshness().unwrap().age(world.now()).unwrap();
    assert_eq!(stale.whole_seconds(), 90);
    let set = PolicySet::try_new(&json!({})).unwrap();
    assert_eq!(set.freshness().age(world.now()), None, "never looked");
    assert!(set.follow(&*world.db, world.now()).await.unwrap());
    assert_eq!(set.freshness().age(world.now()).unwrap().whole_seconds(), 0);
    // A server whose settings do not go together with what is stored keeps what it has.
    let stubborn = PolicySet::try_new(&json!({"payment_recovery": {"suspend_after_days": 50}})).unwrap();
    assert!(stubborn.follow(&*world.db, world.now()).await.unwrap());
    let before = stubborn.freshness();
    world.rule("payment_recovery", "class", Some("ORD"), &json!({"cancel_after_days": 40})).await;
    world.clock.seconds_pass(30);
    let refused = stubborn.follow(&*world.db, world.now()).await.unwrap_err().to_string();
    assert!(
        refused.contains("payment_recovery/settings") && refused.contains("payment_recovery/class/ORD"),
        "{refused}"
    );
    let stale = stubborn.freshness();
    assert_eq!(
        (stale.revision, stale.checked_at),
        (before.revision, before.checked_at),
        "it keeps what it has"
    );
    assert_eq!((stale.stored, stale.age(world.now()).unwrap().whole_seconds()), (stale.revision + 1, 30));
}

async fn po_6_what_held_at_a_past_instant_still_held_then(db: TestDatabase) {
    let world = World::new(db);
    let begin = world.now();
    let ends = begin.plus_days(20);
    let mut written = Vec::new();
    for months in [24, 36] {
        let mut document = Document::new("credits", "class", Some("SVC")).set("expiry_months", months);
        // What is written later changes nothing before, whatever it says of its beginning.
        document.effective_from = Some(resolver_instant(begin.plus_days(-100)));
        document.effective_until = (months == 36).then(|| resolver_instant(ends));
        written = world.app.put_policies(&world.staff, &writing([document])).await.unwrap();
        world.clock.days_pass(5);
    }
    let set = PolicySet::try_new(&json!({"credits": {"expiry_months": 6}})).unwrap();
    set.follow(&*world.db, world.now()).await.unwrap();
    let scope = PolicyScope {
        class: SVC,
        organization: None,
        product: None,
        entitlement: None,
        support_class: entitlement::SupportClass::Basic,
    };
    for (days, months) in [(-10, 6), (-1, 6), (0, 24), (4, 24), (5, 36), (19, 36), (20, 6), (400, 6)] {
        let held = set.policies(&scope, begin.plus_days(days)).credits.expiry_months;
        assert_eq!(held, Some(months), "{days} days");
        let governing = set.governing(&scope, begin.plus_days(days));
        assert_eq!(governing.credits().expiry_months, Some(months), "{days} days");
    }
    // Every version is kept, with who wrote it and why.
    let viewer = Viewer::staff(world.now());
    let versions = world
        .db
        .policy_versions(viewer, written[0].id, &PolicyVersionQuery::default())
        .await
        .unwrap()
        .unwrap();
    assert_eq!(versions.items.iter().map(|own| own.version).collect::<Vec<_>>(), [2, 1]);
    assert!(versions.items.iter().all(|own| own.author.name == "Rosa" && own.reason == "agreed"));
    let of_customer = Viewer::of(world.fresh(), world.now());
    let none = world.db.policy_documents(of_customer, &PolicyDocumentQuery::default()).await.unwrap();
    assert_eq!(none.items, []);
    assert_eq!(world.db.policy_document(of_customer, written[0].id).await.unwrap(), None);
}

async fn po_6_policies_written_at_once_are_written_one_after_the_other(db: TestDatabase) {
    let world = World::new(db);
    let servers: Vec<_> = (0..4).map(|_| world.under(json!({}))).collect();
    let mut writers = tokio::task::JoinSet::new();
    for (number, server) in servers.iter().cycle().take(24).cloned().enumerate() {
        let staff = world.staff.clone();
        writers.spawn(async move {
            // Twelve documents, each written by two.
            let target = ["PLG", "ENV", "SVC", "ORD", "AFL", "EDU"][number % 6];
            let kind = ["trial", "refund"][number / 6 % 2];
            let field = ["days", "window_days"][number / 6 % 2];
            let write = document(kind, "class", Some(target), &json!({field: number + 1}));
            server.put_policies(&staff, &write).await.unwrap();
        });
    }
    while let Some(done) = writers.join_next().await {
        done.unwrap();
    }
    let versions = world.db.versions_since(0).await.unwrap();
    assert!(versions.iter().map(|own| own.revision).eq(1..=24), "no gaps, none twice");
    assert_eq!(world.count("policy_document", "1 = 1").await, 12);
    assert_eq!(versions.iter().filter(|own| own.version == 2).count(), 12);
    for server in &servers {
        server.follow_policies(&*world.db).await.unwrap();
        assert_eq!(
            server.policies_in_force().unwrap().documents().filter(|own| own.level == "class").count(),
            24
        );
    }
}

async fn po_9_an_invalid_set_never_replaces_the_one_in_force(db: TestDatabase) {
    let world = World::new(db);
    world
        .rule(
            "sla",
            "class",
            Some("SVC"),
            &json!({"resolution_minutes": {"urgent": 100}, "response_minutes": {"urgent": 50}}),
        )
        .await;
    let before = world.app.policy_freshness();
    // Each is right by itself; together they are not, whatever else is with them.
    let bad = writing([
        Document::new("refund", "global", None).set("window_days", 3),
        Document::new("sla", "organization", Some(&world.organization("Acme").await.to_string()))
            .set("response_minutes.urgent", 200),
    ]);
    let refusal = world.refused(world.app.put_policies(&world.staff, &bad)).await;
    assert_eq!(wrong(&refusal), ["fields.response_minutes.urgent"]);
    assert!(refusal.to_string().contains("sla/class/SVC v1"), "{refusal}");
    assert_eq!(world.app.policy_freshness(), before);
    let nothing_said =
        writing([Document { reason: Some(" ".to_owned()), ..Document::new("refund", "global", None) }]);
    let refusal = world.refused(world.app.put_policies(&world.staff, &nothing_said)).await;
    assert_eq!(wrong(&refusal), ["reason"]);
    let twice = writing([Document::new("refund", "global", None), Document::new("refund", "global", None)]);
    let refusal = world.refused(world.app.put_policies(&world.staff, &twice)).await;
    assert_eq!(wrong(&refusal), ["id"]);
    // The same again is no change.
    let same = document(
        "sla",
        "class",
        Some("SVC"),
        &json!({"resolution_minutes": {"urgent": 100}, "response_minutes": {"urgent": 50}}),
    );
    assert!(!world.idle(world.app.put_policies(&world.staff, &same)).await[0].changed);
}

async fn po_5_a_blocked_value_takes_effect_when_the_guard_ends(db: TestDatabase) {
    let world = World::new(db);
    let support = world.acme_support("10").await;
    let guard = writing([Document::new(
        "credits",
        "product",
        Some(&world.entitlement(support.entitlement).await.product().unwrap().to_string()),
    )
    .enforce("on_exhausted")]);
    let guard = world.app.put_policies(&world.staff, &guard).await.unwrap().remove(0);
    let mut blocked = document(
        "credits",
        "entitlement",
        Some(&world.entitlement(support.entitlement).await.code().to_string()),
        &json!({"on_exhausted": "block"}),
    );
    let refusal = world.refused(world.app.put_policies(&world.staff, &blocked)).await;
    assert_eq!(wrong(&refusal), ["fields.on_exhausted"]);
    assert!(refusal.to_string().contains(&guard.name), "{refusal}");
    blocked.keep_blocked = true;
    world.app.put_policies(&world.staff, &blocked).await.unwrap();
    let new = a_request(support.service).estimated("20");
    world.app.create_request(&world.staff, &new).await.unwrap();
    world.rule_ends(&guard).await;
    world.clock.seconds_pass(1);
    assert_eq!(
        rule(&world.app.create_request(&world.staff, &new).await.unwrap_err()),
        "insufficient-credits"
    );
}

async fn po_6_a_document_that_has_not_begun_can_be_ended(db: TestDatabase) {
    let world = World::new(db);
    let mut later = Document::new("refund", "global", None).set("window_days", 3);
    later.effective_from = Some(resolver_instant(at("2027-01-01T00:00:00Z")));
    let rule = world.app.put_policies(&world.staff, &writing([later])).await.unwrap().remove(0);
    let past = world.app.end_policy_document(&world.staff, rule.id, Some(world.now().plus_days(-1)), "no");
    assert_eq!(wrong(&world.refused(past).await), ["effective_until"]);
    let ended = world.app.end_policy_document(&world.staff, rule.id, None, "not after all").await.unwrap();
    assert_eq!((ended.version, ended.changed), (2, true));
    let again = world.app.end_policy_document(&world.staff, rule.id, None, "not after all");
    assert!(!world.idle(again).await.changed);
    let set = world.app.policies_in_force().unwrap();
    let subject = policy_resolver::Subject::default();
    let values = set.values("refund", &subject, resolver_instant(at("2027-02-01T00:00:00Z"))).unwrap();
    assert_eq!(values.get("window_days").unwrap().to_json(), json!(14));
    let nobody = world.app.end_policy_document(&world.staff, world.fresh(), None, "x").await;
    assert!(matches!(nobody, Err(Refusal::NotFound { .. })));
}

async fn po_8_trying_writes_nothing(db: TestDatabase) {
    let world = World::new(db);
    let support = world.acme_support("10").await;
    let write = document(
        "credits",
        "organization",
        Some(&support.organization.to_string()),
        &json!({"grace_days": 3}),
    );
    let trial = world.idle(world.app.try_policies(&world.staff, &write, None)).await;
    let page = kernel::PageRequest::first();
    let affected = trial.affected(&*world.db, Viewer::staff(world.now()), &page).await.unwrap();
    assert_eq!(affected.items.len(), 1);
    let change = &affected.items[0].changes[0].fields[0];
    assert_eq!(
        (change.path.as_str(), change.before.to_json(), change.after.to_json()),
        ("grace_days", json!(0), json!(3))
    );
}

async fn en_6_events_name_the_documents_that_decided(db: TestDatabase) {
    let world = World::new(db);
    let support = world.acme_support("10").await;
    world.rule("credits", "class", Some("SVC"), &json!({"pre_approved_up_to": "5"})).await;
    world.rule("refund", "global", None, &json!({"window_days": 3})).await;
    world
        .rule(
            "credits",
            "organization",
            Some(&support.organization.to_string()),
            &json!({"accept_after_days": 3}),
        )
        .await;
    let id = world.asked(&a_request(support.service).estimated("4"), Until::Pending).await;
    assert_eq!(world.status(id).await, "approved");
    let filter = service_delivery::reads::EventFilter { subject: Some(id.as_uuid()), ..Default::default() };
    let query = service_delivery::reads::EventQuery { filter, ..Default::default() };
    let events = world.db.events(Viewer::staff(world.clock.now()), &query).await.unwrap().items;
    let submitted = events
        .iter()
        .find(|event| event.name.contains("submitted") || event.name.contains("approved"))
        .unwrap();
    let named: Vec<String> =
        submitted.policies.iter().map(|own| format!("{} v{}", own.document, own.version)).collect();
    // The settings set a credit's worth; the refund policy decides nothing here.
    assert_eq!(
        named,
        [
            "credits/class/SVC v1".to_owned(),
            format!("credits/organization/{} v1", support.organization),
            "credits/settings v1".to_owned()
        ]
    );
    let filter = service_delivery::reads::EventFilter {
        subject: Some(support.entitlement.as_uuid()),
        ..Default::default()
    };
    let query = service_delivery::reads::EventQuery { filter, ..Default::default() };
    let events = world.db.events(Viewer::staff(world.clock.now()), &query).await.unwrap().items;
    assert!(events.iter().all(|event| event.name != "entitlement.created" || event.policies.is_empty()));
}
