use kernel::StoreError;

use super::*;
use crate::LotRecord;

fn rows(story: &Story, touching: Touching) -> BalanceRows {
    BalanceRows {
        record: story.balance.record().clone(),
        lots: story.balance.lots().cloned().collect(),
        holds: story.balance.holds.iter().map(|hold| hold.row.clone()).collect(),
        touching,
    }
}

#[test]
fn a_reservation_is_one_row_of_each_kind() {
    let mut story = a_balance().with(1, "10").with(2, "10");
    let opened = story.balance.take_changes().unwrap();
    assert!(opened.balance.is_new);
    assert_eq!((opened.balance.row.version, opened.lots.len(), opened.entries.len()), (1, 2, 2));
    assert_eq!(story.balance.take_changes(), None);
    story.reserve(1, "4");
    let saved = story.balance.take_changes().unwrap();
    assert!(!saved.balance.is_new);
    assert_eq!(saved.balance.row.version, 2);
    assert_eq!((saved.lots.len(), saved.holds.len(), saved.entries.len()), (1, 1, 1));
    assert!(!saved.lots[0].is_new && saved.holds[0].is_new);
    story.settle(1, "4");
    let saved = story.balance.take_changes().unwrap();
    assert_eq!((saved.lots.len(), saved.holds.len(), saved.entries.len()), (1, 1, 1));
    assert!(!saved.holds[0].is_new);
}

#[test]
fn a_repeated_command_leaves_nothing_to_save() {
    let mut story = a_balance().with(1, "10");
    story.reserve(1, "4");
    story.balance.take_changes();
    story.reserve(1, "4");
    story.release(2);
    assert_eq!(story.balance.take_changes(), None);
}

#[test]
fn rows_that_do_not_add_up_are_refused() {
    let mut story = a_balance().with(1, "10").with(2, "5");
    story.settle_under(7, "16", &overdraft("3"));
    story.grant(a_grant(3, "10"));
    story.reserve(1, "4");
    story.balance.take_changes();
    let good = rows(&story, Touching::request(request(1)));
    assert!(CreditBalance::restore(good.clone()).is_ok());
    let broken: [fn(&mut BalanceRows); 7] = [
        |rows| rows.lots.retain(LotRecord::is_open),
        |rows| rows.lots.retain(|lot| !lot.is_open()),
        |rows| rows.record.totals.available = Credits::from_units(1),
        |rows| rows.lots[2].consumed = Credits::from_units(-1),
        |rows| rows.holds[0].shortfall = Credits::from_units(-1),
        |rows| rows.holds[1].balance = CreditBalanceId::new(Uuid::nil()),
        |rows| rows.record.version = 0,
    ];
    for (number, breaks) in broken.iter().enumerate() {
        let mut rows = good.clone();
        breaks(&mut rows);
        assert!(matches!(CreditBalance::restore(rows), Err(StoreError::Corrupt { .. })), "{number}");
    }
}

#[test]
fn an_overdraft_without_its_debtors_is_refused() {
    let mut story = a_balance();
    story.settle_under(7, "3", &overdraft("3"));
    let mut rows = rows(&story, Touching::nothing());
    rows.holds.clear();
    assert!(matches!(CreditBalance::restore(rows), Err(StoreError::Corrupt { .. })));
}

#[test]
fn what_was_not_loaded_is_not_taken_for_absent() {
    let mut story = a_balance().with(1, "10");
    story.balance.take_changes();
    let loaded = |touching| CreditBalance::restore(rows(&story, touching)).unwrap();
    let occasion = story.occasion();
    let mut blind = loaded(Touching::nothing());
    let settled = blind.settle(request(1), credits("1"), &bill_excess(), &occasion);
    assert!(matches!(settled, Err(SettleError::Balance(BalanceError::NotLoaded { .. }))));
    let granted = blind.grant(&a_grant(2, "1").known_as("pay-1"), &occasion);
    assert!(matches!(granted, Err(GrantError::Balance(BalanceError::NotLoaded { .. }))));
    assert!(
        loaded(Touching::reference("pay-1")).grant(&a_grant(2, "1").known_as("pay-1"), &occasion).is_ok()
    );
    assert!(
        loaded(Touching::request(request(1)))
            .settle(request(1), credits("1"), &bill_excess(), &occasion)
            .is_ok()
    );
    let fresh = Touching::fresh_request(request(1));
    assert!(
        loaded(fresh).reserve(request(1), credits("1"), &bill_excess(), Standing::Live, &occasion).is_ok()
    );
    let preview =
        loaded(Touching::nothing()).preview(None, credits("1"), &block(), Standing::Live, story.now);
    assert!(preview.is_ok());
}

#[test]
fn en_3_an_organization_is_attached_once() {
    let mut story = a_balance();
    let organization = OrganizationId::new(Uuid::from_u128(1));
    assert!(story.balance.attach_organization(organization));
    assert!(!story.balance.attach_organization(OrganizationId::new(Uuid::from_u128(2))));
    assert_eq!(story.balance.record().organization, Some(organization));
}
