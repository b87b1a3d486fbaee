//! Policies reach the domain resolved, as arguments: here is where they are asked for.

use std::sync::Arc;

use kernel::{EntitlementClass, EntitlementId, Invalid, OrganizationId, ProductId, Timestamp};
use policy_resolver::kinds::{Policies, SupportClass};
use serde::Deserialize;
use serde_json::Value;
use strum::VariantArray;

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
}

/// The built-in defaults with one set of overrides for everybody: the global level of PO-2.
#[derive(Debug)]
pub struct GlobalPolicies {
    by_support_class: Vec<(SupportClass, Arc<Policies>)>,
}

impl GlobalPolicies {
    /// `overrides` is an object of kinds, each an object of the fields that differ from the default:
    /// `{"credits": {"on_exhausted": "block"}}`.
    ///
    /// # Errors
    /// What is no kind, no field of it, or no value that the field takes.
    pub fn try_new(overrides: &Value) -> Result<Self, Invalid> {
        let by_support_class = SupportClass::VARIANTS
            .iter()
            .map(|class| Ok((*class, Arc::new(overlaid(Policies::for_support_class(*class), overrides)?))))
            .collect::<Result<_, Invalid>>()?;
        Ok(Self { by_support_class })
    }
}

impl PolicySource for GlobalPolicies {
    fn policies(&self, scope: &PolicyScope, _: Timestamp) -> Arc<Policies> {
        self.by_support_class.iter().find(|(class, _)| *class == scope.support_class).map_or_else(
            || Arc::new(Policies::for_support_class(scope.support_class)),
            |(_, found)| found.clone(),
        )
    }
}

fn overlaid(defaults: Policies, overrides: &Value) -> Result<Policies, Invalid> {
    let object = "must be an object of the fields that differ from the default";
    let mut merged = serde_json::to_value(defaults).map_err(|e| Invalid::field("policies", e.to_string()))?;
    let kinds = overrides.as_object().ok_or_else(|| Invalid::field("policies", object))?;
    for (kind, fields) in kinds {
        let path = format!("policies.{kind}");
        let fields = fields.as_object().ok_or_else(|| Invalid::field(&path, object))?;
        for (field, value) in fields {
            // One field at a time, so that the refusal names it.
            merged[kind][field] = value.clone();
            Policies::deserialize(&merged)
                .map_err(|e| Invalid::field(format!("{path}.{field}"), e.to_string()))?;
        }
    }
    Policies::deserialize(&merged).map_err(|e| Invalid::field("policies", e.to_string()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

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
        GlobalPolicies::try_new(overrides).unwrap().policies(&scope, now)
    }

    #[test]
    fn po_2_the_global_level_changes_the_fields_it_sets_and_no_others() {
        let policies = resolved(&json!({"credits": {"pre_approved_up_to": "4.5"}}), SupportClass::Enterprise);
        assert_eq!(policies.credits.pre_approved_up_to.units(), 45);
        assert_eq!(policies.credits.expiry_months, Some(12));
        assert_eq!(policies.sla, Policies::for_support_class(SupportClass::Enterprise).sla);
    }

    #[test]
    fn po_9_what_is_no_policy_is_refused_by_its_path() {
        for (overrides, path) in [
            (json!([]), "policies"),
            (json!({"credit": {"grace_days": 1}}), "policies.credit.grace_days"),
            (json!({"credits": {"grace_day": 1}}), "policies.credits.grace_day"),
            (json!({"credits": {"overdraft_limit": "1.25"}}), "policies.credits.overdraft_limit"),
            (json!({"credits": 1}), "policies.credits"),
        ] {
            assert_eq!(GlobalPolicies::try_new(&overrides).unwrap_err().0[0].path, path);
        }
    }
}
