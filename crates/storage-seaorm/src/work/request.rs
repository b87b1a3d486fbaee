//! Service requests, as rows and back.

use kernel::{StoreError, Timestamp};
use sr_workflow::{
    Acceptance, ActualRecord, Approval, BilledValue, CatalogChoice, Closure, Completion, Reopening,
    RequestOrigin, ServiceRequest, ServiceRequestRecord, Settled,
};
use ust_credits::Credits;

use crate::{
    entity::service_request,
    rows::{Reading, actor_from_json, actor_json, amount, micros},
    words,
};

pub(super) fn row(request: &ServiceRequest) -> service_request::Model {
    let record = request.record().clone();
    let (environment_id, service_id) = match record.origin {
        RequestOrigin::Standalone(environment) => (Some(environment.into()), None),
        RequestOrigin::ServiceLinked(service) => (None, Some(service.into())),
    };
    let approval = record.approval;
    let completion = record.completion;
    let actual = completion.as_ref().map(|completion| &completion.actual);
    let settled = record.settled;
    let acceptance = record.acceptance;
    let reopening = record.reopening;
    let billing = record.billing;
    let closure = record.closure;
    let code = record.code.to_string();
    service_request::Model {
        id: record.id.into(),
        words: words::column([&code, &record.title]),
        code,
        kind: record.origin.kind().to_string(),
        environment_id,
        service_id,
        entitlement_id: record.entitlement.into(),
        organization_id: record.organization.map(Into::into),
        title: record.title,
        description: record.description,
        status: record.status.to_string(),
        held_from: record.held_from.map(|state| state.to_string()),
        hold_reason: record.hold_reason,
        priority: record.priority.to_string(),
        priority_rank: record.priority as i32,
        suggested_priority: record.suggested_priority.map(|priority| priority.to_string()),
        due_date: record.due_date,
        assignee: record.assignee,
        jira_issue_key: record.jira_issue_key.map(|key| key.to_string()),
        analysis_id: record.analysis.map(Into::into),
        catalog_item_id: record.catalog.map(|choice| choice.item.into()),
        catalog_base: record.catalog.map(|choice| choice.base.units()),
        complexity: record.complexity.map(|complexity| complexity.to_string()),
        estimated_base: record.estimated_base.map(Credits::units),
        estimated_credits: record.estimated_credits.map(Credits::units),
        credit_balance_id: record.credit_balance.map(Into::into),
        hold_given_back: record.hold_given_back,
        base_credit_value: record.base_credit_value.map(amount),
        base_credit_currency: record.base_credit_value.map(|value| value.currency().to_string()),
        requested_by: actor_json(&record.requested_by),
        approval_kind: approval.as_ref().map(|approval| approval.kind.to_string()),
        approved_by: approval.as_ref().map(|approval| actor_json(&approval.by)),
        approved_at: approval.as_ref().map(|approval| approval.at.unix_micros()),
        approved_credits: approval.as_ref().and_then(|approval| approval.credits).map(Credits::units),
        approval_reason: approval.and_then(|approval| approval.reason),
        actual_base: actual.map(|actual| actual.base.units()),
        actual_credits: actual.map(|actual| actual.credits.units()),
        actual_basis: actual.map(|actual| actual.basis.to_string()),
        actual_reason: actual.and_then(|actual| actual.reason.clone()),
        worklog_seconds: actual.map(|actual| actual.worklog_seconds.into()),
        completed_by: completion.as_ref().map(|completion| actor_json(&completion.by)),
        completed_at: completion.as_ref().map(|completion| completion.at.unix_micros()),
        settled_debited: settled.map(|settled| settled.debited.units()),
        settled_overdrawn: settled.map(|settled| settled.overdrawn.units()),
        settled_excess: settled.map(|settled| settled.excess.units()),
        settled_at: settled.map(|settled| settled.at.unix_micros()),
        accepted_by: acceptance.as_ref().map(|acceptance| actor_json(&acceptance.by)),
        accepted_at: acceptance.map(|acceptance| acceptance.at.unix_micros()),
        reopened_by: reopening.as_ref().map(|reopening| actor_json(&reopening.by)),
        reopened_at: reopening.as_ref().map(|reopening| reopening.at.unix_micros()),
        reopening_reason: reopening.map(|reopening| reopening.reason),
        billed_value: billing.map(|billing| amount(billing.value)),
        billed_covered: billing.map(|billing| amount(billing.covered)),
        billed_due: billing.map(|billing| amount(billing.due)),
        billed_currency: billing.map(|billing| billing.value.currency().to_string()),
        billed_at: billing.map(|billing| billing.at.unix_micros()),
        close_reason: closure.as_ref().map(|closure| closure.reason.to_string()),
        closed_by: closure.as_ref().map(|closure| actor_json(&closure.by)),
        closed_at: closure.as_ref().map(|closure| closure.at.unix_micros()),
        close_remark: closure.and_then(|closure| closure.remark),
        created_at: record.created_at.unix_micros(),
        moved_at: record.moved_at.unix_micros(),
        changed_at: record.changed_at.unix_micros(),
        next_due: micros(record.next_due),
        version: record.version,
    }
}

