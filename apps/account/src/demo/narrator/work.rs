//! Services and requests.

use anyhow::Context as _;
use kernel::ServiceRequestId;
use service_delivery::{
    CompleteRequest, CreateRequest, EstimateRequest, RequestChange, RequestGround, RequestWork,
    access::Caller,
};
use sr_workflow::{GivenActual, RequestEdit};
use ust_credits::Complexity;

use super::{Narrator, known};
use crate::demo::deed::{Asked, Engagement, On, Step};

impl Narrator {
    pub(super) async fn describe_service(&self, by: &Caller, said: Engagement) -> anyhow::Result<()> {
        let id = self.service(said.entitlement).await?;
        let detail = self.reads.service(self.viewer(), id).await?.context("the service is gone")?;
        let mut content = detail.service.content;
        content.title = said.title.to_owned();
        content.jira_project_key = said.jira.map(str::parse).transpose()?;
        if let Some((start, end)) = said.days {
            content.start = Some(self.clock.day(start));
            content.estimated_end = Some(self.clock.day(end));
        }
        content.deliverables = said.deliverables.iter().map(|text| (*text).to_owned()).collect();
        Ok(self.app.update_service(by, id, &content, None).await?)
    }

    pub(super) async fn ask(&mut self, by: &Caller, asked: Asked) -> anyhow::Result<()> {
        let ground = match asked.on {
            On::Environment(name) => RequestGround::Environment(self.environment(name).await?),
            On::Service(name) => RequestGround::Service(self.service(name).await?),
        };
        let new = CreateRequest {
            ground,
            title: asked.title.to_owned(),
            description: asked.description.to_owned(),
            priority: asked.priority,
            due_date: asked.due_days_ago.map(|days| self.clock.day(days)),
            assignee: None,
            catalog_item: asked.item.map(|code| known(&self.items, code)).transpose()?,
            complexity: asked.figure.map(|(_, complexity)| complexity),
            estimate: asked.figure.map(|(base, _)| base.parse()).transpose()?,
            credit_balance: None,
            analysis: asked.analysis.map(|name| self.request(name)).transpose()?,
        };
        let id = self.app.create_request(by, &new).await?;
        self.requests.insert(asked.name, id);
        Ok(())
    }

    pub(super) async fn work(&self, by: &Caller, id: ServiceRequestId, step: Step) -> anyhow::Result<()> {
        let app = &self.app;
        match step {
            Step::Assign(name) => {
                self.edit(by, id, RequestEdit { assignee: Some(Some(name.to_owned())), ..edit() }).await?;
            }
            Step::Prioritize(priority) => {
                self.edit(by, id, RequestEdit { priority: Some(priority), ..edit() }).await?;
            }
            Step::LinkIssue(key) => {
                self.edit(by, id, RequestEdit { jira_issue_key: Some(Some(key.parse()?)), ..edit() }).await?;
            }
            Step::Estimate(base, complexity) => self.estimate(by, id, base, complexity).await?,
            Step::Submit => app.move_request(by, id, &RequestChange::Submit).await?,
            Step::Approve { on_behalf } => {
                let on_behalf = on_behalf.map(str::to_owned);
                app.move_request(by, id, &RequestChange::Approve { on_behalf }).await?;
            }
            Step::Start => app.move_request(by, id, &RequestChange::Start).await?,
            Step::Hold(reason) => {
                app.move_request(by, id, &RequestChange::Hold { reason: reason.to_owned() }).await?;
            }
            Step::Resume => app.move_request(by, id, &RequestChange::Resume).await?,
            Step::Complete { figure, minutes } => {
                let actual = match figure {
                    None => None,
                    Some((base, reason)) => {
                        Some(GivenActual { base: base.parse()?, reason: Some(reason.to_owned()) })
                    }
                };
                let done = CompleteRequest { actual, worklog_seconds: minutes * 60 };
                app.complete_request(by, id, &done).await?;
            }
            Step::Accept => app.accept_request(by, id).await?,
            Step::Reopen(reason) => app.reopen_request(by, id, reason).await?,
            Step::Reject(reason) => app.reject_request(by, id, Some(reason)).await?,
            Step::Cancel(reason) => app.cancel_request(by, id, Some(reason)).await?,
            Step::Quote(reason) => drop(app.convert_request_to_quote(by, id, Some(reason)).await?),
            Step::Note(visibility, body) => drop(app.add_note(by, id, visibility, body).await?),
        }
        Ok(())
    }

    async fn edit(&self, by: &Caller, id: ServiceRequestId, edit: RequestEdit) -> anyhow::Result<()> {
        Ok(self.app.update_request(by, id, &edit, None).await?)
    }

    async fn estimate(
        &self,
        by: &Caller,
        id: ServiceRequestId,
        base: &str,
        complexity: Complexity,
    ) -> anyhow::Result<()> {
        let work = RequestWork::Figure { base: base.parse()?, complexity };
        let estimate = EstimateRequest { work, base_credit_value: None };
        Ok(self.app.estimate_request(by, id, &estimate).await?)
    }
}

fn edit() -> RequestEdit {
    RequestEdit::default()
}
