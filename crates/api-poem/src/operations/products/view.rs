//! What products look like.

use entitlement::{
    CreditAmount, NewProduct, ProductRecord, ProductTerms, ServiceKind, Sku, SupportClass, Tier,
};
use kernel::{EntitlementClass, Invalid, ServiceMode, ServiceType};
use poem_openapi::{Object, types::Example};
use uuid::Uuid;

use crate::{
    operations::example,
    wire::{Credits, Instant, Money, Word},
};

/// A step among products of one class.
#[derive(Clone, Debug, Object)]
#[oai(deny_unknown_fields)]
pub(crate) struct ProductTier {
    /// What it is called.
    #[oai(validator(max_length = 60))]
    name: String,
    /// Its place: a move to a higher rank is an upgrade.
    rank: i32,
}

/// The service that a product of class SVC stands for.
#[derive(Clone, Debug, Object)]
#[oai(deny_unknown_fields)]
pub(crate) struct ProductService {
    /// The kind of work.
    #[oai(rename = "type")]
    service_type: Word<ServiceType>,
    /// Whether it goes on or ends.
    mode: Word<ServiceMode>,
}

/// A product to be put on sale.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields, skip_serializing_if_is_none, example)]
pub(crate) struct NewProductBody {
    /// Its SKU, for good: up to 40 capital letters, digits, `-`, `_` and `.`.
    sku: String,
    /// Its class, for good: it decides what is provisioned.
    class: Word<EntitlementClass>,
    /// What it is called.
    #[oai(validator(max_length = 200))]
    name: String,
    /// Per term, or once where there is no term. Orders take prices with no more decimals than the currency has.
    price: Money,
    /// Months that one purchase lasts, 1 to 1,200; absent for good.
    term_months: Option<u32>,
    /// Days of trial, 0 to 3,650; 0 where absent, which leaves it to the trial policy. It is kept and shown: no trial begins by
    /// itself yet.
    trial_days: Option<u32>,
    /// The support that comes with it.
    support_class: Word<SupportClass>,
    /// Its tier, where there are several.
    tier: Option<ProductTier>,
    /// The service; needed on SVC, refused elsewhere.
    service: Option<ProductService>,
    /// Credits granted with each purchase; on SVC only.
    credits_included: Option<Credits>,
    /// Sites that a license may be activated on; needed on PLG, refused elsewhere.
    sites_allowed: Option<u32>,
}

impl NewProductBody {
    pub(crate) fn read(self) -> Result<NewProduct, Invalid> {
        let terms = ProductBody {
            name: self.name,
            price: self.price,
            term_months: self.term_months,
            trial_days: self.trial_days,
            support_class: self.support_class,
            tier: self.tier,
            service: self.service,
            credits_included: self.credits_included,
            sites_allowed: self.sites_allowed,
        };
        let mut invalid = Invalid::default();
        let sku = self.sku.parse::<Sku>().map_err(|error| invalid.push("sku", error.to_string())).ok();
        let terms = terms.terms(&mut invalid);
        match (sku, terms) {
            (Some(sku), Some(terms)) => invalid.or_ok(NewProduct { sku, class: self.class.0, terms }),
            _ => Err(invalid),
        }
    }
}

impl Example for NewProductBody {
    fn example() -> Self {
        let body = ProductBody::example();
        Self {
            sku: "SVC-SUPPORT-1Y".to_owned(),
            class: Word(EntitlementClass::Svc),
            name: body.name,
            price: body.price,
            term_months: body.term_months,
            trial_days: body.trial_days,
            support_class: body.support_class,
            tier: body.tier,
            service: body.service,
            credits_included: body.credits_included,
            sites_allowed: body.sites_allowed,
        }
    }
}

/// What may be changed about a product.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields, skip_serializing_if_is_none, example)]
pub(crate) struct ProductBody {
    /// What it is called.
    #[oai(validator(max_length = 200))]
    name: String,
    /// Per term, or once where there is no term. Orders take prices with no more decimals than the currency has.
    price: Money,
    /// Months that one purchase lasts, 1 to 1,200; absent for good.
    term_months: Option<u32>,
    /// Days of trial, 0 to 3,650; 0 where absent, which leaves it to the trial policy. It is kept and shown: no trial begins by
    /// itself yet.
    trial_days: Option<u32>,
    /// The support that comes with it.
    support_class: Word<SupportClass>,
    /// Its tier, where there are several.
    tier: Option<ProductTier>,
    /// The service; needed on SVC, refused elsewhere.
    service: Option<ProductService>,
    /// Credits granted with each purchase; on SVC only.
    credits_included: Option<Credits>,
    /// Sites that a license may be activated on; needed on PLG, refused elsewhere.
    sites_allowed: Option<u32>,
}

