use kernel::Invalid;
use policy_resolver::kinds::Priority;
use strum::VariantArray;

use super::*;
use crate::{MAX_ASSIGNEE, MAX_DESCRIPTION, MAX_TITLE, MoveError};

fn paths(invalid: &Invalid) -> Vec<&str> {
    invalid.0.iter().map(|field| field.path.as_str()).collect()
}

fn edit(request: &mut ServiceRequest, edit: RequestEdit, by: &Actor) -> Result<bool, MoveError> {
    request.edit(edit, &SlaPolicy::default(), by, now())
}

fn refused(request: &mut ServiceRequest, change: RequestEdit, by: &Actor) -> Vec<String> {
    let before = request.clone();
    let Err(MoveError::Invalid(invalid)) = edit(request, change, by) else { panic!("taken") };
    assert_eq!(*request, before);
    paths(&invalid).into_iter().map(str::to_owned).collect()
}

fn everything() -> RequestEdit {
    RequestEdit {
        title: Some(" Another title ".into()),
        description: Some("Another description".into()),
        due_date: Some(Some(time::macros::date!(2026 - 06 - 01))),
        priority: Some(Priority::High),
        assignee: Some(Some("Bo".into())),
        jira_issue_key: Some(Some("ACME-17".parse().unwrap())),
    }
}

#[test]
fn sr_3_every_wrong_field_of_a_new_request_is_named() {
    let wrong = NewRequest {
        title: " ".into(),
        description: "x".repeat(MAX_DESCRIPTION + 1),
        assignee: Some("x".repeat(MAX_ASSIGNEE + 1)),
        base_credit_value: Some(brl("-1.123456789")),
        analysis: Some(ServiceRequestId::new(Uuid::from_u128(3))),
        ..new_request(3)
    };
    let invalid = ServiceRequest::try_new(wrong, admitted(ActorKind::Staff), &staff(), now()).unwrap_err();
    assert_eq!(
        paths(&invalid),
        ["title", "description", "assignee", "analysis", "base_credit_value", "base_credit_value"]
    );
}

#[test]
fn sr_3_customers_neither_assign_nor_estimate() {
    let estimates = [
        Estimate::figure(credits("4"), Complexity::Low).unwrap(),
        Estimate::of_catalog(&plugin_update(), Some(Complexity::Low)).unwrap(),
    ];
    for estimate in estimates {
        let new = NewRequest { assignee: Some("Bo".into()), estimate: Some(estimate), ..new_request(3) };
        assert!(ServiceRequest::try_new(new.clone(), admitted(ActorKind::Staff), &staff(), now()).is_ok());
        let invalid =
            ServiceRequest::try_new(new, admitted(ActorKind::Customer), &customer(), now()).unwrap_err();
        assert_eq!(paths(&invalid), ["assignee", "estimate"]);
    }
    let other = ServiceRequest::try_new(new_request(3), admitted(ActorKind::Staff), &customer(), now());
    assert_eq!(paths(&other.unwrap_err()), ["requested_by"]);
}

#[test]
fn ct_1_a_deactivated_item_is_not_chosen() {
    let mut item = plugin_update();
    item.deactivate();
    assert_eq!(paths(&Estimate::of_catalog(&item, None).unwrap_err()), ["catalog_item"]);
}

#[test]
fn a_draft_is_edited_by_staff_as_a_whole_and_by_customers_but_for_assignee_and_jira() {
    let mut request = a_request().build();
    assert_eq!(edit(&mut request, everything(), &staff()), Ok(true));
    assert_eq!(request.record().title, "Another title");
    assert_eq!(edit(&mut request, everything(), &staff()), Ok(false));
    assert_eq!(edit(&mut request, RequestEdit::default(), &staff()), Ok(false));

    let mut request = a_request().build();
    assert_eq!(refused(&mut request, everything(), &customer()), ["assignee", "jira_issue_key"]);
    let own = RequestEdit { assignee: None, jira_issue_key: None, ..everything() };
    assert_eq!(edit(&mut request, own, &customer()), Ok(true));
    assert_eq!(
        refused(&mut request, everything(), &somebody(ActorKind::Jira)),
        ["title", "description", "due_date", "priority", "jira_issue_key"]
    );
    assert!(matches!(edit(&mut request, everything(), &system()), Err(MoveError::NotAllowed(_))));
}

#[test]
fn what_was_approved_keeps_its_wording() {
    let mut request = a_request().pending().build();
    assert_eq!(edit(&mut request, everything(), &staff()), Ok(true));
    let mut request = a_request().approved().build();
    assert_eq!(refused(&mut request, everything(), &staff()), ["title", "description"]);
    let rest = RequestEdit { title: None, description: None, ..everything() };
    assert_eq!(edit(&mut request, rest, &staff()), Ok(true));
}

