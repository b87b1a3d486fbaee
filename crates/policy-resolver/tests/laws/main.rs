//! The laws of resolution, against a fold that was written independently.

#![allow(clippy::unwrap_used)]

mod naive;

use naive::Who;
use policy_resolver::{
    Code, Document, Format, Level, Operation, Outcome, Reason, Roster, Schema, Snapshot, Subject, Timestamp,
    policy_kind, policy_section, read, write,
};
use proptest::{option::of, prelude::*};
use serde_json::{Value, json};

policy_section! {
    /// A group.
    struct Pair {
        low: i32 = 1,
        high: i32 = 9,
    }
}

policy_kind! {
    /// The kind of the laws: a number, an optional number, a list and a group.
    struct Sample("sample") {
        number: i32 = 7,
        limit: Option<i32> = Some(3),
        tags: Vec<String> = vec!["a".to_owned(), "b".to_owned()],
        pair: Pair = Pair::default() => [group("pair")],
    }
}

const FIELDS: [&str; 5] = ["number", "limit", "tags", "pair.low", "pair.high"];

fn schema() -> Schema {
    static SCHEMA: std::sync::OnceLock<Schema> = std::sync::OnceLock::new();
    SCHEMA
        .get_or_init(|| {
            Schema::builder()
                .levels([
                    Level::single("root"),
                    Level::targeted("region"),
                    Level::targeted("team"),
                    Level::targeted("user"),
                ])
                .kind::<Sample>()
                .build()
                .unwrap()
        })
        .clone()
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_unix_micros(second * 1_000_000)
}

const INSTANTS: std::ops::Range<i64> = -1..12;

fn subject(who: &Who) -> Subject {
    let text = |n: Option<u8>| n.map(|n| n.to_string());
    let places = [("region", text(who.region)), ("team", text(who.team)), ("user", text(who.user))];
    let named = places.iter().filter_map(|(level, target)| Some((*level, target.as_deref()?)));
    schema().subject(named).unwrap()
}

fn tags() -> impl Strategy<Value = Value> {
    proptest::sample::subsequence(vec!["a", "b", "c", "d"], 0..4).prop_shuffle().prop_map(|tags| json!(tags))
}

/// Changes by field.
fn changes() -> impl Strategy<Value = Vec<(&'static str, Value)>> {
    let number = prop_oneof![
        3 => (-3i64..9).prop_map(|n| json!(n)),
        1 => (-3i64..9).prop_map(|n| json!({ "set": n })),
        1 => Just(json!({ "reset": true })),
    ];
    let limit = prop_oneof![
        3 => (0i64..5).prop_map(|n| json!(n)),
        1 => Just(json!({ "unset": true })),
        1 => Just(json!({ "reset": true })),
    ];
    let list = prop_oneof![
        2 => tags(),
        3 => tags().prop_map(|tags| json!({ "append": tags })),
        2 => tags().prop_map(|tags| json!({ "remove": tags })),
        1 => Just(json!({ "reset": true })),
    ];
    let pair = prop_oneof![
        2 => (0i64..5, 5i64..9).prop_map(|(low, high)| (json!(low), json!(high))),
        1 => Just((json!({ "reset": true }), json!({ "reset": true }))),
    ];
    (of(number), of(limit), of(list), of(pair)).prop_map(|(number, limit, list, pair)| {
        let mut all = Vec::new();
        all.extend(number.map(|value| ("number", value)));
        all.extend(limit.map(|value| ("limit", value)));
        all.extend(list.map(|value| ("tags", value)));
        if let Some((low, high)) = pair {
            all.extend([("pair.low", low), ("pair.high", high)]);
        }
        all
    })
}

