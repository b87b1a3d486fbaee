use proptest::prelude::*;
use strum::VariantArray;
use uuid::Uuid;

use super::*;

fn id(number: u128) -> CollaboratorId {
    Uuid::from_u128(number).into()
}

fn somebody(number: u128, role: Role) -> NewCollaborator {
    NewCollaborator {
        id: id(number),
        name: format!("Somebody {number}"),
        email: format!("s{number}@example.com"),
        role,
        scopes: vec![Scope::Requests, Scope::Team],
    }
}

fn now() -> Timestamp {
    "2026-05-01T00:00:00Z".parse().unwrap()
}

fn a_team(roles: &[Role]) -> Team {
    let mut team = Team::new(Uuid::from_u128(9).into());
    for (number, role) in (1..).zip(roles) {
        team.add(somebody(number, *role), &Authority::Staff, now()).unwrap();
    }
    team
}

fn acting(role: Role) -> Authority {
    Authority::Collaborator { role, scopes: vec![Scope::Requests, Scope::Team] }
}

#[test]
fn or_3_the_first_collaborator_is_an_owner() {
    let mut team = Team::new(Uuid::from_u128(9).into());
    for role in [Role::Guest, Role::Member, Role::Admin] {
        assert_eq!(team.add(somebody(1, role), &Authority::Staff, now()), Err(TeamError::LastOwner));
    }
    assert!(team.add(somebody(1, Role::Owner), &Authority::Staff, now()).is_ok());
}

#[test]
fn or_3_the_last_owner_stays() {
    let mut team = a_team(&[Role::Owner, Role::Admin]);
    assert_eq!(team.remove(id(1), &Authority::Staff), Err(TeamError::LastOwner));
    assert_eq!(team.change(id(1), "x", Role::Admin, &[], &Authority::Staff), Err(TeamError::LastOwner));
    team.change(id(2), "Second", Role::Owner, &[], &acting(Role::Owner)).unwrap();
    assert!(team.remove(id(1), &acting(Role::Owner)).is_ok());
    assert!(team.remove(id(2), &Authority::Staff).is_ok(), "nobody is left without an owner");
}

#[test]
fn or_3_only_an_owner_changes_owners() {
    for role in [Role::Guest, Role::Member, Role::Admin] {
        let mut team = a_team(&[Role::Owner, Role::Owner, role]);
        let before = team.clone();
        let by = acting(role);
        assert_eq!(team.add(somebody(7, Role::Owner), &by, now()), Err(TeamError::OwnersOnly));
        assert_eq!(team.change(id(2), "x", Role::Guest, &[], &by), Err(TeamError::OwnersOnly));
        assert_eq!(team.remove(id(2), &by), Err(TeamError::OwnersOnly));
        assert!(team.change(id(3), "x", Role::Owner, &[], &by).is_err());
        assert_eq!(team, before);
    }
}

#[test]
fn or_3_nobody_gives_more_than_they_have() {
    let mut team = a_team(&[Role::Owner, Role::Admin, Role::Member, Role::Guest]);
    let member = acting(Role::Member);
    let beyond = Err(TeamError::BeyondOwnRights { role: Role::Member });
    assert_eq!(team.change(id(3), "x", Role::Admin, &[], &member), beyond);
    assert_eq!(team.change(id(4), "x", Role::Guest, &[Scope::Billing], &member), beyond);
    assert!(team.change(id(4), "x", Role::Member, &[Scope::Requests], &member).is_ok());
    let without_team = Authority::Collaborator { role: Role::Member, scopes: vec![Scope::Requests] };
    assert!(team.change(id(4), "x", Role::Guest, &[], &without_team).is_err());
    assert!(team.remove(id(4), &acting(Role::Guest)).is_err());
    assert!(team.change(id(4), "x", Role::Admin, &[], &acting(Role::Admin)).is_ok());
}

#[test]
fn or_2_a_mailbox_belongs_to_one_of_a_team() {
    let mut team = a_team(&[Role::Owner]);
    let twin = NewCollaborator { email: "S1@Example.com".into(), ..somebody(2, Role::Guest) };
    let Err(TeamError::Invalid(invalid)) = team.add(twin, &Authority::Staff, now()) else { panic!() };
    assert_eq!(invalid.0[0].path, "email");
}

#[test]
fn or_2_scopes_are_kept_sorted_and_once() {
    let mut team = a_team(&[Role::Owner, Role::Guest]);
    let scopes = [Scope::Team, Scope::Billing, Scope::Team];
    let changed = team.change(id(2), "x", Role::Member, &scopes, &Authority::Staff).unwrap();
    assert_eq!(changed.scopes(), [Scope::Billing, Scope::Team]);
    assert!(changed.may(Scope::Billing, Access::Write) && !changed.may(Scope::Requests, Access::Read));
    assert!(Collaborator::restore(changed.record().clone()).is_ok());
    assert!(team.member(id(1)).unwrap().scopes().is_empty());
}

#[test]
fn a_team_of_strangers_or_without_owner_is_corrupt() {
    let team = a_team(&[Role::Owner, Role::Guest]);
    assert_eq!(Team::restore(team.organization(), team.members().to_vec()), Ok(team.clone()));
    assert!(Team::restore(Uuid::from_u128(8).into(), team.members().to_vec()).is_err());
    assert!(Team::restore(team.organization(), team.members()[1..].to_vec()).is_err());
}

proptest! {
    #[test]
    fn or_3_a_team_with_people_always_has_an_owner(
        commands in prop::collection::vec((0u8..3, 1u128..6, 0usize..4, 0usize..5), 0..60)
    ) {
        let mut team = Team::new(Uuid::from_u128(9).into());
        for (what, who, role, by) in commands {
            let role = Role::VARIANTS[role];
            let by = Role::VARIANTS.get(by).map_or(Authority::Staff, |role| acting(*role));
            let owners = |team: &Team| -> Vec<CollaboratorId> {
                team.members().iter().filter(|one| one.role() == Role::Owner).map(Collaborator::id).collect()
            };
            let before = team.clone();
            let result = match what {
                0 => team.add(somebody(who, role), &by, now()).map(|_| ()),
                1 => team.change(id(who), "x", role, &[Scope::Requests], &by).map(|_| ()),
                _ => team.remove(id(who), &by).map(|_| ()),
            };
            if result.is_err() {
                prop_assert_eq!(&team, &before);
            }
            prop_assert!(team.is_led());
            let by_owner = matches!(by, Authority::Staff | Authority::Collaborator { role: Role::Owner, .. });
            prop_assert!(by_owner || owners(&team) == owners(&before));
        }
    }
}
