//! How fast it is: one kind through five levels, 1,000,000 entitlements, 50,000 documents.
//!
//! `cargo run --release -p policy-resolver --example figures [entitlements] [documents]`

mod world;

use std::{hint::black_box, time::Instant};

use policy_resolver::{
    Document, Roster, Schema, Snapshot, Subject, Timestamp,
    kinds::{CreditPolicy, RenewalPolicy},
};
use serde_json::json;
use world::{Dice, documents, subject};

/// Resident memory in MiB, where the system says.
fn resident() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|kib| kib.parse::<f64>().ok()).unwrap_or(0.0) / 1024.0
}

fn timed<T>(what: &str, work: impl FnOnce() -> T) -> T {
    let (before, started) = (resident(), Instant::now());
    let out = work();
    let took = started.elapsed();
    row(what, &format!("{:.1} ms, {:+.1} MiB", took.as_secs_f64() * 1e3, resident() - before));
    out
}

#[allow(clippy::print_stdout)]
fn row(what: &str, figure: &str) {
    println!("| {what:<64} | {figure:<24} |");
}

/// The middle of seven runs, in nanoseconds for each of `count` turns.
fn each(what: &str, count: usize, mut work: impl FnMut(usize)) -> f64 {
    let mut runs: Vec<f64> = (0..7)
        .map(|_| {
            let started = Instant::now();
            for turn in 0..count {
                work(turn);
            }
            started.elapsed().as_secs_f64() * 1e9 / count as f64
        })
        .collect();
    runs.sort_by(f64::total_cmp);
    row(what, &format!("{:.1} ns", runs[3]));
    runs[3]
}

fn main() {
    let argument =
        |n: usize, usual| std::env::args().nth(n).and_then(|text| text.parse().ok()).unwrap_or(usual);
    let (entitlements, count) = (argument(1, 1_000_000), argument(2, 50_000));
    let at = Timestamp::from_unix_micros(1_800_000_000_000_000);
    let schema = Schema::standard();
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    let all = documents(&schema, &mut dice, count, entitlements);
    row("what", "figure");
    row(&"-".repeat(64), &"-".repeat(24));

    let text =
        timed("write all documents as JSON", || policy_resolver::write(&all, policy_resolver::Format::Json));
    let text = text.unwrap_or_default();
    timed("read them back", || policy_resolver::read(&text, policy_resolver::Format::Json).documents.len());
    drop(text);
    let compiled = timed("compile all documents, every combination checked", || schema.compile(all));
    let Ok(set): Result<Snapshot, _> = compiled.inspect_err(|found| row("refused", &found.0[0].to_string()))
    else {
        return;
    };
    row(
        "resident memory then: documents, as they were given and compiled",
        &format!("{:.0} MiB", resident()),
    );
    let roster = timed("build the roster of all entitlements", || {
        let mut roster = Roster::new(&schema);
        for number in 0..entitlements {
            let subject = subject(&schema, &mut dice, number);
            roster.push(&subject);
        }
        roster
    });
    let Ok(bound) = timed("bind the kind `credits` to the roster", || set.bind::<CreditPolicy>(&roster))
    else {
        return;
    };
    row("different credit policies in it", &bound.distinct().to_string());

    let order: Vec<u32> = (0..1_000_000).map(|_| dice.roll(entitlements) as u32).collect();
    let hot = order[0];
    each("typed, bound: hot", 10_000_000, |_| {
        black_box(bound.resolve(black_box(hot), at));
    });
    each("typed, bound: random entitlement, one field read", order.len(), |turn| {
        black_box(bound.resolve(order[turn], at).map(|policy| policy.grace_days));
    });
    let mut carry = 0;
    each("typed, bound: random, each look-up waiting for the one before", order.len(), |turn| {
        let policy = bound.resolve(order[turn] ^ (black_box(carry) >> 31), at);
        carry = policy.map_or(0, |policy| policy.grace_days);
    });
    let subjects: Vec<Subject> = (0..roster.len() as u32).filter_map(|row| roster.subject(row)).collect();
    let pick = |turn: usize| &subjects[order[turn] as usize];
    for subject in &subjects {
        let _ = black_box(set.resolve::<CreditPolicy>(subject, at));
    }
    each("typed, by subject: hot", 10_000_000, |_| {
        let _ = black_box(set.resolve::<CreditPolicy>(black_box(&subjects[0]), at));
    });
    let asked: Vec<Subject> = order.iter().filter_map(|row| roster.subject(*row)).collect();
    each("typed, by subject: random, subjects at hand", asked.len(), |turn| {
        let _ = black_box(set.resolve::<CreditPolicy>(&asked[turn], at).map(|policy| policy.grace_days));
    });
    each("explained, one field, random, subjects at hand", asked.len(), |turn| {
        let _ = black_box(set.explain_field("credits", "expiry_months", &asked[turn], at));
    });
    let fields = schema.kind("credits").map_or(1, |kind| kind.fields().len());
    each(&format!("explained, all {fields} fields, random, subjects at hand"), asked.len(), |turn| {
        let _ = black_box(set.explain("credits", &asked[turn], at));
    });
    drop(asked);
    each("typed, by subject: random, subjects fetched from memory too", order.len(), |turn| {
        let _ = black_box(set.resolve::<CreditPolicy>(pick(turn), at).map(|policy| policy.grace_days));
    });
    each("explained, one field, hot", 1_000_000, |_| {
        let _ = black_box(set.explain_field("credits", "expiry_months", black_box(&subjects[0]), at));
    });
    each("explained, one field, random, fetched from memory too", order.len(), |turn| {
        let _ = black_box(set.explain_field("credits", "expiry_months", pick(turn), at));
    });
    each(&format!("explained, all {fields} fields, hot"), 200_000, |_| {
        let _ = black_box(set.explain("credits", black_box(&subjects[0]), at));
    });
    each(&format!("explained, all {fields} fields, random, fetched from memory too"), order.len(), |turn| {
        let _ = black_box(set.explain("credits", pick(turn), at));
    });

    let wide = timed("change one global document: compile its kind again", || {
        let mut change = Document::new("renewal", "global", None).named("renewal/what-if");
        change = change.set("grace_days", 9).set("on_failure", "expire");
        set.with([change])
    });
    let wide = match wide {
        Ok(after) => after,
        Err(_) => {
            let mut change = Document::new("renewal", "global", None).set("grace_days", 9);
            change.version = 2;
            match set.with([change]) {
                Ok(after) => after,
                Err(found) => return row("refused", &found.0[0].to_string()),
            }
        }
    };
    if let Ok(impact) = timed("what-if: that change over all entitlements", || set.impact(&wide, &roster, at))
    {
        row(
            "entitlements that would change",
            &impact.kinds.first().map_or(0, |kind| kind.rows.len()).to_string(),
        );
    }
    let narrow = set.with([Document::new("renewal", "organization", Some("organization-77"))
        .named("renewal/narrow")
        .set("notice_days", json!([90]))]);
    if let Ok(narrow) = narrow
        && let Ok(impact) =
            timed("what-if: a change of one organization", || set.impact(&narrow, &roster, at))
    {
        row(
            "entitlements that would change",
            &impact.kinds.first().map_or(0, |kind| kind.rows.len()).to_string(),
        );
    }
    let renewal = timed("bind the kind `renewal` to the roster", || set.bind::<RenewalPolicy>(&roster));
    row("different renewal policies in it", &renewal.map_or(0, |bound| bound.distinct()).to_string());
    row("resident memory at the end (documents, roster, all caches)", &format!("{:.0} MiB", resident()));
}
