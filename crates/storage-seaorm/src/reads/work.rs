//! Services and service requests.

use kernel::{
    EntitlementId, EnvironmentId, Limited, OrganizationId, Page, ServiceId, ServiceRequestId, StoreError,
};
use service_delivery::reads::{
    CatalogItemName, InvoiceName, RequestDetail, RequestName, RequestPlace, RequestQuery, RequestRow,
    RequestSort, ServiceDetail, ServiceQuery, ServiceRow, ServiceSort, Viewer, WorkFigures,
};
use sr_workflow::{RequestOrigin, ServiceStatus};
use ust_credits::Credits;

use super::{
    begin::{Begin, Broad},
    filter::Filter,
    key::Key,
    list::List,
    row::{ABOVE, JOIN_ABOVE, Row},
};
use crate::{credits::rows::hold, entity::credit_hold, reader::Reader, rows::columns, work as rows};

/// What a request is made on.
const PLACE: &str = "v.name AS environment_name, s.title AS service_title";
const JOIN_PLACE: &str =
    " LEFT JOIN environment v ON v.id = t.environment_id LEFT JOIN service s ON s.id = t.service_id";

pub(super) async fn services(
    db: &Reader<'_>,
    viewer: Viewer,
    query: &ServiceQuery,
) -> Result<Page<ServiceRow>, StoreError> {
    let wanted = &query.filter;
    let mut filter = Filter::visible_to(viewer, "t.organization_id");
    filter.reads("t.service_type", wanted.service_type);
    filter.reads("t.mode", wanted.mode);
    filter.equals("t.organization_id", wanted.organization.map(OrganizationId::as_uuid));
    filter.equals("t.entitlement_id", wanted.entitlement.map(EntitlementId::as_uuid));
    filter.seen_as("t.status", &wanted.status, viewer.now);
    filter.reads("t.jira_project_key", wanted.jira_project_key.as_ref());
    filter.search(db, "service", wanted.q.as_deref()).await?;
    let mut keys = vec![Key::whole("t.created_at"), Key::id("t.id")];
    match query.sorted().by {
        ServiceSort::CreatedAt => {}
        ServiceSort::Title => keys[0] = Key::text("t.title"),
        ServiceSort::Status => {
            keys.insert(0, Key::text(filter.seen::<ServiceStatus>("t.status", viewer.now)));
        }
    }
    let list = List::new(
        "services",
        format!("t.id, t.title, t.service_type, t.mode, t.status, t.jira_project_key, t.created_at, {ABOVE}"),
        format!("service t{JOIN_ABOVE}"),
        filter,
    );
    list.page(db, query, keys, |row| service_row(row, viewer)).await
}

fn service_row(row: &Row<'_>, viewer: Viewer) -> Result<ServiceRow, StoreError> {
    let own_status: ServiceStatus = row.parse("status")?;
    let above = row.above(viewer.now)?;
    Ok(ServiceRow {
        id: row.id("id")?,
        title: row.get("title")?,
        service_type: row.parse("service_type")?,
        mode: row.parse("mode")?,
        own_status,
        status: own_status.seen(above.standing),
        jira_project_key: row.parse_some("jira_project_key")?,
        above,
        created_at: row.instant("created_at")?,
    })
}

pub(super) async fn service(
    db: &Reader<'_>,
    viewer: Viewer,
    id: ServiceId,
) -> Result<Option<ServiceDetail>, StoreError> {
    let mut filter = Filter::visible_to(viewer, "t.organization_id");
    filter.equals("t.id", Some(id.as_uuid()));
    let list = List::new("services", format!("t.*, {ABOVE}"), format!("service t{JOIN_ABOVE}"), filter);
    let read =
        |row: &Row<'_>| Ok((rows::service::restore(row.model()?)?.record().clone(), row.above(viewer.now)?));
    let Some((service, above)) = list.one(db, read).await? else { return Ok(None) };
    let work = work_figures(db, id).await?;
    Ok(Some(ServiceDetail { status: service.status.seen(above.standing), service, above, work }))
}

