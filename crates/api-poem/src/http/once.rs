//! `Idempotency-Key` (AP-4): a POST that its sender has named takes place once, and is answered alike however often it is sent.
//!
//! The answer is kept in the transaction of what was done: both are durable together, or neither is. Refusals are not kept:
//! nothing was done, and the same key may be sent again.

use std::sync::Arc;

use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce, aead::Aead};
use kernel::{
    StoreError,
    ports::{Clock, Entropy},
};
use poem::{
    Body, Endpoint, IntoResponse, Request, Response,
    endpoint::BoxEndpoint,
    http::{HeaderName, HeaderValue, StatusCode, header::CONTENT_LENGTH},
};
use poem_openapi::payload::Json;
use serde_json::json;
use service_delivery::{Command, Commands, Once, access::Caller};
use sha2::{Digest, Sha256};

use super::{
    ApiError, framework,
    problem::{FieldProblem, Problem},
};

/// The header that names a command.
pub(crate) const HEADER: &str = "Idempotency-Key";
/// The header of an answer that was given before.
const REPLAYED: &str = "Idempotent-Replayed";
/// The most characters of a key.
pub(crate) const MAX_KEY: usize = 255;
/// When to ask again for what is under way, in seconds.
const AFTER_UNDER_WAY: u32 = 1;
const NONCE: usize = 24;

/// The key that `request` was sent with, if any.
///
/// # Errors
/// It is empty or too long, or holds other characters than visible ASCII.
pub(crate) fn key_of(request: &Request) -> Result<Option<String>, ApiError> {
    let mut sent = request.headers().get_all(HEADER).iter();
    let Some(key) = sent.next() else { return Ok(None) };
    let key = key.to_str().ok().filter(|key| (1..=MAX_KEY).contains(&key.len()));
    match key.filter(|key| key.bytes().all(|byte| byte.is_ascii_graphic())) {
        Some(key) if sent.next().is_none() => Ok(Some(key.to_owned())),
        _ => {
            let problem = format!("must be sent once, with 1 to {MAX_KEY} visible ASCII characters");
            Err(ApiError::field(HEADER, problem))
        }
    }
}

/// Carries out named commands once.
pub(crate) struct OnceOnly {
    pub(crate) commands: Arc<dyn Commands>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) entropy: Arc<dyn Entropy>,
}

impl OnceOnly {
    /// What `inner` answers to the `request` that `caller` has named `key`, or has answered to it before.
    pub(crate) async fn answer(
        &self,
        caller: &Caller,
        key: &str,
        mut request: Request,
        inner: &BoxEndpoint<'static>,
    ) -> Response {
        let body = match request.take_body().into_bytes().await {
            Ok(body) => body,
            Err(error) => return framework::answer(error.into()),
        };
        let content = Sha256::digest(&body).into();
        request.set_body(body);
        let id = id_of(caller, &request, key);
        let command = Command { id, content, at: self.clock.now() };
        let mut nonce = [0; NONCE];
        self.entropy.fill(&mut nonce);
        let seal = Seal::new(&id, key);
        let mut answered = None;
        let work = async {
            let response = inner.call(request).await.unwrap_or_else(framework::answer);
            let (response, kept) = kept(response).await;
            answered = Some(response);
            kept.map(|kept| seal.close(&nonce, &kept))
        };
        let once = self.commands.once(&command, Box::pin(work)).await;
        let outcome = match once {
            Ok(Once::Now) => answered.ok_or_else(|| Problem::internal().into()),
            Ok(Once::Before { content, answer }) if content == command.content => {
                seal.open(&answer).and_then(|kept| restored(&kept)).map_err(ApiError::from)
            }
            Ok(Once::Before { .. }) => Err(reused()),
            Ok(Once::UnderWay) => Err(under_way()),
            Err(error) => Err(error.into()),
        };
        outcome.unwrap_or_else(IntoResponse::into_response)
    }
}

