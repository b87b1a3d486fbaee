//! Licenses (PV-5) and environments (PV-3, PV-4).

use entitlement::{
    Entitlement, Environment, EnvironmentConfiguration, License, LicenseKey, Site, SiteActivated,
    SiteDeactivated, Validity,
};
use kernel::{EnvironmentId, Invalid};
use serde_json::{Value, json};

use crate::{
    Refusal, ServiceDelivery, Subject, SubjectKind,
    access::Caller,
    retry::retrying,
    step::{Step, found, not_stale},
};

/// What is done to an environment besides its configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EnvironmentChange {
    /// It is set up: customers see it from now on.
    Activate,
    /// Maintenance begins.
    BeginMaintenance,
    /// Maintenance ends.
    EndMaintenance,
}

impl ServiceDelivery {
    /// Activates a license on a site (PV-5). The same site counts once.
    ///
    /// # Errors
    /// What is no key or no site; no such license; one that is inactive, expired or revoked; every allowed site taken.
    pub async fn activate_license(
        &self,
        by: &Caller,
        key: &str,
        site: &str,
    ) -> Result<SiteActivated, Refusal> {
        let (key, site): (LicenseKey, Site) = (key.parse()?, site.parse()?);
        retrying(|| async {
            let mut step = self.begin(by, "activate license").await?;
            let (mut license, entitlement) = step.lock_license(key).await?;
            let outcome = license.activate_site(site.clone(), entitlement.standing(step.now), step.now)?;
            if outcome == SiteActivated::Activated {
                step.uow.entitlements().save_license(&license).await?;
                let after = json!({"site": site.to_string()});
                step.record("license.activated", license_subject(&license, &entitlement), Value::Null, after);
            }
            step.commit().await?;
            Ok(outcome)
        })
        .await
    }

    /// Gives a site of a license free (PV-5).
    ///
    /// # Errors
    /// What is no key or no site; no such license.
    pub async fn deactivate_license(
        &self,
        by: &Caller,
        key: &str,
        site: &str,
    ) -> Result<SiteDeactivated, Refusal> {
        let (key, site): (LicenseKey, Site) = (key.parse()?, site.parse()?);
        retrying(|| async {
            let mut step = self.begin(by, "deactivate license").await?;
            let (mut license, entitlement) = step.lock_license(key).await?;
            let outcome = license.deactivate_site(&site);
            if outcome == SiteDeactivated::Deactivated {
                step.uow.entitlements().save_license(&license).await?;
                let before = json!({"site": site.to_string()});
                step.record(
                    "license.deactivated",
                    license_subject(&license, &entitlement),
                    before,
                    Value::Null,
                );
            }
            step.commit().await?;
            Ok(outcome)
        })
        .await
    }

    /// Whether a license may be used on a site now (PV-5).
    ///
    /// # Errors
    /// What is no key or no site; no such license.
    pub async fn validate_license(&self, by: &Caller, key: &str, site: &str) -> Result<Validity, Refusal> {
        let (key, site): (LicenseKey, Site) = (key.parse()?, site.parse()?);
        retrying(|| async {
            let mut step = self.begin(by, "validate license").await?;
            let (license, entitlement) = step.lock_license(key).await?;
            let validity = license.validate(&site, entitlement.standing(step.now));
            step.commit().await?;
            Ok(validity)
        })
        .await
    }

    /// Records how an environment is set up (PV-3).
    ///
    /// # Errors
    /// No such environment, a stale version, every field that is wrong, a contract or balance that is not there.
    pub async fn configure_environment(
        &self,
        by: &Caller,
        id: EnvironmentId,
        configuration: &EnvironmentConfiguration,
        expected: Option<i64>,
    ) -> Result<(), Refusal> {
        retrying(|| async {
            let mut step = self.begin(by, "configure environment").await?;
            let (mut environment, entitlement) = step.lock_environment(id).await?;
            not_stale("environment", environment.version(), expected)?;
            step.links_exist(&entitlement, configuration).await?;
            let before = facts(&environment);
            environment.configure(configuration.clone())?;
            step.uow.entitlements().save_environment(&environment).await?;
            let subject = environment_subject(&environment, &entitlement);
            step.record_change("environment.configured", subject, &before, &facts(&environment));
            step.commit().await
        })
        .await
    }

