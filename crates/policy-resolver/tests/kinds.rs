//! Kinds of all three sorts: built in, an integrator's own struct, loaded at run time (PO-1, PO-10 to PO-12).

#![allow(clippy::unwrap_used)]

use policy_resolver::{
    Document, KindSchema, Level, Operation, Outcome, Reason, Schema, Subject, Timestamp, kinds::*,
    policy_choice, policy_kind,
};
use serde_json::{Value, json};
use strum::VariantArray;

const NOW: Timestamp = Timestamp::from_unix_micros(0);

fn nobody(schema: &Schema) -> Subject {
    schema.subject([]).unwrap()
}

/// The table of the specification, written out.
fn defaults() -> Vec<(&'static str, Value)> {
    vec![
        (
            "renewal",
            json!({ "auto_renew": true, "notice_days": [30, 7, 1], "grace_days": 7, "price": "current", "on_failure": "suspend" }),
        ),
        (
            "payment_recovery",
            json!({ "reminder_days": [1, 3, 7], "suspend_after_days": 14, "cancel_after_days": 60 }),
        ),
        (
            "cancellation",
            json!({ "when": "end_of_term", "notice_days": 0, "by_customer": true, "unused_credits": "keep_until_expiry", "running_requests": "finish" }),
        ),
        (
            "credits",
            json!({
                "expiry_months": 12, "grace_days": 0, "on_exhausted": "bill_excess", "overdraft_limit": "0",
                "pre_approved_up_to": "0", "per_request_limit": null, "monthly_limit": null, "low_balance_at": null,
                "rollover_cap": null, "debit_on": "completion", "accept_after_days": 7, "draft_hold_days": 30,
                "credits_per_hour": "1", "base_credit_value": null
            }),
        ),
        (
            "provisioning",
            json!({ "automatic": true, "create_contract": true, "contract_months": 12, "service_status": "proposal", "customer_requests_on_services": false, "environment_checklist": [] }),
        ),
        (
            "trial",
            json!({ "days": 0, "on_end": "expire", "once_per_organization": true, "included_credits": "0" }),
        ),
        ("refund", json!({ "window_days": 14, "mode": "prorated", "needs_staff": true })),
        ("tier_change", json!({ "upgrade": "immediate", "downgrade": "at_renewal", "proration": "daily" })),
    ]
}

#[test]
fn po_1_the_built_in_defaults_are_those_of_the_specification() {
    let schema = Schema::standard();
    let set = schema.compile([]).unwrap();
    for (kind, expected) in defaults() {
        assert_eq!(set.values(kind, &nobody(&schema), NOW).unwrap().to_json(), expected, "{kind}");
    }
    let sla = SlaPolicy::default();
    assert_eq!(sla.priorities, Priority::VARIANTS);
    assert_eq!(sla.uptime_percent, None);
    let notification = NotificationPolicy::default();
    for event in NotificationEvent::VARIANTS {
        let terms = notification.notice(*event);
        assert!(
            terms.enabled && terms.channels == Channel::VARIANTS && !terms.recipients.is_empty(),
            "{event}"
        );
    }
    assert_eq!(set.policies(&nobody(&schema), NOW).unwrap(), Policies::default());
}

#[test]
fn po_1_every_support_class_has_a_default_set() {
    let schema = Schema::standard();
    let set =
        schema.compile([Document::new("sla", "global", None).set("response_minutes.urgent", 15)]).unwrap();
    for class in SupportClass::VARIANTS {
        let subject = nobody(&schema).with_profile(&schema, class.into());
        let mut expected = SlaPolicy::for_support_class(*class);
        expected.response_minutes.urgent = Some(15);
        assert_eq!(*set.resolve::<SlaPolicy>(&subject, NOW).unwrap(), expected, "{class}");
        let mut policies = Policies::for_support_class(*class);
        policies.sla = expected;
        assert_eq!(set.policies(&subject, NOW).unwrap(), policies);
    }
    // `reset` goes back to the default of the subject's class.
    let set = schema
        .compile([
            Document::new("sla", "global", None).set("uptime_percent", "90"),
            Document::new("sla", "organization", Some("acme")).reset("uptime_percent"),
        ])
        .unwrap();
    let acme = schema.subject([("organization", "acme")]).unwrap().with_profile(&schema, "business");
    assert_eq!(
        set.resolve::<SlaPolicy>(&acme, NOW).unwrap().uptime_percent,
        SlaPolicy::for_support_class(SupportClass::Business).uptime_percent
    );
}

