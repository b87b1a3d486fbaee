//! What bad input gets: a diagnostic with code and path, all of them in one answer, nothing changed (PO-9).

#![allow(clippy::unwrap_used)]

use policy_resolver::{
    Code, Diagnostics, Document, Field, Format, Limits, Live, Operation, Operations, Roster, Schema,
    Severity, Timestamp, kinds::*, read, read_within,
};
use serde_json::json;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn toml(text: &str) -> Diagnostics {
    Schema::standard().compile_reading(read(text, Format::Toml), None).unwrap_err()
}

fn refused(document: Document) -> Diagnostics {
    Schema::standard().compile([document]).unwrap_err()
}

#[track_caller]
fn has(found: &Diagnostics, code: Code, path: &str) {
    assert!(found.iter().any(|d| d.code == code && d.path == path), "no {code} at {path} in:\n{found}");
}

fn acme(kind: &str) -> Document {
    Document::new(kind, "organization", Some("acme"))
}

#[test]
fn po_9_everything_wrong_is_said_in_one_answer() {
    let found = toml(
        r#"
        [[documents]]
        kind = "renewal"
        level = "planet"
        [documents.fields]
        auto_renew = "yes"
        notice_days = [30, -1, 30, 99999]
        grace_dayz = 3
        price = "cheap"

        [[documents]]
        kind = "magic"
        level = "global"

        [[documents]]
        kind = "credits"
        level = "organization"
        colour = "red"
        effective_from = 2026-02-01T00:00:00Z
        effective_until = "2026-01-01T00:00:00Z"
        [documents.fields]
        overdraft_limit = "1.25"
        expiry_months = { append = 3 }
        debit_on = { set = "completion", reset = true }
        accept_after_days = 2026-05-01
        base_credit_value = { amount = "3.5", currency = "reais" }
        "#,
    );
    has(&found, Code::UnknownLevel, "level");
    has(&found, Code::WrongType, "fields.auto_renew");
    has(&found, Code::OutOfRange, "fields.notice_days[1]");
    has(&found, Code::DuplicateItem, "fields.notice_days[2]");
    has(&found, Code::OutOfRange, "fields.notice_days[3]");
    has(&found, Code::UnknownField, "fields.grace_dayz");
    has(&found, Code::OutOfRange, "fields.price");
    has(&found, Code::UnknownKind, "kind");
    has(&found, Code::UnknownKey, "documents[2].colour");
    has(&found, Code::WrongTarget, "target");
    has(&found, Code::EmptyWindow, "effective_until");
    has(&found, Code::OutOfRange, "fields.overdraft_limit");
    has(&found, Code::IllegalOperation, "fields.expiry_months.append");
    has(&found, Code::UnknownOperation, "fields.debit_on");
    has(&found, Code::DateValue, "documents[2].fields.accept_after_days");
    has(&found, Code::OutOfRange, "fields.base_credit_value.currency");
    assert!(found.iter().all(|d| d.severity == Severity::Error));
    assert!(found.iter().filter(|d| d.code != Code::Syntax).all(|d| !d.documents.is_empty()));
}

#[test]
fn po_9_every_message_says_what_was_found_and_what_would_be_right() {
    let found = refused(acme("renewal").set("grace_days", 99_999));
    assert_eq!(
        found.to_string(),
        "error [out_of_range] renewal/organization/acme v1 at fields.grace_days: the value is out of range; \
         found 99999; expected a whole number from 0 to 3650"
    );
    let found = refused(acme("credits").set("expiry_months", json!(null)));
    assert!(found.to_string().contains("{ \"unset\": true }"), "{found}");
}

#[test]
fn po_9_what_a_credit_is_worth_has_bounds() {
    let worth =
        |amount: &str| acme("credits").set("base_credit_value", json!({"amount": amount, "currency": "BRL"}));
    for amount in ["1000000000.00000001", "0.000000001", "-0.01"] {
        has(&refused(worth(amount)), Code::OutOfRange, "fields.base_credit_value.amount");
    }
    for amount in ["1000000000", "0.00000001", "180.500000000"] {
        assert!(Schema::standard().compile([worth(amount)]).is_ok(), "{amount}");
    }
}

