//! What a request is expected to cost (SR-3, SR-6).

use kernel::{CatalogItemId, Invalid};
use ust_credits::{CatalogItem, Complexity, Credits, MAX_FIGURE, price};

/// The catalog item that a request chose, with the price that it had then: a later price change does not touch it (CT-1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CatalogChoice {
    /// The item.
    pub item: CatalogItemId,
    /// Its price before complexity, at the time.
    pub base: Credits,
}

/// What a request is expected to cost: made from a catalog item or from a figure of the staff's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Estimate {
    pub(super) catalog: Option<CatalogChoice>,
    pub(super) complexity: Complexity,
    pub(super) base: Credits,
    pub(super) credits: Credits,
    usual: bool,
}

impl Estimate {
    /// The price of `item`, at `complexity` or at its usual one.
    ///
    /// # Errors
    /// [`Invalid`] naming `catalog_item` where it is not offered any more or its price is over [`MAX_FIGURE`].
    pub fn of_catalog(item: &CatalogItem, complexity: Option<Complexity>) -> Result<Self, Invalid> {
        if !item.is_active() {
            return Err(Invalid::field("catalog_item", "is not offered any more"));
        }
        let complexity = complexity.unwrap_or(item.usual_complexity());
        let catalog = Some(CatalogChoice { item: item.id(), base: item.base_credits() });
        let estimate = Self::new(catalog, item.base_credits(), complexity, "catalog_item")?;
        Ok(Self { usual: complexity == item.usual_complexity(), ..estimate })
    }

    /// `base` credits before complexity, 0 to [`MAX_FIGURE`].
    ///
    /// # Errors
    /// [`Invalid`] naming `estimate` where it is not.
    pub fn figure(base: Credits, complexity: Complexity) -> Result<Self, Invalid> {
        if base.is_negative() {
            return Err(Invalid::field("estimate", "must not be negative"));
        }
        Self::new(None, base, complexity, "estimate")
    }

    fn new(
        catalog: Option<CatalogChoice>,
        base: Credits,
        complexity: Complexity,
        path: &str,
    ) -> Result<Self, Invalid> {
        if base > MAX_FIGURE {
            let problem =
                format!("comes to more than {MAX_FIGURE} credits before complexity, the most of one request");
            return Err(Invalid::field(path, problem));
        }
        let credits = price(base, complexity).map_err(|error| Invalid::field(path, error.to_string()))?;
        Ok(Self { catalog, complexity, base, credits, usual: false })
    }

    /// The credits before complexity.
    pub fn base(&self) -> Credits {
        self.base
    }

    /// The complexity.
    pub fn complexity(&self) -> Complexity {
        self.complexity
    }

    /// The credits to reserve: base × multiplier (CT-2).
    pub fn credits(&self) -> Credits {
        self.credits
    }

    /// The catalog item it comes from.
    pub fn catalog(&self) -> Option<CatalogChoice> {
        self.catalog
    }

    /// Whether it is what the catalog says: an item at its usual complexity.
    pub fn is_list_price(&self) -> bool {
        self.usual
    }
}
