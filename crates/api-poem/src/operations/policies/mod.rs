//! Policies (PO-1 … PO-9): documents, what they come to for an entitlement and why, and what a change would do.

mod body;
mod documents;
mod effective;
mod explanation;
mod reference;
mod rules;
#[cfg(test)]
mod tests;
mod view;

pub(crate) use documents::PolicyDocuments;
pub(crate) use effective::{EntitlementPolicies, unresolved};
pub(crate) use reference::PolicyRefView;
pub(crate) use rules::{Policies, resolver_instant};
