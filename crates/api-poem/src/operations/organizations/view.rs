//! What organizations look like.

use entitlement::{Locale, OrganizationDetails, OrganizationRecord};
use poem_openapi::{Object, types::Example};
use uuid::Uuid;

use crate::{
    operations::example,
    wire::{Instant, Word},
};

/// All that may be said of an organization.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields, skip_serializing_if_is_none, example)]
pub(crate) struct OrganizationBody {
    /// What people call it.
    #[oai(validator(max_length = 200))]
    name: String,
    /// What it is registered as.
    #[oai(validator(max_length = 200))]
    legal_name: String,
    /// Its tax id, where it has one.
    #[oai(validator(max_length = 40))]
    tax_id: Option<String>,
    /// Where it is registered: two capital letters of ISO 3166-1.
    country: String,
    /// The language it is written to in.
    locale: Word<Locale>,
    /// What it is billed in: three capital letters of ISO 4217.
    currency: String,
    /// Where invoices go.
    #[oai(validator(max_length = 254))]
    billing_email: String,
}

impl Example for OrganizationBody {
    fn example() -> Self {
        Self {
            name: "Acme".to_owned(),
            legal_name: "Acme Educação Ltda.".to_owned(),
            tax_id: Some("12.345.678/0001-95".to_owned()),
            country: "BR".to_owned(),
            locale: Word(Locale::PtBr),
            currency: "BRL".to_owned(),
            billing_email: "financeiro@acme.example.com".to_owned(),
        }
    }
}

impl From<OrganizationBody> for OrganizationDetails {
    fn from(body: OrganizationBody) -> Self {
        let OrganizationBody { name, legal_name, tax_id, country, locale, currency, billing_email } = body;
        Self { name, legal_name, tax_id, country, locale: locale.0, currency, billing_email }
    }
}

/// An organization.
#[derive(Debug, Object)]
#[oai(skip_serializing_if_is_none, example)]
pub(crate) struct OrganizationView {
    /// Its id.
    id: Uuid,
    /// What people call it.
    name: String,
    /// What it is registered as.
    legal_name: String,
    /// Its tax id.
    tax_id: Option<String>,
    /// Where it is registered: ISO 3166-1.
    country: String,
    /// The language it is written to in.
    locale: Word<Locale>,
    /// What it is billed in: ISO 4217.
    currency: String,
    /// Where invoices go.
    billing_email: String,
    /// When it was recorded.
    created_at: Instant,
}

impl From<OrganizationRecord> for OrganizationView {
    fn from(row: OrganizationRecord) -> Self {
        Self {
            id: row.id.as_uuid(),
            name: row.name,
            legal_name: row.legal_name,
            tax_id: row.tax_id,
            country: row.country.to_string(),
            locale: row.locale.into(),
            currency: row.currency.to_string(),
            billing_email: row.billing_email.to_string(),
            created_at: row.created_at.into(),
        }
    }
}

impl Example for OrganizationView {
    fn example() -> Self {
        let OrganizationBody { name, legal_name, tax_id, country, locale, currency, billing_email } =
            OrganizationBody::example();
        let (id, created_at) = (example::id(1), example::instant());
        Self { id, name, legal_name, tax_id, country, locale, currency, billing_email, created_at }
    }
}
