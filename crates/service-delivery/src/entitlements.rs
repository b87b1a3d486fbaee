//! Entitlements: made by hand, attached, and changed together with everything that lies under them (EN-3, EN-5).

use entitlement::{
    Attachment, Cancellation, Effect, Entitlement, EntitlementStatus, How, NewEntitlement, Preview,
    RequestStage, Resource, ResourceKind, preview,
};
use kernel::{
    CreditBalanceId, EntitlementClass, EntitlementCode, EntitlementId, Invalid, OrganizationId, ProductId,
    Standing,
};
use policy_resolver::kinds::{CancelWhen, CancellationPolicy, RunningRequests, SupportClass, UnusedCredits};
use serde_json::{Value, json};
use sr_workflow::{RequestStatus, ServiceRequest};
use ust_credits::Touching;

use crate::{
    Refusal, ServiceDelivery,
    access::Caller,
    provisioning::entitlement_subject,
    retry::retrying,
    step::{Step, found},
};

/// An entitlement that no order asks for: a gift, a promotion, a person's own (EN-3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreateEntitlement {
    /// Its class.
    pub class: EntitlementClass,
    /// Whose it is; a holder is needed where there is none.
    pub organization: Option<OrganizationId>,
    /// Name and e-mail address of the holder.
    pub holder: Option<(String, String)>,
    /// The product it is made from: needed for PLG and SVC.
    pub product: Option<ProductId>,
    /// The support that comes with it; the product's, else `free`, where none is given.
    pub support_class: Option<SupportClass>,
}

/// What can be done to an entitlement as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EntitlementChange {
    /// Let it rest, with everything under it.
    Suspend,
    /// Bring it back, with everything under it as it was.
    Reactivate,
    /// End it, open to a renewal for the days of grace.
    Expire,
    /// End it for good, at once or when CancellationPolicy says.
    Cancel {
        /// At once, whatever the policy says about the end of the term and days of notice.
        at_once: bool,
    },
}

impl EntitlementChange {
    fn leads_to(self) -> Standing {
        match self {
            Self::Suspend => Standing::Suspended,
            Self::Reactivate => Standing::Live,
            Self::Expire => Standing::Expired,
            Self::Cancel { .. } => Standing::Cancelled,
        }
    }
}

impl ServiceDelivery {
    /// Makes an entitlement without an order, active at once, and provisions it (EN-3).
    ///
    /// # Errors
    /// Every field that is wrong; a class that needs a product.
    pub async fn create_entitlement(
        &self,
        by: &Caller,
        new: &CreateEntitlement,
    ) -> Result<EntitlementId, Refusal> {
        retrying(|| async {
            let mut step = self.begin(by, "create entitlement").await?;
            let product = match new.product {
                None => None,
                Some(id) => {
                    let product = step.uow.entitlements().product(id).await?;
                    let product = product
                        .ok_or_else(|| Invalid::field("product", format!("there is no product {id}")))?;
                    if !product.is_active() {
                        return Err(Invalid::field("product", "is not on sale any more").into());
                    }
                    if product.class() != new.class {
                        let problem = format!("is of class {}, not {}", product.class(), new.class);
                        return Err(Invalid::field("product", problem).into());
                    }
                    Some(product)
                }
            };
            if let Some(id) = new.organization
                && step.uow.entitlements().organization(id).await?.is_none()
            {
                return Err(
                    Invalid::field("organization_id", format!("there is no organization {id}")).into()
                );
            }
            let series = EntitlementCode::series(new.class, step.now, self.utc_offset);
            let of_product = product.as_ref().map(|product| product.terms().support_class);
            let made = NewEntitlement {
                code: step.next_code(series, EntitlementCode::in_series).await?,
                organization: new.organization,
                holder: new.holder.clone(),
                order_line: None,
                product: new.product,
                support_class: new.support_class.or(of_product).unwrap_or(SupportClass::Free),
            };
            let entitlement = Entitlement::try_new(step.id(), made, step.now)?;
            let id = entitlement.id();
            step.begin_entitlement(entitlement, product.as_ref(), None).await?;
            step.commit().await?;
            Ok(id)
        })
        .await
    }

