//! What values look like in JSON: instants, days, money, pages, keys of things.

mod csv;
mod csv_stream;
mod etag;
mod key;
mod money;
mod page;
mod reply;
mod sort;
mod text;
mod word;

pub(crate) use csv::{CsvBody, CsvFile};
pub(crate) use csv_stream::csv_row;
pub(crate) use etag::{etag, expected_version};
pub(crate) use key::Key;
pub(crate) use money::Money;
pub(crate) use page::{DEFAULT_DAYS, Days, Limit, Page, list_query, page_request};
pub(crate) use reply::{Created, Done, Repeatable, Tagged};
pub(crate) use sort::Sort;
pub(crate) use text::{Credits, Day, Instant, Month, read_day, read_instant};
pub(crate) use word::Word;
