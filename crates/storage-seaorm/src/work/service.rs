//! Services, as rows and back.

use kernel::StoreError;
use sr_workflow::{Consent, Service, ServiceContent, ServiceRecord};

use crate::{
    entity::service,
    rows::{Reading, actor_from_json, actor_json},
    words,
};

pub(super) fn row(service: &Service) -> service::Model {
    let record = service.record().clone();
    let content = record.content;
    let (approved_by, approved_at, approval_reason) = consent_columns(record.approval);
    let (accepted_by, accepted_at, acceptance_reason) = consent_columns(record.acceptance);
    service::Model {
        id: record.id.into(),
        entitlement_id: record.entitlement.into(),
        organization_id: record.organization.map(Into::into),
        words: words::column([&content.title]),
        title: content.title,
        service_type: content.service_type.to_string(),
        jira_project_key: content.jira_project_key.map(|key| key.to_string()),
        starts_on: content.start,
        estimated_end: content.estimated_end,
        deliverables: content.deliverables.into(),
        mode: record.mode.to_string(),
        status: record.status.to_string(),
        actual_end: record.actual_end,
        approved_by,
        approved_at,
        approval_reason,
        accepted_by,
        accepted_at,
        acceptance_reason,
        created_at: record.created_at.unix_micros(),
        changed_at: record.changed_at.unix_micros(),
        version: record.version,
    }
}

fn consent_columns(consent: Option<Consent>) -> (Option<serde_json::Value>, Option<i64>, Option<String>) {
    match consent {
        Some(Consent { by, at, on_behalf }) => (Some(actor_json(&by)), Some(at.unix_micros()), on_behalf),
        None => (None, None, None),
    }
}

pub(crate) fn restore(row: service::Model) -> Result<Service, StoreError> {
    let read = Reading::of("service", row.id);
    let consent = |by: Option<serde_json::Value>, at: Option<i64>, on_behalf| match (by, at) {
        (Some(by), Some(at)) => {
            Ok(Some(Consent { by: actor_from_json(&read, &by)?, at: read.instant(at)?, on_behalf }))
        }
        (None, None) => Ok(None),
        _ => Err(read.corrupt("a consent lacks its actor or its instant")),
    };
    let record = ServiceRecord {
        id: row.id.into(),
        entitlement: row.entitlement_id.into(),
        organization: row.organization_id.map(Into::into),
        content: ServiceContent {
            title: row.title,
            service_type: read.parse(&row.service_type)?,
            jira_project_key: read.parse_some(row.jira_project_key.as_deref())?,
            start: row.starts_on,
            estimated_end: row.estimated_end,
            deliverables: serde_json::from_value(row.deliverables).map_err(|error| read.corrupt(error))?,
        },
        mode: read.parse(&row.mode)?,
        status: read.parse(&row.status)?,
        actual_end: row.actual_end,
        approval: consent(row.approved_by, row.approved_at, row.approval_reason)?,
        acceptance: consent(row.accepted_by, row.accepted_at, row.acceptance_reason)?,
        created_at: read.instant(row.created_at)?,
        changed_at: read.instant(row.changed_at)?,
        version: row.version,
    };
    Service::restore(record)
}