    /// Gives a sovereign entitlement to an organization, once, with what lies under it; code and history stay (EN-3).
    ///
    /// # Errors
    /// No such entitlement or organization; another organization has it.
    pub async fn attach_organization(
        &self,
        by: &Caller,
        id: EntitlementId,
        organization: OrganizationId,
    ) -> Result<(), Refusal> {
        retrying(|| async {
            let mut step = self.begin(by, "attach organization").await?;
            // Services come first, as for whoever asks for work on one.
            for service in step.uow.work().services_under(id).await? {
                step.uow.work().lock_service(service.id()).await?;
            }
            let mut entitlement = step.lock_entitlement(id).await?;
            if step.uow.entitlements().organization(organization).await?.is_none() {
                return Err(Invalid::field(
                    "organization_id",
                    format!("there is no organization {organization}"),
                )
                .into());
            }
            if entitlement.attach_organization(organization)? == Attachment::Attached {
                step.uow.entitlements().save_entitlement(&entitlement).await?;
                if let Some(balance) = step.uow.credits().balance_of_entitlement(id).await?
                    && let Some(mut balance) =
                        step.uow.credits().lock_balance(balance, &Touching::nothing()).await?
                    && balance.attach_organization(organization)
                {
                    step.uow.credits().save_balance(&mut balance).await?;
                }
                step.uow.work().attach_organization(id, organization).await?;
                let after = json!({"organization": organization.to_string()});
                step.record("entitlement.attached", entitlement_subject(&entitlement), Value::Null, after);
            }
            step.commit().await
        })
        .await
    }

    /// What a change would touch, and how (EN-5). Changes nothing.
    ///
    /// # Errors
    /// No such entitlement.
    pub async fn preview_entitlement_change(
        &self,
        by: &Caller,
        id: EntitlementId,
        change: EntitlementChange,
    ) -> Result<Preview, Refusal> {
        retrying(|| async {
            let mut step = self.begin(by, "preview").await?;
            let entitlement = found(step.uow.entitlements().share_entitlement(id).await?, "entitlement", id)?;
            let entitlement = step.visible(entitlement)?;
            let policy = step.policies(&entitlement).cancellation().clone();
            let resources = step.resources_under(id).await?;
            let preview = preview(entitlement.standing(step.now), change.leads_to(), &resources, &policy);
            step.commit().await?;
            Ok(preview)
        })
        .await
    }

    /// Suspends, reactivates, expires or cancels an entitlement, and everything under it in the same transaction (EN-5).
    /// `reason` goes into the event.
    ///
    /// # Errors
    /// No such entitlement; a status that does not allow it, with the commands that are legal.
    pub async fn change_entitlement(
        &self,
        by: &Caller,
        id: EntitlementId,
        change: EntitlementChange,
        reason: &str,
    ) -> Result<(), Refusal> {
        retrying(|| async {
            let mut step = self.begin(by, reason).await?;
            let mut entitlement = step.lock_entitlement(id).await?;
            let policies = step.policies(&entitlement);
            let (from, before) = (entitlement.status(), entitlement.standing(step.now));
            let resources = step.resources_under(id).await?;
            let name = match change {
                EntitlementChange::Suspend => {
                    entitlement.suspend(step.now).map(|_| "entitlement.suspended")?
                }
                EntitlementChange::Reactivate => {
                    entitlement.reactivate().map(|_| "entitlement.reactivated")?
                }
                EntitlementChange::Expire => {
                    entitlement.expire(policies.renewal(), step.now).map(|_| "entitlement.expired")?
                }
                EntitlementChange::Cancel { at_once } => {
                    match step.cancel(&mut entitlement, policies.cancellation(), at_once)? {
                        Some(name) => name,
                        // It was asked for before, and takes effect no earlier by asking again.
                        None => return step.commit().await,
                    }
                }
            };
            step.uow.entitlements().save_entitlement(&entitlement).await?;
            let after = entitlement.standing(step.now);
            let touched = preview(before, after, &resources, policies.cancellation());
            if after.is_over() && !before.is_over() {
                step.end_work(&entitlement, policies.cancellation()).await?;
            }
            step.record(
                name,
                entitlement_subject(&entitlement),
                status(from),
                describe(&entitlement, &touched),
            );
            step.commit().await
        })
        .await
    }
}

