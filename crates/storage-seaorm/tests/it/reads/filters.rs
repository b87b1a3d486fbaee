//! UI-1: lists filter and search. Each filter is compared with picking by hand from the whole list.

use std::collections::HashSet;

use kernel::{Page, PageRequest, StoreError};
use service_delivery::reads::{
    ApiKeyFilter, BalanceFilter, CatalogItemFilter, CollaboratorFilter, ContractFilter, EntitlementFilter,
    EntitlementSort, EnvironmentFilter, EventFilter, InvoiceFilter, InvoiceSort, LedgerFilter, LicenseFilter,
    ListQuery, LotFilter, NoFilter, OrderFilter, OrganizationFilter, ProductFilter, Reads, RequestFilter,
    RequestRow, RequestSort, ServiceFilter, SortBy, Sorted, Viewer,
};
use sr_workflow::{Priority, RequestOrigin, RequestStatus};
use storage_seaorm::testing::TestDatabase;
use strum::VariantArray;
use time::macros::date;
use ust_credits::Credits;

use super::crowd::{Crowd, made, staff_now};
use crate::{
    on_both,
    support::{begin, credits, id, now},
};

on_both! {
    ui_1_organizations_people_and_keys_are_found,
    ui_1_products_and_catalog_items_are_found,
    ui_1_orders_and_invoices_are_found,
    ui_1_entitlements_and_what_lies_under_them_are_found,
    ui_1_requests_are_found,
    ui_1_requests_are_sorted,
    ui_1_what_has_no_end_comes_after_what_has_one,
    ui_1_requests_are_the_same_by_every_filter_in_every_order,
    ui_1_events_and_ledger_entries_are_found,
}

/// The filter finds exactly what `wanted` picks from the whole list; both find something and leave something out.
async fn finds<F: Default + Clone + std::fmt::Debug, S: SortBy, T: PartialEq + std::fmt::Debug>(
    list: impl AsyncFn(&ListQuery<F, S>) -> Result<Page<T>, StoreError>,
    filter: F,
    wanted: impl Fn(&T) -> bool,
) {
    let page = || PageRequest::try_new(200, None).unwrap();
    let whole = list(&ListQuery { filter: F::default(), sort: None, page: page() }).await.unwrap().items;
    let found = list(&ListQuery { filter: filter.clone(), sort: None, page: page() }).await.unwrap().items;
    let total = whole.len();
    let expected: Vec<T> = whole.into_iter().filter(|row| wanted(row)).collect();
    assert_eq!(found, expected, "{filter:?}");
    assert!(!expected.is_empty() && expected.len() < total, "{filter:?} tells nothing apart");
}

fn q(text: &str) -> Option<String> {
    Some(text.to_owned())
}

async fn ui_1_organizations_people_and_keys_are_found(db: TestDatabase) {
    let crowd = Crowd::new(&db).await;
    let (viewer, acme) = (staff_now(), crowd.acme.organization);
    let mut uow = begin(&db).await;
    let mut bolt = uow.entitlements().lock_organization(crowd.bolt.organization).await.unwrap().unwrap();
    bolt.edit(entitlement::OrganizationDetails {
        name: "Bolt".to_owned(),
        legal_name: "Relâmpago SA".to_owned(),
        tax_id: None,
        country: "AR".to_owned(),
        locale: entitlement::Locale::Es,
        currency: "ARS".to_owned(),
        billing_email: "pagos@example.com".to_owned(),
    })
    .unwrap();
    uow.entitlements().save_organization(&bolt).await.unwrap();
    uow.commit().await.unwrap();

    let list = async |query: &_| db.organizations(viewer, query).await;
    let filter = OrganizationFilter { q: q(" RELÂMPAGO"), ..Default::default() };
    finds(list, filter, |row| row.name == "Bolt").await;
    finds(list, OrganizationFilter { q: q("ärz"), ..Default::default() }, |row| row.name == "Ärzte").await;
    let filter = OrganizationFilter { country: Some("AR".parse().unwrap()), ..Default::default() };
    finds(list, filter, |row| row.name == "Bolt").await;
    let filter = OrganizationFilter { currency: Some("BRL".parse().unwrap()), ..Default::default() };
    finds(list, filter, |row| row.name != "Bolt").await;

    let list = async |query: &_| db.collaborators(viewer, query).await;
    let filter = CollaboratorFilter { organization: Some(acme), ..Default::default() };
    finds(list, filter, |row| row.organization == acme).await;
    finds(list, CollaboratorFilter { q: q("P1@EXAMPLE"), ..Default::default() }, |row| {
        row.email.to_string() == "p1@example.com"
    })
    .await;

    let list = async |query: &_| Reads::api_keys(&*db, viewer, query).await;
    let filter = ApiKeyFilter { organization: Some(acme), ..Default::default() };
    finds(list, filter, |row| row.organization.as_ref().is_some_and(|organization| organization.id == acme))
        .await;
    for valid in [true, false] {
        let filter = ApiKeyFilter { valid: Some(valid), ..Default::default() };
        finds(list, filter, |row| {
            valid == (row.revoked_at.is_none() && row.expires_at.is_none_or(|at| at > viewer.now))
        })
        .await;
    }
}

