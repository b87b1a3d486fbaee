//! What a change of an entitlement would touch (EN-5).

use entitlement::{Effect, How, Preview, ResourceKind};
use kernel::Standing;
use poem_openapi::{Enum, Object, types::Example};
use service_delivery::{EntitlementChange, describe_how};
use uuid::Uuid;

use crate::{operations::example, wire::Word};

/// What may be done to an entitlement as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[oai(rename = "EntitlementChange", rename_all = "snake_case")]
pub(crate) enum Change {
    /// Let it rest.
    Suspend,
    /// Bring it back.
    Reactivate,
    /// End it, open to a renewal.
    Expire,
    /// End it for good.
    Cancel,
}

impl From<Change> for EntitlementChange {
    fn from(change: Change) -> Self {
        match change {
            Change::Suspend => Self::Suspend,
            Change::Reactivate => Self::Reactivate,
            Change::Expire => Self::Expire,
            Change::Cancel => Self::Cancel { at_once: true },
        }
    }
}

/// What a change would touch, once it takes effect.
#[derive(Debug, Object)]
#[oai(example)]
pub(crate) struct ChangePreview {
    /// What the entitlement allows now.
    from: Word<Standing>,
    /// What it would allow.
    to: Word<Standing>,
    /// Whether new service requests would be accepted.
    accepts_requests: bool,
    /// Everything that would be touched.
    effects: Vec<EffectView>,
}

/// One thing that would be touched, and how.
#[derive(Debug, Object)]
#[oai(skip_serializing_if_is_none)]
pub(crate) struct EffectView {
    /// What it is.
    kind: Word<ResourceKind>,
    /// Its id.
    id: Uuid,
    /// What happens to it: `status` (the world sees another status), `frozen`, `thawed`, `expires_under_credit_policy`,
    /// `credits_forfeited`, `credits_kept_until_expiry`, `closed_and_released` or `goes_on`.
    how: String,
    /// Its own status, which stays; where `how` is `status`.
    own_status: Option<String>,
    /// The status that the world sees now; where `how` is `status`.
    from: Option<String>,
    /// The status that the world would see; where `how` is `status`.
    to: Option<String>,
}

impl From<Effect> for EffectView {
    fn from(Effect { kind, id, how }: Effect) -> Self {
        let (own_status, from, to) = match how {
            How::Seen { own, from, to } => (Some(own.to_owned()), Some(from.to_owned()), Some(to.to_owned())),
            _ => (None, None, None),
        };
        Self { kind: kind.into(), id, how: describe_how(how).to_owned(), own_status, from, to }
    }
}

impl From<Preview> for ChangePreview {
    fn from(preview: Preview) -> Self {
        Self {
            accepts_requests: preview.accepts_requests(),
            from: preview.from.into(),
            to: preview.to.into(),
            effects: preview.effects.into_iter().map(EffectView::from).collect(),
        }
    }
}

impl Example for ChangePreview {
    fn example() -> Self {
        let effect = |kind, number, how| Effect { kind, id: example::id(number), how };
        let service = How::Seen { own: "active", from: "active", to: "on_hold" };
        Self::from(Preview {
            from: Standing::Live,
            to: Standing::Suspended,
            effects: vec![
                effect(ResourceKind::Service, 8, service),
                effect(ResourceKind::CreditBalance, 9, How::Frozen),
            ],
        })
    }
}
