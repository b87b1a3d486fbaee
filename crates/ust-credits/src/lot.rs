//! Lots: credits granted together (CR-2).

use kernel::{Invalid, LotId, Timestamp};
use policy_resolver::kinds::CreditPolicy;
use strum::{Display, EnumString, IntoStaticStr, VariantArray};
use time::UtcOffset;

use crate::{Credits, LotChange, MAX_FIGURE};

/// The longest external reference, in characters.
pub const MAX_REFERENCE: usize = 200;

/// Where a lot's credits come from (CR-2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Display, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum LotSource {
    /// Included in what was bought.
    Included,
    /// Bought on their own.
    Purchase,
    /// Given by staff.
    Manual,
    /// Given to make good.
    Refund,
    /// Carried over from an earlier term.
    Rollover,
}

/// The row of a lot. `amount = available + held + consumed + expired + taken_back`, none negative (CR-10).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LotRecord {
    /// Its id.
    pub id: LotId,
    /// Where the credits come from.
    pub source: LotSource,
    /// How much was granted; over 0.
    pub amount: Credits,
    /// Neither held nor gone.
    pub available: Credits,
    /// Held for requests.
    pub held: Credits,
    /// Debited.
    pub consumed: Credits,
    /// Gone with the lot's time.
    pub expired: Credits,
    /// Taken back.
    pub taken_back: Credits,
    /// When it was granted: its place in the queue (CR-3).
    pub granted_at: Timestamp,
    /// From when on it can be used; never before `granted_at`.
    pub usable_from: Timestamp,
    /// When it expires, grace not counted; none never expires.
    pub expires_at: Option<Timestamp>,
    /// The instant at which its unheld remainder is gone: the grace after `expires_at` is over, or it was taken back
    /// whole. At that instant it is gone already (CR-8).
    pub ends_at: Option<Timestamp>,
    /// What the outside calls this grant; the same one twice is one grant.
    pub reference: Option<String>,
}

impl LotRecord {
    /// Whether something is left in it: such lots are loaded with the balance.
    pub fn is_open(&self) -> bool {
        self.available.is_positive() || self.held.is_positive()
    }

    /// Whether what is available in it can be used at `at` (CR-3): usable already, and not gone.
    pub fn is_usable(&self, at: Timestamp) -> bool {
        self.usable_from <= at && !self.has_ended(at)
    }

    /// Whether its time is over at `at`: half-open, at `ends_at` it is (CR-8).
    pub fn has_ended(&self, at: Timestamp) -> bool {
        self.ends_at.is_some_and(|end| end <= at)
    }

    /// Its place in the queue (CR-3): granted first is used first, at the same instant by id.
    pub fn queue_key(&self) -> (Timestamp, LotId) {
        (self.granted_at, self.id)
    }

    /// What is wrong with the row, if anything is.
    pub fn fault(&self) -> Option<&'static str> {
        let parts = [self.available, self.held, self.consumed, self.expired, self.taken_back];
        let sum: i128 = parts.iter().map(|part| i128::from(part.units())).sum();
        if parts.iter().any(|part| part.is_negative()) || !self.amount.is_positive() {
            Some("an amount is negative, or nothing was granted")
        } else if sum != i128::from(self.amount.units()) {
            Some("granted is not available + held + consumed + expired + taken back")
        } else if self.usable_from < self.granted_at {
            Some("usable before it was granted")
        } else if self.expires_at.is_some_and(|at| at <= self.usable_from) {
            Some("expires before it can be used")
        } else if self.expires_at.is_some() && self.ends_at.is_none() {
            Some("expires and has no end")
        } else {
            None
        }
    }

    /// The row after `change`. None where a figure would be negative or not fit.
    pub(crate) fn apply(&mut self, change: &LotChange) -> Option<()> {
        let plus = |amount: Credits, units: i64| {
            amount.units().checked_add(units).filter(|units| *units >= 0).map(Credits::from_units)
        };
        let available = plus(self.available, change.available)?;
        let held = plus(self.held, change.held)?;
        let consumed = plus(self.consumed, change.consumed)?;
        let expired = plus(self.expired, change.expired)?;
        let taken_back = plus(self.taken_back, change.taken_back)?;
        (self.available, self.held, self.consumed) = (available, held, consumed);
        (self.expired, self.taken_back) = (expired, taken_back);
        Some(())
    }
}

