//! What MIDDAG sells (OD-1).

use std::{fmt, num::NonZeroU32, str::FromStr};

use kernel::{EntitlementClass, Invalid, Money, ProductId, ServiceMode, ServiceType, Timestamp};
use policy_resolver::kinds::{CreditAmount, SupportClass};

/// The longest term, in months: as long as a contract may run under ProvisioningPolicy.
const MAX_TERM_MONTHS: u32 = 1_200;
/// The longest trial, in days: as long as TrialPolicy allows.
const MAX_TRIAL_DAYS: u32 = 3_650;
/// The most credits that come with a purchase: as many as one grant may be.
const MAX_CREDITS_INCLUDED: CreditAmount = CreditAmount::from_units(1_000_000_000);
/// The most sites of one license.
pub(crate) const MAX_SITES: u32 = 100_000;

/// A stock keeping unit: 1 to 40 capital letters, digits, `-`, `_` and `.`, beginning with a letter or digit. Unique.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sku(String);

/// Not a SKU.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{text}` is no SKU; 1 to 40 capital letters, digits, `-`, `_` and `.` are expected, such as PLG-BACKUP-1Y"
)]
pub struct SkuError {
    /// What was given, cut.
    pub text: String,
}

impl Sku {
    /// Its text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Sku {
    type Err = SkuError;

    fn from_str(text: &str) -> Result<Self, SkuError> {
        let word = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit();
        let valid = text.len() <= 40
            && text.bytes().next().is_some_and(word)
            && text.bytes().all(|byte| word(byte) || b"-_.".contains(&byte));
        valid.then(|| Self(text.to_owned())).ok_or_else(|| SkuError { text: text.chars().take(48).collect() })
    }
}

impl fmt::Display for Sku {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Sku {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A step among products of one class: what is better has the higher rank (EN-8).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tier {
    /// What it is called; 1 to 60 characters.
    pub name: String,
    /// Its place: a move to a higher rank is an upgrade.
    pub rank: i32,
}

/// The service that an SVC product stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ServiceKind {
    /// The kind of work.
    pub service_type: ServiceType,
    /// Whether it goes on or ends.
    pub mode: ServiceMode,
}

/// What may be changed about a product. What is already sold keeps what it was sold with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProductTerms {
    /// What it is called; 1 to 200 characters.
    pub name: String,
    /// Per term, or once where there is no term; not negative, in whole minor units.
    pub price: Money,
    /// Months that one purchase lasts, 1 to 1200; none for good.
    pub term_months: Option<u32>,
    /// Days of trial, 0 to 3650; 0 leaves it to TrialPolicy.
    pub trial_days: u32,
    /// The support that comes with it.
    pub support_class: SupportClass,
    /// Its tier, where there are several.
    pub tier: Option<Tier>,
    /// The service; needed on SVC, refused elsewhere.
    pub service: Option<ServiceKind>,
    /// Credits granted with each purchase, 0 to 100 million; on SVC only.
    pub credits_included: CreditAmount,
    /// Sites a license may be activated on, 1 to 100000; needed on PLG, refused elsewhere.
    pub sites_allowed: Option<u32>,
}

/// A new product.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewProduct {
    /// Its SKU, for good.
    pub sku: Sku,
    /// Its class, for good: it decides what is provisioned.
    pub class: EntitlementClass,
    /// The rest.
    pub terms: ProductTerms,
}

/// A product as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProductRecord {
    /// Its id.
    pub id: ProductId,
    /// Its SKU.
    pub sku: Sku,
    /// Its class.
    pub class: EntitlementClass,
    /// What may be changed.
    pub terms: ProductTerms,
    /// Whether it is sold.
    pub active: bool,
    /// Counts the changes, from 1.
    pub version: i64,
    /// When it was recorded.
    pub created_at: Timestamp,
}

/// Something MIDDAG sells (OD-1). Deactivated, never deleted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Product(ProductRecord);

impl Product {
    /// A new product, on sale.
    ///
    /// # Errors
    /// Every field that is wrong, or wrong for the class.
    pub fn try_new(id: ProductId, new: NewProduct, now: Timestamp) -> Result<Self, Invalid> {
        let NewProduct { sku, class, terms } = new;
        let terms = valid(class, terms)?;
        Ok(Self(ProductRecord { id, sku, class, terms, active: true, version: 1, created_at: now }))
    }

    /// Replaces everything that may be changed.
    ///
    /// # Errors
    /// Every field that is wrong, or wrong for the class; nothing is changed then.
    pub fn edit(&mut self, terms: ProductTerms) -> Result<(), Invalid> {
        self.0.terms = valid(self.0.class, terms)?;
        Ok(())
    }

    /// Takes it off sale. False where it already was.
    pub fn deactivate(&mut self) -> bool {
        std::mem::replace(&mut self.0.active, false)
    }

    /// Puts it back on sale. False where it already was.
    pub fn reactivate(&mut self) -> bool {
        !std::mem::replace(&mut self.0.active, true)
    }