/// The same key of another caller, or for another operation, is another command.
fn id_of(caller: &Caller, request: &Request, key: &str) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(caller.id.as_uuid().as_bytes());
    // None of these holds a line break.
    hash.update(format!("{} {}\n{key}", request.method(), request.uri()));
    hash.finalize().into()
}

fn reused() -> ApiError {
    let problem = "was sent with another body before; a new command needs a new key";
    let errors = Some(vec![FieldProblem { path: HEADER.to_owned(), problem: problem.to_owned() }]);
    let detail = format!("{HEADER} {problem}");
    let name = "idempotency-key-reused";
    Problem { errors, ..Problem::new(StatusCode::UNPROCESSABLE_ENTITY, name, detail) }.into()
}

fn under_way() -> ApiError {
    let detail = "the same command is under way; ask again for its answer";
    let problem = Problem::new(StatusCode::CONFLICT, "under-way", detail);
    ApiError::Conflict(Json(Box::new(problem)), Some(AFTER_UNDER_WAY))
}

/// What an answer is kept as: its status and headers as JSON in one line, then its body. A refusal is not kept.
async fn kept(response: Response) -> (Response, Option<Vec<u8>>) {
    if !response.status().is_success() {
        return (response, None);
    }
    let (mut parts, body) = response.into_parts();
    let Ok(body) = body.into_bytes().await else { return (Problem::internal().into_response(), None) };
    parts.headers.remove(CONTENT_LENGTH);
    let headers =
        parts.headers.iter().filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)));
    let head = json!({"status": parts.status.as_u16(), "headers": headers.collect::<Vec<_>>()});
    let mut kept = format!("{head}\n").into_bytes();
    kept.extend_from_slice(&body);
    (Response::from_parts(parts, Body::from(body)), Some(kept))
}

fn restored(kept: &[u8]) -> Result<Response, StoreError> {
    let corrupt = || StoreError::corrupt("command", "-", "its answer cannot be read");
    let end = kept.iter().position(|byte| *byte == b'\n').ok_or_else(corrupt)?;
    let (head, body) = kept.split_at(end);
    let head: serde_json::Value = serde_json::from_slice(head).map_err(|_| corrupt())?;
    let status = head["status"].as_u64().and_then(|status| u16::try_from(status).ok());
    let status = status.and_then(|status| StatusCode::from_u16(status).ok()).ok_or_else(corrupt)?;
    let mut response = Response::builder().status(status).body(body.get(1..).unwrap_or_default().to_vec());
    for pair in head["headers"].as_array().into_iter().flatten() {
        let text = |at: usize| pair[at].as_str().unwrap_or_default();
        let name = HeaderName::try_from(text(0)).map_err(|_| corrupt())?;
        let value = HeaderValue::try_from(text(1)).map_err(|_| corrupt())?;
        response.headers_mut().append(name, value);
    }
    response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
    Ok(response)
}

/// Kept answers are sealed with the sender's key, which is stored nowhere: so that a secret that is shown once (OR-5) is not to
/// be had from the database.
struct Seal(XChaCha20Poly1305);

impl Seal {
    fn new(id: &[u8; 32], key: &str) -> Self {
        let secret = Sha256::new().chain_update("account answer\n").chain_update(id).chain_update(key);
        Self(XChaCha20Poly1305::new(&secret.finalize()))
    }

    fn close(&self, nonce: &[u8; NONCE], plain: &[u8]) -> Vec<u8> {
        // Sealing fails beyond 256 GiB only.
        let sealed = self.0.encrypt(XNonce::from_slice(nonce), plain).unwrap_or_default();
        [nonce.as_slice(), &sealed].concat()
    }

    fn open(&self, sealed: &[u8]) -> Result<Vec<u8>, StoreError> {
        let corrupt = || StoreError::corrupt("command", "-", "its answer cannot be opened");
        let (nonce, sealed) = sealed.split_at_checked(NONCE).ok_or_else(corrupt)?;
        self.0.decrypt(XNonce::from_slice(nonce), sealed).map_err(|_| corrupt())
    }
}
