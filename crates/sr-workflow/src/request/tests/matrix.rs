//! SR-4, written out a second time, against the verbs.

use kernel::IllegalMove;
use strum::VariantArray;

use super::*;
use crate::MoveError;

/// From, command, to, by whom. A request on hold and a completed one each have two rows: what they remember decides.
pub(super) const TABLE: &[(&str, &str, &str, &str)] = &[
    ("draft", "submit", "pending_approval", "customer staff"),
    ("draft", "reject", "closed", "customer staff"),
    ("draft", "convert_to_quote", "closed", "staff"),
    ("draft", "cancel", "closed", "customer staff"),
    ("draft", "estimate", "draft", "staff"),
    ("pending_approval", "approve", "approved", "customer staff"),
    ("pending_approval", "reject", "closed", "customer staff"),
    ("pending_approval", "convert_to_quote", "closed", "staff"),
    ("pending_approval", "cancel", "closed", "customer staff"),
    ("pending_approval", "estimate", "pending_approval", "staff"),
    ("approved", "start", "in_progress", "staff jira"),
    ("approved", "hold", "on_hold<approved", "staff jira"),
    ("approved", "cancel", "closed", "staff"),
    ("approved", "estimate", "pending_approval", "staff"),
    ("in_progress", "hold", "on_hold<in_progress", "staff jira"),
    ("in_progress", "complete", "completed", "staff jira"),
    ("in_progress", "cancel", "closed", "staff"),
    ("in_progress", "estimate", "pending_approval", "staff"),
    ("on_hold<approved", "resume", "approved", "staff jira"),
    ("on_hold<approved", "cancel", "closed", "staff"),
    ("on_hold<approved", "estimate", "pending_approval", "staff"),
    ("on_hold<in_progress", "resume", "in_progress", "staff jira"),
    ("on_hold<in_progress", "cancel", "closed", "staff"),
    ("on_hold<in_progress", "estimate", "pending_approval", "staff"),
    ("completed", "accept", "completed+accepted", "customer system"),
    ("completed", "reopen", "in_progress", "customer staff"),
    ("completed+accepted", "bill", "billed", "system"),
];

/// Where a request stands, in the words of the table, read off its row.
pub(super) fn place(request: &ServiceRequest) -> String {
    let row = request.record();
    match (row.held_from, &row.acceptance) {
        (Some(from), _) => format!("{}<{from}", row.status),
        (None, Some(_)) if row.status == RequestStatus::Completed => format!("{}+accepted", row.status),
        (None, _) => row.status.to_string(),
    }
}

pub(super) fn row(from: &str, command: &str) -> Option<(&'static str, &'static str)> {
    TABLE.iter().find(|row| row.0 == from && row.1 == command).map(|row| (row.2, row.3))
}

fn every_place() -> Vec<ServiceRequest> {
    let stories = [
        a_request(),
        a_request().pending(),
        a_request().approved().assigned(),
        a_request().in_progress(),
        a_request().approved().on_hold(),
        a_request().in_progress().on_hold(),
        a_request().completed(),
        a_request().completed().accepted(),
        a_request().completed().accepted().billed(),
        a_request().closed(),
    ];
    stories.map(Story::build).into()
}