    /// Rebuilds it from storage.
    ///
    /// # Errors
    /// A row that is no product.
    pub fn restore(record: ProductRecord) -> Result<Self, Invalid> {
        faults(record.class, &record.terms).or_ok(())?;
        if record.version < 1 {
            return Err(Invalid::field("version", "must be 1 or more"));
        }
        Ok(Self(record))
    }

    /// All of it.
    pub fn record(&self) -> &ProductRecord {
        &self.0
    }

    /// Its id.
    pub fn id(&self) -> ProductId {
        self.0.id
    }

    /// Its SKU.
    pub fn sku(&self) -> &Sku {
        &self.0.sku
    }

    /// Its class.
    pub fn class(&self) -> EntitlementClass {
        self.0.class
    }

    /// What it is called.
    pub fn name(&self) -> &str {
        &self.0.terms.name
    }

    /// What it costs.
    pub fn price(&self) -> Money {
        self.0.terms.price
    }

    /// Months that one purchase lasts; none for good.
    pub fn term_months(&self) -> Option<NonZeroU32> {
        self.0.terms.term_months.and_then(NonZeroU32::new)
    }

    /// What may be changed about it.
    pub fn terms(&self) -> &ProductTerms {
        &self.0.terms
    }

    /// Whether it is sold.
    pub fn is_active(&self) -> bool {
        self.0.active
    }

    /// The version that was loaded.
    pub fn version(&self) -> i64 {
        self.0.version
    }
}

fn valid(class: EntitlementClass, mut terms: ProductTerms) -> Result<ProductTerms, Invalid> {
    let mut invalid = faults(class, &terms);
    // Nobody could order it, or be granted what is in it. What was stored before this was asked is read all the same.
    if !terms.price.is_negative() && !terms.price.is_whole_minor() {
        let digits = terms.price.currency().minor_digits();
        invalid.push("price", format!("must not have more than {digits} decimals"));
    }
    if terms.credits_included > MAX_CREDITS_INCLUDED {
        invalid.push("credits_included", format!("must not be more than {MAX_CREDITS_INCLUDED}"));
    }
    terms.name = terms.name.trim().to_owned();
    if let Some(tier) = &mut terms.tier {
        tier.name = tier.name.trim().to_owned();
    }
    invalid.or_ok(terms)
}

/// What is wrong with the terms of any product, one that is stored among them.
fn faults(class: EntitlementClass, terms: &ProductTerms) -> Invalid {
    let mut invalid = Invalid::default();
    invalid.require_text("name", &terms.name, 200);
    if terms.price.is_negative() {
        invalid.push("price", "must not be negative");
    }
    if terms.term_months.is_some_and(|months| !(1..=MAX_TERM_MONTHS).contains(&months)) {
        invalid.push("term_months", format!("must be 1 to {MAX_TERM_MONTHS}"));
    }
    if terms.trial_days > MAX_TRIAL_DAYS {
        invalid.push("trial_days", format!("must be 0 to {MAX_TRIAL_DAYS}"));
    }
    if let Some(tier) = &terms.tier {
        invalid.require_text("tier.name", &tier.name, 60);
    }
    match (class, terms.service) {
        (EntitlementClass::Svc, None) => invalid.push("service", "is needed on a product of class SVC"),
        (EntitlementClass::Svc, Some(_)) | (_, None) => {}
        (_, Some(_)) => invalid.push("service", "is for products of class SVC only"),
    }
    if terms.credits_included.units() < 0 {
        invalid.push("credits_included", "must not be negative");
    } else if class != EntitlementClass::Svc && terms.credits_included.units() > 0 {
        invalid.push("credits_included", "is for products of class SVC only");
    }
    match (class, terms.sites_allowed) {
        (EntitlementClass::Plg, None) => invalid.push("sites_allowed", "is needed on a product of class PLG"),
        (EntitlementClass::Plg, Some(sites)) if !(1..=MAX_SITES).contains(&sites) => {
            invalid.push("sites_allowed", format!("must be 1 to {MAX_SITES}"));
        }
        (EntitlementClass::Plg, Some(_)) | (_, None) => {}
        (_, Some(_)) => invalid.push("sites_allowed", "is for products of class PLG only"),
    }
    invalid
}

#[cfg(test)]
pub(crate) mod tests {
    use strum::VariantArray;
    use uuid::Uuid;

    use super::*;

    /// A legal product of each class.
    pub(crate) fn a_product(class: EntitlementClass) -> Product {
        let svc = class == EntitlementClass::Svc;
        let new = NewProduct {
            sku: format!("{class}-1").parse().unwrap(),
            class,
            terms: ProductTerms {
                name: format!("A {class}"),
                price: Money::parse("1200", "BRL".parse().unwrap()).unwrap(),
                term_months: Some(12),
                trial_days: 0,
                support_class: SupportClass::Business,
                tier: Some(Tier { name: "Gold".into(), rank: 2 }),
                service: svc.then_some(ServiceKind {
                    service_type: ServiceType::Support,
                    mode: ServiceMode::Ongoing,
                }),
                credits_included: CreditAmount::from_units(if svc { 400 } else { 0 }),
                sites_allowed: (class == EntitlementClass::Plg).then_some(3),
            },
        };
        Product::try_new(Uuid::from_u128(7).into(), new, "2026-05-01T00:00:00Z".parse().unwrap()).unwrap()
    }