/// Credits to be granted as a new lot (CR-2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// The id of the lot to be.
    pub lot: LotId,
    /// How much; over 0, at most [`MAX_FIGURE`].
    pub amount: Credits,
    /// Where they come from.
    pub source: LotSource,
    /// From when on they can be used; at once where none or past.
    pub usable_from: Option<Timestamp>,
    /// When they expire; never where none.
    pub expires_at: Option<Timestamp>,
    /// Whether a policy says when: then the same grant sent again may come to another instant.
    pub expires_by_policy: bool,
    /// Days of 24 hours after the expiry during which they can still be used (CR-8).
    pub grace_days: u32,
    /// What the outside calls this grant; the same one twice on a balance is one grant. At most [`MAX_REFERENCE`] characters.
    pub reference: Option<String>,
}

impl Grant {
    /// A grant of `amount` that can be used at once and never expires.
    pub fn new(lot: LotId, amount: Credits, source: LotSource) -> Self {
        Self {
            lot,
            amount,
            source,
            usable_from: None,
            expires_at: None,
            expires_by_policy: false,
            grace_days: 0,
            reference: None,
        }
    }

    /// Usable from `at` on.
    #[must_use]
    pub fn usable_from(self, at: Timestamp) -> Self {
        Self { usable_from: Some(at), ..self }
    }

    /// Expiring at `at`, with `grace_days` after it.
    #[must_use]
    pub fn expiring(self, at: Timestamp, grace_days: u32) -> Self {
        Self { expires_at: Some(at), expires_by_policy: false, grace_days, ..self }
    }

    /// Expiring as `policy` says: `expiry_months` after it can be used (TM-2, on the business's calendar at `offset`), and
    /// `grace_days` after that.
    #[must_use]
    pub fn under(self, policy: &CreditPolicy, now: Timestamp, offset: UtcOffset) -> Self {
        let start = self.usable_from.map_or(now, |from| from.max(now));
        let months = policy.expiry_months.map(|months| i32::try_from(months).unwrap_or(i32::MAX));
        let expires_at = months.map(|months| start.plus_months(months, offset));
        Self { expires_at, expires_by_policy: true, grace_days: policy.grace_days, ..self }
    }

    /// Known to the outside as `reference`.
    #[must_use]
    pub fn known_as(self, reference: impl Into<String>) -> Self {
        Self { reference: Some(reference.into()), ..self }
    }

    /// What this grant says otherwise than `known`, a lot with its reference, as `known` has it; nothing where it is the same grant
    /// again. What it leaves to others, an expiry by policy and the instant from which it can be used, is no difference.
    pub(crate) fn differences(&self, known: &LotRecord) -> Vec<String> {
        let mut found = Vec::new();
        if known.amount != self.amount {
            found.push(format!("amount is {}", known.amount));
        }
        if known.source != self.source {
            found.push(format!("source is {}", known.source));
        }
        if self.usable_from.is_some_and(|from| from.max(known.granted_at) != known.usable_from) {
            found.push(format!("usable_from is {}", known.usable_from));
        }
        if !self.expires_by_policy && known.expires_at != self.expires_at {
            let at = known.expires_at.map_or_else(|| "none".to_owned(), |at| at.to_string());
            found.push(format!("expires_at is {at}"));
        }
        found
    }

    /// The lot that this grant makes at `now`, still empty: its first ledger entry fills it.
    ///
    /// # Errors
    /// [`Invalid`] with every wrong field.
    pub(crate) fn lot_at(&self, now: Timestamp) -> Result<LotRecord, Invalid> {
        let usable_from = self.usable_from.map_or(now, |from| from.max(now));
        let mut invalid = Invalid::default();
        if !self.amount.is_positive() {
            invalid.push("amount", "must be over 0");
        } else if self.amount > MAX_FIGURE {
            invalid.push("amount", format!("must not be more than {MAX_FIGURE}"));
        }
        if self.expires_at.is_some_and(|at| at <= usable_from) {
            invalid.push(
                "expires_at",
                format!("must be later than {usable_from}, when the credits can first be used"),
            );
        }
        if let Some(reference) = &self.reference {
            invalid.require_text("external_ref", reference, MAX_REFERENCE);
        }
        invalid.or_ok(LotRecord {
            id: self.lot,
            source: self.source,
            amount: self.amount,
            available: Credits::ZERO,
            held: Credits::ZERO,
            consumed: Credits::ZERO,
            expired: Credits::ZERO,
            taken_back: Credits::ZERO,
            granted_at: now,
            usable_from,
            expires_at: self.expires_at,
            ends_at: self.expires_at.map(|at| at.plus_days(i64::from(self.grace_days))),
            reference: self.reference.clone(),
        })
    }
}