#[test]
fn po_1_every_field_has_a_meaning_and_every_number_a_unit_and_bounds() {
    for kind in Schema::standard().kinds() {
        assert!(!kind.doc().is_empty());
        for field in kind.fields() {
            assert!(!field.doc.is_empty(), "{}.{}", kind.name(), field.path);
            let number = match &field.value_type {
                policy_resolver::ValueType::List { items, .. } => (**items).clone(),
                other => other.clone(),
            };
            match number {
                policy_resolver::ValueType::Integer { min, max } => {
                    assert!(field.unit.is_some() && min >= 0 && max < i64::from(u32::MAX), "{}", field.path);
                }
                policy_resolver::ValueType::Decimal { min, .. } => {
                    assert!(field.unit.is_some() && min.is_some())
                }
                _ => {}
            }
        }
    }
}

#[test]
fn policies_in_json_read_back_as_the_same() {
    for class in SupportClass::VARIANTS {
        let mut policies = Policies::for_support_class(*class);
        policies.credits.base_credit_value =
            Some(MoneyValue { amount: "350.50".parse().unwrap(), currency: "BRL".to_owned() });
        let text = serde_json::to_string(&policies).unwrap();
        assert_eq!(serde_json::from_str::<Policies>(&text).unwrap(), policies);
    }
    let one: CreditPolicy = serde_json::from_str(r#"{"overdraft_limit": "4.5"}"#).unwrap();
    assert_eq!(one.overdraft_limit.units(), 45);
    assert!(serde_json::from_str::<CreditPolicy>(r#"{"overdraft_limit": "4.55"}"#).is_err());
    assert!(serde_json::from_str::<CreditPolicy>(r#"{"overdraft": "4"}"#).is_err());
}

#[test]
fn cr_1_amounts_of_credits_read_back_as_written() {
    for units in [0, 1, -1, 10, 45, -45, i64::MAX, i64::MIN] {
        let amount = CreditAmount::from_units(units);
        assert_eq!(amount.to_string().parse::<CreditAmount>(), Ok(amount));
    }
    for bad in ["", "-", "1.", ".5", "1.25", "1,5", "+1", "1e3", "922337203685477580.8", " 1"] {
        assert!(bad.parse::<CreditAmount>().is_err(), "{bad}");
    }
}

policy_choice! {
    /// Where backups go.
    enum Store { Local = "local", Cloud = "cloud" }
}

policy_kind! {
    /// How often backups are taken.
    struct Backup("backup") {
        /// Hours between two backups.
        every_hours: u32 = 24 => [unit("hours"), min(1), max(168)],
        /// Days they are kept; none keeps them for ever.
        keep_days: Option<u32> = Some(30) => [unit("days")],
        /// Where they go.
        store: Store = Store::Local,
        /// What is backed up.
        targets: Vec<String> = vec!["database".to_owned()],
    }
}

const BACKUP: &str = r#"{
    "name": "backup", "doc": "How often backups are taken.",
    "fields": [
        { "path": "every_hours", "doc": "Hours between two backups.", "type": "integer", "unit": "hours", "min": 1, "max": 168, "default": 24 },
        { "path": "keep_days", "doc": "Days they are kept; none keeps them for ever.", "type": "integer", "unit": "days", "min": 0, "max": 4294967295, "optional": true, "default": 30 },
        { "path": "store", "doc": "Where they go.", "type": "choice", "options": ["local", "cloud"], "default": "local" },
        { "path": "targets", "doc": "What is backed up.", "type": "list", "items": { "type": "text" }, "default": ["database"] }
    ]
}"#;

fn backups() -> Vec<Document> {
    vec![
        Document::new("backup", "global", None)
            .set("store", "cloud")
            .allow_only("targets", &[Operation::Append]),
        Document::new("backup", "organization", Some("acme"))
            .append("targets", json!(["files"]))
            .unset("keep_days")
            .set("every_hours", 6),
        Document::new("backup", "entitlement", Some("e")).set("targets", json!([])).reset("every_hours"),
    ]
}

#[test]
fn po_12_a_rust_struct_and_a_run_time_kind_resolve_and_explain_alike() {
    let rust = Schema::builder().kind::<Backup>().build().unwrap();
    let data = Schema::builder().kind_json(BACKUP).build().unwrap();
    let one = serde_json::to_value(rust.kind("backup").unwrap()).unwrap();
    assert_eq!(one, serde_json::to_value(data.kind("backup").unwrap()).unwrap());

    let places = [("organization", "acme"), ("entitlement", "e")];
    let (typed, dynamic) = (rust.compile(backups()).unwrap(), data.compile(backups()).unwrap());
    let (one, other) = (rust.subject(places).unwrap(), data.subject(places).unwrap());
    assert_eq!(
        typed.explain("backup", &one, NOW).unwrap().to_string(),
        dynamic.explain("backup", &other, NOW).unwrap().to_string()
    );
    assert_eq!(
        dynamic.values("backup", &other, NOW).unwrap().to_json(),
        json!({ "every_hours": 24, "keep_days": null, "store": "cloud", "targets": ["database", "files"] })
    );
    assert_eq!(
        *typed.resolve::<Backup>(&one, NOW).unwrap(),
        Backup {
            every_hours: 24,
            keep_days: None,
            store: Store::Cloud,
            targets: vec!["database".to_owned(), "files".to_owned()]
        }
    );
    assert!(dynamic.resolve::<Backup>(&other, NOW).is_err());
}

#[test]
fn po_12_kinds_written_as_json_read_back_as_the_same() {
    for kind in Schema::standard().kinds() {
        let text = serde_json::to_string(kind).unwrap();
        let again = KindSchema::from_json(&text).unwrap();
        assert_eq!(serde_json::to_string(&again).unwrap(), text);
    }
}

#[test]
fn po_7_an_explanation_reads_to_the_last_loser() {
    let schema = Schema::builder().kind::<Backup>().build().unwrap();
    let set = schema.compile(backups()).unwrap();
    let subject = schema.subject([("organization", "acme"), ("entitlement", "e")]).unwrap();
    let targets = set.explain_field("backup", "targets", &subject, NOW).unwrap();
    assert_eq!(
        targets.to_string(),
        "targets = [\"database\",\"files\"] (MERGED by backup/organization/acme v1)\n  \
         global       restricts [backup/global v1], allows below: append\n  \
         class        no_scope\n  \
         organization applied append [backup/organization/acme v1]\n  \
         product      no_scope\n  \
         entitlement  blocked set [backup/entitlement/e v1], blocked by backup/global v1"
    );
    let every = set.explain_field("backup", "every_hours", &subject, NOW).unwrap();
    let outcomes: Vec<_> = every.steps.iter().map(|step| step.outcome).collect();
    assert_eq!(
        outcomes,
        [Outcome::NotSet, Outcome::NoScope, Outcome::Overridden, Outcome::NoScope, Outcome::Applied]
    );
    assert_eq!(every.reason, Reason::Reset);
    assert_eq!(serde_json::to_value(&every).unwrap()["steps"][4]["operation"], json!("reset"));
}

#[test]
fn po_2_the_same_as_the_default_is_a_value_and_pins_the_field() {
    let schema = Schema::standard();
    let set = schema
        .compile([
            Document::new("renewal", "global", None).set("auto_renew", true).set("notice_days", json!([9])),
            Document::new("renewal", "organization", Some("acme"))
                .set("auto_renew", false)
                .set("notice_days", json!([])),
            Document::new("renewal", "entitlement", Some("e")).set("auto_renew", true).set("grace_days", 0),
        ])
        .unwrap();
    let subject = schema.subject([("organization", "acme"), ("entitlement", "e")]).unwrap();
    let policy = set.resolve::<RenewalPolicy>(&subject, NOW).unwrap();
    assert!(policy.auto_renew && policy.notice_days.is_empty() && policy.grace_days == 0);
    let explained = set.explain("renewal", &subject, NOW).unwrap();
    assert_eq!(explained.field("auto_renew").unwrap().reason, Reason::Set);
    assert_eq!(explained.decided_by().len(), 2);
}

#[test]
fn po_5_a_blocked_value_takes_effect_when_the_guard_ends() {
    let noon: Timestamp = "2026-05-01T12:00:00Z".parse().unwrap();
    let schema = Schema::standard();
    let set = schema
        .compile([
            Document::new("trial", "global", None).set("days", 7).enforce("days").effective(None, Some(noon)),
            Document::new("trial", "product", Some("p")).set("days", 30),
        ])
        .unwrap();
    let subject = schema.subject([("product", "p")]).unwrap();
    let days = |at| set.resolve::<TrialPolicy>(&subject, at).unwrap().days;
    let before = Timestamp::from_unix_micros(noon.unix_micros() - 1);
    assert_eq!((days(before), days(noon)), (7, 30));
    let explained = set.explain_field("trial", "days", &subject, noon).unwrap();
    assert_eq!(explained.steps.get(0).unwrap().outcome, Outcome::Inactive);
}

#[test]
fn po_10_what_a_subject_lacks_changes_nothing_else() {
    let schema = Schema::standard();
    let set = schema
        .compile([
            Document::new("refund", "organization", Some("acme")).set("window_days", 1),
            Document::new("refund", "class", Some("PLG")).set("mode", "full"),
        ])
        .unwrap();
    let sovereign = schema.subject([("class", "PLG"), ("entitlement", "e")]).unwrap();
    let policy = set.resolve::<RefundPolicy>(&sovereign, NOW).unwrap();
    assert_eq!((policy.window_days, policy.mode), (14, RefundMode::Full));
    let explained = set.explain_field("refund", "window_days", &sovereign, NOW).unwrap();
    let outcomes: Vec<_> = explained.steps.iter().map(|step| step.outcome).collect();
    assert_eq!(
        outcomes,
        [Outcome::NoDocument, Outcome::NotSet, Outcome::NoScope, Outcome::NoScope, Outcome::NoDocument]
    );
}

#[test]
fn po_11_levels_and_their_order_are_data() {
    let reversed = r#"{ "name": "color", "levels": ["product", "organization"],
        "fields": [{ "path": "name", "type": "text", "default": "white" }] }"#;
    let schema = Schema::builder().kind_json(reversed).build().unwrap();
    let set = schema
        .compile([
            Document::new("color", "product", Some("p")).set("name", "blue"),
            Document::new("color", "organization", Some("o")).set("name", "green"),
        ])
        .unwrap();
    let subject = schema.subject([("product", "p"), ("organization", "o")]).unwrap();
    assert_eq!(set.values("color", &subject, NOW).unwrap().get("name").unwrap().as_text(), Some("green"));
    assert_eq!(schema.levels_of("color")[0].name(), "product");

    for count in [1usize, 3, 7, 8] {
        let names: Vec<String> = (0..count).map(|n| format!("level_{n}")).collect();
        let schema = Schema::builder()
            .levels(names.iter().map(|name| Level::targeted(name)))
            .kind::<Backup>()
            .build()
            .unwrap();
        let set =
            schema
                .compile(names.iter().enumerate().map(|(n, name)| {
                    Document::new("backup", name, Some("x")).set("every_hours", n as i64 + 1)
                }))
                .unwrap();
        let subject = schema.subject(names.iter().map(|name| (name.as_str(), "x"))).unwrap();
        assert_eq!(set.resolve::<Backup>(&subject, NOW).unwrap().every_hours as usize, count);
        assert_eq!(set.explain_field("backup", "store", &subject, NOW).unwrap().steps.len(), count);
    }
    assert!(Schema::builder().levels((0..9).map(|n| Level::targeted(&n.to_string()))).build().is_err());
}

#[test]
fn po_6_a_past_instant_gives_what_held_then() {
    let day = |n: u32| format!("2026-05-{n:02}T00:00:00Z").parse::<Timestamp>().unwrap();
    let schema = Schema::standard();
    let first = Document::new("trial", "global", None).set("days", 7);
    // Written on the 10th with effect from the 5th: what was decided in between stays as it was.
    let second = first.clone().set("days", 14).revised(2, day(10)).effective(Some(day(5)), None);
    let set = schema.compile([second.clone(), first]).unwrap();
    let days = |at| set.resolve::<TrialPolicy>(&nobody(&schema), at).unwrap().days;
    assert_eq!((days(day(1)), days(day(7)), days(day(10))), (7, 7, 14));
    assert_eq!(set.history("trial/global").iter().map(|own| own.version).collect::<Vec<_>>(), [1, 2]);
    // An ended document leaves the field to the levels above.
    let ended = second.revised(3, day(20)).effective(None, Some(day(20)));
    let set = set.with([ended]).unwrap();
    let days = |at| set.resolve::<TrialPolicy>(&nobody(&schema), at).unwrap().days;
    assert_eq!((days(day(19)), days(day(20))), (14, 0));
}

#[test]
fn many_threads_resolve_while_the_set_is_replaced() {
    let schema = Schema::standard();
    let live = policy_resolver::Live::new(schema.compile([]).unwrap());
    let subject = nobody(&schema);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let mut last = 0;
                while last < 50 {
                    let days = live.current().resolve::<TrialPolicy>(&subject, Timestamp::MAX).unwrap().days;
                    assert!(days >= last);
                    last = days;
                }
            });
        }
        for version in 1..=50u32 {
            let document = Document::new("trial", "global", None).set("days", version);
            live.update([document.revised(version, Timestamp::from_unix_micros(i64::from(version)))])
                .unwrap();
        }
    });
}