async fn ui_1_products_and_catalog_items_are_found(db: TestDatabase) {
    Crowd::new(&db).await;
    let viewer = staff_now();
    let list = async |query: &_| db.products(viewer, query).await;
    for active in [true, false] {
        finds(list, ProductFilter { active: Some(active), ..Default::default() }, |row| row.active == active)
            .await;
    }
    finds(list, ProductFilter { q: q("soap"), ..Default::default() }, |row| row.sku.as_str() == "SVC-SOAP")
        .await;
    let none = ListQuery {
        filter: ProductFilter { class: Some(kernel::EntitlementClass::Plg), ..Default::default() },
        ..ListQuery::default()
    };
    assert_eq!(db.products(viewer, &none).await.unwrap().items, []);

    let list = async |query: &_| db.catalog_items(viewer, query).await;
    let wanted = sr_workflow::ServiceType::VARIANTS[1];
    finds(list, CatalogItemFilter { service_type: Some(wanted), ..Default::default() }, |row| {
        row.content.service_type == wanted
    })
    .await;
    finds(list, CatalogItemFilter { active: Some(true), ..Default::default() }, |row| row.active).await;
    finds(list, CatalogItemFilter { q: q("ITEM-0001"), ..Default::default() }, |row| {
        row.content.code == "item-0001"
    })
    .await;
}

async fn ui_1_orders_and_invoices_are_found(db: TestDatabase) {
    let crowd = Crowd::new(&db).await;
    let (viewer, acme) = (staff_now(), crowd.acme.organization);
    let list = async |query: &_| db.orders(viewer, query).await;
    for status in [billing::OrderStatus::Pending, billing::OrderStatus::Cancelled] {
        finds(list, OrderFilter { status: vec![status], ..Default::default() }, |row| row.status == status)
            .await;
    }
    finds(list, OrderFilter { organization: Some(acme), ..Default::default() }, |row| {
        row.organization
            .as_ref()
            .is_some_and(|organization| organization.id == acme && organization.name == "Acme")
    })
    .await;
    let (from, until) = (made(4), made(8));
    finds(
        list,
        OrderFilter { created_from: Some(from), created_until: Some(until), ..Default::default() },
        |row| from <= row.created_at && row.created_at < until,
    )
    .await;
    finds(list, OrderFilter { q: q("so-20260011"), ..Default::default() }, |row| {
        row.code.to_string() == "SO-20260011"
    })
    .await;
    finds(list, OrderFilter { q: q("SHOP_"), ..Default::default() }, |row| row.external_ref.is_some()).await;

    let list = async |query: &_| db.invoices(viewer, query).await;
    for status in [billing::InvoiceStatus::Draft, billing::InvoiceStatus::Issued] {
        finds(list, InvoiceFilter { status: vec![status], ..Default::default() }, |row| row.status == status)
            .await;
    }
    finds(list, InvoiceFilter { organization: Some(acme), ..Default::default() }, |row| {
        row.organization.id == acme
    })
    .await;
    let (from, until) = (made(4), made(8));
    finds(list, InvoiceFilter { issued_from: Some(from), ..Default::default() }, |row| {
        row.issued_at.is_some_and(|at| from <= at)
    })
    .await;
    finds(list, InvoiceFilter { issued_until: Some(until), ..Default::default() }, |row| {
        row.issued_at.is_some_and(|at| at < until)
    })
    .await;
    finds(list, InvoiceFilter { q: q("inv-2026"), ..Default::default() }, |row| row.code.is_some()).await;
    let of_run = ListQuery {
        filter: InvoiceFilter { billing_run: Some(id()), ..Default::default() },
        ..ListQuery::default()
    };
    assert_eq!(db.invoices(viewer, &of_run).await.unwrap().items, []);
}

