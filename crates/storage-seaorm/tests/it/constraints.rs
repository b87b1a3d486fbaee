//! What the database itself refuses, whatever the program does.

use kernel::StoreError;
use sr_workflow::ServiceRequest;
use storage_seaorm::testing::TestDatabase;

use crate::{
    on_both,
    support::{World, begin, credits, id, occasion},
};

on_both! {
    cr_9_the_ledger_is_never_changed_nor_shortened,
    cr_10_amounts_are_not_negative_and_add_up,
    rows_that_are_named_exist,
    a_hold_needs_its_request_at_the_end_of_the_transaction,
    statuses_are_those_of_the_specification,
    every_value_of_the_domain_is_one_that_the_schema_takes,
}

fn refused(outcome: Result<u64, StoreError>) -> String {
    match outcome {
        Err(StoreError::Corrupt { reason, .. }) => reason,
        other => panic!("{other:?} was not refused"),
    }
}

async fn cr_9_the_ledger_is_never_changed_nor_shortened(db: TestDatabase) {
    let world = World::new(&db).await;
    world.grant(&db, "10").await;
    for sql in [
        "UPDATE ledger_entry SET amount = 1",
        "UPDATE ledger_entry SET cause = 'because'",
        "DELETE FROM ledger_entry",
    ] {
        let reason = refused(db.execute(sql).await);
        assert!(reason.contains("append-only"), "{reason}");
    }
    let balance = "balance_id, sequence, at, kind, request_id, amount, movement, granted, available, held, consumed, expired, \
        taken_back, overdraft, overdraft_held, excess, shortfall, actor_kind, actor_id, actor_name, cause";
    let again = format!("ledger_entry ({balance}) SELECT {balance} FROM ledger_entry");
    let ways = if db.admin_url().is_some() {
        vec![
            "TRUNCATE ledger_entry".to_owned(),
            format!("INSERT INTO {again} ON CONFLICT (balance_id, sequence) DO UPDATE SET amount = 1"),
            // A session that plays a replica skips the triggers that are not always on.
            "SET session_replication_role = replica; DELETE FROM ledger_entry".to_owned(),
            "SET session_replication_role = replica; UPDATE ledger_entry SET amount = 1".to_owned(),
        ]
    } else {
        vec![
            format!("REPLACE INTO {again}"),
            format!("INSERT OR REPLACE INTO {again}"),
            format!(
                "INSERT INTO {again} WHERE true ON CONFLICT (balance_id, sequence) DO UPDATE SET amount = 1"
            ),
            "UPDATE OR REPLACE ledger_entry SET sequence = 2".to_owned(),
        ]
    };
    for sql in ways {
        let reason = refused(db.execute(&sql).await);
        assert!(reason.contains("append-only"), "{sql}: {reason}");
    }
    assert_eq!(db.number("SELECT count(*) FROM ledger_entry WHERE amount = 100").await, Ok(1));
}

async fn cr_10_amounts_are_not_negative_and_add_up(db: TestDatabase) {
    let world = World::new(&db).await;
    world.grant(&db, "10").await;
    for sql in [
        "UPDATE credit_balance SET available = available - 1",
        "UPDATE credit_balance SET available = -1, held = 101",
        "UPDATE credit_balance SET overdraft = -1",
        "UPDATE credit_lot SET held = 1",
        "UPDATE credit_lot SET available = 101, consumed = -1",
        "UPDATE credit_lot SET amount = 0, available = 0",
        "UPDATE product SET credits_included = -1",
        "UPDATE product SET price = '-1'",
        "UPDATE sales_order SET total = '-1'",
        "UPDATE order_line SET quantity = 0",
    ] {
        refused(db.execute(sql).await);
    }
}

async fn rows_that_are_named_exist(db: TestDatabase) {
    let world = World::new(&db).await;
    world.grant(&db, "10").await;
    for sql in [
        "DELETE FROM organization",
        "DELETE FROM product",
        "DELETE FROM entitlement",
        "DELETE FROM credit_balance",
        "DELETE FROM sales_order",
    ] {
        refused(db.execute(sql).await);
    }
    let mut record = world.request("SR-20260001");
    record.entitlement = id();
    let orphan = ServiceRequest::restore(record).unwrap();
    let mut uow = begin(&db).await;
    uow.work().insert_request(&orphan).await.unwrap();
    let outcome = uow.commit().await;
    assert!(matches!(outcome, Err(StoreError::Corrupt { .. })), "{outcome:?}");
}

