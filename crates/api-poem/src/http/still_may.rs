//! Answers that last: whether their caller still may have them.

use std::sync::Arc;

use kernel::{CallerId, OrganizationId};
use poem::{
    Error, FromRequest, Request, RequestBody, Result,
    http::{HeaderMap, StatusCode},
};
use service_delivery::access::{Caller, Operation};

use super::{ApiError, auth::Authenticator};

/// That a request is a part of an answer that goes on: it was counted when it began.
#[derive(Clone, Copy)]
pub(crate) struct GoesOn;

/// What the guard in front of every operation knows, for those that ask again later.
#[derive(Clone)]
pub(crate) struct Admission {
    pub(crate) authenticator: Arc<Authenticator>,
    pub(crate) operation: Operation,
}

/// Finds out again and again whether the caller may do what was begun.
pub(crate) struct StillMay {
    admission: Admission,
    headers: HeaderMap,
    caller: CallerId,
    tenant: Option<OrganizationId>,
}

impl StillMay {
    /// Who began it.
    pub(crate) fn caller(&self) -> CallerId {
        self.caller
    }

    /// Whether the key or token is as good as it was: not revoked, not expired, allowed the same. A storage or a provider that does
    /// not answer changes nothing.
    pub(crate) async fn holds(&self) -> bool {
        match self.admission.authenticator.known(&self.headers).await {
            Ok(caller) => {
                caller.tenant() == self.tenant && caller.authorize(self.admission.operation).is_ok()
            }
            Err(ApiError::Unauthorized(..) | ApiError::Forbidden(..)) => false,
            Err(_) => true,
        }
    }
}

impl<'a> FromRequest<'a> for StillMay {
    async fn from_request(request: &'a Request, _body: &mut RequestBody) -> Result<Self> {
        let missing = || Error::from_status(StatusCode::INTERNAL_SERVER_ERROR);
        let admission = request.extensions().get::<Admission>().cloned().ok_or_else(missing)?;
        let caller = request.extensions().get::<Caller>().ok_or_else(missing)?;
        Ok(Self { admission, headers: request.headers().clone(), caller: caller.id, tenant: caller.tenant() })
    }
}
