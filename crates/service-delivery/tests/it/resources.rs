//! Licenses (PV-5), environments (PV-3, PV-4), grants (CR-2), products (OD-1).

use entitlement::{DnsRecord, DnsRecordType, NewProduct, SiteActivated, SiteDeactivated, Validity};
use kernel::{EntitlementClass, ServiceType, StoreError};
use service_delivery::{EnvironmentChange, GrantCredits, Made, Refusal};
use storage_seaorm::testing::TestDatabase;
use tokio::task::JoinSet;
use ust_credits::{CatalogItemContent, Complexity};

use crate::{
    on_both,
    support::{
        World, a_request,
        asked::*,
        credits, illegal, missing, rule,
        sold::{configured, granting},
        terms, wrong,
    },
};

on_both!(
    pv_5_a_license_is_activated_on_so_many_sites,
    pv_5_many_sites_at_once_never_exceed_the_allowance,
    pv_3_configurations_are_checked_and_stay_complete,
    cr_2_grants_are_lots_and_a_reference_is_one_grant,
    cr_12_a_low_balance_is_told_once_on_the_way_down,
    od_1_products_are_put_on_and_off_sale,
    od_1_a_sku_or_code_by_many_at_once_is_taken_once,
);

async fn a_license(w: &World, sites: u32) -> String {
    let acme = w.organization("Acme").await;
    let product = w.product(EntitlementClass::Plg, |terms| terms.sites_allowed = Some(sites)).await;
    let entitlement = w.bought(acme, product).await;
    let id = w.under_entitlement(entitlement).await.licenses[0].0;
    w.license(id).await.key().to_string()
}

async fn pv_5_a_license_is_activated_on_so_many_sites(db: TestDatabase) {
    let w = World::new(db);
    let key = a_license(&w, 2).await;
    let activate = |site: &'static str| w.app.activate_license(&w.staff, &key, site);
    let (outcome, events) = w.told(activate("https://One.example.com/")).await;
    assert_eq!((outcome, events), (SiteActivated::Activated, vec!["license.activated".to_owned()]));
    assert_eq!(w.idle(activate("one.example.com")).await, SiteActivated::AlreadyActivated, "counts once");
    let validate = |site: &'static str| w.app.validate_license(&w.staff, &key, site);
    assert_eq!(w.idle(validate("one.example.com")).await, Validity::Valid);
    assert_eq!(w.idle(validate("two.example.com")).await, Validity::NotActivated);
    activate("two.example.com").await.unwrap();
    assert_eq!(rule(&w.refused(activate("three.example.com")).await), "sites-exhausted");

    let deactivate = |site: &'static str| w.app.deactivate_license(&w.staff, &key, site);
    let (outcome, events) = w.told(deactivate("one.example.com")).await;
    assert_eq!((outcome, events), (SiteDeactivated::Deactivated, vec!["license.deactivated".to_owned()]));
    assert_eq!(w.idle(deactivate("one.example.com")).await, SiteDeactivated::NotActivated);
    activate("three.example.com").await.unwrap();

    // Easy to type: small letters, other separators.
    let typed = key.to_lowercase().replace('-', " ");
    let seen = w.app.validate_license(&w.staff, &typed, "three.example.com").await.unwrap();
    assert_eq!(seen, Validity::Valid);
    assert_eq!(wrong(&w.refused(w.app.activate_license(&w.staff, "ABC", "x.example.com")).await), ["key"]);
    assert_eq!(wrong(&w.refused(activate("no site at all")).await), ["site"]);
    let unknown = entitlement::LicenseKey::from_bytes([7; 15]).to_string();
    let refusal = w.refused(w.app.activate_license(&w.staff, &unknown, "x.example.com")).await;
    assert_eq!(missing(&refusal), "license");
}

async fn pv_5_many_sites_at_once_never_exceed_the_allowance(db: TestDatabase) {
    let w = World::new(db);
    let key = a_license(&w, 5).await;
    let mut running = JoinSet::new();
    for index in 0..30 {
        let (app, staff, key) = (w.app.clone(), w.staff.clone(), key.clone());
        // Ten sites, each by three at once.
        let site = format!("site{}.example.com", index % 10);
        running.spawn(async move { app.activate_license(&staff, &key, &site).await });
    }
    let outcomes = running.join_all().await;
    let fresh = outcomes.iter().filter(|outcome| **outcome == Ok(SiteActivated::Activated)).count();
    assert_eq!(fresh, 5);
    assert_eq!(w.count("license_site", "1 = 1").await, 5);
    assert_eq!(w.events("license.activated").await, 5);
    for refusal in outcomes.iter().filter_map(|outcome| outcome.as_ref().err()) {
        assert_eq!(rule(refusal), "sites-exhausted");
    }
}

