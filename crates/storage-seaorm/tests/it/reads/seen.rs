//! EN-5: lists filter and sort by the status that the world sees, by the domain's own rule.

use std::collections::HashSet;

use entitlement::{
    Contract, ContractRecord, ContractStatus, Entitlement, EntitlementRecord, EntitlementStatus, Environment,
    EnvironmentRecord, EnvironmentStatus, KEY_BYTES, License, LicenseKey, LicenseRecord, LicenseStatus,
    SupportClass,
};
use kernel::{EntitlementId, Limited, Page, PageRequest, Timestamp};
use policy_resolver::kinds::SlaPolicy;
use service_delivery::reads::{
    ContractFilter, ContractSort, EnvironmentFilter, EnvironmentSort, LicenseFilter, LicenseSort, ListQuery,
    Reads, ServiceFilter, ServiceSort, Sorted, Viewer,
};
use sr_workflow::{Consent, Service, ServiceContent, ServiceMode, ServiceRecord, ServiceStatus, ServiceType};
use storage_seaorm::testing::TestDatabase;
use strum::VariantArray;
use time::macros::date;
use uuid::Uuid;

use super::crowd::{in_status, uuid};
use crate::{
    on_both,
    support::{begin, brl, entitlement, environment, id, now, staff},
};

on_both! {
    en_5_filters_and_orders_see_what_the_domain_sees,
}

/// One of each own status of each kind under `above`.
async fn one_of_each(db: &TestDatabase, above: EntitlementId, number: usize) {
    let mut uow = begin(db).await;
    for (at, status) in LicenseStatus::VARIANTS.iter().enumerate() {
        let mut key = [0; KEY_BYTES];
        key[0] = u8::try_from(number).unwrap();
        key[1] = u8::try_from(at).unwrap();
        let license = License::new(id(), above, None, LicenseKey::from_bytes(key), 1, now());
        // Expired is never a license's own status.
        if let Ok(license) = License::restore(LicenseRecord { status: *status, ..license.record().clone() }) {
            uow.entitlements().insert_license(&license).await.unwrap();
        }
    }
    for status in EnvironmentStatus::VARIANTS {
        let record = EnvironmentRecord {
            status: *status,
            decommissioned_at: (*status == EnvironmentStatus::Decommissioned).then(now),
            ..environment(above)
        };
        uow.entitlements().insert_environment(&Environment::restore(record).unwrap()).await.unwrap();
    }
    for (at, status) in ContractStatus::VARIANTS.iter().enumerate() {
        let signed = *status != ContractStatus::Draft;
        let contract = Contract::restore(ContractRecord {
            id: id(),
            code: format!("CT-2026{number}00{at}").parse().unwrap(),
            entitlement: above,
            support_class: SupportClass::Basic,
            sla: signed.then(|| SlaPolicy::for_support_class(SupportClass::Basic)),
            starts_on: date!(2025 - 01 - 31),
            ends_on: date!(2026 - 01 - 30),
            anchor_on: date!(2025 - 01 - 31),
            anchor_months: 12,
            versions: ["10", "20"]
                .map(|value| entitlement::ContractVersion {
                    effective_on: date!(2025 - 01 - 31),
                    terms: String::new(),
                    value: brl(value),
                    recorded_at: now(),
                })
                .to_vec(),
            status: *status,
            renews: None,
            signed_at: signed.then(now),
            terminated_at: (*status == ContractStatus::Terminated).then(now),
            version: 1,
            created_at: now(),
        });
        uow.entitlements().insert_contract(&contract.unwrap()).await.unwrap();
    }
    for mode in ServiceMode::VARIANTS {
        for status in ServiceStatus::VARIANTS {
            let project = *mode == ServiceMode::Project;
            let service = Service::restore(ServiceRecord {
                id: id(),
                entitlement: above,
                organization: None,
                content: ServiceContent {
                    start: Some(date!(2026 - 01 - 31)),
                    estimated_end: project.then_some(date!(2026 - 06 - 30)),
                    deliverables: vec!["A portal".to_owned()],
                    ..ServiceContent::new("Portal", ServiceType::Support)
                },
                mode: *mode,
                status: *status,
                actual_end: None,
                approval: Some(Consent { by: staff(), at: now(), on_behalf: None }),
                acceptance: None,
                created_at: now(),
                changed_at: now(),
                version: 1,
            });
            // Not every status exists in every mode.
            if let Ok(service) = service {
                uow.work().insert_service(&service).await.unwrap();
            }
        }
    }
    uow.commit().await.unwrap();
}

fn all<F: Default, S>(filter: F, sort: Option<Sorted<S>>) -> ListQuery<F, S> {
    ListQuery { filter, sort, page: PageRequest::try_new(200, None).unwrap() }
}

/// A row: its id, its own status, the one seen, and what the domain says of it.
type Row<S> = (Uuid, S, S, S);

