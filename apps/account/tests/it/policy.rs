//! `account policy`: on files, on the database, and its exit codes.

use serde_json::Value;
use tempfile::TempDir;

use crate::support::{Ended, folder, run};

const HOUSE: &str = r#"
[[documents]]
kind = "credits"
level = "global"
reason = "house rules"
fields.expiry_months = 24
fields.low_balance_at = "5"
guard.on_exhausted = "enforced"

[[documents]]
kind = "renewal"
level = "class"
target = "SVC"
reason = "longer notice"
fields.notice_days = { append = [60] }
"#;

fn put(folder: &TempDir, name: &str, text: &str) {
    std::fs::write(folder.path().join(name), text).unwrap();
}

fn policy(folder: &TempDir, arguments: &[&str]) -> Ended {
    run(folder, &[&["policy"], arguments].concat())
}

fn json(ended: &Ended) -> Value {
    serde_json::from_str(&ended.out).unwrap_or_else(|error| panic!("{error}: {} {}", ended.out, ended.err))
}

#[test]
fn po_12_files_are_validated_resolved_explained_and_compared_without_a_database() {
    let folder = folder();
    put(&folder, "house.toml", HOUSE);
    let valid = policy(&folder, &["validate", "house.toml"]);
    assert_eq!(valid.code, Some(0), "{}", valid.err);
    assert!(valid.out.contains("valid: 2"), "{}", valid.out);

    let resolved =
        policy(&folder, &["resolve", "house.toml", "--class", "SVC", "--kind", "renewal", "--json"]);
    assert_eq!(json(&resolved)["renewal"]["notice_days"], serde_json::json!([30, 7, 1, 60]));
    let text = policy(&folder, &["resolve", "house.toml", "--kind", "credits"]);
    assert!(text.out.contains("credits.expiry_months = 24\n"), "{}", text.out);
    let why = policy(
        &folder,
        &["explain", "house.toml", "--class", "SVC", "--kind", "renewal", "--field", "notice_days"],
    );
    assert!(why.out.contains("MERGED by renewal/class/SVC v1"), "{}", why.out);
    let why = policy(&folder, &["explain", "house.toml", "--kind", "credits", "--json"]);
    assert_eq!(json(&why)[0]["fields"][0]["decided_by"]["id"], "credits/global");
    for unknown in
        [["--kind", "weather"], ["--class", "XYZ"], ["--support-class", "golden"], ["--as-of", "soon"]]
    {
        let ended = policy(&folder, &[&["resolve", "house.toml"], &unknown[..]].concat());
        assert_eq!(ended.code, Some(2), "{unknown:?}");
        assert!(ended.err.contains(unknown[1]), "{}", ended.err);
    }

    put(
        &folder,
        "next.yaml",
        "kind: credits\nlevel: global\nreason: x\nfields: { expiry_months: 36, low_balance_at: '5' }\n",
    );
    let diff = policy(&folder, &["diff", "next.yaml", "--against", "house.toml"]);
    assert_eq!(diff.code, Some(8), "{}", diff.err);
    assert!(diff.out.contains("credits.expiry_months: 24 → 36"), "{}", diff.out);
    assert_eq!(policy(&folder, &["diff", "house.toml", "--against", "house.toml"]).code, Some(0));
    assert!(!folder.path().join("data").exists(), "no database was needed");
}

