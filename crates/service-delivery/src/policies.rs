//! Policies reach the domain resolved, as arguments: here is where they are asked for.

mod set;

use std::sync::{
    Arc, OnceLock,
    atomic::{AtomicBool, AtomicU16, Ordering},
};

use kernel::{EntitlementClass, EntitlementId, OrganizationId, ProductId, Timestamp};
use policy_resolver::{
    Kind, Snapshot, Subject,
    kinds::{
        CancellationPolicy, CreditPolicy, NotificationPolicy, PaymentRecoveryPolicy, Policies,
        ProvisioningPolicy, RefundPolicy, RenewalPolicy, SlaPolicy, SupportClass, TierChangePolicy,
        TrialPolicy,
    },
};
use strum::VariantArray;

pub use set::{FollowError, Freshness, PolicyFreshness, PolicySet, SETTINGS_LEVEL, policy_schema};

/// For whom policies are resolved: one entry per level below the global one (PO-2). A level that is absent has no scope (PO-10).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PolicyScope {
    /// The class level.
    pub class: EntitlementClass,
    /// The organization level.
    pub organization: Option<OrganizationId>,
    /// The product level.
    pub product: Option<ProductId>,
    /// The level of the individual entitlement; none for one that is not there yet.
    pub entitlement: Option<EntitlementId>,
    /// Chooses the default set of the SLA kind.
    pub support_class: SupportClass,
}

/// Resolves policies.
pub trait PolicySource: Send + Sync {
    /// The values of all ten kinds in `scope` as of `as_of`.
    fn policies(&self, scope: &PolicyScope, as_of: Timestamp) -> Arc<Policies>;

    /// What governs a decision in `scope` as of `as_of`: each kind is resolved when it is asked for.
    fn governing(&self, scope: &PolicyScope, as_of: Timestamp) -> Governing {
        Governing::fixed(self.policies(scope, as_of))
    }

    /// The documents that decide, where this source has any that can be changed.
    fn documents(&self) -> Option<&PolicySet> {
        None
    }
}

/// One version of one policy document.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PolicyRef {
    /// The document's name.
    pub document: String,
    /// The version, counted from 1.
    pub version: u32,
}

/// What governs one decision. It notes which kinds were asked for, so that the event of the decision can say which documents
/// decided; resolving a kind takes no lock and copies nothing.
pub struct Governing {
    source: Source,
    asked: AtomicU16,
    failed: AtomicBool,
}

#[expect(
    clippy::large_enum_variant,
    reason = "the large one is the usual one; a box would allocate in every decision"
)]
enum Source {
    Fixed(Arc<Policies>),
    Resolved { snapshot: Arc<Snapshot>, subject: Subject, support_class: SupportClass, as_of: Timestamp },
}

impl Governing {
    fn of(source: Source) -> Self {
        Self { source, asked: AtomicU16::new(0), failed: AtomicBool::new(false) }
    }

    /// These values, whatever decided them.
    pub fn fixed(policies: Arc<Policies>) -> Self {
        Self::of(Source::Fixed(policies))
    }

    pub(crate) fn resolved(
        snapshot: Arc<Snapshot>,
        subject: Subject,
        support_class: SupportClass,
        as_of: Timestamp,
    ) -> Self {
        Self::of(Source::Resolved { snapshot, subject, support_class, as_of })
    }

    fn kind<T: Kind>(&self, number: u16, of: impl Fn(&Policies) -> &T) -> &T {
        self.asked.fetch_or(1 << number, Ordering::Relaxed);
        match &self.source {
            Source::Fixed(policies) => of(policies),
            Source::Resolved { snapshot, subject, support_class, as_of } => {
                snapshot.resolve(subject, instant(*as_of)).unwrap_or_else(|_| {
                    self.failed.store(true, Ordering::Relaxed);
                    of(built_in(*support_class))
                })
            }
        }
    }

    /// The policy of the kind `credits`, and those that are known to follow it, each with the instant from which it holds.
    pub(crate) fn credits_from_now_on(&self) -> Vec<(Timestamp, &CreditPolicy)> {
        let mut all = Vec::with_capacity(1);
        let Source::Resolved { snapshot, subject, as_of, .. } = &self.source else {
            return vec![(Timestamp::MIN, self.credits())];
        };
        all.push((*as_of, self.credits()));
        let mut last = instant(*as_of);
        while let Ok(Some(next)) = snapshot.next_change(CreditPolicy::NAME, subject, last) {
            if let (Some(at), Ok(policy)) =
                (Timestamp::from_unix_micros(next.unix_micros()), snapshot.resolve(subject, next))
            {
                all.push((at, policy));
            }
            last = next;
        }
        all
    }

    /// Whether a kind that was asked for could not be resolved: what was decided then must not be kept. A set is checked for
    /// every conceivable scope before it is put in force, so that this is a fault of ours.
    pub(crate) fn failed(&self) -> bool {
        self.failed.load(Ordering::Relaxed)
    }

    /// The documents that decided the kinds that were asked for, each once.
    pub(crate) fn decided_by(&self) -> Vec<PolicyRef> {
        let Source::Resolved { snapshot, subject, as_of, .. } = &self.source else { return vec![] };
        let asked = self.asked.load(Ordering::Relaxed);
        let mut documents: Vec<PolicyRef> = NAMES
            .iter()
            .enumerate()
            .filter(|(number, _)| asked & (1 << number) != 0)
            .filter_map(|(_, kind)| snapshot.decided_by(kind, subject, instant(*as_of)).ok())
            .flatten()
            .map(|own| PolicyRef { document: own.id, version: own.version })
            .collect();
        documents.sort_unstable();
        documents.dedup();
        documents
    }
}

