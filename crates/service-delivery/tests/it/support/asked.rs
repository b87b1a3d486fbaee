//! Work that is asked for, and how far it has come.

use kernel::{CatalogItemId, CreditBalanceId, EnvironmentId, ServiceId, ServiceRequestId};
use policy_resolver::kinds::Priority;
use service_delivery::{
    CompleteRequest, CreateRequest, EstimateRequest, Refusal, RequestChange, RequestGround, RequestWork,
};
use sr_workflow::{GivenActual, RequestEdit};
use ust_credits::Complexity;

use super::{World, credits};

/// What is asked for, in words: `a_request(service).estimated("4")`.
pub(crate) fn a_request(ground: impl Into<Ground>) -> CreateRequest {
    CreateRequest {
        ground: ground.into().0,
        title: "Nova página de acesso".to_owned(),
        description: "With the colours of the campus.".to_owned(),
        priority: None,
        due_date: None,
        assignee: None,
        catalog_item: None,
        complexity: None,
        estimate: None,
        credit_balance: None,
        analysis: None,
    }
}

pub(crate) struct Ground(RequestGround);

impl From<ServiceId> for Ground {
    fn from(id: ServiceId) -> Self {
        Self(RequestGround::Service(id))
    }
}

impl From<EnvironmentId> for Ground {
    fn from(id: EnvironmentId) -> Self {
        Self(RequestGround::Environment(id))
    }
}

/// More of what is asked for.
pub(crate) trait Asking: Sized {
    fn estimated(self, base: &str) -> Self;
    fn of_catalog(self, item: CatalogItemId) -> Self;
    fn assigned(self) -> Self;
    fn paid_by(self, balance: CreditBalanceId) -> Self;
    fn urgent(self) -> Self;
    fn after(self, analysis: ServiceRequestId) -> Self;
}

impl Asking for CreateRequest {
    /// At low complexity.
    fn estimated(self, base: &str) -> Self {
        Self { estimate: Some(credits(base)), complexity: Some(Complexity::Low), ..self }
    }

    fn of_catalog(self, item: CatalogItemId) -> Self {
        Self { catalog_item: Some(item), ..self }
    }

    fn assigned(self) -> Self {
        Self { assignee: Some("Bo".to_owned()), ..self }
    }

    fn paid_by(self, balance: CreditBalanceId) -> Self {
        Self { credit_balance: Some(balance), ..self }
    }

    fn urgent(self) -> Self {
        Self { priority: Some(Priority::Urgent), ..self }
    }

    fn after(self, analysis: ServiceRequestId) -> Self {
        Self { analysis: Some(analysis), ..self }
    }
}

/// How far the work is to have come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Until {
    Draft,
    Pending,
    Approved,
    InProgress,
    OnHold,
    Completed,
}

/// An estimate of the staff's, at low complexity.
pub(crate) fn estimate_of(base: &str) -> EstimateRequest {
    let work = RequestWork::Figure { base: credits(base), complexity: Complexity::Low };
    EstimateRequest { work, base_credit_value: None }
}

/// What the work took, as staff say.
pub(crate) fn took(base: &str) -> CompleteRequest {
    let given = GivenActual { base: credits(base), reason: Some("as it was agreed".to_owned()) };
    CompleteRequest { actual: Some(given), worklog_seconds: 0 }
}

pub(crate) fn on_behalf() -> RequestChange {
    RequestChange::Approve { on_behalf: Some("agreed by telephone".to_owned()) }
}

impl World {
    /// Makes a request and brings it on by staff's hand; completed, it took what was estimated.
    pub(crate) async fn asked(&self, new: &CreateRequest, until: Until) -> ServiceRequestId {
        let id = self.app.create_request(&self.staff, new).await.unwrap();
        self.brought_on(id, until).await.unwrap();
        id
    }

    /// Brings a draft on by staff's hand.
    pub(crate) async fn brought_on(&self, id: ServiceRequestId, until: Until) -> Result<(), Refusal> {
        let (app, staff) = (&self.app, &self.staff);
        if until >= Until::Pending {
            app.move_request(staff, id, &RequestChange::Submit).await?;
        }
        if until >= Until::Approved && self.status(id).await == "pending_approval" {
            app.move_request(staff, id, &on_behalf()).await?;
        }
        if until >= Until::InProgress {
            let edit = RequestEdit { assignee: Some(Some("Bo".to_owned())), ..RequestEdit::default() };
            app.update_request(staff, id, &edit, None).await?;
            app.move_request(staff, id, &RequestChange::Start).await?;
        }
        if until == Until::OnHold {
            app.move_request(staff, id, &RequestChange::Hold { reason: "waiting for logins".into() }).await?;
        }
        if until == Until::Completed {
            let base = self.request(id).await.record().estimated_base.unwrap();
            app.complete_request(staff, id, &took(&base.to_string())).await?;
        }
        Ok(())
    }

    /// A request that was estimated, done as estimated, and accepted by its customer.
    pub(crate) async fn accepted(&self, new: &CreateRequest) -> ServiceRequestId {
        let id = self.asked(new, Until::Completed).await;
        let organization = self.request(id).await.record().organization.unwrap();
        self.app.accept_request(&super::owner_of(organization), id).await.unwrap();
        id
    }
}
