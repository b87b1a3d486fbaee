//! Answers with headers of their own.

use poem_openapi::{ApiResponse, payload::Json, types::ToJSON};

use super::etag;

/// Something that can be edited, with its version.
#[derive(ApiResponse)]
pub(crate) enum Tagged<T: ToJSON> {
    /// As it is now.
    #[oai(status = 200)]
    Ok(
        Json<T>,
        /// Its version; send it as `If-Match` with a change.
        #[oai(header = "ETag")]
        String,
    ),
}

impl<T: ToJSON> Tagged<T> {
    /// `value`, which is at `version`.
    pub(crate) fn at(version: i64, value: T) -> Self {
        Self::Ok(Json(value), etag(version))
    }
}

/// Something new.
#[derive(ApiResponse)]
pub(crate) enum Created<T: ToJSON> {
    /// It was made.
    #[oai(status = 201)]
    Created(
        Json<T>,
        /// Where it is.
        #[oai(header = "Location")]
        String,
    ),
}

impl<T: ToJSON> Created<T> {
    /// `value`, which is at `location`.
    pub(crate) fn at(location: String, value: T) -> Self {
        Self::Created(Json(value), location)
    }
}

/// Nothing to say.
#[derive(ApiResponse)]
pub(crate) enum Done {
    /// It is done.
    #[oai(status = 204)]
    Done,
}
