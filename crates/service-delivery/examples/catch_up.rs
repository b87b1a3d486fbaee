//! How long a month of downtime takes to catch up on (WK-2): `catch_up postgres|sqlite [entitlements] [requests]`.
//!
//! Each entitlement has a balance with a lot that ends within the month. Of the requests, one half are drafts that give their
//! hold back, the other half are completed and count as accepted. On PostgreSQL it needs `cargo xtask run`'s server, or
//! `ACCOUNT_TEST_POSTGRES_URL`.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "figures for people to read")]

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
    time::Instant,
};

use entitlement::{
    CreditAmount, Locale, NewProduct, OrganizationDetails, ProductTerms, ServiceKind, SupportClass,
};
use kernel::{
    ApiKeyId, CreditBalanceId, EntitlementClass, EntitlementId, Money, ServiceId, ServiceMode, ServiceType,
    Timestamp,
    ports::{Clock, Entropy},
};
use serde_json::json;
use service_delivery::{
    CompleteRequest, CreateEntitlement, CreateRequest, GrantCredits, PolicySet, RequestChange, RequestGround,
    ServiceChange, ServiceDelivery, Storage as _,
    access::{Caller, Grant, StaffRole},
};
use sr_workflow::GivenActual;
use storage_seaorm::testing::{self, TestDatabase};
use time::UtcOffset;
use ust_credits::{Complexity, LotSource};
use uuid::Uuid;

const DAY: i64 = 86_400_000_000;

struct Stopped(AtomicI64);

impl Clock for Stopped {
    fn now(&self) -> Timestamp {
        Timestamp::from_unix_micros(self.0.load(Ordering::SeqCst)).unwrap()
    }
}

struct Counting(AtomicU64);

impl Entropy for Counting {
    fn uuid(&self) -> Uuid {
        let count = u128::from(self.0.fetch_add(1, Ordering::Relaxed));
        let (high, low) = (count >> 20, count & 0xf_ffff);
        Uuid::from_u128(0x0196_0000_0000_7000_8000_0000_0000_0000 | (high << 80) | low)
    }

    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill_with(|| self.0.fetch_add(1, Ordering::Relaxed).to_le_bytes()[0]);
    }
}

struct Company {
    db: TestDatabase,
    app: ServiceDelivery,
    clock: Arc<Stopped>,
    staff: Caller,
}

#[tokio::main]
async fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number =
        |place: usize, default: i64| arguments.get(place).map_or(default, |text| text.parse().unwrap());
    let (entitlements, requests) = (number(1, 100_000), number(2, 2_000));
    let db = match arguments.first().map(String::as_str) {
        Some("postgres") => testing::postgres().await,
        Some("sqlite") => testing::sqlite().await,
        _ => panic!("postgres or sqlite?"),
    };
    let company = Box::pin(Company::founded(db)).await;
    let (entitlement, balance, service) = Box::pin(company.support()).await;
    Box::pin(company.requests(service, requests)).await;
    company.copies(entitlement, balance, entitlements).await;

    company.clock.0.fetch_add(31 * DAY, Ordering::SeqCst);
    let started = Instant::now();
    let report = Box::pin(company.app.run_due(company.app.now())).await.unwrap();
    let seconds = started.elapsed().as_secs_f64();
    println!("{:?}: {} steps in {seconds:.1} s", report.taken, report.total());
    assert!(report.failed.is_empty());
    let again = Box::pin(company.app.run_due(company.app.now())).await.unwrap();
    assert_eq!(again.total(), 0);
    let started = Instant::now();
    let audited = company.db.audit(&mut |finding| println!("{finding:?}")).await.unwrap();
    println!("{audited:?} in {:.1} s", started.elapsed().as_secs_f64());
}

