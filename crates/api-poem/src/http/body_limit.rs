//! Bodies are read up to a limit, whether they say how long they are or not.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use futures_util::TryStreamExt;
use poem::{
    Body, Endpoint, IntoResponse, Middleware, Request, Response, Result,
    http::{StatusCode, header::CONTENT_LENGTH},
};

use super::{framework, problem::Problem};

/// The longest body that is read, in bytes.
pub(crate) const MAX_BODY: usize = 1024 * 1024;

/// Refuses bodies longer than [`MAX_BODY`]: at once where they say so, else as soon as they are.
pub(crate) struct BodyLimit;

impl<E: Endpoint> Middleware<E> for BodyLimit {
    type Output = Limited<E>;

    fn transform(&self, inner: E) -> Limited<E> {
        Limited(inner)
    }
}

pub(crate) struct Limited<E>(E);

impl<E: Endpoint> Endpoint for Limited<E> {
    type Output = Response;

    async fn call(&self, mut request: Request) -> Result<Response> {
        let announced = request.header(CONTENT_LENGTH).and_then(|length| length.parse::<u64>().ok());
        if announced.is_some_and(|length| length > MAX_BODY as u64) {
            return Ok(too_large());
        }
        let exceeded = Arc::new(AtomicBool::new(false));
        if announced.is_none() {
            let body = request.take_body();
            request.set_body(if body.is_empty() { body } else { limited(body, exceeded.clone()) });
        }
        let response = match self.0.call(request).await {
            Ok(response) => response.into_response(),
            Err(error) => framework::answer(error),
        };
        Ok(if exceeded.load(Ordering::Relaxed) { too_large() } else { response })
    }
}

fn limited(body: Body, exceeded: Arc<AtomicBool>) -> Body {
    let mut left = MAX_BODY;
    let chunks = body.into_bytes_stream().and_then(move |chunk| {
        let fits = left.checked_sub(chunk.len()).map(|rest| left = rest).is_some();
        if !fits {
            exceeded.store(true, Ordering::Relaxed);
        }
        std::future::ready(if fits { Ok(chunk) } else { Err(io::Error::other("the body is too large")) })
    });
    Body::from_bytes_stream(chunks)
}

fn too_large() -> Response {
    let detail = format!("the body is longer than {MAX_BODY} bytes");
    Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "body-too-large", detail).into_response()
}
