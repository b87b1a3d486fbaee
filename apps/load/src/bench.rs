//! How fast the server is: creating requests with their reservations, over HTTP, as section 18 of the specification asks.

use std::{
    path::Path,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, ensure};

use crate::{
    bare::Tools,
    place::{Place, Server},
    scene::Scene,
    work::create,
};

/// What to measure, and for how long.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// How many clients there are.
    pub clients: usize,
    /// How many balances.
    pub balances: usize,
    /// For how many seconds each figure is taken.
    pub seconds: u64,
}

/// What was seen.
#[derive(Clone, Copy, Debug)]
pub struct Seen {
    /// A second.
    pub rate: f64,
    /// Half of all were answered within this time, in milliseconds.
    pub p50: f64,
    /// 99 of 100.
    pub p99: f64,
    /// All.
    pub max: f64,
}

impl Seen {
    fn of(mut micros: Vec<u32>, took: Duration) -> Result<Self> {
        ensure!(!micros.is_empty(), "nothing was done");
        micros.sort_unstable();
        let at = |part: usize| f64::from(micros[(micros.len() - 1) * part / 1_000]) / 1_000.0;
        Ok(Self {
            rate: micros.len() as f64 / took.as_secs_f64(),
            p50: at(500),
            p99: at(990),
            max: at(1_000),
        })
    }

    fn row(&self, what: &str) -> String {
        let Self { rate, p50, p99, max } = self;
        format!("| {what} | {rate:.0} | {p50:.1} | {p99:.1} | {max:.1} |")
    }
}

/// Measures on PostgreSQL, where `tools` are given, beside pgbench; and on SQLite. Lines for people.
///
/// # Errors
/// A request was refused; a ledger is not right afterwards.
pub fn bench(program: &Path, tools: Option<&Tools>, plan: Plan, say: &mut dyn FnMut(String)) -> Result<()> {
    let Plan { clients, balances, seconds } = plan;
    say(format!("{clients} clients, {balances} balances, {seconds} s each; times in ms\n"));
    say("| | a second | p50 | p99 | longest |\n|---|---|---|---|---|".to_owned());
    if let Some(tools) = tools {
        tools.create_database("load", None)?;
        let place = Place::new(program, Some(&tools.url("load")))?;
        let (normal, hot) = server_side(&place, "PostgreSQL", plan, say)?;
        tools.create_database("bare", Some("load"))?;
        let folder = tempfile::tempdir()?;
        let (all, one) = tools.scripts("bare", folder.path())?;
        for (what, seen, script) in [("all balances", normal, all), ("one balance", hot, one)] {
            let bare = tools.pgbench("bare", Some(&script), clients, seconds)?;
            say(format!("| pgbench, {what} | {bare:.0} | | | |"));
            say(format!("| ratio, {what} | {:.2} | | | |", seen.rate / bare));
        }
        let own = tools.own_transaction(clients, seconds)?;
        say(format!("| pgbench, its own transaction (scale 10) | {own:.0} | | | |"));
    }
    server_side(&Place::new(program, None)?, "SQLite", plan, say)?;
    Ok(())
}

/// Over all balances, and on one.
fn server_side(place: &Place, on: &str, plan: Plan, say: &mut dyn FnMut(String)) -> Result<(Seen, Seen)> {
    let begun = Instant::now();
    let server = place.serve()?;
    let (ready, idle) = (begun.elapsed(), server.resident_kib()?);
    let key = place.key()?;
    let scene = Scene::make(&mut server.client(&key), plan.balances)?;
    let one = Scene { services: vec![scene.services[0].clone()] };
    let seconds = Duration::from_secs(plan.seconds);
    let load = Load { server: &server, key: &key, clients: plan.clients };
    load.flat_out(&scene, "warm", Duration::from_secs(3))?;
    let normal = load.flat_out(&scene, "all", seconds)?;
    say(normal.row(&format!("{on}, all balances")));
    let hot = load.flat_out(&one, "one", seconds)?;
    say(hot.row(&format!("{on}, one balance")));
    let paced = load.paced(&scene, 200, plan.seconds)?;
    say(paced.row(&format!("{on}, 200 a second")));
    let loaded = server.resident_kib()?;
    server.ask_to_stop()?;
    let (status, said) = server.ended()?;
    ensure!(status.success() && said.is_empty(), "the server ended with {status}: {said}");
    say(format!("| {on}: {} | | | | |", place.verify()?));
    let mib = |kib: u64| kib / 1024;
    let ready = ready.as_millis();
    say(format!(
        "| {on}: ready after {ready} ms, {} MiB idle, {} MiB afterwards | | | | |",
        mib(idle),
        mib(loaded)
    ));
    Ok((normal, hot))
}

struct Load<'a> {
    server: &'a Server,
    key: &'a str,
    clients: usize,
}

impl Load<'_> {
    /// Every client creates one after the other.
    fn flat_out(&self, scene: &Scene, name: &str, time: Duration) -> Result<Seen> {
        let begun = Instant::now();
        let micros = self.all(|client, number| {
            let (mut micros, mut count, mut pick) = (vec![], 0, number * 7919 + 1);
            while begun.elapsed() < time {
                // Any order will do, as long as no two clients have the same.
                pick = pick.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                let service = &scene.services[(pick >> 33) % scene.services.len()];
                let sent = Instant::now();
                done(create(client, service, &format!("{name}-{number}-{count}"))?)?;
                micros.push(u32::try_from(sent.elapsed().as_micros())?);
                count += 1;
            }
            Ok(micros)
        })?;
        Seen::of(micros, begun.elapsed())
    }

    /// `rate` a second, whether the server keeps up or not: each counts from the instant at which it should have been sent.
    fn paced(&self, scene: &Scene, rate: u32, seconds: u64) -> Result<Seen> {
        let (begun, next) = (Instant::now(), AtomicUsize::new(0));
        let all = usize::try_from(u64::from(rate) * seconds)?;
        let micros = self.all(|client, _| {
            let mut micros = vec![];
            loop {
                let count = next.fetch_add(1, Ordering::Relaxed);
                if count >= all {
                    return Ok(micros);
                }
                let due = begun + Duration::from_secs(1) * u32::try_from(count)? / rate;
                thread::sleep(due.saturating_duration_since(Instant::now()));
                let service = &scene.services[count * 7919 % scene.services.len()];
                done(create(client, service, &format!("paced-{count}"))?)?;
                micros.push(u32::try_from(due.elapsed().as_micros())?);
            }
        })?;
        Seen::of(micros, begun.elapsed())
    }

    fn all(
        &self,
        one: impl Fn(&mut crate::client::Client, usize) -> Result<Vec<u32>> + Sync,
    ) -> Result<Vec<u32>> {
        let (micros, one) = (Mutex::new(vec![]), &one);
        thread::scope(|scope| {
            let clients: Vec<_> = (0..self.clients)
                .map(|number| {
                    let micros = &micros;
                    scope.spawn(move || -> Result<()> {
                        let own = one(&mut self.server.client(self.key), number)?;
                        micros.lock().map_err(|_| anyhow::anyhow!("a client panicked"))?.extend(own);
                        Ok(())
                    })
                })
                .collect();
            clients.into_iter().try_for_each(|client| client.join().ok().context("a client panicked")?)
        })?;
        micros.into_inner().context("a client panicked")
    }
}

fn done((status, body): (u16, String)) -> Result<()> {
    ensure!(status == 201, "answered with {status}: {body}");
    Ok(())
}
