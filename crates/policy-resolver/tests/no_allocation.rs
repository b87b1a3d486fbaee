//! Resolving allocates nothing.

#![allow(clippy::unwrap_used)]

use allocation_counter::measure;
use policy_resolver::{Document, Live, Roster, Schema, Timestamp, kinds::CreditPolicy};

#[test]
fn resolving_and_explaining_a_field_allocate_nothing() {
    let schema = Schema::standard();
    let live = Live::new(
        schema
            .compile([
                Document::new("credits", "global", None).set("grace_days", 3),
                Document::new("credits", "organization", Some("acme")).set("grace_days", 5),
            ])
            .unwrap(),
    );
    let subject = schema.subject([("class", "PLG"), ("organization", "acme"), ("entitlement", "e")]).unwrap();
    let roster = Roster::of(&schema, std::slice::from_ref(&subject));
    let now = Timestamp::from_unix_micros(0);
    let bound = live.current().bind::<CreditPolicy>(&roster).unwrap();
    // The first look-up of a combination, for any subject, puts its policies together.
    live.current().resolve::<CreditPolicy>(&subject, now).unwrap();

    let counted = measure(|| {
        for _ in 0..1000 {
            let current = live.current();
            assert_eq!(current.resolve::<CreditPolicy>(&subject, now).unwrap().grace_days, 5);
            assert_eq!(bound.resolve(0, now).unwrap().grace_days, 5);
            assert!(
                current.explain_field("credits", "grace_days", &subject, now).unwrap().decided_by.is_some()
            );
        }
    });
    assert_eq!(counted.count_total, 0);
}
