//! What each field does, at each of the five levels; and the list of those that do nothing yet.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use serde_json::{Value, json};
use service_delivery::policy_schema;
use storage_seaorm::testing::TestDatabase;

use super::proofs::{Proof, Scene, proofs};
use crate::{on_both, support::World};

on_both! {
    po_2_the_credits_follow_a_change_at_each_level,
    po_2_provisioning_follows_a_change_at_each_level,
    po_2_the_sla_follows_a_change_at_each_level,
    po_2_renewal_follows_a_change_at_each_level,
    po_2_cancellation_follows_a_change_at_each_level,
}

/// The kinds that are acted on, each with a test of its own above.
const ACTED_ON: [&str; 5] = ["cancellation", "credits", "provisioning", "renewal", "sla"];

async fn po_2_the_credits_follow_a_change_at_each_level(db: TestDatabase) {
    prove(db, "credits").await;
}

async fn po_2_provisioning_follows_a_change_at_each_level(db: TestDatabase) {
    prove(db, "provisioning").await;
}

async fn po_2_the_sla_follows_a_change_at_each_level(db: TestDatabase) {
    prove(db, "sla").await;
}

async fn po_2_renewal_follows_a_change_at_each_level(db: TestDatabase) {
    prove(db, "renewal").await;
}

async fn po_2_cancellation_follows_a_change_at_each_level(db: TestDatabase) {
    prove(db, "cancellation").await;
}

/// For each field of the kind that is acted on: the deed has the same outcome without a document and once the document has
/// ended, and another one while it is there, at each level.
async fn prove(db: TestDatabase, kind: &str) {
    let world = World::new(db);
    for proof in proofs().iter().filter(|proof| proof.kind == kind) {
        let mut given = Vec::new();
        for (kind, fields) in proof.given.as_object().unwrap() {
            given.push(world.rule(kind, "global", None, fields).await);
        }
        let scene = Scene::new(&world, proof).await;
        let usual = Box::pin((proof.deed)(&world, &scene)).await;
        for level in ["global", "class", "organization", "product", "entitlement"] {
            if level == "entitlement" && proof.buys {
                continue;
            }
            let scene = Scene::new(&world, proof).await;
            let changed = at_level(&world, proof, &scene, level).await;
            assert_ne!(changed, usual, "{kind}.{} at the level {level} changes nothing", proof.field);
        }
        let scene = Scene::new(&world, proof).await;
        let again = Box::pin((proof.deed)(&world, &scene)).await;
        assert_eq!(again, usual, "{kind}.{} after the documents have ended", proof.field);
        for rule in given {
            world.rule_ends(&rule).await;
        }
    }
}

async fn at_level(world: &World, proof: &Proof, scene: &Scene, level: &str) -> String {
    let target = match level {
        "class" => Some(proof.class.to_string()),
        "organization" => Some(scene.organization.to_string()),
        "product" => Some(scene.product.to_string()),
        "entitlement" => scene.entitlement().map(|id| id.to_string()),
        _ => None,
    };
    // A document may have the same place as what is given.
    let mut fields = proof.given.get(proof.kind).filter(|_| level == "global").cloned().unwrap_or(json!({}));
    merge(&mut fields, proof);
    let rule = world.rule(proof.kind, level, target.as_deref(), &fields).await;
    let changed = Box::pin((proof.deed)(world, scene)).await;
    match proof.given.get(proof.kind).filter(|_| level == "global") {
        Some(given) => drop(world.rule(proof.kind, "global", None, given).await),
        None => world.rule_ends(&rule).await,
    }
    changed
}

/// The field, with the rest of its group.
fn merge(fields: &mut Value, proof: &Proof) {
    let kind = policy_schema().kind(proof.kind).unwrap();
    let group = kind.field(proof.field).unwrap().group.clone();
    for other in kind.fields().iter().filter(|other| group.is_some() && other.group == group) {
        fields[&other.path] = other.default.to_json();
    }
    fields[proof.field] = proof.value.clone();
}

const HEAD: &str = "# Fields of policies that nothing acts on yet

These can be set, resolve and explain like all others, and change nothing that the product does so far. Every other field of
the ten kinds is acted on: `crates/service-delivery/tests/it/policies/proofs.rs` has, for each of them, a deed whose outcome it
changes, tried at every level on both databases. Where the deed makes the entitlement, the level of the individual entitlement
comes too late for it. What an SLA promises acts through the contract, into which it is written when that is signed.

