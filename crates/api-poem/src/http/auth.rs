//! Who is calling: an API key (OR-5), as a bearer token or in `X-API-Key`; or a person, with a signed token of the OpenID provider.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, PoisonError},
};

use kernel::{ApiKeyId, CallerId, OrganizationId, Timestamp, ports::Clock};
use poem::{
    Error, Request, RequestBody, Result,
    http::{HeaderMap, StatusCode, header::AUTHORIZATION},
};
use poem_openapi::{
    ApiExtractor, ApiExtractorType, ExtractParamOptions,
    payload::Json,
    registry::{MetaSecurityScheme, Registry},
};
use service_delivery::access::{ApiKey, Caller, Keys, People, PersonError, TokenError};
use tokio_util::task::TaskTracker;

use super::{
    ApiError,
    error::CHALLENGE,
    problem::Problem,
    rate::{self, Rate},
};

const API_KEY_HEADER: &str = "X-API-Key";
/// For which organization somebody calls who belongs to several.
const ORGANIZATION_HEADER: &str = "X-Organization";
/// When to ask again while the provider of signed tokens cannot be reached, in seconds.
const AFTER_PROVIDER: u32 = 5;

/// Finds out who is calling.
pub(crate) struct Authenticator {
    keys: Arc<dyn Keys>,
    people: Option<People>,
    clock: Arc<dyn Clock>,
    rate: Option<Rate<CallerId>>,
    /// Where uses are noted: nobody waits for it.
    tasks: TaskTracker,
    /// The keys whose use is being noted.
    noting: Arc<Mutex<HashSet<ApiKeyId>>>,
}

impl Authenticator {
    /// With `per_second` requests of one caller, or any number where it is 0.
    pub(crate) fn new(
        keys: Arc<dyn Keys>,
        people: Option<People>,
        clock: Arc<dyn Clock>,
        per_second: u32,
        tasks: TaskTracker,
    ) -> Self {
        Self { keys, people, clock, rate: Rate::of(per_second), tasks, noting: Arc::default() }
    }

    /// The caller who sent `headers`.
    ///
    /// # Errors
    /// No key, or one that is not valid: which of the reasons it is, only the logs say. A token that is not right, or of somebody
    /// who is not known here. Too many requests. Or the storage failed.
    pub(crate) async fn caller(&self, headers: &HeaderMap) -> Result<Caller, ApiError> {
        let caller = self.known(headers).await?;
        if let Some(rate) = &self.rate {
            rate.count(&caller.id).map_err(|wait| rate::too_many("with this key or token", wait))?;
        }
        Ok(caller)
    }

    /// As [`Authenticator::caller`], for an answer that goes on: its request was counted when it began.
    pub(crate) async fn known(&self, headers: &HeaderMap) -> Result<Caller, ApiError> {
        let presented = presented(headers).ok_or_else(|| {
            unauthorized("a key is needed: Authorization: Bearer <key>, or X-API-Key: <key>")
        })?;
        match &self.people {
            Some(people) if People::is_token(presented) => {
                let organization = organization(headers)?;
                people.caller(presented, organization, self.clock.now()).await.map_err(refused)
            }
            _ => self.by_key(presented).await,
        }
    }

    async fn by_key(&self, presented: &str) -> Result<Caller, ApiError> {
        let not_valid = || unauthorized("the key is not valid");
        let lookup = ApiKey::lookup_of(presented).ok_or_else(not_valid)?;
        let key = self.keys.api_key(lookup).await?.ok_or_else(not_valid)?;
        let now = self.clock.now();
        let caller = key.authenticate(presented, now).map_err(|error| {
            tracing::info!(key = lookup, %error, "a key was refused");
            not_valid()
        })?;
        if key.is_use_noted(now) {
            self.note_use(key.record().id, now);
        }
        Ok(caller)
    }

    /// Notes a use, beside the request.
    fn note_use(&self, id: ApiKeyId, at: Timestamp) {
        if !self.noting.lock().unwrap_or_else(PoisonError::into_inner).insert(id) {
            return;
        }
        let (keys, noting) = (self.keys.clone(), self.noting.clone());
        self.tasks.spawn(async move {
            if let Err(error) = keys.note_use(id, at).await {
                tracing::warn!(%error, "the use of a key could not be noted");
            }
            noting.lock().unwrap_or_else(PoisonError::into_inner).remove(&id);
        });
    }
}