async fn pv_3_configurations_are_checked_and_stay_complete(db: TestDatabase) {
    let w = World::new(db);
    let acme = w.organization("Acme").await;
    let product = w.product(EntitlementClass::Env, |_| {}).await;
    let entitlement = w.bought(acme, product).await;
    let id = w.under_entitlement(entitlement).await.environments[0].0;
    let configure = |configuration, expected| {
        let app = w.app.clone();
        let staff = w.staff.clone();
        async move { app.configure_environment(&staff, id, &configuration, expected).await }
    };
    let mut bad = configured(None);
    bad.primary_url = Some("campus".to_owned());
    bad.backup_schedule = Some("at night".to_owned());
    bad.dns_records = vec![DnsRecord {
        record_type: DnsRecordType::A,
        name: String::new(),
        value: "192.0.2.1".to_owned(),
        ttl_seconds: None,
    }];
    let refusal = w.refused(configure(bad, None)).await;
    assert_eq!(wrong(&refusal), ["primary_url", "backup_schedule", "dns_records[0].name"]);
    let mut tied = configured(Some(w.fresh()));
    tied.contract = Some(w.fresh());
    assert_eq!(wrong(&w.refused(configure(tied, None)).await), ["contract", "credit_balance_id"]);

    let mut good = configured(None);
    good.backup_schedule = Some("30  2 * * *".to_owned());
    configure(good.clone(), Some(1)).await.unwrap();
    let stale = w.refused(configure(good.clone(), Some(1))).await;
    assert!(matches!(stale, Refusal::Store(StoreError::Stale { .. })));
    assert_eq!(w.environment(id).await.configuration().backup_schedule.as_deref(), Some("30 2 * * *"));

    let change = |change| w.app.change_environment(&w.staff, id, change);
    change(EnvironmentChange::Activate).await.unwrap();
    assert_eq!(illegal(&w.refused(change(EnvironmentChange::Activate)).await).0, "active");
    assert_eq!(illegal(&w.refused(change(EnvironmentChange::EndMaintenance)).await).0, "active");
    // What made it active stays there.
    let mut bare = good;
    bare.server = None;
    assert_eq!(wrong(&w.refused(configure(bare, None)).await), ["server"]);
    let nowhere = w.app.change_environment(&w.staff, w.fresh(), EnvironmentChange::Activate);
    assert_eq!(missing(&w.refused(nowhere).await), "environment");
}

async fn cr_2_grants_are_lots_and_a_reference_is_one_grant(db: TestDatabase) {
    let w = World::new(db);
    let support = w.acme_support("10").await;
    let shop = GrantCredits { external_ref: Some("shop 9".to_owned()), ..granting("5") };
    let (made, events) = w.told(w.app.grant_credits(&w.staff, support.balance, &shop)).await;
    assert_eq!(events, ["credits.granted"]);
    let again = w.idle(w.app.grant_credits(&w.staff, support.balance, &shop)).await;
    assert_eq!(again, Made::Existing(made.into_inner()));
    let more = GrantCredits { amount: credits("6"), ..shop.clone() };
    assert_eq!(
        rule(&w.refused(w.app.grant_credits(&w.staff, support.balance, &more)).await),
        "external-ref-taken"
    );
    let nothing = GrantCredits { amount: credits("0"), external_ref: None, ..shop.clone() };
    assert_eq!(wrong(&w.refused(w.app.grant_credits(&w.staff, support.balance, &nothing)).await), ["amount"]);
    let past = GrantCredits { expires_at: Some(w.now()), external_ref: None, ..shop.clone() };
    assert_eq!(
        wrong(&w.refused(w.app.grant_credits(&w.staff, support.balance, &past)).await),
        ["expires_at"]
    );
    assert_eq!(missing(&w.refused(w.app.grant_credits(&w.staff, w.fresh(), &shop)).await), "credit balance");
    // Not usable yet; then usable; then gone, whatever ran meanwhile (CR-3, CR-8).
    let later = GrantCredits {
        usable_from: Some(w.now().plus_days(10)),
        expires_at: Some(w.now().plus_days(20)),
        ..granting("7")
    };
    w.app.grant_credits(&w.staff, support.balance, &later).await.unwrap();
    for (days, usable) in [(0, "15"), (10, "22"), (10, "15")] {
        w.clock.days_pass(days);
        assert_eq!(w.balance(support.balance).await.usable(w.now()), credits(usable));
    }
    w.grant(support.balance, "1").await;
    assert_eq!(w.balance(support.balance).await.totals().expired, credits("7"));
    w.audit().await;
}

