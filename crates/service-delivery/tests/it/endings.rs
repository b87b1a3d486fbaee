//! What a change of an entitlement does to all that lies under it (EN-5), and that the preview tells just that.

use std::collections::BTreeMap;

use entitlement::{EntitlementStatus, How, Preview, ResourceKind, Validity};
use kernel::{EntitlementClass, Limited, ServiceRequestId, Standing};
use serde_json::{Value, json};
use service_delivery::EntitlementChange;
use storage_seaorm::testing::TestDatabase;
use ust_credits::BalanceStatus;

use crate::{
    on_both,
    support::{World, a_request, asked::*, credits, illegal, missing, owner_of, rule, sold::Support},
};

on_both!(
    en_5_suspended_everything_rests_and_running_work_goes_on,
    en_5_reactivated_everything_is_as_it_was,
    en_5_a_suspended_license_says_so_and_comes_back,
    en_5_expired_drafts_are_closed_and_released,
    en_5_cancelled_as_the_policy_says,
    en_5_cancelling_one_entitlement_leaves_the_work_of_others,
    en_5_work_paid_by_other_balances_is_released_there,
    en_5_a_cancellation_at_the_end_of_the_term_is_only_scheduled,
    en_5_every_illegal_change_changes_nothing,
);

const CANCEL: EntitlementChange = EntitlementChange::Cancel { at_once: true };

/// One request in every stage, each of 2 credits.
struct Busy {
    support: Support,
    requests: BTreeMap<&'static str, ServiceRequestId>,
}

impl Busy {
    async fn new(w: &World) -> Self {
        let support = w.acme_support("20").await;
        let mut requests = BTreeMap::new();
        for (name, until) in [
            ("draft", Until::Draft),
            ("pending", Until::Pending),
            ("approved", Until::Approved),
            ("in progress", Until::InProgress),
            ("on hold", Until::OnHold),
            ("completed", Until::Completed),
        ] {
            let id = w.asked(&a_request(support.service).estimated("2"), until).await;
            requests.insert(name, id);
        }
        Self { support, requests }
    }

    /// The states of all of them, in the order of their names.
    async fn states(&self, w: &World) -> String {
        let mut states = Vec::new();
        for id in self.requests.values() {
            states.push(w.status(*id).await);
        }
        states.join(" ")
    }
}

async fn change(w: &World, support: &Support, change: EntitlementChange) -> Vec<String> {
    w.told(w.app.change_entitlement(&w.staff, support.entitlement, change, "as told")).await.1
}

async fn preview(w: &World, support: &Support, change: EntitlementChange) -> Preview {
    w.idle(w.app.preview_entitlement_change(&w.staff, support.entitlement, change)).await
}

fn how_many(preview: &Preview, kind: ResourceKind, how: How) -> usize {
    preview.effects.iter().filter(|effect| effect.kind == kind && effect.how == how).count()
}

async fn en_5_suspended_everything_rests_and_running_work_goes_on(db: TestDatabase) {
    let w = World::new(db);
    let busy = Busy::new(&w).await;
    let Busy { support, requests } = &busy;
    let before = busy.states(&w).await;
    let foreseen = preview(&w, support, EntitlementChange::Suspend).await;
    assert_eq!((foreseen.from, foreseen.to), (Standing::Live, Standing::Suspended));
    assert_eq!(how_many(&foreseen, ResourceKind::CreditBalance, How::Frozen), 1);
    assert!(!foreseen.accepts_requests());

    assert_eq!(change(&w, support, EntitlementChange::Suspend).await, ["entitlement.suspended"]);
    let entitlement = w.entitlement(support.entitlement).await;
    let standing = entitlement.standing(w.now());
    assert_eq!((entitlement.status(), standing), (EntitlementStatus::Suspended, Standing::Suspended));
    assert_eq!(busy.states(&w).await, before, "nothing is closed");
    let service = w.service(support.service).await;
    assert_eq!(service.record().status.to_string(), "active", "its own stays");
    assert_eq!(service.seen(standing).status.to_string(), "on_hold");
    assert_eq!(w.balance(support.balance).await.status(standing), BalanceStatus::Frozen);
    assert_eq!(
        w.under_entitlement(support.entitlement).await.contracts[0].1.seen(standing).to_string(),
        "suspended"
    );

    // Nothing new is held; less may be, and what runs is finished and debited.
    let pending = requests["pending"];
    let refusal = w.refused(w.app.estimate_request(&w.staff, pending, &estimate_of("3"))).await;
    assert_eq!(rule(&refusal), "balance-frozen");
    w.app.estimate_request(&w.staff, pending, &estimate_of("1")).await.unwrap();
    w.app.move_request(&w.staff, pending, &on_behalf()).await.unwrap();
    w.app.complete_request(&w.staff, requests["in progress"], &took("2")).await.unwrap();
    w.app.cancel_request(&w.staff, requests["draft"], None).await.unwrap();
    assert_eq!(w.figures(support.balance).await, "11 5 4");
    w.audit().await;
}

