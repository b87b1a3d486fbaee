//! Which credits pay for a service request.

use std::sync::Arc;

use poem_openapi::{Object, OpenApi, param::Path, payload::Json, types::Example};
use service_delivery::reads::RequestCredits;
use ust_credits::LotAmounts;
use uuid::Uuid;

use super::{
    super::{Context, Tag, context::found, credit_balances::LotShare, example},
    REQUEST,
    history::CreditHoldView,
};
use crate::{
    http::{ApiError, By},
    wire::{Credits, Instant, Key},
};

/// Which lots pay for a service request.
#[derive(Debug, Object)]
#[oai(skip_serializing_if_is_none, example)]
pub(crate) struct ServiceRequestCredits {
    /// The balance that pays; absent where none was ever asked for credits.
    credit_balance_id: Option<Uuid>,
    /// What it holds for the request, or was debited.
    credit_hold: Option<CreditHoldView>,
    /// What is held, lot by lot, in the order of use.
    held: Vec<LotShare>,
    /// What is debited and not given back, lot by lot, in the order of use.
    debited: Vec<LotShare>,
}

impl From<RequestCredits> for ServiceRequestCredits {
    fn from(RequestCredits { hold, lots }: RequestCredits) -> Self {
        let shares = |amounts: &LotAmounts| {
            let share = |part: &ust_credits::LotAmount| {
                let lot = lots.iter().find(|lot| lot.id == part.lot)?;
                Some(LotShare::new(lot, part.amount))
            };
            amounts.0.iter().filter_map(share).collect()
        };
        Self {
            credit_balance_id: hold.as_ref().map(|hold| hold.balance.as_uuid()),
            held: hold.as_ref().map(|hold| shares(&hold.held)).unwrap_or_default(),
            debited: hold.as_ref().map(|hold| shares(&hold.debited)).unwrap_or_default(),
            credit_hold: hold.map(CreditHoldView::from),
        }
    }
}

impl Example for ServiceRequestCredits {
    fn example() -> Self {
        let amount = Credits(ust_credits::Credits::from_units(60));
        let granted_at = example::instant();
        Self {
            credit_balance_id: Some(example::id(9)),
            credit_hold: Some(Example::example()),
            held: vec![LotShare { lot_id: example::id(10), amount, granted_at, ends_at: None::<Instant> }],
            debited: Vec::new(),
        }
    }
}

pub(crate) struct RequestCreditsOperations(pub(crate) Arc<Context>);

#[OpenApi(prefix_path = "/v1/service-requests", tag = "Tag::ServiceRequests")]
impl RequestCreditsOperations {
    /// Show which credits pay for a service request
    ///
    /// What is held for it and what was debited, lot by lot.
    #[oai(path = "/:service_request/credits", method = "get", operation_id = "get_service_request_credits")]
    async fn credits(
        &self,
        By(by): By,
        /// Its id or code.
        service_request: Path<Key>,
    ) -> Result<Json<ServiceRequestCredits>, ApiError> {
        let id = self.0.request_id(&by, &service_request).await?;
        let told = self.0.reads.request_credits(self.0.viewer(&by), id).await?;
        Ok(Json(found(told, REQUEST, id)?.into()))
    }
}