impl Company {
    async fn founded(db: TestDatabase) -> Self {
        let clock = Arc::new(Stopped(AtomicI64::new(1_778_414_400_000_000)));
        let policies = json!({"credits": {"low_balance_at": "1", "pre_approved_up_to": "100",
            "base_credit_value": {"amount": "100", "currency": "BRL"}}});
        let policies = Arc::new(PolicySet::try_new(&policies).unwrap());
        let entropy = Arc::new(Counting(AtomicU64::new(1)));
        let app =
            ServiceDelivery::new(Arc::new((*db).clone()), clock.clone(), entropy, policies, UtcOffset::UTC);
        let grant = Grant::Staff(StaffRole::Admin);
        let staff = Caller { key: ApiKeyId::new(Uuid::nil()), name: "Rosa".to_owned(), grant };
        Self { db, app, clock, staff }
    }

    async fn support(&self) -> (EntitlementId, CreditBalanceId, ServiceId) {
        let details = OrganizationDetails {
            name: "Acme".to_owned(),
            legal_name: "Acme Ltda.".to_owned(),
            tax_id: None,
            country: "BR".to_owned(),
            locale: Locale::PtBr,
            currency: "BRL".to_owned(),
            billing_email: "finance@example.com".to_owned(),
        };
        let organization = self.app.create_organization(&self.staff, &details).await.unwrap();
        let terms = ProductTerms {
            name: "Support".to_owned(),
            price: Money::parse("1200", "BRL".parse().unwrap()).unwrap(),
            term_months: Some(12),
            trial_days: 0,
            support_class: SupportClass::Business,
            tier: None,
            service: Some(ServiceKind { service_type: ServiceType::Support, mode: ServiceMode::Ongoing }),
            credits_included: CreditAmount::ZERO,
            sites_allowed: None,
        };
        let new = NewProduct { sku: "SVC-1".parse().unwrap(), class: EntitlementClass::Svc, terms };
        let product = self.app.create_product(&self.staff, &new).await.unwrap();
        let made = |_| CreateEntitlement {
            class: EntitlementClass::Svc,
            organization: Some(organization),
            holder: None,
            product: Some(product),
            support_class: None,
        };
        // One to be copied, and one with the requests.
        let copied = self.app.create_entitlement(&self.staff, &made(0)).await.unwrap();
        let balance = self.balance_of(copied).await;
        let expires_at = Some(self.app.now().plus_days(1));
        self.app.grant_credits(&self.staff, balance, &granting("10", expires_at)).await.unwrap();
        let busy = self.app.create_entitlement(&self.staff, &made(1)).await.unwrap();
        self.app
            .grant_credits(&self.staff, self.balance_of(busy).await, &granting("1000000", None))
            .await
            .unwrap();
        let service = {
            let mut uow = self.db.begin().await.unwrap();
            uow.work().services_under(busy).await.unwrap()[0].id()
        };
        let approve = ServiceChange::Approve { on_behalf: Some("by telephone".to_owned()) };
        for change in [approve, ServiceChange::Activate] {
            self.app.change_service(&self.staff, service, &change).await.unwrap();
        }
        (copied, balance, service)
    }

    async fn balance_of(&self, entitlement: EntitlementId) -> CreditBalanceId {
        let mut uow = self.db.begin().await.unwrap();
        uow.credits().balance_of_entitlement(entitlement).await.unwrap().unwrap()
    }

    async fn requests(&self, service: ServiceId, count: i64) {
        let new = CreateRequest {
            ground: RequestGround::Service(service),
            title: "A page".to_owned(),
            description: String::new(),
            priority: None,
            due_date: None,
            assignee: Some("Bo".to_owned()),
            catalog_item: None,
            complexity: Some(Complexity::Low),
            estimate: Some("2".parse().unwrap()),
            credit_balance: None,
            analysis: None,
        };
        let given = GivenActual { base: "2".parse().unwrap(), reason: Some("as agreed".to_owned()) };
        let done = CompleteRequest { actual: Some(given), worklog_seconds: 0 };
        // Spread over ten days, so that their steps alternate with those of the balances.
        for number in 0..count {
            self.clock.0.fetch_add(10 * DAY / count.max(1), Ordering::SeqCst);
            let id = self.app.create_request(&self.staff, &new).await.unwrap();
            if number % 2 == 0 {
                for change in [RequestChange::Submit, RequestChange::Start] {
                    self.app.move_request(&self.staff, id, &change).await.unwrap();
                }
                self.app.complete_request(&self.staff, id, &done).await.unwrap();
            }
        }
    }

