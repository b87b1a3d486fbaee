use policy_resolver::kinds::{CreditAmount, ServiceStart};
use proptest::prelude::*;
use strum::VariantArray;
use time::macros::date;

use super::*;
use crate::{
    LicenseKey, ProductTerms, ReferralCode,
    entitlement::tests::{active, at},
    product::tests::a_product,
};

fn circumstances() -> Circumstances {
    Circumstances {
        trigger: Trigger::Automatic,
        order: Some(Uuid::from_u128(11).into()),
        invoices: vec![Uuid::from_u128(12).into()],
        jira_project: Some("ACME".into()),
        commission: CommissionRate::from_basis_points(1_000).unwrap(),
        now: at("2026-05-01T01:00:00Z"),
        offset: time::macros::offset!(-3),
    }
}

fn counting() -> impl FnMut() -> Uuid {
    let mut next = 100;
    move || {
        next += 1;
        Uuid::from_u128(next)
    }
}

fn planned(
    class: EntitlementClass,
    policy: &ProvisioningPolicy,
    circumstances: &Circumstances,
    existing: &Provisioned,
) -> ProvisioningPlan {
    plan(&active(class), Some(&a_product(class)), policy, circumstances, existing, &mut counting()).unwrap()
}

fn by_default(class: EntitlementClass) -> ProvisioningPlan {
    planned(class, &ProvisioningPolicy::default(), &circumstances(), &Provisioned::default())
}

/// What is there once a plan was carried out.
fn carried_out(plan: &ProvisioningPlan, mut there: Provisioned) -> Provisioned {
    there.licenses.extend(plan.license.iter().map(|it| (it.id, LicenseStatus::Active)));
    there.environments.extend(plan.environment.iter().map(|it| (it.id, EnvironmentStatus::AwaitingSetup)));
    there.contracts.extend(plan.contract.iter().map(|it| (it.id, ContractStatus::Active)));
    there.services.extend(plan.service.iter().map(|it| it.id));
    there.credit_balance = there.credit_balance.or(plan.credit_balance);
    there.included_credits_granted |= plan.included_credits.is_some();
    there.affiliates.extend(plan.affiliate.iter().map(|it| it.id));
    there.downloads.extend(plan.download.iter().map(|it| it.id));
    there.documents.extend(plan.document.iter().map(|it| it.id));
    there.orders.extend(plan.order_link.iter().map(|it| it.order));
    there.invoices.extend(plan.invoice_links.iter().map(|it| it.invoice));
    there
}

/// The names of what a plan makes.
fn made(plan: &ProvisioningPlan) -> Vec<&'static str> {
    [
        ("license", plan.license.is_some()),
        ("environment", plan.environment.is_some()),
        ("service", plan.service.is_some()),
        ("contract", plan.contract.is_some()),
        ("credit balance", plan.credit_balance.is_some()),
        ("included credits", plan.included_credits.is_some()),
        ("affiliate", plan.affiliate.is_some()),
        ("order link", plan.order_link.is_some()),
        ("invoice link", !plan.invoice_links.is_empty()),
        ("document", plan.document.is_some()),
        ("download", plan.download.is_some()),
    ]
    .into_iter()
    .filter(|(_, there)| *there)
    .map(|(name, _)| name)
    .collect()
}

#[test]
fn en_1_what_each_class_creates() {
    let table = [
        (EntitlementClass::Plg, vec!["license", "download"]),
        (EntitlementClass::Env, vec!["environment"]),
        (EntitlementClass::Svc, vec!["service", "contract", "credit balance", "included credits"]),
        (EntitlementClass::Ord, vec!["order link", "invoice link", "download"]),
        (EntitlementClass::Afl, vec!["affiliate"]),
        (EntitlementClass::Edu, vec!["order link", "document", "download"]),
    ];
    assert_eq!(table.len(), EntitlementClass::VARIANTS.len());
    for (class, expected) in table {
        assert_eq!(made(&by_default(class)), expected, "{class}");
    }
}