fn guards() -> impl Strategy<Value = Vec<(&'static str, Value)>> {
    let guard = prop_oneof![
        Just(json!("enforced")),
        proptest::sample::subsequence(vec!["set", "append", "remove", "reset", "unset"], 0..5)
            .prop_map(|names| json!(names)),
    ];
    let fields = prop_oneof![Just("number"), Just("limit"), Just("tags"), Just("pair")];
    proptest::collection::vec((fields, guard), 0..2).prop_map(|all| {
        let mut fields = Vec::new();
        for (field, guard) in all {
            if fields.iter().any(|(own, _): &(&str, Value)| own.starts_with(field)) {
                continue;
            }
            match field {
                "pair" => fields.extend([("pair.low", guard.clone()), ("pair.high", guard)]),
                other => fields.push((other, guard)),
            }
        }
        fields
    })
}

fn place() -> impl Strategy<Value = (&'static str, Option<String>)> {
    prop_oneof![
        Just(("root", None)),
        (0u8..2).prop_map(|n| ("region", Some(n.to_string()))),
        (0u8..2).prop_map(|n| ("team", Some(n.to_string()))),
        (0u8..2).prop_map(|n| ("user", Some(n.to_string()))),
    ]
}

fn window() -> impl Strategy<Value = (Option<i64>, Option<i64>)> {
    prop_oneof![
        2 => Just((None, None)),
        1 => (0i64..6).prop_map(|from| (Some(from), None)),
        1 => (1i64..9).prop_map(|until| (None, Some(until))),
        2 => (0i64..6, 1i64..6).prop_map(|(from, length)| (Some(from), Some(from + length))),
    ]
}

/// A document's versions, at one place.
fn history() -> impl Strategy<Value = Vec<Document>> {
    let version = (changes(), guards(), window(), 0i64..4);
    (place(), 0u32..1000, proptest::collection::vec(version, 1..3)).prop_map(
        |((level, target), id, versions)| {
            let mut recorded = 0;
            let mut all = Vec::new();
            for (index, (changes, guards, (from, until), later)) in versions.into_iter().enumerate() {
                let mut document = Document::new("sample", level, target.as_deref())
                    .named(&format!("{level}-{}-{id}", target.clone().unwrap_or_default()))
                    .effective(from.map(at), until.map(at));
                document.version = index as u32 + 1;
                recorded += later;
                if index > 0 {
                    document.recorded_at = Some(at(recorded));
                }
                document.fields =
                    changes.into_iter().map(|(field, change)| (field.to_owned(), change)).collect();
                document.guard = guards.into_iter().map(|(field, guard)| (field.to_owned(), guard)).collect();
                all.push(document);
            }
            all
        },
    )
}

/// Documents, with ids that are unique.
fn documents() -> impl Strategy<Value = Vec<Document>> {
    proptest::collection::vec(history(), 0..8).prop_map(|histories| {
        let mut seen = std::collections::HashSet::new();
        histories.into_iter().filter(|own| seen.insert(own[0].id.clone())).flatten().collect()
    })
}

/// Documents that compile: those that clash with earlier ones are left out.
fn compatible() -> impl Strategy<Value = Vec<Document>> {
    documents().prop_map(|all| {
        let instants: Vec<_> = INSTANTS.map(at).collect();
        let mut kept: Vec<Document> = Vec::new();
        for id in all.iter().map(|own| own.id.clone()).collect::<std::collections::BTreeSet<_>>() {
            let history: Vec<_> = all.iter().filter(|own| own.id == id).cloned().collect();
            let tried: Vec<_> = kept.iter().cloned().chain(history).collect();
            if !naive::disagree(&tried, &instants) && schema().compile(tried.clone()).is_ok() {
                kept = tried;
            }
        }
        kept
    })
}

fn who() -> impl Strategy<Value = Who> {
    let some = || proptest::option::weighted(0.8, 0u8..3);
    (some(), some(), some()).prop_map(|(region, team, user)| Who { region, team, user })
}

fn everyone() -> Vec<Who> {
    let options = [None, Some(0), Some(1), Some(2)];
    let mut all = Vec::new();
    for region in options {
        for team in options {
            for user in options {
                all.push(Who { region, team, user });
            }
        }
    }
    all
}

