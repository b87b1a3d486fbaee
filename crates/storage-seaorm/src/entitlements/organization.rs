//! Organizations and their people, as rows and back.

use entitlement::{Collaborator, CollaboratorRecord, Organization, OrganizationRecord, Scope};
use kernel::StoreError;

use crate::{
    entity::{collaborator, organization},
    rows::{Reading, names, read_names},
    words,
};

pub(super) fn row(organization: &Organization) -> organization::Model {
    let record = organization.record().clone();
    let words = words::column([&record.name, &record.legal_name]);
    organization::Model {
        id: record.id.into(),
        name: record.name,
        legal_name: record.legal_name,
        tax_id: record.tax_id,
        country: record.country.to_string(),
        locale: record.locale.to_string(),
        currency: record.currency.to_string(),
        billing_email: record.billing_email.to_string(),
        version: record.version,
        created_at: record.created_at.unix_micros(),
        words,
    }
}

pub(crate) fn restore(row: organization::Model) -> Result<Organization, StoreError> {
    let read = Reading::of("organization", row.id);
    let record = OrganizationRecord {
        id: row.id.into(),
        name: row.name,
        legal_name: row.legal_name,
        tax_id: row.tax_id,
        country: read.parse(&row.country)?,
        locale: read.parse(&row.locale)?,
        currency: read.parse(&row.currency)?,
        billing_email: read.parse(&row.billing_email)?,
        version: row.version,
        created_at: read.instant(row.created_at)?,
    };
    Organization::restore(record).map_err(|invalid| read.corrupt(invalid))
}

pub(super) fn collaborator_row(collaborator: &Collaborator) -> collaborator::Model {
    let record = collaborator.record().clone();
    let email = record.email.to_string();
    collaborator::Model {
        id: record.id.into(),
        organization_id: record.organization.into(),
        words: words::column([&record.name, &email]),
        name: record.name,
        email,
        role: record.role.to_string(),
        scopes: names(&record.scopes),
        version: record.version,
        created_at: record.created_at.unix_micros(),
    }
}

pub(crate) fn restore_collaborator(row: collaborator::Model) -> Result<Collaborator, StoreError> {
    let read = Reading::of("collaborator", row.id);
    let record = CollaboratorRecord {
        id: row.id.into(),
        organization: row.organization_id.into(),
        name: row.name,
        email: read.parse(&row.email)?,
        role: read.parse(&row.role)?,
        scopes: read_names::<Scope>(&read, &row.scopes)?,
        version: row.version,
        created_at: read.instant(row.created_at)?,
    };
    Collaborator::restore(record).map_err(|invalid| read.corrupt(invalid))
}
