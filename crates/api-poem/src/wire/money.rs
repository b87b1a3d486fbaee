//! Money (MN-1): a decimal text and a currency.

use kernel::{Currency, Invalid};
use poem_openapi::{Object, types::Example};

/// An amount of money: never a float.
#[derive(Clone, Debug, PartialEq, Eq, Object)]
#[oai(deny_unknown_fields, example)]
pub(crate) struct Money {
    /// A decimal number: digits with an optional point.
    pub(crate) amount: String,
    /// An ISO 4217 code.
    pub(crate) currency: String,
}

impl Example for Money {
    fn example() -> Self {
        Self { amount: "1234.50".to_owned(), currency: "BRL".to_owned() }
    }
}

impl From<kernel::Money> for Money {
    fn from(money: kernel::Money) -> Self {
        Self { amount: money.amount().to_string(), currency: money.currency().to_string() }
    }
}

impl Money {
    /// The money meant; what is wrong with it is noted at `path`.
    pub(crate) fn read(&self, path: &str, invalid: &mut Invalid) -> Option<kernel::Money> {
        let currency = self.currency.parse::<Currency>().map_err(|error| {
            invalid.push(format!("{path}.currency"), error.to_string());
        });
        let amount = |currency| {
            kernel::Money::parse(&self.amount, currency).map_err(|error| {
                invalid.push(format!("{path}.amount"), error.to_string());
            })
        };
        currency.and_then(amount).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mn_1_what_is_wrong_is_named() {
        let mut invalid = Invalid::default();
        let money =
            |amount: &str, currency: &str| Money { amount: amount.to_owned(), currency: currency.to_owned() };
        assert!(money("1,5", "BRL").read("price", &mut invalid).is_none());
        assert!(money("1", "brl").read("price", &mut invalid).is_none());
        let paths: Vec<_> = invalid.0.iter().map(|error| error.path.as_str()).collect();
        assert_eq!(paths, ["price.amount", "price.currency"]);
        let exact = money("1234.50", "BRL");
        assert_eq!(exact.read("price", &mut invalid).map(Money::from), Some(exact));
    }
}