    /// Copies of one entitlement with its balance, its lot and its ledger; each lot ends at an instant of its own.
    async fn copies(&self, entitlement: EntitlementId, balance: CreditBalanceId, count: i64) {
        let postgres = self.db.admin_url().is_some();
        let series = if postgres {
            format!("(SELECT n FROM generate_series(1, {count}) AS n)")
        } else {
            format!(
                "(WITH RECURSIVE s (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < {count}) SELECT n FROM s)"
            )
        };
        // Ids in 32 hexadecimal digits, as the ledger's movements name their lots.
        let text = |kind: char| {
            let hex = if postgres { "lpad(to_hex(n), 12, '0')" } else { "printf('%012x', n)" };
            format!("('0000000{kind}000070008000' || {hex})")
        };
        let id = |kind: char| {
            if postgres { format!("CAST({} AS uuid)", text(kind)) } else { format!("unhex({})", text(kind)) }
        };
        let literal = |id: Uuid| if postgres { format!("'{id}'") } else { format!("x'{}'", id.simple()) };
        let ends = format!("ends_at + CAST(n AS BIGINT) * {} / {count}", 28 * DAY);
        let due = ends.replace("ends_at", "next_due");
        let tables = [
            (
                "entitlement",
                "id",
                literal(entitlement.as_uuid()),
                vec![("id", id('a')), ("code", "'SVC-202605' || CAST(n + 10000 AS TEXT)".to_owned())],
            ),
            (
                "credit_balance",
                "id",
                literal(balance.as_uuid()),
                vec![("id", id('b')), ("entitlement_id", id('a')), ("next_due", due)],
            ),
            (
                "credit_lot",
                "balance_id",
                literal(balance.as_uuid()),
                vec![
                    ("id", id('c')),
                    ("balance_id", id('b')),
                    ("ends_at", ends.clone()),
                    ("expires_at", ends),
                ],
            ),
            (
                "ledger_entry",
                "balance_id",
                literal(balance.as_uuid()),
                vec![
                    ("balance_id", id('b')),
                    ("movement", format!("replace(movement, (SELECT l FROM lot_text), {})", text('c'))),
                ],
            ),
        ];
        for (table, key, template, changes) in tables {
            let names = self.columns(table, postgres).await;
            let values: Vec<String> = names
                .iter()
                .map(|name| {
                    changes
                        .iter()
                        .find(|(changed, _)| changed == name)
                        .map_or(name.clone(), |(_, to)| to.clone())
                })
                .collect();
            let lot = if postgres { "replace(CAST(id AS TEXT), '-', '')" } else { "lower(hex(id))" };
            let sql = format!(
                "WITH lot_text AS (SELECT {lot} AS l FROM credit_lot WHERE balance_id = {})
                    INSERT INTO {table} ({}) SELECT {} FROM {table}, {series} AS copies WHERE {key} = {template}",
                literal(balance.as_uuid()),
                names.join(", "),
                values.join(", "),
            );
            self.db.execute(&sql).await.unwrap();
            // As after any such import: foreign keys are looked up in tables that were empty a moment ago.
            self.db.execute("ANALYZE").await.unwrap();
        }
    }

    async fn columns(&self, table: &str, postgres: bool) -> Vec<String> {
        let sql = if postgres {
            format!(
                "SELECT string_agg(column_name, ' ' ORDER BY ordinal_position) FROM information_schema.columns WHERE table_name = '{table}'"
            )
        } else {
            format!("SELECT group_concat(name, ' ') FROM pragma_table_info('{table}')")
        };
        let names = self.db.text(&sql).await.unwrap().unwrap();
        names.split(' ').map(str::to_owned).collect()
    }
}

fn granting(amount: &str, expires_at: Option<Timestamp>) -> GrantCredits {
    GrantCredits {
        amount: amount.parse().unwrap(),
        source: LotSource::Purchase,
        usable_from: None,
        expires_at,
        external_ref: None,
        reason: "a top-up".to_owned(),
    }
}