async fn ui_1_entitlements_and_what_lies_under_them_are_found(db: TestDatabase) {
    let crowd = Crowd::new(&db).await;
    let (viewer, acme, above) = (staff_now(), crowd.acme.organization, crowd.acme.entitlement);
    let list = async |query: &_| db.entitlements(viewer, query).await;
    let status = entitlement::EntitlementStatus::Trialing;
    finds(list, EntitlementFilter { status: vec![status], ..Default::default() }, |row| row.status == status)
        .await;
    finds(list, EntitlementFilter { organization: Some(acme), ..Default::default() }, |row| {
        row.organization.as_ref().is_some_and(|organization| organization.id == acme)
    })
    .await;
    let product = crowd.acme.product;
    finds(list, EntitlementFilter { product: Some(product), ..Default::default() }, |row| {
        row.product.as_ref().is_some_and(|named| named.id == product && named.sku == "SVC-GOLD")
    })
    .await;
    let end = now().plus_months(12, time::UtcOffset::UTC).plus_days(1);
    finds(list, EntitlementFilter { ends_from: Some(end), ..Default::default() }, |row| {
        row.ends_at.is_some_and(|at| end <= at)
    })
    .await;
    finds(list, EntitlementFilter { ends_until: Some(end), ..Default::default() }, |row| {
        row.ends_at.is_some_and(|at| at < end)
    })
    .await;
    finds(list, EntitlementFilter { q: q("svc-202505"), ..Default::default() }, |row| {
        row.code.to_string().starts_with("SVC-202505")
    })
    .await;
    for (filter, count) in [
        (EntitlementFilter { q: q("SOUZA@example"), ..Default::default() }, 8),
        (EntitlementFilter { class: Some(kernel::EntitlementClass::Svc), ..Default::default() }, 8),
        (EntitlementFilter { class: Some(kernel::EntitlementClass::Plg), ..Default::default() }, 0),
        (EntitlementFilter { support_class: Some(entitlement::SupportClass::Free), ..Default::default() }, 0),
    ] {
        let query = ListQuery { filter, ..ListQuery::default() };
        assert_eq!(db.entitlements(viewer, &query).await.unwrap().items.len(), count);
    }

    let list = async |query: &_| db.licenses(viewer, query).await;
    let of = |named: &Option<service_delivery::reads::OrganizationName>| {
        named.as_ref().is_some_and(|organization| organization.id == acme)
    };
    finds(list, LicenseFilter { organization: Some(acme), ..Default::default() }, |row| {
        of(&row.above.organization)
    })
    .await;
    let licensed = db.licenses(viewer, &ListQuery::default()).await.unwrap().items[0].above.entitlement;
    finds(list, LicenseFilter { entitlement: Some(licensed), ..Default::default() }, |row| {
        row.above.entitlement == licensed
    })
    .await;

    let list = async |query: &_| db.environments(viewer, query).await;
    finds(list, EnvironmentFilter { organization: Some(acme), ..Default::default() }, |row| {
        of(&row.above.organization)
    })
    .await;
    finds(list, EnvironmentFilter { entitlement: Some(above), ..Default::default() }, |row| {
        row.above.entitlement == above
    })
    .await;
    finds(list, EnvironmentFilter { server: q("srv-01"), ..Default::default() }, |row| {
        row.server.as_deref() == Some("srv-01")
    })
    .await;
    finds(list, EnvironmentFilter { q: q("LOJA"), ..Default::default() }, |row| row.name == "Loja").await;
    let custom = EnvironmentFilter { platform: Some(entitlement::Platform::Custom), ..Default::default() };
    let custom = ListQuery { filter: custom, ..ListQuery::default() };
    assert_eq!(db.environments(viewer, &custom).await.unwrap().items, []);

    let list = async |query: &_| db.contracts(viewer, query).await;
    finds(list, ContractFilter { organization: Some(acme), ..Default::default() }, |row| {
        of(&row.above.organization)
    })
    .await;
    // 31 January and one, two months more (TM-2, PV-6): the last days are included.
    let (early, late) = (date!(2026 - 02 - 27), date!(2026 - 03 - 30));
    finds(list, ContractFilter { ends_from: Some(late), ..Default::default() }, |row| row.ends_on >= late)
        .await;
    finds(list, ContractFilter { ends_to: Some(early), ..Default::default() }, |row| row.ends_on <= early)
        .await;
    finds(list, ContractFilter { q: q("ct-20260001"), ..Default::default() }, |row| {
        row.code.to_string() == "CT-20260001"
    })
    .await;

    let list = async |query: &_| db.services(viewer, query).await;
    let (mode, kind) = (sr_workflow::ServiceMode::Project, sr_workflow::ServiceType::VARIANTS[2]);
    finds(list, ServiceFilter { mode: Some(mode), ..Default::default() }, |row| row.mode == mode).await;
    finds(list, ServiceFilter { service_type: Some(kind), ..Default::default() }, |row| {
        row.service_type == kind
    })
    .await;
    finds(list, ServiceFilter { organization: Some(acme), ..Default::default() }, |row| {
        of(&row.above.organization)
    })
    .await;
    finds(list, ServiceFilter { entitlement: Some(above), ..Default::default() }, |row| {
        row.above.entitlement == above
    })
    .await;
    let jira: sr_workflow::JiraProjectKey = "ACME".parse().unwrap();
    finds(list, ServiceFilter { jira_project_key: Some(jira.clone()), ..Default::default() }, |row| {
        row.jira_project_key.as_ref() == Some(&jira)
    })
    .await;
    finds(list, ServiceFilter { q: q("é TUDO"), ..Default::default() }, |row| row.title == "Suporte é tudo")
        .await;

    let list = async |query: &_| db.credit_balances(viewer, query).await;
    finds(list, BalanceFilter { organization: Some(acme), ..Default::default() }, |row| {
        of(&row.above.organization)
    })
    .await;
    finds(list, BalanceFilter { entitlement: Some(above), ..Default::default() }, |row| {
        row.balance.entitlement == above
    })
    .await;
}