#[test]
fn duplicate_keys_are_refused_in_every_format() {
    let texts = [
        (
            Format::Json,
            r#"{"kind":"refund","kind":"refund","level":"global","fields":{"window_days":1,"window_days":2}}"#,
        ),
        (
            Format::Yaml,
            "kind: refund\nkind: refund\nlevel: global\nfields:\n  window_days: 1\n  window_days: 2\n",
        ),
    ];
    for (format, text) in texts {
        let found = read(text, format).diagnostics;
        has(&found, Code::DuplicateKey, "kind");
        has(&found, Code::DuplicateKey, "fields.window_days");
    }
    let found = toml(
        r#"
        [[documents]]
        kind = "refund"
        level = "global"
        kind = "refund"
        fields.window_days = 1
        fields.window_days = 2

        [[documents]]
        kind = "trial"
        level = "planet"
        fields = { days = { set = 1, set = 2 }, on_end = { set = "convert" } }
        [documents.guard]
        days = "enforced"
        "days" = "enforced"
        "#,
    );
    has(&found, Code::DuplicateKey, "documents[0].kind");
    has(&found, Code::DuplicateKey, "documents[0].fields.window_days");
    has(&found, Code::DuplicateKey, "documents[1].fields.days.set");
    has(&found, Code::DuplicateKey, "documents[1].guard.days");
    has(&found, Code::UnknownLevel, "level");
    assert_eq!(found.0.len(), 5, "{found}");
    assert!(found.to_string().contains("found it again in line 5"), "{found}");
    let found = read("kind = \"refund\"\nkind = \"refund\"\nlevel = ", Format::Toml).diagnostics;
    has(&found, Code::DuplicateKey, "kind");
    has(&found, Code::Syntax, "");
    // One field by two spellings of its path.
    let found = refused(
        acme("sla").set("response_minutes.urgent", 10).set("response_minutes", json!({ "urgent": 20 })),
    );
    assert!(found.contains(Code::DuplicateKey), "{found}");
}

#[test]
fn what_is_too_large_is_refused() {
    let item = "x".repeat(199);
    let items: Vec<String> = (0..60_000).map(|n| format!("{n}{item}")).collect();
    let document = acme("provisioning").set("environment_checklist", items);
    let text = policy_resolver::write(&[document], Format::Json).unwrap();
    assert!(text.len() > 10_000_000);
    let found = Schema::standard().compile_reading(read(&text, Format::Json), None).unwrap_err();
    has(&found, Code::TooLarge, "documents[0]");
    let limits = Limits { text_bytes: 1000, ..Limits::default() };
    has(&read_within(&text, Format::Json, limits).diagnostics, Code::TooLarge, "");

    let deep =
        format!("{{\"kind\":\"sla\",\"level\":\"global\",\"fields\":{}1{}}}", "[".repeat(60), "]".repeat(60));
    assert!(read(&deep, Format::Json).diagnostics.contains(Code::TooLarge));
    let deeper = "[".repeat(100_000);
    for format in [Format::Json, Format::Yaml, Format::Toml] {
        assert!(read(&deeper, format).diagnostics.has_errors(), "{format}");
    }
}

#[test]
fn what_is_no_document_is_refused() {
    for (text, format) in
        [("", Format::Json), ("{", Format::Json), ("= 1", Format::Toml), ("a: [", Format::Yaml)]
    {
        has(&read(text, format).diagnostics, Code::Syntax, "");
    }
    has(&read("[1]", Format::Json).diagnostics, Code::WrongType, "[0]");
    has(&read("{\"documents\": 1}", Format::Json).diagnostics, Code::WrongType, "documents");
    let found = read("{\"fields\": []}", Format::Json).diagnostics;
    has(&found, Code::MissingField, "kind");
    has(&found, Code::MissingField, "level");
    has(&found, Code::WrongType, "fields");
    assert!(read("documents: []", Format::Yaml).into_documents().unwrap().is_empty());
}