fn unauthorized(detail: &str) -> ApiError {
    Problem::new(StatusCode::UNAUTHORIZED, "unauthorized", detail).into()
}

/// The refusal of a person. What is wrong with a token may be said: whoever has it can read it.
fn refused(error: PersonError) -> ApiError {
    let detail = error.to_string();
    match error {
        PersonError::Store(error) => error.into(),
        PersonError::Token(TokenError::NotValid { .. }) => {
            tracing::info!(%detail, "a token was refused");
            let problem = Problem::new(StatusCode::UNAUTHORIZED, "unauthorized", detail);
            ApiError::Unauthorized(Json(Box::new(problem)), format!("{CHALLENGE}, error=\"invalid_token\""))
        }
        PersonError::Token(TokenError::Unavailable) => {
            let detail = format!("{detail} at the moment; API keys work as always");
            let problem = Problem::new(StatusCode::SERVICE_UNAVAILABLE, "provider-unavailable", detail);
            ApiError::Unavailable(Json(Box::new(problem)), AFTER_PROVIDER)
        }
        PersonError::NoEmail | PersonError::NotVerified { .. } | PersonError::Unknown { .. } => {
            tracing::info!(%detail, "a person was refused");
            Problem::new(StatusCode::FORBIDDEN, "forbidden", detail).into()
        }
    }
}

/// The organization for which somebody calls, where they say so.
fn organization(headers: &HeaderMap) -> Result<Option<OrganizationId>, ApiError> {
    let Some(named) = headers.get(ORGANIZATION_HEADER) else { return Ok(None) };
    let id = named.to_str().ok().and_then(|text| text.trim().parse().ok());
    let problem = "must be the id of an organization, such as 019a2b3c-4d5e-7f60-8a9b-0c1d2e3f4a5b";
    id.map(Some).ok_or_else(|| ApiError::field(ORGANIZATION_HEADER, problem))
}

fn presented(headers: &HeaderMap) -> Option<&str> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim);
    let bearer = text(AUTHORIZATION.as_str())
        .and_then(|value| value.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .map(|(_, token)| token.trim());
    bearer.or_else(|| text(API_KEY_HEADER))
}

/// The caller, in a handler. The guard in front of every operation has put it there after deciding that the caller may.
pub(crate) struct By(pub(crate) Caller);

const SCHEMES: [&str; 2] = ["bearer", "api_key"];

impl<'a> ApiExtractor<'a> for By {
    const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::SecurityScheme];

    type ParamType = ();
    type ParamRawType = ();

    fn register(registry: &mut Registry) {
        const KEY: &str = "An API key, such as `account key create` or `POST /v1/api-keys` makes.";
        const BEARER: &str = "An API key, such as `account key create` or `POST /v1/api-keys` makes; or a \
signed token (JWT) of the OpenID provider that the server trusts, of a member of staff or a collaborator with a verified e-mail \
address. Whoever belongs to several organizations names one by its id in `X-Organization`, or calls for the first they belonged to.";
        let scheme = |ty, description, name, key_in, scheme| MetaSecurityScheme {
            ty,
            description: Some(description),
            name,
            key_in,
            scheme,
            bearer_format: None,
            flows: None,
            openid_connect_url: None,
        };
        let [bearer, api_key] = SCHEMES;
        registry.create_security_scheme(bearer, scheme("http", BEARER, None, None, Some("bearer")));
        registry.create_security_scheme(
            api_key,
            scheme("apiKey", KEY, Some(API_KEY_HEADER), Some("header"), None),
        );
    }

    fn security_schemes() -> Vec<&'static str> {
        SCHEMES.to_vec()
    }

    async fn from_request(
        request: &'a Request,
        _body: &mut RequestBody,
        _options: ExtractParamOptions<()>,
    ) -> Result<Self> {
        let caller = request.extensions().get::<Caller>().cloned();
        caller.map(Self).ok_or_else(|| Error::from_status(StatusCode::INTERNAL_SERVER_ERROR))
    }
}
