#![cfg_attr(all(feature = "kinds", feature = "toml"), doc = include_str!("../README.md"))]
#![cfg_attr(not(all(feature = "kinds", feature = "toml")), doc = "Layered policies that explain themselves.")]

mod answers;
mod bound;
mod compile;
mod decide;
mod declare;
mod diagnostic;
mod document;
mod explain;
mod field;
mod format;
#[cfg_attr(all(feature = "kinds", feature = "toml"), doc = include_str!("../docs/semantics.md"))]
#[cfg_attr(not(all(feature = "kinds", feature = "toml")), doc = "How documents merge.")]
pub mod guide {}
mod impact;
mod index;
mod kind_schema;
pub mod kinds;
mod lint;
mod live;
mod operation;
mod roster;
mod schema;
mod shape;
mod snapshot;
mod subject;
mod table;
mod timestamp;
mod value;
mod value_type;

pub use answers::{Blocked, Effective, ResolveError};
pub use bound::Bound;
pub use diagnostic::{Code, Diagnostic, Diagnostics, DocumentRef, Severity};
pub use document::Document;
pub use explain::{Explanation, FieldExplanation, Outcome, Reason, Step, Steps};
pub use field::{Field, Rule};
pub use format::{Format, Limits, Reading, read, read_within, write};
pub use impact::{FieldChange, Impact, KindImpact};
pub use kind_schema::KindSchema;
pub use live::{Current, Live};
pub use operation::{Operation, Operations};
pub use roster::Roster;
pub use schema::{Level, MAX_LEVELS, Schema, SchemaBuilder, SubjectError};
#[doc(hidden)]
pub use shape::describe_part;
pub use shape::{Choice, Kind, Leaf, Meta, Shape};
pub use snapshot::Snapshot;
pub use subject::Subject;
pub use timestamp::{Timestamp, TimestampError};
pub use value::Value;
pub use value_type::{TextFormat, ValueType};
