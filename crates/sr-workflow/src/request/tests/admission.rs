use policy_resolver::kinds::{Priority, ServiceStart};
use strum::VariantArray;

use super::*;
use crate::{
    NewService, Service, ServiceContent, ServiceMode, ServiceRecord, ServiceState, ServiceStatus, ServiceType,
};

fn a_service(mode: ServiceMode, status: ServiceStatus) -> Service {
    let new = NewService {
        id: kernel::ServiceId::new(Uuid::from_u128(11)),
        entitlement: EntitlementId::new(Uuid::from_u128(12)),
        organization: None,
        content: ServiceContent {
            start: Some(time::macros::date!(2026 - 05 - 01)),
            estimated_end: (mode == ServiceMode::Project).then_some(time::macros::date!(2026 - 06 - 01)),
            deliverables: vec!["A site".into()],
            ..ServiceContent::new("Care", ServiceType::Support)
        },
        mode,
        begins: ServiceStart::Approved,
    };
    let service = Service::try_new(new, now()).unwrap();
    Service::restore(ServiceRecord { status, ..service.record().clone() }).unwrap()
}

fn ask(
    by: ActorKind,
    ground: Ground<'_>,
    standing: Standing,
    customers: bool,
) -> Result<Admitted, NotAdmitted> {
    let provisioning = ProvisioningPolicy { customer_requests_on_services: customers, ..Default::default() };
    admit(&Asked {
        by,
        ground,
        standing,
        priority: None,
        provisioning: &provisioning,
        sla: &SlaPolicy::default(),
    })
}

#[test]
fn sr_1_customers_and_staff_ask_on_environments() {
    for by in ActorKind::VARIANTS {
        let admitted = ask(*by, on_an_environment(), Standing::Live, false);
        match by {
            ActorKind::Customer | ActorKind::Staff => {
                assert_eq!(admitted.unwrap().origin.kind(), RequestKind::Standalone);
            }
            ActorKind::Jira | ActorKind::System => {
                assert_eq!(admitted, Err(NotAdmitted::Party { party: *by }))
            }
        }
    }
}

#[test]
fn sr_1_customers_ask_on_services_only_where_the_policy_lets_them() {
    let service = a_service(ServiceMode::Ongoing, ServiceStatus::Active);
    let ground = Ground::Service(&service);
    assert_eq!(ask(ActorKind::Customer, ground, Standing::Live, false), Err(NotAdmitted::StaffOnly));
    for (by, customers) in [(ActorKind::Customer, true), (ActorKind::Staff, false), (ActorKind::Staff, true)]
    {
        let admitted = ask(by, ground, Standing::Live, customers).unwrap();
        assert_eq!(admitted.origin, RequestOrigin::ServiceLinked(service.id()));
        assert_eq!(admitted.entitlement, service.entitlement());
    }
}

#[test]
fn sr_2_only_a_live_entitlement_takes_requests() {
    for standing in Standing::VARIANTS {
        let admitted = ask(ActorKind::Staff, on_an_environment(), *standing, false);
        match standing {
            Standing::Live => assert!(admitted.is_ok()),
            _ => assert_eq!(admitted, Err(NotAdmitted::Entitlement { standing: *standing })),
        }
    }
}

#[test]
fn sr_2_the_environment_must_be_active() {
    let Ground::Environment { id, entitlement, organization, .. } = on_an_environment() else { panic!() };
    let ground =
        Ground::Environment { id, entitlement, organization, status: "awaiting_setup", active: false };
    let refused = ask(ActorKind::Customer, ground, Standing::Live, false).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "the environment is awaiting_setup; requests are accepted only while it is active"
    );
}

#[test]
fn sr_2_the_service_must_be_under_way_and_the_answer_says_what_it_is() {
    for mode in ServiceMode::VARIANTS {
        for status in ServiceStatus::VARIANTS {
            let state = ServiceState { mode: *mode, status: *status };
            if !state.exists() {
                continue;
            }
            let service = a_service(*mode, *status);
            let admitted = ask(ActorKind::Staff, Ground::Service(&service), Standing::Live, false);
            match (mode, status) {
                (ServiceMode::Ongoing, ServiceStatus::Active)
                | (ServiceMode::Project, ServiceStatus::Approved | ServiceStatus::InProgress) => {
                    assert!(admitted.is_ok());
                }
                _ => assert_eq!(admitted, Err(NotAdmitted::Service { mode: *mode, status: *status })),
            }
        }
    }
}

#[test]
fn sr_11_only_offered_priorities_are_accepted() {
    let sla = SlaPolicy { priorities: vec![Priority::Normal, Priority::High], ..SlaPolicy::default() };
    for priority in
        [None, Some(Priority::Low), Some(Priority::Normal), Some(Priority::High), Some(Priority::Urgent)]
    {
        let admitted = admit(&Asked {
            by: ActorKind::Customer,
            ground: on_an_environment(),
            standing: Standing::Live,
            priority,
            provisioning: &ProvisioningPolicy::default(),
            sla: &sla,
        });
        match priority {
            None => assert_eq!(admitted.unwrap().priority(), Priority::Normal),
            Some(Priority::Normal | Priority::High) => {
                assert_eq!(Some(admitted.unwrap().priority()), priority)
            }
            Some(other) => {
                let offered = sla.priorities.clone();
                assert_eq!(admitted, Err(NotAdmitted::Priority { priority: other, offered }));
            }
        }
    }
}
