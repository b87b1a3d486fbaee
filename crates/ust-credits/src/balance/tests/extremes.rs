use proptest::prelude::*;

use super::*;

fn amounts() -> impl Strategy<Value = Credits> {
    let most = i64::MAX;
    prop::sample::select(vec![
        i64::MIN,
        -1,
        0,
        1,
        crate::MAX_FIGURE.units(),
        most / 2,
        most / 2 + 1,
        most - 1,
        most,
    ])
    .prop_map(Credits::from_units)
}

fn instants() -> impl Strategy<Value = Timestamp> {
    let tick = |micros| Timestamp::from_unix_micros(micros).unwrap();
    prop::sample::select(vec![Timestamp::MIN, tick(-1), tick(0), tick(1), tick(1_000_000), Timestamp::MAX])
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, ..ProptestConfig::default() })]

    #[test]
    fn cr_1_no_amount_and_no_instant_makes_it_panic_and_the_sums_hold(
        steps in prop::collection::vec((0u8..9, 0u128..4, amounts(), amounts(), instants(), instants(), any::<u32>()), 1..24),
    ) {
        let mut balance = a_balance().balance;
        for (number, (verb, name, amount, limit, now, then, grace)) in steps.into_iter().enumerate() {
            let occasion = Occasion::new(now, Actor::system("extremes"), "extremes");
            let policy = CreditPolicy {
                on_exhausted: [OnExhausted::BillExcess, OnExhausted::Block, OnExhausted::Overdraft][number % 3],
                overdraft_limit: policy_resolver::kinds::CreditAmount::from_units(limit.units()),
                low_balance_at: Some(policy_resolver::kinds::CreditAmount::from_units(limit.units())),
                ..CreditPolicy::default()
            };
            let grant = Grant::new(lot(number as u128), amount, LotSource::Included).expiring(then, grace);
            match verb {
                0 => drop(balance.grant(&grant, &occasion)),
                1 => drop(balance.adjust_up(&grant.usable_from(then), &occasion)),
                2 => drop(balance.reserve(request(name), amount, &policy, Standing::Live, &occasion)),
                3 => drop(balance.settle(request(name), amount, &policy, &occasion)),
                4 => drop(balance.release(request(name), &occasion)),
                5 => drop(balance.reverse(request(name), Reversal::Part(amount), &occasion)),
                6 => drop(balance.reverse(request(name), Reversal::Whole, &occasion)),
                7 => drop(balance.adjust_down(amount, &occasion)),
                _ => drop(balance.cap_rollover(Some(limit), &occasion)),
            }
            prop_assert!(balance.totals().add_up());
            prop_assert!(balance.lots().all(|lot| lot.fault().is_none()));
            let figures = balance.figures_at(then);
            prop_assert!(figures.totals.add_up());
            let _ = (figures.balance(), figures.totals.used(), balance.next_due(), balance.due_entries(then));
            let _ = balance.pre_approval(request(name), amount, &policy, limit, Standing::Live, now);
            let _ = balance.signal_low_balance(&policy, now);
        }
        // It was never saved, which is when this is noted.
    let record = crate::BalanceRecord { next_due: balance.next_due(), ..balance.record().clone() };
    let mut replay = crate::Replay::in_detail(record);
        balance.new_entries().iter().for_each(|entry| replay.entry(entry));
        balance.lots().for_each(|lot| replay.lot(lot));
        balance.holds.iter().for_each(|hold| replay.hold(&hold.row));
        prop_assert_eq!(replay.finish(), []);
    }
}