Three things are recorded and shown, and no timed step carries them out yet: a cancellation at the end of a term (`cancel_at`),
the end of an entitlement (`ends_at`), and invoices past their due date. Staff expire or cancel with a command when it is time.

This list is what remains; a test compares it, and another one looks through the sources for whatever reads such a field.

| kind | field | what it is meant to do |
|---|---|---|
";

#[test]
fn po_2_each_kind_that_is_acted_on_is_tried_at_all_five_levels() {
    let kinds: BTreeSet<&str> = proofs().iter().map(|proof| proof.kind).collect();
    assert!(kinds.iter().eq(&ACTED_ON), "each kind of a proof has a test of its own: {kinds:?}");
    for kind in ACTED_ON {
        // A deed that buys leaves the level of the individual entitlement out.
        assert!(proofs().iter().any(|proof| proof.kind == kind && !proof.buys), "{kind}");
    }
}

/// The Rust struct of each kind, and the accessor by which use cases ask for it.
const NAMES: [(&str, &str); 10] = [
    ("renewal", "RenewalPolicy"),
    ("payment_recovery", "PaymentRecoveryPolicy"),
    ("cancellation", "CancellationPolicy"),
    ("sla", "SlaPolicy"),
    ("credits", "CreditPolicy"),
    ("provisioning", "ProvisioningPolicy"),
    ("trial", "TrialPolicy"),
    ("refund", "RefundPolicy"),
    ("tier_change", "TierChangePolicy"),
    ("notification", "NotificationPolicy"),
];

/// The sources of what the product does, without their tests and comments.
fn sources() -> Vec<(PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let crates = ["entitlement", "ust-credits", "sr-workflow", "billing", "service-delivery"];
    let mut folders: Vec<PathBuf> =
        crates.iter().map(|name| root.join("crates").join(name).join("src")).collect();
    let mut all = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap();
            if path.is_dir() && name != "tests" {
                folders.push(path);
            } else if name.ends_with(".rs") && !name.ends_with("tests.rs") {
                let text = std::fs::read_to_string(&path).unwrap();
                let code = text.split("#[cfg(test)]").next().unwrap();
                let code = code.lines().filter(|line| !line.trim_start().starts_with("//"));
                all.push((path, code.collect::<Vec<_>>().join("\n")));
            }
        }
    }
    all
}

#[test]
fn nothing_reads_a_field_of_the_list() {
    let proven: BTreeSet<(&str, &str)> = proofs().iter().map(|proof| (proof.kind, proof.field)).collect();
    let sources = sources();
    assert!(sources.len() > 100, "{}", sources.len());
    for kind in policy_schema().kinds() {
        let policy = NAMES.iter().find(|(name, _)| *name == kind.name()).unwrap().1;
        let accessor = format!(".{}()", kind.name());
        // Here they are handed out.
        let handing = |path: &Path| path.ends_with("service-delivery/src/policies.rs");
        let users = sources
            .iter()
            .filter(|(path, code)| !handing(path) && (code.contains(policy) || code.contains(&accessor)));
        for (path, code) in users {
            for field in kind.fields().iter().filter(|own| !proven.contains(&(kind.name(), &own.path))) {
                let first = field.path.split('.').next().unwrap();
                let reads = code.match_indices(&format!(".{first}")).any(|(at, found)| {
                    let next = code[at + found.len()..].chars().next().unwrap_or(' ');
                    !next.is_alphanumeric() && next != '_' && next != '('
                });
                let path = path.display();
                assert!(!reads, "{path} reads {}.{}: it needs a proof", kind.name(), field.path);
            }
        }
    }
}

#[test]
fn the_list_of_fields_that_nothing_acts_on_is_true() {
    let proven: BTreeSet<(&str, &str)> = proofs().iter().map(|proof| (proof.kind, proof.field)).collect();
    for (kind, field) in &proven {
        assert!(policy_schema().kind(kind).unwrap().field(field).is_some(), "{kind}.{field} is no field");
    }
    let mut text = HEAD.to_owned();
    for kind in policy_schema().kinds() {
        for field in
            kind.fields().iter().filter(|field| !proven.contains(&(kind.name(), field.path.as_str())))
        {
            text.push_str(&format!("| {} | {} | {} |\n", kind.name(), field.path, field.doc));
        }
    }
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/policy-fields.md");
    if std::env::var_os("ACCOUNT_WRITE_DOCS").is_some() {
        std::fs::write(&file, &text).unwrap();
    }
    let written = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(written == text, "docs/policy-fields.md is out of date: run this test with ACCOUNT_WRITE_DOCS=1");
}
