//! What every operation shares: problems, authentication, limits, logs.

pub(crate) mod address;
pub(crate) mod auth;
pub(crate) mod body;
pub(crate) mod body_limit;
pub(crate) mod cors;
pub(crate) mod csv_lists;
pub(crate) mod error;
pub(crate) mod fit;
pub(crate) mod framework;
pub(crate) mod guard;
pub(crate) mod metrics;
pub(crate) mod once;
#[cfg(test)]
mod once_tests;
pub(crate) mod problem;
pub(crate) mod rate;
pub(crate) mod request_id;
pub(crate) mod still_may;
pub(crate) mod surface;
#[cfg(test)]
mod tests;
pub(crate) mod trace;

pub(crate) use auth::By;
pub(crate) use body::Body;
pub(crate) use error::ApiError;
pub(crate) use still_may::StillMay;
