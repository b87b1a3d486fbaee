//! Sixteen people at work on the same twenty balances: nobody is told of a conflict, and every ledger adds up afterwards.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use billing::Buyer;
use kernel::ServiceRequestId;
use serde_json::json;
use service_delivery::{
    EntitlementChange, GrantCredits, Refusal, RequestChange, ServiceChange, ServiceDelivery,
};
use sr_workflow::{NoteVisibility, RequestEdit};
use storage_seaorm::testing::TestDatabase;
use tokio::task::JoinSet;

use crate::{
    on_both,
    support::{
        World, a_request,
        asked::*,
        owner_of,
        sold::{Campus, Support, granting},
    },
};

on_both!(sixteen_workers_on_twenty_balances_meet_no_conflict);

const WORKERS: u64 = 16;
const BALANCES: usize = 20;

/// The seconds it runs, unless the environment asks for more.
fn seconds() -> u64 {
    let asked = std::env::var("ACCOUNT_TEST_MIXED_SECONDS").ok().and_then(|text| text.parse().ok());
    asked.unwrap_or(20).max(20)
}

/// Numbers as good as random, the same ones in every run of one worker.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap() % sides
    }
}

struct Company {
    world: World,
    /// One per policy of what happens when credits run out or are debited.
    apps: Vec<Arc<ServiceDelivery>>,
    supports: Vec<Support>,
    campuses: Vec<Campus>,
    /// Requests by the balance that pays for them.
    requests: Vec<Mutex<Vec<ServiceRequestId>>>,
}

impl Company {
    async fn founded(db: TestDatabase) -> Self {
        let world = World::with(db, json!({"credits": {"pre_approved_up_to": "3"}}));
        let apps = vec![
            world.app.clone(),
            world.under(json!({"credits": {"on_exhausted": "block", "pre_approved_up_to": "5"}})),
            world.under(json!({"credits": {"on_exhausted": "overdraft", "overdraft_limit": "50"}})),
            world.under(json!({"credits": {"debit_on": "acceptance", "low_balance_at": "20"}})),
        ];
        let (mut supports, mut campuses) = (Vec::new(), Vec::new());
        for index in 0..BALANCES / 4 {
            let organization = world.organization(&format!("Customer {index}")).await;
            for _ in 0..4 {
                let support = world.support(organization, "60").await;
                supports.push(support);
                campuses.push(world.campus(organization, Some(support.balance)).await);
            }
        }
        let requests = supports.iter().map(|_| Mutex::new(Vec::new())).collect();
        Self { world, apps, supports, campuses, requests }
    }

    fn any_request(&self, at: usize, dice: &mut Dice) -> Option<ServiceRequestId> {
        let requests = self.requests[at].lock().unwrap();
        // The newest ones are those that somebody works on.
        let newest = &requests[requests.len().saturating_sub(2)..];
        (!newest.is_empty()).then(|| newest[dice.roll(newest.len())])
    }

    /// One command, whatever comes up.
    async fn one_thing(&self, dice: &mut Dice) -> (&'static str, Result<(), Refusal>) {
        let at = dice.roll(BALANCES);
        let app = &self.apps[dice.roll(self.apps.len())];
        let (support, staff) = (self.supports[at], &self.world.staff);
        let ana = owner_of(support.organization);
        self.world.clock.seconds_pass(1);
        let command = dice.roll(100);
        if command < 8 {
            return ("create", self.create(app, at, dice).await);
        }
        if command < 11 {
            let expires = self.world.now().plus_days(1 + i64::try_from(dice.roll(3)).unwrap());
            let reference = format!("grant {}", dice.roll(40));
            let grant = GrantCredits {
                expires_at: (dice.roll(2) == 0).then_some(expires),
                external_ref: (dice.roll(2) == 0).then_some(reference),
                ..granting("15")
            };
            let granted = app.grant_credits(staff, support.balance, &grant).await;
            return ("grant", granted.map(|_| ()));
        }
        if command < 14 {
            let change =
                if dice.roll(4) == 0 { EntitlementChange::Suspend } else { EntitlementChange::Reactivate };
            let above = if dice.roll(2) == 0 { support.entitlement } else { self.campuses[at].entitlement };
            return (
                "suspend, reactivate",
                app.change_entitlement(staff, above, change, "unpaid, paid").await,
            );
        }
        if command < 15 {
            return ("billing run", app.start_billing_run(staff).await.map(|_| ()));
        }
        if command < 17 {
            return ("buy and cancel", self.buy_and_cancel(app, at, dice).await);
        }
        let Some(id) = self.any_request(at, dice) else { return ("none", Ok(())) };
        match command {
            17..21 => {
                let base = (1 + dice.roll(6)).to_string();
                ("estimate", app.estimate_request(staff, id, &estimate_of(&base)).await)
            }
            21..37 => ("submit", app.move_request(staff, id, &RequestChange::Submit).await),
            37..51 => {
                let approve = RequestChange::Approve { on_behalf: None };
                ("approve", app.move_request(&ana, id, &approve).await)
            }
            51..66 => ("start", app.move_request(staff, id, &RequestChange::Start).await),
            66..80 => {
                let took = took(&(dice.roll(8)).to_string());
                ("complete", app.complete_request(staff, id, &took).await)
            }
            80..83 => ("reopen", app.reopen_request(staff, id, "not right yet").await),
            83..95 => ("accept", app.accept_request(&ana, id).await),
            95..97 => ("cancel", app.cancel_request(staff, id, None).await),
            97..99 => {
                let title = format!("Another title, the {}th", dice.roll(1_000));
                let edit = RequestEdit { title: Some(title), ..RequestEdit::default() };
                ("update", app.update_request(staff, id, &edit, None).await)
            }
            _ => {
                let note = app.add_note(&ana, id, NoteVisibility::Client, "How is it going?").await;
                ("note", note.map(|_| ()))
            }
        }
    }

