//! The binary, from outside.

#![allow(clippy::unwrap_used, reason = "a test may")]

mod by_itself;
mod cli;
mod observed;
mod policy;
mod support;
mod tour;
mod under_load;
