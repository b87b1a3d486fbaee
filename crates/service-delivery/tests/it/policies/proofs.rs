//! For each field that the product acts on, what it does: one deed, whose outcome is another under another value.

use std::{future::Future, pin::Pin};

use billing::Buyer;
use entitlement::CreditAmount;
use kernel::{EntitlementClass, EntitlementId, OrganizationId, ProductId};
use serde_json::{Value, json};
use service_delivery::{CompleteRequest, EntitlementChange, Refusal};

use super::{ENV, SVC};
use crate::support::{
    World, a_request,
    asked::{Asking as _, Until},
    owner_of,
    sold::{Support, granting},
};

/// Somebody to do it with.
pub(super) struct Scene {
    pub(super) organization: OrganizationId,
    pub(super) product: ProductId,
    /// What they have of the product, where the deed is not to buy it.
    support: Option<Support>,
}

impl Scene {
    /// A new customer and a new product; they have bought it, where the deed needs that.
    pub(super) async fn new(world: &World, proof: &Proof) -> Self {
        let count = world.count("organization", "1 = 1").await;
        let organization = world.organization(&format!("Customer {count}")).await;
        if proof.buys {
            let product = world
                .product(proof.class, |terms| {
                    if proof.class == SVC {
                        terms.credits_included = CreditAmount::from_units(100);
                    }
                })
                .await;
            return Self { organization, product, support: None };
        }
        let support = world.support(organization, "10").await;
        let product = world.entitlement(support.entitlement).await.product().unwrap();
        Self { organization, product, support: Some(support) }
    }

    pub(super) fn entitlement(&self) -> Option<EntitlementId> {
        self.support.map(|support| support.entitlement)
    }

    fn support(&self) -> Support {
        self.support.unwrap()
    }
}

type Outcome<'a> = Pin<Box<dyn Future<Output = String> + Send + 'a>>;

/// That a field is acted on.
pub(super) struct Proof {
    pub(super) kind: &'static str,
    /// The path of the field.
    pub(super) field: &'static str,
    /// Another value than the one it is compared with.
    pub(super) value: Value,
    /// What else is set, both times.
    pub(super) given: Value,
    pub(super) class: EntitlementClass,
    /// Whether the deed is to buy: the entitlement is not there before, and has no documents of its own.
    pub(super) buys: bool,
    pub(super) deed: for<'a> fn(&'a World, &'a Scene) -> Outcome<'a>,
}

fn said<T>(outcome: Result<T, Refusal>) -> String {
    match outcome {
        Ok(_) => "done".to_owned(),
        Err(Refusal::Rule { rule, .. }) => rule.to_owned(),
        Err(other) => panic!("{other:?}"),
    }
}

macro_rules! deeds {
    ($($name:ident($world:ident, $scene:ident) $body:block)*) => {$(
        fn $name<'a>($world: &'a World, $scene: &'a Scene) -> Outcome<'a> {
            Box::pin(async move { $body })
        }
    )*};
}

