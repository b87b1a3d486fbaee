//! What work would reserve and leave uncovered, without holding anything (CR-15).

use kernel::{CatalogItemId, CreditBalanceId, EntitlementId, Invalid, ServiceRequestId};
use policy_resolver::kinds::CreditPolicy;
use ust_credits::{
    Complexity, CreditBalance, Credits, LotRecord, NotPreApproved, PayerReason, ReserveError, Touching,
};
use uuid::Uuid;

use super::Account;
use crate::{
    Refusal, RequestGround, ServiceDelivery,
    access::Caller,
    requests::Site,
    retry::retrying,
    step::{Step, found},
};

/// What the work would be done on, and so which balance would pay (CR-13).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PreviewOn {
    /// A balance that is named.
    Balance(CreditBalanceId),
    /// An entitlement.
    Entitlement(EntitlementId),
    /// An environment or a service.
    Ground(RequestGround),
}

/// What the work would cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PreviewOf {
    /// So much, complexity counted in.
    Credits(Credits),
    /// What a catalog item costs, at its usual complexity or another.
    CatalogItem(CatalogItemId, Option<Complexity>),
}

/// What a request would do to the credits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreditPreview {
    /// What it would cost: reserved + overdraft + excess.
    pub credits: Credits,
    /// The balance that would pay, and why that one; none where all is excess.
    pub payer: Option<(CreditBalanceId, PayerReason)>,
    /// What would be reserved, lot by lot, in the order of use.
    pub lots: Vec<(LotRecord, Credits)>,
    /// What would be overdrawn.
    pub overdraft: Credits,
    /// What nothing would cover.
    pub excess: Credits,
    /// What keeps it from being approved without asking; nothing where it would be (SR-5).
    pub not_pre_approved: Vec<NotPreApproved>,
}

impl ServiceDelivery {
    /// What work would reserve from which lots, and what would be overdrawn or excess. Changes nothing.
    ///
    /// # Errors
    /// What it is asked for is not there; an amount under 0; what the reservation itself would be refused with.
    pub async fn preview_credits(
        &self,
        by: &Caller,
        on: PreviewOn,
        of: PreviewOf,
    ) -> Result<CreditPreview, Refusal> {
        retrying(|| async {
            let mut step = self.begin(by, "preview").await?;
            let credits = match of {
                PreviewOf::Credits(credits) => credits,
                PreviewOf::CatalogItem(item, complexity) => {
                    step.estimate_of_item(item, complexity).await?.credits()
                }
            };
            let preview = match on {
                PreviewOn::Balance(id) => {
                    let account = step.lock_account(id, &Touching::nothing()).await?;
                    let Account { above, policies, balance } = account;
                    let standing = above.standing(step.now);
                    step.preview(balance, PayerReason::Named, credits, policies.credits(), standing).await
                }
                PreviewOn::Entitlement(id) => {
                    let above = step.uow.entitlements().share_entitlement(id).await?;
                    let above = above.filter(|above| step.caller.sees(above.organization()));
                    let entitlement = found(above, "entitlement", id)?;
                    let balance = step.uow.credits().balance_of_entitlement(entitlement.id()).await?;
                    step.preview_at(Site { entitlement, balance, environment: None, service: None }, credits)
                        .await
                }
                PreviewOn::Ground(ground) => {
                    let site = step.share_site(ground).await?;
                    step.preview_at(site, credits).await
                }
            }?;
            step.commit().await?;
            Ok(preview)
        })
        .await
    }
}

impl Step<'_> {
    async fn preview_at(&mut self, site: Site, credits: Credits) -> Result<CreditPreview, Refusal> {
        let policies = self.policies(&site.entitlement);
        let Some((payer, why)) = self.payer_for(None, &site, policies.credits().on_exhausted).await? else {
            if credits.is_negative() {
                return Err(negative());
            }
            return Ok(CreditPreview {
                credits,
                payer: None,
                lots: Vec::new(),
                overdraft: Credits::ZERO,
                excess: credits,
                not_pre_approved: vec![NotPreApproved::NotCovered],
            });
        };
        let standing = self.standing_above(payer, &site.entitlement).await?;
        let balance = self.uow.credits().lock_balance(payer, &Touching::nothing()).await?;
        let balance = found(balance, "credit balance", payer)?;
        self.preview(balance, why, credits, policies.credits(), standing).await
    }

    async fn preview(
        &mut self,
        balance: CreditBalance,
        why: PayerReason,
        credits: Credits,
        policy: &CreditPolicy,
        standing: kernel::Standing,
    ) -> Result<CreditPreview, Refusal> {
        let made =
            balance.preview(None, credits, policy, standing, self.now).map_err(|error| match error {
                ReserveError::Balance(_) => negative(),
                other => other.into(),
            })?;
        let used = self.used_this_month(&balance, policy).await?;
        let nobody = ServiceRequestId::new(Uuid::nil());
        let lots = made.lots.0.iter().filter_map(|part| {
            let lot = balance.lots().find(|lot| lot.id == part.lot)?;
            Some((lot.clone(), part.amount))
        });
        Ok(CreditPreview {
            credits,
            payer: Some((balance.id(), why)),
            lots: lots.collect(),
            overdraft: made.overdraft,
            excess: made.excess,
            not_pre_approved: balance.pre_approval(nobody, credits, policy, used, standing, self.now),
        })
    }
}

fn negative() -> Refusal {
    Invalid::field("credits", "must be 0 or more, and no more than a balance can count").into()
}