async fn a_hold_needs_its_request_at_the_end_of_the_transaction(db: TestDatabase) {
    let world = World::new(&db).await;
    world.grant(&db, "10").await;
    let record = world.request("SR-20260001");
    for with_request in [false, true] {
        let mut uow = begin(&db).await;
        let touching = ust_credits::Touching::fresh_request(record.id);
        let mut balance = uow.credits().lock_balance(world.balance, &touching).await.unwrap().unwrap();
        let (policy, standing) = (Default::default(), kernel::Standing::Live);
        balance.reserve(record.id, credits("1"), &policy, standing, &occasion()).unwrap();
        // The balance is locked and saved before the request is there.
        uow.credits().save_balance(&mut balance).await.unwrap();
        if with_request {
            uow.work().insert_request(&ServiceRequest::restore(record.clone()).unwrap()).await.unwrap();
            uow.commit().await.unwrap();
        } else {
            let outcome = uow.commit().await;
            assert!(matches!(outcome, Err(StoreError::Corrupt { .. })), "{outcome:?}");
        }
    }
    assert_eq!(db.number("SELECT count(*) FROM credit_hold").await, Ok(1));
    assert_eq!(db.number("SELECT count(*) FROM ledger_entry").await, Ok(2));
}

async fn statuses_are_those_of_the_specification(db: TestDatabase) {
    let world = World::new(&db).await;
    world.requests(&db, 1).await;
    for table in ["entitlement", "environment", "service", "service_request", "sales_order"] {
        refused(db.execute(&format!("UPDATE {table} SET status = 'great'")).await);
    }
    refused(db.execute("UPDATE service_request SET priority = 'highest'").await);
    refused(db.execute("UPDATE service_request SET environment_id = service_id, service_id = NULL").await);
}

async fn every_value_of_the_domain_is_one_that_the_schema_takes(db: TestDatabase) {
    use strum::VariantArray;
    fn texts<T: VariantArray + ToString>() -> Vec<String> {
        T::VARIANTS.iter().map(ToString::to_string).collect()
    }
    let world = World::new(&db).await;
    world.grant(&db, "10").await;
    let request = world.requests(&db, 1).await[0];
    let mut uow = begin(&db).await;
    let touching = ust_credits::Touching::request(request);
    let mut balance = uow.credits().lock_balance(world.balance, &touching).await.unwrap().unwrap();
    let (policy, standing) = (Default::default(), kernel::Standing::Live);
    balance.reserve(request, credits("1"), &policy, standing, &occasion()).unwrap();
    uow.credits().save_balance(&mut balance).await.unwrap();
    let mut invoice = crate::billing::draft_invoice(world.organization);
    let source = billing::LineSource::service_request(request);
    invoice.add_line(crate::billing::line(source, "1", "0")).unwrap();
    uow.billing().insert_invoice(&invoice).await.unwrap();
    uow.commit().await.unwrap();
    db.execute("UPDATE invoice SET code = 'INV-20260001'").await.unwrap();

    let mut holds = texts::<ust_credits::HoldState>();
    holds.retain(|state| state != "none");
    let mut licenses = texts::<entitlement::LicenseStatus>();
    licenses.retain(|status| status != "expired");
    for (column, values) in [
        ("product.class", texts::<kernel::EntitlementClass>()),
        ("product.service_mode", texts::<kernel::ServiceMode>()),
        ("sales_order.status", texts::<billing::OrderStatus>()),
        ("invoice.status", texts::<billing::InvoiceStatus>()),
        ("invoice_line.source_kind", texts::<billing::LineKind>()),
        ("credit_hold.state", holds),
        ("credit_lot.source", texts::<ust_credits::LotSource>()),
        ("environment.platform", texts::<entitlement::Platform>()),
        ("service_request.held_from", texts::<sr_workflow::HeldFrom>()),
        ("service_request.approval_kind", texts::<sr_workflow::ApprovalKind>()),
        ("service_request.actual_basis", texts::<sr_workflow::ActualBasis>()),
        ("service_request.close_reason", texts::<sr_workflow::CloseReason>()),
        ("service_request.complexity", texts::<ust_credits::Complexity>()),
    ] {
        let (table, column) = column.split_once('.').unwrap();
        for value in values {
            let sql = format!("UPDATE {table} SET {column} = '{value}'");
            assert!(db.execute(&sql).await.is_ok_and(|rows| rows > 0), "{sql}");
        }
    }
    for (number, kind) in (100..).zip(texts::<ust_credits::EntryKind>()) {
        let columns =
            "movement, granted, available, held, consumed, expired, taken_back, overdraft, overdraft_held,
            excess, shortfall, actor_kind, actor_name, cause";
        let sql = format!(
            "INSERT INTO ledger_entry (balance_id, sequence, at, kind, amount, {columns})
            SELECT balance_id, {number}, at, '{kind}', amount, {columns} FROM ledger_entry WHERE sequence = 1"
        );
        assert_eq!(db.execute(&sql).await, Ok(1), "{kind}");
    }
    // A license has three of its statuses as its own.
    assert_eq!(licenses, ["active", "inactive", "revoked"]);
}
