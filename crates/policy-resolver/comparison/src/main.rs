//! The same documents and the same queries, answered by other means: one kind through five levels.
//!
//! What is compared does not do the same. `figment` and `config` merge layers, so the layers of a subject are looked
//! up by hand and lists replace each other. `cedar-policy` decides who may do what: each document is a policy there,
//! and the answer is which of them apply to the subject, from which the most specific one is picked by hand. None of
//! them guards fields, knows windows of time, or says who lost.

#[allow(dead_code)]
#[path = "../../examples/figures/world.rs"]
mod world;

use std::{collections::HashMap, hint::black_box, time::Instant};

use cedar_policy::{Authorizer, Context, Entities, Entity, EntityUid, PolicySet, Request};
use figment::{Figment, providers::Serialized};
use policy_resolver::{Document, Roster, Schema, Timestamp, kinds::CreditPolicy};
use serde_json::{Map, Value};
use world::{Dice, documents, places};

type Places = [(&'static str, String); 4];

fn row(what: &str, nanoseconds: f64, ours: f64) {
    println!("| {what:<58} | {nanoseconds:>13.1} ns | {:>10.0}x |", nanoseconds / ours);
}

/// The middle of three runs, in nanoseconds for each query.
fn each(count: usize, mut work: impl FnMut(usize)) -> f64 {
    let mut runs: Vec<f64> = (0..3)
        .map(|_| {
            let started = Instant::now();
            for turn in 0..count {
                work(turn);
            }
            started.elapsed().as_secs_f64() * 1e9 / count as f64
        })
        .collect();
    runs.sort_by(f64::total_cmp);
    runs[1]
}

/// A plain value, where the document has one: operations are left to those that know them.
fn plain(document: &Document) -> Map<String, Value> {
    document.fields.iter().filter(|(_, value)| !value.is_object()).map(|(k, v)| (k.clone(), v.clone())).collect()
}

fn uid(level: &str, target: &str) -> EntityUid {
    format!("{level}::\"{target}\"").parse().unwrap()
}

fn main() {
    let at = Timestamp::from_unix_micros(1_800_000_000_000_000);
    let schema = Schema::standard();
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    let all = documents(&schema, &mut dice, 50_000, 1_000_000);
    let credits: Vec<Document> = all.iter().filter(|own| own.kind == "credits").cloned().collect();
    let queries: Vec<Places> = (0..1_000_000).map(|number| places(&mut dice, number)).collect();
    println!("{} documents, {} of them of the kind `credits`; {} entitlements\n", all.len(), credits.len(), queries.len());
    println!("| one kind, a random entitlement | time | of ours |\n|---|---:|---:|");

    let set = schema.compile(all).unwrap();
    let subjects: Vec<_> = queries
        .iter()
        .map(|own| schema.subject(own.iter().map(|(level, target)| (*level, target.as_str()))).unwrap())
        .collect();
    let roster = Roster::of(&schema, &subjects);
    let bound = set.bind::<CreditPolicy>(&roster).unwrap();
    let order: Vec<usize> = (0..1_000_000).map(|_| dice.roll(queries.len())).collect();
    for subject in &subjects {
        black_box(set.resolve::<CreditPolicy>(subject, at).unwrap());
    }
    let ours = each(order.len(), |turn| {
        black_box(set.resolve::<CreditPolicy>(&subjects[order[turn]], at).unwrap().grace_days);
    });
    row("policy-resolver, by subject", ours, ours);
    let tied = each(order.len(), |turn| {
        black_box(bound.resolve(order[turn] as u32, at).unwrap().grace_days);
    });
    row("policy-resolver, bound to the roster", tied, ours);
    let explained = each(100_000, |turn| {
        black_box(set.explain("credits", &subjects[order[turn]], at).unwrap());
    });
    row("policy-resolver, every field explained", explained, ours);

    // The naive way: documents in a map by a text key, merged into a map of JSON values.
    let by_place: HashMap<String, Map<String, Value>> = credits
        .iter()
        .map(|own| (format!("{}/{}", own.level, own.target.as_deref().unwrap_or_default()), plain(own)))
        .collect();
    let defaults = set.values("credits", &schema.subject([]).unwrap(), at).unwrap().to_json();
    let layers = |places: &Places| -> Vec<&Map<String, Value>> {
        std::iter::once("global/".to_owned())
            .chain(places.iter().map(|(level, target)| format!("{level}/{target}")))
            .filter_map(|key| by_place.get(&key))
            .collect()
    };
    let naive = each(100_000, |turn| {
        let mut merged = defaults.as_object().unwrap().clone();
        for layer in layers(&queries[order[turn]]) {
            merged.extend(layer.iter().map(|(key, value)| (key.clone(), value.clone())));
        }
        black_box(merged);
    });
    row("a fold over maps keyed by text, untyped", naive, ours);
    let typed = each(100_000, |turn| {
        let mut merged = defaults.as_object().unwrap().clone();
        for layer in layers(&queries[order[turn]]) {
            merged.extend(layer.iter().map(|(key, value)| (key.clone(), value.clone())));
        }
        black_box(serde_json::from_value::<CreditPolicy>(Value::Object(merged)).unwrap());
    });
    row("the same, read into the struct", typed, ours);

    let merged = each(20_000, |turn| {
        let mut figment = Figment::from(Serialized::defaults(CreditPolicy::default()));
        for layer in layers(&queries[order[turn]]) {
            figment = figment.merge(Serialized::defaults(layer));
        }
        black_box(figment.extract::<CreditPolicy>().unwrap());
    });
    row("figment, layers looked up by hand", merged, ours);

    let texts: HashMap<&String, String> =
        by_place.iter().map(|(key, layer)| (key, serde_json::to_string(layer).unwrap())).collect();
    let text_of_defaults = defaults.to_string();
    let merged = each(5_000, |turn| {
        let mut builder = config::Config::builder()
            .add_source(config::File::from_str(&text_of_defaults, config::FileFormat::Json));
        let keys = std::iter::once("global/".to_owned())
            .chain(queries[order[turn]].iter().map(|(level, target)| format!("{level}/{target}")));
        for text in keys.filter_map(|key| texts.get(&key)) {
            builder = builder.add_source(config::File::from_str(text, config::FileFormat::Json));
        }
        black_box(builder.build().unwrap().try_deserialize::<CreditPolicy>().unwrap());
    });
    row("config, layers looked up by hand", merged, ours);

    let policies: String = credits
        .iter()
        .enumerate()
        .map(|(number, own)| {
            let principal = match &own.target {
                Some(target) => format!("principal in {}::\"{target}\"", own.level),
                None => "principal".to_owned(),
            };
            format!("@id(\"{number}\") permit({principal}, action == Action::\"credits\", resource);\n")
        })
        .collect();
    let policies: PolicySet = policies.parse().unwrap();
    let authorizer = Authorizer::new();
    let (action, resource) = (uid("Action", "credits"), uid("Policy", "credits"));
    let decided = each(20, |turn| {
        let places = &queries[order[turn]];
        let parents = places[..3].iter().map(|(level, target)| uid(level, target));
        let principal = uid(places[3].0, &places[3].1);
        let entity = Entity::new_no_attrs(principal.clone(), parents.collect());
        let entities = Entities::from_entities([entity], None).unwrap();
        let request = Request::new(principal, action.clone(), resource.clone(), Context::empty(), None).unwrap();
        let response = authorizer.is_authorized(&request, &policies, &entities);
        black_box(response.diagnostics().reason().count());
    });
    row("cedar-policy, which documents apply", decided, ours);
}
