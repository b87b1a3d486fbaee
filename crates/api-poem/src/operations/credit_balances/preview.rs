//! What work would do to the credits (CR-15).

use std::sync::Arc;

use kernel::Invalid;
use poem_openapi::{Object, OpenApi, param::Query, payload::Json, types::Example};
use service_delivery::{CreditPreview, PreviewOf, PreviewOn, RequestGround, access::Caller, reads::Coded};
use ust_credits::{Complexity, LotRecord, NotPreApproved, PayerReason};
use uuid::Uuid;

use super::super::{Context, Tag, example};
use crate::{
    http::{ApiError, By},
    wire::{Credits, Instant, Key, Word},
};

/// What a request would do to the credits: reserved + overdraft + excess are what it would cost.
#[derive(Debug, Object)]
#[oai(skip_serializing_if_is_none, example)]
pub(crate) struct CreditPreviewView {
    /// What it would cost, complexity counted in.
    credits: Credits,
    /// The balance that would pay; absent where none would, and all is excess.
    credit_balance_id: Option<Uuid>,
    /// Why that balance.
    paid_by: Option<Word<PayerReason>>,
    /// What would be reserved.
    reserved: Credits,
    /// From which lots, in the order of use.
    lots: Vec<LotShare>,
    /// What would be overdrawn.
    overdraft: Credits,
    /// What nothing would cover.
    excess: Credits,
    /// Whether it would be approved without asking.
    pre_approved: bool,
    /// What keeps it from being approved without asking.
    not_pre_approved: Vec<Word<NotPreApproved>>,
}

/// So much of a lot.
#[derive(Debug, Object)]
#[oai(skip_serializing_if_is_none)]
pub(crate) struct LotShare {
    /// The lot.
    pub(crate) lot_id: Uuid,
    /// How much of it.
    pub(crate) amount: Credits,
    /// When it was granted.
    pub(crate) granted_at: Instant,
    /// When what is left of it is gone; absent for never.
    pub(crate) ends_at: Option<Instant>,
}

impl LotShare {
    pub(crate) fn new(lot: &LotRecord, amount: ust_credits::Credits) -> Self {
        Self {
            lot_id: lot.id.as_uuid(),
            amount: amount.into(),
            granted_at: lot.granted_at.into(),
            ends_at: lot.ends_at.map(Instant),
        }
    }
}

/// What would be reserved of all lots together.
pub(crate) fn reserved(preview: &CreditPreview) -> Credits {
    let units = preview.lots.iter().map(|(_, amount)| amount.units());
    Credits(ust_credits::Credits::from_units(units.fold(0, i64::saturating_add)))
}

impl From<CreditPreview> for CreditPreviewView {
    fn from(preview: CreditPreview) -> Self {
        Self {
            credits: preview.credits.into(),
            credit_balance_id: preview.payer.map(|(id, _)| id.as_uuid()),
            paid_by: preview.payer.map(|(_, why)| Word(why)),
            reserved: reserved(&preview),
            lots: preview.lots.iter().map(|(lot, amount)| LotShare::new(lot, *amount)).collect(),
            overdraft: preview.overdraft.into(),
            excess: preview.excess.into(),
            pre_approved: preview.not_pre_approved.is_empty(),
            not_pre_approved: preview.not_pre_approved.into_iter().map(Word).collect(),
        }
    }
}

impl Example for CreditPreviewView {
    fn example() -> Self {
        let units = |units| Credits(ust_credits::Credits::from_units(units));
        Self {
            credits: units(60),
            credit_balance_id: Some(example::id(9)),
            paid_by: Some(Word(PayerReason::Entitlement)),
            reserved: units(45),
            lots: vec![LotShare {
                lot_id: example::id(10),
                amount: units(45),
                granted_at: example::instant(),
                ends_at: None,
            }],
            overdraft: units(0),
            excess: units(15),
            pre_approved: false,
            not_pre_approved: vec![Word(NotPreApproved::NotCovered)],
        }
    }
}

/// What a preview is asked with: one of those that say what it is made on, and what it would cost.
pub(crate) struct Asked {
    pub(crate) credit_balance_id: Option<Uuid>,
    pub(crate) entitlement: Option<Key>,
    pub(crate) environment_id: Option<Uuid>,
    pub(crate) service_id: Option<Uuid>,
    pub(crate) credits: Option<Credits>,
    pub(crate) catalog_item: Option<Key>,
    pub(crate) complexity: Option<Word<Complexity>>,
}