/// What the requests on a service add up to (PJ-3).
async fn work_figures(db: &Reader<'_>, service: ServiceId) -> Result<WorkFigures, StoreError> {
    let mut filter = Filter::default();
    filter.equals("t.service_id", Some(service.as_uuid()));
    let sum = |what: &str| format!("CAST(coalesce(sum({what}), 0) AS BIGINT)");
    let list = List::new(
        "requests of a service",
        format!(
            "count(*) AS requests, {} AS estimated, {} AS held, {} AS consumed",
            sum("t.estimated_credits"),
            sum("CASE WHEN h.state = 'open' THEN h.requested - h.overdraft_held - h.shortfall ELSE 0 END"),
            sum("t.settled_debited + t.settled_overdrawn + t.settled_excess"),
        ),
        "service_request t LEFT JOIN credit_hold h ON h.request_id = t.id",
        filter,
    );
    let read = |row: &Row<'_>| {
        let credits = |column: &str| row.get(column).map(Credits::from_units);
        Ok(WorkFigures {
            requests: row.number("requests")?,
            estimated: credits("estimated")?,
            held: credits("held")?,
            consumed: credits("consumed")?,
        })
    };
    Ok(list.one(db, read).await?.unwrap_or_default())
}

pub(super) async fn service_requests(
    db: &Reader<'_>,
    viewer: Viewer,
    query: &RequestQuery,
) -> Result<Page<RequestRow>, StoreError> {
    let wanted = &query.filter;
    let mut filter = Filter::visible_to(viewer, "t.organization_id");
    filter.equals("t.organization_id", wanted.organization.map(OrganizationId::as_uuid));
    filter.equals("t.entitlement_id", wanted.entitlement.map(EntitlementId::as_uuid));
    filter.equals("t.service_id", wanted.service.map(ServiceId::as_uuid));
    filter.equals("t.environment_id", wanted.environment.map(EnvironmentId::as_uuid));
    let tenant = viewer.tenant.or(wanted.organization);
    filter.search(db, "service_request", wanted.q.as_deref()).await?;
    let begin = Begin::of(db, query, tenant, &filter).await?;
    // In the order of ranks, the ranks find the place to begin at.
    if query.sorted().by == RequestSort::Priority || begin.leads(Broad::Priority) {
        let ranks = wanted.priority.iter().map(|priority| *priority as i32);
        filter.any_of(&begin.at(Broad::Priority, "t.priority_rank"), ranks);
    } else {
        filter.one_of("t.priority", &wanted.priority);
    }
    filter.one_of(&begin.at(Broad::Status, "t.status"), &wanted.status);
    filter.reads(&begin.at(Broad::Assignee, "t.assignee"), wanted.assignee.as_deref());
    if let Some(assigned) = wanted.assigned {
        let column = begin.at(Broad::Assignee, "t.assignee");
        filter.and(format!("{column} {}", if assigned { "IS NOT NULL" } else { "IS NULL" }));
    }
    filter.reads("t.jira_issue_key", wanted.jira_issue_key.as_ref());
    let due = begin.at(Broad::Due, "t.due_date");
    filter.compare(&due, ">=", wanted.due_from);
    filter.compare(&due, "<=", wanted.due_to);
    let created = begin.at(Broad::Created, "t.created_at");
    filter.from(&created, wanted.created_from);
    filter.until(&created, wanted.created_until);
    let first = |column: &str| begin.order(column);
    let text = |column: &str| Key::text(begin.order_text(column));
    let keys = match query.sorted().by {
        RequestSort::CreatedAt => vec![Key::whole("t.created_at"), Key::id("t.id")],
        RequestSort::Code => vec![text("t.code")],
        RequestSort::Title => vec![text("t.title"), Key::id("t.id")],
        RequestSort::Status => then_created(Key::text("t.status")),
        RequestSort::Priority => vec![Key::whole(first("t.priority_rank")), Key::id("t.id")],
        RequestSort::DueDate => {
            let due = wanted.due_from.is_some() || wanted.due_to.is_some();
            then_created(Key::day(first("t.due_date")).or_absent_unless(due))
        }
        RequestSort::Assignee => {
            let assigned = wanted.assignee.is_some() || wanted.assigned == Some(true);
            then_created(text("t.assignee").or_absent_unless(assigned))
        }
        RequestSort::EstimatedCredits => then_created(Key::whole(first("t.estimated_credits")).or_absent()),
        RequestSort::ActualCredits => then_created(Key::whole(first("t.actual_credits")).or_absent()),
    };
    let sorts = begin.sorts() || filter.finds_few();
    let list = List::new(
        "service_requests",
        format!(
            "t.id, t.code, t.title, t.environment_id, t.service_id, t.status, t.accepted_at, t.priority, \
             t.suggested_priority, t.due_date, t.assignee, t.jira_issue_key, t.estimated_credits, t.actual_credits, \
             t.created_at, t.changed_at, {PLACE}, {ABOVE}"
        ),
        format!("service_request t{JOIN_PLACE}{JOIN_ABOVE}"),
        filter,
    );
    let list = if sorts { list.found_first_in("service_request t") } else { list };
    list.page(db, query, keys, |row| request_row(row, viewer)).await
}