#[test]
fn po_9_bad_files_end_with_7_and_say_everything() {
    let folder = folder();
    let bad = r#"
kind = "renewal"
level = "class"
target = "SVC"
effective_from = "2026-05-01T00:00:00Z"
effective_until = "2026-05-01T00:00:00Z"
[fields]
grace_days = 2026-05-01
graze_days = 1
auto_renew = "yes"
"#;
    put(&folder, "bad.toml", bad);
    let ended = policy(&folder, &["validate", "bad.toml", "--json"]);
    assert_eq!(ended.code, Some(7), "{}", ended.err);
    let found = json(&ended);
    let codes: Vec<(&str, &str)> = found
        .as_array()
        .unwrap()
        .iter()
        .map(|own| (own["code"].as_str().unwrap(), own["path"].as_str().unwrap()))
        .collect();
    for wanted in [
        ("date_value", "fields.grace_days"),
        ("unknown_field", "fields.graze_days"),
        ("wrong_type", "fields.auto_renew"),
        ("empty_window", "effective_until"),
    ] {
        assert!(codes.contains(&wanted), "{wanted:?}: {codes:?}");
    }
    // Whatever is asked of them, they are refused alike.
    put(&folder, "good.toml", HOUSE);
    for asked in [
        &["resolve", "bad.toml"][..],
        &["explain", "bad.toml"],
        &["diff", "bad.toml", "--against", "good.toml"],
    ] {
        let ended = policy(&folder, &[asked, &["--json"]].concat());
        assert_eq!((ended.code, &json(&ended)), (Some(7), &found), "{asked:?}: {}", ended.err);
        let text = policy(&folder, asked);
        assert!(
            text.out.contains("error [date_value]") && !text.err.contains("error: error"),
            "{}",
            text.err
        );
    }
    put(&folder, "large.json", &format!("{{\"kind\": \"{}\"}}", "x".repeat(10 << 20)));
    let large = policy(&folder, &["validate", "large.json"]);
    assert_eq!(large.code, Some(7));
    assert!(large.out.contains("too_large"), "{}", &large.out[..200.min(large.out.len())]);
    assert_eq!(policy(&folder, &["validate", "nothing.toml"]).code, Some(2));
    put(
        &folder,
        "both.yaml",
        "documents:\n- {kind: refund, level: global, id: a, fields: {window_days: 3}}\n- {kind: refund, level: global, id: b, fields: {window_days: 3}}\n",
    );
    assert_eq!(policy(&folder, &["validate", "both.yaml"]).code, Some(0));
    assert_eq!(policy(&folder, &["validate", "both.yaml", "--deny-warnings"]).code, Some(7));
}

#[test]
fn po_6_documents_go_into_the_database_and_come_out_as_they_were() {
    let folder = folder();
    assert_eq!(run(&folder, &["migrate"]).code, Some(0));
    put(&folder, "house.toml", HOUSE);
    let first = policy(&folder, &["import", "house.toml", "--json"]);
    assert_eq!(first.code, Some(0), "{}", first.err);
    assert!(json(&first).as_array().unwrap().iter().all(|one| one["changed"] == true));
    let again = policy(&folder, &["import", "house.toml"]);
    assert!(again.out.contains("credits/global v1: unchanged"), "{}", again.out);
    let resolved = policy(&folder, &["resolve", "--class", "SVC", "--kind", "credits", "--json"]);
    assert_eq!(json(&resolved)["credits"]["expiry_months"], 24);

    // Export and import are inverses.
    for format in ["yaml", "json", "toml"] {
        let exported = policy(&folder, &["export", "--format", format]);
        assert_eq!(exported.code, Some(0), "{}", exported.err);
        let name = format!("out.{format}");
        put(&folder, &name, &exported.out);
        let back = policy(&folder, &["import", &name]);
        assert_eq!(back.code, Some(0), "{}", back.err);
        assert!(!back.out.contains("written"), "{format}: {}", back.out);
    }
    let elsewhere = crate::support::folder();
    assert_eq!(run(&elsewhere, &["migrate"]).code, Some(0));
    put(&elsewhere, "out.yaml", &std::fs::read_to_string(folder.path().join("out.yaml")).unwrap());
    assert_eq!(policy(&elsewhere, &["import", "out.yaml"]).code, Some(0));
    let comparable = |folder: &TempDir| {
        let mut documents = json(&policy(folder, &["export", "--format", "json"]))["documents"].clone();
        for document in documents.as_array_mut().unwrap() {
            document.as_object_mut().unwrap().remove("recorded_at");
        }
        documents
    };
    assert_eq!(comparable(&folder), comparable(&elsewhere));

    put(
        &folder,
        "blocked.json",
        r#"{"kind": "credits", "level": "class", "target": "SVC", "reason": "x", "fields": {"on_exhausted": "block"}}"#,
    );
    let refused = policy(&folder, &["import", "blocked.json"]);
    assert_eq!(refused.code, Some(7));
    assert!(
        refused.err.contains("fields.on_exhausted: blocked") && refused.err.contains("credits/global v1"),
        "{}",
        refused.err
    );
    let diff = policy(&folder, &["diff", "blocked.json"]);
    assert_eq!(diff.code, Some(0), "blocked, it changes nothing: {} {}", diff.out, diff.err);
    assert_eq!(policy(&folder, &["import", "blocked.json", "--keep-blocked"]).code, Some(0));
    let linted = policy(&folder, &["validate"]);
    assert!(linted.out.contains("unreachable"), "{}", linted.out);
}

