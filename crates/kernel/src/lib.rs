//! What every domain of MIDDAG Account needs and none owns.
//!
//! Pure: no I/O, no system clock, no randomness. Time and randomness come in through the ports of [`ports`].

mod actor;
mod code;
mod id;
mod life_cycle;
mod money;
mod page;
mod service_kind;
mod standing;
mod store_error;
mod time;
mod validation;

pub mod ports;

pub use actor::{Actor, ActorKind};
pub use code::{
    CodeError, CodeSeries, ContractCode, EntitlementClass, EntitlementCode, InvoiceCode, OrderCode,
    QuoteCode, ServiceRequestCode,
};
pub use id::*;
pub use life_cycle::{IllegalMove, LifeCycle, legal_commands, step};
pub use money::{Currency, Money, MoneyError};
pub use page::{Cursor, MAX_PAGE_LIMIT, Page, PageRequest};
pub use service_kind::{ServiceMode, ServiceType};
pub use standing::{Limited, Standing};
pub use store_error::StoreError;
pub use time::{Timestamp, TimestampError, add_months};
pub use validation::{FieldError, Invalid};
