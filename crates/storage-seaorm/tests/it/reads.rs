//! The read models: every list and every single item, on both databases.

mod crowd;
mod filters;
mod pages;
mod search;
mod seen;
mod tenants;
mod walks;
