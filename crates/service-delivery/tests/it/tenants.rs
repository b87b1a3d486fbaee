//! Nobody reads or changes another organization's data (OR-6); teams (OR-3); keys (OR-5).

use entitlement::{OrganizationDetails, Role, Scope};
use kernel::{CollaboratorId, OrganizationId, StoreError};
use service_delivery::{
    AddCollaborator, ChangeCollaborator, CompleteRequest, EntitlementChange, EnvironmentChange, Refusal,
    RequestChange, ServiceChange,
    access::{ApiKey, Grant, Keys, StaffRole},
};
use sr_workflow::{NoteVisibility, RequestEdit};
use storage_seaorm::testing::TestDatabase;

use crate::{
    on_both,
    support::{
        World, a_request,
        asked::*,
        customer, missing, owner_of, rule,
        sold::{configured, granting},
        wrong,
    },
};

on_both!(
    or_6_what_another_organization_has_does_not_exist,
    or_3_a_team_keeps_an_owner_and_only_owners_change_owners,
    or_1_organizations_are_added_and_edited,
    or_5_keys_are_made_found_and_revoked,
);

async fn or_6_what_another_organization_has_does_not_exist(db: TestDatabase) {
    let w = World::new(db);
    let acme = w.organization("Acme").await;
    let support = w.support(acme, "40").await;
    let campus = w.campus(acme, Some(support.balance)).await;
    let plugin = w.product(kernel::EntitlementClass::Plg, |_| {}).await;
    let licensed = w.bought(acme, plugin).await;
    let license = w.under_entitlement(licensed).await.licenses[0].0;
    let key = w.license(license).await.key().to_string();
    let order = w.ordering(billing::Buyer::Organization(acme), &[plugin]);
    let order = w.app.create_order(&w.staff, &order).await.unwrap().into_inner();
    let draft = w.asked(&a_request(support.service).estimated("2"), Until::Draft).await;
    let running = w.asked(&a_request(support.service).estimated("2"), Until::InProgress).await;
    let done = w.asked(&a_request(support.service).estimated("2"), Until::Completed).await;
    w.app.start_billing_run(&w.staff).await.unwrap();
    let invoice = w.ids("invoice").await[0];
    let ana = owner_of(acme);
    let head = AddCollaborator {
        name: "Ana".into(),
        email: "ana@acme.com".into(),
        role: Role::Owner,
        scopes: vec![],
    };
    let member = w.app.add_collaborator(&ana, acme, &head).await.unwrap();

    let globex = w.organization("Globex").await;
    let (eve, app) = (owner_of(globex), &w.app);
    macro_rules! unseen {
        ($($what:literal: $command:expr),* $(,)?) => {$(
            let refusal = w.refused($command).await;
            assert_eq!(missing(&refusal), $what, "{}", stringify!($command));
            assert!(!refusal.to_string().contains("Acme"), "no word of whose it is: {refusal}");
        )*};
    }
    let on_service = a_request(support.service);
    let on_campus = a_request(campus.environment);
    let content = w.service(support.service).await.record().content.clone();
    let item = w.item("THEME", "2", ust_credits::Complexity::Low).await;
    let cancel = EntitlementChange::Cancel { at_once: true };
    let change = ChangeCollaborator { name: "Eve".into(), role: Role::Owner, scopes: vec![] };
    let details = details("Globex too");
    unseen! {
        "service": app.create_request(&eve, &on_service),
        "environment": app.create_request(&eve, &on_campus),
        "environment": app.create_request(&eve, &on_campus.clone().of_catalog(item)),
        "service request": app.update_request(&eve, draft, &RequestEdit::default(), None),
        "service request": app.estimate_request(&eve, draft, &estimate_of("1")),
        "service request": app.agree_credit_value(&eve, draft, crate::support::brl("1")),
        "service request": app.move_request(&eve, draft, &RequestChange::Submit),
        "service request": app.move_request(&eve, draft, &RequestChange::Approve { on_behalf: None }),
        "service request": app.move_request(&eve, draft, &RequestChange::Start),
        "service request": app.move_request(&eve, running, &RequestChange::Hold { reason: "ha".into() }),
        "service request": app.move_request(&eve, running, &RequestChange::Resume),
        "service request": app.complete_request(&eve, running, &CompleteRequest::default()),
        "service request": app.accept_request(&eve, done),
        "service request": app.reopen_request(&eve, done, "not right"),
        "service request": app.reject_request(&eve, draft, None),
        "service request": app.cancel_request(&eve, draft, None),
        "service request": app.convert_request_to_quote(&eve, draft, None),
        "service request": app.add_note(&eve, draft, NoteVisibility::Client, "Hello"),
        "service": app.update_service(&eve, support.service, &content, None),
        "service": app.change_service(&eve, support.service, &ServiceChange::Hold),
        "credit balance": app.grant_credits(&eve, support.balance, &granting("5")),
        "entitlement": app.change_entitlement(&eve, support.entitlement, EntitlementChange::Suspend, "ha"),
        "entitlement": app.change_entitlement(&eve, support.entitlement, cancel, "ha"),
        "entitlement": app.preview_entitlement_change(&eve, support.entitlement, cancel),
        "entitlement": app.attach_organization(&eve, support.entitlement, globex),
        "environment": app.configure_environment(&eve, campus.environment, &configured(None), None),
        "environment": app.change_environment(&eve, campus.environment, EnvironmentChange::BeginMaintenance),
        "license": app.activate_license(&eve, &key, "evil.example.com"),
        "license": app.deactivate_license(&eve, &key, "evil.example.com"),
        "license": app.validate_license(&eve, &key, "evil.example.com"),
        "order": app.cancel_order(&eve, order),
        "order": app.record_payment(&eve, order, &w.paying(crate::support::brl("1"), "ha")),
        "invoice": app.issue_invoice(&eve, invoice, w.now().plus_days(9)),
        "invoice": app.pay_invoice(&eve, invoice),
        "organization": app.update_organization(&eve, acme, &details, None),
        "organization": app.add_collaborator(&eve, acme, &head),
        "organization": app.change_collaborator(&eve, acme, member, &change, None),
        "organization": app.remove_collaborator(&eve, acme, member),
        // Under one's own organization there is nobody of that id either.
        "collaborator": app.change_collaborator(&eve, globex, member, &change, None),
        "collaborator": app.remove_collaborator(&eve, globex, member),
    }
    // Nor can one's own things be tied to theirs.
    let mine = w.campus(globex, None).await;
    let refusal =
        w.refused(app.create_request(&eve, &a_request(mine.environment).paid_by(support.balance))).await;
    assert_eq!(wrong(&refusal), ["credit_balance_id"]);
    let refusal = w.refused(app.create_request(&eve, &a_request(mine.environment).after(done))).await;
    assert_eq!(wrong(&refusal), ["analysis"]);
    let mut tied = configured(Some(support.balance));
    tied.contract = w.under_entitlement(support.entitlement).await.contracts.first().map(|(id, _)| *id);
    let refusal = w.refused(app.configure_environment(&w.staff, mine.environment, &tied, None)).await;
    assert_eq!(wrong(&refusal), ["contract", "credit_balance_id"]);
    // Those whose it is are let in.
    app.accept_request(&ana, done).await.unwrap();
    assert_eq!(w.balance(support.balance).await.record().organization, Some(acme));
}

