//! How the document groups the operations.

use poem_openapi::Tags;

/// One per noun.
#[derive(Tags)]
pub(crate) enum Tag {
    /// Keys for services that call this API (OR-5).
    #[oai(rename = "API keys")]
    ApiKeys,
}