async fn ui_1_requests_are_found(db: TestDatabase) {
    let mut crowd = Crowd::new(&db).await;
    crowd.add(&db).await;
    crowd.add(&db).await;
    let (viewer, acme) = (staff_now(), &crowd.acme);
    let list = async |query: &_| db.service_requests(viewer, query).await;
    let all = RequestFilter::default;
    let of_acme = |row: &RequestRow| {
        row.above.organization.as_ref().is_some_and(|organization| organization.id == acme.organization)
    };
    finds(list, RequestFilter { organization: Some(acme.organization), ..all() }, of_acme).await;
    finds(list, RequestFilter { entitlement: Some(acme.entitlement), ..all() }, of_acme).await;
    let on_service = RequestOrigin::ServiceLinked(acme.service);
    finds(list, RequestFilter { service: Some(acme.service), ..all() }, |row| {
        row.place.origin == on_service && row.place.name == "Support"
    })
    .await;
    let on_environment = RequestOrigin::Standalone(acme.environment);
    finds(list, RequestFilter { environment: Some(acme.environment), ..all() }, |row| {
        row.place.origin == on_environment && row.place.name == "Acme campus"
    })
    .await;
    for status in [sr_workflow::RequestStatus::Draft, sr_workflow::RequestStatus::Closed] {
        finds(list, RequestFilter { status: vec![status], ..all() }, |row| row.status == status).await;
    }
    let urgent = vec![sr_workflow::Priority::Urgent, sr_workflow::Priority::Low];
    finds(list, RequestFilter { priority: urgent.clone(), ..all() }, |row| urgent.contains(&row.priority))
        .await;
    let by_priority = async |query: &ListQuery<RequestFilter, RequestSort>| {
        let sort = Some(Sorted::ascending(RequestSort::Priority));
        db.service_requests(viewer, &ListQuery { sort, ..query.clone() }).await
    };
    finds(by_priority, RequestFilter { priority: urgent.clone(), ..all() }, |row| {
        urgent.contains(&row.priority)
    })
    .await;
    finds(list, RequestFilter { assignee: q("Rosa"), ..all() }, |row| row.assignee.is_some()).await;
    for assigned in [true, false] {
        finds(list, RequestFilter { assigned: Some(assigned), ..all() }, |row| {
            row.assignee.is_some() == assigned
        })
        .await;
    }
    let day = date!(2026 - 06 - 02);
    finds(list, RequestFilter { due_from: Some(day), due_to: Some(day), ..all() }, |row| {
        row.due_date == Some(day)
    })
    .await;
    let key: sr_workflow::JiraIssueKey = "ACME-2".parse().unwrap();
    finds(list, RequestFilter { jira_issue_key: Some(key.clone()), ..all() }, |row| {
        row.jira_issue_key.as_ref() == Some(&key)
    })
    .await;
    let (from, until) = (made(4), made(8));
    finds(list, RequestFilter { created_from: Some(from), created_until: Some(until), ..all() }, |row| {
        from <= row.created_at && row.created_at < until
    })
    .await;
    finds(list, RequestFilter { q: q("sr-2025"), ..all() }, |row| row.code.year() == 2025).await;
    finds(list, RequestFilter { q: q("nova PÁGINA"), ..all() }, |row| row.title.ends_with("ova página"))
        .await;
    for (filter, count) in [
        (RequestFilter { assignee: q("ros"), ..all() }, 0),
        (RequestFilter { assignee: q("a\0"), ..all() }, 0),
        (RequestFilter { q: q("\0"), ..all() }, 12),
        (RequestFilter { q: q("  "), ..all() }, 12),
        (
            RequestFilter {
                organization: Some(acme.organization),
                service: Some(crowd.bolt.service),
                ..all()
            },
            0,
        ),
    ] {
        let query = ListQuery { filter, ..ListQuery::default() };
        assert_eq!(db.service_requests(viewer, &query).await.unwrap().items.len(), count);
    }
}

