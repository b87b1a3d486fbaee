//! Sites, written in one way (PV-5).

use std::{fmt, str::FromStr};

use url::Url;

/// The longest site, in characters.
const MAX: usize = 255;

/// A web site that a license is activated on, without anything that makes no other site of it: no scheme, no `www.`,
/// no default port, no query, no slash at the end; the host in lower case and in ASCII. A folder is kept: two
/// installations may share a host.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Site(String);

/// Not a site.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no web site; an address such as https://shop.example.com or a host name is expected")]
pub struct SiteError {
    /// What was given, cut.
    pub text: String,
}

impl Site {
    /// Its one spelling.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn read(text: &str) -> Option<String> {
        let text = text.trim();
        if text.starts_with('/') {
            return None;
        }
        let has_scheme = text
            .split_once("://")
            .is_some_and(|(scheme, _)| scheme.bytes().all(|byte| byte.is_ascii_alphabetic()));
        let url = if has_scheme { Url::parse(text) } else { Url::parse(&format!("https://{text}")) }.ok()?;
        if !matches!(url.scheme(), "http" | "https") || !url.username().is_empty() || url.password().is_some()
        {
            return None;
        }
        let host = url.host_str()?;
        let mut host = host.strip_suffix('.').unwrap_or(host);
        // `www.com` is a host of its own.
        while let Some(rest) = host.strip_prefix("www.").filter(|rest| rest.contains('.')) {
            host = rest;
        }
        if host.split('.').any(str::is_empty) {
            return None;
        }
        // Without a scheme, or where somebody moved from one to the other, both default ports mean none.
        let port = url.port().filter(|port| !matches!(port, 80 | 443));
        let port = port.map(|port| format!(":{port}")).unwrap_or_default();
        let folder = url.path().trim_end_matches('/');
        let site = format!("{host}{port}{folder}");
        (site.len() <= MAX).then_some(site)
    }
}

impl FromStr for Site {
    type Err = SiteError;

    fn from_str(text: &str) -> Result<Self, SiteError> {
        Self::read(text).map(Self).ok_or_else(|| SiteError { text: text.chars().take(64).collect() })
    }
}

impl fmt::Display for Site {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(text: &str, expected: &str) {
        assert_eq!(text.parse::<Site>().map(|site| site.to_string()).as_deref(), Ok(expected), "{text}");
    }

    #[test]
    fn pv_5_one_site_has_one_spelling() {
        for text in [
            "example.com",
            "EXAMPLE.com",
            "www.example.com",
            "www.www.example.com",
            " https://example.com ",
            "http://www.Example.com/",
            "https://example.com:443",
            "http://example.com:80/",
            "http://example.com:443",
            "example.com:80",
            "https://example.com./?utm=1#top",
        ] {
            check(text, "example.com");
        }
    }

    #[test]
    fn pv_5_folders_ports_and_hosts_make_other_sites() {
        check("https://example.com/Moodle/", "example.com/Moodle");
        check("https://example.com:8443/a//", "example.com:8443/a");
        check("shop.example.com", "shop.example.com");
        check("www.com", "www.com");
        check("localhost:8080", "localhost:8080");
        check("https://[::1]:3000/", "[::1]:3000");
        check("https://loja-são-paulo.com.br", "xn--loja-so-paulo-1eb.com.br");
    }

    #[test]
    fn pv_5_what_is_no_site_is_refused() {
        let long = format!("https://example.com/{}", "a".repeat(255));
        for text in [
            "",
            " ",
            "/wp",
            "ftp://example.com",
            "https://",
            "https://u:p@example.com",
            "a b.com",
            "://",
            &long,
        ] {
            assert!(text.parse::<Site>().is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn pv_5_the_spelling_is_stable(text in "(https?://)?(www\\.)?[a-z0-9.:/_?#%é-]{1,40}") {
            if let Ok(site) = text.parse::<Site>() {
                prop_assert_eq!(site.as_str().parse::<Site>(), Ok(site.clone()), "{}", text);
            }
        }

        #[test]
        fn pv_5_no_text_makes_the_reader_panic(text in ".{0,60}") {
            let _ = text.parse::<Site>();
        }
    }
}
