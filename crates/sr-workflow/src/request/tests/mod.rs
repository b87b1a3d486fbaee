mod admission;
mod billing;
mod credits;
mod editing;
mod matrix;
mod rules;
mod walks;

use kernel::{
    Actor, ActorKind, CatalogItemId, CreditBalanceId, EntitlementId, EnvironmentId, LotId, Money,
    OrganizationId, ServiceRequestId, ServiceType, Standing, Timestamp,
};
use policy_resolver::kinds::{CreditPolicy, ProvisioningPolicy, SlaPolicy};
use ust_credits::{
    CatalogItem, CatalogItemContent, Complexity, CreditBalance, Credits, Grant, LotSource, Occasion,
    Settlement,
};
use uuid::Uuid;

use super::*;

pub(super) fn now() -> Timestamp {
    "2026-05-01T12:00:00Z".parse().unwrap()
}

pub(super) fn staff() -> Actor {
    Actor::staff(Uuid::from_u128(1), "Bo")
}

pub(super) fn customer() -> Actor {
    Actor::customer(Uuid::from_u128(2), "Ana")
}

pub(super) fn system() -> Actor {
    Actor::system("worker")
}

pub(super) fn somebody(kind: ActorKind) -> Actor {
    Actor { kind, id: None, name: kind.to_string() }
}

pub(super) fn credits(text: &str) -> Credits {
    text.parse().unwrap()
}

pub(super) fn brl(amount: &str) -> Money {
    Money::parse(amount, "BRL".parse().unwrap()).unwrap()
}

pub(super) fn balance_id() -> CreditBalanceId {
    CreditBalanceId::new(Uuid::from_u128(5))
}

/// An item of 4 credits, usually of medium complexity: 6 credits.
pub(super) fn plugin_update() -> CatalogItem {
    let content = CatalogItemContent {
        code: "PLUGIN-UPDATE".into(),
        name: "Plugin update".into(),
        service_type: ServiceType::Support,
        description: String::new(),
        base_credits: credits("4"),
        usual_complexity: Complexity::Medium,
    };
    CatalogItem::try_new(CatalogItemId::new(Uuid::from_u128(6)), content).unwrap()
}

pub(super) fn on_an_environment() -> Ground<'static> {
    Ground::Environment {
        id: EnvironmentId::new(Uuid::from_u128(7)),
        entitlement: EntitlementId::new(Uuid::from_u128(8)),
        organization: Some(OrganizationId::new(Uuid::from_u128(9))),
        status: "active",
        active: true,
    }
}

pub(super) fn admitted(by: ActorKind) -> Admitted {
    admit(&Asked {
        by,
        ground: on_an_environment(),
        standing: Standing::Live,
        priority: None,
        provisioning: &ProvisioningPolicy::default(),
        sla: &SlaPolicy::default(),
    })
    .unwrap()
}

pub(super) fn new_request(id: u128) -> NewRequest {
    NewRequest {
        id: ServiceRequestId::new(Uuid::from_u128(id)),
        code: "SR-20260042".parse().unwrap(),
        title: "Update the plugins".into(),
        description: "All of them.".into(),
        due_date: None,
        assignee: None,
        estimate: Estimate::of_catalog(&plugin_update(), None).ok(),
        credit_balance: Some(balance_id()),
        base_credit_value: Some(brl("100")),
        analysis: None,
    }
}

/// What the balance of `there` credits makes of `actual` credits for `request`.
pub(super) fn settle(request: &ServiceRequest, there: &str, actual: Credits) -> Settlement {
    let occasion = Occasion::new(now(), staff(), "a test");
    let mut balance = CreditBalance::open(balance_id(), request.record().entitlement, None, now());
    let there = credits(there);
    if there.is_positive() {
        balance
            .grant(&Grant::new(LotId::new(Uuid::from_u128(10)), there, LotSource::Included), &occasion)
            .unwrap();
    }
    balance.settle(request.id(), actual, &CreditPolicy::default(), &occasion).unwrap().settlement
}

/// A request on its way, each step by whoever takes it usually.
#[derive(Clone)]
pub(super) struct Story(ServiceRequest);

/// A draft of the customer's, with a catalog item of 6 credits.
pub(super) fn a_request() -> Story {
    from(new_request(3), &customer())
}

pub(super) fn from(new: NewRequest, by: &Actor) -> Story {
    Story(ServiceRequest::try_new(new, admitted(by.kind), by, now()).unwrap())
}

impl Story {
    pub(super) fn build(self) -> ServiceRequest {
        self.0
    }

    pub(super) fn estimated(mut self, base: &str, complexity: Complexity) -> Self {
        self.0.estimate(Estimate::figure(credits(base), complexity).unwrap(), &staff(), now()).unwrap();
        self
    }

    pub(super) fn pending(mut self) -> Self {
        self.0.submit(PreApproval::Refused, &staff(), now()).unwrap();
        self
    }

    pub(super) fn approved(self) -> Self {
        let mut story = self.pending();
        story.0.approve(None, &customer(), now()).unwrap();
        story
    }

    pub(super) fn assigned(mut self) -> Self {
        let edit = RequestEdit { assignee: Some(Some("Bo".into())), ..RequestEdit::default() };
        self.0.edit(edit, &SlaPolicy::default(), &staff(), now()).unwrap();
        self
    }

    pub(super) fn in_progress(self) -> Self {
        let mut story = self.approved().assigned();
        story.0.start(None, &staff(), now()).unwrap();
        story
    }

    pub(super) fn on_hold(mut self) -> Self {
        self.0.hold("waiting for the customer", &staff(), now()).unwrap();
        self
    }

    /// Completed and settled by a balance of `there` credits.
    pub(super) fn completed_with(self, there: &str) -> Self {
        let mut story = self.in_progress();
        let actual = story.0.actual(None, 0, &CreditPolicy::default()).unwrap();
        let settlement = settle(&story.0, there, actual.credits());
        story.0.complete(actual, Some(&settlement), &staff(), now()).unwrap();
        story
    }

    pub(super) fn completed(self) -> Self {
        self.completed_with("100")
    }

    /// Completed under `debit_on: acceptance`.
    pub(super) fn completed_unsettled(self) -> Self {
        let mut story = self.in_progress();
        let actual = story.0.actual(None, 0, &CreditPolicy::default()).unwrap();
        story.0.complete(actual, None, &staff(), now()).unwrap();
        story
    }

    pub(super) fn accepted(mut self) -> Self {
        self.0.accept(None, &CreditPolicy::default(), &customer(), now()).unwrap();
        self
    }

    pub(super) fn billed(mut self) -> Self {
        self.0.bill(&system(), now()).unwrap();
        self
    }

    pub(super) fn closed(mut self) -> Self {
        self.0.cancel(None, &staff(), now()).unwrap();
        self
    }
}