async fn en_5_reactivated_everything_is_as_it_was(db: TestDatabase) {
    let w = World::new(db);
    let busy = Busy::new(&w).await;
    let (states, figures) = (busy.states(&w).await, w.figures(busy.support.balance).await);
    change(&w, &busy.support, EntitlementChange::Suspend).await;
    w.clock.days_pass(3);
    let foreseen = preview(&w, &busy.support, EntitlementChange::Reactivate).await;
    assert_eq!(how_many(&foreseen, ResourceKind::CreditBalance, How::Thawed), 1);
    assert_eq!(change(&w, &busy.support, EntitlementChange::Reactivate).await, ["entitlement.reactivated"]);
    assert_eq!(busy.states(&w).await, states);
    assert_eq!(w.figures(busy.support.balance).await, figures);
    let standing = w.entitlement(busy.support.entitlement).await.standing(w.now());
    assert_eq!(w.service(busy.support.service).await.seen(standing).status.to_string(), "active");
    w.asked(&a_request(busy.support.service).estimated("1"), Until::Completed).await;
}

async fn en_5_a_suspended_license_says_so_and_comes_back(db: TestDatabase) {
    let w = World::new(db);
    let acme = w.organization("Acme").await;
    let product = w.product(EntitlementClass::Plg, |_| {}).await;
    let entitlement = w.bought(acme, product).await;
    let id = w.under_entitlement(entitlement).await.licenses[0].0;
    let key = w.license(id).await.key().to_string();
    let site = "https://campus.example.com";
    w.app.activate_license(&w.staff, &key, site).await.unwrap();
    let says = async |expected: &str| {
        let validity = w.idle(w.app.validate_license(&w.staff, &key, site)).await;
        let said = match validity {
            Validity::Valid => "valid".to_owned(),
            Validity::NotActivated => "not activated".to_owned(),
            Validity::NotUsable { status } => status.to_string(),
        };
        assert_eq!(said, expected);
    };
    let change = async |change| {
        w.app.change_entitlement(&w.staff, entitlement, change, "as told").await.unwrap();
    };
    says("valid").await;
    change(EntitlementChange::Suspend).await;
    says("inactive").await;
    let refusal = w.refused(w.app.activate_license(&w.staff, &key, "other.example.com")).await;
    assert_eq!(rule(&refusal), "license-not-usable");
    change(EntitlementChange::Reactivate).await;
    says("valid").await;
    change(EntitlementChange::Expire).await;
    says("expired").await;
    let other = w.bought(acme, product).await;
    let id = w.under_entitlement(other).await.licenses[0].0;
    let key = w.license(id).await.key().to_string();
    w.app.change_entitlement(&w.staff, other, CANCEL, "a mistake").await.unwrap();
    let validity = w.app.validate_license(&w.staff, &key, site).await.unwrap();
    assert!(matches!(validity, Validity::NotUsable { status } if status.to_string() == "revoked"));
}

async fn en_5_expired_drafts_are_closed_and_released(db: TestDatabase) {
    let w = World::new(db);
    let busy = Busy::new(&w).await;
    let foreseen = preview(&w, &busy.support, EntitlementChange::Expire).await;
    assert_eq!(how_many(&foreseen, ResourceKind::ServiceRequest, How::ClosedAndReleased), 2);
    assert_eq!(how_many(&foreseen, ResourceKind::ServiceRequest, How::GoesOn), 3);
    let events = change(&w, &busy.support, EntitlementChange::Expire).await;
    let closed = ["credits.released", "service_request.closed"];
    assert_eq!(events, [&closed[..], &closed[..], &["entitlement.expired"]].concat());
    // approved, completed, draft, in progress, on hold, pending
    assert_eq!(busy.states(&w).await, "approved completed closed in_progress on_hold closed");
    assert_eq!(w.figures(busy.support.balance).await, "12 6 2");
    assert_eq!(w.count("service_request", "close_reason = 'entitlement_ended'").await, 2);
    // Running ones are finished; after the grace they still are.
    w.clock.days_pass(30);
    let standing = w.entitlement(busy.support.entitlement).await.standing(w.now());
    assert_eq!(standing, Standing::ExpiredPastGrace);
    w.app.complete_request(&w.staff, busy.requests["in progress"], &took("2")).await.unwrap();
    assert_eq!(w.figures(busy.support.balance).await, "12 4 4");
    w.audit().await;
}

