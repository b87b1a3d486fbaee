//! The customer (OR-1).

use kernel::{Currency, Invalid, OrganizationId, Timestamp};
use strum::{Display, EnumString, IntoStaticStr, VariantArray};

use crate::{Country, EmailAddress};

/// The languages that people are written to in (OR-1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Display, EnumString, IntoStaticStr, VariantArray)]
pub enum Locale {
    /// Portuguese of Brazil.
    #[strum(serialize = "pt-BR")]
    PtBr,
    /// English.
    #[strum(serialize = "en")]
    En,
    /// Spanish.
    #[strum(serialize = "es")]
    Es,
}

/// What may be said of an organization, as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrganizationDetails {
    /// What people call it; 1 to 200 characters.
    pub name: String,
    /// What it is registered as; 1 to 200 characters.
    pub legal_name: String,
    /// Its tax id, where it has one; 1 to 40 characters.
    pub tax_id: Option<String>,
    /// ISO 3166-1 alpha-2.
    pub country: String,
    /// The language it is written to in.
    pub locale: Locale,
    /// ISO 4217: what it is billed in.
    pub currency: String,
    /// Where invoices go.
    pub billing_email: String,
}

/// An organization as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrganizationRecord {
    /// Its id.
    pub id: OrganizationId,
    /// What people call it.
    pub name: String,
    /// What it is registered as.
    pub legal_name: String,
    /// Its tax id.
    pub tax_id: Option<String>,
    /// Its country.
    pub country: Country,
    /// Its language.
    pub locale: Locale,
    /// What it is billed in.
    pub currency: Currency,
    /// Where invoices go.
    pub billing_email: EmailAddress,
    /// Counts the changes, from 1.
    pub version: i64,
    /// When it was recorded.
    pub created_at: Timestamp,
}

/// A company or institution (OR-1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Organization(OrganizationRecord);

impl Organization {
    /// A new organization.
    ///
    /// # Errors
    /// Every field that is wrong.
    pub fn try_new(
        id: OrganizationId,
        details: OrganizationDetails,
        now: Timestamp,
    ) -> Result<Self, Invalid> {
        let valid = Valid::of(details)?;
        Ok(Self(OrganizationRecord {
            id,
            name: valid.name,
            legal_name: valid.legal_name,
            tax_id: valid.tax_id,
            country: valid.country,
            locale: valid.locale,
            currency: valid.currency,
            billing_email: valid.billing_email,
            version: 1,
            created_at: now,
        }))
    }

    /// Replaces everything that may be said of it.
    ///
    /// # Errors
    /// Every field that is wrong; nothing is changed then.
    pub fn edit(&mut self, details: OrganizationDetails) -> Result<(), Invalid> {
        let valid = Valid::of(details)?;
        let record = &mut self.0;
        record.name = valid.name;
        record.legal_name = valid.legal_name;
        record.tax_id = valid.tax_id;
        record.country = valid.country;
        record.locale = valid.locale;
        record.currency = valid.currency;
        record.billing_email = valid.billing_email;
        Ok(())
    }

    /// Rebuilds it from storage.
    ///
    /// # Errors
    /// A row that is no organization.
    pub fn restore(record: OrganizationRecord) -> Result<Self, Invalid> {
        let mut invalid = Invalid::default();
        invalid.require_text("name", &record.name, 200);
        invalid.require_text("legal_name", &record.legal_name, 200);
        if record.version < 1 {
            invalid.push("version", "must be 1 or more");
        }
        invalid.or_ok(Self(record))
    }

    /// All of it.
    pub fn record(&self) -> &OrganizationRecord {
        &self.0
    }

    /// Its id.
    pub fn id(&self) -> OrganizationId {
        self.0.id
    }

    /// What people call it.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// What it is billed in.
    pub fn currency(&self) -> Currency {
        self.0.currency
    }

    /// The version that was loaded.
    pub fn version(&self) -> i64 {
        self.0.version
    }
}

struct Valid {
    name: String,
    legal_name: String,
    tax_id: Option<String>,
    country: Country,
    locale: Locale,
    currency: Currency,
    billing_email: EmailAddress,
}

impl Valid {
    fn of(details: OrganizationDetails) -> Result<Self, Invalid> {
        let mut invalid = Invalid::default();
        invalid.require_text("name", &details.name, 200);
        invalid.require_text("legal_name", &details.legal_name, 200);
        if let Some(tax_id) = &details.tax_id {
            invalid.require_text("tax_id", tax_id, 40);
        }
        let country = read(&mut invalid, "country", &details.country);
        let currency = read(&mut invalid, "currency", &details.currency);
        let billing_email = read(&mut invalid, "billing_email", &details.billing_email);
        match (invalid.0.is_empty(), country, currency, billing_email) {
            (true, Some(country), Some(currency), Some(billing_email)) => Ok(Self {
                name: details.name.trim().to_owned(),
                legal_name: details.legal_name.trim().to_owned(),
                tax_id: details.tax_id.map(|tax_id| tax_id.trim().to_owned()),
                country,
                locale: details.locale,
                currency,
                billing_email,
            }),
            _ => Err(invalid),
        }
    }
}

/// Reads a field, noting what is wrong with it.
pub(crate) fn read<T: std::str::FromStr>(invalid: &mut Invalid, path: &str, text: &str) -> Option<T>
where
    T::Err: std::fmt::Display,
{
    text.parse().map_err(|error: T::Err| invalid.push(path, error.to_string())).ok()
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn acme() -> OrganizationDetails {
        OrganizationDetails {
            name: " Acme ".into(),
            legal_name: "Acme Educação Ltda.".into(),
            tax_id: Some("12.345.678/0001-90".into()),
            country: "BR".into(),
            locale: Locale::PtBr,
            currency: "BRL".into(),
            billing_email: "contas@acme.example.com".into(),
        }
    }

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn or_1_an_organization_is_what_it_was_said_to_be() {
        let organization =
            Organization::try_new(Uuid::from_u128(1).into(), acme(), at("2026-05-01T00:00:00Z")).unwrap();
        assert_eq!((organization.name(), organization.version()), ("Acme", 1));
        assert_eq!(Organization::restore(organization.record().clone()), Ok(organization));
    }

    #[test]
    fn or_1_every_wrong_field_is_named_and_nothing_changes() {
        let wrong = OrganizationDetails {
            name: " ".into(),
            legal_name: "x".repeat(201),
            tax_id: Some(String::new()),
            country: "XX".into(),
            locale: Locale::En,
            currency: "ABC".into(),
            billing_email: "nobody".into(),
        };
        let mut organization =
            Organization::try_new(Uuid::from_u128(1).into(), acme(), at("2026-05-01T00:00:00Z")).unwrap();
        let before = organization.clone();
        let paths: Vec<String> =
            organization.edit(wrong).unwrap_err().0.into_iter().map(|field| field.path).collect();
        assert_eq!(paths, ["name", "legal_name", "tax_id", "country", "currency", "billing_email"]);
        assert_eq!(organization, before);
    }

    #[test]
    fn or_1_locales_are_spelt_as_specified() {
        let spelt: Vec<&str> = Locale::VARIANTS.iter().map(Into::into).collect();
        assert_eq!(spelt, ["pt-BR", "en", "es"]);
    }
}
