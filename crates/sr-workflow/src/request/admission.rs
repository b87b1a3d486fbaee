//! Whether a new request is accepted at all (SR-1, SR-2, SR-11).

use kernel::{ActorKind, EntitlementId, EnvironmentId, OrganizationId, ServiceMode, Standing};
use policy_resolver::kinds::{Priority, ProvisioningPolicy, SlaPolicy};

use super::RequestOrigin;
use crate::{Service, ServiceStatus};

/// What a request is to be made on.
#[derive(Clone, Copy, Debug)]
pub enum Ground<'a> {
    /// An environment.
    Environment {
        /// Its id.
        id: EnvironmentId,
        /// The entitlement it lies under.
        entitlement: EntitlementId,
        /// The customer, where there is one.
        organization: Option<OrganizationId>,
        /// Its own status, for the answer.
        status: &'a str,
        /// Whether that status is `active`.
        active: bool,
    },
    /// A service.
    Service(&'a Service),
}

/// What somebody asks for, and what that is judged by.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// Who asks.
    pub by: ActorKind,
    /// On what.
    pub ground: Ground<'a>,
    /// What the entitlement above allows now.
    pub standing: Standing,
    /// The priority asked for; none for the default.
    pub priority: Option<Priority>,
    /// Whether customers may ask on services.
    pub provisioning: &'a ProvisioningPolicy,
    /// Which priorities there are.
    pub sla: &'a SlaPolicy,
}

/// Why a new request is not accepted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAdmitted {
    /// Requests are made by customers and staff (SR-1).
    #[error("{party} may not create service requests")]
    Party {
        /// Who asked.
        party: ActorKind,
    },
    /// Customers may not ask on services here (SR-1).
    #[error("requests on services are made by staff; customers make theirs on an environment")]
    StaffOnly,
    /// The entitlement is not active, trialing or past due (SR-2).
    #[error(
        "the entitlement is {standing}; requests are accepted only while it is active, trialing or past due"
    )]
    Entitlement {
        /// What it allows now.
        standing: Standing,
    },
    /// The environment is not active (SR-2).
    #[error("the environment is {status}; requests are accepted only while it is active")]
    Environment {
        /// Its status.
        status: String,
    },
    /// The service takes no requests (SR-2).
    #[error("the {mode} service is {status}; requests are accepted only while it is {}", accepting(.mode))]
    Service {
        /// Its mode.
        mode: ServiceMode,
        /// Its status.
        status: ServiceStatus,
    },
    /// The policy does not offer this priority (SR-11).
    #[error("priority {priority} is not offered; offered are: {}", list(.offered))]
    Priority {
        /// What was asked.
        priority: Priority,
        /// What there is.
        offered: Vec<Priority>,
    },
}

fn accepting(mode: &ServiceMode) -> &'static str {
    match mode {
        ServiceMode::Ongoing => "active",
        ServiceMode::Project => "approved or in progress",
    }
}

pub(super) fn list(priorities: &[Priority]) -> String {
    priorities.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// The proof that a new request is accepted; made by [`admit`] only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Admitted {
    pub(super) by: ActorKind,
    pub(super) origin: RequestOrigin,
    pub(super) entitlement: EntitlementId,
    pub(super) organization: Option<OrganizationId>,
    pub(super) priority: Priority,
}

impl Admitted {
    /// The priority that counts: the one asked for, or the default.
    pub fn priority(&self) -> Priority {
        self.priority
    }
}

/// Whether a new request is accepted.
///
/// # Errors
/// The first reason against it, in this order: who asks, the entitlement, the environment or service, the priority.
pub fn admit(asked: &Asked<'_>) -> Result<Admitted, NotAdmitted> {
    let on_service = matches!(asked.ground, Ground::Service(_));
    match asked.by {
        ActorKind::Staff => {}
        ActorKind::Customer if on_service && !asked.provisioning.customer_requests_on_services => {
            return Err(NotAdmitted::StaffOnly);
        }
        ActorKind::Customer => {}
        party @ (ActorKind::Jira | ActorKind::System) => return Err(NotAdmitted::Party { party }),
    }
    if !asked.standing.accepts_work() {
        return Err(NotAdmitted::Entitlement { standing: asked.standing });
    }
    let (origin, entitlement, organization) = match asked.ground {
        Ground::Environment { active: false, status, .. } => {
            return Err(NotAdmitted::Environment { status: status.to_owned() });
        }
        Ground::Environment { id, entitlement, organization, .. } => {
            (RequestOrigin::Standalone(id), entitlement, organization)
        }
        Ground::Service(service) => {
            let state = service.seen(asked.standing);
            if !state.accepts_requests() {
                return Err(NotAdmitted::Service { mode: state.mode, status: state.status });
            }
            let origin = RequestOrigin::ServiceLinked(service.id());
            (origin, service.entitlement(), service.record().organization)
        }
    };
    let priority = asked.priority.unwrap_or_default();
    if !asked.sla.priorities.contains(&priority) {
        return Err(NotAdmitted::Priority { priority, offered: asked.sla.priorities.clone() });
    }
    Ok(Admitted { by: asked.by, origin, entitlement, organization, priority })
}
