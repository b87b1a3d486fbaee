//! The catalog: kinds of work with a fixed price in credits (CT-1).

use kernel::{CatalogItemId, Invalid, ServiceType, StoreError};

use crate::{Complexity, Credits, CreditsError, MAX_FIGURE, price};

/// The longest code of a catalog item, in characters.
pub const MAX_CODE: usize = 40;
/// The longest name of a catalog item, in characters.
pub const MAX_NAME: usize = 200;
/// The longest description of a catalog item, in characters.
pub const MAX_DESCRIPTION: usize = 4_000;

/// What staff say about a catalog item (CT-1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CatalogItemContent {
    /// A short unique code: letters, digits, `-`, `_` and `.`, at most [`MAX_CODE`]. It never changes.
    pub code: String,
    /// The name, at most [`MAX_NAME`] characters.
    pub name: String,
    /// The type of service it belongs to (SV-1).
    pub service_type: ServiceType,
    /// What the work comprises, at most [`MAX_DESCRIPTION`] characters; may be empty.
    pub description: String,
    /// The price before complexity; over 0, at most [`MAX_FIGURE`].
    pub base_credits: Credits,
    /// The complexity that this kind of work usually has.
    pub usual_complexity: Complexity,
}

impl CatalogItemContent {
    pub(crate) fn check(&self) -> Result<(), Invalid> {
        let mut invalid = self.faults();
        if self.base_credits > MAX_FIGURE {
            invalid.push("base_credits", format!("must not be more than {MAX_FIGURE}"));
        }
        invalid.or_ok(())
    }

    /// What is wrong with any item, one that was stored before its price had a bound among them.
    fn faults(&self) -> Invalid {
        let mut invalid = Invalid::default();
        invalid.require_text("code", &self.code, MAX_CODE);
        let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        if !self.code.trim().is_empty() && !self.code.chars().all(legal) {
            invalid.push("code", "only letters, digits, `-`, `_` and `.` are allowed");
        }
        invalid.require_text("name", &self.name, MAX_NAME);
        if self.description.chars().count() > MAX_DESCRIPTION {
            invalid.push("description", format!("must not be longer than {MAX_DESCRIPTION} characters"));
        }
        if !self.base_credits.is_positive() {
            invalid.push("base_credits", "must be over 0");
        }
        invalid
    }
}

/// The row of a catalog item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CatalogItemRecord {
    /// Its id.
    pub id: CatalogItemId,
    /// What staff say about it.
    pub content: CatalogItemContent,
    /// Whether it may be chosen for new work.
    pub active: bool,
    /// Grows by one with each saved change, from 1.
    pub version: i64,
}

/// A kind of work with a fixed price (CT-1). Never deleted: a deactivated one stays linked to the requests that chose it,
/// and a price change does not touch them, for they carry a price of their own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CatalogItem {
    record: CatalogItemRecord,
}

impl CatalogItem {
    /// A new, active item.
    ///
    /// # Errors
    /// [`Invalid`] with every wrong field.
    pub fn try_new(id: CatalogItemId, content: CatalogItemContent) -> Result<Self, Invalid> {
        content.check()?;
        Ok(Self { record: CatalogItemRecord { id, content, active: true, version: 1 } })
    }

    /// Rebuilds an item from its row.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] for a row that is no legal item.
    pub fn restore(record: CatalogItemRecord) -> Result<Self, StoreError> {
        let sound = record.content.faults().or_ok(());
        sound.map_err(|invalid| StoreError::corrupt("catalog item", record.id, invalid))?;
        if record.version < 1 {
            return Err(StoreError::corrupt("catalog item", record.id, "version under 1"));
        }
        Ok(Self { record })
    }

    /// The row, for storage.
    pub fn record(&self) -> &CatalogItemRecord {
        &self.record
    }

    /// Changes everything but the code. True where something is different now; the item is to be saved then.
    ///
    /// # Errors
    /// [`Invalid`] with every wrong field, a changed code among them; nothing is changed then.
    pub fn edit(&mut self, content: CatalogItemContent) -> Result<bool, Invalid> {
        let mut invalid = content.check().err().unwrap_or_default();
        if content.code != self.record.content.code {
            invalid.push("code", "a code never changes; deactivate the item and make another");
        }
        invalid.or_ok(())?;
        let changed = content != self.record.content;
        self.record.content = content;
        Ok(changed)
    }

    /// Takes the item out of the choice. False where it was out already.
    pub fn deactivate(&mut self) -> bool {
        std::mem::replace(&mut self.record.active, false)
    }

    /// Offers the item again. False where it was offered already.
    pub fn activate(&mut self) -> bool {
        !std::mem::replace(&mut self.record.active, true)
    }

