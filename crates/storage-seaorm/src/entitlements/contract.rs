//! Contracts with what was agreed, as rows and back.

use entitlement::{Contract, ContractRecord, ContractVersion};
use kernel::StoreError;
use sea_orm::prelude::Uuid;

use crate::{
    entity::{contract, contract_version},
    rows::{Reading, amount, micros},
    words,
};

/// The rows; the organization is that of the entitlement.
pub(super) fn rows(
    contract: &Contract,
    organization: Option<Uuid>,
) -> Result<(contract::Model, Vec<contract_version::Model>), StoreError> {
    let record = contract.record().clone();
    let versions = (0..).zip(record.versions).map(|(position, version)| contract_version::Model {
        contract_id: record.id.into(),
        position,
        effective_on: version.effective_on,
        terms: version.terms,
        value: amount(version.value),
        currency: version.value.currency().to_string(),
        recorded_at: version.recorded_at.unix_micros(),
    });
    let sla = record.sla.map(serde_json::to_value).transpose();
    let code = record.code.to_string();
    let row = contract::Model {
        id: record.id.into(),
        words: words::column([&code]),
        code,
        entitlement_id: record.entitlement.into(),
        organization_id: organization,
        support_class: record.support_class.to_string(),
        sla: sla.map_err(|error| StoreError::corrupt("contract", record.id, error))?,
        starts_on: record.starts_on,
        ends_on: record.ends_on,
        anchor_on: record.anchor_on,
        anchor_months: record.anchor_months.into(),
        status: record.status.to_string(),
        renews_id: record.renews.map(Into::into),
        signed_at: micros(record.signed_at),
        terminated_at: micros(record.terminated_at),
        version: record.version,
        created_at: record.created_at.unix_micros(),
    };
    Ok((row, versions.collect()))
}

/// `versions` in the order of their positions.
pub(crate) fn restore(
    row: contract::Model,
    versions: Vec<contract_version::Model>,
) -> Result<Contract, StoreError> {
    let read = Reading::of("contract", row.id);
    let versions = versions.into_iter().map(|version| {
        Ok(ContractVersion {
            effective_on: version.effective_on,
            value: read.money(&version.value, read.parse(&version.currency)?)?,
            terms: version.terms,
            recorded_at: read.instant(version.recorded_at)?,
        })
    });
    let record = ContractRecord {
        id: row.id.into(),
        code: read.parse(&row.code)?,
        entitlement: row.entitlement_id.into(),
        support_class: read.parse(&row.support_class)?,
        sla: row.sla.map(serde_json::from_value).transpose().map_err(|error| read.corrupt(error))?,
        starts_on: row.starts_on,
        ends_on: row.ends_on,
        anchor_on: row.anchor_on,
        anchor_months: read.number(row.anchor_months)?,
        versions: versions.collect::<Result<_, StoreError>>()?,
        status: read.parse(&row.status)?,
        renews: row.renews_id.map(Into::into),
        signed_at: read.instant_some(row.signed_at)?,
        terminated_at: read.instant_some(row.terminated_at)?,
        version: row.version,
        created_at: read.instant(row.created_at)?,
    };
    Contract::restore(record).map_err(|invalid| read.corrupt(invalid))
}
