//! Layered policies that explain themselves.

mod declare;
pub mod kinds;
