use policy_resolver::kinds::RunningRequests;

use super::*;
use crate::MoveError;

fn is_invalid<T>(outcome: Result<T, MoveError>) -> bool {
    matches!(outcome, Err(MoveError::Invalid(invalid)) if invalid.0[0].path == "reason")
}

#[test]
fn sr_1_a_new_request_carries_what_it_was_admitted_for() {
    let request = a_request().build();
    let row = request.record();
    assert_eq!(row.origin, RequestOrigin::Standalone(EnvironmentId::new(Uuid::from_u128(7))));
    assert_eq!((row.status, row.version), (RequestStatus::Draft, 1));
    assert_eq!(row.requested_by, customer());
    assert_eq!(row.base_credit_value, Some(brl("100")));
}

#[test]
fn wk_2_a_request_knows_when_it_takes_a_step_by_itself() {
    let policy = CreditPolicy { draft_hold_days: Some(30), accept_after_days: 7, ..CreditPolicy::default() };
    let due = |request: &ServiceRequest| {
        let mut request = request.clone();
        request.schedule(&[(now(), &policy)]);
        assert_eq!(request.record().next_due, request.due_at(&policy));
        request.record().next_due
    };
    let mut draft = a_request().estimated("4", Complexity::Low).build();
    assert_eq!(due(&draft), Some(now().plus_days(30)), "SR-12");
    let bare = from(NewRequest { estimate: None, ..new_request(1) }, &customer()).build();
    assert_eq!(due(&bare), None, "nothing is held");
    assert!(draft.give_hold_back(&policy, now().plus_days(30)));
    assert_eq!(due(&draft), None, "done once");
    assert!(draft.hold_again(now().plus_days(31)));
    assert_eq!(due(&draft), Some(now().plus_days(61)));
    draft.schedule(&[(now(), &policy)]);
    draft.cancel(None, &staff(), now()).unwrap();
    assert_eq!(draft.record().next_due, None, "whatever moves is scheduled anew");
    let mut done = a_request().estimated("4", Complexity::Low).completed().build();
    assert_eq!(due(&done), Some(now().plus_days(7)), "SR-4");
    done.schedule(&[(now(), &policy)]);
    done.accept(None, &policy, &customer(), now()).unwrap();
    assert_eq!(done.record().next_due, None);
}

#[test]
fn wk_2_a_request_is_due_under_the_policy_that_holds_when_it_is() {
    let days = |days| CreditPolicy { accept_after_days: days, ..CreditPolicy::default() };
    let never = CreditPolicy { draft_hold_days: None, ..CreditPolicy::default() };
    let (one, three, seven, ten) = (days(1), days(3), days(7), days(10));
    let done = a_request().estimated("4", Complexity::Low).completed().build();
    let due = |request: &ServiceRequest, policies: &[(i64, &CreditPolicy)]| {
        let policies: Vec<_> =
            policies.iter().map(|(day, policy)| (now().plus_days(*day), *policy)).collect();
        let mut request = request.clone();
        request.schedule(&policies);
        request.record().next_due.map(|due| (due.unix_micros() - now().unix_micros()) / 86_400_000_000)
    };
    assert_eq!(due(&done, &[(0, &seven)]), Some(7));
    assert_eq!(due(&done, &[(0, &seven), (2, &three)]), Some(3), "a shorter time counts once it holds");
    assert_eq!(due(&done, &[(0, &seven), (5, &three)]), Some(5), "and not before");
    assert_eq!(due(&done, &[(0, &seven), (7, &ten)]), Some(10), "a longer one counts to the last moment");
    assert_eq!(due(&done, &[(0, &seven), (8, &ten)]), Some(7), "and not after");
    assert_eq!(due(&done, &[(0, &seven), (2, &ten), (4, &one)]), Some(4));
    assert_eq!(due(&done, &[(9, &seven)]), Some(7), "what was due before is due since then");
    let draft = a_request().estimated("4", Complexity::Low).build();
    assert_eq!(due(&draft, &[(0, &never)]), None);
    assert_eq!(due(&draft, &[(0, &never), (40, &seven)]), Some(40));
    assert_eq!(due(&draft, &[(0, &seven), (30, &never)]), None);
}

#[test]
fn sr_4_staff_approve_on_the_customers_behalf_only_with_a_reason() {
    let mut request = a_request().pending().build();
    let before = request.clone();
    for none in [None, Some("  ")] {
        let Err(ApproveError::Move(error)) = request.approve(none, &staff(), now()) else {
            panic!("approved")
        };
        assert!(is_invalid::<()>(Err(error)));
        assert_eq!(request, before);
    }
    request.approve(Some("by telephone"), &staff(), now()).unwrap();
    let approval = request.record().approval.clone().unwrap();
    assert_eq!((approval.kind, approval.by), (ApprovalKind::OnBehalf, staff()));
    assert_eq!(approval.reason.as_deref(), Some("by telephone"));
    assert_eq!(approval.credits, Some(credits("6")));

    let approval = a_request().approved().build().record().approval.clone().unwrap();
    assert_eq!((approval.kind, approval.by, approval.reason), (ApprovalKind::Customer, customer(), None));
}