/// A text, or one that is greater than any.
fn or_last(text: Option<String>) -> String {
    text.unwrap_or_else(|| char::MAX.to_string())
}

/// An amount as a text that sorts alike.
fn amount(credits: Option<Credits>) -> String {
    or_last(credits.map(|credits| format!("{:020}", credits.units())))
}

/// However a database finds the rows of a filter: they come as in the whole list in that order, page by page.
async fn ui_1_requests_are_the_same_by_every_filter_in_every_order(db: TestDatabase) {
    let mut crowd = Crowd::new(&db).await;
    crowd.add(&db).await;
    crowd.add(&db).await;
    let (staff, acme) = (staff_now(), &crowd.acme);
    let tenant = Viewer::of(acme.organization, staff.now);
    let statuses = vec![RequestStatus::Draft, RequestStatus::Closed];
    let priorities = vec![Priority::Urgent, Priority::Low];
    let all = RequestFilter::default;
    let filters = [
        (staff, all()),
        (tenant, all()),
        (staff, RequestFilter { organization: Some(acme.organization), ..all() }),
        (staff, RequestFilter { service: Some(acme.service), ..all() }),
        (staff, RequestFilter { environment: Some(acme.environment), status: statuses.clone(), ..all() }),
        (staff, RequestFilter { status: statuses.clone(), ..all() }),
        (tenant, RequestFilter { status: statuses.clone(), priority: priorities.clone(), ..all() }),
        (staff, RequestFilter { priority: priorities, ..all() }),
        (staff, RequestFilter { assignee: q("Rosa"), status: statuses, ..all() }),
        (staff, RequestFilter { created_from: Some(made(4)), ..all() }),
        (staff, RequestFilter { assigned: Some(false), ..all() }),
        (staff, RequestFilter { assigned: Some(true), status: vec![RequestStatus::Draft], ..all() }),
        (staff, RequestFilter { due_from: Some(date!(2026 - 06 - 02)), ..all() }),
        (tenant, RequestFilter { due_to: Some(date!(2026 - 06 - 02)), ..all() }),
        (staff, RequestFilter { q: q("nova"), ..all() }),
        (staff, RequestFilter { q: q("sr-2025 nov"), ..all() }),
        (tenant, RequestFilter { q: q("nova"), status: vec![RequestStatus::Draft], ..all() }),
        (staff, RequestFilter { q: q("pag"), ..all() }),
        (tenant, RequestFilter { q: q("pag"), priority: vec![Priority::Low], ..all() }),
    ];
    // So many words begin like that, that the requests with it are not looked for first.
    db.execute(
        "INSERT INTO service_request_word (word, id)
            WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 5001)
            SELECT 'pagina' || n, (SELECT id FROM service_request LIMIT 1) FROM numbers",
    )
    .await
    .unwrap();
    let page = |limit, cursor| PageRequest::try_new(limit, cursor).unwrap();
    for (viewer, filter) in filters {
        let query = ListQuery { filter: filter.clone(), sort: None, page: page(200, None) };
        let wanted = db.service_requests(viewer, &query).await.unwrap().items;
        let wanted: HashSet<_> = wanted.into_iter().map(|row| row.id).collect();
        assert!(!wanted.is_empty(), "{filter:?}");
        for by in RequestSort::VARIANTS {
            for descending in [false, true] {
                let sort = Some(Sorted { by: *by, descending });
                let whole = ListQuery { filter: all(), sort, page: page(200, None) };
                let mut expected = db.service_requests(staff, &whole).await.unwrap().items;
                expected.retain(|row| wanted.contains(&row.id));
                let (mut found, mut cursor) = (vec![], None);
                loop {
                    let query = ListQuery { filter: filter.clone(), sort, page: page(2, cursor) };
                    let part = db.service_requests(viewer, &query).await.unwrap();
                    found.extend(part.items);
                    cursor = part.next;
                    if cursor.is_none() {
                        break;
                    }
                }
                assert_eq!(found, expected, "{filter:?} by {by}, {descending}");
            }
        }
    }
}