    /// The id.
    pub fn id(&self) -> CatalogItemId {
        self.record.id
    }

    /// The code.
    pub fn code(&self) -> &str {
        &self.record.content.code
    }

    /// The name.
    pub fn name(&self) -> &str {
        &self.record.content.name
    }

    /// The service type (SV-1).
    pub fn service_type(&self) -> ServiceType {
        self.record.content.service_type
    }

    /// The price before complexity.
    pub fn base_credits(&self) -> Credits {
        self.record.content.base_credits
    }

    /// The complexity that this kind of work usually has.
    pub fn usual_complexity(&self) -> Complexity {
        self.record.content.usual_complexity
    }

    /// Whether it may be chosen for new work.
    pub fn is_active(&self) -> bool {
        self.record.active
    }

    /// The version of the row.
    pub fn version(&self) -> i64 {
        self.record.version
    }

    /// What this work costs at `complexity`, or at its usual one (CT-2).
    ///
    /// # Errors
    /// [`CreditsError::Overflow`] where the price does not fit.
    pub fn price(&self, complexity: Option<Complexity>) -> Result<Credits, CreditsError> {
        price(self.base_credits(), complexity.unwrap_or(self.usual_complexity()))
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn content() -> CatalogItemContent {
        CatalogItemContent {
            code: "PLUGIN-UPDATE".into(),
            name: "Plugin update".into(),
            service_type: ServiceType::Support,
            description: String::new(),
            base_credits: "4".parse().unwrap(),
            usual_complexity: Complexity::Medium,
        }
    }

    fn item() -> CatalogItem {
        CatalogItem::try_new(CatalogItemId::new(Uuid::from_u128(1)), content()).unwrap()
    }

    #[test]
    fn ct_1_every_wrong_field_is_named() {
        let wrong = CatalogItemContent {
            code: "plugin update".into(),
            name: " ".into(),
            service_type: ServiceType::Support,
            description: "x".repeat(MAX_DESCRIPTION + 1),
            base_credits: Credits::ZERO,
            usual_complexity: Complexity::Low,
        };
        let Invalid(fields) = CatalogItem::try_new(CatalogItemId::new(Uuid::nil()), wrong).unwrap_err();
        let paths: Vec<_> = fields.iter().map(|field| field.path.as_str()).collect();
        assert_eq!(paths, ["code", "name", "description", "base_credits"]);
    }

    #[test]
    fn ct_1_a_price_has_a_bound_and_what_is_stored_already_is_still_read() {
        let beyond =
            CatalogItemContent { base_credits: Credits::from_units(MAX_FIGURE.units() + 1), ..content() };
        let refused = Invalid::field("base_credits", "must not be more than 100000000");
        assert_eq!(
            CatalogItem::try_new(CatalogItemId::new(Uuid::nil()), beyond.clone()),
            Err(refused.clone())
        );
        assert_eq!(item().edit(beyond.clone()), Err(refused));
        assert_eq!(item().edit(CatalogItemContent { base_credits: MAX_FIGURE, ..content() }), Ok(true));
        let record = CatalogItemRecord { content: beyond, ..item().record().clone() };
        assert!(CatalogItem::restore(record).unwrap().deactivate());
    }

    #[test]
    fn ct_1_items_are_deactivated_and_offered_again() {
        let mut item = item();
        assert!(item.is_active());
        assert!(!item.activate());
        assert!(item.deactivate());
        assert!(!item.deactivate());
        assert!(!item.is_active());
        assert!(item.activate());
    }

    #[test]
    fn ct_1_an_edit_changes_all_but_the_code() {
        let mut item = item();
        assert_eq!(item.edit(content()), Ok(false));
        assert_eq!(
            item.edit(CatalogItemContent { base_credits: "5".parse().unwrap(), ..content() }),
            Ok(true)
        );
        let before = item.clone();
        let refused =
            item.edit(CatalogItemContent { code: "OTHER".into(), name: String::new(), ..content() });
        assert_eq!(refused.unwrap_err().0.len(), 2);
        assert_eq!(item, before);
    }

    #[test]
    fn ct_2_an_item_has_its_usual_price_and_others() {
        assert_eq!(item().price(None).unwrap().to_string(), "6");
        assert_eq!(item().price(Some(Complexity::High)).unwrap().to_string(), "8");
    }

    #[test]
    fn a_corrupt_row_is_refused() {
        let record = CatalogItemRecord { version: 0, ..item().record().clone() };
        assert!(matches!(CatalogItem::restore(record), Err(StoreError::Corrupt { .. })));
        assert_eq!(CatalogItem::restore(item().record().clone()), Ok(item()));
    }
}
