//! Signed tokens (JWT) of one OpenID provider, verified: algorithm, key, signature, issuer, audience, time.
//!
//! The provider's keys are found by discovery when the first token comes, and kept. A token that is signed with another key makes
//! it ask again, seldom enough that nobody can have it ask for long; a provider that is away is missed only by tokens whose key
//! is not known yet, and after half an hour by all: who knows which keys it still has.

mod keys;
mod provider;
mod token;

use std::{str::FromStr as _, sync::Arc};

use async_trait::async_trait;
use jsonwebtoken::{Algorithm, AlgorithmFamily};
use kernel::Timestamp;
use service_delivery::access::{Identity, TokenError, Tokens};
use time::Duration;
use url::{Host, Url};

use crate::{keys::Keys, provider::Provider, token::Expected};

/// Whose tokens are accepted, and which.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenId {
    /// The provider, just as its tokens name it in `iss`.
    pub issuer: String,
    /// For whom the tokens are meant: one of these stands in `aud`.
    pub audiences: Vec<String>,
    /// The algorithms that they may be signed with: `RS256`.
    pub algorithms: Vec<String>,
    /// How much the provider's clock may differ from ours.
    pub leeway: Duration,
}

/// Why tokens cannot be verified so.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OpenIdError {
    /// Whoever is in between could give out keys of their own.
    #[error(
        "issuer: {issuer:?} is no https URL such as https://id.example.com, without user, query and fragment"
    )]
    Issuer {
        /// What was given.
        issuer: String,
    },
    /// A token for any other service would do.
    #[error("audiences: at least one is needed, as the provider writes it into `aud`")]
    NoAudience,
    /// Anything could be signed with anything.
    #[error("algorithms: at least one is needed, such as RS256")]
    NoAlgorithm,
    /// Not an algorithm, or not one whose signatures only the provider can make.
    #[error("algorithms: {name:?} is none of RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, EdDSA")]
    Algorithm {
        /// What was given.
        name: String,
    },
    /// No time at all, or long enough to make expiry meaningless.
    #[error("leeway_seconds: must be from 0 to 600 seconds")]
    Leeway,
}

/// Verifies the tokens of a provider.
pub struct SignedTokens {
    expected: Expected,
    keys: Arc<Keys>,
}

impl SignedTokens {
    /// Those that `settings` say. Asks the provider nothing yet.
    ///
    /// # Errors
    /// Settings with which tokens would prove nothing.
    pub fn try_new(settings: OpenId) -> Result<Self, OpenIdError> {
        let OpenId { issuer, audiences, algorithms, leeway } = settings;
        if !is_issuer(&issuer) {
            return Err(OpenIdError::Issuer { issuer });
        }
        if audiences.iter().all(|audience| audience.trim().is_empty()) {
            return Err(OpenIdError::NoAudience);
        }
        if algorithms.is_empty() {
            return Err(OpenIdError::NoAlgorithm);
        }
        let algorithms = algorithms.into_iter().map(algorithm).collect::<Result<Vec<_>, _>>()?;
        if !(Duration::ZERO..=Duration::seconds(600)).contains(&leeway) {
            return Err(OpenIdError::Leeway);
        }
        let keys = Arc::new(Keys::new(Provider::new(&issuer)));
        Ok(Self { expected: Expected { issuer, audiences, algorithms, leeway }, keys })
    }
}

#[async_trait]
impl Tokens for SignedTokens {
    async fn identity(&self, token: &str, now: Timestamp) -> Result<Identity, TokenError> {
        let header = self.expected.header(token)?;
        let key = self.keys.key(header.kid.as_deref(), header.alg, now).await?;
        self.expected.identity(token, header.alg, &key, now)
    }
}

/// Without TLS only on this machine.
fn is_issuer(text: &str) -> bool {
    let Ok(url) = Url::parse(text) else { return false };
    let here = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    let bare = url.username().is_empty() && url.password().is_none();
    let plain = url.query().is_none() && url.fragment().is_none();
    bare && plain && url.has_host() && (url.scheme() == "https" || (url.scheme() == "http" && here))
}

/// Signed with a key that is not for everybody: what a shared secret signs, whoever verifies it could have signed.
fn algorithm(name: String) -> Result<Algorithm, OpenIdError> {
    let found = Algorithm::from_str(&name).ok().filter(|one| one.family() != AlgorithmFamily::Hmac);
    found.ok_or(OpenIdError::Algorithm { name })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn usual() -> OpenId {
        OpenId {
            issuer: "https://id.example.com/realms/middag".to_owned(),
            audiences: vec!["account".to_owned()],
            algorithms: vec!["RS256".to_owned()],
            leeway: Duration::seconds(60),
        }
    }

    #[test]
    fn settings_with_which_tokens_prove_nothing_are_refused() {
        assert!(SignedTokens::try_new(usual()).is_ok());
        for issuer in [
            "",
            "id.example.com",
            "http://id.example.com",
            "ftp://id.example.com",
            "https://me:secret@id.example.com",
            "https://id.example.com?a=b",
            "https://id.example.com#a",
        ] {
            let refused = SignedTokens::try_new(OpenId { issuer: issuer.to_owned(), ..usual() }).err();
            assert!(matches!(refused, Some(OpenIdError::Issuer { .. })), "{issuer}");
        }
        for issuer in [
            "http://127.0.0.1:8080",
            "http://localhost:8080",
            "http://[::1]:8080/",
            "https://id.example.com/",
        ] {
            assert!(
                SignedTokens::try_new(OpenId { issuer: issuer.to_owned(), ..usual() }).is_ok(),
                "{issuer}"
            );
        }
        for (name, fits) in [
            ("ES256", true),
            ("EdDSA", true),
            ("HS256", false),
            ("none", false),
            ("rs256", false),
            ("", false),
        ] {
            let settings = OpenId { algorithms: vec![name.to_owned()], ..usual() };
            assert_eq!(SignedTokens::try_new(settings).is_ok(), fits, "{name}");
        }
        let refused = |settings| SignedTokens::try_new(settings).err();
        assert_eq!(refused(OpenId { algorithms: vec![], ..usual() }), Some(OpenIdError::NoAlgorithm));
        assert_eq!(
            refused(OpenId { audiences: vec![" ".to_owned()], ..usual() }),
            Some(OpenIdError::NoAudience)
        );
        for seconds in [-1, 601] {
            let leeway = Duration::seconds(seconds);
            assert_eq!(refused(OpenId { leeway, ..usual() }), Some(OpenIdError::Leeway));
        }
    }
}
