//! Every list as CSV (UI-1): `GET /v1/orders.csv` walks through the pages of `GET /v1/orders`, one row for each item.
//!
//! There is one such walk for all lists. Each page is asked for as its caller would, so that whatever guards a list guards its CSV;
//! no more than one page is in memory at a time.

use std::{io, sync::Arc};

use kernel::{Invalid, MAX_PAGE_LIMIT};
use poem::{
    Endpoint, Error, IntoResponse, Request, Response, Result,
    http::{Extensions, HeaderMap, Method, StatusCode, Uri},
};
use poem_openapi::{
    OpenApi,
    registry::{MetaPath, MetaSchema, MetaSchemaRef, Registry},
};
use serde_json::Value;

use super::{guard, problem::Problem, still_may::GoesOn};
use crate::wire::{CsvFile, csv_row};

/// What a list's path ends with where it is wanted as CSV.
pub(crate) const SUFFIX: &str = ".csv";
/// Objects within objects are columns of their own up to this depth.
const DEPTH: usize = 3;

/// A list, and what its items are as a row.
pub(crate) struct List {
    /// Its path as the document has it: `/v1/orders/{order}/payments`.
    pub(crate) path: String,
    columns: Vec<Column>,
}

struct Column {
    name: String,
    /// The members of an item that lead to it.
    path: Vec<&'static str>,
}

/// All lists among the operations of `T`: what answers with pages. Not those that have a CSV of another kind.
pub(crate) fn lists<T: OpenApi>() -> Vec<List> {
    let mut registry = Registry::new();
    T::register(&mut registry);
    let paths: Vec<MetaPath> = T::meta().into_iter().flat_map(|api| api.paths).collect();
    let mut found = Vec::new();
    for path in &paths {
        for operation in path.operations.iter().filter(|operation| operation.method == Method::GET) {
            let answer = operation.responses.responses.iter().find(|answer| answer.status == Some(200));
            let Some(content) = answer.and_then(|answer| answer.content.first()) else { continue };
            let name = path.path.trim_end_matches('/');
            if paths.iter().any(|other| other.path.strip_suffix(SUFFIX) == Some(name)) {
                continue;
            }
            if let Some(item) = item_of(&registry, &content.schema) {
                let mut columns = Vec::new();
                flatten(&registry, item, &mut Vec::new(), &mut columns);
                found.push(List { path: name.to_owned(), columns });
            }
        }
    }
    found
}

/// The schema of the items of a page; none where it is no page.
fn item_of<'a>(registry: &'a Registry, page: &MetaSchemaRef) -> Option<&'a MetaSchemaRef> {
    let MetaSchemaRef::Reference(name) = page else { return None };
    let page = registry.schemas.get(name).filter(|_| name.starts_with("Page_"))?;
    let (_, items) = page.properties.iter().find(|(name, _)| *name == "items")?;
    match items {
        MetaSchemaRef::Inline(items) => items.items.as_deref(),
        MetaSchemaRef::Reference(_) => None,
    }
}

fn flatten(registry: &Registry, schema: &MetaSchemaRef, path: &mut Vec<&'static str>, out: &mut Vec<Column>) {
    let members = resolved(registry, schema).map(|schema| schema.properties.as_slice()).unwrap_or_default();
    if members.is_empty() || path.len() > DEPTH {
        out.push(Column { name: path.join("_"), path: path.clone() });
        return;
    }
    for (name, schema) in members {
        path.push(*name);
        flatten(registry, schema, path, out);
        path.pop();
    }
}

/// What `schema` says or refers to; a reference with a description is a part of an `allOf`.
fn resolved<'a>(registry: &'a Registry, schema: &'a MetaSchemaRef) -> Option<&'a MetaSchema> {
    match schema {
        MetaSchemaRef::Reference(name) => registry.schemas.get(name),
        MetaSchemaRef::Inline(inline) => {
            let reference = inline.all_of.iter().find(|part| matches!(part, MetaSchemaRef::Reference(_)));
            reference.map_or(Some(&**inline), |reference| resolved(registry, reference))
        }
    }
}

impl List {
    /// What its columns are called.
    #[cfg(test)]
    pub(crate) fn columns(&self) -> Vec<&str> {
        self.columns.iter().map(|column| column.name.as_str()).collect()
    }

    fn is_at(&self, path: &str) -> bool {
        let (mut own, mut asked) = (self.path.split('/'), path.split('/'));
        loop {
            match (own.next(), asked.next()) {
                (None, None) => return true,
                (Some(own), Some(asked)) if own == asked => {}
                (Some(own), Some(asked)) if own.starts_with('{') && !asked.is_empty() => {}
                _ => return false,
            }
        }
    }

    fn rows(&self, with_names: bool, page: &Value) -> String {
        let mut rows = String::new();
        if with_names {
            rows += &csv_row(self.columns.iter().map(|column| column.name.as_str()));
        }
        for item in page["items"].as_array().into_iter().flatten() {
            let cells: Vec<String> = self.columns.iter().map(|column| column.cell(item)).collect();
            rows += &csv_row(cells.iter().map(String::as_str));
        }
        rows
    }
}

impl Column {
    fn cell(&self, item: &Value) -> String {
        let value = self.path.iter().try_fold(item, |value, member| value.get(member));
        value.map(cell).unwrap_or_default()
    }
}

fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(values) if values.iter().all(|value| !value.is_object() && !value.is_array()) => {
            values.iter().map(cell).collect::<Vec<_>>().join("; ")
        }
        other => other.to_string(),
    }
}

