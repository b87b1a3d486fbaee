//! Who is calling, and who may do what: decided here and nowhere else.

mod api_key;
mod grant;
mod operation;
mod person;

pub use api_key::{
    API_KEY_PREFIX, ApiKey, ApiKeyError, ApiKeyRecord, ApiKeySecret, Keys, MAX_GRACE_HOURS, Store,
};
pub use grant::{Caller, Grant, StaffRole};
pub use operation::{Operation, Requirement};
pub use person::{Identity, Members, People, PersonError, TokenError, Tokens};
