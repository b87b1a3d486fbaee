//! The story of one request, told in order.

use policy_resolver::kinds::Priority;
use sr_workflow::NoteVisibility;
use ust_credits::Complexity;

use super::{
    clock::When,
    deed::{Asked, Dated, Deed, Name, On, Step, Who},
};

/// A request from its first draft on.
pub(super) struct Telling {
    asked: Asked,
    first: When,
    by: Who,
    when: When,
    steps: Vec<Dated>,
}

/// `by` asks, so many days before the present.
pub(super) fn ask(name: Name, days_ago: u16, hour: u8, by: Who, on: On, title: Name) -> Telling {
    let when = When { days_ago, hour };
    let asked = Asked {
        name,
        on,
        title,
        description: "",
        priority: None,
        item: None,
        figure: None,
        due_days_ago: None,
        analysis: None,
    };
    Telling { asked, first: when, by, when, steps: Vec::new() }
}

impl Telling {
    pub(super) fn saying(mut self, description: Name) -> Self {
        self.asked.description = description;
        self
    }

    pub(super) fn priority(mut self, priority: Priority) -> Self {
        self.asked.priority = Some(priority);
        self
    }

    /// A catalog item prices it.
    pub(super) fn item(mut self, code: Name) -> Self {
        self.asked.item = Some(code);
        self
    }

    /// Staff estimate it when they write it down.
    pub(super) fn figure(mut self, base: Name, complexity: Complexity) -> Self {
        self.asked.figure = Some((base, complexity));
        self
    }

    /// Wanted by that day, counted back from the present; a day to come is negative.
    pub(super) fn due(mut self, days_ago: i64) -> Self {
        self.asked.due_days_ago = Some(days_ago);
        self
    }

    /// The analysis that comes first (SR-9).
    pub(super) fn after_analysis(mut self, request: Name) -> Self {
        self.asked.analysis = Some(request);
        self
    }

    /// What follows happens then.
    pub(super) fn at(mut self, days_ago: u16, hour: u8) -> Self {
        self.when = When { days_ago, hour };
        self
    }

    pub(super) fn submit(self, by: Who) -> Self {
        self.step(by, Step::Submit)
    }

    pub(super) fn assign(self, by: Who, to: Name) -> Self {
        self.step(by, Step::Assign(to))
    }

    pub(super) fn prioritize(self, by: Who, priority: Priority) -> Self {
        self.step(by, Step::Prioritize(priority))
    }

    pub(super) fn issue(self, by: Who, key: Name) -> Self {
        self.step(by, Step::LinkIssue(key))
    }

    pub(super) fn estimate(self, by: Who, base: Name, complexity: Complexity) -> Self {
        self.step(by, Step::Estimate(base, complexity))
    }

    pub(super) fn approve(self, by: Who) -> Self {
        self.step(by, Step::Approve { on_behalf: None })
    }

    pub(super) fn approve_on_behalf(self, by: Who, reason: Name) -> Self {
        self.step(by, Step::Approve { on_behalf: Some(reason) })
    }

    /// Somebody takes it and begins.
    pub(super) fn start(self, by: Who) -> Self {
        let (Who::Staff(name, _) | Who::Customer(name)) = by;
        self.assign(by, name).step(by, Step::Start)
    }

    pub(super) fn hold(self, by: Who, reason: Name) -> Self {
        self.step(by, Step::Hold(reason))
    }

    pub(super) fn resume(self, by: Who) -> Self {
        self.step(by, Step::Resume)
    }

    /// Done, at the catalog's fixed price.
    pub(super) fn complete(self, by: Who) -> Self {
        self.step(by, Step::Complete { figure: None, minutes: 0 })
    }

    /// Done, and paid by the time it took.
    pub(super) fn complete_in(self, by: Who, minutes: u32) -> Self {
        self.step(by, Step::Complete { figure: None, minutes })
    }

    /// Done, at another figure than was expected.
    pub(super) fn complete_at(self, by: Who, base: Name, reason: Name) -> Self {
        self.step(by, Step::Complete { figure: Some((base, reason)), minutes: 0 })
    }

    pub(super) fn accept(self, by: Who) -> Self {
        self.step(by, Step::Accept)
    }

    pub(super) fn reopen(self, by: Who, reason: Name) -> Self {
        self.step(by, Step::Reopen(reason))
    }

    pub(super) fn reject(self, by: Who, reason: Name) -> Self {
        self.step(by, Step::Reject(reason))
    }

    pub(super) fn cancel(self, by: Who, reason: Name) -> Self {
        self.step(by, Step::Cancel(reason))
    }

    pub(super) fn quote(self, by: Who, reason: Name) -> Self {
        self.step(by, Step::Quote(reason))
    }

    /// A note that the customer sees.
    pub(super) fn tell(self, by: Who, body: Name) -> Self {
        self.step(by, Step::Note(NoteVisibility::Client, body))
    }

    /// A note among staff.
    pub(super) fn remark(self, by: Who, body: Name) -> Self {
        self.step(by, Step::Note(NoteVisibility::Internal, body))
    }

    fn step(mut self, by: Who, step: Step) -> Self {
        let deed = Deed::Work { request: self.asked.name, step };
        self.steps.push(Dated { when: self.when, by, deed });
        self
    }

    /// Everything that happens, in order.
    pub(super) fn told(self) -> impl Iterator<Item = Dated> {
        let ask = Dated { when: self.first, by: self.by, deed: Deed::Ask(self.asked) };
        std::iter::once(ask).chain(self.steps)
    }
}
