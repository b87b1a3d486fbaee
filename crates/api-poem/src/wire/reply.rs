//! Answers with headers of their own.

use poem_openapi::{ApiResponse, payload::Json, types::ToJSON};
use service_delivery::Made;

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

impl<T: ToJSON> From<(i64, T)> for Tagged<T> {
    fn from((version, value): (i64, T)) -> Self {
        Self::at(version, value)
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
        /// Its version, where it can be edited; send it as `If-Match` with a change.
        #[oai(header = "ETag")]
        Option<String>,
    ),
}

impl<T: ToJSON> Created<T> {
    /// `value`, which is at `location`.
    pub(crate) fn at(location: String, value: T) -> Self {
        Self::Created(Json(value), location, None)
    }

    /// `value`, which is at `location` and can be edited.
    pub(crate) fn tagged(location: String, version: i64, value: T) -> Self {
        Self::Created(Json(value), location, Some(etag(version)))
    }
}

/// Something that the same command makes once, however often it is sent.
#[derive(ApiResponse)]
pub(crate) enum Repeatable<T: ToJSON> {
    /// It was made.
    #[oai(status = 201)]
    Created(
        Json<T>,
        /// Where it is.
        #[oai(header = "Location")]
        String,
    ),
    /// The same command had made it before; nothing was changed.
    #[oai(status = 200)]
    Existing(
        Json<T>,
        /// Where it is.
        #[oai(header = "Location")]
        String,
    ),
}

impl<T: ToJSON> Repeatable<T> {
    /// `value`, which is at `location` and was made now or before.
    pub(crate) fn at<I>(made: &Made<I>, location: String, value: T) -> Self {
        match made {
            Made::New(_) => Self::Created(Json(value), location),
            Made::Existing(_) => Self::Existing(Json(value), location),
        }
    }
}

/// Nothing to say.
#[derive(ApiResponse)]
pub(crate) enum Done {
    /// It is done.
    #[oai(status = 204)]
    Done,
}
