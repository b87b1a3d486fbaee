//! The binary, from outside.

#![allow(clippy::unwrap_used, reason = "a test may")]

mod by_itself;
mod cli;
#[allow(dead_code, reason = "the figures look at more of it")]
mod company;
mod disconnect;
mod kills;
mod observed;
mod openid;
mod policy;
mod secrets;
mod support;
mod tour;
mod under_load;