#[test]
fn sr_4_an_assignee_is_needed_to_start() {
    let mut request = a_request().approved().build();
    assert_eq!(request.start(None, &staff(), now()), Err(StartError::NeedsAssignee));
    let edit = RequestEdit { assignee: Some(Some("Bo".into())), ..RequestEdit::default() };
    request.edit(edit, &SlaPolicy::default(), &somebody(ActorKind::Jira), now()).unwrap();
    assert!(request.start(None, &somebody(ActorKind::Jira), now()).is_ok());
}

#[test]
fn sr_4_holding_and_reopening_need_a_reason() {
    let mut request = a_request().approved().build();
    assert!(is_invalid(request.hold(" ", &staff(), now())));
    assert!(is_invalid(request.hold(&"x".repeat(2_001), &staff(), now())));
    request.hold(" a server is missing ", &staff(), now()).unwrap();
    assert_eq!(request.record().hold_reason.as_deref(), Some("a server is missing"));
    request.resume(&staff(), now()).unwrap();
    assert_eq!(request.record().hold_reason, None);

    let mut request = a_request().completed().build();
    assert!(is_invalid(request.reopen("", &customer(), now())));
    assert_eq!(request.status(), RequestStatus::Completed);
}

#[test]
fn sr_4_a_closed_request_says_how_it_ended() {
    type Close = fn(&mut ServiceRequest) -> Result<(), MoveError>;
    let ends: [(CloseReason, Close); 3] = [
        (CloseReason::Rejected, |request| request.reject(Some("too dear"), &staff(), now())),
        (CloseReason::Quoted, |request| request.convert_to_quote(Some("too dear"), &staff(), now())),
        (CloseReason::Cancelled, |request| request.cancel(Some("too dear"), &staff(), now())),
    ];
    for (reason, close) in ends {
        let mut request = a_request().pending().build();
        close(&mut request).unwrap();
        let closure = request.record().closure.clone().unwrap();
        assert_eq!((closure.reason, closure.by), (reason, staff()));
        assert_eq!(closure.remark.as_deref(), Some("too dear"));
    }
    assert_eq!(a_request().closed().build().record().closure.clone().unwrap().remark, None);
}

#[test]
fn sr_9_an_execution_does_not_start_before_its_analysis_is_completed() {
    let execution =
        from(NewRequest { analysis: Some(a_request().build().id()), ..new_request(30) }, &staff());
    let mut execution = execution.approved().assigned().build();
    let before = execution.clone();
    let open = [a_request(), a_request().approved(), a_request().in_progress(), a_request().closed()];
    for analysis in open.map(Story::build) {
        let refused = execution.start(Some(&analysis), &staff(), now()).unwrap_err();
        assert_eq!(refused, StartError::AnalysisOpen { code: analysis.code(), status: analysis.status() });
    }
    let another = from(new_request(31), &staff()).completed().build();
    for unknown in [None, Some(&another)] {
        assert!(matches!(execution.start(unknown, &staff(), now()), Err(StartError::AnalysisUnknown { .. })));
    }
    assert_eq!(execution, before);
    let done = [a_request().completed(), a_request().completed().accepted().billed()];
    for analysis in done.map(Story::build) {
        assert!(execution.clone().start(Some(&analysis), &staff(), now()).is_ok());
    }
}

#[test]
fn sr_9_rejecting_the_execution_leaves_the_analysis() {
    let analysis = a_request().completed().accepted().build();
    let mut execution =
        from(NewRequest { analysis: Some(analysis.id()), ..new_request(30) }, &staff()).pending().build();
    execution.reject(None, &customer(), now()).unwrap();
    let mut analysis = analysis;
    assert!(analysis.bill(&system(), now()).is_ok());
    assert!(execution.bill(&system(), now()).is_err());
}

#[test]
fn sr_7_completing_records_actual_and_settlement() {
    let request = a_request().completed_with("4").build();
    let completion = request.record().completion.clone().unwrap();
    assert_eq!((completion.actual.base, completion.actual.credits), (credits("4"), credits("6")));
    let settled = request.record().settled.unwrap();
    assert_eq!(
        (settled.debited, settled.overdrawn, settled.excess),
        (credits("4"), credits("0"), credits("2"))
    );
    assert_eq!(request.awaits_settlement(), None);
}