deeds! {
    asking_for_20_credits(world, scene) {
        let new = a_request(scene.support().service).estimated("20");
        said(world.app.create_request(&world.staff, &new).await)
    }

    asking_for_4_credits(world, scene) {
        let id = world.asked(&a_request(scene.support().service).estimated("4"), Until::Pending).await;
        let worth = world.request(id).await.record().base_credit_value;
        format!("{}, {worth:?}", world.status(id).await)
    }

    asking_again_and_again(world, scene) {
        let before = world.events("credit_balance.low").await;
        for estimate in ["1", "4"] {
            world.asked(&a_request(scene.support().service).estimated(estimate), Until::Draft).await;
        }
        format!("{} notices", world.events("credit_balance.low").await - before)
    }

    asking_urgently(world, scene) {
        let new = a_request(scene.support().service).estimated("1").urgent();
        said(world.app.create_request(&world.staff, &new).await)
    }

    asking_as_the_customer(world, scene) {
        let count = world.count("catalog_item", "1 = 1").await;
        let item = world.item(&format!("ITEM-{count}"), "1", ust_credits::Complexity::Low).await;
        let new = a_request(scene.support().service).of_catalog(item);
        said(world.app.create_request(&owner_of(scene.organization), &new).await)
    }

    being_granted_credits(world, scene) {
        let balance = scene.support().balance;
        let lot = world.app.grant_credits(&world.staff, balance, &granting("3")).await.unwrap().into_inner();
        let lots = world.balance(balance).await;
        let lot = lots.lots().find(|own| own.id == lot).unwrap().clone();
        let days = |at: Option<kernel::Timestamp>| at.map(|at| (at.unix_micros() - world.now().unix_micros()) / 86_400_000_000);
        format!("expires after {:?} days, ends after {:?}", days(lot.expires_at), days(lot.ends_at))
    }

    completing(world, scene) {
        let support = scene.support();
        world.asked(&a_request(support.service).estimated("4"), Until::Completed).await;
        world.figures(support.balance).await
    }

    completing_what_took_an_hour(world, scene) {
        let support = scene.support();
        let id = world.asked(&a_request(support.service).estimated("4"), Until::InProgress).await;
        let done = CompleteRequest { actual: None, worklog_seconds: 3_600 };
        world.app.complete_request(&world.staff, id, &done).await.unwrap();
        world.figures(support.balance).await
    }

    waiting_two_days_after_completion(world, scene) {
        let id = world.asked(&a_request(scene.support().service).estimated("4"), Until::Completed).await;
        world.clock.days_pass(2);
        world.app.run_due(world.now()).await.unwrap();
        let accepted = format!("SELECT count(*) FROM event WHERE name = 'service_request.accepted' AND subject_code = '{}'", world.request(id).await.code());
        format!("accepted: {}", world.db.number(&accepted).await.unwrap())
    }

    leaving_a_draft_for_two_days(world, scene) {
        let support = scene.support();
        let id = world.asked(&a_request(support.service).estimated("4"), Until::Draft).await;
        world.clock.days_pass(2);
        world.app.run_due(world.now()).await.unwrap();
        format!("held: {}", world.held(support.balance, id).await)
    }

    buying_support(world, scene) {
        let own = world.bought(scene.organization, scene.product).await;
        let services = world.services_under(own).await;
        let under = world.under_entitlement(own).await;
        let mut told = format!("{:?}", services.iter().map(|own| own.record().status).collect::<Vec<_>>());
        for (id, _) in &under.contracts {
            let mut uow = service_delivery::Storage::begin(&*world.db).await.unwrap();
            let contract = uow.entitlements().contract(*id).await.unwrap().unwrap();
            let record = contract.record();
            told.push_str(&format!(" {}–{} {:?}", record.starts_on, record.ends_on, record.sla));
        }
        told
    }

    buying_hosting(world, scene) {
        let sql = "SELECT count(*) FROM event WHERE CAST(after AS TEXT) LIKE '%Create the server%'";
        let before = world.db.number(sql).await.unwrap();
        world.paid(&world.ordering(Buyer::Organization(scene.organization), &[scene.product])).await;
        format!("{} to-dos", world.db.number(sql).await.unwrap() - before)
    }

    expiring(world, scene) {
        let id = scene.support().entitlement;
        world.app.change_entitlement(&world.staff, id, EntitlementChange::Expire, "over").await.unwrap();
        let sql = "SELECT max(renewal_grace_ends_at - expired_at) FROM entitlement WHERE expired_at = (SELECT max(expired_at) FROM entitlement)";
        world.clock.seconds_pass(1);
        world.db.number(sql).await.unwrap().to_string()
    }

    cancelling(world, scene) {
        let id = scene.support().entitlement;
        let change = EntitlementChange::Cancel { at_once: false };
        world.app.change_entitlement(&world.staff, id, change, "asked for").await.unwrap();
        let own = world.entitlement(id).await;
        let after = own.record().cancel_at.map(|at| at.unix_micros() - world.now().unix_micros());
        format!("{} {after:?}", own.status())
    }

    cancelling_as_the_customer(world, scene) {
        let change = EntitlementChange::Cancel { at_once: false };
        let by = owner_of(scene.organization);
        said(world.app.change_entitlement(&by, scene.support().entitlement, change, "asked for").await)
    }

    cancelling_at_once(world, scene) {
        let support = scene.support();
        let id = world.asked(&a_request(support.service).estimated("4"), Until::InProgress).await;
        let change = EntitlementChange::Cancel { at_once: true };
        world.app.change_entitlement(&world.staff, support.entitlement, change, "asked for").await.unwrap();
        format!("{} {}", world.status(id).await, world.figures(support.balance).await)
    }
}

