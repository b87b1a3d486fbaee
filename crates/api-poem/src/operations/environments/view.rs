//! What environments look like to staff.

use entitlement::{EnvironmentStatus, Platform};
use poem_openapi::{Object, types::Example};
use service_delivery::reads::{EnvironmentDetail, EnvironmentRow};
use uuid::Uuid;

use super::configuration::{DnsRecordBody, EnvironmentConfigurationBody};
use crate::{
    operations::{
        example,
        named::{EntitlementRef, OrganizationRef},
    },
    wire::{Instant, Word},
};

/// An environment in a list.
#[derive(Debug, Object)]
#[oai(skip_serializing_if_is_none)]
pub(crate) struct EnvironmentSummary {
    /// Its id.
    id: Uuid,
    /// What it is called.
    name: String,
    /// The status that the world sees.
    status: Word<EnvironmentStatus>,
    /// Its own status, without what the entitlement's makes of it.
    own_status: Word<EnvironmentStatus>,
    /// What runs on it.
    platform: Option<Word<Platform>>,
    /// Where it runs.
    server: Option<String>,
    /// Where people find it.
    primary_url: Option<String>,
    /// What it lies under.
    entitlement: EntitlementRef,
    /// Whose it is.
    organization: Option<OrganizationRef>,
    /// When it was first active.
    activated_at: Option<Instant>,
    /// When it was made.
    created_at: Instant,
}

impl From<EnvironmentRow> for EnvironmentSummary {
    fn from(row: EnvironmentRow) -> Self {
        Self {
            id: row.id.as_uuid(),
            name: row.name,
            status: row.status.into(),
            own_status: row.own_status.into(),
            platform: row.platform.map(Word),
            server: row.server,
            primary_url: row.primary_url,
            entitlement: EntitlementRef::from(&row.above),
            organization: row.above.organization.map(OrganizationRef::from),
            activated_at: row.activated_at.map(Instant),
            created_at: row.created_at.into(),
        }
    }
}

/// An environment with all that is recorded about it.
#[derive(Debug, Object)]
#[oai(skip_serializing_if_is_none, example)]
pub(crate) struct EnvironmentView {
    /// Its id.
    id: Uuid,
    /// What it is called.
    name: String,
    /// The status that the world sees.
    status: Word<EnvironmentStatus>,
    /// Its own status, without what the entitlement's makes of it.
    own_status: Word<EnvironmentStatus>,
    /// How it is set up.
    configuration: EnvironmentConfigurationView,
    /// What it lies under.
    entitlement: EntitlementRef,
    /// Whose it is.
    organization: Option<OrganizationRef>,
    /// When it was first active; from then on customers see it.
    activated_at: Option<Instant>,
    /// When it was gone.
    decommissioned_at: Option<Instant>,
    /// When it was made.
    created_at: Instant,
}

/// All that staff recorded about an environment.
#[derive(Debug, Object)]
#[oai(skip_serializing_if_is_none)]
pub(crate) struct EnvironmentConfigurationView {
    /// Where it runs.
    server: Option<String>,
    /// Where people find it.
    primary_url: Option<String>,
    /// Where changes are tried.
    staging_url: Option<String>,
    /// What runs on it.
    platform: Option<Word<Platform>>,
    /// When it is backed up: a cron expression of five fields.
    backup_schedule: Option<String>,
    /// The DNS records it needs.
    dns_records: Vec<DnsRecordBody>,
    /// The contract that covers it.
    contract: Option<Uuid>,
    /// The balance that pays for its requests.
    credit_balance_id: Option<Uuid>,
    /// The key of the Jira project that its requests go to.
    jira_project: Option<String>,
}

impl From<EnvironmentDetail> for EnvironmentView {
    fn from(EnvironmentDetail { environment: row, status, above }: EnvironmentDetail) -> Self {
        let it = row.configuration;
        Self {
            id: row.id.as_uuid(),
            name: row.name,
            status: status.into(),
            own_status: row.status.into(),
            configuration: EnvironmentConfigurationView {
                server: it.server,
                primary_url: it.primary_url,
                staging_url: it.staging_url,
                platform: it.platform.map(Word),
                backup_schedule: it.backup_schedule,
                dns_records: it.dns_records.into_iter().map(DnsRecordBody::from).collect(),
                contract: it.contract.map(Uuid::from),
                credit_balance_id: it.credit_balance.map(Uuid::from),
                jira_project: it.jira_project,
            },
            entitlement: EntitlementRef::from(&above),
            organization: above.organization.map(OrganizationRef::from),
            activated_at: row.activated_at.map(Instant),
            decommissioned_at: row.decommissioned_at.map(Instant),
            created_at: row.created_at.into(),
        }
    }
}

impl Example for EnvironmentView {
    fn example() -> Self {
        let it = EnvironmentConfigurationBody::example();
        Self {
            id: example::id(16),
            name: "Moodle, managed".to_owned(),
            status: Word(EnvironmentStatus::Active),
            own_status: Word(EnvironmentStatus::Active),
            configuration: EnvironmentConfigurationView {
                server: it.server,
                primary_url: it.primary_url,
                staging_url: it.staging_url,
                platform: it.platform,
                backup_schedule: it.backup_schedule,
                dns_records: it.dns_records.unwrap_or_default(),
                contract: it.contract.and_then(|key| key.uuid()),
                credit_balance_id: it.credit_balance_id,
                jira_project: it.jira_project,
            },
            entitlement: EntitlementRef { id: example::id(17), code: "ENV-2026050001".to_owned() },
            organization: Some(example::organization()),
            activated_at: Some(example::instant()),
            decommissioned_at: None,
            created_at: example::instant(),
        }
    }
}
