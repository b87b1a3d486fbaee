//! The same documents and the same queries, answered by other means: one kind through five levels.
//!
//! What is compared does not do the same. `figment` and `config` merge layers, so the layers of a subject are looked
//! up by hand. `cedar-policy` decides who may do what: each document is a policy there, and the answer is which of them
//! apply to the subject, from which the most specific one is to be picked by hand. None of them guards fields, knows
//! windows of time or additions to lists, or says who lost. So that all have the same to do, the documents only set
//! values. Each has read and taken apart everything before it is asked; only `policy-resolver` holds the documents of
//! all kinds, the others those of the one kind that is asked about. That all come to the same is checked before
//! anything is measured.

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

/// The rounds in which all are measured, one after the other, so that whatever else the machine does falls on all.
const ROUNDS: usize = 5;
/// How many answers are compared before.
const CHECKED: usize = 500;

struct Contender<'a> {
    name: &'static str,
    /// Queries in a round.
    count: usize,
    work: Box<dyn FnMut(usize) + 'a>,
    nanoseconds: Vec<f64>,
}

fn contender<'a>(name: &'static str, count: usize, work: impl FnMut(usize) + 'a) -> Contender<'a> {
    Contender { name, count, work: Box::new(work), nanoseconds: vec![] }
}

impl Contender<'_> {
    fn run(&mut self) {
        let started = Instant::now();
        for turn in 0..self.count {
            (self.work)(turn);
        }
        self.nanoseconds.push(started.elapsed().as_secs_f64() * 1e9 / self.count as f64);
    }

    /// The middle of the rounds.
    fn middle(&mut self) -> f64 {
        self.nanoseconds.sort_by(f64::total_cmp);
        self.nanoseconds[self.nanoseconds.len() / 2]
    }
}

/// The document with the fields that it sets to plain values.
fn plain(mut document: Document) -> Document {
    let is_operation = |value: &Value| {
        let keys = value.as_object().into_iter().flat_map(Map::keys);
        keys.into_iter().any(|key| ["set", "append", "remove", "reset", "unset"].contains(&key.as_str()))
    };
    document.fields.retain(|_, value| !is_operation(value));
    document
}

fn uid(level: &str, target: &str) -> EntityUid {
    format!("{level}::\"{target}\"").parse().unwrap()
}

