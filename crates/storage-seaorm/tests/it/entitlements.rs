//! Organizations, products, entitlements and what lies under them: every record comes back as it went in.

use entitlement::{
    AffiliateRecord, Authority, CommissionRate, Contract, ContractRecord, ContractStatus, ContractVersion,
    DnsRecord, DnsRecordType, Document, Download, Entitlement, EntitlementRecord, EntitlementStatus,
    Environment, EnvironmentConfiguration, EnvironmentRecord, EnvironmentStatus, InvoiceLink, KEY_BYTES,
    License, LicenseKey, LicenseStatus, NewCollaborator, OrderLink, OrganizationDetails, Product,
    ProductRecord, ReferralCode, Role, Scope, StoredFile, SupportClass, Team,
};
use kernel::{EntitlementClass, Standing, StoreError};
use policy_resolver::kinds::SlaPolicy;
use service_delivery::access::Members as _;
use storage_seaorm::testing::TestDatabase;
use strum::VariantArray;
use time::macros::date;

use crate::{
    on_both,
    support::{World, at, begin, brl, duplicate, entitlement, environment, id, now, organization, product},
};

on_both! {
    an_organization_and_its_team_round_trip,
    or_2_whoever_has_a_mailbox_is_found_in_every_organization,
    a_product_round_trips,
    od_4_a_line_keeps_the_product_as_it_sold_it,
    an_entitlement_round_trips_in_every_status,
    a_license_round_trips_with_its_sites,
    an_environment_round_trips,
    a_contract_round_trips_with_its_versions,
    en_3_an_attached_organization_reaches_what_lies_below,
    pv_1_what_exists_is_found,
}

async fn an_organization_and_its_team_round_trip(db: TestDatabase) {
    let acme = organization("Acme");
    let mut uow = begin(&db).await;
    uow.entitlements().insert_organization(&acme).await.unwrap();
    assert_eq!(uow.entitlements().organization(acme.id()).await.unwrap().as_ref(), Some(&acme));
    assert_eq!(uow.entitlements().team(acme.id()).await, Ok(Team::new(acme.id())));
    uow.commit().await.unwrap();

    let mut uow = begin(&db).await;
    let mut stored = uow.entitlements().lock_organization(acme.id()).await.unwrap().unwrap();
    let details = OrganizationDetails {
        name: "Ácme 😀".to_owned(),
        legal_name: "Acme SA".to_owned(),
        tax_id: None,
        country: "AR".to_owned(),
        locale: entitlement::Locale::Es,
        currency: "ARS".to_owned(),
        billing_email: "otro@example.com".to_owned(),
    };
    stored.edit(details).unwrap();
    uow.entitlements().save_organization(&stored).await.unwrap();
    let mut expected = stored.record().clone();
    expected.version = 2;
    let saved = uow.entitlements().organization(acme.id()).await.unwrap().unwrap();
    assert_eq!(saved.record(), &expected);
    // Whoever still has the first version is stale.
    let late = uow.entitlements().save_organization(&stored).await;
    assert_eq!(late, Err(StoreError::Stale { entity: "organization" }));

    let mut team = Team::new(acme.id());
    let somebody = |email: &str, role, scopes: &[Scope]| NewCollaborator {
        id: id(),
        name: "Ana".to_owned(),
        email: email.to_owned(),
        role,
        scopes: scopes.to_vec(),
    };
    let owner =
        team.add(somebody("ana@example.com", Role::Owner, &[]), &Authority::Staff, now()).unwrap().clone();
    let member = somebody("bia@example.com", Role::Member, &[Scope::Team, Scope::Requests]);
    let member = team.add(member, &Authority::Staff, now()).unwrap().clone();
    for one in [&owner, &member] {
        uow.entitlements().insert_collaborator(one).await.unwrap();
    }
    assert_eq!(uow.entitlements().team(acme.id()).await.unwrap(), team);
    let guest =
        team.change(member.id(), "Bia", Role::Guest, &[Scope::Billing], &Authority::Staff).unwrap().clone();
    uow.entitlements().save_collaborator(&guest).await.unwrap();
    let stored = uow.entitlements().team(acme.id()).await.unwrap();
    assert_eq!(stored.member(member.id()).map(|one| (one.role(), one.version())), Some((Role::Guest, 2)));
    let stale = uow.entitlements().remove_collaborator(&guest).await;
    assert_eq!(stale, Err(StoreError::Stale { entity: "collaborator" }));
    uow.entitlements().remove_collaborator(stored.member(member.id()).unwrap()).await.unwrap();
    assert_eq!(uow.entitlements().team(acme.id()).await.unwrap().members().len(), 1);
    uow.commit().await.unwrap();

    // OR-2: no two of a team share a mailbox, whatever its spelling.
    let mut other = Team::new(acme.id());
    let twin = other.add(somebody("ANA@example.com", Role::Owner, &[]), &Authority::Staff, now()).unwrap();
    let mut uow = begin(&db).await;
    let taken = uow.entitlements().insert_collaborator(twin).await;
    assert_eq!(duplicate(taken), "collaborator_organization_id_email_key");
}

