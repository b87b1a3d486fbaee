//! A policy document as it is sent. The resolver reads it, so that everything that is wrong is said at once, in its words.

use poem::{FromRequest, Request, RequestBody, Result};
use poem_openapi::{
    ApiExtractor, ApiExtractorType, ExtractParamOptions, Object,
    error::{ContentTypeError, ParseRequestPayloadError},
    payload::{Json, Payload},
    registry::{MetaMediaType, MetaRequest, Registry},
    types::{Any, Example, Type},
};
use policy_resolver::{Code, Diagnostic, Format, Severity, read};
use serde_json::{Value, json};
use service_delivery::policy_documents::PolicyWrite;

use crate::{
    http::ApiError,
    operations::example,
    wire::{Instant, Key},
};

/// A policy document: what it changes in one kind, at one place.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields, skip_serializing_if_is_none, example)]
pub(crate) struct NewPolicyDocument {
    /// What it is called in explanations and events, for good: `kind/level/target` unless given. Two documents at one place,
    /// one after the other, need names of their own.
    #[oai(validator(max_length = 200))]
    name: Option<String>,
    /// The kind whose fields it changes: `credits`. `GET /v1/policies/kinds` lists all.
    kind: String,
    /// The level at which it stands: `global`, `class`, `organization`, `product` or `entitlement`.
    level: String,
    /// What it stands for there: a class, an id, a product's SKU, an entitlement's code; nothing at the global level.
    target: Option<Key>,
    /// From when it is valid; always, where it is absent.
    effective_from: Option<Instant>,
    /// Until when it is valid, that instant not included; for ever, where it is absent.
    effective_until: Option<Instant>,
    /// By field: `"enforced"`, so that no level below changes it, or the list of the operations that are allowed below.
    guard: Option<Any<Value>>,
    /// By field: a plain value, or one operation: `{"append": [60]}`, `{"remove": [1]}`, `{"reset": true}`, `{"unset": true}`.
    fields: Option<Any<Value>>,
    /// Why: up to 2,000 characters. It is recorded.
    #[oai(validator(max_length = 2_000))]
    reason: String,
    /// Whether values that a guard keeps from taking effect are kept until it ends, instead of refused.
    keep_blocked: Option<bool>,
}

impl Example for NewPolicyDocument {
    fn example() -> Self {
        Self {
            name: None,
            kind: "credits".to_owned(),
            level: "class".to_owned(),
            target: None,
            effective_from: Some(example::instant()),
            effective_until: None,
            guard: Some(Any(json!({"on_exhausted": "enforced"}))),
            fields: Some(Any(json!({"expiry_months": 24, "low_balance_at": "5"}))),
            reason: "the terms of 2026".to_owned(),
            keep_blocked: None,
        }
        .for_class("SVC")
    }
}

impl NewPolicyDocument {
    fn for_class(self, class: &str) -> Self {
        use poem_openapi::types::ParseFromParameter as _;
        Self { target: Key::parse_from_parameter(class).ok(), ..self }
    }
}

/// Known here, and not to the resolver.
const OWN_KEYS: [&str; 2] = ["name", "keep_blocked"];
/// Known to the resolver, and given by the server.
const GIVEN_KEYS: [&str; 4] = ["id", "version", "author", "recorded_at"];

/// What is to be written.
pub(crate) struct PolicyBody(pub(crate) PolicyWrite);

impl<'a> ApiExtractor<'a> for PolicyBody {
    const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::RequestObject];

    type ParamType = ();
    type ParamRawType = ();

    fn register(registry: &mut Registry) {
        NewPolicyDocument::register(registry);
    }

    fn request_meta() -> Option<MetaRequest> {
        let content_type = Json::<NewPolicyDocument>::CONTENT_TYPE;
        let content = vec![MetaMediaType { content_type, schema: NewPolicyDocument::schema_ref() }];
        Some(MetaRequest { description: None, content, required: true })
    }

    async fn from_request(
        request: &'a Request,
        body: &mut RequestBody,
        _options: ExtractParamOptions<()>,
    ) -> Result<Self> {
        let bytes = <Vec<u8> as FromRequest>::from_request(request, body).await?;
        match request.content_type() {
            Some(json) if Json::<NewPolicyDocument>::check_content_type(json) => {}
            Some(other) => {
                return Err(ContentTypeError::NotSupported { content_type: other.to_owned() }.into());
            }
            None => return Err(ContentTypeError::ExpectContentType.into()),
        }
        let unreadable = |reason: String| ParseRequestPayloadError { reason };
        let text = std::str::from_utf8(&bytes).map_err(|error| unreadable(error.to_string()))?;
        let value: Value = serde_json::from_str(text).map_err(|error| unreadable(error.to_string()))?;
        Ok(write(text, &value).map(Self)?)
    }
}

fn write(text: &str, value: &Value) -> Result<PolicyWrite, ApiError> {
    let Some(object) = value.as_object() else {
        return Err(ApiError::field("body", "must be an object"));
    };
    if object.contains_key("documents") {
        return Err(ApiError::field(
            "documents",
            "unknown_key: no such key; documents are written one by one",
        ));
    }
    let mut reading = read(text, Format::Json);
    let own = |found: &Diagnostic| found.code == Code::UnknownKey && OWN_KEYS.contains(&found.path.as_str());
    reading.diagnostics.0.retain(|found| !own(found));
    let mut wrong = |code: Code, path: &str, message: &str| {
        reading.diagnostics.0.push(Diagnostic {
            code,
            severity: Severity::Error,
            path: path.to_owned(),
            message: message.to_owned(),
            found: None,
            expected: None,
            documents: vec![],
        });
    };
    for key in GIVEN_KEYS.into_iter().filter(|key| object.contains_key(*key)) {
        wrong(Code::UnknownKey, key, "no such key; it is given by the server");
    }
    for (key, _) in object.iter().filter(|(_, value)| value.is_null()) {
        wrong(Code::WrongType, key, "must not be null; what is not meant is left out");
    }
    let keep_blocked = match object.get("keep_blocked") {
        None | Some(Value::Null) => false,
        Some(Value::Bool(keep)) => *keep,
        Some(_) => {
            wrong(Code::WrongType, "keep_blocked", "must be true or false");
            false
        }
    };
    let name = match object.get("name") {
        None | Some(Value::Null) => None,
        Some(Value::String(name)) => Some(name.clone()),
        Some(_) => {
            wrong(Code::WrongType, "name", "must be a text");
            None
        }
    };
    if let Some(name) = name {
        for document in &mut reading.documents {
            document.id.clone_from(&name);
        }
    }
    Ok(PolicyWrite { reading, reason: None, keep_blocked })
}

/// A document's end.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields, skip_serializing_if_is_none, example)]
pub(crate) struct PolicyEnd {
    /// Until when it is valid, that instant not included; now, where it is absent. Not in the past.
    pub(crate) effective_until: Option<Instant>,
    /// Why: up to 2,000 characters. It is recorded.
    #[oai(validator(max_length = 2_000))]
    pub(crate) reason: String,
}

impl Example for PolicyEnd {
    fn example() -> Self {
        Self { effective_until: Some(example::instant()), reason: "the campaign is over".to_owned() }
    }
}