#[test]
fn sr_7_a_settlement_of_anything_else_is_refused() {
    let request = a_request().in_progress().build();
    let other = from(new_request(31), &staff()).in_progress().build();
    let actual = request.actual(None, 0, &CreditPolicy::default()).unwrap();
    let complete = |actual: &Actual, settlement: &Settlement| {
        let mut attempt = request.clone();
        let refused = attempt.complete(actual.clone(), Some(settlement), &staff(), now()).unwrap_err();
        assert_eq!(attempt, request);
        refused
    };
    let of = |error: SettlementError| CompleteError::Settlement(error);

    let foreign = settle(&other, "100", credits("6"));
    assert_eq!(complete(&actual, &foreign), of(SettlementError::OtherRequest { found: other.id() }));
    let settled = credits("5");
    assert_eq!(
        complete(&actual, &settle(&request, "100", settled)),
        of(SettlementError::OtherAmount { settled, actual: credits("6") })
    );
    let unbacked = Settlement::unbacked(request.id(), credits("6"));
    assert_eq!(
        complete(&actual, &unbacked),
        of(SettlementError::OtherBalance { found: None, expected: Some(balance_id()) })
    );
    let foreign = other.actual(None, 0, &CreditPolicy::default()).unwrap();
    assert_eq!(
        complete(&foreign, &settle(&request, "100", credits("6"))),
        CompleteError::OtherActual { found: other.id() }
    );
}

#[test]
fn cr_13_without_a_balance_everything_is_excess() {
    let story = from(NewRequest { credit_balance: None, ..new_request(3) }, &customer());
    let mut request = story.in_progress().build();
    let actual = request.actual(None, 0, &CreditPolicy::default()).unwrap();
    let settlement = Settlement::unbacked(request.id(), actual.credits());
    request.complete(actual, Some(&settlement), &staff(), now()).unwrap();
    assert_eq!(request.record().settled.unwrap().excess, credits("6"));
}

#[test]
fn sr_7_under_debit_on_acceptance_the_settlement_comes_with_it() {
    let policy = CreditPolicy::default();
    let mut request = a_request().completed_unsettled().build();
    assert_eq!(request.awaits_settlement(), Some(credits("6")));
    assert_eq!(
        request.accept(None, &policy, &customer(), now()),
        Err(AcceptError::Settlement(SettlementError::Missing))
    );
    let settlement = settle(&request, "100", credits("6"));
    request.accept(Some(&settlement), &policy, &customer(), now()).unwrap();
    assert_eq!(request.record().settled.unwrap().debited, credits("6"));

    let mut request = a_request().completed().build();
    assert_eq!(
        request.accept(Some(&settlement), &policy, &customer(), now()),
        Err(AcceptError::Settlement(SettlementError::AlreadySettled))
    );
}

#[test]
fn sr_4_work_counts_as_accepted_by_itself_only_when_its_days_have_passed() {
    let policy = CreditPolicy::default();
    let mut request = a_request().completed().build();
    let due = now().plus_days(7);
    assert_eq!(request.accepted_by_itself_at(&policy), Some(due));
    let early = due.saturating_add(time::Duration::microseconds(-1));
    assert_eq!(request.accept(None, &policy, &system(), early), Err(AcceptError::NotDue { due }));
    assert!(request.clone().accept(None, &policy, &customer(), early).is_ok());
    request.accept(None, &policy, &system(), due).unwrap();
    assert_eq!(request.accepted_by_itself_at(&policy), None);
    assert_eq!(a_request().in_progress().build().accepted_by_itself_at(&policy), None);
}

#[test]
fn sr_4_reopening_hands_out_the_settlement_to_reverse_and_needs_a_new_one() {
    let mut request = a_request().completed().build();
    let made = request.record().settled;
    let reversed = request.reopen("it still breaks", &customer(), now()).unwrap();
    assert_eq!((reversed, made.is_some()), (made, true));
    let row = request.record();
    assert_eq!((row.status, row.settled, row.completion.is_none()), (RequestStatus::InProgress, None, true));
    let reopening = row.reopening.clone().unwrap();
    assert_eq!((reopening.reason.as_str(), reopening.by), ("it still breaks", customer()));

    let actual = request.actual(None, 0, &CreditPolicy::default()).unwrap();
    request.complete(actual, None, &staff(), now()).unwrap();
    assert!(request.awaits_settlement().is_some());
    assert_eq!(request.reopen("again", &staff(), now()), Ok(None));
}

#[test]
fn en_5_the_end_of_an_entitlement_closes_what_waits_and_what_runs_as_the_policy_says() {
    let waiting = [a_request(), a_request().pending()];
    let running = [a_request().approved(), a_request().in_progress(), a_request().in_progress().on_hold()];
    let done = [
        a_request().completed(),
        a_request().completed().accepted(),
        a_request().completed().accepted().billed(),
        a_request().closed(),
    ];
    for policy in [RunningRequests::Finish, RunningRequests::Close] {
        let expected =
            [(&waiting[..], true), (&running[..], policy == RunningRequests::Close), (&done[..], false)];
        for (stories, ends) in expected {
            for story in stories {
                let before = story.clone().build();
                let mut request = before.clone();
                assert_eq!(request.end_with_entitlement(policy, &customer(), now()), ends);
                if ends {
                    let closure = request.record().closure.clone().unwrap();
                    assert_eq!((closure.reason, closure.by), (CloseReason::EntitlementEnded, customer()));
                    assert!(!request.end_with_entitlement(policy, &customer(), now()));
                } else {
                    assert_eq!(request, before);
                }
            }
        }
    }
}
