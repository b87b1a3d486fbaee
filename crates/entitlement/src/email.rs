//! E-mail addresses.

use std::{fmt, str::FromStr};

use email_address::Options;

/// The most characters an address has (RFC 5321).
const MAX: usize = 254;

/// An e-mail address, kept as it was written. At most 254 characters, with a domain name of at least two labels.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EmailAddress(String);

/// Not an e-mail address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no e-mail address; one such as ana@example.com is expected")]
pub struct EmailAddressError {
    /// What was given, cut.
    pub text: String,
}

impl EmailAddress {
    /// The address as it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether both go to the same mailbox. Capitals make no difference: no provider of note tells them apart. Of other letters
    /// than ASCII's they do: among them are some that only look like another, and nobody is taken for somebody else.
    pub fn is_same_mailbox(&self, other: &Self) -> bool {
        self.0.eq_ignore_ascii_case(&other.0)
    }
}

impl FromStr for EmailAddress {
    type Err = EmailAddressError;

    fn from_str(text: &str) -> Result<Self, EmailAddressError> {
        let options = Options::default().with_required_tld().without_display_text().without_domain_literal();
        let valid = text.chars().count() <= MAX
            && !text.contains(char::is_control)
            && email_address::EmailAddress::parse_with_options(text, options).is_ok();
        if valid {
            Ok(Self(text.to_owned()))
        } else {
            Err(EmailAddressError { text: text.chars().take(64).collect() })
        }
    }
}

impl fmt::Display for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn or_1_addresses_are_checked() {
        for text in ["ana@example.com", "Ana.Lima+x@sub.example.com.br", "josé@exemplo.com.br"] {
            assert_eq!(text.parse::<EmailAddress>().unwrap().as_str(), text);
        }
        let long = format!("{}@example.com", "a".repeat(260));
        for text in [
            "",
            "ana",
            "ana@",
            "@example.com",
            "ana@localhost",
            "Ana <ana@example.com>",
            "a@[127.0.0.1]",
            "a b@example.com",
            "a@example.com\n",
            &long,
        ] {
            assert!(text.parse::<EmailAddress>().is_err(), "{text}");
        }
    }

    #[test]
    fn capitals_make_no_other_mailbox() {
        let one: EmailAddress = "Ana@Example.com".parse().unwrap();
        assert!(one.is_same_mailbox(&"ana@example.COM".parse().unwrap()));
        assert!(!one.is_same_mailbox(&"eva@example.com".parse().unwrap()));
        // A sign for kelvin is no `k`.
        let kim: EmailAddress = "kim@example.com".parse().unwrap();
        assert!(!kim.is_same_mailbox(&"\u{212a}im@example.com".parse().unwrap()));
    }
}