fn then_created(first: Key) -> Vec<Key> {
    vec![first, Key::whole("t.created_at"), Key::id("t.id")]
}

fn request_row(row: &Row<'_>, viewer: Viewer) -> Result<RequestRow, StoreError> {
    Ok(RequestRow {
        id: row.id("id")?,
        code: row.parse("code")?,
        title: row.get("title")?,
        place: place(row)?,
        above: row.above(viewer.now)?,
        status: row.parse("status")?,
        accepted: row.instant_some("accepted_at")?.is_some(),
        priority: row.parse("priority")?,
        suggested_priority: row.parse_some("suggested_priority")?,
        due_date: row.get("due_date")?,
        assignee: row.get("assignee")?,
        jira_issue_key: row.parse_some("jira_issue_key")?,
        estimated_credits: row.credits_some("estimated_credits")?,
        actual_credits: row.credits_some("actual_credits")?,
        created_at: row.instant("created_at")?,
        changed_at: row.instant("changed_at")?,
    })
}

fn place(row: &Row<'_>) -> Result<RequestPlace, StoreError> {
    match (row.id_some("environment_id")?, row.id_some("service_id")?) {
        (Some(id), None) => {
            Ok(RequestPlace { origin: RequestOrigin::Standalone(id), name: row.get("environment_name")? })
        }
        (None, Some(id)) => {
            Ok(RequestPlace { origin: RequestOrigin::ServiceLinked(id), name: row.get("service_title")? })
        }
        _ => Err(row.missing("one environment or service")),
    }
}

pub(super) async fn service_request(
    db: &Reader<'_>,
    viewer: Viewer,
    id: ServiceRequestId,
) -> Result<Option<RequestDetail>, StoreError> {
    let mut filter = Filter::visible_to(viewer, "t.organization_id");
    filter.equals("t.id", Some(id.as_uuid()));
    let list = List::new(
        "service_requests",
        format!(
            "t.*, {PLACE}, {ABOVE}, c.code AS item_code, c.name AS item_name, a.code AS analysis_code, \
             i.id AS invoice_id, i.code AS invoice_code, {}",
            columns::<credit_hold::Entity>("h", "hold_"),
        ),
        format!(
            "service_request t{JOIN_PLACE}{JOIN_ABOVE} LEFT JOIN catalog_item c ON c.id = t.catalog_item_id \
             LEFT JOIN service_request a ON a.id = t.analysis_id \
             LEFT JOIN invoice_line l ON l.source_kind = 'service_request' AND l.source_id = t.id AND l.claims_source \
             LEFT JOIN invoice i ON i.id = l.invoice_id \
             LEFT JOIN credit_hold h ON h.request_id = t.id"
        ),
        filter,
    );
    let read = |row: &Row<'_>| {
        let catalog_item = match row.id_some("catalog_item_id")? {
            Some(id) => {
                Some(CatalogItemName { id, code: row.get("item_code")?, name: row.get("item_name")? })
            }
            None => None,
        };
        let analysis = match row.id_some("analysis_id")? {
            Some(id) => Some(RequestName { id, code: row.parse("analysis_code")? }),
            None => None,
        };
        let invoice = match row.id_some("invoice_id")? {
            Some(id) => Some(InvoiceName { id, code: row.parse_some("invoice_code")? }),
            None => None,
        };
        let hold = match row.id_some::<ServiceRequestId>("hold_request_id")? {
            Some(_) => Some(hold(row.joined("hold_")?)?),
            None => None,
        };
        Ok(RequestDetail {
            request: rows::request::restore(row.model()?)?.record().clone(),
            place: place(row)?,
            above: row.above(viewer.now)?,
            catalog_item,
            analysis,
            hold,
            invoice,
        })
    };
    list.one(db, read).await
}
