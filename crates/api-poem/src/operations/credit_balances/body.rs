//! What staff send.

use poem_openapi::{Object, types::Example};
use service_delivery::{AdjustCredits, AdjustmentDirection, GrantCredits};
use ust_credits::LotSource;

use crate::wire::{Credits, Instant, Word};

/// Credits to be granted.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields, skip_serializing_if_is_none, example)]
pub(crate) struct NewGrant {
    /// How much; over 0.
    amount: Credits,
    /// Where they come from; `manual` where it is absent.
    source: Option<Word<LotSource>>,
    /// From when on they can be used; at once where it is absent.
    usable_from: Option<Instant>,
    /// When they expire; as CreditPolicy says where it is absent.
    expires_at: Option<Instant>,
    /// What the outside calls this grant: up to 200 characters; the same one twice is one grant.
    external_ref: Option<String>,
    /// Why: up to 2,000 characters. It is recorded.
    #[oai(validator(max_length = 2_000))]
    reason: String,
}

impl Example for NewGrant {
    fn example() -> Self {
        Self {
            amount: Credits(ust_credits::Credits::from_units(100)),
            source: Some(Word(LotSource::Purchase)),
            usable_from: None,
            expires_at: None,
            external_ref: Some("shop-4711".to_owned()),
            reason: "10 credits bought in the shop".to_owned(),
        }
    }
}

impl From<NewGrant> for GrantCredits {
    fn from(body: NewGrant) -> Self {
        Self {
            amount: body.amount.0,
            source: body.source.map_or(LotSource::Manual, |Word(source)| source),
            usable_from: body.usable_from.map(|Instant(at)| at),
            expires_at: body.expires_at.map(|Instant(at)| at),
            external_ref: body.external_ref,
            reason: body.reason,
        }
    }
}

/// An adjustment by hand.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields, skip_serializing_if_is_none, example)]
pub(crate) struct NewAdjustment {
    /// Whether credits are added, as a lot, or taken back from what is usable, the oldest lot first.
    direction: Word<AdjustmentDirection>,
    /// How much; over 0.
    amount: Credits,
    /// When added credits expire; as CreditPolicy says where it is absent.
    expires_at: Option<Instant>,
    /// What the outside calls added credits: up to 200 characters; the same one twice is one adjustment.
    external_ref: Option<String>,
    /// Why: up to 2,000 characters. It is recorded.
    #[oai(validator(max_length = 2_000))]
    reason: String,
}

impl Example for NewAdjustment {
    fn example() -> Self {
        Self {
            direction: Word(AdjustmentDirection::TakeBack),
            amount: Credits(ust_credits::Credits::from_units(25)),
            expires_at: None,
            external_ref: None,
            reason: "Granted twice by mistake".to_owned(),
        }
    }
}

impl From<NewAdjustment> for AdjustCredits {
    fn from(body: NewAdjustment) -> Self {
        Self {
            direction: body.direction.0,
            amount: body.amount.0,
            expires_at: body.expires_at.map(|Instant(at)| at),
            external_ref: body.external_ref,
            reason: body.reason,
        }
    }
}
