use kernel::{IllegalMove, legal_commands};
use proptest::prelude::*;
use strum::VariantArray;
use time::macros::date;
use uuid::Uuid;

use super::*;
use crate::ServiceType;

const DAY: Date = date!(2026 - 05 - 01);
const END: Date = date!(2026 - 08 - 31);

fn now() -> Timestamp {
    "2026-05-01T12:00:00Z".parse().unwrap()
}

fn staff() -> Actor {
    Actor::staff(Uuid::from_u128(1), "Bo")
}

fn customer() -> Actor {
    Actor::customer(Uuid::from_u128(2), "Ana")
}

fn somebody(kind: ActorKind) -> Actor {
    Actor { kind, id: None, name: kind.to_string() }
}

fn content() -> ServiceContent {
    ServiceContent::new("Care for Acme", ServiceType::Support)
}

fn project_content() -> ServiceContent {
    let deliverables = vec!["A migrated site".to_owned()];
    ServiceContent { start: Some(DAY), estimated_end: Some(END), deliverables, ..content() }
}

fn new_service(mode: ServiceMode, content: ServiceContent) -> NewService {
    NewService {
        id: ServiceId::new(Uuid::from_u128(3)),
        entitlement: EntitlementId::new(Uuid::from_u128(4)),
        organization: None,
        content,
        mode,
        begins: ServiceStart::Proposal,
    }
}

fn a_service(mode: ServiceMode) -> Service {
    let content = if mode == ServiceMode::Project { project_content() } else { content() };
    Service::try_new(new_service(mode, content), now()).unwrap()
}

fn in_status(mode: ServiceMode, status: ServiceStatus) -> Service {
    let record = ServiceRecord { status, ..a_service(mode).record().clone() };
    Service::restore(record).unwrap()
}

fn give(service: &mut Service, command: ServiceCommand, by: &Actor) -> Result<(), MoveError> {
    let because = Some("they called");
    match command {
        ServiceCommand::Approve => service.approve(because, by, now()),
        ServiceCommand::Activate => service.activate(DAY, by, now()),
        ServiceCommand::Start => service.start(by, now()),
        ServiceCommand::Hold => service.hold(by, now()),
        ServiceCommand::Resume => service.resume(by, now()),
        ServiceCommand::Deliver => service.deliver(END, by, now()),
        ServiceCommand::Rework => service.rework(by, now()),
        ServiceCommand::Close => service.close(because, END, by, now()),
        ServiceCommand::Cancel => service.cancel(END, by, now()),
    }
}

/// SV-2, written out: from, command, to.
const ONGOING: &[(&str, &str, &str)] = &[
    ("proposal", "approve", "approved"),
    ("proposal", "cancel", "cancelled"),
    ("approved", "activate", "active"),
    ("approved", "cancel", "cancelled"),
    ("active", "hold", "on_hold"),
    ("active", "close", "closed"),
    ("active", "cancel", "cancelled"),
    ("on_hold", "resume", "active"),
    ("on_hold", "close", "closed"),
    ("on_hold", "cancel", "cancelled"),
];

/// SV-3, written out: from, command, to.
const PROJECT: &[(&str, &str, &str)] = &[
    ("proposal", "approve", "approved"),
    ("proposal", "cancel", "cancelled"),
    ("approved", "start", "in_progress"),
    ("approved", "cancel", "cancelled"),
    ("in_progress", "hold", "on_hold"),
    ("in_progress", "deliver", "delivered"),
    ("in_progress", "cancel", "cancelled"),
    ("on_hold", "resume", "in_progress"),
    ("on_hold", "cancel", "cancelled"),
    ("delivered", "close", "closed"),
    ("delivered", "rework", "in_progress"),
    ("delivered", "cancel", "cancelled"),
];

fn check_matrix(mode: ServiceMode, table: &[(&str, &str, &str)]) {
    for status in ServiceStatus::VARIANTS {
        if !(ServiceState { mode, status: *status }).exists() {
            continue;
        }
        for command in ServiceCommand::VARIANTS {
            let mut service = in_status(mode, *status);
            let before = service.clone();
            let (from, asked): (&str, &str) = (status.into(), command.into());
            let to = table.iter().find(|row| row.0 == from && row.1 == asked).map(|row| row.2);
            match (give(&mut service, *command, &staff()), to) {
                (Ok(()), Some(to)) => assert_eq!(service.record().status.to_string(), to, "{from} {asked}"),
                (Err(MoveError::Illegal(IllegalMove { state, command, legal, .. })), None) => {
                    assert_eq!((state, command), (from, asked));
                    let expected: Vec<_> =
                        table.iter().filter(|row| row.0 == from).map(|row| row.1).collect();
                    assert_eq!(legal.len(), expected.len());
                    assert!(legal.iter().all(|command| expected.contains(command)));
                    assert_eq!(service, before);
                }
                (outcome, to) => panic!("{mode} {from} {asked}: {outcome:?}, {to:?} expected"),
            }
        }
    }
}

