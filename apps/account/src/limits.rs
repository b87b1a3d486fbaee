//! The settings `[limits]`: how much a caller may ask of a server.

use std::time::Duration;

use anyhow::{Context as _, ensure};
use api_poem::Limits;
use serde::{Deserialize, Serialize};

/// As [`Limits`], in units that people write.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct LimitSettings {
    /// The longest body, in bytes.
    body_bytes: usize,
    /// The longest head of a request, in bytes.
    header_bytes: usize,
    /// How long a connection may wait for the head of its next request, in seconds.
    header_seconds: f64,
    /// How long a body may take to arrive, in seconds.
    body_seconds: f64,
    /// How long a client may leave an answer untouched, in seconds.
    write_seconds: f64,
    /// Connections at a time.
    connections: usize,
    /// Requests a second of one key; 0 for any number.
    requests_per_key: u32,
    /// Requests a second of one address; 0 for any number.
    requests_per_address: u32,
    /// Networks of proxies whose `X-Forwarded-For` is believed: `10.0.0.0/8`, or one address.
    trusted_proxies: Vec<String>,
}

impl Default for LimitSettings {
    fn default() -> Self {
        let limits = Limits::default();
        Self {
            body_bytes: limits.body_bytes,
            header_bytes: limits.header_bytes,
            header_seconds: limits.header_timeout.as_secs_f64(),
            body_seconds: limits.body_timeout.as_secs_f64(),
            write_seconds: limits.write_timeout.as_secs_f64(),
            connections: limits.connections,
            requests_per_key: limits.requests_per_key,
            requests_per_address: limits.requests_per_address,
            trusted_proxies: vec![],
        }
    }
}

impl LimitSettings {
    /// The limits.
    ///
    /// # Errors
    /// A limit that would let nothing in; something that is no network.
    pub(crate) fn read(&self) -> anyhow::Result<Limits> {
        for (name, given) in [
            ("body_bytes", self.body_bytes),
            ("header_bytes", self.header_bytes),
            ("connections", self.connections),
        ] {
            ensure!(given > 0, "limits.{name}: 0 would let nothing in; give 1 or more");
        }
        let network = |text: &String| {
            let address = text.parse().ok().map(ipnet::IpNet::from as fn(std::net::IpAddr) -> _);
            address.map_or_else(|| text.parse::<ipnet::IpNet>(), Ok).with_context(|| {
                format!("limits.trusted_proxies: {text:?} is no network such as 10.0.0.0/8, and no address")
            })
        };
        Ok(Limits {
            body_bytes: self.body_bytes,
            header_bytes: self.header_bytes,
            header_timeout: seconds("header_seconds", self.header_seconds)?,
            body_timeout: seconds("body_seconds", self.body_seconds)?,
            write_timeout: seconds("write_seconds", self.write_seconds)?,
            connections: self.connections,
            requests_per_key: self.requests_per_key,
            requests_per_address: self.requests_per_address,
            trusted_proxies: self.trusted_proxies.iter().map(network).collect::<Result<_, _>>()?,
        })
    }
}

fn seconds(name: &str, given: f64) -> anyhow::Result<Duration> {
    let time = Duration::try_from_secs_f64(given).ok().filter(|time| !time.is_zero());
    time.with_context(|| format!("limits.{name}: {given} is no time; give a number of seconds above 0"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_those_of_the_surface() {
        assert_eq!(LimitSettings::default().read().unwrap(), Limits::default());
    }

    #[test]
    fn what_would_let_nothing_in_is_refused_by_name() {
        let usual = LimitSettings::default;
        let proxies = vec!["10.0.0.1".to_owned(), "fd00::/8".to_owned()];
        let read = LimitSettings { trusted_proxies: proxies, ..usual() }.read().unwrap();
        assert_eq!(read.trusted_proxies.len(), 2);
        for (wrong, named) in [
            (LimitSettings { body_bytes: 0, ..usual() }, "limits.body_bytes"),
            (LimitSettings { connections: 0, ..usual() }, "limits.connections"),
            (LimitSettings { header_seconds: 0.0, ..usual() }, "limits.header_seconds"),
            (LimitSettings { body_seconds: f64::NAN, ..usual() }, "limits.body_seconds"),
            (LimitSettings { write_seconds: -1.0, ..usual() }, "limits.write_seconds"),
            (LimitSettings { trusted_proxies: vec!["home".to_owned()], ..usual() }, "limits.trusted_proxies"),
        ] {
            let error = wrong.read().unwrap_err().to_string();
            assert!(error.contains(named), "{error}");
        }
    }
}