#[test]
fn pv_2_a_service_with_everything() {
    let plan = by_default(EntitlementClass::Svc);
    let service = plan.service.unwrap();
    assert_eq!((service.title.as_str(), service.start), ("A SVC", ServiceStart::Proposal));
    assert_eq!(service.jira_project.as_deref(), Some("ACME"));
    let contract = plan.contract.unwrap();
    // Still April in the business's time zone.
    assert_eq!((contract.starts_on, contract.months), (date!(2026 - 04 - 30), 12));
    let drawn_up = contract.draw_up("CT-20260001".parse().unwrap(), circumstances().now).unwrap();
    assert_eq!(drawn_up.ends_on(), date!(2027 - 04 - 29));
    let grant = plan.included_credits.unwrap();
    assert_eq!((Some(grant.balance), grant.amount), (plan.credit_balance, CreditAmount::from_units(400)));
}

#[test]
fn pv_2_the_policy_decides_on_contract_and_status() {
    let policy = ProvisioningPolicy {
        create_contract: false,
        service_status: ServiceStart::Approved,
        ..ProvisioningPolicy::default()
    };
    let plan = planned(EntitlementClass::Svc, &policy, &circumstances(), &Provisioned::default());
    assert_eq!(made(&plan), ["service", "credit balance", "included credits"]);
    assert_eq!(plan.service.unwrap().start, ServiceStart::Approved);
}

#[test]
fn pv_2_a_balance_also_when_it_starts_at_zero() {
    let mut product = a_product(EntitlementClass::Svc);
    let terms = ProductTerms { credits_included: CreditAmount::ZERO, ..product.terms().clone() };
    product.edit(terms).unwrap();
    let unknown = Circumstances { jira_project: None, ..circumstances() };
    let plan = plan(
        &active(EntitlementClass::Svc),
        Some(&product),
        &ProvisioningPolicy::default(),
        &unknown,
        &Provisioned::default(),
        &mut counting(),
    )
    .unwrap();
    assert_eq!(made(&plan), ["service", "contract", "credit balance"]);
    assert_eq!(plan.service.unwrap().jira_project, None);
}

#[test]
fn pv_3_an_environment_awaits_its_setup_and_staff_have_a_to_do() {
    let checklist = vec!["DNS".to_owned(), "Backups".to_owned()];
    let policy =
        ProvisioningPolicy { environment_checklist: checklist.clone(), ..ProvisioningPolicy::default() };
    let plan = planned(EntitlementClass::Env, &policy, &circumstances(), &Provisioned::default());
    let environment = plan.environment.unwrap();
    assert_eq!(plan.tasks, [StaffTask::SetUpEnvironment { environment: environment.id, checklist }]);
    let created = environment.create(circumstances().now);
    assert_eq!((created.name(), created.status()), ("A ENV", EnvironmentStatus::AwaitingSetup));
    assert!(!created.visible_to_customers());
}

#[test]
fn pv_5_the_license_is_for_the_sites_of_the_product() {
    let plan = by_default(EntitlementClass::Plg);
    let license = plan.license.unwrap().issue(LicenseKey::from_bytes([9; 15]), circumstances().now);
    assert_eq!((license.sites_allowed(), license.status()), (3, LicenseStatus::Active));
    assert_eq!(license.record().product, Some(a_product(EntitlementClass::Plg).id()));
}

#[test]
fn pv_8_an_affiliate_gets_the_rate_and_a_code() {
    let affiliate = by_default(EntitlementClass::Afl).affiliate.unwrap();
    let record = affiliate.enrol(ReferralCode::from_bytes([1; 5]), circumstances().now);
    assert_eq!((record.id, record.rate.basis_points()), (affiliate.id, 1_000));
}

#[test]
fn pv_1_what_is_not_automatic_waits_for_staff() {
    let policy = ProvisioningPolicy { automatic: false, ..ProvisioningPolicy::default() };
    for class in EntitlementClass::VARIANTS.iter().copied() {
        let waiting = planned(class, &policy, &circumstances(), &Provisioned::default());
        assert_eq!((made(&waiting).len(), waiting.tasks), (0, vec![StaffTask::Provision]), "{class}");
        let by_hand = Circumstances { trigger: Trigger::ByHand, ..circumstances() };
        let plan = planned(class, &policy, &by_hand, &Provisioned::default());
        assert_eq!(plan, by_default(class), "{class}");
        let there = carried_out(&plan, Provisioned::default());
        assert!(planned(class, &policy, &circumstances(), &there).is_empty(), "{class}");
    }
}

