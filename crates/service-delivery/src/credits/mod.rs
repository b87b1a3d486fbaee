//! Credits in the hands of staff (CR-2, CR-9, CR-14): granted, adjusted, corrected, frozen; and what work would cost (CR-15).
//!
//! Locks are taken in the order entitlement, credit balance, request.

mod adjust;
mod correct;
mod freeze;
mod grant;
mod preview;

pub use adjust::{AdjustCredits, AdjustmentDirection};
pub use correct::CorrectCredits;
pub use grant::GrantCredits;
pub use preview::{CreditPreview, PreviewOf, PreviewOn};

use std::sync::Arc;

use entitlement::Entitlement;
use kernel::{CreditBalanceId, Invalid};
use serde_json::Value;
use ust_credits::{AdjustError, BalanceError, CreditBalance, GrantError, Touching};

use crate::{
    Governing, Refusal, Subject, SubjectKind,
    step::{Step, found},
};

/// A balance, locked, with the entitlement above it and what holds for both.
pub(crate) struct Account {
    pub(crate) above: Entitlement,
    pub(crate) policies: Arc<Governing>,
    pub(crate) balance: CreditBalance,
}

impl Step<'_> {
    /// The balance `id` with what `touching` names, and its entitlement so that its standing stays.
    pub(crate) async fn lock_account(
        &mut self,
        id: CreditBalanceId,
        touching: &Touching,
    ) -> Result<Account, Refusal> {
        let above = found(self.uow.credits().entitlement_of_balance(id).await?, "credit balance", id)?;
        let above = found(self.uow.entitlements().share_entitlement(above).await?, "entitlement", above)?;
        let policies = self.policies(&above);
        let loaded = self.uow.credits().lock_balance(id, touching).await?;
        let loaded = loaded.filter(|balance| self.caller.sees(balance.record().organization));
        Ok(Account { above, policies, balance: found(loaded, "credit balance", id)? })
    }

    /// Writes the balance back, and tells what happened to it.
    pub(crate) async fn save_account(
        &mut self,
        account: &mut Account,
        event: &str,
        before: Value,
        after: Value,
    ) -> Result<(), Refusal> {
        let Account { above, policies, balance } = account;
        self.signal_low_balance(balance, policies.credits());
        self.record_expiries(balance, 0);
        self.uow.credits().save_balance(balance).await?;
        let subject =
            Subject::new(SubjectKind::CreditBalance, balance.id()).under(above.id()).of(above.organization());
        self.record(event, subject, before, after);
        Ok(())
    }
}

/// More than a balance can count is a wrong amount.
fn too_large() -> Refusal {
    Invalid::field("amount", "is too large: more credits than a balance can count").into()
}

fn not_granted(error: GrantError) -> Refusal {
    match error {
        GrantError::Balance(BalanceError::Overflow) => too_large(),
        other => other.into(),
    }
}

fn not_taken(error: AdjustError) -> Refusal {
    match error {
        AdjustError::Balance(BalanceError::Overflow) => too_large(),
        other => other.into(),
    }
}