async fn or_2_whoever_has_a_mailbox_is_found_in_every_organization(db: TestDatabase) {
    let mut uow = begin(&db).await;
    let mut people = Vec::new();
    for (name, email) in
        [("Acme", "ana@example.com"), ("Globex", "Ana@Example.com"), ("Initech", "anna@example.com")]
    {
        let organization = organization(name);
        uow.entitlements().insert_organization(&organization).await.unwrap();
        let mut team = Team::new(organization.id());
        let (email, name) = (email.to_owned(), "Ana".to_owned());
        let new = NewCollaborator { id: id(), name, email, role: Role::Owner, scopes: vec![] };
        let one = team.add(new, &Authority::Staff, now()).unwrap().clone();
        uow.entitlements().insert_collaborator(&one).await.unwrap();
        people.push(one);
    }
    uow.commit().await.unwrap();
    let mut found = db.collaborators_at(&"ANA@example.com".parse().unwrap()).await.unwrap();
    found.sort_by_key(|own| people.iter().position(|one| one == own));
    assert_eq!(found, people[..2]);
    let nobody = db.collaborators_at(&"a_a@example.com".parse().unwrap()).await;
    assert_eq!(nobody, Ok(vec![]));
}

/// With as little as a product may have.
fn a_plugin() -> Product {
    let service = product("PLG-BACKUP");
    Product::restore(ProductRecord {
        class: EntitlementClass::Plg,
        terms: entitlement::ProductTerms {
            term_months: None,
            tier: None,
            service: None,
            credits_included: entitlement::CreditAmount::ZERO,
            sites_allowed: Some(3),
            ..service.terms().clone()
        },
        ..service.record().clone()
    })
    .unwrap()
}

async fn a_product_round_trips(db: TestDatabase) {
    let mut uow = begin(&db).await;
    let (service, plugin) = (product("SVC-GOLD"), a_plugin());
    for product in [&service, &plugin] {
        uow.entitlements().insert_product(product).await.unwrap();
        assert_eq!(uow.entitlements().product(product.id()).await.unwrap().as_ref(), Some(product));
        assert_eq!(uow.entitlements().find_product(product.sku()).await, Ok(Some(product.id())));
    }
    let mut stored = uow.entitlements().lock_product(plugin.id()).await.unwrap().unwrap();
    stored.deactivate();
    uow.entitlements().save_product(&stored).await.unwrap();
    let saved = uow.entitlements().product(plugin.id()).await.unwrap().unwrap();
    assert_eq!((saved.is_active(), saved.version()), (false, 2));
    assert_eq!(uow.entitlements().product(id()).await, Ok(None));
    let twin = uow.entitlements().insert_product(&product("SVC-GOLD")).await;
    assert_eq!(duplicate(twin), "product_sku_key");
}

async fn od_4_a_line_keeps_the_product_as_it_sold_it(db: TestDatabase) {
    let world = World::new(&db).await;
    let mut uow = begin(&db).await;
    let order = uow.billing().lock_order(world.order).await.unwrap().unwrap();
    let older = order.lines()[1].id;
    let sold = uow.entitlements().lock_product(world.product).await.unwrap().unwrap();
    let mut changed = sold.clone();
    let terms = entitlement::ProductTerms {
        price: brl("1"),
        term_months: None,
        tier: None,
        credits_included: entitlement::CreditAmount::ZERO,
        ..sold.terms().clone()
    };
    changed.edit(terms).unwrap();
    changed.deactivate();
    uow.entitlements().save_product(&changed).await.unwrap();
    assert_eq!(uow.entitlements().sold_product(world.order_line).await, Ok(Some(sold)));
    assert_eq!(uow.entitlements().sold_product(older).await, Ok(None), "an older server kept nothing");

    let plugin = a_plugin();
    uow.entitlements().insert_sold_product(older, &plugin).await.unwrap();
    assert_eq!(uow.entitlements().sold_product(older).await, Ok(Some(plugin.clone())));
    uow.commit().await.unwrap();
    let mut uow = begin(&db).await;
    uow.entitlements().insert_sold_product(older, &plugin).await.unwrap();
    assert_eq!(duplicate(uow.commit().await), "sold_product_pkey");

    db.execute("UPDATE sold_product SET product = '{}'").await.unwrap();
    let mut uow = begin(&db).await;
    let broken = uow.entitlements().sold_product(older).await;
    assert!(matches!(broken, Err(StoreError::Corrupt { entity: "sold product", .. })), "{broken:?}");
}

