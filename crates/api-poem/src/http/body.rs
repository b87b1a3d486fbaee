//! Reading JSON bodies, so that everything that is wrong with one is said at once.

use poem::{FromRequest, Request, RequestBody, Result};
use poem_openapi::{
    ApiExtractor, ApiExtractorType, ExtractParamOptions,
    error::{ContentTypeError, ParseRequestPayloadError},
    payload::{Json, Payload},
    registry::{MetaMediaType, MetaRequest, Registry},
    types::{ParseError, ParseFromJSON},
};
use serde_json::Value;

use super::{ApiError, fit};

/// A JSON body. What is no JSON is 400; JSON of another shape is 422 and names every field that does not fit.
pub(crate) struct Body<T>(pub(crate) T);

impl<'a, T: ParseFromJSON + 'static> ApiExtractor<'a> for Body<T> {
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
            return Ok(T::parse_from_json(None).map(Body).map_err(misread)?);
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
        Ok(parse(value)?)
    }
}

/// The framework reads numbers as texts and null as whatever is empty: what does not fit the document never gets there.
fn parse<T: ParseFromJSON + 'static>(value: Value) -> Result<Body<T>, ApiError> {
    fit::misfits::<T>(&value).or_ok(())?;
    T::parse_from_json(Some(value)).map(Body).map_err(misread)
}

fn misread<T: ParseFromJSON>(error: ParseError<T>) -> ApiError {
    ApiError::field("body", error.into_message())
}
