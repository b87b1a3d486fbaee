//! Reading JSON bodies, so that everything that is wrong with one is said at once.

use poem::{FromRequest, Request, RequestBody, Result};
use poem_openapi::{
    ApiExtractor, ApiExtractorType, ExtractParamOptions,
    error::{ContentTypeError, ParseRequestPayloadError},
    payload::{Json, Payload},
    registry::{MetaMediaType, MetaRequest, Registry},
    types::ParseFromJSON,
};
use serde_json::Value;

use super::{ApiError, fit};

/// A JSON body. What is no JSON is 400; JSON of another shape is 422 and names every field that does not fit.
pub(crate) struct Body<T>(pub(crate) T);

impl<'a, T: ParseFromJSON> ApiExtractor<'a> for Body<T> {
    const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::RequestObject];

    type ParamType = ();
    type ParamRawType = ();

    fn register(registry: &mut Registry) {
        T::register(registry);
    }

    fn request_meta() -> Option<MetaRequest> {
        let content = vec![MetaMediaType { content_type: Json::<T>::CONTENT_TYPE, schema: T::schema_ref() }];
        Some(MetaRequest { description: None, content, required: T::IS_REQUIRED })
    }

    async fn from_request(
        request: &'a Request,
        body: &mut RequestBody,
        _options: ExtractParamOptions<()>,
    ) -> Result<Self> {
        let bytes = <Vec<u8> as FromRequest>::from_request(request, body).await?;
        if bytes.is_empty() && !T::IS_REQUIRED {
            return Ok(parse::<T>(Value::Null, &bytes)?);
        }
        match request.content_type() {
            Some(json) if Json::<T>::check_content_type(json) => {}
            Some(other) => {
                return Err(ContentTypeError::NotSupported { content_type: other.to_owned() }.into());
            }
            None => return Err(ContentTypeError::ExpectContentType.into()),
        }
        let value = serde_json::from_slice(&bytes)
            .map_err(|error| ParseRequestPayloadError { reason: error.to_string() })?;
        Ok(parse(value, &bytes)?)
    }
}

fn parse<T: ParseFromJSON>(value: Value, bytes: &[u8]) -> Result<Body<T>, ApiError> {
    T::parse_from_json(Some(value)).map(Body).map_err(|error| {
        // Only a body that does not fit is looked at twice: to say everything that is wrong with it.
        let misfits = fit::misfits::<T>(&serde_json::from_slice(bytes).unwrap_or_default());
        if misfits.0.is_empty() { ApiError::field("body", error.into_message()) } else { misfits.into() }
    })
}