async fn an_entitlement_round_trips_in_every_status(db: TestDatabase) {
    let world = World::new(&db).await;
    for (number, status) in (10..).zip(EntitlementStatus::VARIANTS.iter().copied()) {
        use EntitlementStatus as S;
        let over = matches!(status, S::Expired | S::Cancelled);
        let record = EntitlementRecord {
            status,
            order_line: Some(world.order_line),
            product: Some(world.product),
            past_due_since: (status == S::PastDue).then(now),
            suspended_at: (status == S::Suspended).then(now),
            cancel_at: (!over).then(now),
            expired_at: (status == S::Expired).then(now),
            renewal_grace_ends_at: (status == S::Expired).then(now),
            cancelled_at: (status == S::Cancelled).then(now),
            term: None,
            ..entitlement(&format!("SVC-20260500{number}"), None)
        };
        let it = Entitlement::restore(record).unwrap();
        let mut uow = begin(&db).await;
        uow.entitlements().insert_entitlement(&it).await.unwrap();
        uow.commit().await.unwrap();
        let mut uow = begin(&db).await;
        let store = uow.entitlements();
        assert_eq!(store.share_entitlement(it.id()).await.unwrap().as_ref(), Some(&it), "{status}");
        assert_eq!(store.lock_entitlement(it.id()).await.unwrap().as_ref(), Some(&it));
        assert_eq!(store.find_entitlement(it.record().code).await, Ok(Some(it.id())));
        store.save_entitlement(&it).await.unwrap();
        assert_eq!(store.lock_entitlement(it.id()).await.unwrap().unwrap().record().version, 2);
        let late = store.save_entitlement(&it).await;
        assert_eq!(late, Err(StoreError::Stale { entity: "entitlement" }));
        uow.commit().await.unwrap();
    }
    let mut uow = begin(&db).await;
    let bought = uow.entitlements().entitlements_of(world.order_line).await.unwrap();
    assert_eq!(bought.len(), 1 + EntitlementStatus::VARIANTS.len());
    assert_eq!(bought[0], world.entitlement);
    let twin = Entitlement::restore(entitlement("SVC-2026050001", None)).unwrap();
    let twin = uow.entitlements().insert_entitlement(&twin).await;
    assert_eq!(duplicate(twin), "entitlement_code_key");
}

async fn a_license_round_trips_with_its_sites(db: TestDatabase) {
    let world = World::new(&db).await;
    let key = LicenseKey::from_bytes([7; KEY_BYTES]);
    let mut license = License::new(id(), world.entitlement, Some(world.product), key, 3, now());
    let site = |text: &str| text.parse().unwrap();
    // Activated in this order, at one instant.
    for address in ["zeta.example.com", "alpha.example.com"] {
        license.activate_site(site(address), Standing::Live, now()).unwrap();
    }
    let mut uow = begin(&db).await;
    let store = uow.entitlements();
    store.insert_license(&license).await.unwrap();
    assert_eq!(store.license(license.id()).await.unwrap().as_ref(), Some(&license));
    assert_eq!(store.find_license(key).await, Ok(Some(license.id())));
    let mut stored = store.lock_license(license.id()).await.unwrap().unwrap();
    let _ = stored.deactivate_site(&site("zeta.example.com"));
    stored.activate_site(site("beta.example.com"), Standing::Live, at("2026-06-01T00:00:00Z")).unwrap();
    store.save_license(&stored).await.unwrap();
    let saved = store.license(license.id()).await.unwrap().unwrap();
    let mut expected = stored.record().clone();
    expected.version = 2;
    assert_eq!(saved.record(), &expected);
    assert_eq!(store.save_license(&stored).await, Err(StoreError::Stale { entity: "license" }));
    for status in [LicenseStatus::Inactive, LicenseStatus::Revoked] {
        let mut record = store.license(license.id()).await.unwrap().unwrap().record().clone();
        record.status = status;
        store.save_license(&License::restore(record).unwrap()).await.unwrap();
        assert_eq!(store.license(license.id()).await.unwrap().unwrap().record().status, status);
    }
    let twin = License::new(id(), world.entitlement, None, key, 1, now());
    assert_eq!(duplicate(store.insert_license(&twin).await), "license_key_key");
}