fn main() {
    let at = Timestamp::from_unix_micros(1_800_000_000_000_000);
    let schema = Schema::standard();
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    let all: Vec<Document> = documents(&schema, &mut dice, 50_000, 1_000_000).into_iter().map(plain).collect();
    let credits: Vec<Document> = all.iter().filter(|own| own.kind == "credits").cloned().collect();
    let queries: Vec<Places> = (0..1_000_000).map(|number| places(&mut dice, number)).collect();
    println!(
        "{} documents, {} of them of the kind `credits`; {} entitlements\n",
        all.len(),
        credits.len(),
        queries.len()
    );
    let order: Vec<usize> = (0..1_000_000).map(|_| dice.roll(queries.len())).collect();

    let set = schema.compile(all).unwrap();
    let subject = |own: &Places| {
        schema.subject(own.iter().map(|(level, target)| (*level, target.as_str()))).unwrap()
    };
    let subjects: Vec<_> = queries.iter().map(subject).collect();
    let bound = set.bind::<CreditPolicy>(&Roster::of(&schema, &subjects)).unwrap();
    for subject in &subjects {
        black_box(set.resolve::<CreditPolicy>(subject, at).unwrap());
    }
    let ours = |turn: usize| set.resolve::<CreditPolicy>(&subjects[order[turn]], at).unwrap();

    // The naive way: documents in a map by a text key, merged into a map of JSON values.
    let by_place: HashMap<String, Map<String, Value>> = credits
        .iter()
        .map(|own| {
            (format!("{}/{}", own.level, own.target.as_deref().unwrap_or_default()), own.fields.clone())
        })
        .collect();
    let defaults = set.schema().compile([]).unwrap();
    let defaults = defaults.values("credits", &schema.subject([]).unwrap(), at).unwrap().to_json();
    let keys = |turn: usize| {
        let places = queries[order[turn]].iter().map(|(level, target)| format!("{level}/{target}"));
        std::iter::once("global/".to_owned()).chain(places)
    };
    let layers = |turn: usize| keys(turn).filter_map(|key| by_place.get(&key));
    let folded = |turn: usize| {
        let mut merged = defaults.as_object().unwrap().clone();
        for layer in layers(turn) {
            merged.extend(layer.iter().map(|(key, value)| (key.clone(), value.clone())));
        }
        Value::Object(merged)
    };
    let read = |turn: usize| serde_json::from_value::<CreditPolicy>(folded(turn)).unwrap();
    let figment_of = |layer: &Map<String, Value>| Figment::from(Serialized::defaults(layer));
    let figments: HashMap<&str, Figment> =
        by_place.iter().map(|(key, layer)| (key.as_str(), figment_of(layer))).collect();
    let figment_base = Figment::from(Serialized::defaults(CreditPolicy::default()));
    let by_figment = |turn: usize| {
        let layers = keys(turn).filter_map(|key| figments.get(key.as_str()));
        layers.fold(figment_base.clone(), Figment::merge).extract::<CreditPolicy>().unwrap()
    };
    let config_of = |layer: &Map<String, Value>| config::Config::try_from(layer).unwrap();
    let configs: HashMap<&str, config::Config> =
        by_place.iter().map(|(key, layer)| (key.as_str(), config_of(layer))).collect();
    let config_base = config_of(defaults.as_object().unwrap());
    let by_config = |turn: usize| {
        let builder = config::Config::builder().add_source(config_base.clone());
        let layers = keys(turn).filter_map(|key| configs.get(key.as_str()));
        let builder = layers.fold(builder, |builder, layer| builder.add_source(layer.clone()));
        builder.build().unwrap().try_deserialize::<CreditPolicy>().unwrap()
    };

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
    let by_cedar = |turn: usize| {
        let places = &queries[order[turn]];
        let parents = places[..3].iter().map(|(level, target)| uid(level, target));
        let principal = uid(places[3].0, &places[3].1);
        let entity = Entity::new_no_attrs(principal.clone(), parents.collect());
        let entities = Entities::from_entities([entity], None).unwrap();
        let request =
            Request::new(principal, action.clone(), resource.clone(), Context::empty(), None).unwrap();
        let response = authorizer.is_authorized(&request, &policies, &entities);
        response.diagnostics().reason().count()
    };

    for turn in 0..CHECKED {
        let wanted = ours(turn);
        assert_eq!(bound.resolve(order[turn] as u32, at), Some(wanted));
        assert_eq!((&read(turn), &by_figment(turn), &by_config(turn)), (wanted, wanted, wanted));
        assert!(turn >= 20 || by_cedar(turn) == layers(turn).count());
    }

    let mut all = [
        contender("policy-resolver, by subject", 1_000_000, |turn| {
            black_box(ours(turn).grace_days);
        }),
        contender("policy-resolver, places given as texts", 1_000_000, |turn| {
            let subject = subject(&queries[order[turn]]);
            black_box(set.resolve::<CreditPolicy>(&subject, at).unwrap().grace_days);
        }),
        contender("policy-resolver, bound to the roster", 1_000_000, |turn| {
            black_box(bound.resolve(order[turn] as u32, at).unwrap().grace_days);
        }),
        contender("policy-resolver, every field explained", 100_000, |turn| {
            black_box(set.explain("credits", &subjects[order[turn]], at).unwrap());
        }),
        contender("a fold over maps keyed by text, untyped", 100_000, |turn| {
            black_box(folded(turn));
        }),
        contender("the same, read into the struct", 100_000, |turn| {
            black_box(read(turn));
        }),
        contender("figment, layers looked up by hand", 20_000, |turn| {
            black_box(by_figment(turn));
        }),
        contender("config, layers looked up by hand", 5_000, |turn| {
            black_box(by_config(turn));
        }),
        contender("cedar-policy, which documents apply", 20, |turn| {
            black_box(by_cedar(turn));
        }),
    ];
    for _ in 0..ROUNDS {
        all.iter_mut().for_each(Contender::run);
    }
    println!("| one kind, a random entitlement | time | of the first |\n|---|---:|---:|");
    let first = all[0].middle();
    for contender in &mut all {
        let time = contender.middle();
        println!("| {:<42} | {time:>12.1} ns | {:>9.1}x |", contender.name, time / first);
    }
}
