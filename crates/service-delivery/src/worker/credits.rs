//! Lots that end, lots that begin and repay an overdraft, and the notices that follow (CR-8, CR-12, CR-14).

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BinaryHeap},
};

use entitlement::Entitlement;
use kernel::{ActorKind, CreditBalanceId, EntitlementId, StoreError, Timestamp};
use serde_json::{Value, json};
use ust_credits::{CreditBalance, EntryKind};

use super::{Report, TimedStep};
use crate::{
    Refusal, Subject, SubjectKind,
    step::{Step, found},
};

impl Step<'_> {
    /// Writes down what fell due in each balance of `run` at its instant, and in the same balances up to the last of these. Says when
    /// the first of them is due again.
    pub(super) async fn expire_credits(
        &mut self,
        run: &[(Timestamp, CreditBalanceId)],
        report: &mut Report,
    ) -> Result<Option<Timestamp>, Refusal> {
        let mut ids: Vec<CreditBalanceId> = run.iter().map(|(_, id)| *id).collect();
        ids.sort_unstable();
        let mut balances = self.uow.schedule().lock_balances(&ids).await?;
        let mut above: Vec<EntitlementId> =
            balances.iter().map(|balance| balance.record().entitlement).collect();
        above.sort_unstable();
        let above = self.uow.schedule().entitlements(&above).await?;
        let above: BTreeMap<EntitlementId, Entitlement> =
            above.into_iter().map(|entitlement| (entitlement.id(), entitlement)).collect();
        let places: BTreeMap<CreditBalanceId, usize> =
            balances.iter().enumerate().map(|(place, balance)| (balance.id(), place)).collect();

        let mut queue: BinaryHeap<Reverse<(Timestamp, CreditBalanceId)>> =
            run.iter().copied().map(Reverse).collect();
        let last = run.iter().map(|(at, _)| *at).max().unwrap_or(self.now);
        while let Some(Reverse((at, id))) = queue.pop() {
            let Some(balance) = places.get(&id).and_then(|place| balances.get_mut(*place)) else { continue };
            // Under the lock: somebody else may have written it down since it was found.
            let Some(due) = balance.next_due().filter(|due| *due <= last) else { continue };
            if due > at {
                queue.push(Reverse((due, id)));
                continue;
            }
            let entitlement = balance.record().entitlement;
            let entitlement = found(above.get(&entitlement), "entitlement", entitlement)?;
            self.expire_at(due, balance, entitlement)?;
            report.count(TimedStep::CreditExpiry);
            queue.extend(balance.next_due().filter(|next| *next <= last).map(|next| Reverse((next, id))));
        }
        // What is due must not stay due, or the worker would never come to rest.
        let untouched = |balance: &&CreditBalance| {
            balance.new_entries().is_empty() && balance.record().next_due.is_some_and(|due| due <= last)
        };
        if let Some(balance) = balances.iter().find(untouched) {
            let reason = "something counts as due, and nothing is";
            return Err(StoreError::corrupt("credit balance", balance.id(), reason).into());
        }
        self.uow.schedule().save_balances(&mut balances).await?;
        Ok(balances.iter().filter_map(|balance| balance.record().next_due).min())
    }

    fn expire_at(
        &mut self,
        due: Timestamp,
        balance: &mut CreditBalance,
        entitlement: &Entitlement,
    ) -> Result<(), Refusal> {
        self.take_place(due, "credit expiry", "expired");
        let policies = self.policies(entitlement);
        let known = balance.new_entries().len();
        balance.expire_due(due)?;
        self.record_expiries(balance, known);
        self.signal_low_balance(balance, policies.credits());
        Ok(())
    }

    /// Notes the expiries among the new entries of `balance`, but not its first `known` ones: whichever command wrote them
    /// down, they took place by themselves, when they were due.
    pub(crate) fn record_expiries(&mut self, balance: &CreditBalance, known: usize) {
        let row = balance.record();
        let subject =
            Subject::new(SubjectKind::CreditBalance, row.id).under(row.entitlement).of(row.organization);
        for entry in balance.new_entries().iter().skip(known) {
            if entry.kind == EntryKind::Expire && entry.actor.kind == ActorKind::System {
                let after = json!({"expired": entry.amount.to_string()});
                self.record_as(
                    "credits.expired",
                    (entry.at, entry.actor.clone(), entry.cause.clone()),
                    subject.clone(),
                    Value::Null,
                    after,
                );
            }
        }
    }
}