async fn or_3_a_team_keeps_an_owner_and_only_owners_change_owners(db: TestDatabase) {
    let w = World::new(db);
    let acme = w.organization("Acme").await;
    let (owner, admin) = (owner_of(acme), customer(acme, Role::Admin));
    let new = |name: &str, role| AddCollaborator {
        name: name.to_owned(),
        email: format!("{name}@acme.com"),
        role,
        scopes: vec![Scope::Requests],
    };
    let refusal = w.refused(w.app.add_collaborator(&w.staff, acme, &new("bo", Role::Member))).await;
    assert_eq!(rule(&refusal), "last-owner", "the first one is an owner");
    let (ana, events) = w.told(w.app.add_collaborator(&w.staff, acme, &new("ana", Role::Owner))).await;
    assert_eq!(events, ["collaborator.added"]);
    let bo = w.app.add_collaborator(&admin, acme, &new("bo", Role::Member)).await.unwrap();
    let mut shouted = new("bo", Role::Guest);
    shouted.email = "BO@acme.com".to_owned();
    assert_eq!(wrong(&w.refused(w.app.add_collaborator(&admin, acme, &shouted)).await), ["email"]);
    let forbidden = |refusal: Refusal| assert!(matches!(refusal, Refusal::Forbidden { .. }), "{refusal:?}");
    forbidden(w.refused(w.app.add_collaborator(&admin, acme, &new("eve", Role::Owner))).await);
    let to = |role| ChangeCollaborator { name: "A name".to_owned(), role, scopes: vec![] };
    forbidden(w.refused(w.app.change_collaborator(&admin, acme, ana, &to(Role::Admin), None)).await);
    forbidden(w.refused(w.app.change_collaborator(&admin, acme, bo, &to(Role::Owner), None)).await);
    forbidden(w.refused(w.app.remove_collaborator(&admin, acme, ana)).await);
    for attempt in [
        w.refused(w.app.change_collaborator(&owner, acme, ana, &to(Role::Admin), None)).await,
        w.refused(w.app.remove_collaborator(&owner, acme, ana)).await,
    ] {
        assert_eq!(rule(&attempt), "last-owner");
    }
    let (_, events) = w.told(w.app.change_collaborator(&owner, acme, bo, &to(Role::Owner), Some(1))).await;
    assert_eq!(events, ["collaborator.changed"]);
    let stale = w.refused(w.app.change_collaborator(&owner, acme, bo, &to(Role::Owner), Some(1))).await;
    assert!(matches!(stale, Refusal::Store(StoreError::Stale { .. })));
    let (_, events) = w.told(w.app.remove_collaborator(&owner, acme, ana)).await;
    assert_eq!(events, ["collaborator.removed"]);
    assert_eq!(missing(&w.refused(w.app.remove_collaborator(&owner, acme, ana)).await), "collaborator");
    // Two owners who remove each other at the same moment: one of them stays.
    let cy = w.app.add_collaborator(&owner, acme, &new("cy", Role::Owner)).await.unwrap();
    let to_admin = to(Role::Admin);
    let (one, other) = tokio::join!(
        w.app.remove_collaborator(&owner, acme, bo),
        w.app.change_collaborator(&owner, acme, cy, &to_admin, None)
    );
    assert!(one.is_ok() != other.is_ok(), "{one:?} {other:?}");
    assert_eq!(w.count("collaborator", "role = 'owner'").await, 1);
    let nobody: CollaboratorId = w.fresh();
    assert_eq!(missing(&w.refused(w.app.remove_collaborator(&owner, acme, nobody)).await), "collaborator");
}

