//! Long ledgers, written by the domain and saved as use cases save them.

use kernel::{Actor, CreditBalanceId, ServiceRequestId, Standing, Timestamp};
use policy_resolver::kinds::CreditPolicy;
use service_delivery::Storage as _;
use storage_seaorm::testing::TestDatabase;
use time::Duration;
use ust_credits::{Credits, Occasion, Touching};

/// Entries that are saved together.
const AT_ONCE: i64 = 250;

/// Gives back and holds again what `requests` hold, a second apart, until `count` more entries are in the ledger of `balance`.
/// Returns the instant of the last.
pub(crate) async fn lengthen(
    db: &TestDatabase,
    balance: CreditBalanceId,
    requests: &[ServiceRequestId],
    count: i64,
    begin: Timestamp,
) -> Timestamp {
    let (policy, amount) = (CreditPolicy::default(), "2".parse::<Credits>().unwrap());
    let (mut now, mut written) = (begin, 0);
    while written < count {
        let mut uow = db.begin().await.unwrap();
        let touching = Touching { requests: requests.to_vec(), ..Touching::nothing() };
        let mut balance = uow.credits().lock_balance(balance, &touching).await.unwrap().unwrap();
        let until = (written + AT_ONCE).min(count);
        while written < until {
            let request = requests[usize::try_from(written / 2).unwrap() % requests.len()];
            now = now.saturating_add(Duration::seconds(1));
            let occasion = Occasion::new(now, Actor::system("figures"), "figures");
            balance.release(request, &occasion).unwrap();
            balance.reserve(request, amount, &policy, Standing::Live, &occasion).unwrap();
            written += 2;
        }
        uow.credits().save_balance(&mut balance).await.unwrap();
        uow.commit().await.unwrap();
    }
    now
}
