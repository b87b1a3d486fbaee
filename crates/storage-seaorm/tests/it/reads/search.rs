//! UI-1: lists are searched by words, on both databases alike.

use entitlement::OrganizationDetails;
use kernel::PageRequest;
use service_delivery::reads::{
    CatalogItemFilter, CollaboratorFilter, ContractFilter, EntitlementFilter, EnvironmentFilter,
    InvoiceFilter, ListQuery, OrderFilter, OrganizationFilter, OrganizationSort, ProductFilter, Reads,
    RequestFilter, ServiceFilter, Sorted,
};
use storage_seaorm::{Database, SchemaState, testing::TestDatabase};

use super::crowd::{Crowd, staff_now};
use crate::{
    on_both,
    support::{begin, organization},
};

on_both! {
    ui_1_words_are_found_whatever_their_case_accents_and_punctuation,
    ui_1_what_is_renamed_is_found_by_its_new_name,
    ui_1_what_is_gone_is_not_found,
    rn_3_what_was_there_before_words_were_is_found,
}

fn everything() -> PageRequest {
    PageRequest::try_new(200, None).unwrap()
}

/// The names of the organizations that `text` finds, in their order.
async fn names(db: &Database, text: &str) -> Vec<String> {
    let query = ListQuery {
        filter: OrganizationFilter { q: Some(text.to_owned()), ..Default::default() },
        sort: Some(Sorted::ascending(OrganizationSort::Name)),
        page: everything(),
    };
    let found = db.organizations(staff_now(), &query).await.unwrap().items;
    found.into_iter().map(|organization| organization.name).collect()
}

async fn ui_1_words_are_found_whatever_their_case_accents_and_punctuation(db: TestDatabase) {
    // The legal name of each is this and "Educação Ltda.".
    const NAMES: [&str; 7] = [
        "Ação Educação",
        "ACAO Social",
        "Zürich Straße",
        "São Paulo — Campus SR-000123",
        "O'Neill & Sons",
        "ΣΊΣΥΦΟΣ",
        "Near 100%_x",
    ];
    let mut uow = begin(&db).await;
    for name in NAMES {
        uow.entitlements().insert_organization(&organization(name)).await.unwrap();
    }
    uow.commit().await.unwrap();
    let long = "x".repeat(500);
    let whole: &[usize] = &[0, 1, 2, 3, 4, 5, 6];
    for (text, found) in [
        ("acao", &[0, 1][..]),
        ("AÇÃO", &[0, 1]),
        ("ac\u{327}a\u{303}o", &[0, 1]),
        (" ac ", &[0, 1]),
        ("cao", &[]),
        ("acao soc", &[1]),
        ("soc acao", &[1]),
        ("acao ltda social", &[1]),
        ("acao acao", &[0, 1]),
        ("STRASSE zur", &[2]),
        ("straße", &[2]),
        ("sao,paulo", &[3]),
        ("SR-000123", &[3]),
        ("sr-0001", &[3]),
        ("000123", &[3]),
        ("o'neill", &[4]),
        ("sons & o", &[4]),
        ("σίσυφος", &[5]),
        ("educacao", whole),
        ("100%", &[6]),
        ("1_0", &[]),
        ("ne%r", &[]),
        // What full-text searches take for operators are words or nothing.
        ("NEAR", &[6]),
        ("acao*", &[0, 1]),
        ("\"acao social\"", &[1]),
        ("\"acao", &[0, 1]),
        ("-acao", &[0, 1]),
        ("!acao & (social", &[1]),
        ("acao OR zurich", &[]),
        ("acao | zurich", &[]),
        ("acao NOT social", &[]),
        ("name:acao", &[]),
        ("acao:*", &[0, 1]),
        ("'; DROP TABLE organization; --", &[]),
        ("\\", whole),
        ("%", whole),
        ("\0", whole),
        ("", whole),
        ("  ", whole),
        (&long, &[]),
    ] {
        let mut expected: Vec<&str> = found.iter().map(|at| NAMES[*at]).collect();
        expected.sort_unstable();
        assert_eq!(names(&db, text).await, expected, "{text}");
    }
}