    fn refused(class: EntitlementClass, change: impl FnOnce(&mut ProductTerms)) -> Vec<String> {
        let mut product = a_product(class);
        let before = product.clone();
        let mut terms = product.terms().clone();
        change(&mut terms);
        let Err(invalid) = product.edit(terms) else { return Vec::new() };
        assert_eq!(product, before, "a refused edit changes nothing");
        invalid.0.into_iter().map(|field| field.path).collect()
    }

    #[test]
    fn od_1_every_class_has_a_legal_product() {
        for class in EntitlementClass::VARIANTS {
            let product = a_product(*class);
            assert_eq!(Product::restore(product.record().clone()), Ok(product));
        }
    }

    #[test]
    fn od_1_what_depends_on_the_class_is_needed_there_and_refused_elsewhere() {
        let kind = ServiceKind { service_type: ServiceType::Hosting, mode: ServiceMode::Project };
        for class in EntitlementClass::VARIANTS.iter().copied() {
            let (svc, plg) = (class == EntitlementClass::Svc, class == EntitlementClass::Plg);
            assert_eq!(refused(class, |terms| terms.service = None).is_empty(), !svc, "{class}");
            assert_eq!(refused(class, |terms| terms.service = Some(kind)).is_empty(), svc, "{class}");
            assert_eq!(refused(class, |terms| terms.sites_allowed = None).is_empty(), !plg, "{class}");
            assert_eq!(refused(class, |terms| terms.sites_allowed = Some(1)).is_empty(), plg, "{class}");
            let credits = |terms: &mut ProductTerms| terms.credits_included = CreditAmount::from_units(1);
            assert_eq!(refused(class, credits).is_empty(), svc, "{class}");
        }
    }

    #[test]
    fn od_1_every_wrong_field_is_named() {
        let paths = refused(EntitlementClass::Plg, |terms| {
            terms.name = String::new();
            terms.price = Money::parse("-1", "BRL".parse().unwrap()).unwrap();
            terms.term_months = Some(0);
            terms.trial_days = MAX_TRIAL_DAYS + 1;
            terms.tier = Some(Tier { name: " ".into(), rank: 0 });
            terms.credits_included = CreditAmount::from_units(-1);
            terms.sites_allowed = Some(0);
        });
        let expected =
            ["name", "price", "term_months", "trial_days", "tier.name", "credits_included", "sites_allowed"];
        assert_eq!(paths, expected);
    }

    #[test]
    fn od_1_a_product_can_be_ordered_and_granted_as_it_is_sold() {
        let price = |amount: &str, code: &str| Money::parse(amount, code.parse().unwrap()).unwrap();
        let at = |price: Money| refused(EntitlementClass::Plg, |terms| terms.price = price);
        for money in [price("1.005", "BRL"), price("1.5", "JPY"), price("1.0005", "KWD")] {
            assert_eq!(at(money), ["price"], "{money}");
        }
        for money in
            [price("1.05", "BRL"), price("1.0500", "BRL"), price("1.0", "JPY"), price("1.005", "KWD")]
        {
            assert!(at(money).is_empty(), "{money}");
        }
        let with = |units| {
            refused(EntitlementClass::Svc, |terms| terms.credits_included = CreditAmount::from_units(units))
        };
        assert!(with(MAX_CREDITS_INCLUDED.units()).is_empty());
        assert_eq!(with(MAX_CREDITS_INCLUDED.units() + 1), ["credits_included"]);

        // One that is stored already is read, and sold properly from its next change on.
        let mut record = a_product(EntitlementClass::Plg).record().clone();
        record.terms.price = price("1.005", "BRL");
        let mut stored = Product::restore(record).unwrap();
        assert!(stored.edit(stored.terms().clone()).is_err());
        let terms = ProductTerms { price: price("1.01", "BRL"), ..stored.terms().clone() };
        assert_eq!(stored.edit(terms), Ok(()));
    }

    #[test]
    fn od_1_products_are_deactivated_and_come_back() {
        let mut product = a_product(EntitlementClass::Ord);
        assert!(product.deactivate() && !product.is_active() && !product.deactivate());
        assert!(product.reactivate() && product.is_active() && !product.reactivate());
    }

    #[test]
    fn od_1_skus_have_one_spelling() {
        for text in ["PLG-1", "A", "2026_X.Y"] {
            assert_eq!(text.parse::<Sku>().unwrap().to_string(), text);
        }
        for text in ["", "plg-1", "-A", "A B", "A/B", "É", &"A".repeat(41)] {
            assert!(text.parse::<Sku>().is_err(), "{text}");
        }
    }
}
