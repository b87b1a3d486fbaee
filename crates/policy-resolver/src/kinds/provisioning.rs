//! What is made when an order is paid.

use crate::declare::{choice, kind};

choice! {
    /// The status in which a provisioned service begins.
    pub enum ServiceStart {
        /// It has to be approved by the customer first.
        Proposal,
        /// It counts as approved.
        Approved,
    }
}

kind! {
    /// What is made when an order is paid.
    pub struct ProvisioningPolicy("provisioning") {
        /// Whether provisioning happens by itself.
        pub automatic: bool = true,
        /// Whether a contract is made.
        pub create_contract: bool = true,
        /// The contract's term in months.
        pub contract_months: u32 = 12 => [unit("months"), min(1), max(1200)],
        /// The status in which a service begins.
        pub service_status: ServiceStart = ServiceStart::Proposal,
        /// Whether customers may open requests on services, not only on environments.
        pub customer_requests_on_services: bool = false,
        /// What staff have to do before an environment is handed over, in order.
        pub environment_checklist: Vec<String> = Vec::new() => [length(200), items(100)],
    }
}
