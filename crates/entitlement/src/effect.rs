//! What a change of standing does to what lies under an entitlement (EN-5), told before or after it happens.

use kernel::{CreditBalanceId, Limited, ServiceRequestId, Standing};
use policy_resolver::kinds::{CancellationPolicy, RunningRequests, UnusedCredits};
use strum::{Display, EnumString, IntoStaticStr, VariantArray};
use uuid::Uuid;

/// What lies under an entitlement and follows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Display, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum ResourceKind {
    /// A license.
    License,
    /// An environment.
    Environment,
    /// A service.
    Service,
    /// A contract.
    Contract,
    /// A credit balance.
    CreditBalance,
    /// A service request.
    ServiceRequest,
}

/// How far a service request is, as far as EN-5 tells them apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, VariantArray)]
pub enum RequestStage {
    /// A draft, or waiting for approval.
    Waiting,
    /// Approved and not done: in progress, or on hold.
    Running,
    /// Completed, billed or closed.
    Done,
}

/// A present resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resource {
    kind: ResourceKind,
    id: Uuid,
    nature: Nature,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Nature {
    /// Its own status, and how it is seen under each standing, in the order of their declaration.
    Limited {
        own: &'static str,
        seen: Vec<&'static str>,
    },
    Balance,
    Request(RequestStage),
}

impl Resource {
    /// A resource with a status of its own that the entitlement limits: a license, environment, service or contract.
    pub fn limited<S: Limited + Into<&'static str>>(kind: ResourceKind, id: impl Into<Uuid>, own: S) -> Self {
        let seen = Standing::VARIANTS.iter().map(|standing| own.seen(*standing).into()).collect();
        Self { kind, id: id.into(), nature: Nature::Limited { own: own.into(), seen } }
    }

    /// A credit balance.
    pub fn credit_balance(id: CreditBalanceId) -> Self {
        Self { kind: ResourceKind::CreditBalance, id: id.into(), nature: Nature::Balance }
    }

    /// A service request.
    pub fn service_request(id: ServiceRequestId, stage: RequestStage) -> Self {
        Self { kind: ResourceKind::ServiceRequest, id: id.into(), nature: Nature::Request(stage) }
    }

    fn follow(&self, from: Standing, to: Standing, policy: &CancellationPolicy) -> Option<How> {
        match &self.nature {
            Nature::Limited { own, seen } => {
                let (before, after) = (seen.get(from as usize)?, seen.get(to as usize)?);
                (before != after).then_some(How::Seen { own, from: before, to: after })
            }
            Nature::Balance => balance(from, to, policy),
            Nature::Request(stage) => request(*stage, from, to, policy),
        }
    }
}

/// How a resource is touched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// The world sees another status; its own stays.
    Seen {
        /// Its own status.
        own: &'static str,
        /// What was seen.
        from: &'static str,
        /// What is seen then.
        to: &'static str,
    },
    /// No new reservation of its credits.
    Frozen,
    /// Reservations are possible again.
    Thawed,
    /// Its credits expire under CreditPolicy.
    ExpiresUnderCreditPolicy,
    /// Its unused credits are lost at once.
    CreditsForfeited,
    /// Its unused credits stay until they expire.
    CreditsKeptUntilExpiry,
    /// The request is closed, and its credits are released.
    ClosedAndReleased,
    /// The request goes on, and may be finished.
    GoesOn,
}

/// One resource that is touched, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Effect {
    /// What it is.
    pub kind: ResourceKind,
    /// Which one.
    pub id: Uuid,
    /// How it is touched.
    pub how: How,
}

/// What a change of standing touches (EN-5).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Preview {
    /// The standing before.
    pub from: Standing,
    /// The standing after.
    pub to: Standing,
    /// Every resource that is touched, in the order in which they were given.
    pub effects: Vec<Effect>,
}

impl Preview {
    /// Whether new service requests are accepted afterwards.
    pub fn accepts_requests(&self) -> bool {
        self.to.accepts_work()
    }
}

/// What `resources` go through when the standing of their entitlement goes from one to another (EN-5). For previews,
/// and for the events that tell of it.
pub fn preview(from: Standing, to: Standing, resources: &[Resource], policy: &CancellationPolicy) -> Preview {
    let effect = |resource: &Resource| {
        let how = resource.follow(from, to, policy)?;
        Some(Effect { kind: resource.kind, id: resource.id, how })
    };
    Preview { from, to, effects: resources.iter().filter_map(effect).collect() }
}

fn balance(from: Standing, to: Standing, policy: &CancellationPolicy) -> Option<How> {
    match to {
        _ if from == to => None,
        Standing::Live => Some(How::Thawed),
        Standing::Pending | Standing::Suspended => from.accepts_work().then_some(How::Frozen),
        Standing::Expired | Standing::ExpiredPastGrace => {
            (!from.is_over()).then_some(How::ExpiresUnderCreditPolicy)
        }
        Standing::Cancelled => Some(match policy.unused_credits {
            UnusedCredits::Forfeit => How::CreditsForfeited,
            UnusedCredits::KeepUntilExpiry => How::CreditsKeptUntilExpiry,
        }),
    }
}

fn request(stage: RequestStage, from: Standing, to: Standing, policy: &CancellationPolicy) -> Option<How> {
    if from == to || to.accepts_work() {
        return None;
    }
    match (stage, to) {
        (RequestStage::Done, _) => None,
        (RequestStage::Waiting, _) if to.is_over() => Some(How::ClosedAndReleased),
        (RequestStage::Waiting, _) => None,
        (RequestStage::Running, Standing::Cancelled) => Some(match policy.running_requests {
            RunningRequests::Finish => How::GoesOn,
            RunningRequests::Close => How::ClosedAndReleased,
        }),
        (RequestStage::Running, _) => Some(How::GoesOn),
    }
}

#[cfg(test)]
#[path = "effect_tests.rs"]
mod tests;
