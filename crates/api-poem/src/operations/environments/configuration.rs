//! How an environment is set up, as it is sent and shown.

use entitlement::{DnsRecord, DnsRecordType, EnvironmentConfiguration, Platform};
use kernel::CreditBalanceId;
use poem_openapi::{Object, types::Example};
use service_delivery::{access::Caller, reads::Coded};
use uuid::Uuid;

use crate::{
    http::ApiError,
    operations::{Context, example},
    wire::{Key, Word},
};

/// A DNS record that an environment needs.
#[derive(Clone, Debug, Object)]
#[oai(rename = "DnsRecord", deny_unknown_fields, skip_serializing_if_is_none)]
pub(crate) struct DnsRecordBody {
    /// Its type.
    #[oai(rename = "type")]
    record_type: Word<DnsRecordType>,
    /// The name.
    name: String,
    /// The value.
    value: String,
    /// Seconds it may be cached.
    ttl_seconds: Option<u32>,
}

impl From<DnsRecordBody> for DnsRecord {
    fn from(DnsRecordBody { record_type, name, value, ttl_seconds }: DnsRecordBody) -> Self {
        Self { record_type: record_type.0, name, value, ttl_seconds }
    }
}

impl From<DnsRecord> for DnsRecordBody {
    fn from(DnsRecord { record_type, name, value, ttl_seconds }: DnsRecord) -> Self {
        Self { record_type: record_type.into(), name, value, ttl_seconds }
    }
}

/// All that staff record about an environment. What is absent is not known yet.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields, skip_serializing_if_is_none, example)]
pub(crate) struct EnvironmentConfigurationBody {
    /// Where it runs.
    pub(super) server: Option<String>,
    /// Where people find it: an `http` or `https` address.
    pub(super) primary_url: Option<String>,
    /// Where changes are tried: an `http` or `https` address.
    pub(super) staging_url: Option<String>,
    /// What runs on it.
    pub(super) platform: Option<Word<Platform>>,
    /// When it is backed up: a cron expression of five fields.
    pub(super) backup_schedule: Option<String>,
    /// The DNS records it needs.
    pub(super) dns_records: Option<Vec<DnsRecordBody>>,
    /// The contract that covers it, by id or code.
    pub(super) contract: Option<Key>,
    /// The balance that pays for its requests.
    pub(super) credit_balance_id: Option<Uuid>,
    /// The key of the Jira project that its requests go to.
    pub(super) jira_project: Option<String>,
}

impl Example for EnvironmentConfigurationBody {
    fn example() -> Self {
        Self {
            server: Some("sa-east-1a".to_owned()),
            primary_url: Some("https://learn.acme.example.com/".to_owned()),
            staging_url: Some("https://staging.acme.example.com/".to_owned()),
            platform: Some(Word(Platform::Moodle)),
            backup_schedule: Some("30 2 * * *".to_owned()),
            dns_records: Some(vec![DnsRecordBody {
                record_type: Word(DnsRecordType::Cname),
                name: "learn.acme.example.com".to_owned(),
                value: "lb-1.example.net".to_owned(),
                ttl_seconds: Some(3600),
            }]),
            contract: Some(Key::from(example::id(15))),
            credit_balance_id: Some(example::id(9)),
            jira_project: Some("ACME".to_owned()),
        }
    }
}

impl EnvironmentConfigurationBody {
    /// The configuration meant; a contract's code is looked up as `by`.
    pub(crate) async fn read(
        self,
        context: &Context,
        by: &Caller,
    ) -> Result<EnvironmentConfiguration, ApiError> {
        let contract = context.id_in(by, Coded::Contract, "contract", self.contract.as_ref()).await?;
        Ok(EnvironmentConfiguration {
            server: self.server,
            primary_url: self.primary_url,
            staging_url: self.staging_url,
            platform: self.platform.map(|Word(platform)| platform),
            backup_schedule: self.backup_schedule,
            dns_records: self.dns_records.into_iter().flatten().map(DnsRecord::from).collect(),
            contract,
            credit_balance: self.credit_balance_id.map(CreditBalanceId::new),
            jira_project: self.jira_project,
        })
    }
}