async fn en_5_cancelled_as_the_policy_says(db: TestDatabase) {
    let w = World::new(db);
    for (running, unused, states, figures, taken_back) in [
        (
            "finish",
            "keep_until_expiry",
            "approved completed closed in_progress on_hold closed",
            "12 6 2",
            "0",
        ),
        ("finish", "forfeit", "approved completed closed in_progress on_hold closed", "0 6 2", "12"),
        ("close", "keep_until_expiry", "closed completed closed closed closed closed", "18 0 2", "0"),
        ("close", "forfeit", "closed completed closed closed closed closed", "0 0 2", "18"),
    ] {
        let busy = Busy::new(&w).await;
        let (support, case) = (busy.support, format!("{running}, {unused}"));
        let app = w.under(json!({"cancellation": {"running_requests": running, "unused_credits": unused}}));
        let foreseen = w.idle(app.preview_entitlement_change(&w.staff, support.entitlement, CANCEL)).await;
        app.change_entitlement(&w.staff, support.entitlement, CANCEL, "as told").await.unwrap();
        assert_eq!(busy.states(&w).await, states, "{case}");
        assert_eq!(w.figures(support.balance).await, figures, "{case}");
        assert_eq!(w.balance(support.balance).await.totals().taken_back, credits(taken_back), "{case}");
        let entitlement = w.entitlement(support.entitlement).await;
        assert_eq!(entitlement.status(), EntitlementStatus::Cancelled);

        // What was foreseen is what happened: to the requests, to the credits, and in the event's own words.
        let closed = states.matches("closed").count();
        assert_eq!(
            how_many(&foreseen, ResourceKind::ServiceRequest, How::ClosedAndReleased),
            closed,
            "{case}"
        );
        let forfeited = how_many(&foreseen, ResourceKind::CreditBalance, How::CreditsForfeited);
        assert_eq!(forfeited == 1, unused == "forfeit", "{case}");
        let told = w
            .db
            .text("SELECT CAST(after AS TEXT) FROM event WHERE name = 'entitlement.cancelled' ORDER BY seq DESC LIMIT 1")
            .await
            .unwrap()
            .unwrap();
        let told: Value = serde_json::from_str(&told).unwrap();
        let told: Vec<String> = told["effects"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one["id"].as_str().unwrap().into())
            .collect();
        let foreseen: Vec<String> = foreseen.effects.iter().map(|one| one.id.to_string()).collect();
        assert_eq!(told, foreseen, "{case}");

        // Work that may be finished is: debited from what is held for it, though everything else is gone.
        if running == "finish" {
            app.complete_request(&w.staff, busy.requests["in progress"], &took("1")).await.unwrap();
            let settled = w.request(busy.requests["in progress"]).await.record().settled.unwrap();
            assert_eq!((settled.debited, settled.excess), (credits("1"), credits("0")));
            let available = w.balance(support.balance).await.totals().available;
            assert_eq!(available, credits(if unused == "forfeit" { "0" } else { "13" }), "{case}");
        }
    }
    w.audit().await;
}

async fn en_5_cancelling_one_entitlement_leaves_the_work_of_others(db: TestDatabase) {
    let w =
        World::with(db, json!({"cancellation": {"unused_credits": "forfeit", "running_requests": "close"}}));
    let support = w.acme_support("10").await;
    let campus = w.campus(support.organization, Some(support.balance)).await;
    let theirs = w.asked(&a_request(campus.environment).estimated("4"), Until::InProgress).await;
    let draft = w.asked(&a_request(campus.environment).estimated("1"), Until::Draft).await;
    let own = w.asked(&a_request(support.service).estimated("2"), Until::InProgress).await;
    change(&w, &support, CANCEL).await;
    assert_eq!(w.status(own).await, "closed");
    assert_eq!((w.status(theirs).await, w.status(draft).await), ("in_progress".into(), "draft".into()));
    // What is held for the others' work stays held; the rest is forfeited.
    assert_eq!(w.figures(support.balance).await, "0 5 0");
    w.app.complete_request(&w.staff, theirs, &took("3")).await.unwrap();
    w.app.cancel_request(&w.staff, draft, None).await.unwrap();
    assert_eq!(w.figures(support.balance).await, "0 0 3", "what comes back is gone with the rest");
    w.audit().await;
}