/// What serves everything else, and every list as CSV besides.
pub(crate) struct CsvLists<E> {
    inner: Arc<E>,
    lists: Vec<Arc<List>>,
}

impl<E> CsvLists<E> {
    pub(crate) fn new(inner: E, lists: Vec<List>) -> Self {
        Self { inner: Arc::new(inner), lists: lists.into_iter().map(Arc::new).collect() }
    }
}

impl<E: Endpoint<Output = Response> + 'static> Endpoint for CsvLists<E> {
    type Output = Response;

    async fn call(&self, request: Request) -> Result<Response> {
        let path = request.uri().path().strip_suffix(SUFFIX);
        let list = path.and_then(|path| self.lists.iter().find(|list| list.is_at(path)));
        let (Some(path), Some(list)) = (path, list) else { return self.inner.call(request).await };
        // HEAD is GET without its body.
        if !matches!(*request.method(), Method::GET | Method::HEAD) {
            return Ok(guard::not_allowed(request.method(), "GET, HEAD"));
        }
        let head = request.method() == Method::HEAD;
        let walk = Walk {
            inner: self.inner.clone(),
            list: list.clone(),
            path: path.to_owned(),
            query: request.uri().query().unwrap_or_default().to_owned(),
            headers: request.headers().clone(),
            extensions: request.extensions().clone(),
        };
        let mut response = walk.answer(&request).await?;
        if head {
            response.set_body(());
        }
        Ok(response)
    }
}

struct Walk<E> {
    inner: Arc<E>,
    list: Arc<List>,
    path: String,
    query: String,
    headers: HeaderMap,
    extensions: Extensions,
}

/// How far a walk is.
enum Stage {
    First(Value),
    After(String),
}

impl<E: Endpoint<Output = Response> + 'static> Walk<E> {
    async fn answer(self, request: &Request) -> Result<Response> {
        let given: Vec<(String, String)> = request.params().unwrap_or_default();
        let mut invalid = Invalid::default();
        for (name, _) in given.iter().filter(|(name, _)| name == "limit" || name == "cursor") {
            invalid.push(name.clone(), "is no parameter here: a CSV is the whole list");
        }
        if !invalid.0.is_empty() {
            return Ok(Problem::invalid(invalid).into_response());
        }
        let first = self.page(None).await?;
        if first.status() != StatusCode::OK {
            return Ok(first);
        }
        let operation = first.data::<poem_openapi::OperationId>().map(|operation| operation.0);
        let first = read(first).await?;
        let name = self.path.rsplit('/').next().unwrap_or_default();
        let name = format!("{name}{SUFFIX}");
        let walk = Arc::new(self);
        let file = CsvFile::streamed(name, Stage::First(first), move |stage| next(walk.clone(), stage));
        let mut response = file.into_response();
        if let Some(operation) = operation {
            response.set_data(poem_openapi::OperationId(operation));
        }
        Ok(response)
    }

    async fn page(&self, cursor: Option<&str>) -> Result<Response> {
        let separator = if self.query.is_empty() { "" } else { "&" };
        // Cursors are of letters, digits, `-` and `_`.
        let cursor = cursor.map(|cursor| format!("&cursor={cursor}")).unwrap_or_default();
        let uri = format!("{}?{}{separator}limit={MAX_PAGE_LIMIT}{cursor}", self.path, self.query);
        let uri = uri.parse::<Uri>().map_err(|error| Error::new(error, StatusCode::BAD_REQUEST))?;
        let mut request = Request::builder().method(Method::GET).uri(uri).finish();
        *request.headers_mut() = self.headers.clone();
        *request.extensions_mut() = self.extensions.clone();
        if !cursor.is_empty() {
            request.set_data(GoesOn);
        }
        self.inner.call(request).await
    }
}

/// The rows of the next page, and what comes after.
async fn next<E: Endpoint<Output = Response> + 'static>(
    walk: Arc<Walk<E>>,
    stage: Stage,
) -> io::Result<(String, Option<Stage>)> {
    let (with_names, page) = match stage {
        Stage::First(page) => (true, page),
        Stage::After(cursor) => {
            let response = walk.page(Some(&cursor)).await.map_err(broken)?;
            if response.status() != StatusCode::OK {
                tracing::warn!(status = response.status().as_u16(), list = walk.path, "a CSV was broken off");
                return Err(io::Error::other("the list cannot be read any more"));
            }
            (false, read(response).await.map_err(broken)?)
        }
    };
    let after = page["next_cursor"].as_str().map(|cursor| Stage::After(cursor.to_owned()));
    Ok((walk.list.rows(with_names, &page), after))
}

fn broken(error: Error) -> io::Error {
    io::Error::other(error.to_string())
}

async fn read(response: Response) -> Result<Value> {
    let bytes = response.into_body().into_vec().await?;
    serde_json::from_slice(&bytes).map_err(|error| Error::new(error, StatusCode::INTERNAL_SERVER_ERROR))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_more_than_a_text_is_a_cell_all_the_same() {
        assert_eq!(super::cell(&json!(["a", "=b", 3])), "a; =b; 3");
        assert_eq!(super::cell(&json!({"a": 1})), "{\"a\":1}");
        assert_eq!(super::cell(&json!(null)), "");
    }

    #[test]
    fn a_list_is_found_by_its_path() {
        let list = List { path: "/v1/orders/{order}/payments".to_owned(), columns: vec![] };
        assert!(list.is_at("/v1/orders/SO-1/payments"));
        for other in
            ["/v1/orders//payments", "/v1/orders/payments", "/v1/orders/a/payments/b", "/v1/orders/a/b"]
        {
            assert!(!list.is_at(other), "{other}");
        }
    }
}