async fn an_environment_round_trips(db: TestDatabase) {
    let world = World::new(&db).await;
    for status in EnvironmentStatus::VARIANTS {
        let bare = *status == EnvironmentStatus::AwaitingSetup;
        let full = EnvironmentConfiguration {
            staging_url: Some("https://staging.example.com/".to_owned()),
            backup_schedule: Some("30 2 * * *".to_owned()),
            dns_records: vec![
                DnsRecord {
                    record_type: DnsRecordType::Aaaa,
                    name: "campus".to_owned(),
                    value: "2001:db8::1".to_owned(),
                    ttl_seconds: Some(300),
                },
                DnsRecord {
                    record_type: DnsRecordType::Txt,
                    name: "@".to_owned(),
                    value: "v=spf1 \"-all\" 'é'".to_owned(),
                    ttl_seconds: None,
                },
            ],
            credit_balance: Some(world.balance),
            jira_project: Some("ACME".to_owned()),
            ..environment(world.entitlement).configuration
        };
        let record = EnvironmentRecord {
            configuration: if bare { EnvironmentConfiguration::default() } else { full },
            status: *status,
            activated_at: (!bare).then(now),
            decommissioned_at: (*status == EnvironmentStatus::Decommissioned).then(now),
            ..environment(world.entitlement)
        };
        let it = Environment::restore(record).unwrap();
        let mut uow = begin(&db).await;
        let store = uow.entitlements();
        store.insert_environment(&it).await.unwrap();
        assert_eq!(store.environment(it.id()).await.unwrap().as_ref(), Some(&it));
        assert_eq!(store.share_environment(it.id()).await.unwrap().as_ref(), Some(&it));
        assert_eq!(store.lock_environment(it.id()).await.unwrap().as_ref(), Some(&it));
        store.save_environment(&it).await.unwrap();
        assert_eq!(store.lock_environment(it.id()).await.unwrap().unwrap().record().version, 2);
        assert_eq!(store.save_environment(&it).await, Err(StoreError::Stale { entity: "environment" }));
        uow.commit().await.unwrap();
    }
}

async fn a_contract_round_trips_with_its_versions(db: TestDatabase) {
    let world = World::new(&db).await;
    let version = |day, terms: &str, value: &str| ContractVersion {
        effective_on: day,
        terms: terms.to_owned(),
        value: brl(value),
        recorded_at: now(),
    };
    let mut before = None;
    for (number, status) in (1..).zip(ContractStatus::VARIANTS.iter().copied()) {
        let signed = status != ContractStatus::Draft;
        let record = ContractRecord {
            id: id(),
            code: format!("CT-2026{number:04}").parse().unwrap(),
            entitlement: world.entitlement,
            support_class: SupportClass::Enterprise,
            sla: signed.then(|| SlaPolicy::for_support_class(SupportClass::Enterprise)),
            starts_on: date!(2025 - 01 - 31),
            ends_on: date!(2026 - 01 - 30),
            anchor_on: date!(2025 - 01 - 31),
            anchor_months: 12,
            versions: vec![version(date!(2025 - 01 - 31), "As agreed.", "12000.00")],
            status,
            renews: before,
            signed_at: signed.then(now),
            terminated_at: (status == ContractStatus::Terminated).then(now),
            version: 1,
            created_at: now(),
        };
        before = Some(record.id);
        let it = Contract::restore(record.clone()).unwrap();
        let mut uow = begin(&db).await;
        let store = uow.entitlements();
        store.insert_contract(&it).await.unwrap();
        assert_eq!(store.contract(it.id()).await.unwrap().as_ref(), Some(&it));
        assert_eq!(store.find_contract(record.code).await, Ok(Some(it.id())));
        let mut amended = record.clone();
        amended.versions.push(version(date!(2025 - 06 - 01), "", "15000"));
        store.save_contract(&Contract::restore(amended.clone()).unwrap()).await.unwrap();
        amended.version = 2;
        assert_eq!(store.lock_contract(it.id()).await.unwrap().unwrap().record(), &amended);
        assert_eq!(store.save_contract(&it).await, Err(StoreError::Stale { entity: "contract" }));
        uow.commit().await.unwrap();
        if let Some(renewed) = record.renews {
            let twin = Contract::restore(ContractRecord {
                id: id(),
                code: "CT-20269999".parse().unwrap(),
                renews: Some(renewed),
                ..record
            });
            let mut uow = begin(&db).await;
            let twin = uow.entitlements().insert_contract(&twin.unwrap()).await;
            assert_eq!(duplicate(twin), "contract_renews_id_key");
        }
    }
}

