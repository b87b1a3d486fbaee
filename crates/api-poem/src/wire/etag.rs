//! Versions of what can be edited, as entity tags (AP-5).

use poem::http::StatusCode;
use poem_openapi::param::Header;

use crate::http::{ApiError, problem::Problem};

/// The entity tag of a version.
pub(crate) fn etag(version: i64) -> String {
    format!("\"{version}\"")
}

/// The version that `If-Match` names; none where the caller wants whatever there is (`*`).
///
/// # Errors
/// No `If-Match`, a tag that was never given out, or a list of tags: it is one version that a change is made to.
pub(crate) fn expected_version(Header(if_match): Header<Option<String>>) -> Result<Option<i64>, ApiError> {
    let if_match = if_match.ok_or_else(ApiError::if_match_required)?;
    let tag = if_match.trim();
    if tag == "*" {
        return Ok(None);
    }
    // Proxies that compress weaken the tag; it still names the version.
    let tag = tag.strip_prefix("W/").unwrap_or(tag);
    let version =
        tag.strip_prefix('"').and_then(|tag| tag.strip_suffix('"')).and_then(|version| version.parse().ok());
    version.map(Some).ok_or_else(|| {
        let detail = "If-Match takes one entity tag, as the ETag of what was read, such as \"7\", or *; this is none: read it \
                      again and decide anew";
        Problem::new(StatusCode::PRECONDITION_FAILED, "stale", detail).into()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ap_5_if_match_names_a_version() {
        let version = |tag: &str| expected_version(Header(Some(tag.to_owned())));
        assert_eq!(version(&etag(7)).unwrap(), Some(7));
        assert_eq!(version("W/\"7\"").unwrap(), Some(7));
        assert_eq!(version("*").unwrap(), None);
        for other in ["7", "\"x\"", "\"6\", \"7\""] {
            let Err(ApiError::Stale(problem)) = version(other) else { panic!("{other}") };
            assert!(problem.0.detail.starts_with("If-Match takes one entity tag"), "{}", problem.0.detail);
        }
        assert!(matches!(expected_version(Header(None)), Err(ApiError::PreconditionRequired(_))));
    }
}