async fn cr_12_a_low_balance_is_told_once_on_the_way_down(db: TestDatabase) {
    let w = World::with(db, serde_json::json!({"credits": {"low_balance_at": "4"}}));
    let support = w.acme_support("10").await;
    let told = async || w.events("credit_balance.low").await;
    // Armed when it is seen above: by the first change that is.
    w.asked(&a_request(support.service).estimated("1"), Until::Draft).await;
    assert_eq!(told().await, 0);
    w.asked(&a_request(support.service).estimated("5"), Until::Draft).await;
    assert_eq!(told().await, 1);
    let id = w.asked(&a_request(support.service).estimated("1"), Until::Draft).await;
    assert_eq!(told().await, 1, "once");
    w.grant(support.balance, "10").await;
    w.app.cancel_request(&w.staff, id, None).await.unwrap();
    w.asked(&a_request(support.service).estimated("12"), Until::Draft).await;
    assert_eq!(told().await, 2, "armed again above");
}

async fn od_1_products_are_put_on_and_off_sale(db: TestDatabase) {
    let w = World::new(db);
    let new = NewProduct {
        sku: "SVC-GOLD".parse().unwrap(),
        class: EntitlementClass::Svc,
        terms: terms(EntitlementClass::Svc),
    };
    let (id, events) = w.told(w.app.create_product(&w.staff, &new)).await;
    assert_eq!(events, ["product.created"]);
    assert_eq!(rule(&w.refused(w.app.create_product(&w.staff, &new)).await), "sku-taken");
    let mut bad = terms(EntitlementClass::Svc);
    bad.service = None;
    bad.sites_allowed = Some(3);
    let wrong_class = NewProduct { sku: "SVC-BAD".parse().unwrap(), terms: bad.clone(), ..new.clone() };
    assert_eq!(wrong(&w.refused(w.app.create_product(&w.staff, &wrong_class)).await).len(), 2);
    assert_eq!(wrong(&w.refused(w.app.update_product(&w.staff, id, &bad, None)).await).len(), 2);
    w.idle(w.app.update_product(&w.staff, id, &new.terms, Some(1))).await;
    let mut dearer = new.terms.clone();
    dearer.price = crate::support::brl("1300");
    let (_, events) = w.told(w.app.update_product(&w.staff, id, &dearer, Some(1))).await;
    assert_eq!(events, ["product.updated"]);
    let stale = w.refused(w.app.update_product(&w.staff, id, &dearer, Some(1))).await;
    assert!(matches!(stale, Refusal::Store(StoreError::Stale { .. })));
    let (_, events) = w.told(w.app.deactivate_product(&w.staff, id)).await;
    assert_eq!(events, ["product.deactivated"]);
    w.idle(w.app.deactivate_product(&w.staff, id)).await;
    let (_, events) = w.told(w.app.reactivate_product(&w.staff, id)).await;
    assert_eq!(events, ["product.reactivated"]);
    assert_eq!(missing(&w.refused(w.app.deactivate_product(&w.staff, w.fresh())).await), "product");
}

async fn od_1_a_sku_or_code_by_many_at_once_is_taken_once(db: TestDatabase) {
    let w = World::new(db);
    let item = CatalogItemContent {
        code: "THEME".to_owned(),
        name: "A theme".to_owned(),
        service_type: ServiceType::Support,
        description: String::new(),
        base_credits: credits("4"),
        usual_complexity: Complexity::Low,
    };
    for round in 0..10 {
        let (mut products, mut items) = (JoinSet::new(), JoinSet::new());
        for _ in 0..8 {
            let (app, staff) = (w.app.clone(), w.staff.clone());
            let sku = format!("SVC-{round}").parse().unwrap();
            let terms = terms(EntitlementClass::Svc);
            let new = NewProduct { sku, class: EntitlementClass::Svc, terms };
            products.spawn(async move { app.create_product(&staff, &new).await.map(|_| ()) });
            let (app, staff) = (w.app.clone(), w.staff.clone());
            let content = CatalogItemContent { code: format!("THEME-{round}"), ..item.clone() };
            items.spawn(async move { app.create_catalog_item(&staff, &content).await.map(|_| ()) });
        }
        for (outcomes, name) in
            [(products.join_all().await, "sku-taken"), (items.join_all().await, "catalog-code-taken")]
        {
            assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1, "{name}");
            for refusal in outcomes.iter().filter_map(|outcome| outcome.as_ref().err()) {
                assert_eq!(rule(refusal), name, "{refusal:?}");
            }
        }
    }
}