    /// Activates an environment, or begins or ends its maintenance (PV-3, PV-4).
    ///
    /// # Errors
    /// No such environment; a status that does not allow it; server, primary URL or platform missing.
    pub async fn change_environment(
        &self,
        by: &Caller,
        id: EnvironmentId,
        change: EnvironmentChange,
    ) -> Result<(), Refusal> {
        retrying(|| async {
            let mut step = self.begin(by, "change environment").await?;
            let (mut environment, entitlement) = step.lock_environment(id).await?;
            let (change, name) = match change {
                EnvironmentChange::Activate => (environment.activate(step.now)?, "environment.activated"),
                EnvironmentChange::BeginMaintenance => {
                    (environment.begin_maintenance()?, "environment.maintenance_begun")
                }
                EnvironmentChange::EndMaintenance => {
                    (environment.end_maintenance()?, "environment.maintenance_ended")
                }
            };
            step.uow.entitlements().save_environment(&environment).await?;
            let subject = environment_subject(&environment, &entitlement);
            let (before, after) =
                (json!({"status": change.from.to_string()}), json!({"status": change.to.to_string()}));
            step.record(name, subject, before, after);
            step.commit().await
        })
        .await
    }
}

impl Step<'_> {
    /// The license with that key, and its entitlement, which is locked first.
    async fn lock_license(&mut self, key: LicenseKey) -> Result<(License, Entitlement), Refusal> {
        let unknown = || Refusal::not_found("license", "with that key");
        let id = self.uow.entitlements().find_license(key).await?.ok_or_else(unknown)?;
        let license = self.uow.entitlements().license(id).await?.ok_or_else(unknown)?;
        let entitlement = self.uow.entitlements().share_entitlement(license.entitlement()).await?;
        let entitlement = entitlement.filter(|entitlement| self.caller.sees(entitlement.organization()));
        let entitlement = entitlement.ok_or_else(unknown)?;
        Ok((self.uow.entitlements().lock_license(id).await?.ok_or_else(unknown)?, entitlement))
    }

    /// The environment, and its entitlement, which is locked first.
    async fn lock_environment(&mut self, id: EnvironmentId) -> Result<(Environment, Entitlement), Refusal> {
        let unlocked = found(self.uow.entitlements().environment(id).await?, "environment", id)?;
        let entitlement = self.uow.entitlements().share_entitlement(unlocked.entitlement()).await?;
        let entitlement = entitlement.filter(|entitlement| self.caller.sees(entitlement.organization()));
        let entitlement = found(entitlement, "environment", id)?;
        Ok((found(self.uow.entitlements().lock_environment(id).await?, "environment", id)?, entitlement))
    }

    /// The contract and the balance that an environment is linked to are the same customer's.
    async fn links_exist(
        &mut self,
        entitlement: &Entitlement,
        configuration: &EnvironmentConfiguration,
    ) -> Result<(), Refusal> {
        let mut invalid = Invalid::default();
        if let Some(id) = configuration.contract {
            let contract = self.uow.entitlements().contract(id).await?;
            if !self.is_same_customers(contract.map(|contract| contract.entitlement()), entitlement).await? {
                invalid.push("contract", format!("there is no contract {id} of this customer"));
            }
        }
        if let Some(id) = configuration.credit_balance {
            let owner = self.uow.credits().entitlement_of_balance(id).await?;
            if !self.is_same_customers(owner, entitlement).await? {
                invalid
                    .push("credit_balance_id", format!("there is no credit balance {id} of this customer"));
            }
        }
        Ok(invalid.or_ok(())?)
    }

    /// Whether `other` is this very entitlement, or one of the same organization.
    pub(crate) async fn is_same_customers(
        &mut self,
        other: Option<kernel::EntitlementId>,
        entitlement: &Entitlement,
    ) -> Result<bool, Refusal> {
        let Some(other) = other else { return Ok(false) };
        if other == entitlement.id() {
            return Ok(true);
        }
        let other = self.uow.entitlements().share_entitlement(other).await?;
        Ok(entitlement.organization().is_some()
            && other.is_some_and(|other| other.organization() == entitlement.organization()))
    }
}

fn license_subject(license: &License, entitlement: &Entitlement) -> Subject {
    Subject::new(SubjectKind::License, license.id()).under(entitlement.id()).of(entitlement.organization())
}

fn environment_subject(environment: &Environment, entitlement: &Entitlement) -> Subject {
    Subject::new(SubjectKind::Environment, environment.id())
        .under(entitlement.id())
        .of(entitlement.organization())
}

fn facts(environment: &Environment) -> Value {
    let it = environment.configuration();
    let dns: Vec<String> =
        it.dns_records.iter().map(|dns| format!("{} {} {}", dns.name, dns.record_type, dns.value)).collect();
    json!({
        "server": it.server,
        "primary_url": it.primary_url,
        "staging_url": it.staging_url,
        "platform": it.platform.map(|platform| platform.to_string()),
        "backup_schedule": it.backup_schedule,
        "dns_records": dns,
        "contract": it.contract.map(|id| id.to_string()),
        "credit_balance": it.credit_balance.map(|id| id.to_string()),
        "jira_project": it.jira_project,
    })
}