#[test]
fn po_3_each_field_takes_the_operations_of_its_declaration_and_no_others() {
    let schema = Schema::standard();
    let (mut taken, mut refusals) = (0, 0);
    for (kind, field) in schema.kinds().flat_map(|kind| kind.fields().iter().map(move |field| (kind, field)))
    {
        for operation in Operations::ALL.iter() {
            let told = |other: &Field| match operation {
                Operation::Reset | Operation::Unset => json!(true),
                Operation::Append | Operation::Remove if !field.value_type.is_list() => json!(["x"]),
                _ => other.default.to_json(),
            };
            // A group is changed whole.
            let with = |other: &&Field| {
                other.path == field.path || (field.group.is_some() && other.group == field.group)
            };
            let document = kind.fields().iter().filter(with).fold(acme(kind.name()), |document, other| {
                document.set(&other.path, json!({ operation.to_string(): told(other) }))
            });
            let illegal =
                schema.compile([document]).is_err_and(|found| found.contains(Code::IllegalOperation));
            assert_eq!(
                illegal,
                !field.operations.contains(operation),
                "{}.{} {operation}",
                kind.name(),
                field.path
            );
            *(if illegal { &mut refusals } else { &mut taken }) += 1;
        }
        assert_eq!(field.operations.contains(Operation::Unset), field.optional, "{}", field.path);
        let adds = field.operations.contains(Operation::Append);
        assert_eq!(adds, field.value_type.is_list() && field.group.is_none(), "{}", field.path);
    }
    assert!(taken > 100 && refusals > 100, "{taken} {refusals}");
}

#[test]
fn po_4_part_of_a_group_is_refused() {
    let found = refused(acme("sla").set("support_hours.from", "08:00"));
    has(&found, Code::PartialGroup, "fields.support_hours.from");
    assert!(found.to_string().contains("support_hours.utc_offset missing"), "{found}");
    let found = refused(acme("sla").enforce("support_hours.to"));
    has(&found, Code::PartialGroup, "guard.support_hours.to");
    let whole = json!({ "weekdays": ["monday"], "from": "08:00", "to": "12:00", "utc_offset": "-03:00" });
    assert!(
        Schema::standard()
            .compile([acme("sla").set("support_hours", whole).enforce("support_hours")])
            .is_ok()
    );
    assert!(Schema::standard().compile([acme("sla").reset("support_hours")]).is_ok());
    let early = json!({ "weekdays": [], "from": "12:00", "to": "08:00", "utc_offset": "+00:00" });
    has(
        &refused(acme("sla").set("support_hours", early)),
        Code::InvalidCombination,
        "fields.support_hours.from",
    );
}

#[test]
fn po_6_overlapping_documents_that_disagree_are_refused_naming_both() {
    let one = acme("refund").named("one").set("window_days", 10);
    let other = acme("refund").named("other").set("window_days", 20);
    let found = Schema::standard().compile([one.clone(), other.clone()]).unwrap_err();
    has(&found, Code::Conflict, "fields.window_days");
    let names: Vec<_> = found.0[0].documents.iter().map(|d| d.id.as_str()).collect();
    assert_eq!(names, ["one", "other"]);

    let same = Schema::standard().compile([one.clone(), one.clone().named("other")]).unwrap();
    has(same.warnings(), Code::SameTwice, "fields.window_days");

    let noon = at("2026-05-01T12:00:00Z");
    let apart = [one.effective(None, Some(noon)), other.effective(Some(noon), None)];
    assert!(Schema::standard().compile(apart).is_ok());
}

#[test]
fn po_6_versions_that_contradict_each_other_are_refused() {
    let first = acme("refund").set("window_days", 10);
    let conflict = |second: Document| {
        let found = Schema::standard().compile([first.clone(), second]).unwrap_err();
        assert!(found.contains(Code::VersionConflict), "{found}");
    };
    conflict(first.clone().set("window_days", 11));
    let second = first.clone().revised(2, at("2026-01-01T00:00:00Z"));
    assert!(Schema::standard().compile([first.clone(), second.clone()]).is_ok());
    conflict(Document { target: Some("globex".to_owned()), ..second.clone() });
    conflict(Document { kind: "trial".to_owned(), fields: serde_json::Map::new(), ..second.clone() });
    let third = first.clone().revised(3, at("2025-01-01T00:00:00Z"));
    let found = Schema::standard().compile([first.clone(), second, third]).unwrap_err();
    has(&found, Code::VersionConflict, "recorded_at");
    has(&refused(Document { version: 0, ..first.clone() }), Code::OutOfRange, "version");
}

