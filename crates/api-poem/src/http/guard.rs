//! The door in front of every operation: who is calling, and may they? Decided here, before anything else is read.

use std::{collections::HashMap, sync::Arc};

use kernel::Invalid;
use poem::{
    Endpoint, IntoResponse, Request, Response, Result,
    endpoint::{BoxEndpoint, EndpointExt, make_sync},
    http::{Method, StatusCode, header::ALLOW},
};
use poem_openapi::{
    OpenApi, OperationId,
    registry::{MetaApi, MetaParamIn, Registry},
};
use serde_json::{Map, Value};
use service_delivery::access::{Caller, Operation};

use super::{
    ApiError,
    auth::Authenticator,
    framework,
    once::{self, OnceOnly},
    problem::Problem,
    still_may::{Admission, GoesOn},
};

/// Methods that a path answers with what it allows instead, where it has no operation of theirs.
const METHODS: [&str; 9] = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "QUERY"];

/// Whether every path knows how to answer `method`, with what it allows if nothing else.
pub(crate) fn is_known(method: &Method) -> bool {
    method == Method::HEAD || METHODS.contains(&method.as_str())
}

/// Operations behind the door. No operation can be added that is not: there is nothing to forget.
pub(crate) struct Guarded<T> {
    pub(crate) operations: T,
    pub(crate) authenticator: Arc<Authenticator>,
    pub(crate) once: Arc<OnceOnly>,
}

type Routes = HashMap<String, HashMap<Method, BoxEndpoint<'static>>>;

impl<T: OpenApi> OpenApi for Guarded<T> {
    fn meta() -> Vec<MetaApi> {
        T::meta()
    }

    fn register(registry: &mut Registry) {
        T::register(registry);
    }

    fn add_routes(self, routes: &mut Routes) {
        let mut open = Routes::new();
        self.operations.add_routes(&mut open);
        let mut documented = documented::<T>();
        for (path, methods) in open {
            let allowed = allow(methods.keys());
            let guarded = routes.entry(path.clone()).or_default();
            for (method, inner) in methods {
                let entry = documented.remove(&(path.clone(), method.clone())).unwrap_or_default();
                let (authenticator, once) = (self.authenticator.clone(), self.once.clone());
                // What has a name takes place once; only a POST would take place twice.
                let once = (method == Method::POST).then_some(once);
                let door = Door { inner, entry, authenticator, once };
                guarded.insert(method, door.boxed());
            }
            // HEAD is GET without its body, where there is a GET.
            let head = (!guarded.contains_key(&Method::GET)).then_some(Method::HEAD);
            let known = METHODS.iter().filter_map(|name| name.parse::<Method>().ok());
            for method in known.chain(head) {
                guarded.entry(method).or_insert_with(|| {
                    let allowed = allowed.clone();
                    make_sync(move |request| not_allowed(request.method(), &allowed)).boxed()
                });
            }
        }
    }
}

/// What the OpenAPI document says about one operation, as far as the door needs it.
#[derive(Default)]
struct Entry {
    operation_id: &'static str,
    /// None where the table of who may do what does not know the operation: nobody may.
    operation: Option<Operation>,
    query: Vec<Parameter>,
    /// The names of the headers that are parameters.
    headers: Vec<String>,
    takes_body: bool,
}

/// A parameter of the query.
struct Parameter {
    name: String,
    /// Whether it may be repeated, for several values.
    many: bool,
}

fn documented<T: OpenApi>() -> HashMap<(String, Method), Entry> {
    let paths = T::meta().into_iter().flat_map(|api| api.paths);
    let entry = |operation: poem_openapi::registry::MetaOperation| {
        let operation_id = operation.operation_id.unwrap_or_default();
        let mut entry = Entry {
            operation_id,
            operation: operation_id.parse().ok(),
            takes_body: operation.request.is_some(),
            ..Entry::default()
        };
        for param in operation.params {
            match param.in_type {
                MetaParamIn::Query => {
                    entry.query.push(Parameter { many: param.schema.is_array(), name: param.name });
                }
                MetaParamIn::Header => entry.headers.push(param.name),
                _ => {}
            }
        }
        (operation.method, entry)
    };
    paths
        .flat_map(|path| {
            let route = route_of(&path.path);
            path.operations
                .into_iter()
                .map(entry)
                .map(move |(method, entry)| ((route.clone(), method), entry))
        })
        .collect()
}

/// `/v1/orders/{id}/cancel` as the router spells it: `/v1/orders/:param0/cancel`.
fn route_of(path: &str) -> String {
    let mut parameters = 0..;
    let segments = path.split('/').map(|segment| {
        if segment.starts_with('{') {
            format!(":param{}", parameters.next().unwrap_or_default())
        } else {
            segment.to_owned()
        }
    });
    segments.collect::<Vec<_>>().join("/")
}

