//! The status that the world sees (EN-5), for filters and orders. Its rule is the domain's; here it only becomes SQL.

use entitlement::EntitlementStatus;
use kernel::{Limited, Timestamp};
use sea_orm::strum::VariantArray;

/// What the status in column `own` is seen as under the entitlement `e`, at the instant bound at place `now`.
pub(super) fn status<S: Limited>(own: &str, now: &str) -> String
where
    &'static str: From<S>,
{
    let mut cases = Vec::new();
    for above in EntitlementStatus::VARIANTS {
        let [over, running] = [None, Some(Timestamp::MAX)].map(|grace| above.standing(grace, Timestamp::MIN));
        let entitlement = format!("e.status = '{above}'");
        if over == running {
            cases.extend(under::<S>(own, over, &entitlement));
        } else {
            let still = format!("{entitlement} AND e.renewal_grace_ends_at > {now}");
            cases.extend(under::<S>(own, running, &still));
            let past = format!(
                "{entitlement} AND (e.renewal_grace_ends_at <= {now} OR e.renewal_grace_ends_at IS NULL)"
            );
            cases.extend(under::<S>(own, over, &past));
        }
    }
    format!("CASE {} ELSE {own} END", cases.join(" "))
}

/// One case for each status that several are seen as, where `entitlement` holds.
fn under<S: Limited>(own: &str, standing: kernel::Standing, entitlement: &str) -> Vec<String>
where
    &'static str: From<S>,
{
    let mut cases = Vec::new();
    for seen in S::VARIANTS {
        let so_seen: Vec<String> = S::VARIANTS
            .iter()
            .filter(|status| *status != seen && status.seen(standing) == *seen)
            .map(|status| format!("'{}'", <&'static str>::from(*status)))
            .collect();
        if !so_seen.is_empty() {
            let seen = <&'static str>::from(*seen);
            cases.push(format!("WHEN {entitlement} AND {own} IN ({}) THEN '{seen}'", so_seen.join(", ")));
        }
    }
    cases
}