#[test]
fn po_9_a_combination_that_is_invalid_only_after_merging_is_refused() {
    let schema = Schema::standard();
    let global = Document::new("payment_recovery", "global", None).set("suspend_after_days", 50);
    let early = acme("payment_recovery").set("cancel_after_days", 40);
    assert!(schema.compile([global.clone()]).is_ok());
    assert!(schema.compile([early.clone()]).is_ok());
    let found = schema.compile([global.clone(), early.clone()]).unwrap_err();
    has(&found, Code::InvalidCombination, "fields.suspend_after_days");
    assert_eq!(found.0[0].documents.len(), 2);
    assert_eq!(found.0[0].found.as_deref(), Some("suspend_after_days = 50 and cancel_after_days = 40"));

    // None satisfies every rule, and what never meets in time does not matter.
    assert!(schema.compile([global.clone(), acme("payment_recovery").unset("cancel_after_days")]).is_ok());
    let noon = at("2026-05-01T12:00:00Z");
    let before = global.clone().effective(None, Some(noon));
    assert!(schema.compile([before, early.clone().effective(Some(noon), None)]).is_ok());
    // A guard above keeps the early one out.
    assert!(schema.compile([global.enforce("cancel_after_days"), early]).is_ok());
}

#[test]
fn po_9_a_guard_that_uncovers_a_bad_combination_is_seen() {
    // Without the guard, the product's own limit would replace the organization's.
    let schema = Schema::standard();
    let organization = acme("payment_recovery").set("suspend_after_days", 50);
    let product = Document::new("payment_recovery", "product", Some("p"))
        .set("suspend_after_days", 10)
        .set("cancel_after_days", 40);
    let late = Document::new("payment_recovery", "organization", Some("acme"))
        .named("guard")
        .enforce("suspend_after_days");
    assert!(schema.compile([organization.clone(), product.clone()]).is_ok());
    let found = schema.compile([organization, product, late]).unwrap_err();
    has(&found, Code::InvalidCombination, "fields.suspend_after_days");
}

#[test]
fn po_9_with_known_subjects_only_their_combinations_count() {
    let schema = Schema::standard();
    let documents = [
        acme("payment_recovery").set("suspend_after_days", 50),
        Document::new("payment_recovery", "entitlement", Some("e1")).set("cancel_after_days", 40),
    ];
    assert!(schema.compile(documents.clone()).is_err());
    let apart = [
        schema.subject([("organization", "acme"), ("entitlement", "e2")]).unwrap(),
        schema.subject([("organization", "globex"), ("entitlement", "e1")]).unwrap(),
    ];
    let set = schema.compile_for(documents.clone(), &Roster::of(&schema, &apart)).unwrap();
    let stranger = schema.subject([("organization", "acme"), ("entitlement", "e1")]).unwrap();
    let now = Timestamp::from_unix_micros(0);
    assert!(set.resolve::<PaymentRecoveryPolicy>(&apart[0], now).is_ok());
    assert!(set.resolve::<PaymentRecoveryPolicy>(&stranger, now).is_err());
    assert!(set.values("payment_recovery", &stranger, now).is_err());
    let met = Roster::of(&schema, &[stranger]);
    assert!(schema.compile_for(documents, &met).unwrap_err().contains(Code::InvalidCombination));
}

#[test]
fn po_9_a_list_that_grows_too_long_by_merging_is_refused() {
    let days = |from: u32| (from..from + 20).collect::<Vec<_>>();
    let found = Schema::standard()
        .compile([
            Document::new("renewal", "global", None).append("notice_days", days(100)),
            acme("renewal").append("notice_days", days(200)),
        ])
        .unwrap_err();
    has(&found, Code::InvalidCombination, "fields.notice_days");
}

