//! The id that one request has in its answer, in its problem document and in the logs.

use std::sync::{Arc, Mutex};

use kernel::ports::Entropy;
use poem::Request;

/// The header that carries it, both ways.
pub(crate) const HEADER: &str = "x-request-id";

const MAX_LENGTH: usize = 64;

/// What is known of a request while it is worked on.
#[derive(Clone)]
pub(crate) struct Current {
    id: String,
    /// The name of the problem with it.
    problem: Arc<Mutex<Option<String>>>,
}

impl Current {
    /// The request with this id; nothing is wrong with it so far.
    pub(crate) fn new(id: String) -> Self {
        Self { id, problem: Arc::default() }
    }
}

tokio::task_local! {
    /// The request that this task works on.
    pub(crate) static CURRENT: Current;
}

/// The id of the request that is being worked on; none outside of any.
pub(crate) fn current() -> Option<String> {
    CURRENT.try_with(|current| current.id.clone()).ok()
}

/// Notes the name of the problem that the request is answered with.
pub(crate) fn note_problem(name: &str) {
    let _ = CURRENT.try_with(|current| {
        if let Ok(mut problem) = current.problem.lock() {
            *problem = Some(name.to_owned());
        }
    });
}

/// The name of the problem that was noted.
pub(crate) fn noted_problem() -> Option<String> {
    CURRENT.try_with(|current| current.problem.lock().ok()?.clone()).ok().flatten()
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