async fn ui_1_what_has_no_end_comes_after_what_has_one(db: TestDatabase) {
    Crowd::new(&db).await;
    for descending in [false, true] {
        let sort = Some(Sorted { by: EntitlementSort::EndsAt, descending });
        let rows =
            db.entitlements(staff_now(), &ListQuery { sort, ..ListQuery::default() }).await.unwrap().items;
        let mut expected = rows.clone();
        expected.sort_by_key(|row| (row.ends_at.is_none(), row.ends_at, row.id));
        let sort = Some(Sorted { by: InvoiceSort::IssuedAt, descending });
        let invoices =
            db.invoices(staff_now(), &ListQuery { sort, ..ListQuery::default() }).await.unwrap().items;
        let mut issued = invoices.clone();
        issued.sort_by_key(|row| (row.issued_at.is_none(), row.issued_at, row.id));
        if descending {
            expected.reverse();
            issued.reverse();
        }
        assert_eq!(rows, expected);
        assert_eq!(invoices, issued);
        assert!(rows.iter().any(|row| row.ends_at.is_none()) && rows.iter().any(|row| row.ends_at.is_some()));
    }
}

async fn ui_1_requests_are_sorted(db: TestDatabase) {
    let mut crowd = Crowd::new(&db).await;
    crowd.add(&db).await;
    crowd.add(&db).await;
    for by in RequestSort::VARIANTS {
        for descending in [false, true] {
            let query = ListQuery { sort: Some(Sorted { by: *by, descending }), ..ListQuery::default() };
            let rows = db.service_requests(staff_now(), &query).await.unwrap().items;
            let mut expected = rows.clone();
            // What is missing counts as greatest; what ties goes by id.
            expected.sort_by_key(|row| {
                let (due, created) = (row.due_date, row.created_at);
                let key = match by {
                    RequestSort::CreatedAt => (String::new(), 0, None, Some(created)),
                    RequestSort::Code => (row.code.to_string(), 0, None, None),
                    RequestSort::Title => (row.title.clone(), 0, None, None),
                    RequestSort::Status => (row.status.to_string(), 0, None, Some(created)),
                    RequestSort::Priority => (String::new(), row.priority as u8, None, None),
                    RequestSort::DueDate => (String::new(), u8::from(due.is_none()), due, Some(created)),
                    RequestSort::Assignee => (or_last(row.assignee.clone()), 0, None, Some(created)),
                    RequestSort::EstimatedCredits => (amount(row.estimated_credits), 0, None, Some(created)),
                    RequestSort::ActualCredits => (amount(row.actual_credits), 0, None, Some(created)),
                };
                (key, row.id)
            });
            if descending {
                expected.reverse();
            }
            assert_eq!(rows.len(), 12);
            // How titles compare is the database's affair.
            if *by != RequestSort::Title {
                assert_eq!(rows, expected, "{by} {descending}");
            }
        }
    }
}

