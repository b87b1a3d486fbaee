//! Environments, as rows and back.

use entitlement::{DnsRecord, Environment, EnvironmentConfiguration, EnvironmentRecord};
use kernel::StoreError;
use sea_orm::prelude::Uuid;
use serde::{Deserialize, Serialize};

use crate::{
    entity::environment,
    rows::{Reading, micros},
    words,
};

/// A DNS record within its column.
#[derive(Serialize, Deserialize)]
struct DnsColumn {
    record_type: String,
    name: String,
    value: String,
    ttl_seconds: Option<u32>,
}

/// The row; the organization is that of the entitlement.
pub(super) fn row(
    environment: &Environment,
    organization: Option<Uuid>,
) -> Result<environment::Model, StoreError> {
    let record = environment.record().clone();
    let configuration = record.configuration;
    let dns_records = configuration.dns_records.into_iter().map(|dns| DnsColumn {
        record_type: dns.record_type.to_string(),
        name: dns.name,
        value: dns.value,
        ttl_seconds: dns.ttl_seconds,
    });
    let dns_records = serde_json::to_value(dns_records.collect::<Vec<_>>());
    Ok(environment::Model {
        id: record.id.into(),
        entitlement_id: record.entitlement.into(),
        organization_id: organization,
        words: words::column([
            record.name.as_str(),
            configuration.primary_url.as_deref().unwrap_or_default(),
        ]),
        name: record.name,
        server: configuration.server,
        primary_url: configuration.primary_url,
        staging_url: configuration.staging_url,
        platform: configuration.platform.map(|platform| platform.to_string()),
        backup_schedule: configuration.backup_schedule,
        dns_records: dns_records.map_err(|error| StoreError::corrupt("environment", record.id, error))?,
        contract_id: configuration.contract.map(Into::into),
        credit_balance_id: configuration.credit_balance.map(Into::into),
        jira_project_key: configuration.jira_project,
        status: record.status.to_string(),
        activated_at: micros(record.activated_at),
        decommissioned_at: micros(record.decommissioned_at),
        version: record.version,
        created_at: record.created_at.unix_micros(),
    })
}

pub(crate) fn restore(row: environment::Model) -> Result<Environment, StoreError> {
    let read = Reading::of("environment", row.id);
    let dns: Vec<DnsColumn> = serde_json::from_value(row.dns_records).map_err(|error| read.corrupt(error))?;
    let dns_records = dns.into_iter().map(|dns| {
        Ok(DnsRecord {
            record_type: read.parse(&dns.record_type)?,
            name: dns.name,
            value: dns.value,
            ttl_seconds: dns.ttl_seconds,
        })
    });
    let record = EnvironmentRecord {
        id: row.id.into(),
        entitlement: row.entitlement_id.into(),
        name: row.name,
        configuration: EnvironmentConfiguration {
            server: row.server,
            primary_url: row.primary_url,
            staging_url: row.staging_url,
            platform: read.parse_some(row.platform.as_deref())?,
            backup_schedule: row.backup_schedule,
            dns_records: dns_records.collect::<Result<_, StoreError>>()?,
            contract: row.contract_id.map(Into::into),
            credit_balance: row.credit_balance_id.map(Into::into),
            jira_project: row.jira_project_key,
        },
        status: read.parse(&row.status)?,
        activated_at: read.instant_some(row.activated_at)?,
        decommissioned_at: read.instant_some(row.decommissioned_at)?,
        version: row.version,
        created_at: read.instant(row.created_at)?,
    };
    Environment::restore(record).map_err(|invalid| read.corrupt(invalid))
}
