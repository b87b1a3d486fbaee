//! Events and API keys.

use kernel::{EventId, StoreError, ports::Entropy};
use serde_json::{Value, json};
use service_delivery::{
    Event, PolicyRef, Subject, SubjectKind,
    access::{ApiKey, Grant, Keys, StaffRole},
};
use storage_seaorm::testing::TestDatabase;

use crate::{
    on_both,
    support::{World, at, begin, duplicate, id, now, staff},
};

on_both! {
    en_6_events_are_kept_in_their_order,
    ev_1_an_event_goes_with_its_transaction,
    or_5_keys_are_found_changed_and_unique,
}

pub(crate) fn event(id: EventId, subject: Subject) -> Event {
    Event {
        id,
        at: now(),
        name: "service_request.created".to_owned(),
        actor: staff(),
        cause: "create".to_owned(),
        subject,
        before: Value::Null,
        after: json!({ "title": "Nova página", "credits": "4.5", "none": null }),
        policies: vec![PolicyRef { document: "credits/global".to_owned(), version: 3 }],
    }
}

async fn en_6_events_are_kept_in_their_order(db: TestDatabase) {
    let mut uow = begin(&db).await;
    let subject = Subject::new(SubjectKind::Entitlement, uuid::Uuid::from_u128(1)).coded("SVC-2026050001");
    let subject = subject.under(Some(id())).of(Some(id()));
    let events: Vec<Event> = (0..1_200).map(|_| event(id(), subject.clone())).collect();
    uow.journal().append(&[]).await.unwrap();
    uow.journal().append(&events).await.unwrap();
    uow.commit().await.unwrap();
    assert_eq!(db.number("SELECT count(*) FROM event").await, Ok(1_200));
    let out_of_order = "SELECT count(*) FROM event a JOIN event b ON b.seq = a.seq + 1 WHERE b.id < a.id";
    assert_eq!(db.number(out_of_order).await, Ok(0));
    let mut uow = begin(&db).await;
    uow.journal().append(&events[..1]).await.unwrap();
    assert_eq!(duplicate(uow.commit().await), "event_id_key");
}

async fn ev_1_an_event_goes_with_its_transaction(db: TestDatabase) {
    let mut uow = begin(&db).await;
    uow.journal().append(&[event(id(), Subject::new(SubjectKind::Order, uuid::Uuid::nil()))]).await.unwrap();
    drop(uow);
    assert_eq!(db.number("SELECT count(*) FROM event").await, Ok(0));
}

struct Fixed(u8);

impl Entropy for Fixed {
    fn uuid(&self) -> uuid::Uuid {
        id()
    }
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(self.0);
    }
}

async fn or_5_keys_are_found_changed_and_unique(db: TestDatabase) {
    let world = World::new(&db).await;
    let grants = [
        Grant::Staff(StaffRole::Finance),
        Grant::Organization {
            organization: world.organization,
            role: entitlement::Role::Member,
            scopes: vec![entitlement::Scope::Requests, entitlement::Scope::Billing],
        },
        Grant::Organization {
            organization: world.organization,
            role: entitlement::Role::Owner,
            scopes: vec![],
        },
    ];
    for (seed, grant) in (1..).zip(grants) {
        let expires = Some(at("2027-01-01T00:00:00Z"));
        let (mut key, secret) = ApiKey::try_new(id(), "shop", grant, expires, &Fixed(seed), now()).unwrap();
        let lookup = ApiKey::lookup_of(secret.reveal()).unwrap();
        assert_eq!(db.api_key(lookup).await, Ok(None));
        let mut uow = begin(&db).await;
        uow.access().insert_api_key(&key).await.unwrap();
        uow.commit().await.unwrap();
        assert_eq!(db.api_key(lookup).await.unwrap().as_ref(), Some(&key));

        let mut uow = begin(&db).await;
        let mut stored = uow.access().lock_api_key(key.record().id).await.unwrap().unwrap();
        stored.revoke(now());
        key.revoke(now());
        uow.access().save_api_key(&stored).await.unwrap();
        uow.commit().await.unwrap();
        assert_eq!(db.api_key(lookup).await.unwrap(), Some(key));

        let (twin, _) =
            ApiKey::try_new(id(), "twin", Grant::Staff(StaffRole::Admin), None, &Fixed(seed), now()).unwrap();
        let mut uow = begin(&db).await;
        assert_eq!(duplicate(uow.access().insert_api_key(&twin).await), "api_key_lookup_key");
    }
    let mut uow = begin(&db).await;
    assert_eq!(uow.access().lock_api_key(id()).await, Ok(None));
    let (unknown, _) =
        ApiKey::try_new(id(), "x", Grant::Staff(StaffRole::Admin), None, &Fixed(99), now()).unwrap();
    assert_eq!(uow.access().save_api_key(&unknown).await, Err(StoreError::Stale { entity: "API key" }));
}
