//! Products (OD-1).

use entitlement::{NewProduct, Product, ProductRecord, ProductTerms};
use kernel::{ProductId, StoreError};
use serde_json::{Value, json};

use crate::{
    Refusal, ServiceDelivery, Subject, SubjectKind,
    access::Caller,
    retry::retrying,
    step::{found, not_stale},
};

impl ServiceDelivery {
    /// Puts a product on sale.
    ///
    /// # Errors
    /// Every field that is wrong, or wrong for the class; a SKU that exists.
    pub async fn create_product(&self, by: &Caller, new: &NewProduct) -> Result<ProductId, Refusal> {
        retrying(|| async {
            let mut step = self.begin(by, "create product").await?;
            let product = Product::try_new(step.id(), new.clone(), step.now)?;
            if step.uow.entitlements().find_product(&new.sku).await?.is_some() {
                return Err(Refusal::rule("sku-taken", format!("SKU {} exists already", new.sku)));
            }
            match step.uow.entitlements().insert_product(&product).await {
                // Somebody else adds it at the same moment; the next attempt finds it.
                Err(StoreError::Duplicate { .. }) => return Err(StoreError::Conflict.into()),
                inserted => inserted?,
            }
            step.record(
                "product.created",
                product_subject(&product),
                Value::Null,
                product_facts(product.record()),
            );
            step.commit().await?;
            Ok(product.id())
        })
        .await
    }

    /// Replaces a product's terms; what is sold already keeps what it was sold with.
    ///
    /// # Errors
    /// No such product, a stale version, every field that is wrong.
    pub async fn update_product(
        &self,
        by: &Caller,
        id: ProductId,
        terms: &ProductTerms,
        expected: Option<i64>,
    ) -> Result<(), Refusal> {
        self.change_product(by, id, "update product", "product.updated", expected, |product| {
            product.edit(terms.clone())?;
            Ok(())
        })
        .await
    }

    /// Takes a product off sale (OD-1). Repeating it changes nothing.
    ///
    /// # Errors
    /// No such product.
    pub async fn deactivate_product(&self, by: &Caller, id: ProductId) -> Result<(), Refusal> {
        self.change_product(by, id, "deactivate product", "product.deactivated", None, |product| {
            product.deactivate();
            Ok(())
        })
        .await
    }

    /// Puts a product on sale again. Repeating it changes nothing.
    ///
    /// # Errors
    /// No such product.
    pub async fn reactivate_product(&self, by: &Caller, id: ProductId) -> Result<(), Refusal> {
        self.change_product(by, id, "reactivate product", "product.reactivated", None, |product| {
            product.reactivate();
            Ok(())
        })
        .await
    }

    async fn change_product(
        &self,
        by: &Caller,
        id: ProductId,
        cause: &str,
        event: &str,
        expected: Option<i64>,
        change: impl Fn(&mut Product) -> Result<(), Refusal> + Send + Sync,
    ) -> Result<(), Refusal> {
        let change = &change;
        retrying(|| async move {
            let mut step = self.begin(by, cause).await?;
            let mut product = found(step.uow.entitlements().lock_product(id).await?, "product", id)?;
            not_stale("product", product.version(), expected)?;
            let before = product_facts(product.record());
            change(&mut product)?;
            let after = product_facts(product.record());
            if before != after {
                step.uow.entitlements().save_product(&product).await?;
                step.record_change(event, product_subject(&product), &before, &after);
            }
            step.commit().await
        })
        .await
    }
}

fn product_subject(product: &Product) -> Subject {
    Subject::new(SubjectKind::Product, product.id()).coded(product.record().sku.clone())
}

fn product_facts(row: &ProductRecord) -> Value {
    let terms = &row.terms;
    json!({
        "name": terms.name,
        "price": terms.price.to_string(),
        "term_months": terms.term_months,
        "trial_days": terms.trial_days,
        "support_class": terms.support_class.to_string(),
        "tier": terms.tier.as_ref().map(|tier| json!({"name": tier.name, "rank": tier.rank})),
        "service": terms.service.map(|kind| format!("{}, {}", kind.service_type, kind.mode)),
        "credits_included": terms.credits_included.to_string(),
        "sites_allowed": terms.sites_allowed,
        "active": row.active,
    })
}