impl ProductBody {
    pub(crate) fn read(self) -> Result<ProductTerms, Invalid> {
        let mut invalid = Invalid::default();
        match self.terms(&mut invalid) {
            Some(terms) => invalid.or_ok(terms),
            None => Err(invalid),
        }
    }

    fn terms(self, invalid: &mut Invalid) -> Option<ProductTerms> {
        let price = self.price.read("price", invalid)?;
        Some(ProductTerms {
            name: self.name,
            price,
            term_months: self.term_months,
            trial_days: self.trial_days.unwrap_or_default(),
            support_class: self.support_class.0,
            tier: self.tier.map(|ProductTier { name, rank }| Tier { name, rank }),
            service: self
                .service
                .map(|service| ServiceKind { service_type: service.service_type.0, mode: service.mode.0 }),
            credits_included: CreditAmount::from_units(
                self.credits_included.map_or(0, |Credits(amount)| amount.units()),
            ),
            sites_allowed: self.sites_allowed,
        })
    }
}

impl Example for ProductBody {
    fn example() -> Self {
        Self {
            name: "Support, one year".to_owned(),
            price: Money { amount: "12000.00".to_owned(), currency: "BRL".to_owned() },
            term_months: Some(12),
            trial_days: None,
            support_class: Word(SupportClass::Business),
            tier: Some(ProductTier { name: "Gold".to_owned(), rank: 2 }),
            service: Some(ProductService {
                service_type: Word(ServiceType::Support),
                mode: Word(ServiceMode::Ongoing),
            }),
            credits_included: Some(Credits(ust_credits::Credits::from_units(400))),
            sites_allowed: None,
        }
    }
}

/// Something that MIDDAG sells.
#[derive(Debug, Object)]
#[oai(skip_serializing_if_is_none, example)]
pub(crate) struct ProductView {
    /// Its id.
    id: Uuid,
    /// Its SKU.
    sku: String,
    /// Its class.
    class: Word<EntitlementClass>,
    /// What it is called.
    name: String,
    /// Per term, or once where there is no term.
    price: Money,
    /// Months that one purchase lasts; absent for good.
    term_months: Option<u32>,
    /// Days of trial; 0 leaves it to the trial policy. It is kept and shown: no trial begins by itself yet.
    trial_days: u32,
    /// The support that comes with it.
    support_class: Word<SupportClass>,
    /// Its tier, where there are several.
    tier: Option<ProductTier>,
    /// The service; on SVC only.
    service: Option<ProductService>,
    /// Credits granted with each purchase.
    credits_included: Credits,
    /// Sites that a license may be activated on; on PLG only.
    sites_allowed: Option<u32>,
    /// Whether it is on sale.
    active: bool,
    /// When it was recorded.
    created_at: Instant,
}

impl From<ProductRecord> for ProductView {
    fn from(row: ProductRecord) -> Self {
        let ProductRecord { id, sku, class, terms, active, version: _, created_at } = row;
        Self {
            id: id.as_uuid(),
            sku: sku.to_string(),
            class: class.into(),
            name: terms.name,
            price: terms.price.into(),
            term_months: terms.term_months,
            trial_days: terms.trial_days,
            support_class: terms.support_class.into(),
            tier: terms.tier.map(|Tier { name, rank }| ProductTier { name, rank }),
            service: terms.service.map(|ServiceKind { service_type, mode }| ProductService {
                service_type: Word(service_type),
                mode: Word(mode),
            }),
            credits_included: ust_credits::Credits::from(terms.credits_included).into(),
            sites_allowed: terms.sites_allowed,
            active,
            created_at: created_at.into(),
        }
    }
}

impl Example for ProductView {
    fn example() -> Self {
        let body = NewProductBody::example();
        Self {
            id: example::id(3),
            sku: body.sku,
            class: body.class,
            name: body.name,
            price: body.price,
            term_months: body.term_months,
            trial_days: 0,
            support_class: body.support_class,
            tier: body.tier,
            service: body.service,
            credits_included: Credits(ust_credits::Credits::from_units(400)),
            sites_allowed: None,
            active: true,
            created_at: example::instant(),
        }
    }
}
