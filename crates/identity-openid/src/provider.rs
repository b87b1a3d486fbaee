//! What the provider says over HTTP: where its keys are, and the keys.

use std::time::Duration;

use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;
use ureq::{
    Agent,
    tls::{RootCerts, TlsConfig},
};

/// How long one answer may take.
const PATIENCE: Duration = Duration::from_secs(5);
/// The most bytes of an answer.
const MOST: u64 = 256 << 10;

/// Why there are no keys; for the logs.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ProviderError {
    #[error("{url}: {source}")]
    Http { url: String, source: ureq::Error },
    #[error("{url}: answered {status}; 200 is expected")]
    Status { url: String, status: u16 },
    #[error("{url}: names the issuer {found:?}; {expected:?} is expected")]
    Issuer { url: String, found: String, expected: String },
    #[error("{url}: names its keys at {keys:?}; that must be under https as well")]
    Keys { url: String, keys: String },
}

#[derive(Deserialize)]
struct Discovery {
    issuer: String,
    jwks_uri: String,
}

#[derive(Deserialize)]
struct KeySet {
    keys: Vec<Value>,
}

/// The provider, as one asks it.
#[derive(Clone)]
pub(crate) struct Provider {
    issuer: String,
    agent: Agent,
}

impl Provider {
    pub(crate) fn new(issuer: &str) -> Self {
        let tls = TlsConfig::builder().root_certs(RootCerts::PlatformVerifier).build();
        let config = Agent::config_builder()
            .timeout_global(Some(PATIENCE))
            .max_redirects(0)
            // Asked so seldom, a connection that is kept would be closed by then.
            .max_idle_connections(0)
            .http_status_as_error(false)
            .tls_config(tls);
        Self { issuer: issuer.to_owned(), agent: config.build().into() }
    }

    /// The keys as they are now, each as it stands in the set. Waits for the network.
    pub(crate) fn keys(&self) -> Result<Vec<Value>, ProviderError> {
        let url = format!("{}/.well-known/openid-configuration", self.issuer.trim_end_matches('/'));
        let Discovery { issuer, jwks_uri } = self.get(&url)?;
        if issuer != self.issuer {
            return Err(ProviderError::Issuer { url, found: issuer, expected: self.issuer.clone() });
        }
        if self.issuer.starts_with("https:") && !jwks_uri.starts_with("https:") {
            return Err(ProviderError::Keys { url, keys: jwks_uri });
        }
        self.get::<KeySet>(&jwks_uri).map(|set| set.keys)
    }

    fn get<T: DeserializeOwned>(&self, url: &str) -> Result<T, ProviderError> {
        let http = |source| ProviderError::Http { url: url.to_owned(), source };
        let mut answer = self.agent.get(url).call().map_err(http)?;
        let status = answer.status().as_u16();
        if status != 200 {
            return Err(ProviderError::Status { url: url.to_owned(), status });
        }
        answer.body_mut().with_config().limit(MOST).read_json().map_err(http)
    }
}
