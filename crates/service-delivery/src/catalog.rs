//! The catalog of work (CT-1): one item at a time, and many from a file.

use kernel::{CatalogItemId, Invalid, StoreError};
use serde_json::{Value, json};
use ust_credits::{CatalogItem, CatalogItemContent, CatalogRow, CatalogRowItem};

use crate::{
    Refusal, ServiceDelivery, Subject, SubjectKind,
    access::Caller,
    retry::retrying,
    step::{Step, found, not_stale},
};

/// The most rows that one import takes.
pub const MAX_CATALOG_ROWS: usize = 1_000;

/// What an import made of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportedRow {
    /// The line of the file on which it begins.
    pub line: u64,
    /// The code that it names, as it stands there.
    pub code: String,
    /// What became of it.
    pub outcome: RowOutcome,
}

/// What becomes of a row of a catalog file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RowOutcome {
    /// There was no item with its code.
    Created(CatalogItemId),
    /// The item says something else now.
    Updated(CatalogItemId),
    /// The item said all of it already.
    Unchanged(CatalogItemId),
    /// It is wrong; everything that is.
    Refused(Invalid),
}

impl ServiceDelivery {
    /// Adds a kind of work to the catalog.
    ///
    /// # Errors
    /// Every field that is wrong; a code that exists.
    pub async fn create_catalog_item(
        &self,
        by: &Caller,
        content: &CatalogItemContent,
    ) -> Result<CatalogItemId, Refusal> {
        retrying(|| async {
            let mut step = self.begin(by, "create catalog item").await?;
            let item = CatalogItem::try_new(step.id(), content.clone())?;
            if step.uow.credits().lock_catalog_item_by_code(item.code()).await?.is_some() {
                return Err(Refusal::rule(
                    "catalog-code-taken",
                    format!("code {} exists already", item.code()),
                ));
            }
            match step.uow.credits().insert_catalog_item(&item).await {
                // Somebody else adds it at the same moment; the next attempt finds it.
                Err(StoreError::Duplicate { .. }) => return Err(StoreError::Conflict.into()),
                inserted => inserted?,
            }
            step.record("catalog_item.created", item_subject(&item), Value::Null, item_facts(&item));
            step.commit().await?;
            Ok(item.id())
        })
        .await
    }

    /// Replaces what is said about a kind of work; requests that chose it keep their price (CT-1).
    ///
    /// # Errors
    /// No such item, a stale version, every field that is wrong.
    pub async fn update_catalog_item(
        &self,
        by: &Caller,
        id: CatalogItemId,
        content: &CatalogItemContent,
        expected: Option<i64>,
    ) -> Result<(), Refusal> {
        self.change_catalog_item(by, id, "update catalog item", "catalog_item.updated", expected, |item| {
            item.edit(content.clone())?;
            Ok(())
        })
        .await
    }

    /// Takes a kind of work out of the offer; it stays linked to the requests that chose it (CT-1).
    ///
    /// # Errors
    /// No such item.
    pub async fn deactivate_catalog_item(&self, by: &Caller, id: CatalogItemId) -> Result<(), Refusal> {
        self.change_catalog_item(
            by,
            id,
            "deactivate catalog item",
            "catalog_item.deactivated",
            None,
            |item| {
                item.deactivate();
                Ok(())
            },
        )
        .await
    }

    /// Offers a kind of work again.
    ///
    /// # Errors
    /// No such item.
    pub async fn activate_catalog_item(&self, by: &Caller, id: CatalogItemId) -> Result<(), Refusal> {
        self.change_catalog_item(by, id, "activate catalog item", "catalog_item.activated", None, |item| {
            item.activate();
            Ok(())
        })
        .await
    }