impl Context {
    /// What the work asked about would do.
    pub(crate) async fn preview_credits(&self, by: &Caller, asked: Asked) -> Result<CreditPreview, ApiError> {
        let mut invalid = Invalid::default();
        let on = self.previewed_on(by, &asked, &mut invalid).await?;
        let of = self.previewed_of(by, &asked, &mut invalid).await?;
        let (Some(on), Some(of)) = invalid.or_ok((on, of))? else {
            // Whatever is missing was noted.
            return Err(ApiError::field("credits", "is needed"));
        };
        Ok(self.service.preview_credits(by, on, of).await?)
    }

    async fn previewed_on(
        &self,
        by: &Caller,
        asked: &Asked,
        invalid: &mut Invalid,
    ) -> Result<Option<PreviewOn>, ApiError> {
        let entitlement = match &asked.entitlement {
            Some(key) => self.noted_id(by, Coded::Entitlement, "entitlement", key, invalid).await?,
            None => None,
        };
        let given = [
            asked.credit_balance_id.map(|id| PreviewOn::Balance(id.into())),
            entitlement.map(PreviewOn::Entitlement),
            asked.environment_id.map(|id| PreviewOn::Ground(RequestGround::Environment(id.into()))),
            asked.service_id.map(|id| PreviewOn::Ground(RequestGround::Service(id.into()))),
        ];
        let mut given = given.into_iter().flatten();
        let on = given.next();
        let unclear = (on.is_none() && asked.entitlement.is_none()) || given.next().is_some();
        if unclear {
            invalid.push(
                "credit_balance_id",
                "one of credit_balance_id, entitlement, environment_id and service_id is needed, and no more",
            );
        }
        Ok(on)
    }

    async fn previewed_of(
        &self,
        by: &Caller,
        asked: &Asked,
        invalid: &mut Invalid,
    ) -> Result<Option<PreviewOf>, ApiError> {
        let complexity = asked.complexity.map(|Word(complexity)| complexity);
        match (asked.credits, &asked.catalog_item) {
            (Some(Credits(credits)), None) => {
                if complexity.is_some() {
                    invalid.push(
                        "complexity",
                        "goes with a catalog item; credits are meant complexity counted in",
                    );
                }
                Ok(Some(PreviewOf::Credits(credits)))
            }
            (None, Some(key)) => {
                let item = self.noted_id(by, Coded::CatalogItem, "catalog_item", key, invalid).await?;
                Ok(item.map(|item| PreviewOf::CatalogItem(item, complexity)))
            }
            _ => {
                invalid.push("credits", "either credits or a catalog_item is needed, and not both");
                Ok(None)
            }
        }
    }
}

pub(crate) struct CreditPreviews(pub(crate) Arc<Context>);

#[OpenApi(prefix_path = "/v1/credit-preview", tag = "Tag::CreditBalances")]
impl CreditPreviews {
    /// Preview what work would do to the credits
    ///
    /// What would be reserved from which lots, and what would be overdrawn or excess. Nothing is held. The balance is the one
    /// that is named, or the one that would pay for a request under the entitlement, on the environment or on the service.
    #[oai(path = "/", method = "get", operation_id = "preview_credits")]
    #[expect(clippy::too_many_arguments, reason = "one per parameter")]
    async fn preview(
        &self,
        By(by): By,
        /// The balance.
        credit_balance_id: Query<Option<Uuid>>,
        /// The entitlement: its id or code.
        entitlement: Query<Option<Key>>,
        /// The environment.
        environment_id: Query<Option<Uuid>>,
        /// The service.
        service_id: Query<Option<Uuid>>,
        /// What the work would cost, complexity counted in.
        credits: Query<Option<Credits>>,
        /// The catalog item that prices it: its id or code.
        catalog_item: Query<Option<Key>>,
        /// The complexity, with a catalog item; its usual one where it is absent.
        complexity: Query<Option<Word<Complexity>>>,
    ) -> Result<Json<CreditPreviewView>, ApiError> {
        let asked = Asked {
            credit_balance_id: credit_balance_id.0,
            entitlement: entitlement.0,
            environment_id: environment_id.0,
            service_id: service_id.0,
            credits: credits.0,
            catalog_item: catalog_item.0,
            complexity: complexity.0,
        };
        Ok(Json(self.0.preview_credits(&by, asked).await?.into()))
    }
}
