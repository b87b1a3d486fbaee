//! The id that one request has in its answer, in its problem document and in the logs.

use kernel::ports::Entropy;
use poem::Request;

/// The header that carries it, both ways.
pub(crate) const HEADER: &str = "x-request-id";

const MAX_LENGTH: usize = 64;

tokio::task_local! {
    /// The id of the request that this task works on.
    pub(crate) static CURRENT: String;
}

/// The id of the request that is being worked on; none outside of any.
pub(crate) fn current() -> Option<String> {
    CURRENT.try_with(Clone::clone).ok()
}

/// The caller's own id where it is short and plain enough for a log, else a fresh one.
pub(crate) fn of(request: &Request, entropy: &dyn Entropy) -> String {
    match request.header(HEADER) {
        Some(given) if is_plain(given) => given.to_owned(),
        _ => entropy.uuid().to_string(),
    }
}

fn is_plain(id: &str) -> bool {
    (1..=MAX_LENGTH).contains(&id.len())
        && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
}
