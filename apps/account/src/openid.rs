//! The settings `[openid]`: whose signed tokens are accepted (OR-2, OR-4).

use std::{collections::BTreeMap, sync::Arc};

use anyhow::{Context as _, anyhow, ensure};
use entitlement::EmailAddress;
use identity_openid::{OpenId, SignedTokens};
use serde::{Deserialize, Serialize};
use service_delivery::access::{Members, People, StaffRole};
use time::Duration;

/// What verifies tokens, and who is staff.
type Trusted = (SignedTokens, Vec<(EmailAddress, StaffRole)>);

/// The provider and what is expected of its tokens. There is no secret in it: tokens are verified with keys that everybody may see.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct OpenIdSettings {
    /// The provider, just as its tokens name it in `iss`; none: no tokens are accepted.
    #[serde(skip_serializing_if = "Option::is_none")]
    issuer: Option<String>,
    /// For whom tokens are meant: one of these stands in `aud`.
    audiences: Vec<String>,
    /// The algorithms that they may be signed with.
    algorithms: Vec<String>,
    /// How much the provider's clock may differ from ours, in seconds.
    leeway_seconds: u32,
    /// Who is staff, by e-mail address: `"rosa@middag.example" = "staff_finance"`. All others are collaborators, or nobody.
    staff: BTreeMap<String, String>,
}

impl Default for OpenIdSettings {
    fn default() -> Self {
        Self {
            issuer: None,
            audiences: vec![],
            algorithms: vec!["RS256".to_owned()],
            leeway_seconds: 60,
            staff: BTreeMap::new(),
        }
    }
}

impl OpenIdSettings {
    /// What verifies tokens, and who is staff; none where tokens are not accepted.
    ///
    /// # Errors
    /// Settings with which tokens would prove nothing, or staff who are none.
    pub(crate) fn read(&self) -> anyhow::Result<Option<Trusted>> {
        let staff =
            self.staff.iter().map(|(email, role)| one_of_staff(email, role)).collect::<Result<_, _>>()?;
        let Some(issuer) = self.issuer.clone() else {
            ensure!(
                self.audiences.is_empty() && self.staff.is_empty(),
                "openid.issuer: is missing, and without it nobody calls with a token"
            );
            return Ok(None);
        };
        let settings = OpenId {
            issuer,
            audiences: self.audiences.clone(),
            algorithms: self.algorithms.clone(),
            leeway: Duration::seconds(self.leeway_seconds.into()),
        };
        let tokens = SignedTokens::try_new(settings).map_err(|error| anyhow!("openid.{error}"))?;
        Ok(Some((tokens, staff)))
    }

    /// Who may call with tokens; none where these are not accepted.
    ///
    /// # Errors
    /// As [`OpenIdSettings::read`].
    pub(crate) fn people(&self, members: Arc<dyn Members>) -> anyhow::Result<Option<People>> {
        Ok(self.read()?.map(|(tokens, staff)| People::new(Arc::new(tokens), members, staff)))
    }
}

fn one_of_staff(email: &str, role: &str) -> anyhow::Result<(EmailAddress, StaffRole)> {
    let address = email.parse().with_context(|| format!("openid.staff: {email:?}"))?;
    let role = role.parse().with_context(|| {
        format!("openid.staff: {role:?} of {email} is none of staff_admin, staff_delivery, staff_finance")
    })?;
    Ok((address, role))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn usual() -> OpenIdSettings {
        OpenIdSettings {
            issuer: Some("https://id.example.com".to_owned()),
            audiences: vec!["account".to_owned()],
            staff: BTreeMap::from([("rosa@middag.example".to_owned(), "staff_finance".to_owned())]),
            ..OpenIdSettings::default()
        }
    }

    #[test]
    fn or_4_staff_are_named_by_address_and_role() {
        assert!(OpenIdSettings::default().read().unwrap().is_none());
        let (_, staff) = usual().read().unwrap().unwrap();
        assert_eq!(staff, [("rosa@middag.example".parse().unwrap(), StaffRole::Finance)]);
    }

    #[test]
    fn what_does_not_fit_is_refused_by_name() {
        let staff = |email: &str, role: &str| BTreeMap::from([(email.to_owned(), role.to_owned())]);
        for (wrong, named) in [
            (OpenIdSettings { issuer: None, ..usual() }, "openid.issuer"),
            (OpenIdSettings { issuer: Some("http://id.example.com".to_owned()), ..usual() }, "openid.issuer"),
            (OpenIdSettings { audiences: vec![], ..usual() }, "openid.audiences"),
            (OpenIdSettings { algorithms: vec!["HS256".to_owned()], ..usual() }, "openid.algorithms"),
            (OpenIdSettings { leeway_seconds: 3600, ..usual() }, "openid.leeway_seconds"),
            (OpenIdSettings { staff: staff("rosa", "staff_admin"), ..usual() }, "openid.staff"),
            (OpenIdSettings { staff: staff("rosa@middag.example", "king"), ..usual() }, "openid.staff"),
        ] {
            let error = wrong.read().err().unwrap().to_string();
            assert!(error.contains(named), "{error}");
        }
    }
}
