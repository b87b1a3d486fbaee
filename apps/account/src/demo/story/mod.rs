//! The company's last seven months, by topic. What happens when is in each entry; the narrator puts them in order.

mod customers;
mod installations;
mod money;
mod offer;
mod sales;
mod work_abroad;
mod work_acme;
mod work_brazil;

use service_delivery::access::StaffRole;

use super::deed::{Dated, Name, Who};

/// Sets things up.
const DEMO: Who = Who::Staff("demo", StaffRole::Admin);
/// Leads the delivery.
const MARINA: Who = Who::Staff("Marina Castro", StaffRole::Delivery);
/// Works on platforms.
const RAFAEL: Who = Who::Staff("Rafael Lima", StaffRole::Delivery);
/// Develops.
const JOANA: Who = Who::Staff("Joana Prates", StaffRole::Delivery);
/// Sells, bills and collects.
const PAULO: Who = Who::Staff("Paulo Menezes", StaffRole::Finance);

pub(super) const ACME: Name = "Acme Corp";
const AURORA: Name = "Universidade Aurora";
const HORIZONTE: Name = "Colégio Horizonte";
const VEREDA: Name = "Grupo Vereda";
const SERRA_CLARA: Name = "Prefeitura de Serra Clara";
const ATLANTICO: Name = "Instituto Atlântico";
const ALBORADA: Name = "Fundación Alborada";
const MIRADOR: Name = "Academia Mirador";
const BLUE_HARBOR: Name = "Blue Harbor Learning";
const PIXELAR: Name = "Estúdio Pixelar";

/// Entitlements and requests that the command points at.
pub(super) const ACME_ENVIRONMENT: Name = "acme moodle";
pub(super) const ACME_SUPPORT: Name = "acme support";
pub(super) const ACME_PENDING: Name = "acme attendance report";

/// All of it.
pub(super) fn everything() -> Vec<Dated> {
    let mut story = offer::story();
    story.extend(customers::story());
    story.extend(sales::story());
    story.extend(installations::story());
    story.extend(work_acme::story());
    story.extend(work_brazil::story());
    story.extend(work_abroad::story());
    story.extend(money::story());
    story
}
