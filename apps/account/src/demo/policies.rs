//! The policies under which the demo's past happened.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
};

use anyhow::Context as _;
use kernel::{Currency, OrganizationId, Timestamp};
use policy_resolver::kinds::Policies;
use serde_json::{Value, json};
use service_delivery::{GlobalPolicies, PolicyScope, PolicySource};

/// What one credit is worth, per currency: an invoice has one currency, so that a customer's credits have that of the customer.
const CREDIT_VALUES: [(&str, &str); 3] = [("USD", "35"), ("BRL", "180"), ("EUR", "32")];

/// What differs from the built-in policies, for customers who are billed in `currency`.
fn overrides(currency: &str, credit_value: &str) -> Value {
    json!({
        "credits": {
            "base_credit_value": {"amount": credit_value, "currency": currency},
            "pre_approved_up_to": "4",
            "low_balance_at": "5",
        },
        "provisioning": {
            "environment_checklist": [
                "Create the server and its backups",
                "Install the platform and the agreed plugins",
                "Point the DNS records at it",
                "Hand the first account over to the customer",
            ],
        },
    })
}

/// One set of policies per currency.
pub(super) struct DemoPolicies {
    usual: GlobalPolicies,
    by_currency: Vec<(Currency, GlobalPolicies)>,
    currencies: RwLock<HashMap<OrganizationId, Currency>>,
}

impl DemoPolicies {
    pub(super) fn try_new() -> anyhow::Result<Self> {
        let sets = CREDIT_VALUES.map(|(currency, value)| {
            let policies = GlobalPolicies::try_new(&overrides(currency, value))
                .with_context(|| format!("policies for {currency}"))?;
            Ok((currency.parse()?, policies))
        });
        let by_currency = sets.into_iter().collect::<anyhow::Result<_>>()?;
        let (currency, value) = CREDIT_VALUES[0];
        let usual = GlobalPolicies::try_new(&overrides(currency, value)).context("policies")?;
        Ok(Self { usual, by_currency, currencies: RwLock::default() })
    }

    /// From now on, credits of `organization` are worth what they are in `currency`.
    pub(super) fn bill_in(&self, organization: OrganizationId, currency: Currency) {
        self.currencies.write().unwrap_or_else(PoisonError::into_inner).insert(organization, currency);
    }
}

impl PolicySource for DemoPolicies {
    fn policies(&self, scope: &PolicyScope, as_of: Timestamp) -> Arc<Policies> {
        let currencies = self.currencies.read().unwrap_or_else(PoisonError::into_inner);
        let currency = scope.organization.and_then(|id| currencies.get(&id));
        let set = currency.and_then(|own| self.by_currency.iter().find(|(currency, _)| currency == own));
        set.map_or(&self.usual, |(_, set)| set).policies(scope, as_of)
    }
}
