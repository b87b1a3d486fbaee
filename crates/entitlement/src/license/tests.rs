use kernel::LifeCycle;
use proptest::prelude::*;
use strum::VariantArray;
use uuid::Uuid;

use super::*;

fn now() -> Timestamp {
    "2026-05-01T00:00:00Z".parse().unwrap()
}

fn site(text: &str) -> Site {
    text.parse().unwrap()
}

fn a_license(sites: u32) -> License {
    let id = Uuid::from_u128(3);
    License::new(id.into(), id.into(), None, LicenseKey::from_bytes([7; KEY_BYTES]), sites, now())
}

fn in_status(status: LicenseStatus) -> License {
    let mut license = a_license(3);
    match status {
        LicenseStatus::Active => {}
        LicenseStatus::Inactive => license.disable().map(|_| ()).unwrap(),
        LicenseStatus::Revoked => license.revoke().map(|_| ()).unwrap(),
        LicenseStatus::Expired => license.0.status = status,
    }
    license
}

#[test]
fn pv_5_the_whole_table() {
    let table = [
        //            disable    enable    revoke
        ("active", ["inactive", "-", "revoked"]),
        ("inactive", ["-", "active", "revoked"]),
        ("expired", ["-", "-", "-"]),
        ("revoked", ["-", "-", "-"]),
    ];
    assert_eq!(LicenseStatus::VARIANTS.len(), table.len());
    for (state, row) in table {
        let state: LicenseStatus = state.parse().unwrap();
        for (command, expected) in LicenseCommand::VARIANTS.iter().zip(row) {
            let expected: Option<LicenseStatus> = expected.parse().ok();
            assert_eq!(state.next(*command), expected, "{state} {command}");
            let mut license = in_status(state);
            let result = match command {
                LicenseCommand::Disable => license.disable(),
                LicenseCommand::Enable => license.enable(),
                LicenseCommand::Revoke => license.revoke(),
            };
            assert_eq!(result.ok(), expected.map(|to| StatusChange { from: state, to }));
            assert_eq!(license.status(), expected.unwrap_or(state));
        }
    }
}

#[test]
fn en_5_what_the_world_sees() {
    // own status; under pending, live, suspended, expired, expired past its grace, cancelled
    let table = [
        ("active", ["inactive", "active", "inactive", "expired", "expired", "revoked"]),
        ("inactive", ["inactive", "inactive", "inactive", "expired", "expired", "revoked"]),
        ("expired", ["expired", "expired", "expired", "expired", "expired", "revoked"]),
        ("revoked", ["revoked", "revoked", "revoked", "revoked", "revoked", "revoked"]),
    ];
    for (own, row) in table {
        let own: LicenseStatus = own.parse().unwrap();
        for (standing, expected) in Standing::VARIANTS.iter().zip(row) {
            let seen: &str = own.seen(*standing).into();
            assert_eq!(seen, expected, "{own} under {standing}");
        }
    }
}

#[test]
fn pv_5_the_same_site_counts_once_and_beyond_the_allowance_is_refused() {
    let mut license = a_license(2);
    let live = Standing::Live;
    let mut activate = |text: &str| license.activate_site(site(text), live, now());
    assert_eq!(activate("https://www.one.com/"), Ok(SiteActivated::Activated));
    assert_eq!(activate("ONE.com"), Ok(SiteActivated::AlreadyActivated));
    assert_eq!(activate("two.com"), Ok(SiteActivated::Activated));
    let exhausted = ActivateSiteError::AllowanceExhausted { allowed: 2, activated: 2 };
    assert_eq!(activate("three.com"), Err(exhausted));
    assert_eq!(activate("http://two.com"), Ok(SiteActivated::AlreadyActivated));
    assert_eq!(license.deactivate_site(&site("one.com:443")), SiteDeactivated::Deactivated);
    assert_eq!(license.deactivate_site(&site("one.com")), SiteDeactivated::NotActivated);
    assert_eq!(license.activate_site(site("three.com"), live, now()), Ok(SiteActivated::Activated));
    license.allow_sites(1);
    assert_eq!(license.validate(&site("three.com"), live), Validity::Valid);
    assert_eq!(license.activate_site(site("three.com"), live, now()), Ok(SiteActivated::AlreadyActivated));
    assert!(license.activate_site(site("four.com"), live, now()).is_err());
}

#[test]
fn pv_5_validation_says_what_is_wrong() {
    let one = site("one.com");
    for own in [LicenseStatus::Active, LicenseStatus::Inactive, LicenseStatus::Revoked] {
        let mut license = a_license(3);
        license.activate_site(one.clone(), Standing::Live, now()).unwrap();
        license.0.status = own;
        for standing in Standing::VARIANTS.iter().copied() {
            let status = own.seen(standing);
            let usable = status == LicenseStatus::Active;
            let expected = if usable { Validity::Valid } else { Validity::NotUsable { status } };
            assert_eq!(license.validate(&one, standing), expected);
            let refused = ActivateSiteError::NotUsable { status };
            let activated = license.clone().activate_site(site("two.com"), standing, now());
            assert_eq!(activated, if usable { Ok(SiteActivated::Activated) } else { Err(refused) });
        }
    }
    assert_eq!(a_license(1).validate(&one, Standing::Live), Validity::NotActivated);
}

#[test]
fn what_is_no_license_is_not_restored() {
    let refused = |change: fn(&mut LicenseRecord)| {
        let mut license = a_license(3);
        license.activate_site(site("one.com"), Standing::Live, now()).unwrap();
        change(&mut license.0);
        License::restore(license.0).unwrap_err().0[0].path.clone()
    };
    assert_eq!(refused(|record| record.sites_allowed = 0), "sites_allowed");
    assert_eq!(refused(|record| record.status = LicenseStatus::Expired), "status");
    assert_eq!(refused(|record| record.activations.extend(record.activations.clone())), "activations");
    assert_eq!(refused(|record| record.version = 0), "version");
}

proptest! {
    /// Against a naive model: a set of the sites, and a limit when one is added.
    #[test]
    fn pv_5_activations_are_a_set_within_the_allowance(
        allowed in 1u32..5,
        steps in prop::collection::vec((any::<bool>(), 0u8..8, any::<bool>()), 0..60)
    ) {
        let mut license = a_license(allowed);
        let mut model = std::collections::BTreeSet::new();
        for (activate, number, shouted) in steps {
            let text = format!("https://site{number}.example.com/");
            let site = site(&if shouted { text.to_uppercase().replace("HTTPS://", "http://WWW.") } else { text });
            if activate {
                let full = model.len() >= allowed as usize;
                let expected = match (model.contains(&site), full) {
                    (true, _) => Ok(SiteActivated::AlreadyActivated),
                    (false, false) => Ok(SiteActivated::Activated),
                    (false, true) => {
                        Err(ActivateSiteError::AllowanceExhausted { allowed, activated: model.len() })
                    }
                };
                if expected.is_ok() {
                    model.insert(site.clone());
                }
                prop_assert_eq!(license.activate_site(site, Standing::Live, now()), expected);
            } else {
                let there = model.remove(&site);
                let expected =
                    if there { SiteDeactivated::Deactivated } else { SiteDeactivated::NotActivated };
                prop_assert_eq!(license.deactivate_site(&site), expected);
            }
            let sites: std::collections::BTreeSet<Site> =
                license.activations().iter().map(|activation| activation.site.clone()).collect();
            prop_assert_eq!(&sites, &model);
            prop_assert_eq!(License::restore(license.record().clone()), Ok(license.clone()));
        }
    }
}
