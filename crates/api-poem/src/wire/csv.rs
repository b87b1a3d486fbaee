//! Files of rows (text/csv), in and out.

use poem::{Body, FromRequest, IntoResponse, Request, RequestBody, Response, Result, http::StatusCode};
use poem_openapi::{
    ApiExtractor, ApiExtractorType, ApiResponse, ExtractParamOptions,
    error::ContentTypeError,
    registry::{
        MetaHeader, MetaMediaType, MetaRequest, MetaResponse, MetaResponses, MetaSchemaRef, Registry,
    },
    types::Type,
};

use crate::http::{ApiError, problem::Problem};

const CSV: &str = "text/csv";

/// A body of rows. What is no text is 400.
pub(crate) struct CsvBody(pub(crate) String);

impl<'a> ApiExtractor<'a> for CsvBody {
    const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::RequestObject];

    type ParamType = ();
    type ParamRawType = ();

    fn request_meta() -> Option<MetaRequest> {
        let content = vec![MetaMediaType { content_type: CSV, schema: schema() }];
        Some(MetaRequest { description: None, content, required: true })
    }

    async fn from_request(
        request: &'a Request,
        body: &mut RequestBody,
        _options: ExtractParamOptions<()>,
    ) -> Result<Self> {
        match request.content_type().map(|given| given.split(';').next().unwrap_or(given).trim()) {
            // Some generated clients can send text only as what it is at least.
            Some(given) if [CSV, "text/plain"].iter().any(|known| given.eq_ignore_ascii_case(known)) => {}
            Some(other) => {
                return Err(ContentTypeError::NotSupported { content_type: other.to_owned() }.into());
            }
            None => return Err(ContentTypeError::ExpectContentType.into()),
        }
        let bytes = <Vec<u8> as FromRequest>::from_request(request, body).await?;
        let no_text = |at: usize| {
            let detail = format!("the body is no text in UTF-8: byte {} does not fit", at.saturating_add(1));
            ApiError::from(Problem::new(StatusCode::BAD_REQUEST, "malformed-csv", detail))
        };
        let text = String::from_utf8(bytes).map_err(|error| no_text(error.utf8_error().valid_up_to()))?;
        // No text of any database has this character.
        text.find('\0').map_or(Ok(Self(text)), |at| Err(no_text(at).into()))
    }
}

/// A file of rows, to be kept under a name.
pub(crate) struct CsvFile {
    /// Its name.
    pub(crate) name: String,
    /// Its rows.
    pub(crate) body: Body,
}

impl IntoResponse for CsvFile {
    fn into_response(self) -> Response {
        let disposition = format!("attachment; filename=\"{}\"", self.name);
        Response::builder()
            .content_type("text/csv; charset=utf-8")
            .header("Content-Disposition", disposition)
            .body(self.body)
    }
}

impl ApiResponse for CsvFile {
    fn meta() -> MetaResponses {
        let name = MetaHeader {
            name: "Content-Disposition".to_owned(),
            description: Some("What to call the file.".to_owned()),
            required: true,
            deprecated: false,
            schema: schema(),
        };
        let file = MetaResponse {
            description: "The file.",
            status: Some(200),
            status_range: None,
            content: vec![MetaMediaType { content_type: CSV, schema: schema() }],
            headers: vec![name],
        };
        MetaResponses { responses: vec![file] }
    }

    fn register(_: &mut Registry) {}
}

fn schema() -> MetaSchemaRef {
    String::schema_ref()
}