#[test]
fn en_3_without_product_and_order() {
    let bare = Circumstances { order: None, invoices: Vec::new(), ..circumstances() };
    for class in EntitlementClass::VARIANTS.iter().copied() {
        let result = plan(
            &active(class),
            None,
            &ProvisioningPolicy::default(),
            &bare,
            &Provisioned::default(),
            &mut counting(),
        );
        let expected: &[&str] = match class {
            EntitlementClass::Plg | EntitlementClass::Svc => {
                assert_eq!(result, Err(PlanError::ProductNeeded { class }));
                continue;
            }
            EntitlementClass::Env => &["environment"],
            EntitlementClass::Ord => &["download"],
            EntitlementClass::Afl => &["affiliate"],
            EntitlementClass::Edu => &["document", "download"],
        };
        assert_eq!(made(&result.unwrap()), expected, "{class}");
    }
}

#[test]
fn pv_1_another_product_is_refused() {
    let result = plan(
        &active(EntitlementClass::Plg),
        Some(&a_product(EntitlementClass::Svc)),
        &ProvisioningPolicy::default(),
        &circumstances(),
        &Provisioned::default(),
        &mut counting(),
    );
    assert!(matches!(result, Err(PlanError::OtherProduct { .. })));
}

#[test]
fn en_1_an_invoice_that_comes_later_is_linked_later() {
    let class = EntitlementClass::Ord;
    let unbilled = Circumstances { invoices: Vec::new(), ..circumstances() };
    let policy = ProvisioningPolicy::default();
    let first = planned(class, &policy, &unbilled, &Provisioned::default());
    let there = carried_out(&first, Provisioned::default());
    let twice = vec![Uuid::from_u128(12).into(); 2];
    let billed = Circumstances { invoices: twice, ..circumstances() };
    let second = planned(class, &policy, &billed, &there);
    assert_eq!((made(&second), second.invoice_links.len()), (vec!["invoice link"], 1));
}

#[test]
fn en_5_what_was_provisioned_can_be_previewed() {
    let kinds = |class| {
        let there = carried_out(&by_default(class), Provisioned::default());
        let policy = policy_resolver::kinds::CancellationPolicy::default();
        let preview =
            crate::preview(crate::Standing::Live, crate::Standing::Cancelled, &there.resources(), &policy);
        preview.effects.iter().map(|effect| effect.kind).collect::<Vec<_>>()
    };
    assert_eq!(kinds(EntitlementClass::Plg), [ResourceKind::License]);
    assert_eq!(kinds(EntitlementClass::Env), [ResourceKind::Environment]);
    assert_eq!(kinds(EntitlementClass::Svc), [ResourceKind::Contract, ResourceKind::CreditBalance]);
    assert_eq!(kinds(EntitlementClass::Ord), []);
}

proptest! {
    #[test]
    fn pv_1_provisioning_twice_yields_the_same_resources(
        class in 0usize..6, create_contract: bool, automatic: bool, by_hand: bool, approved: bool,
        kept in prop::collection::vec(any::<bool>(), 10)
    ) {
        let class = EntitlementClass::VARIANTS[class];
        let service_status = if approved { ServiceStart::Approved } else { ServiceStart::Proposal };
        let policy = ProvisioningPolicy {
            create_contract, automatic, service_status, ..ProvisioningPolicy::default()
        };
        let trigger = if by_hand { Trigger::ByHand } else { Trigger::Automatic };
        let circumstances = Circumstances { trigger, ..circumstances() };
        // Half of it is there already, whichever half.
        let whole = carried_out(&by_default(class), Provisioned::default());
        let keep = |index: usize| kept.get(index).copied().unwrap_or(false);
        let mut there = whole;
        let clear: [fn(&mut Provisioned); 10] = [
            |it| it.licenses.clear(), |it| it.environments.clear(), |it| it.contracts.clear(),
            |it| it.services.clear(), |it| it.included_credits_granted = false, |it| it.affiliates.clear(),
            |it| it.downloads.clear(), |it| it.documents.clear(), |it| it.orders.clear(), |it| it.invoices.clear(),
        ];
        for (index, clear) in clear.into_iter().enumerate() {
            if !keep(index) {
                clear(&mut there);
            }
        }
        let first = planned(class, &policy, &circumstances, &there);
        prop_assert_eq!(&first, &planned(class, &policy, &circumstances, &there), "a pure function");
        let after = carried_out(&first, there);
        let second = planned(class, &policy, &circumstances, &after);
        prop_assert!(made(&second).is_empty());
        prop_assert!(second.is_empty() || first.tasks == [StaffTask::Provision]);
    }
}
