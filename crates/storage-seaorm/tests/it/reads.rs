//! The read models: every list and every single item, on both databases.

mod crowd;
mod filters;
mod pages;
mod seen;
mod tenants;
mod walks;