pub(crate) fn restore(row: service_request::Model) -> Result<ServiceRequest, StoreError> {
    let read = Reading::of("service request", row.id);
    let origin = match (row.environment_id, row.service_id) {
        (Some(environment), None) => RequestOrigin::Standalone(environment.into()),
        (None, Some(service)) => RequestOrigin::ServiceLinked(service.into()),
        _ => return Err(read.corrupt("it lies on an environment and a service, or on neither")),
    };
    let catalog = row.catalog_item_id.zip(row.catalog_base);
    let base_credit_value = row.base_credit_value.as_deref().zip(row.base_credit_currency.as_deref());
    let record = ServiceRequestRecord {
        id: row.id.into(),
        code: read.parse(&row.code)?,
        origin,
        entitlement: row.entitlement_id.into(),
        organization: row.organization_id.map(Into::into),
        status: read.parse(&row.status)?,
        held_from: read.parse_some(row.held_from.as_deref())?,
        priority: read.parse(&row.priority)?,
        suggested_priority: read.parse_some(row.suggested_priority.as_deref())?,
        due_date: row.due_date,
        jira_issue_key: read.parse_some(row.jira_issue_key.as_deref())?,
        analysis: row.analysis_id.map(Into::into),
        catalog: catalog
            .map(|(item, base)| CatalogChoice { item: item.into(), base: Credits::from_units(base) }),
        complexity: read.parse_some(row.complexity.as_deref())?,
        estimated_base: row.estimated_base.map(Credits::from_units),
        estimated_credits: row.estimated_credits.map(Credits::from_units),
        credit_balance: row.credit_balance_id.map(Into::into),
        hold_given_back: row.hold_given_back,
        base_credit_value: base_credit_value
            .map(|(value, currency)| read.money(value, read.parse(currency)?))
            .transpose()?,
        requested_by: actor_from_json(&read, &row.requested_by)?,
        approval: approval(&read, &row)?,
        completion: completion(&read, &row)?,
        settled: settled(&read, &row)?,
        acceptance: acceptance(&read, &row)?,
        reopening: reopening(&read, &row)?,
        billing: billing(&read, &row)?,
        closure: closure(&read, &row)?,
        created_at: read.instant(row.created_at)?,
        moved_at: read.instant(row.moved_at)?,
        changed_at: read.instant(row.changed_at)?,
        next_due: read.instant_some(row.next_due)?,
        version: row.version,
        title: row.title,
        description: row.description,
        hold_reason: row.hold_reason,
        assignee: row.assignee,
    };
    ServiceRequest::restore(record)
}

/// Who and when of a step, where it was taken.
fn step(
    read: &Reading,
    by: Option<&serde_json::Value>,
    at: Option<i64>,
) -> Result<Option<(kernel::Actor, Timestamp)>, StoreError> {
    match (by, at) {
        (Some(by), Some(at)) => Ok(Some((actor_from_json(read, by)?, read.instant(at)?))),
        (None, None) => Ok(None),
        _ => Err(read.corrupt("a step lacks its actor or its instant")),
    }
}

fn approval(read: &Reading, row: &service_request::Model) -> Result<Option<Approval>, StoreError> {
    let Some((by, at)) = step(read, row.approved_by.as_ref(), row.approved_at)? else { return Ok(None) };
    let kind = read.parse(row.approval_kind.as_deref().unwrap_or_default())?;
    let credits = row.approved_credits.map(Credits::from_units);
    Ok(Some(Approval { kind, by, at, reason: row.approval_reason.clone(), credits }))
}

fn completion(read: &Reading, row: &service_request::Model) -> Result<Option<Completion>, StoreError> {
    let Some((by, at)) = step(read, row.completed_by.as_ref(), row.completed_at)? else { return Ok(None) };
    let actual = ActualRecord {
        base: Credits::from_units(present(read, row.actual_base)?),
        credits: Credits::from_units(present(read, row.actual_credits)?),
        basis: read.parse(row.actual_basis.as_deref().unwrap_or_default())?,
        reason: row.actual_reason.clone(),
        worklog_seconds: read.number(present(read, row.worklog_seconds)?)?,
    };
    Ok(Some(Completion { actual, by, at }))
}

fn settled(read: &Reading, row: &service_request::Model) -> Result<Option<Settled>, StoreError> {
    let Some(at) = row.settled_at else { return Ok(None) };
    Ok(Some(Settled {
        debited: Credits::from_units(present(read, row.settled_debited)?),
        overdrawn: Credits::from_units(present(read, row.settled_overdrawn)?),
        excess: Credits::from_units(present(read, row.settled_excess)?),
        at: read.instant(at)?,
    }))
}

fn acceptance(read: &Reading, row: &service_request::Model) -> Result<Option<Acceptance>, StoreError> {
    let step = step(read, row.accepted_by.as_ref(), row.accepted_at)?;
    Ok(step.map(|(by, at)| Acceptance { by, at }))
}

fn reopening(read: &Reading, row: &service_request::Model) -> Result<Option<Reopening>, StoreError> {
    let step = step(read, row.reopened_by.as_ref(), row.reopened_at)?;
    let reason = row.reopening_reason.clone().unwrap_or_default();
    Ok(step.map(|(by, at)| Reopening { reason, by, at }))
}

fn billing(read: &Reading, row: &service_request::Model) -> Result<Option<BilledValue>, StoreError> {
    let Some(at) = row.billed_at else { return Ok(None) };
    let currency = read.parse(row.billed_currency.as_deref().unwrap_or_default())?;
    let money = |text: &Option<String>| read.money(text.as_deref().unwrap_or_default(), currency);
    Ok(Some(BilledValue {
        value: money(&row.billed_value)?,
        covered: money(&row.billed_covered)?,
        due: money(&row.billed_due)?,
        at: read.instant(at)?,
    }))
}

fn closure(read: &Reading, row: &service_request::Model) -> Result<Option<Closure>, StoreError> {
    let Some((by, at)) = step(read, row.closed_by.as_ref(), row.closed_at)? else { return Ok(None) };
    let reason = read.parse(row.close_reason.as_deref().unwrap_or_default())?;
    Ok(Some(Closure { reason, remark: row.close_remark.clone(), by, at }))
}

fn present(read: &Reading, number: Option<i64>) -> Result<i64, StoreError> {
    number.ok_or_else(|| read.corrupt("an amount is missing"))
}