/// Every sort of bad input that a document can have, with where it is found.
const BAD: &str = r#"
documents:
- {kind: weather, level: global, reason: x}
- {kind: trial, level: planet, reason: x}
- {kind: renewal, level: class, target: PLG, reason: x, fields: {graze_days: 1}}
- {kind: renewal, level: class, target: ENV, reason: x, fields: {notice_days: {fly: [1]}}}
- {kind: renewal, level: class, target: SVC, reason: x, fields: {price: {append: [current]}}}
- {kind: renewal, level: class, target: ORD, reason: x, fields: {auto_renew: "yes"}}
- {kind: renewal, level: class, target: AFL, reason: x, fields: {grace_days: -1}}
- {kind: sla, level: global, reason: x, fields: {support_hours: {from: "10:00"}}}
- {kind: refund, level: class, target: PLG, id: one, reason: x, fields: {window_days: 3}}
- {kind: refund, level: class, target: PLG, id: other, reason: x, fields: {window_days: 4}}
- {kind: refund, level: class, target: ENV, reason: x, effective_from: "2026-05-01T00:00:00Z", effective_until: "2026-04-01T00:00:00Z"}
- {kind: credits, level: class, target: SVC, reason: x, fields: {on_exhausted: block}}
- {kind: cancellation, level: global, reason: x, fields: {notice_days: 1, notice_days: 2}}
- {kind: trial, level: class, target: XYZ, reason: x}
- {kind: trial, level: settings, reason: x}
"#;

const DATED: &str = r#"
kind = "trial"
level = "class"
target = "SVC"
reason = "x"
fields.days = 2026-05-01
"#;

const TWICE: &str = r#"
kind = "trial"
level = "class"
target = "ENV"
reason = "x"
fields.days = 1
fields.days = 2
"#;

const FOUND: [(&str, &str); 16] = [
    ("unknown_kind", "kind"),
    ("unknown_level", "level"),
    ("unknown_field", "fields.graze_days"),
    ("unknown_operation", "fields.notice_days"),
    ("illegal_operation", "fields.price"),
    ("wrong_type", "fields.auto_renew"),
    ("out_of_range", "fields.grace_days"),
    ("partial_group", "fields.support_hours"),
    ("conflict", "fields.window_days"),
    ("empty_window", "effective_until"),
    ("wrong_target", "target"),
    ("duplicate_key", "fields.notice_days"),
    ("date_value", "dated.toml: fields.days"),
    ("duplicate_key", "twice.toml: fields.days"),
    ("too_large", "large.json"),
    ("blocked", "fields.on_exhausted"),
];

#[test]
fn po_9_all_that_is_wrong_in_many_files_is_said_in_one_answer_and_changes_nothing() {
    let folder = folder();
    assert_eq!(run(&folder, &["migrate"]).code, Some(0));
    put(&folder, "house.toml", HOUSE);
    assert_eq!(policy(&folder, &["import", "house.toml"]).code, Some(0));
    let before = policy(&folder, &["export", "--history"]).out;

    put(&folder, "bad.yaml", BAD);
    put(&folder, "dated.toml", DATED);
    put(&folder, "twice.toml", TWICE);
    put(&folder, "large.json", &format!("{{\"kind\": \"{}\"}}", "x".repeat(10 << 20)));
    let files = ["bad.yaml", "dated.toml", "twice.toml", "large.json"];
    let import = [&["import"], &files[..]].concat();

    let text = policy(&folder, &import);
    assert_eq!(text.code, Some(7), "{}", text.err);
    let answer = policy(&folder, &[&import[..], &["--json"]].concat());
    assert_eq!(answer.code, Some(7), "{}", answer.err);
    let found = json(&answer);
    for (code, path) in FOUND {
        let named = found.as_array().unwrap().iter().any(|one| {
            one["path"].as_str().unwrap().contains(path)
                && one["problem"].as_str().unwrap().starts_with(&format!("{code}: "))
        });
        assert!(named, "{code} at {path}: {found:#}");
        let line = text.err.lines().any(|line| line.contains(path) && line.contains(code));
        assert!(line, "{code} at {path}: {}", text.err);
    }
    assert_eq!(policy(&folder, &["export", "--history"]).out, before, "nothing changed");

    // Without a database: all but the guard, which stands there.
    let checked = policy(&folder, &[&["validate"], &files[..], &["--json"]].concat());
    assert_eq!(checked.code, Some(7), "{}", checked.err);
    let found = json(&checked);
    for (code, path) in &FOUND[..FOUND.len() - 1] {
        let named = found
            .as_array()
            .unwrap()
            .iter()
            .any(|one| one["code"] == *code && one["path"].as_str().unwrap().contains(path));
        assert!(named, "{code} at {path}: {found:#}");
    }
}