#[test]
fn sv_2_the_whole_table_of_an_ongoing_service() {
    check_matrix(ServiceMode::Ongoing, ONGOING);
}

#[test]
fn sv_3_the_whole_table_of_a_project() {
    check_matrix(ServiceMode::Project, PROJECT);
}

#[test]
fn sv_3_the_customer_approves_accepts_and_sends_back_and_staff_do_the_rest() {
    use ServiceCommand as C;
    for mode in ServiceMode::VARIANTS {
        for status in ServiceStatus::VARIANTS
            .iter()
            .filter(|status| ServiceState { mode: *mode, status: **status }.exists())
        {
            for command in C::VARIANTS {
                for kind in ActorKind::VARIANTS {
                    let closes_project = *command == C::Close && *mode == ServiceMode::Project;
                    let allowed = match kind {
                        ActorKind::Staff => true,
                        ActorKind::Customer => matches!(command, C::Approve | C::Rework) || closes_project,
                        ActorKind::Jira | ActorKind::System => false,
                    };
                    let mut service = in_status(*mode, *status);
                    let outcome = give(&mut service, *command, &somebody(*kind));
                    assert_eq!(
                        matches!(outcome, Err(MoveError::NotAllowed(_))),
                        !allowed,
                        "{mode} {status} {command} {kind}"
                    );
                }
            }
        }
    }
}

#[test]
fn sv_3_staff_consent_for_the_customer_only_with_a_reason_that_is_recorded() {
    let mut service = a_service(ServiceMode::Project);
    let before = service.clone();
    for none in [None, Some(" ")] {
        assert!(matches!(service.approve(none, &staff(), now()), Err(MoveError::Invalid(_))));
        assert_eq!(service, before);
    }
    service.approve(Some(" agreed by telephone "), &staff(), now()).unwrap();
    let approval = service.record().approval.clone().unwrap();
    assert_eq!((approval.on_behalf.as_deref(), approval.by), (Some("agreed by telephone"), staff()));

    service.start(&staff(), now()).unwrap();
    service.deliver(END, &staff(), now()).unwrap();
    assert!(matches!(service.close(None, END, &staff(), now()), Err(MoveError::Invalid(_))));
    service.close(None, END, &customer(), now()).unwrap();
    let acceptance = service.record().acceptance.clone().unwrap();
    assert_eq!((acceptance.on_behalf, acceptance.by), (None, customer()));
}

#[test]
fn sv_3_start_and_estimated_end_are_needed_to_start() {
    for (start, end, missing) in [
        (None, None, &["start", "estimated_end"][..]),
        (Some(DAY), None, &["estimated_end"]),
        (None, Some(END), &["start"]),
    ] {
        let content = ServiceContent { start, estimated_end: end, ..project_content() };
        let mut service = Service::try_new(new_service(ServiceMode::Project, content), now()).unwrap();
        service.approve(None, &customer(), now()).unwrap();
        let Err(MoveError::Invalid(Invalid(fields))) = service.start(&staff(), now()) else {
            panic!("started without {missing:?}")
        };
        assert_eq!(fields.iter().map(|field| field.path.as_str()).collect::<Vec<_>>(), missing);
        assert_eq!(service.record().status, ServiceStatus::Approved);

        service.edit(project_content(), &staff(), now()).unwrap();
        service.start(&staff(), now()).unwrap();
        assert!(service.edit(ServiceContent { start: None, ..project_content() }, &staff(), now()).is_err());
    }
}

#[test]
fn sv_3_deliverables_are_needed_to_deliver() {
    let content = ServiceContent { deliverables: vec![], ..project_content() };
    let mut service = Service::try_new(new_service(ServiceMode::Project, content), now()).unwrap();
    service.approve(None, &customer(), now()).unwrap();
    service.start(&staff(), now()).unwrap();
    let Err(MoveError::Invalid(Invalid(fields))) = service.deliver(END, &staff(), now()) else { panic!() };
    assert_eq!(fields[0].path, "deliverables");
    service.edit(project_content(), &staff(), now()).unwrap();
    service.deliver(END, &staff(), now()).unwrap();
    assert_eq!(service.record().actual_end, Some(END));
    service.rework(&customer(), now()).unwrap();
    assert_eq!(service.record().actual_end, None);
}

#[test]
fn sv_2_an_ongoing_service_has_no_end_and_begins_when_it_is_activated() {
    let content = ServiceContent { estimated_end: Some(END), ..content() };
    let Invalid(fields) = Service::try_new(new_service(ServiceMode::Ongoing, content), now()).unwrap_err();
    assert_eq!(fields[0].path, "estimated_end");

    let mut service = a_service(ServiceMode::Ongoing);
    service.approve(None, &customer(), now()).unwrap();
    service.activate(DAY, &staff(), now()).unwrap();
    assert_eq!(service.record().content.start, Some(DAY));
    service.close(None, END, &staff(), now()).unwrap();
    assert_eq!((service.record().actual_end, service.record().acceptance.is_some()), (Some(END), false));
}

