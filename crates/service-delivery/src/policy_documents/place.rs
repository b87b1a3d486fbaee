//! Where a document stands.

use entitlement::Sku;
use kernel::{EntitlementClass, EntitlementCode, EntitlementId, OrganizationId, ProductId, StoreError};
use policy_resolver::{Code, Diagnostics, Document, Subject};
use uuid::Uuid;

use super::check::error;
use crate::{policies::policy_schema, step::Step};

/// A place: a level and its target.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PolicyPlace {
    /// The global level.
    Everywhere,
    /// A class of entitlements.
    Class(EntitlementClass),
    /// A customer.
    Organization(OrganizationId),
    /// What was bought.
    Product(ProductId),
    /// One entitlement.
    Entitlement(EntitlementId),
}

impl PolicyPlace {
    /// The place of a document that is stored.
    pub fn of(level: &str, target: Option<&str>) -> Option<Self> {
        match (level, target) {
            ("global", None) => Some(Self::Everywhere),
            ("class", Some(class)) => class.parse().ok().map(Self::Class),
            ("organization", Some(id)) => id.parse().ok().map(Self::Organization),
            ("product", Some(id)) => id.parse().ok().map(Self::Product),
            ("entitlement", Some(id)) => id.parse().ok().map(Self::Entitlement),
            _ => None,
        }
    }
}

/// A place, and what is known of the levels above it.
pub(super) struct Placed {
    pub(super) place: PolicyPlace,
    pub(super) subject: Subject,
}

impl Placed {
    /// Where a document says that it stands; nothing is known of the levels above.
    pub(super) fn itself(document: &Document) -> Self {
        let places = document.target.as_deref().map(|target| (document.level.as_str(), target));
        let subject = policy_schema().subject(places).unwrap_or_default();
        Self { place: PolicyPlace::Everywhere, subject }
    }
}

impl Step<'_> {
    /// Finds what `document` is for and writes its target as an id. A document whose id is the usual one gets the usual one for
    /// that target.
    pub(super) async fn place(
        &mut self,
        document: &mut Document,
        wrong: &mut Diagnostics,
    ) -> Result<Placed, StoreError> {
        let (level, given) = (document.level.clone(), document.target.clone());
        let place = match given.as_deref().filter(|given| !given.is_empty()) {
            // The resolver says what is wrong with it.
            None => Some(PolicyPlace::Everywhere),
            Some(given) => match level.as_str() {
                // What is no class is said with what there is.
                "class" => Some(given.parse().map_or(PolicyPlace::Everywhere, PolicyPlace::Class)),
                "organization" => self.organization_by(given).await?,
                "product" => self.product_by(given).await?,
                "entitlement" => self.entitlement_by(given).await?,
                _ => Some(PolicyPlace::Everywhere),
            },
        };
        if place.is_none() {
            let given = given.as_deref().unwrap_or_default();
            let message = format!("there is no {level} {}", given.chars().take(64).collect::<String>());
            wrong.0.push(error(Code::WrongTarget, "target", message, document));
        }
        let place = place.unwrap_or(PolicyPlace::Everywhere);
        let mut above: Vec<(&str, String)> = Vec::new();
        let canonical = match place {
            PolicyPlace::Everywhere => None,
            PolicyPlace::Class(class) => Some(("class", class.to_string())),
            PolicyPlace::Organization(id) => Some(("organization", id.to_string())),
            PolicyPlace::Product(id) => {
                let product = self.uow.entitlements().product(id).await?;
                above.extend(product.map(|product| ("class", product.class().to_string())));
                Some(("product", id.to_string()))
            }
            PolicyPlace::Entitlement(id) => {
                for own in self.uow.schedule().entitlements(&[id]).await? {
                    above.push(("class", own.class().to_string()));
                    above.extend(own.organization().map(|id| ("organization", id.to_string())));
                    above.extend(own.product().map(|id| ("product", id.to_string())));
                }
                Some(("entitlement", id.to_string()))
            }
        };
        if let Some((_, target)) = &canonical {
            let usual = Document::new(&document.kind, &document.level, given.as_deref()).id;
            document.target = Some(target.clone());
            if document.id == usual {
                document.id = Document::new(&document.kind, &document.level, Some(target)).id;
            }
        }
        above.extend(canonical);
        let places = above.iter().map(|(level, target)| (*level, target.as_str()));
        Ok(Placed { place, subject: policy_schema().subject(places).unwrap_or_default() })
    }

    async fn organization_by(&mut self, given: &str) -> Result<Option<PolicyPlace>, StoreError> {
        let Ok(id) = given.parse::<OrganizationId>() else { return Ok(None) };
        let there = self.uow.entitlements().organization(id).await?;
        Ok(there.map(|_| PolicyPlace::Organization(id)))
    }

    async fn product_by(&mut self, given: &str) -> Result<Option<PolicyPlace>, StoreError> {
        let id = match (Uuid::parse_str(given), given.parse::<Sku>()) {
            (Ok(id), _) => ProductId::new(id),
            (_, Ok(sku)) => match self.uow.entitlements().find_product(&sku).await? {
                Some(id) => id,
                None => return Ok(None),
            },
            _ => return Ok(None),
        };
        Ok(self.uow.entitlements().product(id).await?.map(|_| PolicyPlace::Product(id)))
    }

    async fn entitlement_by(&mut self, given: &str) -> Result<Option<PolicyPlace>, StoreError> {
        let id = match (Uuid::parse_str(given), given.parse::<EntitlementCode>()) {
            (Ok(id), _) => EntitlementId::new(id),
            (_, Ok(code)) => match self.uow.entitlements().find_entitlement(code).await? {
                Some(id) => id,
                None => return Ok(None),
            },
            _ => return Ok(None),
        };
        let there = self.uow.schedule().entitlements(&[id]).await?;
        Ok(there.first().map(|_| PolicyPlace::Entitlement(id)))
    }
}
