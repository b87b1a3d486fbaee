//! What staff record about an environment (PV-3).

use std::{fmt, str::FromStr};

use croner::parser::{CronParser, Seconds, Year};
use kernel::{ContractId, CreditBalanceId, Invalid};
use strum::{Display, EnumString, IntoStaticStr, VariantArray};
use url::Url;

use crate::organization::read;

/// What runs on an environment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Display, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum Platform {
    /// Moodle.
    #[strum(serialize = "moodle")]
    Moodle,
    /// WordPress.
    #[strum(serialize = "wordpress")]
    WordPress,
    /// Something else.
    #[strum(serialize = "custom")]
    Custom,
}

/// The types of DNS records that are recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Display, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "UPPERCASE")]
pub enum DnsRecordType {
    /// An IPv4 address.
    A,
    /// An IPv6 address.
    Aaaa,
    /// Another name.
    Cname,
    /// Where mail goes.
    Mx,
    /// Text.
    Txt,
    /// A service.
    Srv,
    /// Who may issue certificates.
    Caa,
    /// Name servers.
    Ns,
}

/// A DNS record that the environment needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DnsRecord {
    /// Its type.
    pub record_type: DnsRecordType,
    /// The name; 1 to 253 characters.
    pub name: String,
    /// The value; 1 to 4096 characters.
    pub value: String,
    /// Seconds it may be cached.
    pub ttl_seconds: Option<u32>,
}

/// A cron expression of five fields: minute, hour, day of month, month, day of week.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CronExpression(String);

/// Not a cron expression.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no cron expression of five fields such as `30 2 * * *`: {problem}")]
pub struct CronExpressionError {
    /// What was given, cut.
    pub text: String,
    /// What is wrong.
    pub problem: String,
}

impl CronExpression {
    /// Its text, with single spaces between the fields.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for CronExpression {
    type Err = CronExpressionError;

    fn from_str(text: &str) -> Result<Self, CronExpressionError> {
        let refuse = |problem: String| CronExpressionError { text: text.chars().take(64).collect(), problem };
        let fields: Vec<&str> = text.split_whitespace().collect();
        if fields.len() != 5 {
            return Err(refuse(format!("{} fields", fields.len())));
        }
        let canonical = fields.join(" ");
        CronParser::builder()
            .seconds(Seconds::Disallowed)
            .year(Year::Disallowed)
            .build()
            .parse(&canonical)
            .map_err(|error| refuse(error.to_string()))?;
        Ok(Self(canonical))
    }
}

impl fmt::Display for CronExpression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// All that staff record, as it was written. An absent field is not known yet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EnvironmentConfiguration {
    /// Where it runs; 1 to 200 characters.
    pub server: Option<String>,
    /// Where people find it: an `http` or `https` address.
    pub primary_url: Option<String>,
    /// Where changes are tried: an `http` or `https` address.
    pub staging_url: Option<String>,
    /// What runs on it.
    pub platform: Option<Platform>,
    /// When it is backed up: a cron expression.
    pub backup_schedule: Option<String>,
    /// The DNS records it needs; at most 100.
    pub dns_records: Vec<DnsRecord>,
    /// The contract that covers it.
    pub contract: Option<ContractId>,
    /// The balance that pays for its requests.
    pub credit_balance: Option<CreditBalanceId>,
    /// The Jira project its requests go to; a capital letter, then capitals, digits and `_`, 2 to 10 in all.
    pub jira_project: Option<String>,
}

impl EnvironmentConfiguration {
    /// The fields without which it cannot be active (PV-3) and that are not there.
    pub(super) fn missing(&self) -> Vec<&'static str> {
        let needed = [
            ("server", self.server.is_some()),
            ("primary_url", self.primary_url.is_some()),
            ("platform", self.platform.is_some()),
        ];
        needed.into_iter().filter(|(_, there)| !there).map(|(field, _)| field).collect()
    }

    /// The same, each field in its one spelling.
    pub(super) fn valid(mut self) -> Result<Self, Invalid> {
        let mut invalid = Invalid::default();
        if let Some(server) = &mut self.server {
            invalid.require_text("server", server, 200);
            *server = server.trim().to_owned();
        }
        web_address(&mut invalid, "primary_url", &mut self.primary_url);
        web_address(&mut invalid, "staging_url", &mut self.staging_url);
        if let Some(schedule) = &mut self.backup_schedule
            && let Some(valid) = read::<CronExpression>(&mut invalid, "backup_schedule", schedule)
        {
            *schedule = valid.0;
        }
        if self.dns_records.len() > 100 {
            invalid.push("dns_records", "must not be more than 100");
        }
        for (index, record) in self.dns_records.iter().enumerate() {
            invalid.require_text(&format!("dns_records[{index}].name"), &record.name, 253);
            invalid.require_text(&format!("dns_records[{index}].value"), &record.value, 4096);
        }
        if self.jira_project.as_deref().is_some_and(|key| !is_jira_project(key)) {
            invalid.push("jira_project", "must be a project key such as ACME");
        }
        invalid.or_ok(self)
    }
}

/// Whether `key` is a project key as Jira makes them by default.
pub(crate) fn is_jira_project(key: &str) -> bool {
    (2..=10).contains(&key.len())
        && key.starts_with(|first: char| first.is_ascii_uppercase())
        && key.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_')
}

fn web_address(invalid: &mut Invalid, path: &str, address: &mut Option<String>) {
    let Some(text) = address else { return };
    let parsed = Url::parse(text.trim()).ok().filter(|url| {
        matches!(url.scheme(), "http" | "https")
            && url.has_host()
            && url.username().is_empty()
            && url.password().is_none()
    });
    match parsed {
        Some(url) if url.as_str().len() <= 2048 => *text = url.into(),
        Some(_) => invalid.push(path, "must not be longer than 2048 characters"),
        None => invalid.push(path, "must be a web address such as https://learn.example.com"),
    }
}