#[test]
fn after_the_draft_customers_edit_nothing_and_after_the_work_nobody_does() {
    let change = || RequestEdit { due_date: Some(None), ..RequestEdit::default() };
    for story in [a_request().pending(), a_request().in_progress()] {
        assert!(matches!(edit(&mut story.build(), change(), &customer()), Err(MoveError::NotAllowed(_))));
    }
    for story in [a_request().completed(), a_request().completed().accepted().billed(), a_request().closed()]
    {
        for by in [customer(), staff(), somebody(ActorKind::Jira)] {
            assert!(matches!(edit(&mut story.clone().build(), change(), &by), Err(MoveError::Illegal(_))));
        }
    }
}

#[test]
fn every_wrong_field_of_an_edit_is_named() {
    let sla = SlaPolicy { priorities: vec![Priority::Normal], ..SlaPolicy::default() };
    let wrong = RequestEdit {
        title: Some("x".repeat(MAX_TITLE + 1)),
        description: Some("x".repeat(MAX_DESCRIPTION + 1)),
        priority: Some(Priority::Urgent),
        assignee: Some(Some(String::new())),
        ..RequestEdit::default()
    };
    let Err(MoveError::Invalid(invalid)) = a_request().build().edit(wrong, &sla, &staff(), now()) else {
        panic!("taken")
    };
    assert_eq!(paths(&invalid), ["title", "description", "assignee", "priority"]);
}

#[test]
fn sr_11_the_suggested_priority_and_the_one_that_counts_are_both_kept() {
    let priorities =
        |request: &ServiceRequest| (request.record().suggested_priority, request.record().priority);
    let to = |priority| RequestEdit { priority: Some(priority), ..RequestEdit::default() };
    let mut request = a_request().build();
    assert_eq!(priorities(&request), (Some(Priority::Normal), Priority::Normal));
    edit(&mut request, to(Priority::Urgent), &customer()).unwrap();
    assert_eq!(priorities(&request), (Some(Priority::Urgent), Priority::Urgent));
    edit(&mut request, to(Priority::Low), &staff()).unwrap();
    assert_eq!(priorities(&request), (Some(Priority::Urgent), Priority::Low));
    edit(&mut request, to(Priority::High), &customer()).unwrap();
    assert_eq!(priorities(&request), (Some(Priority::High), Priority::Low));

    assert_eq!(priorities(&from(new_request(3), &staff()).build()), (None, Priority::Normal));
}

#[test]
fn a_corrupt_row_is_refused() {
    let draft = a_request().build().record().clone();
    let done = a_request().completed().accepted().billed().build().record().clone();
    let held = a_request().in_progress().on_hold().build().record().clone();
    let closed = a_request().closed().build().record().clone();
    let corrupt = [
        ServiceRequestRecord { version: 0, ..draft.clone() },
        ServiceRequestRecord { title: String::new(), ..draft.clone() },
        ServiceRequestRecord { held_from: Some(HeldFrom::Approved), ..draft.clone() },
        ServiceRequestRecord { complexity: None, ..draft.clone() },
        ServiceRequestRecord { estimated_credits: Some(credits("5")), ..draft.clone() },
        ServiceRequestRecord { analysis: Some(draft.id), ..draft.clone() },
        ServiceRequestRecord { base_credit_value: Some(brl("-1")), ..draft.clone() },
        ServiceRequestRecord { completion: done.completion.clone(), ..draft.clone() },
        ServiceRequestRecord { settled: done.settled, ..draft.clone() },
        ServiceRequestRecord { acceptance: done.acceptance.clone(), ..draft.clone() },
        ServiceRequestRecord { closure: closed.closure.clone(), ..draft.clone() },
        ServiceRequestRecord { held_from: None, ..held.clone() },
        ServiceRequestRecord { hold_reason: None, ..held.clone() },
        ServiceRequestRecord { approval: None, ..held.clone() },
        ServiceRequestRecord { hold_given_back: true, ..held.clone() },
        ServiceRequestRecord { closure: None, ..closed.clone() },
        ServiceRequestRecord { billing: None, ..done.clone() },
        ServiceRequestRecord { settled: None, ..done.clone() },
        ServiceRequestRecord { acceptance: None, ..done.clone() },
        ServiceRequestRecord {
            billing: done.billing.map(|billed| BilledValue { due: brl("1"), ..billed }),
            ..done.clone()
        },
        ServiceRequestRecord {
            settled: done.settled.map(|settled| Settled { excess: credits("1"), ..settled }),
            ..done.clone()
        },
    ];
    for (index, record) in corrupt.into_iter().enumerate() {
        assert!(
            matches!(ServiceRequest::restore(record), Err(kernel::StoreError::Corrupt { .. })),
            "row {index} was taken"
        );
    }
    for record in [draft, done, held, closed] {
        assert_eq!(ServiceRequest::restore(record.clone()).unwrap().record(), &record);
    }
}

#[test]
fn the_texts_of_all_states_are_read_as_they_are_written() {
    for status in RequestStatus::VARIANTS {
        assert_eq!(status.to_string().parse(), Ok(*status));
    }
    for command in RequestCommand::VARIANTS {
        assert_eq!(command.to_string().parse(), Ok(*command));
    }
}
