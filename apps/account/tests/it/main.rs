//! The binary, from outside.

#![allow(clippy::unwrap_used, reason = "a test may")]

mod cli;
mod support;
mod tour;