impl Step<'_> {
    pub(crate) async fn lock_entitlement(&mut self, id: EntitlementId) -> Result<Entitlement, Refusal> {
        let entitlement = found(self.uow.entitlements().lock_entitlement(id).await?, "entitlement", id)?;
        self.visible(entitlement)
    }

    /// Another organization's entitlement does not exist for the caller (OR-6).
    fn visible(&self, entitlement: Entitlement) -> Result<Entitlement, Refusal> {
        let seen = self.caller.sees(entitlement.organization());
        found(Some(entitlement).filter(|_| seen), "entitlement", "of that id or code")
    }

    fn cancel(
        &self,
        entitlement: &mut Entitlement,
        policy: &CancellationPolicy,
        at_once: bool,
    ) -> Result<Option<&'static str>, Refusal> {
        let policy = if at_once {
            CancellationPolicy { when: CancelWhen::Immediate, notice_days: 0, ..policy.clone() }
        } else {
            policy.clone()
        };
        Ok(match entitlement.request_cancellation(&policy, self.actor.kind, self.now)? {
            Cancellation::Done(_) => Some("entitlement.cancelled"),
            Cancellation::Scheduled { .. } => Some("entitlement.cancellation_scheduled"),
            Cancellation::AlreadyScheduled { .. } => None,
        })
    }

    /// What follows the entitlement: resources, services, and the requests that can still be closed.
    async fn resources_under(&mut self, id: EntitlementId) -> Result<Vec<Resource>, Refusal> {
        let mut resources = self.uow.entitlements().resources_of(id).await?.resources();
        for service in self.uow.work().services_under(id).await? {
            resources.push(Resource::limited(ResourceKind::Service, service.id(), service.record().status));
        }
        for request in self.uow.work().open_requests_under(id).await? {
            let stage = match request.status() {
                RequestStatus::Draft | RequestStatus::PendingApproval => RequestStage::Waiting,
                RequestStatus::Approved | RequestStatus::InProgress | RequestStatus::OnHold => {
                    RequestStage::Running
                }
                RequestStatus::Completed | RequestStatus::Billed | RequestStatus::Closed => {
                    RequestStage::Done
                }
            };
            resources.push(Resource::service_request(request.id(), stage));
        }
        Ok(resources)
    }

    /// Closes what an entitlement that is over closes, with the credits released, and takes unused credits back where the
    /// policy says so. Balances are locked before requests, in the order of their ids.
    async fn end_work(
        &mut self,
        entitlement: &Entitlement,
        policy: &CancellationPolicy,
    ) -> Result<(), Refusal> {
        let cancelled = entitlement.status() == EntitlementStatus::Cancelled;
        let running = if cancelled { policy.running_requests } else { RunningRequests::Finish };
        let mut open = self.uow.work().open_requests_under(entitlement.id()).await?;
        let own = self.uow.credits().balance_of_entitlement(entitlement.id()).await?;
        let mut payers: Vec<Option<CreditBalanceId>> =
            open.iter().map(|request| request.record().credit_balance).collect();
        if cancelled && policy.unused_credits == UnusedCredits::Forfeit {
            payers.push(own);
        }
        payers.sort_unstable();
        payers.dedup();
        for payer in payers {
            let ends = |request: &ServiceRequest| request.record().credit_balance == payer;
            let paid: Vec<_> =
                open.extract_if(.., |request| ends(request)).map(|request| request.id()).collect();
            let touching = Touching { requests: paid.clone(), ..Touching::default() };
            let mut balance = match payer {
                Some(id) => {
                    Some(found(self.uow.credits().lock_balance(id, &touching).await?, "credit balance", id)?)
                }
                None => None,
            };
            for id in paid {
                self.end_request(id, running, balance.as_mut()).await?;
            }
            if let Some(balance) = balance.as_mut() {
                if cancelled && policy.unused_credits == UnusedCredits::Forfeit && own == Some(balance.id()) {
                    balance.forfeit(&self.occasion())?;
                }
                self.record_expiries(balance, 0);
                self.uow.credits().save_balance(balance).await?;
            }
        }
        Ok(())
    }
}

fn status(status: EntitlementStatus) -> Value {
    json!({"status": status.to_string()})
}

fn describe(entitlement: &Entitlement, touched: &Preview) -> Value {
    let effects: Vec<Value> = touched.effects.iter().map(effect).collect();
    let mut after = status(entitlement.status());
    if let Some(at) = entitlement.cancel_at() {
        after["cancel_at"] = json!(at.to_string());
    }
    after["effects"] = json!(effects);
    after
}

fn effect(effect: &Effect) -> Value {
    let how = match effect.how {
        How::Seen { from, to, .. } => format!("{from} → {to}"),
        other => describe_how(other).to_owned(),
    };
    json!({"kind": effect.kind.to_string(), "id": effect.id.to_string(), "how": how})
}

/// A stable name of what happens to a resource whose status is not what changes.
pub fn describe_how(how: How) -> &'static str {
    match how {
        How::Seen { .. } => "status",
        How::Frozen => "frozen",
        How::Thawed => "thawed",
        How::ExpiresUnderCreditPolicy => "expires_under_credit_policy",
        How::CreditsForfeited => "credits_forfeited",
        How::CreditsKeptUntilExpiry => "credits_kept_until_expiry",
        How::ClosedAndReleased => "closed_and_released",
        How::GoesOn => "goes_on",
    }
}
