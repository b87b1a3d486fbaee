//! What must hold of any input: nothing panics, and what is read is written again as it was.

use kernel::{
    ContractCode, Currency, EntitlementCode, InvoiceCode, Money, OrderCode, OrderId, QuoteCode,
    ServiceRequestCode, Timestamp,
};
use rust_decimal::Decimal;
use time::{Duration, UtcOffset};

/// Any text, read as everything that a caller can name.
pub(crate) fn texts(text: &str) {
    macro_rules! inverse {
        ($($code:ty),*) => {$(
            if let Ok(code) = text.parse::<$code>() {
                assert_eq!(code.to_string(), text, stringify!($code));
            }
        )*};
    }
    // ID-5: parse and format are inverses.
    inverse!(EntitlementCode, ServiceRequestCode, QuoteCode, OrderCode, ContractCode, InvoiceCode, Currency);
    if let Ok(id) = text.parse::<OrderId>() {
        assert_eq!(id.to_string().parse::<OrderId>(), Ok(id));
    }
    if let Ok(at) = text.parse::<Timestamp>() {
        assert_eq!(at.to_string().parse::<Timestamp>(), Ok(at));
        instant(at, 0, 0);
    }
    let currencies = ["BRL", "JPY", "KWD"].map(|code| code.parse::<Currency>().expect("a currency"));
    for currency in currencies {
        if let Ok(money) = Money::parse(text, currency) {
            assert_eq!(Money::parse(&money.amount().to_string(), currency), Ok(money));
            amounts(money, money);
        }
    }
}

/// Any numbers, reckoned with as instants and as money.
pub(crate) fn numbers(one: i64, other: i64, scale: u32) {
    if let Some(at) = Timestamp::from_unix_micros(one) {
        instant(at, other, i32::try_from(other >> 32).unwrap_or_default());
    }
    let currency = "BRL".parse::<Currency>().expect("a currency");
    let decimal = |number: i64| Decimal::from_i128_with_scale(i128::from(number), scale % 29);
    amounts(Money::new(decimal(one), currency), Money::new(decimal(other), currency));
    let most = Money::new(if one < 0 { Decimal::MIN } else { Decimal::MAX }, currency);
    amounts(most, Money::new(decimal(other), currency));
}

fn instant(at: Timestamp, micros: i64, months: i32) {
    let bounds = Timestamp::MIN..=Timestamp::MAX;
    assert!(bounds.contains(&at.saturating_add(Duration::microseconds(micros))));
    assert!(bounds.contains(&at.plus_days(micros)));
    for hours in [-23, 0, 23] {
        let offset = UtcOffset::from_hms(hours, 0, 0).expect("an offset");
        assert!(bounds.contains(&at.plus_months(months, offset)));
        let day = at.date_at(offset);
        assert!(bounds.contains(&Timestamp::start_of(day, offset)));
    }
}

fn amounts(one: Money, other: Money) {
    if let Ok(sum) = one.checked_add(other) {
        assert_eq!(sum.currency(), one.currency());
    }
    drop(one.checked_sub(other));
    drop(one.checked_mul(other.amount()));
    let rounded = one.rounded();
    assert_eq!(rounded.rounded(), rounded, "rounding happens once");
    assert!(rounded.amount().scale() <= one.currency().minor_digits().max(one.amount().scale()));
}