fn details(name: &str) -> OrganizationDetails {
    OrganizationDetails {
        name: name.to_owned(),
        legal_name: "Educação Ltda.".to_owned(),
        tax_id: None,
        country: "BR".to_owned(),
        locale: entitlement::Locale::En,
        currency: "BRL".to_owned(),
        billing_email: "finance@example.com".to_owned(),
    }
}

async fn or_1_organizations_are_added_and_edited(db: TestDatabase) {
    let w = World::new(db);
    let bad = OrganizationDetails {
        country: "Brazil".to_owned(),
        currency: "REAL".to_owned(),
        billing_email: "nobody".to_owned(),
        ..details(" ")
    };
    let refusal = w.refused(w.app.create_organization(&w.staff, &bad)).await;
    assert_eq!(wrong(&refusal), ["name", "country", "currency", "billing_email"]);
    let (id, events) = w.told(w.app.create_organization(&w.staff, &details("Acme"))).await;
    assert_eq!(events, ["organization.created"]);
    let update = |expected| w.app.update_organization(&w.staff, id, &bad, expected);
    let stale = w.refused(update(Some(2))).await;
    assert!(matches!(stale, Refusal::Store(StoreError::Stale { .. })));
    w.refused(update(Some(1))).await;
    let new = details("Acme too");
    let (_, events) = w.told(w.app.update_organization(&w.staff, id, &new, Some(1))).await;
    assert_eq!(events, ["organization.updated"]);
    let told =
        w.db.text("SELECT CAST(after AS TEXT) FROM event ORDER BY seq DESC LIMIT 1").await.unwrap().unwrap();
    assert!(told.contains("Acme too") && !told.contains("BRL"), "only what changed: {told}");
    let unknown: OrganizationId = w.fresh();
    let refusal = w.refused(w.app.update_organization(&w.staff, unknown, &new, None)).await;
    assert_eq!(missing(&refusal), "organization");
}

async fn or_5_keys_are_made_found_and_revoked(db: TestDatabase) {
    let w = World::new(db);
    let acme = w.organization("Acme").await;
    let grant = Grant::Organization { organization: acme, role: Role::Member, scopes: vec![Scope::Requests] };
    let until = w.now().plus_days(30);
    let made = w.told(w.app.create_api_key(&w.staff, "shop", &grant, Some(until))).await;
    let ((id, secret), events) = made;
    assert_eq!(events, ["api_key.created"]);
    let told =
        w.db.text("SELECT CAST(after AS TEXT) FROM event ORDER BY seq DESC LIMIT 1").await.unwrap().unwrap();
    assert!(!told.contains(&secret.reveal()[4..]), "the secret is nowhere but here");
    let lookup = ApiKey::lookup_of(secret.reveal()).unwrap();
    let key = w.db.api_key(lookup).await.unwrap().unwrap();
    let caller = key.authenticate(secret.reveal(), w.now()).unwrap();
    assert_eq!((caller.tenant(), &caller.grant), (Some(acme), &grant));
    assert!(key.authenticate(secret.reveal(), until).is_err());

    let (_, events) = w.told(w.app.revoke_api_key(&w.staff, id)).await;
    assert_eq!(events, ["api_key.revoked"]);
    w.idle(w.app.revoke_api_key(&w.staff, id)).await;
    let key = w.db.api_key(lookup).await.unwrap().unwrap();
    assert!(key.authenticate(secret.reveal(), w.now()).is_err());

    let staff = Grant::Staff(StaffRole::Finance);
    assert_eq!(
        wrong(&w.refused(w.app.create_api_key(&w.staff, " ", &staff, Some(w.now()))).await),
        ["name", "expires_at"]
    );
    let nobodys = Grant::Organization { organization: w.fresh(), role: Role::Owner, scopes: vec![] };
    let refusal = w.refused(w.app.create_api_key(&w.staff, "shop", &nobodys, None)).await;
    assert_eq!(missing(&refusal), "organization");
    assert_eq!(missing(&w.refused(w.app.revoke_api_key(&w.staff, w.fresh())).await), "API key");
}
