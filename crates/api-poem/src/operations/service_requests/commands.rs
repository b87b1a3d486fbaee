//! Every command that staff give to a service request (SR-4). Accepting is the customer's alone.

use std::sync::Arc;

use poem_openapi::{OpenApi, param::Path};
use service_delivery::{RequestChange, access::Caller, reads::Coded};
use sr_workflow::RequestEdit;

use super::{
    super::{
        Context, Tag,
        reason::{OptionalReason, Reason, given},
    },
    body::{Assignment, CreditValue, NewCorrection, NewEstimate, WorkDone},
    view::{RequestQuoted, ServiceRequestView},
};
use crate::{
    http::{ApiError, Body, By},
    wire::{Key, Tagged},
};

type Shown = Result<Tagged<ServiceRequestView>, ApiError>;

pub(crate) struct ServiceRequestCommands(pub(crate) Arc<Context>);

#[OpenApi(prefix_path = "/v1/service-requests", tag = "Tag::ServiceRequests")]
impl ServiceRequestCommands {
    /// Estimate a service request
    ///
    /// Or estimate it anew: the credits are held instead of those held before, or nothing changes. After the approval, a
    /// higher estimate needs approval again. A figure keeps the catalog item that was chosen.
    #[oai(path = "/:service_request/estimate", method = "post", operation_id = "estimate_service_request")]
    async fn estimate(
        &self,
        By(by): By,
        /// Its id or code.
        service_request: Path<Key>,
        Body(body): Body<NewEstimate>,
    ) -> Shown {
        let id = self.0.request_id(&by, &service_request).await?;
        let item = body.catalog_item.as_ref();
        let item = self.0.id_in(&by, Coded::CatalogItem, "catalog_item", item).await?;
        self.0.service.estimate_request(&by, id, &body.read(item)?).await?;
        self.0.show(&by, id).await
    }

