//! Long ledgers, written by the domain and saved as use cases save them.

use kernel::{Actor, CreditBalanceId, LotId, ServiceRequestId, Standing, Timestamp};
use policy_resolver::kinds::CreditPolicy;
use service_delivery::Storage as _;
use storage_seaorm::testing::TestDatabase;
use time::Duration;
use ust_credits::{CreditBalance, Credits, Grant, LotSource, Occasion, Reversal, Touching};
use uuid::Uuid;

/// Minutes that are saved together.
const AT_ONCE: i64 = 500;

/// Who is in a ledger once in a thousand minutes.
pub(crate) const ROSA: Uuid = Uuid::from_u128(7);

/// Lives on from `begin`, minute by minute, until the ledger of `balance` has `entries`. Returns the last instant.
pub(crate) async fn lengthen(
    db: &TestDatabase,
    balance: CreditBalanceId,
    requests: &[ServiceRequestId],
    entries: i64,
    begin: Timestamp,
) -> Timestamp {
    let touching = Touching { requests: requests.to_vec(), ..Touching::nothing() };
    let mut number = 0;
    loop {
        let mut uow = db.begin().await.unwrap();
        let mut balance = uow.credits().lock_balance(balance, &touching).await.unwrap().unwrap();
        let until = number + AT_ONCE;
        while number < until && balance.record().last_sequence < entries {
            number += 1;
            live(&mut balance, number, requests, begin);
        }
        uow.credits().save_balance(&mut balance).await.unwrap();
        uow.commit().await.unwrap();
        if balance.record().last_sequence >= entries {
            return balance.record().last_at;
        }
    }
}

/// A minute of a balance: a request holds a credit and gives it back; in one of a hundred it is settled and reversed, and in
/// another a lot is granted that ends after a day.
fn live(balance: &mut CreditBalance, number: i64, requests: &[ServiceRequestId], begin: Timestamp) {
    let (policy, credit) = (CreditPolicy::default(), "1".parse::<Credits>().unwrap());
    let now = begin.saturating_add(Duration::minutes(number));
    let actor = if number % 1_000 == 100 { Actor::staff(ROSA, "Rosa") } else { Actor::system("figures") };
    let occasion = Occasion::new(now, actor, "for the figures");
    let request = requests[usize::try_from(number).unwrap() % requests.len()];
    if number % 100 == 0 {
        let name = Uuid::from_u64_pair(balance.id().as_uuid().as_u64_pair().1, number.unsigned_abs());
        let small = Grant::new(LotId::new(name), credit, LotSource::Purchase);
        balance.grant(&small.expiring(now.plus_days(1), 0), &occasion).unwrap();
    }
    balance.reserve(request, credit, &policy, Standing::Live, &occasion).unwrap();
    if number % 100 == 50 {
        balance.settle(request, credit, &policy, &occasion).unwrap();
        balance.reverse(request, Reversal::Whole, &occasion).unwrap();
    } else {
        balance.release(request, &occasion).unwrap();
    }
}