/// Gives a command with everything it needs; an estimate is above the approved one.
fn give(request: &mut ServiceRequest, command: RequestCommand, by: &Actor) -> Result<(), MoveError> {
    let policy = CreditPolicy::default();
    let because = Some("they called");
    match command {
        RequestCommand::Submit => {
            request.submit(PreApproval::Refused, by, now()).map(drop).map_err(|error| match error {
                SubmitError::Move(error) => error,
                other => panic!("{other}"),
            })
        }
        RequestCommand::Approve => request.approve(because, by, now()).map_err(|error| match error {
            ApproveError::Move(error) => error,
            other => panic!("{other}"),
        }),
        RequestCommand::Reject => request.reject(because, by, now()),
        RequestCommand::ConvertToQuote => request.convert_to_quote(because, by, now()),
        RequestCommand::Estimate => {
            let estimate = Estimate::figure(credits("50"), Complexity::High).unwrap();
            request.estimate(estimate, by, now()).map(drop)
        }
        RequestCommand::Start => request.start(None, by, now()).map_err(|error| match error {
            StartError::Move(error) => error,
            other => panic!("{other}"),
        }),
        RequestCommand::Hold => request.hold("waiting", by, now()),
        RequestCommand::Resume => request.resume(by, now()).map(drop),
        RequestCommand::Complete => {
            let actual = request.actual(None, 0, &policy).unwrap();
            let settlement = settle(request, "100", actual.credits());
            request.complete(actual, Some(&settlement), by, now()).map_err(|error| match error {
                CompleteError::Move(error) => error,
                other => panic!("{other}"),
            })
        }
        RequestCommand::Accept => {
            request.accept(None, &policy, by, now().plus_days(8)).map_err(|error| match error {
                AcceptError::Move(error) => error,
                other => panic!("{other}"),
            })
        }
        RequestCommand::Reopen => request.reopen("not quite", by, now()).map(drop),
        RequestCommand::Bill => request.bill(by, now()).map(drop).map_err(|error| match error {
            BillError::Move(error) => error,
            other => panic!("{other}"),
        }),
        RequestCommand::Cancel => request.cancel(because, by, now()),
    }
}

#[test]
fn sr_4_every_state_is_reached() {
    let places: Vec<_> = every_place().iter().map(ServiceRequest::stage).collect();
    assert_eq!(places, RequestStage::VARIANTS);
}

#[test]
fn sr_4_the_whole_table_of_states_commands_and_parties() {
    for start in every_place() {
        let from = place(&start);
        for command in RequestCommand::VARIANTS {
            for party in ActorKind::VARIANTS {
                let (asked, who): (&'static str, &'static str) = (command.into(), party.into());
                let ever = TABLE.iter().any(|row| row.1 == asked && row.3.contains(who));
                let expected = row(&from, asked);
                let mut request = start.clone();
                let outcome = give(&mut request, *command, &somebody(*party));
                let what = format!("{from} {asked} by {who}: {outcome:?}");
                match (outcome, expected) {
                    (Ok(()), Some((to, by))) if by.contains(who) => assert_eq!(place(&request), to, "{what}"),
                    (Err(MoveError::NotAllowed(refused)), Some((_, by))) if !by.contains(who) => {
                        assert_eq!((refused.party, refused.command), (*party, asked));
                    }
                    (Err(MoveError::NotAllowed(refused)), None) if !ever => {
                        assert_eq!((refused.party, refused.command), (*party, asked));
                    }
                    (Err(MoveError::Illegal(IllegalMove { command, mut legal, .. })), None) if ever => {
                        let mut own: Vec<_> = TABLE
                            .iter()
                            .filter(|row| row.0 == from && row.3.contains(who))
                            .map(|row| row.1)
                            .collect();
                        own.sort_unstable();
                        legal.sort_unstable();
                        assert_eq!((command, legal), (asked, own), "{what}");
                    }
                    _ => panic!("{what}, {expected:?} expected"),
                }
                if place(&request) == from && *command != RequestCommand::Estimate {
                    assert_eq!(request, start, "{what}: something changed");
                }
            }
        }
    }
}

#[test]
fn sr_4_the_commands_shown_to_a_party_are_those_of_the_table() {
    for request in every_place() {
        for party in ActorKind::VARIANTS {
            let shown: Vec<_> = request.stage().commands_for(*party).map(<&str>::from).collect();
            for command in RequestCommand::VARIANTS {
                let allowed = row(&place(&request), command.into())
                    .is_some_and(|(_, by)| by.contains(<&str>::from(*party)));
                assert_eq!(shown.contains(&<&str>::from(*command)), allowed);
            }
        }
    }
}

#[test]
fn sr_4_a_refusal_says_the_state_the_command_and_what_is_legal() {
    let error = give(&mut a_request().build(), RequestCommand::Approve, &customer()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "a service request that is draft does not allow approve; legal now: submit, reject, cancel"
    );
    let error = give(&mut a_request().approved().build(), RequestCommand::Cancel, &customer()).unwrap_err();
    assert_eq!(error.to_string(), "customer may not cancel a service request that is approved");
    let error = give(&mut a_request().closed().build(), RequestCommand::Cancel, &staff()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "a service request that is closed does not allow cancel; no command is legal now"
    );
}