macro_rules! governing {
    ($($number:literal $field:ident: $kind:ident, $name:literal;)*) => {
        const NAMES: &[&str] = &[$($name),*];

        impl Governing {
            $(
                #[doc = concat!("The policy of the kind `", $name, "`.")]
                pub fn $field(&self) -> &$kind {
                    self.kind($number, |policies| &policies.$field)
                }
            )*
        }
    };
}

governing! {
    0 renewal: RenewalPolicy, "renewal";
    1 payment_recovery: PaymentRecoveryPolicy, "payment_recovery";
    2 cancellation: CancellationPolicy, "cancellation";
    3 sla: SlaPolicy, "sla";
    4 credits: CreditPolicy, "credits";
    5 provisioning: ProvisioningPolicy, "provisioning";
    6 trial: TrialPolicy, "trial";
    7 refund: RefundPolicy, "refund";
    8 tier_change: TierChangePolicy, "tier_change";
    9 notification: NotificationPolicy, "notification";
}

/// The built-in defaults of a support class.
fn built_in(class: SupportClass) -> &'static Policies {
    static ALL: OnceLock<Vec<(SupportClass, Policies)>> = OnceLock::new();
    static OTHER: OnceLock<Policies> = OnceLock::new();
    let all = ALL.get_or_init(|| {
        SupportClass::VARIANTS.iter().map(|class| (*class, Policies::for_support_class(*class))).collect()
    });
    all.iter()
        .find(|(own, _)| *own == class)
        .map_or_else(|| OTHER.get_or_init(Policies::default), |(_, policies)| policies)
}

/// An instant as the resolver has it.
pub(crate) fn instant(at: Timestamp) -> policy_resolver::Timestamp {
    policy_resolver::Timestamp::from_unix_micros(at.unix_micros())
}

#[cfg(test)]
mod tests {
    use kernel::Invalid;
    use serde_json::{Value, json};

    use super::*;

    fn resolved(overrides: &Value, support_class: SupportClass) -> Arc<Policies> {
        let scope = PolicyScope {
            class: EntitlementClass::Svc,
            organization: None,
            product: None,
            entitlement: None,
            support_class,
        };
        let now = "2026-01-01T00:00:00Z".parse().unwrap();
        PolicySet::try_new(overrides).unwrap().policies(&scope, now)
    }

    fn refused(overrides: &Value) -> Invalid {
        PolicySet::try_new(overrides).unwrap_err()
    }

    #[test]
    fn po_2_settings_change_the_fields_they_set_and_no_others() {
        let policies = resolved(&json!({"credits": {"pre_approved_up_to": "4.5"}}), SupportClass::Enterprise);
        assert_eq!(policies.credits.pre_approved_up_to.units(), 45);
        assert_eq!(policies.credits.expiry_months, Some(12));
        for class in SupportClass::VARIANTS {
            assert_eq!(*resolved(&json!({}), *class), Policies::for_support_class(*class));
        }
        let money = json!({"credits": {"base_credit_value": {"amount": "100", "currency": "BRL"}}});
        assert!(resolved(&money, SupportClass::Free).credits.base_credit_value.is_some());
    }

    #[test]
    fn po_9_settings_that_are_no_policies_are_refused_by_their_paths() {
        for (overrides, path) in [
            (json!([]), "policies"),
            (json!({"credit": {"grace_days": 1}}), "policies.credit"),
            (json!({"credits": {"grace_day": 1}}), "policies.credits.grace_day"),
            (json!({"credits": {"overdraft_limit": "1.25"}}), "policies.credits.overdraft_limit"),
            (json!({"credits": 1}), "policies.credits"),
        ] {
            assert_eq!(refused(&overrides).0[0].path, path, "{:?}", refused(&overrides));
        }
        let several = json!({"credits": {"grace_days": -1, "debit_on": "never"}, "trial": {"days": "x"}});
        assert_eq!(refused(&several).0.len(), 3, "{:?}", refused(&several));
    }

    #[test]
    fn po_11_the_schema_has_a_level_for_settings_and_the_five_of_po_2() {
        let levels: Vec<&str> = policy_schema().levels().iter().map(policy_resolver::Level::name).collect();
        assert_eq!(levels, ["settings", "global", "class", "organization", "product", "entitlement"]);
        assert!(policy_schema().kinds().map(policy_resolver::KindSchema::name).eq(NAMES.iter().copied()));
    }

    #[test]
    fn a_decision_knows_the_documents_of_the_kinds_it_asked_for() {
        let settings = json!({"credits": {"grace_days": 3}, "renewal": {"grace_days": 9}});
        let set = PolicySet::try_new(&settings).unwrap();
        let scope = PolicyScope {
            class: EntitlementClass::Plg,
            organization: None,
            product: None,
            entitlement: None,
            support_class: SupportClass::Basic,
        };
        let governing = set.governing(&scope, "2026-01-01T00:00:00Z".parse().unwrap());
        assert_eq!(governing.decided_by(), []);
        assert_eq!(governing.credits().grace_days, 3);
        assert_eq!(governing.trial().days, 0);
        let settings = PolicyRef { document: "credits/settings".to_owned(), version: 1 };
        assert_eq!(governing.decided_by(), [settings]);
        assert!(!governing.failed());
    }
}