    async fn create(&self, app: &ServiceDelivery, at: usize, dice: &mut Dice) -> Result<(), Refusal> {
        let support = self.supports[at];
        let new = if dice.roll(3) == 0 {
            a_request(self.campuses[at].environment).assigned()
        } else {
            a_request(support.service).assigned()
        };
        let new = if dice.roll(4) == 0 { new } else { new.estimated(&(1 + dice.roll(4)).to_string()) };
        let id = app.create_request(&self.world.staff, &new).await?;
        self.requests[at].lock().unwrap().push(id);
        Ok(())
    }

    async fn buy_and_cancel(&self, app: &ServiceDelivery, at: usize, dice: &mut Dice) -> Result<(), Refusal> {
        let w = &self.world;
        let support = self.supports[at];
        let product = w.entitlement(support.entitlement).await.product().unwrap();
        let mut order = w.ordering(Buyer::Organization(support.organization), &[product]);
        // Now and then somebody else sends the same order at the same moment.
        order.external_ref = Some(format!("shop {at} {}", dice.roll(30)));
        let order = app.create_order(&w.staff, &order).await?.into_inner();
        let payment = w.paying(w.order(order).await.total(), &format!("pay {order}"));
        app.record_payment(&w.staff, order, &payment).await?;
        let bought = w.entitlements_of(order).await[0];
        let service = w.services_under(bought).await[0].id();
        let approve = ServiceChange::Approve { on_behalf: Some("at once".into()) };
        for change in [&approve, &ServiceChange::Activate] {
            app.change_service(&w.staff, service, change).await?;
        }
        // Work on it is paid by a balance that others use too.
        let new = a_request(service).estimated("1").paid_by(support.balance);
        let made = app.create_request(&w.staff, &new).await.map(|_| ());
        let cancel = EntitlementChange::Cancel { at_once: true };
        app.change_entitlement(&w.staff, bought, cancel, "a mistake").await?;
        made
    }
}

async fn sixteen_workers_on_twenty_balances_meet_no_conflict(db: TestDatabase) {
    let company = Arc::new(Company::founded(db).await);
    let begin = Instant::now();
    let tally = Arc::new(Mutex::new(BTreeMap::<&str, (u32, u32)>::new()));
    // On a busy machine it takes longer until everything was done once.
    let goes_on = move |tally: &Mutex<BTreeMap<&str, (u32, u32)>>| {
        let undone = || tally.lock().unwrap().values().any(|(done, _)| *done == 0);
        let time = Duration::from_secs(seconds());
        begin.elapsed() < time || (begin.elapsed() < 6 * time && undone())
    };
    let mut workers = JoinSet::new();
    for worker in 1..=WORKERS {
        let (company, tally) = (company.clone(), tally.clone());
        workers.spawn(async move {
            let mut dice = Dice(worker.wrapping_mul(0x9e37_79b9_7f4a_7c15));
            let mut surfaced = Vec::new();
            while goes_on(&tally) {
                let (name, outcome) = Box::pin(company.one_thing(&mut dice)).await;
                let mut tally = tally.lock().unwrap();
                let (done, refused) = tally.entry(name).or_default();
                match outcome {
                    Ok(()) => *done += 1,
                    Err(fault @ (Refusal::Store(_) | Refusal::Fault { .. })) => {
                        surfaced.push(format!("{name}: {fault}"));
                    }
                    Err(_) => *refused += 1,
                }
            }
            surfaced
        });
    }
    let surfaced: Vec<String> = workers.join_all().await.into_iter().flatten().collect();
    let tally = tally.lock().unwrap().clone();
    println!("done and refused: {tally:?}");
    if company.world.db.admin_url().is_some() {
        let sql = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()";
        println!("deadlocks that were retried: {}", company.world.db.number(sql).await.unwrap());
    }
    assert!(
        surfaced.is_empty(),
        "{} surfaced, such as {:?}",
        surfaced.len(),
        &surfaced[..surfaced.len().min(5)]
    );
    for (name, (done, _)) in &tally {
        assert!(*done > 0, "nobody ever did: {name}");
    }
    let w = &company.world;
    w.audit().await;
    // What requests and their holds say is the same.
    let open = "('draft', 'pending_approval', 'approved', 'in_progress', 'on_hold', 'completed')";
    let loose = format!(
        "state = 'open' AND NOT EXISTS (SELECT 1 FROM service_request r WHERE r.id = request_id AND r.status IN {open})"
    );
    assert_eq!(w.count("credit_hold", &loose).await, 0, "closed and billed requests hold nothing (SR-8)");
    let unsettled = "status = 'billed' AND settled_at IS NULL";
    assert_eq!(w.count("service_request", unsettled).await, 0);
    let twice = "SELECT count(*) FROM (SELECT source_id FROM invoice_line GROUP BY source_kind, source_id HAVING count(*) > 1) AS twice";
    assert_eq!(w.db.number(twice).await.unwrap(), 0, "nothing is billed twice (OD-6)");
}