    async fn change_catalog_item(
        &self,
        by: &Caller,
        id: CatalogItemId,
        cause: &str,
        event: &str,
        expected: Option<i64>,
        change: impl Fn(&mut CatalogItem) -> Result<(), Refusal> + Send + Sync,
    ) -> Result<(), Refusal> {
        let change = &change;
        retrying(|| async move {
            let mut step = self.begin(by, cause).await?;
            let mut item = found(step.uow.credits().lock_catalog_item(id).await?, "catalog item", id)?;
            not_stale("catalog item", item.version(), expected)?;
            let before = item_facts(&item);
            change(&mut item)?;
            let after = item_facts(&item);
            if before != after {
                step.uow.credits().save_catalog_item(&item).await?;
                step.record_change(event, item_subject(&item), &before, &after);
            }
            step.commit().await
        })
        .await
    }

    /// Takes the rows of a catalog file, all in one transaction: what is not there is made, what is there becomes what its row
    /// says, and wrong rows are reported and left (CT-1). Items without a row stay as they are. In the order of the file.
    ///
    /// # Errors
    /// More than [`MAX_CATALOG_ROWS`].
    pub async fn import_catalog(
        &self,
        by: &Caller,
        rows: &[CatalogRow],
    ) -> Result<Vec<ImportedRow>, Refusal> {
        if rows.len() > MAX_CATALOG_ROWS {
            let problem = format!("has {} rows; {MAX_CATALOG_ROWS} are taken at once: divide it", rows.len());
            return Err(Invalid::field("body", problem).into());
        }
        // Items are locked in the order of their codes, so that two imports do not wait for each other.
        let mut in_order: Vec<(usize, &CatalogRow)> = rows.iter().enumerate().collect();
        in_order.sort_by(|(_, one), (_, other)| one.code.cmp(&other.code));
        let in_order = &in_order;
        retrying(|| async move {
            let mut step = self.begin(by, "import catalog").await?;
            let mut imported = Vec::with_capacity(in_order.len());
            for (place, row) in in_order {
                let outcome = match &row.item {
                    Ok(item) => step.import_item(item).await?,
                    Err(invalid) => RowOutcome::Refused(invalid.clone()),
                };
                imported.push((place, ImportedRow { line: row.line, code: row.code.clone(), outcome }));
            }
            step.commit().await?;
            imported.sort_by_key(|(place, _)| *place);
            Ok(imported.into_iter().map(|(_, row)| row).collect())
        })
        .await
    }
}

impl Step<'_> {
    async fn import_item(&mut self, row: &CatalogRowItem) -> Result<RowOutcome, Refusal> {
        let Some(mut item) = self.uow.credits().lock_catalog_item_by_code(&row.content.code).await? else {
            let mut item = CatalogItem::try_new(self.id(), row.content.clone())?;
            offer(&mut item, row.active);
            match self.uow.credits().insert_catalog_item(&item).await {
                // Somebody else adds it at the same moment; the next attempt finds it.
                Err(StoreError::Duplicate { .. }) => return Err(StoreError::Conflict.into()),
                inserted => inserted?,
            }
            self.record("catalog_item.created", item_subject(&item), Value::Null, item_facts(&item));
            return Ok(RowOutcome::Created(item.id()));
        };
        let before = item_facts(&item);
        let edited = item.edit(row.content.clone())?;
        if !(offer(&mut item, row.active) || edited) {
            return Ok(RowOutcome::Unchanged(item.id()));
        }
        self.uow.credits().save_catalog_item(&item).await?;
        self.record_change("catalog_item.updated", item_subject(&item), &before, &item_facts(&item));
        Ok(RowOutcome::Updated(item.id()))
    }
}

/// Offers the item, or takes it out of the offer. True where that is something else than before.
fn offer(item: &mut CatalogItem, active: bool) -> bool {
    if active { item.activate() } else { item.deactivate() }
}

fn item_subject(item: &CatalogItem) -> Subject {
    Subject::new(SubjectKind::CatalogItem, item.id()).coded(item.code())
}

fn item_facts(item: &CatalogItem) -> Value {
    let content = &item.record().content;
    json!({
        "name": content.name,
        "service_type": content.service_type.to_string(),
        "description": content.description,
        "base_credits": content.base_credits.to_string(),
        "usual_complexity": content.usual_complexity.to_string(),
        "active": item.is_active(),
    })
}
