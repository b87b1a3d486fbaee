//! What can happen in the demo's story: each deed is one use case, told with names instead of ids.

use entitlement::{Locale, Platform, Role, Scope, SupportClass};
use kernel::{EntitlementClass, ServiceMode, ServiceType};
use policy_resolver::kinds::Priority;
use service_delivery::{EntitlementChange, EnvironmentChange, ServiceChange, access::StaffRole};
use sr_workflow::NoteVisibility;
use ust_credits::{Complexity, LotSource};

use super::clock::When;

/// A name within the story: of an organization, an order, an entitlement, a request.
pub(super) type Name = &'static str;

/// Who does it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Who {
    /// One of MIDDAG's own people.
    Staff(Name, StaffRole),
    /// Somebody of a customer's team.
    Customer(Name),
}

/// Something that happens, and when.
#[derive(Clone, Debug)]
pub(super) struct Dated {
    pub(super) when: When,
    pub(super) by: Who,
    pub(super) deed: Deed,
}

/// So many days before the present, at `hour`.
pub(super) fn dated(days_ago: u16, hour: u8, by: Who, deed: Deed) -> Dated {
    Dated { when: When { days_ago, hour }, by, deed }
}

#[derive(Clone, Debug)]
pub(super) enum Deed {
    OfferProduct(ProductOffer),
    WithdrawProduct(Name),
    OfferItem(ItemOffer),
    WithdrawItem(Name),
    Register(Customer),
    Welcome {
        into: Name,
        name: Name,
        email: Name,
        role: Role,
        scopes: &'static [Scope],
    },
    Order(Sale),
    CancelOrder(Name),
    Pay {
        order: Name,
        reference: Name,
        part: Option<Name>,
    },
    Entitle {
        name: Name,
        class: EntitlementClass,
        holder: (Name, Name),
        product: Name,
    },
    Attach {
        entitlement: Name,
        to: Name,
    },
    Change {
        entitlement: Name,
        change: EntitlementChange,
        reason: Name,
    },
    UseLicense {
        entitlement: Name,
        site: Name,
    },
    GrantCredits {
        entitlement: Name,
        amount: Name,
        source: LotSource,
        reference: Option<Name>,
        valid_days: Option<i64>,
        reason: Name,
    },
    SetUp(Installation),
    ChangeEnvironment {
        entitlement: Name,
        change: EnvironmentChange,
    },
    DescribeService(Engagement),
    ChangeService {
        entitlement: Name,
        change: ServiceChange,
    },
    Ask(Asked),
    Work {
        request: Name,
        step: Step,
    },
    Bill,
    Issue {
        due_in_days: i64,
    },
    CollectInvoices {
        save: &'static [Name],
    },
}

/// A product and its price.
#[derive(Clone, Debug)]
pub(super) struct ProductOffer {
    pub(super) sku: String,
    pub(super) name: String,
    pub(super) class: EntitlementClass,
    pub(super) price: (Name, Name),
    pub(super) months: Option<u32>,
    pub(super) support: SupportClass,
    pub(super) tier: Option<(Name, i32)>,
    pub(super) service: Option<(ServiceType, ServiceMode)>,
    pub(super) credits: i64,
    pub(super) sites: Option<u32>,
}

/// A kind of work and its price.
#[derive(Clone, Copy, Debug)]
pub(super) struct ItemOffer {
    pub(super) code: Name,
    pub(super) name: Name,
    pub(super) service_type: ServiceType,
    pub(super) credits: Name,
    pub(super) complexity: Complexity,
    pub(super) description: Name,
}

/// An organization.
#[derive(Clone, Copy, Debug)]
pub(super) struct Customer {
    pub(super) name: Name,
    pub(super) legal_name: Name,
    pub(super) tax_id: Name,
    pub(super) country: Name,
    pub(super) locale: Locale,
    pub(super) currency: Name,
    pub(super) billing_email: Name,
}

/// Who buys.
#[derive(Clone, Copy, Debug)]
pub(super) enum Buys {
    Organization(Name),
    Person { name: Name, email: Name, currency: Name },
}

/// An order: for each product the names of the entitlements that its pieces become, and another price than the product's.
#[derive(Clone, Debug)]
pub(super) struct Sale {
    pub(super) name: Name,
    pub(super) buyer: Buys,
    pub(super) reference: Option<Name>,
    pub(super) lines: Vec<(Name, &'static [Name], Option<Name>)>,
}

/// How an environment is set up, and whose credits and contract cover it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Installation {
    pub(super) entitlement: Name,
    pub(super) server: Name,
    pub(super) host: Name,
    pub(super) platform: Platform,
    pub(super) backup: Name,
    pub(super) covered_by: Option<Name>,
    pub(super) jira: Option<Name>,
}

/// What is said about a service; days are counted back from the present.
#[derive(Clone, Copy, Debug)]
pub(super) struct Engagement {
    pub(super) entitlement: Name,
    pub(super) title: Name,
    pub(super) jira: Option<Name>,
    pub(super) days: Option<(i64, i64)>,
    pub(super) deliverables: &'static [Name],
}

/// On what a request is made: the environment or the service of an entitlement.
#[derive(Clone, Copy, Debug)]
pub(super) enum On {
    Environment(Name),
    Service(Name),
}

/// A request.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    pub(super) name: Name,
    pub(super) on: On,
    pub(super) title: Name,
    pub(super) description: Name,
    pub(super) priority: Option<Priority>,
    pub(super) item: Option<Name>,
    pub(super) figure: Option<(Name, Complexity)>,
    pub(super) due_days_ago: Option<i64>,
    pub(super) analysis: Option<Name>,
}

/// What happens to a request.
#[derive(Clone, Copy, Debug)]
pub(super) enum Step {
    Assign(Name),
    Prioritize(Priority),
    LinkIssue(Name),
    Estimate(Name, Complexity),
    Submit,
    Approve { on_behalf: Option<Name> },
    Start,
    Hold(Name),
    Resume,
    Complete { figure: Option<(Name, Name)>, minutes: u32 },
    Accept,
    Reopen(Name),
    Reject(Name),
    Cancel(Name),
    Quote(Name),
    Note(NoteVisibility, Name),
}
