//! The customer's yes.

use kernel::{Actor, ActorKind, Invalid, Timestamp};

use crate::text::reason;

/// That the customer agreed: by themselves, or through staff who say why they speak for the customer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Consent {
    /// Who gave it.
    pub by: Actor,
    /// When.
    pub at: Timestamp,
    /// Why staff gave it on the customer's behalf; none where the customer gave it.
    pub on_behalf: Option<String>,
}

impl Consent {
    /// The consent of a customer, or of staff with the reason `on_behalf`. A customer needs no reason, and none is kept.
    ///
    /// # Errors
    /// [`Invalid`] naming `reason` where staff give none or a too long one.
    pub(crate) fn try_new(by: &Actor, on_behalf: Option<&str>, at: Timestamp) -> Result<Self, Invalid> {
        let on_behalf = match by.kind {
            ActorKind::Staff => Some(reason(on_behalf.unwrap_or_default())?),
            ActorKind::Customer | ActorKind::Jira | ActorKind::System => None,
        };
        Ok(Self { by: by.clone(), at, on_behalf })
    }
}
