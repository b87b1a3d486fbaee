//! What a request did cost (SR-7).

use kernel::{Invalid, ServiceRequestId};
use policy_resolver::kinds::CreditPolicy;
use strum::{Display, EnumString, IntoStaticStr, VariantArray};
use ust_credits::{Complexity, Credits, CreditsError, MAX_FIGURE, price};

use super::ServiceRequest;
use crate::text::{optional_reason, reason};

/// Where an actual figure comes from (SR-7).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Display, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum ActualBasis {
    /// The fixed price of the catalog item.
    Catalog,
    /// Hours of work × credits per hour.
    Worklogs,
    /// A figure that staff gave.
    Figure,
}

/// A figure of the staff's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GivenActual {
    /// Credits before complexity, 0 to [`MAX_FIGURE`].
    pub base: Credits,
    /// Why; needed where it replaces a fixed price or worklogs.
    pub reason: Option<String>,
}

/// The columns of an actual figure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActualRecord {
    /// Credits before complexity.
    pub base: Credits,
    /// Credits to debit: base × multiplier.
    pub credits: Credits,
    /// Where it comes from.
    pub basis: ActualBasis,
    /// Why staff gave another figure.
    pub reason: Option<String>,
    /// Seconds of work logged when it was taken.
    pub worklog_seconds: u32,
}

/// What a request did cost; made by [`ServiceRequest::actual`] only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actual {
    pub(super) request: ServiceRequestId,
    pub(super) record: ActualRecord,
}

impl Actual {
    /// The credits before complexity.
    pub fn base(&self) -> Credits {
        self.record.base
    }

    /// The credits to settle: base × multiplier (SR-7).
    pub fn credits(&self) -> Credits {
        self.record.credits
    }

    /// Where the figure comes from.
    pub fn basis(&self) -> ActualBasis {
        self.record.basis
    }
}

/// Why no actual figure could be taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ActualError {
    /// There is nothing to take it from.
    #[error("actual credits must be given: the request has neither a catalog item nor logged work")]
    Missing,
    /// The figure is negative or too large, what it would be taken from is, or its reason is missing or too long.
    #[error(transparent)]
    Invalid(#[from] Invalid),
    /// It does not fit.
    #[error(transparent)]
    Credits(#[from] CreditsError),
}

/// `seconds` of work at `per_hour` credits an hour, rounded up to a unit (SR-7). Before complexity.
///
/// # Errors
/// [`CreditsError::Overflow`] where it does not fit.
pub fn worklog_credits(seconds: u32, per_hour: Credits) -> Result<Credits, CreditsError> {
    let unit_seconds = i128::from(seconds) * i128::from(per_hour.units().max(0));
    i64::try_from((unit_seconds + 3_599) / 3_600).map(Credits::from_units).map_err(|_| CreditsError::Overflow)
}

impl ServiceRequest {
    /// What the work did cost (SR-7): `given`, where staff give a figure; else the catalog item's base credits, as they were
    /// when it was chosen; else `worklog_seconds` at the policy's credits per hour. A request that nobody estimated counts as
    /// of low complexity. Before complexity it is at most [`MAX_FIGURE`].
    ///
    /// # Errors
    /// [`ActualError`]: nothing to take it from, a figure without its reason, an amount that is too large.
    pub fn actual(
        &self,
        given: Option<&GivenActual>,
        worklog_seconds: u32,
        policy: &CreditPolicy,
    ) -> Result<Actual, ActualError> {
        let catalog = self.record.catalog;
        let per_hour = Credits::from_units(policy.credits_per_hour.units());
        let (basis, base) = match (given, catalog) {
            (Some(given), _) => (ActualBasis::Figure, given.base),
            (None, Some(choice)) => (ActualBasis::Catalog, choice.base),
            (None, None) if worklog_seconds > 0 => {
                // What does not fit at all is over the most.
                (ActualBasis::Worklogs, worklog_credits(worklog_seconds, per_hour).unwrap_or(Credits::MAX))
            }
            (None, None) => return Err(ActualError::Missing),
        };
        if base.is_negative() {
            return Err(Invalid::field("actual", "must not be negative").into());
        }
        if base > MAX_FIGURE {
            // Whatever is too large, a figure of the staff's takes its place.
            let what = match basis {
                ActualBasis::Figure => "must not be more than".to_owned(),
                ActualBasis::Catalog => "is needed: the catalog item's price is more than".to_owned(),
                ActualBasis::Worklogs => {
                    format!(
                        "is needed: {worklog_seconds} s of work at {per_hour} credits an hour are more than"
                    )
                }
            };
            let problem = format!("{what} {MAX_FIGURE} credits before complexity, the most of one request");
            return Err(Invalid::field("actual", problem).into());
        }
        let text = given.and_then(|given| given.reason.as_deref());
        let replaces = given.is_some() && (catalog.is_some() || worklog_seconds > 0);
        let reason = match text {
            None if replaces => {
                let problem = "is needed where a figure replaces the catalog's price or the worklogs";
                return Err(Invalid::field("reason", problem).into());
            }
            Some(text) if replaces => Some(reason(text)?),
            text => optional_reason(text)?,
        };
        let credits = price(base, self.record.complexity.unwrap_or(Complexity::Low))?;
        let record = ActualRecord { base, credits, basis, reason, worklog_seconds };
        Ok(Actual { request: self.record.id, record })
    }
}
