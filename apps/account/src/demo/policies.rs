//! The policies under which the demo's past happened.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
};

use anyhow::Context as _;
use kernel::{Currency, Money, OrganizationId, Timestamp};
use policy_resolver::kinds::{CreditAmount, MoneyValue, Policies};
use service_delivery::{PolicyScope, PolicySource};

/// What one credit is worth, per currency: an invoice has one currency, so that a customer's credits have the customer's.
/// The first is that of whoever has no organization.
const CREDIT_VALUES: [(&str, &str); 3] = [("USD", "35"), ("BRL", "180"), ("EUR", "32")];

/// Staff have to do this before an environment is handed over.
const CHECKLIST: [&str; 4] = [
    "Create the server and its backups",
    "Install the platform and the agreed plugins",
    "Point the DNS records at it",
    "Hand the first account over to the customer",
];

/// The built-in policies with a few of the company's own; what a credit is worth depends on the customer's currency.
pub(super) struct DemoPolicies {
    credit_values: Vec<Money>,
    pre_approved_up_to: CreditAmount,
    low_balance_at: CreditAmount,
    currencies: RwLock<HashMap<OrganizationId, Currency>>,
}

impl DemoPolicies {
    pub(super) fn try_new() -> anyhow::Result<Self> {
        let values = CREDIT_VALUES.iter();
        let values = values.map(|(currency, amount)| Ok(Money::parse(amount, currency.parse()?)?));
        Ok(Self {
            credit_values: values.collect::<anyhow::Result<_>>().context("what a credit is worth")?,
            pre_approved_up_to: "4".parse()?,
            low_balance_at: "5".parse()?,
            currencies: RwLock::default(),
        })
    }

    /// From now on, credits of `organization` are worth what they are in `currency`.
    pub(super) fn bill_in(&self, organization: OrganizationId, currency: Currency) {
        self.currencies.write().unwrap_or_else(PoisonError::into_inner).insert(organization, currency);
    }

    fn credit_value(&self, organization: Option<OrganizationId>) -> Option<MoneyValue> {
        let currencies = self.currencies.read().unwrap_or_else(PoisonError::into_inner);
        let own = organization.and_then(|id| currencies.get(&id));
        let value = match own {
            Some(own) => self.credit_values.iter().find(|value| value.currency() == *own),
            None => self.credit_values.first(),
        };
        value.map(|value| MoneyValue { amount: value.amount(), currency: value.currency().code().to_owned() })
    }
}

impl PolicySource for DemoPolicies {
    fn policies(&self, scope: &PolicyScope, _: Timestamp) -> Arc<Policies> {
        let mut policies = Policies::for_support_class(scope.support_class);
        policies.credits.base_credit_value = self.credit_value(scope.organization);
        policies.credits.pre_approved_up_to = self.pre_approved_up_to;
        policies.credits.low_balance_at = Some(self.low_balance_at);
        policies.provisioning.environment_checklist = CHECKLIST.map(str::to_owned).to_vec();
        Arc::new(policies)
    }
}
