//! Random walks that never leave the table of SR-4.

use policy_resolver::kinds::RunningRequests;
use proptest::prelude::*;
use strum::VariantArray;

use super::{
    matrix::{place, row},
    *,
};

/// One attempt: any command by anybody, with good and bad arguments, or something that is no move at all.
#[derive(Clone, Debug)]
struct Attempt {
    command: RequestCommand,
    party: ActorKind,
    /// Picks the arguments.
    choice: u8,
    /// Days that pass before it.
    days: i64,
}

fn an_attempt() -> impl Strategy<Value = Attempt> {
    let command = prop::sample::select(RequestCommand::VARIANTS);
    let party = prop_oneof![
        4 => Just(ActorKind::Staff),
        3 => Just(ActorKind::Customer),
        2 => Just(ActorKind::System),
        1 => Just(ActorKind::Jira),
    ];
    (command, party, any::<u8>(), 0i64..20).prop_map(|(command, party, choice, days)| Attempt {
        command,
        party,
        choice,
        days,
    })
}

/// Whether the verb did it.
fn give(request: &mut ServiceRequest, attempt: &Attempt, at: Timestamp) -> bool {
    let policy = CreditPolicy::default();
    let by = somebody(attempt.party);
    let chance = attempt.choice.is_multiple_of(2);
    let because = chance.then_some("because");
    let actual = request.actual(None, 0, &policy).unwrap();
    let there = if chance { "100" } else { "2" };
    let settlement = settle(request, there, actual.credits());
    match attempt.command {
        RequestCommand::Submit => {
            let verdict = if chance { PreApproval::Granted } else { PreApproval::Refused };
            request.submit(verdict, &by, at).is_ok()
        }
        RequestCommand::Approve => request.approve(because, &by, at).is_ok(),
        RequestCommand::Reject => request.reject(because, &by, at).is_ok(),
        RequestCommand::ConvertToQuote => request.convert_to_quote(because, &by, at).is_ok(),
        RequestCommand::Estimate => {
            let base = Credits::from_units(i64::from(attempt.choice));
            request.estimate(Estimate::figure(base, Complexity::Medium).unwrap(), &by, at).is_ok()
        }
        RequestCommand::Start => request.start(None, &by, at).is_ok(),
        RequestCommand::Hold => request.hold(because.unwrap_or_default(), &by, at).is_ok(),
        RequestCommand::Resume => request.resume(&by, at).is_ok(),
        RequestCommand::Complete => request.complete(actual, chance.then_some(&settlement), &by, at).is_ok(),
        RequestCommand::Accept => {
            let owed = request.awaits_settlement().map(|credits| settle(request, there, credits));
            request.accept(owed.as_ref(), &policy, &by, at).is_ok()
        }
        RequestCommand::Reopen => request.reopen(because.unwrap_or_default(), &by, at).is_ok(),
        RequestCommand::Bill => request.bill(&by, at).is_ok(),
        RequestCommand::Cancel => request.cancel(because, &by, at).is_ok(),
    }
}

/// Whether `command` by `party` leads from one place to the other, by the written table.
fn is_in_table(from: &str, attempt: &Attempt, to: &str) -> bool {
    let Some((target, by)) = row(from, attempt.command.into()) else { return false };
    let pre_approved = attempt.command == RequestCommand::Submit && to == "approved";
    let agreed = attempt.command == RequestCommand::Estimate && to == from;
    by.contains(<&str>::from(attempt.party)) && (target == to || pre_approved || agreed)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, ..ProptestConfig::default() })]

    #[test]
    fn sr_4_random_walks_never_leave_the_table(attempts in prop::collection::vec(an_attempt(), 1..80)) {
        let policy = CreditPolicy::default();
        let mut request = a_request().assigned().build();
        let mut at = now();
        for attempt in attempts {
            at = at.plus_days(attempt.days);
            if request.give_hold_back(&policy, at) {
                prop_assert!(matches!(request.status(), RequestStatus::Draft | RequestStatus::PendingApproval));
                if attempt.choice % 3 > 0 {
                    request.hold_again(at);
                }
            }
            let (from, before) = (place(&request), request.clone());
            if give(&mut request, &attempt, at) {
                prop_assert!(is_in_table(&from, &attempt, &place(&request)), "{from} {attempt:?} {}", place(&request));
                prop_assert_eq!(request.record().moved_at, at);
            } else {
                prop_assert_eq!(&request, &before);
            }
            prop_assert_eq!(ServiceRequest::restore(request.record().clone()), Ok(request.clone()));
            prop_assert_eq!(request.record().priority, before.record().priority);
            prop_assert_eq!(request.record().base_credit_value, before.record().base_credit_value);
            let mut ended = request.clone();
            prop_assert_eq!(
                ended.end_with_entitlement(RunningRequests::Close, &system(), at),
                request.stage().is_open()
            );
            prop_assert!(ServiceRequest::restore(ended.record().clone()).is_ok());
        }
    }
}
