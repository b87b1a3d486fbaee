//! What a request is made on, and the balance that pays for it (CR-13).

use entitlement::Entitlement;
use kernel::{CreditBalanceId, Invalid};
use policy_resolver::kinds::OnExhausted;
use sr_workflow::{Ground, Service};
use ust_credits::{PayerChoice, PayerReason, which_balance_pays};

use super::RequestGround;
use crate::{
    Refusal, ServiceSite,
    step::{Step, found},
};

/// The ground and the entitlement above it, both kept from changing.
pub(crate) struct Site {
    pub(crate) entitlement: Entitlement,
    /// The balance that lies under the entitlement.
    pub(crate) balance: Option<CreditBalanceId>,
    pub(crate) environment: Option<entitlement::Environment>,
    pub(crate) service: Option<Service>,
}

impl Site {
    pub(super) fn ground(&self) -> Result<Ground<'_>, Refusal> {
        match (&self.environment, &self.service) {
            (Some(environment), _) => {
                let status = environment.status();
                Ok(Ground::Environment {
                    id: environment.id(),
                    entitlement: self.entitlement.id(),
                    organization: self.entitlement.organization(),
                    status: status.into(),
                    active: status == entitlement::EnvironmentStatus::Active,
                })
            }
            (None, Some(service)) => Ok(Ground::Service(service)),
            (None, None) => {
                Err(Refusal::Fault { detail: "a request needs an environment or a service".to_owned() })
            }
        }
    }
}

impl Step<'_> {
    /// Loads the ground, and the entitlement above it, so that neither changes before the commit (SR-2).
    pub(crate) async fn share_site(&mut self, ground: RequestGround) -> Result<Site, Refusal> {
        match ground {
            RequestGround::Environment(id) => {
                let environment = self.uow.entitlements().environment(id).await?;
                // To customers it is not there until it is handed over (PV-3).
                let by_staff = self.caller.tenant().is_none();
                let environment = environment.filter(|own| by_staff || own.visible_to_customers());
                let environment = found(environment, "environment", id)?;
                let entitlement =
                    self.uow.entitlements().share_entitlement(environment.entitlement()).await?;
                let entitlement = entitlement.filter(|own| self.caller.sees(own.organization()));
                let entitlement = found(entitlement, "environment", id)?;
                let environment = self.uow.entitlements().share_environment(id).await?;
                let balance = self.uow.credits().balance_of_entitlement(entitlement.id()).await?;
                Ok(Site { entitlement, balance, environment, service: None })
            }
            RequestGround::Service(id) => {
                let loaded = self.uow.share_service(id).await?;
                let loaded = loaded.filter(|site| self.caller.sees(site.entitlement.organization()));
                let ServiceSite { service, entitlement, balance } = found(loaded, "service", id)?;
                Ok(Site { entitlement, balance, environment: None, service: Some(service) })
            }
        }
    }

    /// The balance that pays (CR-13): looked for only as far down as needed.
    pub(crate) async fn payer_for(
        &mut self,
        named: Option<CreditBalanceId>,
        site: &Site,
        on_exhausted: OnExhausted,
    ) -> Result<Option<(CreditBalanceId, PayerReason)>, Refusal> {
        let mut choice = PayerChoice { named, ..PayerChoice::default() };
        if let Some(named) = named {
            let owner = self.uow.credits().entitlement_of_balance(named).await?;
            if !self.is_same_customers(owner, &site.entitlement).await? {
                let problem = format!("there is no credit balance {named} of this customer");
                return Err(Invalid::field("credit_balance_id", problem).into());
            }
        } else {
            choice.entitlement = site.balance;
        }
        let configuration = site.environment.as_ref().map(entitlement::Environment::configuration);
        choice.environment = configuration.and_then(|configuration| configuration.credit_balance);
        let none_so_far = |choice: &PayerChoice| {
            choice.named.is_none() && choice.entitlement.is_none() && choice.environment.is_none()
        };
        if none_so_far(&choice)
            && let Some(contract) = configuration.and_then(|configuration| configuration.contract)
            && let Some(contract) = self.uow.entitlements().contract(contract).await?
        {
            choice.contract = self.uow.credits().balance_of_entitlement(contract.entitlement()).await?;
        }
        if none_so_far(&choice)
            && choice.contract.is_none()
            && let Some(organization) = site.entitlement.organization()
        {
            choice.organization = self.uow.credits().payer_candidates(organization, self.now).await?;
        }
        Ok(which_balance_pays(&choice, on_exhausted)?)
    }
}