fn value(set: &Snapshot, who: &Who, field: &str, second: i64) -> Value {
    set.values("sample", &subject(who), at(second)).unwrap().get(field).unwrap().to_json()
}

fn as_struct(all: impl Fn(&str) -> Value) -> Sample {
    let number = |field| i32::try_from(all(field).as_i64().unwrap()).unwrap();
    Sample {
        number: number("number"),
        limit: all("limit").as_i64().map(|n| i32::try_from(n).unwrap()),
        tags: all("tags").as_array().unwrap().iter().map(|tag| tag.as_str().unwrap().to_owned()).collect(),
        pair: Pair { low: number("pair.low"), high: number("pair.high") },
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn resolving_agrees_with_the_naive_fold(all in compatible(), who in who()) {
        let set = schema().compile(all.clone()).unwrap();
        for second in INSTANTS {
            let naive = as_struct(|field| naive::fold(&all, &who, field, at(second)));
            prop_assert_eq!(set.resolve::<Sample>(&subject(&who), at(second)).unwrap(), &naive);
            for field in FIELDS {
                prop_assert_eq!(value(&set, &who, field, second), naive::fold(&all, &who, field, at(second)));
            }
        }
    }

    #[test]
    fn po_6_documents_are_refused_exactly_where_they_disagree(all in documents()) {
        let instants: Vec<_> = INSTANTS.map(at).collect();
        let refused = schema().compile(all.clone()).err();
        prop_assert_eq!(refused.is_some_and(|found| found.contains(Code::Conflict)), naive::disagree(&all, &instants));
    }

    #[test]
    fn the_order_of_insertion_does_not_matter(
        (all, shuffled) in documents().prop_flat_map(|all| (Just(all.clone()), Just(all).prop_shuffle())),
        who in who(),
    ) {
        let sorted = |found: &policy_resolver::Diagnostics| {
            let mut lines: Vec<_> = found.iter().map(ToString::to_string).collect();
            lines.sort();
            lines
        };
        match (schema().compile(all), schema().compile(shuffled)) {
            (Ok(one), Ok(other)) => {
                prop_assert_eq!(sorted(one.warnings()), sorted(other.warnings()));
                for second in INSTANTS {
                    let (one, other) = (
                        one.explain("sample", &subject(&who), at(second)).unwrap(),
                        other.explain("sample", &subject(&who), at(second)).unwrap(),
                    );
                    prop_assert_eq!(one, other);
                }
            }
            (Err(one), Err(other)) => prop_assert_eq!(sorted(&one), sorted(&other)),
            _ => prop_assert!(false, "the order decided whether the documents are valid"),
        }
    }

    #[test]
    fn po_2_the_most_specific_level_that_sets_a_field_wins(values in proptest::collection::vec(proptest::option::of(-9i64..9), 4)) {
        let who = Who { region: Some(0), team: Some(0), user: Some(0) };
        let set = schema().compile(naive::LEVELS.iter().zip(&values).filter_map(|(level, value)| {
            let target = (*level != "root").then_some("0");
            value.map(|value| Document::new("sample", level, target).set("number", value))
        })).unwrap();
        let expected = values.iter().rev().find_map(|value| *value).unwrap_or(7);
        prop_assert_eq!(value(&set, &who, "number", 0), json!(expected));
    }

    #[test]
    fn an_empty_document_is_the_identity(all in compatible(), (level, target) in place(), who in who()) {
        let before = schema().compile(all.clone()).unwrap();
        let after = before.with([Document::new("sample", level, target.as_deref()).named("empty")]).unwrap();
        for second in INSTANTS {
            for field in FIELDS {
                prop_assert_eq!(value(&before, &who, field, second), value(&after, &who, field, second));
            }
        }
    }

    #[test]
    fn po_5_guards_intersect_on_the_way_down(one in 0u8..32, other in 0u8..32, below in changes()) {
        let operations = [Operation::Set, Operation::Append, Operation::Remove, Operation::Reset, Operation::Unset];
        let of = |bits: u8| -> Vec<Operation> {
            operations.iter().copied().filter(|operation| bits & (1 << *operation as u8) != 0).collect()
        };
        let guarded = |document: Document, bits: u8| {
            ["number", "limit", "tags", "pair.low", "pair.high"].iter().fold(document, |d, field| d.allow_only(field, &of(bits)))
        };
        let mut last = Document::new("sample", "user", Some("0"));
        last.fields = below.into_iter().map(|(field, change)| (field.to_owned(), change)).collect();
        let root = Document::new("sample", "root", None);
        let team = Document::new("sample", "team", Some("0"));
        let two = schema().compile([guarded(root.clone(), one), guarded(team.clone(), other), last.clone()]).unwrap();
        let both = schema().compile([guarded(root, one & other), last]).unwrap();
        let who = Who { region: None, team: Some(0), user: Some(0) };
        for field in FIELDS {
            prop_assert_eq!(value(&two, &who, field, 0), value(&both, &who, field, 0));
        }
    }

    #[test]
    fn po_5_reset_never_passes_a_guard(pinned in -9i64..9, level in 1usize..4) {
        let level = naive::LEVELS[level];
        let set = schema().compile([
            Document::new("sample", "root", None).set("number", pinned).enforce("number"),
            Document::new("sample", level, Some("0")).reset("number"),
        ]).unwrap();
        let who = Who { region: Some(0), team: Some(0), user: Some(0) };
        let explained = set.explain_field("sample", "number", &subject(&who), at(0)).unwrap();
        prop_assert_eq!(explained.value.to_json(), json!(pinned));
        prop_assert_eq!(explained.reason, Reason::Enforced);
        prop_assert_eq!(explained.blocked().count(), 1);
        prop_assert_eq!(&explained.blocked().next().unwrap().blocked_by.unwrap().id, "sample/root");
    }

    #[test]
    fn po_7_explanations_agree_with_resolving(all in compatible(), who in who(), second in INSTANTS) {
        let set = schema().compile(all.clone()).unwrap();
        let explanation = set.explain("sample", &subject(&who), at(second)).unwrap();
        for field in &explanation.fields {
            prop_assert_eq!(field.value.to_json(), value(&set, &who, field.path, second));
            prop_assert_eq!(field.steps.len(), 4);
            let applied = field.steps.iter().rfind(|step: &policy_resolver::Step<'_>| step.outcome == Outcome::Applied);
            match field.reason {
                Reason::Default => {
                    prop_assert!(applied.is_none() && field.decided_by.is_none());
                    prop_assert_eq!(field.value.to_json(), naive::default(field.path));
                }
                Reason::Enforced => prop_assert!(field.decided_by.is_some()),
                reason => {
                    let applied = applied.unwrap();
                    prop_assert_eq!(applied.document, field.decided_by);
                    prop_assert_eq!(match applied.operation.unwrap() {
                        Operation::Set => Reason::Set,
                        Operation::Append | Operation::Remove => Reason::Merged,
                        Operation::Reset => Reason::Reset,
                        Operation::Unset => Reason::Unset,
                    }, reason);
                }
            }
            for (step, level) in field.steps.iter().zip(naive::LEVELS) {
                prop_assert_eq!(step.level, level);
                let scoped = match level { "root" => true, "region" => who.region.is_some(), "team" => who.team.is_some(), _ => who.user.is_some() };
                prop_assert_eq!(step.outcome == Outcome::NoScope, !scoped);
                let here = naive::at_place(&all, &who, level, at(second));
                let changed = here.iter().any(|own| own.fields.contains_key(field.path));
                prop_assert_eq!(matches!(step.outcome, Outcome::Applied | Outcome::Overridden | Outcome::Blocked), changed);
                prop_assert_eq!(step.outcome == Outcome::Blocked, step.blocked_by.is_some());
                if matches!(step.outcome, Outcome::NotSet | Outcome::Restricts) {
                    prop_assert!(!here.is_empty());
                }
            }
        }
    }

    #[test]
    fn po_6_nothing_changes_before_the_next_change(all in compatible(), who in who(), second in INSTANTS) {
        let set = schema().compile(all).unwrap();
        let next = set.next_change("sample", &subject(&who), at(second)).unwrap();
        prop_assert!(next.is_none_or(|next| next > at(second)));
        for later in INSTANTS.filter(|later| *later > second && next.is_none_or(|next| at(*later) < next)) {
            for field in FIELDS {
                prop_assert_eq!(value(&set, &who, field, second), value(&set, &who, field, later));
            }
        }
    }

    #[test]
    fn po_8_what_if_agrees_with_resolving_twice(all in compatible(), added in history(), second in INSTANTS) {
        let before = schema().compile(all).unwrap();
        let added: Vec<_> = added.into_iter().map(|own| own.named("the-new-one")).collect();
        if let Ok(after) = before.with(added) {
            let everyone = everyone();
            let subjects: Vec<_> = everyone.iter().map(subject).collect();
            let roster = Roster::of(&schema(), &subjects);
            let impact = before.impact(&after, &roster, at(second)).unwrap();
            for (row, who) in everyone.iter().enumerate() {
                let mut differing = Vec::new();
                for field in FIELDS {
                    let (was, is) = (value(&before, who, field, second), value(&after, who, field, second));
                    if was != is {
                        differing.push((field.to_owned(), was, is));
                    }
                }
                let told: Vec<_> = impact.kind("sample").map(|kind| kind.of_row(row as u32)).unwrap_or_default().iter()
                    .map(|change| (change.path.clone(), change.before.to_json(), change.after.to_json()))
                    .collect();
                prop_assert_eq!(told, differing);
            }
        }
    }

    #[test]
    fn many_at_once_agree_with_one_by_one(all in compatible()) {
        let set = schema().compile(all).unwrap();
        let everyone = everyone();
        let subjects: Vec<_> = everyone.iter().map(subject).collect();
        let roster = Roster::of(&schema(), &subjects);
        let bound = set.bind::<Sample>(&roster).unwrap();
        for (row, subject) in subjects.iter().enumerate() {
            for second in INSTANTS {
                prop_assert_eq!(bound.resolve(row as u32, at(second)).unwrap(), set.resolve::<Sample>(subject, at(second)).unwrap());
            }
        }
        prop_assert!(bound.resolve(subjects.len() as u32, at(0)).is_none());
    }

    #[test]
    fn importing_inverts_exporting(mut all in documents(), author in "\\PC{0,12}", reason in "[ -~\\n]{0,20}") {
        for document in &mut all {
            document.author = Some(author.clone());
            document.reason = Some(reason.clone());
        }
        for format in [Format::Json, Format::Toml, Format::Yaml] {
            let text = write(&all, format).unwrap();
            let reading = read(&text, format);
            prop_assert_eq!(reading.into_documents(), Ok(all.clone()), "{}:\n{}", format, text);
        }
    }

    #[test]
    fn a_document_elsewhere_changes_nothing_here(all in compatible(), added in changes(), second in INSTANTS) {
        let before = schema().compile(all).unwrap();
        let mut elsewhere = Document::new("sample", "user", Some("elsewhere")).enforce("number");
        elsewhere.fields = added.into_iter().map(|(field, change)| (field.to_owned(), change)).collect();
        let after = before.with([elsewhere]).unwrap();
        for who in everyone() {
            let (was, is) = (
                before.explain("sample", &subject(&who), at(second)).unwrap(),
                after.explain("sample", &subject(&who), at(second)).unwrap(),
            );
            prop_assert_eq!(was, is);
        }
    }
}