/// The fields that the product acts on. What is not here nothing acts on yet: `docs/policy-fields.md` is made of it.
pub(super) fn proofs() -> Vec<Proof> {
    let proof = |kind, field, value: Value, deed| Proof {
        kind,
        field,
        value,
        given: json!({}),
        class: SVC,
        buys: false,
        deed,
    };
    let given = |given: Value, proof: Proof| Proof { given, ..proof };
    let buying = |proof: Proof| Proof { buys: true, ..proof };
    let overdraft = || json!({"credits": {"on_exhausted": "overdraft"}});
    let approved = || json!({"credits": {"pre_approved_up_to": "5"}});
    let low = json!({"low": 90, "normal": 80, "high": 70, "urgent": 10});
    let sla = |field, value: Value| buying(proof("sla", field, value, buying_support));
    vec![
        proof("credits", "expiry_months", json!(24), being_granted_credits),
        proof("credits", "grace_days", json!(5), being_granted_credits),
        proof("credits", "on_exhausted", json!("block"), asking_for_20_credits),
        given(overdraft(), proof("credits", "overdraft_limit", json!("15"), asking_for_20_credits)),
        proof("credits", "pre_approved_up_to", json!("5"), asking_for_4_credits),
        given(approved(), proof("credits", "per_request_limit", json!("3"), asking_for_4_credits)),
        given(approved(), proof("credits", "monthly_limit", json!("3"), asking_for_4_credits)),
        proof("credits", "low_balance_at", json!("8"), asking_again_and_again),
        proof(
            "credits",
            "base_credit_value",
            json!({"amount": "200", "currency": "BRL"}),
            asking_for_4_credits,
        ),
        proof("credits", "debit_on", json!("acceptance"), completing),
        proof("credits", "credits_per_hour", json!("2"), completing_what_took_an_hour),
        proof("credits", "accept_after_days", json!(1), waiting_two_days_after_completion),
        proof("credits", "draft_hold_days", json!(1), leaving_a_draft_for_two_days),
        buying(proof("provisioning", "automatic", json!(false), buying_support)),
        buying(proof("provisioning", "create_contract", json!(false), buying_support)),
        buying(proof("provisioning", "contract_months", json!(6), buying_support)),
        buying(proof("provisioning", "service_status", json!("approved"), buying_support)),
        proof("provisioning", "customer_requests_on_services", json!(true), asking_as_the_customer),
        Proof {
            class: ENV,
            ..buying(proof(
                "provisioning",
                "environment_checklist",
                json!(["Create the server"]),
                buying_hosting,
            ))
        },
        proof("sla", "priorities", json!(["low", "normal"]), asking_urgently),
        sla("response_minutes.low", low["low"].clone()),
        sla("response_minutes.normal", low["normal"].clone()),
        sla("response_minutes.high", low["high"].clone()),
        sla("response_minutes.urgent", low["urgent"].clone()),
        sla("resolution_minutes.low", json!(20_000)),
        sla("resolution_minutes.normal", json!(10_000)),
        sla("resolution_minutes.high", json!(9_000)),
        sla("resolution_minutes.urgent", json!(8_000)),
        sla("support_hours.weekdays", json!(["monday"])),
        sla("support_hours.from", json!("07:00")),
        sla("support_hours.to", json!("20:00")),
        sla("support_hours.utc_offset", json!("-03:00")),
        sla("escalations", json!([])),
        sla("uptime_percent", json!("98.5")),
        proof("renewal", "grace_days", json!(30), expiring),
        proof("cancellation", "when", json!("immediate"), cancelling),
        given(
            json!({"cancellation": {"when": "immediate"}}),
            proof("cancellation", "notice_days", json!(10), cancelling),
        ),
        proof("cancellation", "by_customer", json!(false), cancelling_as_the_customer),
        proof("cancellation", "unused_credits", json!("forfeit"), cancelling_at_once),
        proof("cancellation", "running_requests", json!("close"), cancelling_at_once),
    ]
}
