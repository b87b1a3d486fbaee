//! Bodies are read up to a limit and for a time, whether they say how long they are or not; and as they are sent.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicU8, Ordering},
    },
    time::Duration,
};

use futures_util::TryStreamExt;
use poem::{
    Body, Endpoint, IntoResponse, Middleware, Request, Response, Result,
    http::{
        HeaderName, HeaderValue, StatusCode,
        header::{ACCEPT_ENCODING, CONNECTION, CONTENT_ENCODING, CONTENT_LENGTH},
    },
};
use tokio::time::{Instant, timeout_at};

use super::{framework, problem::Problem};

/// Refuses bodies longer than `bytes`, at once where they say so, else as soon as they are; those that are not there within
/// `time`; and those that are compressed: nothing is ever unpacked, so that nothing can grow.
pub(crate) struct BodyLimit {
    pub(crate) bytes: usize,
    pub(crate) time: Duration,
}

impl<E: Endpoint> Middleware<E> for BodyLimit {
    type Output = Limited<E>;

    fn transform(&self, inner: E) -> Limited<E> {
        Limited { inner, bytes: self.bytes, time: self.time }
    }
}

pub(crate) struct Limited<E> {
    inner: E,
    bytes: usize,
    time: Duration,
}

/// What became of a body.
#[derive(Clone, Default)]
struct Fate(Arc<AtomicU8>);

const TOO_LARGE: u8 = 1;
const TOO_SLOW: u8 = 2;

impl Fate {
    fn seal(&self, fate: u8, what: &'static str) -> io::Error {
        self.0.store(fate, Ordering::Relaxed);
        io::Error::other(what)
    }
}

impl<E: Endpoint> Endpoint for Limited<E> {
    type Output = Response;

    async fn call(&self, mut request: Request) -> Result<Response> {
        if let Some(encoding) = request.header(CONTENT_ENCODING).filter(|encoding| *encoding != "identity") {
            return Ok(compressed(encoding));
        }
        let announced = request.header(CONTENT_LENGTH).and_then(|length| length.parse::<u64>().ok());
        if announced.is_some_and(|length| length > self.bytes as u64) {
            return Ok(self.too_large());
        }
        let fate = Fate::default();
        let body = request.take_body();
        let body = if body.is_empty() { body } else { self.limited(body, fate.clone()) };
        request.set_body(body);
        let response = match self.inner.call(request).await {
            Ok(response) => response.into_response(),
            Err(error) => framework::answer(error),
        };
        Ok(match fate.0.load(Ordering::Relaxed) {
            TOO_LARGE => self.too_large(),
            TOO_SLOW => self.too_slow(),
            _ => response,
        })
    }
}

impl<E> Limited<E> {
    fn limited(&self, body: Body, fate: Fate) -> Body {
        let deadline = Instant::now() + self.time;
        let first = (Box::pin(body.into_bytes_stream()), self.bytes);
        let chunks = futures_util::stream::try_unfold(first, move |(mut chunks, left)| {
            let fate = fate.clone();
            async move {
                let next = timeout_at(deadline, chunks.try_next()).await;
                let Some(chunk) = next.map_err(|_| fate.seal(TOO_SLOW, "the body is too slow"))?? else {
                    return Ok(None);
                };
                let left = left.checked_sub(chunk.len());
                let left = left.ok_or_else(|| fate.seal(TOO_LARGE, "the body is too large"))?;
                Ok::<_, io::Error>(Some((chunk, (chunks, left))))
            }
        });
        Body::from_bytes_stream(chunks)
    }

    fn too_large(&self) -> Response {
        let detail = format!("the body is longer than {} bytes", self.bytes);
        last(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "body-too-large", detail))
    }

    fn too_slow(&self) -> Response {
        let detail = format!("the body was not there within {} ms", self.time.as_millis());
        last(Problem::new(StatusCode::REQUEST_TIMEOUT, "body-too-slow", detail))
    }
}

fn compressed(encoding: &str) -> Response {
    let encoding: String = encoding.chars().take(32).collect();
    let detail = format!("a body with Content-Encoding {encoding:?} is not read; send it as it is");
    let problem = Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "compressed-body", detail);
    with(last(problem), ACCEPT_ENCODING, "identity")
}

/// The rest of the body is not read, so that nothing else can come over this connection.
fn last(problem: Problem) -> Response {
    with(problem.into_response(), CONNECTION, "close")
}

fn with(mut response: Response, name: HeaderName, value: &'static str) -> Response {
    response.headers_mut().insert(name, HeaderValue::from_static(value));
    response
}