    /// Agree what a credit is worth for a service request
    ///
    /// Where no policy said so when the request was made, and until it is billed; also once the work is done, so that the next
    /// billing run finds it billable.
    #[oai(
        path = "/:service_request/agree-credit-value",
        method = "post",
        operation_id = "agree_credit_value"
    )]
    async fn agree_credit_value(
        &self,
        By(by): By,
        /// Its id or code.
        service_request: Path<Key>,
        Body(body): Body<CreditValue>,
    ) -> Shown {
        let id = self.0.request_id(&by, &service_request).await?;
        self.0.service.agree_credit_value(&by, id, body.read()?).await?;
        self.0.show(&by, id).await
    }

    /// Submit a service request
    ///
    /// Approved at once where it is pre-approved, else it waits for the customer's approval.
    #[oai(path = "/:service_request/submit", method = "post", operation_id = "submit_service_request")]
    async fn submit(
        &self,
        By(by): By,
        /// Its id or code.
        service_request: Path<Key>,
    ) -> Shown {
        self.change(&by, &service_request, RequestChange::Submit).await
    }

    /// Approve a service request on the customer's behalf
    ///
    /// The reason says why staff speak for the customer.
    #[oai(path = "/:service_request/approve", method = "post", operation_id = "approve_service_request")]
    async fn approve(
        &self,
        By(by): By,
        /// Its id or code.
        service_request: Path<Key>,
        Body(body): Body<Reason>,
    ) -> Shown {
        self.change(&by, &service_request, RequestChange::Approve { on_behalf: Some(body.reason) }).await
    }

    /// Reject a service request
    ///
    /// A draft or one that waits for approval; its credits are given back.
    #[oai(path = "/:service_request/reject", method = "post", operation_id = "reject_service_request")]
    async fn reject(
        &self,
        By(by): By,
        /// Its id or code.
        service_request: Path<Key>,
        Body(body): Body<Option<OptionalReason>>,
    ) -> Shown {
        let id = self.0.request_id(&by, &service_request).await?;
        self.0.service.reject_request(&by, id, given(body).as_deref()).await?;
        self.0.show(&by, id).await
    }

    /// Turn a service request into a quote
    ///
    /// For work beyond the contract's scope: a quote is drafted, the request is closed, its credits are given back.
    #[oai(
        path = "/:service_request/convert-to-quote",
        method = "post",
        operation_id = "convert_service_request_to_quote"
    )]
    async fn convert_to_quote(
        &self,
        By(by): By,
        /// Its id or code.
        service_request: Path<Key>,
        Body(body): Body<Option<OptionalReason>>,
    ) -> Result<Tagged<RequestQuoted>, ApiError> {
        let id = self.0.request_id(&by, &service_request).await?;
        let quote = self.0.service.convert_request_to_quote(&by, id, given(body).as_deref()).await?;
        let detail = self.0.request(&by, id).await?;
        Ok(Tagged::at(detail.request.version, RequestQuoted::new(quote, detail.into())))
    }

    /// Assign a service request
    ///
    /// Until it is done. To take the assignment away, change it to `null`.
    #[oai(path = "/:service_request/assign", method = "post", operation_id = "assign_service_request")]
    async fn assign(
        &self,
        By(by): By,
        /// Its id or code.
        service_request: Path<Key>,
        Body(body): Body<Assignment>,
    ) -> Shown {
        let id = self.0.request_id(&by, &service_request).await?;
        let edit = RequestEdit { assignee: Some(Some(body.assignee)), ..RequestEdit::default() };
        self.0.service.update_request(&by, id, &edit, None).await?;
        self.0.show(&by, id).await
    }

    /// Begin the work on a service request
    ///
    /// Somebody must be assigned, and its analysis, where it names one, must be completed.
    #[oai(path = "/:service_request/start", method = "post", operation_id = "start_service_request")]
    async fn start(
        &self,
        By(by): By,
        /// Its id or code.
        service_request: Path<Key>,
    ) -> Shown {
        self.change(&by, &service_request, RequestChange::Start).await
    }

    /// Put a service request on hold
    ///
    /// Its credits stay held. It goes on from where it was when it is resumed.
    #[oai(path = "/:service_request/hold", method = "post", operation_id = "hold_service_request")]
    async fn hold(
        &self,
        By(by): By,
        /// Its id or code.
        service_request: Path<Key>,
        Body(body): Body<Reason>,
    ) -> Shown {
        self.change(&by, &service_request, RequestChange::Hold { reason: body.reason }).await
    }

    /// Go on with a service request
    ///
    /// It goes back to where it was.
    #[oai(path = "/:service_request/resume", method = "post", operation_id = "resume_service_request")]
    async fn resume(
        &self,
        By(by): By,
        /// Its id or code.
        service_request: Path<Key>,
    ) -> Shown {
        self.change(&by, &service_request, RequestChange::Resume).await
    }

    /// Complete a service request
    ///
    /// Records what the work took, debits it, and gives back what was held beyond. The actual is the figure given, else the
    /// catalog item's base credits, else what the logged work costs.
    #[oai(path = "/:service_request/complete", method = "post", operation_id = "complete_service_request")]
    async fn complete(
        &self,
        By(by): By,
        /// Its id or code.
        service_request: Path<Key>,
        Body(body): Body<Option<WorkDone>>,
    ) -> Shown {
        let id = self.0.request_id(&by, &service_request).await?;
        self.0.service.complete_request(&by, id, &WorkDone::read(body)?).await?;
        self.0.show(&by, id).await
    }

    /// Send a completed service request back to work
    ///
    /// Until it is accepted. What was debited is given back, and the estimate is held again.
    #[oai(path = "/:service_request/reopen", method = "post", operation_id = "reopen_service_request")]
    async fn reopen(
        &self,
        By(by): By,
        /// Its id or code.
        service_request: Path<Key>,
        Body(body): Body<Reason>,
    ) -> Shown {
        let id = self.0.request_id(&by, &service_request).await?;
        self.0.service.reopen_request(&by, id, &body.reason).await?;
        self.0.show(&by, id).await
    }

    /// Give debited credits back
    ///
    /// All that was debited for the request, or some of it, to the lots it came from, the last one used first; what came from a
    /// lot that is over by now expires at once. The request itself stays as it is, and so does its excess.
    #[oai(path = "/:service_request/correct-credits", method = "post", operation_id = "correct_credits")]
    async fn correct_credits(
        &self,
        By(by): By,
        /// Its id or code.
        service_request: Path<Key>,
        Body(body): Body<NewCorrection>,
    ) -> Shown {
        let id = self.0.request_id(&by, &service_request).await?;
        self.0.service.correct_credits(&by, id, &body.into()).await?;
        self.0.show(&by, id).await
    }

    /// Cancel a service request
    ///
    /// Until it is done; its credits are given back.
    #[oai(path = "/:service_request/cancel", method = "post", operation_id = "cancel_service_request")]
    async fn cancel(
        &self,
        By(by): By,
        /// Its id or code.
        service_request: Path<Key>,
        Body(body): Body<Option<OptionalReason>>,
    ) -> Shown {
        let id = self.0.request_id(&by, &service_request).await?;
        self.0.service.cancel_request(&by, id, given(body).as_deref()).await?;
        self.0.show(&by, id).await
    }
}

impl ServiceRequestCommands {
    async fn change(&self, by: &Caller, key: &Key, change: RequestChange) -> Shown {
        let id = self.0.request_id(by, key).await?;
        self.0.service.move_request(by, id, &change).await?;
        self.0.show(by, id).await
    }
}