#[test]
fn po_9_an_invalid_set_never_replaces_the_one_in_force() {
    let live = Live::new(Schema::standard().compile([acme("refund").set("window_days", 10)]).unwrap());
    assert!(live.update([acme("refund").named("again").set("window_days", 20)]).is_err());
    assert!(live.update([acme("trial").set("days", -1)]).is_err());
    let subject = Schema::standard().subject([("organization", "acme")]).unwrap();
    let policy = live.current().resolve::<RefundPolicy>(&subject, Timestamp::MIN).unwrap().clone();
    assert_eq!(policy.window_days, 10);
    live.update([acme("refund").revised(2, at("2026-01-01T00:00:00Z")).set("window_days", 20)]).unwrap();
    assert_eq!(live.current().resolve::<RefundPolicy>(&subject, Timestamp::MAX).unwrap().window_days, 20);
    assert_eq!(live.current().resolve::<RefundPolicy>(&subject, Timestamp::MIN).unwrap().window_days, 10);
}

#[test]
fn po_5_whoever_writes_a_blocked_value_hears_who_blocks_it() {
    let schema = Schema::standard();
    let set = schema
        .compile([
            Document::new("credits", "global", None).set("on_exhausted", "block").enforce("on_exhausted"),
            acme("credits").set("on_exhausted", "overdraft"),
        ])
        .unwrap();
    let subject = schema.subject([("organization", "acme")]).unwrap();
    let blocked = set.blocked(&subject, Timestamp::MIN);
    assert_eq!(blocked.len(), 1);
    assert_eq!(
        (blocked[0].document.id.as_str(), blocked[0].by.id.as_str()),
        ("credits/organization/acme", "credits/global")
    );
    assert!(set.lint(Timestamp::MIN).contains(Code::Unreachable));
    assert!(set.lint_for(&Roster::of(&schema, &[subject]), Timestamp::MIN).contains(Code::Unreachable));
}

#[test]
fn po_11_the_lint_says_where_two_axes_meet() {
    let schema = Schema::standard();
    let set = schema
        .compile([
            acme("trial").set("days", 14),
            Document::new("trial", "product", Some("p")).set("days", 30),
            Document::new("refund", "global", None).set("window_days", 14),
        ])
        .unwrap();
    let found = set.lint(Timestamp::MIN);
    has(&found, Code::CrossAxis, "fields.days");
    has(&found, Code::Redundant, "fields.window_days");
    let apart =
        [schema.subject([("organization", "acme")]).unwrap(), schema.subject([("product", "p")]).unwrap()];
    assert!(!set.lint_for(&Roster::of(&schema, &apart), Timestamp::MIN).contains(Code::CrossAxis));
    let both = [schema.subject([("organization", "acme"), ("product", "p")]).unwrap()];
    assert!(set.lint_for(&Roster::of(&schema, &both), Timestamp::MIN).contains(Code::CrossAxis));
}

#[test]
fn a_guard_must_be_a_guard() {
    let mut document = acme("trial");
    document.guard.insert("days".to_owned(), json!("never"));
    document.guard.insert("dayz".to_owned(), json!("enforced"));
    document.guard.insert("on_end".to_owned(), json!(["set", "fly"]));
    let found = refused(document);
    has(&found, Code::UnknownOperation, "guard.days");
    has(&found, Code::UnknownField, "guard.dayz");
    has(&found, Code::UnknownOperation, "guard.on_end");
    assert!(Schema::standard().compile([acme("trial").allow_only("days", &[Operation::Reset])]).is_ok());
}

#[test]
fn a_schema_that_contradicts_itself_is_refused() {
    let found = Schema::builder()
        .levels([policy_resolver::Level::single("a"), policy_resolver::Level::single("a")])
        .kind_json(r#"{"name": "k", "fields": [{"path": "x", "type": "integer", "max": 3, "default": 4}]}"#)
        .kind_json(r#"{"name": "k", "fields": [{"path": "x", "type": "integer", "mix": 3, "default": 4}]}"#)
        .kind_json(r#"{"name": "k", "fields": [{"path": "x", "type": "boolean", "default": true, "operations": ["append"]}]}"#)
        .kind_json("{")
        .build()
        .unwrap_err();
    assert!(found.0.len() >= 5, "{found}");
}