async fn ui_1_events_and_ledger_entries_are_found(db: TestDatabase) {
    let crowd = Crowd::new(&db).await;
    let (viewer, acme) = (staff_now(), &crowd.acme);
    let service = crowd.acme.service.as_uuid();
    let list = async |query: &_| db.events(viewer, query).await;
    finds(list, EventFilter { subject: Some(service), ..Default::default() }, |event| {
        event.subject.id == service
    })
    .await;
    finds(list, EventFilter { organization: Some(acme.organization), ..Default::default() }, |event| {
        event.subject.organization == Some(acme.organization)
    })
    .await;
    for (filter, count) in [
        (EventFilter { subject_kind: Some(service_delivery::SubjectKind::Service), ..Default::default() }, 6),
        (EventFilter { subject_kind: Some(service_delivery::SubjectKind::Note), ..Default::default() }, 0),
        (EventFilter { from: Some(now()), ..Default::default() }, 6),
        (EventFilter { until: Some(now()), ..Default::default() }, 0),
    ] {
        let query = ListQuery { filter, ..ListQuery::default() };
        assert_eq!(db.events(viewer, &query).await.unwrap().items.len(), count, "{filter:?}");
    }

    let list = async |query: &_| Ok(db.ledger(viewer, acme.balance, query).await?.unwrap());
    let (from, until) = (made(3), made(5));
    finds(list, LedgerFilter { from: Some(from), until: Some(until), ..Default::default() }, |entry| {
        from <= entry.at && entry.at < until
    })
    .await;
    for (filter, count) in [
        (LedgerFilter { kind: vec![ust_credits::EntryKind::Grant], ..Default::default() }, 3),
        (LedgerFilter { kind: vec![ust_credits::EntryKind::Debit], ..Default::default() }, 0),
        (LedgerFilter { request: Some(acme.request), ..Default::default() }, 0),
    ] {
        let query = ListQuery { filter, ..ListQuery::default() };
        assert_eq!(db.ledger(viewer, acme.balance, &query).await.unwrap().unwrap().items.len(), count);
    }
    let newest = db.ledger(viewer, acme.balance, &ListQuery::default()).await.unwrap().unwrap().items;
    assert_eq!(newest.iter().map(|entry| entry.sequence).collect::<Vec<_>>(), [3, 2, 1]);
    assert_eq!(newest[0].totals.granted, credits("9"));
    for (open, count) in [(true, 3), (false, 0)] {
        let query = ListQuery { filter: LotFilter { open: Some(open) }, ..ListQuery::default() };
        assert_eq!(db.lots(viewer, acme.balance, &query).await.unwrap().unwrap().items.len(), count);
    }
    let payments: ListQuery<NoFilter, _> = ListQuery::default();
    assert_eq!(db.payments(viewer, acme.order, &payments).await.unwrap().unwrap().items.len(), 3);
}