async fn ui_1_what_is_renamed_is_found_by_its_new_name(db: TestDatabase) {
    let mut organization = organization("Água Viva");
    let record = organization.record().clone();
    let mut uow = begin(&db).await;
    uow.entitlements().insert_organization(&organization).await.unwrap();
    uow.commit().await.unwrap();
    let details = OrganizationDetails {
        name: "Fogo Vivo".to_owned(),
        legal_name: record.legal_name,
        tax_id: record.tax_id,
        country: record.country.to_string(),
        locale: record.locale,
        currency: record.currency.to_string(),
        billing_email: record.billing_email.to_string(),
    };
    organization.edit(details).unwrap();
    for committed in [false, true] {
        let mut uow = begin(&db).await;
        uow.entitlements().save_organization(&organization).await.unwrap();
        if committed {
            uow.commit().await.unwrap()
        } else {
            drop(uow)
        }
        assert_eq!(names(&db, "fogo vivo").await.len(), usize::from(committed));
        // The legal name is as it was.
        assert_eq!(names(&db, "agua viva educacao").await.len(), 1);
        assert_eq!(
            db.number("SELECT count(*) FROM organization_word").await,
            Ok(if committed { 6 } else { 4 })
        );
    }
}

async fn ui_1_what_is_gone_is_not_found(db: TestDatabase) {
    let mut uow = begin(&db).await;
    for name in ["Água", "Fogo"] {
        uow.entitlements().insert_organization(&organization(name)).await.unwrap();
    }
    uow.commit().await.unwrap();
    db.execute("DELETE FROM organization WHERE name = 'Fogo'").await.unwrap();
    assert_eq!(names(&db, "educacao").await, ["Água"]);
    assert_eq!(names(&db, "fogo").await, [""; 0]);
    // No word is left that would make another one common.
    assert_eq!(db.number("SELECT count(*) FROM organization_word WHERE word = 'fogo'").await, Ok(0));
}

/// How many rows of each list the words find: of every column that is searched.
async fn found(db: &Database) -> Vec<(String, usize)> {
    let mut found = Vec::new();
    macro_rules! find {
        ($list:ident, $filter:ident, $($text:literal),+) => {$(
            let filter = $filter { q: Some($text.to_owned()), ..Default::default() };
            let query = ListQuery { filter, sort: None, page: everything() };
            let rows = db.$list(staff_now(), &query).await.unwrap().items.len();
            found.push((format!("{} {}", stringify!($list), $text), rows));
        )+};
    }
    find!(organizations, OrganizationFilter, "acme", "ltda");
    find!(collaborators, CollaboratorFilter, "bia", "p1@example");
    find!(products, ProductFilter, "svc-gold", "development");
    find!(catalog_items, CatalogItemFilter, "item-0001", "install", "latest");
    find!(orders, OrderFilter, "so-2026", "shop");
    find!(invoices, InvoiceFilter, "inv-2026");
    find!(entitlements, EntitlementFilter, "svc-2026", "souza", "example.com");
    find!(environments, EnvironmentFilter, "loja", "https");
    find!(contracts, ContractFilter, "ct-2026");
    find!(services, ServiceFilter, "suporte");
    find!(service_requests, RequestFilter, "sr-2025", "relatorio");
    found
}

const TABLES: [&str; 11] = [
    "organization",
    "collaborator",
    "product",
    "catalog_item",
    "sales_order",
    "invoice",
    "entitlement",
    "environment",
    "contract",
    "service",
    "service_request",
];

async fn rn_3_what_was_there_before_words_were_is_found(db: TestDatabase) {
    Crowd::new(&db).await;
    let before = found(&db).await;
    assert_eq!(before.iter().filter(|(_, rows)| *rows == 0).collect::<Vec<_>>(), Vec::<&_>::new());
    // What an older server writes has no words until the next migration.
    for table in TABLES {
        db.execute(&format!("CREATE TABLE {table}_before AS SELECT id, words FROM {table}")).await.unwrap();
        db.execute(&format!("UPDATE {table} SET words = NULL")).await.unwrap();
    }
    assert!(found(&db).await.iter().all(|(_, rows)| *rows == 0));
    db.migrate_up(None).await.unwrap();
    assert_eq!(found(&db).await, before);
    for table in TABLES {
        let changed = format!(
            "SELECT count(*) FROM {table} t LEFT JOIN {table}_before b ON b.id = t.id AND b.words = t.words
             WHERE b.id IS NULL"
        );
        assert_eq!(db.number(&changed).await, Ok(0), "{table}");
    }
    // And so it is with what was there before there were words at all.
    loop {
        db.migrate_down(Some(1)).await.unwrap();
        let SchemaState::Behind { pending } = db.schema_state().await.unwrap() else {
            panic!("it is behind")
        };
        if pending.iter().any(|step| step == "m0018_search_words") {
            break;
        }
    }
    db.migrate_up(None).await.unwrap();
    assert_eq!(found(&db).await, before);
}