#[test]
fn pv_2_a_service_begins_as_the_policy_says() {
    assert_eq!(a_service(ServiceMode::Ongoing).record().status, ServiceStatus::Proposal);
    let new = NewService { begins: ServiceStart::Approved, ..new_service(ServiceMode::Project, content()) };
    assert_eq!(Service::try_new(new, now()).unwrap().record().status, ServiceStatus::Approved);
}

#[test]
fn every_wrong_field_is_named_at_once() {
    let wrong = ServiceContent {
        title: " ".into(),
        start: Some(END),
        estimated_end: Some(DAY),
        deliverables: vec!["fine".into(), String::new(), "x".repeat(MAX_DELIVERABLE + 1)],
        ..content()
    };
    let Invalid(fields) = Service::try_new(new_service(ServiceMode::Project, wrong), now()).unwrap_err();
    let paths: Vec<_> = fields.iter().map(|field| field.path.as_str()).collect();
    assert_eq!(paths, ["title", "estimated_end", "deliverables[1]", "deliverables[2]"]);
}

#[test]
fn a_service_that_is_over_is_not_edited_and_an_edit_without_change_says_so() {
    let mut service = a_service(ServiceMode::Ongoing);
    assert_eq!(service.edit(content(), &staff(), now()), Ok(false));
    let other = ServiceContent { title: " Other ".into(), ..content() };
    assert_eq!(service.edit(other.clone(), &staff(), now()), Ok(true));
    assert_eq!(service.record().content.title, "Other");
    assert!(matches!(service.edit(other.clone(), &customer(), now()), Err(MoveError::NotAllowed(_))));
    service.cancel(END, &staff(), now()).unwrap();
    assert!(matches!(service.edit(other, &staff(), now()), Err(MoveError::Illegal(_))));
}

#[test]
fn en_5_what_the_world_sees_is_limited_by_the_entitlement() {
    use {ServiceStatus as S, Standing as E};
    for own in S::VARIANTS {
        let over = matches!(own, S::Closed | S::Cancelled);
        for standing in E::VARIANTS {
            let expected = match standing {
                _ if over => *own,
                E::Pending | E::Live => *own,
                E::Suspended => S::OnHold,
                E::Expired | E::ExpiredPastGrace => S::Closed,
                E::Cancelled => S::Cancelled,
            };
            assert_eq!(own.seen(*standing), expected, "{own} {standing}");
        }
    }
}

#[test]
fn sr_2_a_service_accepts_requests_while_work_is_agreed_or_under_way() {
    let accepting = |mode: ServiceMode| {
        let states = ServiceStatus::VARIANTS.iter().map(|status| ServiceState { mode, status: *status });
        states.filter(|state| state.accepts_requests()).map(|state| state.status).collect::<Vec<_>>()
    };
    assert_eq!(accepting(ServiceMode::Ongoing), [ServiceStatus::Active]);
    assert_eq!(accepting(ServiceMode::Project), [ServiceStatus::Approved, ServiceStatus::InProgress]);
}

#[test]
fn a_corrupt_row_is_refused() {
    let sound = a_service(ServiceMode::Ongoing).record().clone();
    let corrupt = [
        ServiceRecord { version: 0, ..sound.clone() },
        ServiceRecord { status: ServiceStatus::Delivered, ..sound.clone() },
        ServiceRecord { status: ServiceStatus::InProgress, ..sound.clone() },
        ServiceRecord { mode: ServiceMode::Project, status: ServiceStatus::Active, ..sound.clone() },
        ServiceRecord { mode: ServiceMode::Project, status: ServiceStatus::InProgress, ..sound.clone() },
        ServiceRecord { content: ServiceContent { title: String::new(), ..content() }, ..sound.clone() },
        ServiceRecord { acceptance: Consent::try_new(&customer(), None, now()).ok(), ..sound.clone() },
    ];
    for record in corrupt {
        assert!(matches!(Service::restore(record), Err(StoreError::Corrupt { .. })));
    }
    assert!(Service::restore(sound).is_ok());
}

proptest! {
    #[test]
    fn sv_2_and_sv_3_random_walks_never_leave_the_table(
        project in any::<bool>(),
        commands in prop::collection::vec(prop::sample::select(ServiceCommand::VARIANTS), 0..40),
    ) {
        let (mode, table) =
            if project { (ServiceMode::Project, PROJECT) } else { (ServiceMode::Ongoing, ONGOING) };
        let mut service = a_service(mode);
        for command in commands {
            let from = service.state();
            let before = service.clone();
            let moved = give(&mut service, command, &staff()).is_ok();
            let row = (from.status.into(), command.into(), service.record().status.into());
            let sound = if moved { table.contains(&row) } else { service == before };
            prop_assert!(sound);
            prop_assert_eq!(moved, legal_commands(from).contains(&command.into()));
            prop_assert_eq!(Service::restore(service.record().clone()), Ok(service.clone()));
        }
    }
}
