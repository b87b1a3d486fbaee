//! Services (SV-1 … SV-3).

use kernel::ServiceId;
use serde_json::{Value, json};
use sr_workflow::{Service, ServiceContent};

use crate::{
    Refusal, ServiceDelivery, Subject, SubjectKind,
    access::Caller,
    retry::retrying,
    step::{Step, found, not_stale},
};

/// A command to a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ServiceChange {
    /// The customer agrees to the proposal; staff on their behalf give a reason.
    Approve {
        /// Why staff speak for the customer.
        on_behalf: Option<String>,
    },
    /// An ongoing service begins.
    Activate,
    /// Work on a project begins.
    Start,
    /// It pauses.
    Hold,
    /// It goes on.
    Resume,
    /// A project is handed over.
    Deliver,
    /// What was delivered is not accepted.
    Rework,
    /// A delivery is accepted (staff on the customer's behalf give a reason), or an ongoing service ends.
    Close {
        /// Why staff speak for the customer.
        on_behalf: Option<String>,
    },
    /// It is given up.
    Cancel,
}

impl ServiceDelivery {
    /// Replaces what is said about a service.
    ///
    /// # Errors
    /// No such service, a stale version, every field that is wrong, a service that is over.
    pub async fn update_service(
        &self,
        by: &Caller,
        id: ServiceId,
        content: &ServiceContent,
        expected: Option<i64>,
    ) -> Result<(), Refusal> {
        retrying(|| async {
            let mut step = self.begin(by, "update service").await?;
            let mut service = step.lock_service(id).await?;
            not_stale("service", service.version(), expected)?;
            let before = facts(&service);
            if service.edit(content.clone(), &step.actor, step.now)? {
                step.uow.work().save_service(&service).await?;
                step.record_change("service.updated", subject(&service), &before, &facts(&service));
            }
            step.commit().await
        })
        .await
    }

    /// Gives a service a command.
    ///
    /// # Errors
    /// No such service; a state that does not allow it, with what is legal; what the step needs and is not there.
    pub async fn change_service(
        &self,
        by: &Caller,
        id: ServiceId,
        change: &ServiceChange,
    ) -> Result<(), Refusal> {
        retrying(|| async {
            let mut step = self.begin(by, "change service").await?;
            let mut service = step.lock_service(id).await?;
            let before = facts(&service);
            let (actor, now, today) = (step.actor.clone(), step.now, step.today());
            let name = match change {
                ServiceChange::Approve { on_behalf } => {
                    service.approve(on_behalf.as_deref(), &actor, now).map(|()| "service.approved")?
                }
                ServiceChange::Activate => {
                    service.activate(today, &actor, now).map(|()| "service.activated")?
                }
                ServiceChange::Start => service.start(&actor, now).map(|()| "service.started")?,
                ServiceChange::Hold => service.hold(&actor, now).map(|()| "service.held")?,
                ServiceChange::Resume => service.resume(&actor, now).map(|()| "service.resumed")?,
                ServiceChange::Deliver => {
                    service.deliver(today, &actor, now).map(|()| "service.delivered")?
                }
                ServiceChange::Rework => service.rework(&actor, now).map(|()| "service.sent_back")?,
                ServiceChange::Close { on_behalf } => {
                    service.close(on_behalf.as_deref(), today, &actor, now).map(|()| "service.closed")?
                }
                ServiceChange::Cancel => service.cancel(today, &actor, now).map(|()| "service.cancelled")?,
            };
            if let ServiceChange::Approve { on_behalf: Some(reason) }
            | ServiceChange::Close { on_behalf: Some(reason) } = change
            {
                step.cause.clone_from(reason);
            }
            step.uow.work().save_service(&service).await?;
            step.record_change(name, subject(&service), &before, &facts(&service));
            step.commit().await
        })
        .await
    }
}

impl Step<'_> {
    async fn lock_service(&mut self, id: ServiceId) -> Result<Service, Refusal> {
        let service = self.uow.work().lock_service(id).await?;
        let service = service.filter(|service| self.caller.sees(service.record().organization));
        found(service, "service", id)
    }
}

fn subject(service: &Service) -> Subject {
    let row = service.record();
    Subject::new(SubjectKind::Service, row.id).under(row.entitlement).of(row.organization)
}

fn facts(service: &Service) -> Value {
    let row = service.record();
    let content = &row.content;
    json!({
        "status": row.status.to_string(),
        "title": content.title,
        "service_type": content.service_type.to_string(),
        "jira_project_key": content.jira_project_key.as_ref().map(ToString::to_string),
        "start": content.start.map(|day| day.to_string()),
        "estimated_end": content.estimated_end.map(|day| day.to_string()),
        "deliverables": content.deliverables,
        "actual_end": row.actual_end.map(|day| day.to_string()),
    })
}