async fn en_5_work_paid_by_other_balances_is_released_there(db: TestDatabase) {
    let w = World::with(db, json!({"cancellation": {"running_requests": "close"}}));
    let acme = w.organization("Acme").await;
    let (one, other) = (w.support(acme, "10").await, w.support(acme, "10").await);
    let campus = w.campus(acme, None).await;
    let mut requests = Vec::new();
    for balance in [other.balance, one.balance, other.balance] {
        let new = a_request(campus.environment).estimated("2").paid_by(balance);
        requests.push(w.asked(&new, Until::InProgress).await);
    }
    // And one that no balance pays for.
    let mut unpaid = a_request(campus.environment);
    unpaid.title = "Without an estimate".to_owned();
    requests.push(w.asked(&unpaid, Until::Draft).await);
    w.app.change_entitlement(&w.staff, campus.entitlement, CANCEL, "moved away").await.unwrap();
    for id in requests {
        assert_eq!(w.status(id).await, "closed");
    }
    for support in [one, other] {
        assert_eq!(w.figures(support.balance).await, "10 0 0");
        assert_eq!(w.entitlement(support.entitlement).await.status(), EntitlementStatus::Active);
    }
    w.audit().await;
}

async fn en_5_a_cancellation_at_the_end_of_the_term_is_only_scheduled(db: TestDatabase) {
    let w = World::new(db);
    let busy = Busy::new(&w).await;
    let (support, states) = (busy.support, busy.states(&w).await);
    let later = EntitlementChange::Cancel { at_once: false };
    let events = change(&w, &support, later).await;
    assert_eq!(events, ["entitlement.cancellation_scheduled"]);
    let entitlement = w.entitlement(support.entitlement).await;
    assert_eq!(entitlement.cancel_at(), entitlement.term().map(|term| term.ends_at));
    assert_eq!((entitlement.status(), busy.states(&w).await), (EntitlementStatus::Active, states));
    w.asked(&a_request(support.service).estimated("1"), Until::Draft).await;
    // Asked for again, there is nothing to do.
    let again = w.app.change_entitlement(&w.staff, support.entitlement, later, "again");
    w.idle(again).await;
    change(&w, &support, CANCEL).await;
    assert_eq!(w.entitlement(support.entitlement).await.cancel_at(), None);
}

async fn en_5_every_illegal_change_changes_nothing(db: TestDatabase) {
    use EntitlementChange::{Expire, Reactivate, Suspend};
    let w = World::new(db);
    let support = w.acme_support("10").await;
    let refused = async |changes: &[(EntitlementChange, &str)], state: &str| {
        for (change, command) in changes {
            let change = w.app.change_entitlement(&w.staff, support.entitlement, *change, "as told");
            assert_eq!(illegal(&w.refused(change).await), (state, *command));
        }
    };
    refused(&[(Reactivate, "reactivate")], "active").await;
    change(&w, &support, Suspend).await;
    refused(&[(Suspend, "suspend")], "suspended").await;
    change(&w, &support, CANCEL).await;
    let all = [(Suspend, "suspend"), (Reactivate, "reactivate"), (Expire, "expire"), (CANCEL, "cancel")];
    refused(&all, "cancelled").await;
    let nobody = w.fresh();
    let unknown = w.refused(w.app.change_entitlement(&w.staff, nobody, Suspend, "as told")).await;
    assert_eq!(missing(&unknown), "entitlement");
    // Customers do not cancel where the policy leaves it to staff.
    let other = w.acme_support("10").await;
    let strict = w.under(json!({"cancellation": {"by_customer": false}}));
    let ana = owner_of(other.organization);
    let refusal = w.refused(strict.change_entitlement(&ana, other.entitlement, CANCEL, "please")).await;
    assert_eq!(rule(&refusal), "staff-only");
}