async fn en_3_an_attached_organization_reaches_what_lies_below(db: TestDatabase) {
    let world = World::new(&db).await;
    let mut uow = begin(&db).await;
    let store = uow.entitlements();
    let mut sovereign = Entitlement::restore(entitlement("SVC-2026050002", None)).unwrap();
    store.insert_entitlement(&sovereign).await.unwrap();
    let below = Environment::restore(environment(sovereign.id())).unwrap();
    store.insert_environment(&below).await.unwrap();
    uow.commit().await.unwrap();
    let of_nobody = "SELECT count(*) FROM environment WHERE organization_id IS NULL";
    assert_eq!(db.number(of_nobody).await, Ok(1));

    let mut uow = begin(&db).await;
    sovereign.attach_organization(world.organization).unwrap();
    uow.entitlements().save_entitlement(&sovereign).await.unwrap();
    uow.work().attach_organization(sovereign.id(), world.organization).await.unwrap();
    // What is stored later on is the organization's from the start.
    let key = LicenseKey::from_bytes([9; KEY_BYTES]);
    let license = License::new(id(), sovereign.id(), None, key, 1, now());
    uow.entitlements().insert_license(&license).await.unwrap();
    uow.commit().await.unwrap();
    assert_eq!(db.number(of_nobody).await, Ok(0));
    assert_eq!(db.number("SELECT count(*) FROM license WHERE organization_id IS NULL").await, Ok(0));
}

async fn pv_1_what_exists_is_found(db: TestDatabase) {
    let world = World::new(&db).await;
    let under = world.entitlement;
    let mut uow = begin(&db).await;
    let store = uow.entitlements();
    let key = LicenseKey::from_bytes([8; KEY_BYTES]);
    let license = License::new(id(), under, None, key, 1, now());
    store.insert_license(&license).await.unwrap();
    let product = Some(world.product);
    let download =
        Download { id: id(), entitlement: under, product, title: "Plugin".into(), created_at: now() };
    store.insert_download(&download).await.unwrap();
    let file = StoredFile {
        key: "a/b".to_owned(),
        size: 1 << 40,
        media_type: "application/pdf".to_owned(),
        sha256: [0xab; 32],
    };
    let document = Document {
        id: id(),
        entitlement: under,
        title: "Report".into(),
        file: Some(file),
        created_at: now(),
    };
    store.insert_document(&document).await.unwrap();
    let affiliate = AffiliateRecord {
        id: id(),
        entitlement: under,
        code: ReferralCode::from_bytes([1, 2, 3, 4, 5]),
        rate: CommissionRate::from_basis_points(1_000).unwrap(),
        created_at: now(),
    };
    store.insert_affiliate(&affiliate).await.unwrap();
    let link = OrderLink { entitlement: under, order: world.order };
    store.link_order(link).await.unwrap();
    store.link_order(link).await.unwrap();
    let invoice = crate::billing::draft_invoice(world.organization);
    uow.billing().insert_invoice(&invoice).await.unwrap();
    let link = InvoiceLink { entitlement: under, invoice: invoice.id() };
    uow.entitlements().link_invoice(link).await.unwrap();
    uow.entitlements().link_invoice(link).await.unwrap();
    uow.commit().await.unwrap();

    let mut uow = begin(&db).await;
    let found = uow.entitlements().resources_of(under).await.unwrap();
    assert_eq!(found.licenses, [(license.id(), LicenseStatus::Active)]);
    assert_eq!(found.environments, [(world.environment, EnvironmentStatus::Active)]);
    assert_eq!(found.services, [world.service]);
    assert_eq!(found.credit_balance, Some(world.balance));
    assert!(!found.included_credits_granted);
    assert_eq!((found.downloads, found.documents), (vec![download.id], vec![document.id]));
    assert_eq!(found.affiliates, [affiliate.id]);
    assert_eq!((found.orders, found.invoices), (vec![world.order], vec![invoice.id()]));
    let none = uow.entitlements().resources_of(id()).await.unwrap();
    assert_eq!(none, entitlement::Provisioned::default());
    let twin = uow.entitlements().insert_affiliate(&AffiliateRecord { id: id(), ..affiliate }).await;
    assert_eq!(duplicate(twin), "affiliate_code_key");
}