async fn agrees<S: Limited + ToString + std::fmt::Debug + std::hash::Hash>(
    filtered: impl AsyncFn(Vec<S>) -> Vec<Row<S>>,
    sorted: impl AsyncFn(bool) -> Vec<Row<S>>,
) {
    let rows = filtered(vec![]).await;
    assert!(rows.len() > 2 * S::VARIANTS.len());
    for (_, own, seen, expected) in &rows {
        assert_eq!(seen, expected, "{own:?}");
    }
    for status in S::VARIANTS {
        let expected: HashSet<Uuid> =
            rows.iter().filter(|(.., seen)| seen == status).map(|(id, ..)| *id).collect();
        let found: HashSet<Uuid> = filtered(vec![*status]).await.iter().map(|(id, ..)| *id).collect();
        assert_eq!(found, expected, "{status:?}");
    }
    let several = filtered(S::VARIANTS[..2].to_vec()).await;
    assert_eq!(several.len(), rows.iter().filter(|row| S::VARIANTS[..2].contains(&row.3)).count());
    for descending in [false, true] {
        let texts: Vec<String> = sorted(descending).await.iter().map(|row| row.3.to_string()).collect();
        let mut expected = texts.clone();
        expected.sort();
        if descending {
            expected.reverse();
        }
        assert_eq!(texts, expected);
        assert_eq!(texts.len(), rows.len());
    }
}

fn rows<T, S>(page: Page<T>, row: impl Fn(T) -> Row<S>) -> Vec<Row<S>> {
    assert_eq!(page.next, None);
    page.items.into_iter().map(row).collect()
}

async fn en_5_filters_and_orders_see_what_the_domain_sees(db: TestDatabase) {
    let mut number = 0;
    for status in EntitlementStatus::VARIANTS {
        number += 1;
        let code = format!("SVC-202605000{number}");
        let record = in_status(EntitlementRecord { id: id(), ..entitlement(&code, None) }, *status);
        let above = record.id;
        let mut uow = begin(&db).await;
        uow.entitlements().insert_entitlement(&Entitlement::restore(record).unwrap()).await.unwrap();
        uow.commit().await.unwrap();
        one_of_each(&db, above, number).await;
    }
    // Within the grace of renewal, at its end, after it, and long before.
    let grace_ends = now().plus_days(7);
    let just_before = Timestamp::from_unix_micros(grace_ends.unix_micros() - 1).unwrap();
    for instant in [now(), just_before, grace_ends, grace_ends.plus_days(1)] {
        let viewer = Viewer::staff(instant);
        macro_rules! agrees {
            ($list:ident, $filter:ident, $sort:ident) => {
                agrees(
                    async |status| {
                        let query = all($filter { status, ..$filter::default() }, None);
                        rows(db.$list(viewer, &query).await.unwrap(), |row| {
                            let expected = row.own_status.seen(row.above.standing);
                            (uuid(row.id), row.own_status, row.status, expected)
                        })
                    },
                    async |descending| {
                        let sort = Some(Sorted { by: $sort::Status, descending });
                        rows(db.$list(viewer, &all($filter::default(), sort)).await.unwrap(), |row| {
                            let expected = row.own_status.seen(row.above.standing);
                            (uuid(row.id), row.own_status, row.status, expected)
                        })
                    },
                )
                .await
            };
        }
        agrees!(licenses, LicenseFilter, LicenseSort);
        agrees!(environments, EnvironmentFilter, EnvironmentSort);
        agrees!(contracts, ContractFilter, ContractSort);
        agrees!(services, ServiceFilter, ServiceSort);

        // The standing is that of the record, and pages say the same as lists.
        for row in db.entitlements(viewer, &all(Default::default(), None)).await.unwrap().items {
            let detail = db.entitlement(viewer, row.id).await.unwrap().unwrap();
            let grace = detail.entitlement.renewal_grace_ends_at;
            assert_eq!(row.standing, row.status.standing(grace, instant));
            assert_eq!(detail.standing, row.standing);
        }
        for row in db.contracts(viewer, &all(Default::default(), None)).await.unwrap().items {
            let detail = db.contract(viewer, row.id).await.unwrap().unwrap();
            assert_eq!((detail.status, &detail.above), (row.status, &row.above));
            assert_eq!(row.value, brl("20"));
        }
        for row in db.licenses(viewer, &all(Default::default(), None)).await.unwrap().items {
            let detail = db.license(viewer, row.id).await.unwrap().unwrap();
            assert_eq!((detail.status, &detail.above), (row.status, &row.above));
        }
        for row in db.environments(viewer, &all(Default::default(), None)).await.unwrap().items {
            let detail = db.environment(viewer, row.id).await.unwrap().unwrap();
            assert_eq!((detail.status, &detail.above), (row.status, &row.above));
        }
        for row in db.services(viewer, &all(Default::default(), None)).await.unwrap().items {
            let detail = db.service(viewer, row.id).await.unwrap().unwrap();
            assert_eq!((detail.status, &detail.above), (row.status, &row.above));
        }
    }
}