fn allow<'a>(methods: impl Iterator<Item = &'a Method>) -> String {
    let mut names: Vec<&str> = methods.map(Method::as_str).collect();
    if names.contains(&"GET") {
        names.push("HEAD");
    }
    names.sort_unstable();
    names.join(", ")
}

/// The answer to a method that a path does not know; it knows those in `allowed`.
pub(crate) fn not_allowed(method: &Method, allowed: &str) -> Response {
    let detail = format!("{method} is not possible here; {allowed} is");
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method-not-allowed", detail)
        .with_header(ALLOW, allowed)
        .into_response()
}

struct Door {
    inner: BoxEndpoint<'static>,
    entry: Entry,
    authenticator: Arc<Authenticator>,
    once: Option<Arc<OnceOnly>>,
}

impl Door {
    async fn admit(&self, request: &mut Request) -> Result<Caller, ApiError> {
        let caller = match request.data::<GoesOn>() {
            Some(GoesOn) => self.authenticator.known(request.headers()).await?,
            None => self.authenticator.caller(request.headers()).await?,
        };
        let Some(operation) = self.entry.operation else {
            return Err(Problem::new(StatusCode::FORBIDDEN, "forbidden", "nobody may do this").into());
        };
        caller.authorize(operation)?;
        self.check_query(request)?;
        self.check_headers(request)?;
        request.set_data(caller.clone());
        request.set_data(Admission { authenticator: self.authenticator.clone(), operation });
        Ok(caller)
    }

    async fn answer(&self, mut request: Request) -> Result<Response, ApiError> {
        let caller = self.admit(&mut request).await?;
        if !self.entry.takes_body
            && !request.method().is_safe()
            && let Err(error) = check_no_body(&mut request).await
        {
            return Ok(framework::answer(error));
        }
        if let Some(once) = &self.once
            && let Some(key) = once::key_of(&request)?
        {
            return Ok(once.answer(&caller, &key, request, &self.inner).await);
        }
        Ok(self.inner.call(request).await.unwrap_or_else(framework::answer))
    }

    /// A filter that is misspelt must not look like one that found everything, nor the second of two like it was heeded.
    fn check_query(&self, request: &Request) -> Result<(), ApiError> {
        if request.uri().query().is_none_or(str::is_empty) {
            return Ok(());
        }
        // Any query can be read as names with values.
        let given: Vec<(String, String)> = request.params().unwrap_or_default();
        let mut invalid = Invalid::default();
        let mut times: HashMap<&str, u32> = HashMap::new();
        for (name, _) in &given {
            let Some(parameter) = self.entry.query.iter().find(|known| known.name == *name) else {
                let name: String = name.chars().take(64).collect();
                invalid.push(name, self.no_parameter());
                continue;
            };
            let count = times.entry(name.as_str()).or_default();
            *count += 1;
            if *count == 2 && !parameter.many {
                invalid.push(name, "must be given once: it takes one value");
            }
        }
        Ok(invalid.or_ok(())?)
    }

    /// What cannot be read would be taken for absent.
    fn check_headers(&self, request: &Request) -> Result<(), ApiError> {
        let mut invalid = Invalid::default();
        for name in &self.entry.headers {
            let mut values = request.headers().get_all(name).iter();
            if values.any(|value| value.to_str().is_err()) {
                invalid.push(name, "must be written in ASCII");
            }
        }
        Ok(invalid.or_ok(())?)
    }

    fn no_parameter(&self) -> String {
        let known: Vec<&str> = self.entry.query.iter().map(|known| known.name.as_str()).collect();
        match known.as_slice() {
            [] => "is no parameter of this operation, which has none".to_owned(),
            known => format!("is no parameter of this operation; there are: {}", known.join(", ")),
        }
    }
}

/// What nobody reads must not look like it was heeded. An empty object says nothing: some clients send one with every POST.
async fn check_no_body(request: &mut Request) -> Result<()> {
    let body = request.take_body().into_bytes().await?;
    let blank = body.trim_ascii().is_empty();
    if !blank && !serde_json::from_slice::<Map<String, Value>>(&body).is_ok_and(|fields| fields.is_empty()) {
        return Err(ApiError::field("body", "must be empty: the operation takes no body").into());
    }
    request.set_body(body);
    Ok(())
}

impl Endpoint for Door {
    type Output = Response;

    async fn call(&self, request: Request) -> Result<Response> {
        let mut response = self.answer(request).await.unwrap_or_else(IntoResponse::into_response);
        response.set_data(OperationId(self.entry.operation_id));
        Ok(response)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_spelt_as_the_router_does() {
        assert_eq!(route_of("/v1/orders"), "/v1/orders");
        assert_eq!(route_of("/v1/a/{id}/b/{key}/c"), "/v1/a/:param0/b/:param1/c");
    }
}
