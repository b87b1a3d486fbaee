//! What must hold of any cursor: there is a page after it, or the refusal says that the cursor is at fault. `apps/fuzz` sends it more.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use kernel::{Cursor, PageRequest, StoreError, Timestamp};
use service_delivery::reads::{ListQuery, Reads, RequestQuery, RequestSort, Sorted, Viewer};
use strum::VariantArray as _;

/// What follows the first byte as the cursor of service requests: as it is, and as the values that a cursor would hold. The first
/// byte says in which order.
pub(crate) async fn cursor(reads: &impl Reads, data: &[u8]) {
    let Some((&first, rest)) = data.split_first() else { return };
    let Ok(text) = str::from_utf8(rest) else { return };
    let by = RequestSort::VARIANTS[usize::from(first >> 1) % RequestSort::VARIANTS.len()];
    let sort = Sorted { by, descending: first & 1 == 1 };
    let forged = URL_SAFE_NO_PAD.encode(format!("[\"service_requests\",\"{sort}\",{text}]"));
    for cursor in [text.to_owned(), forged] {
        let page = PageRequest::longest(Some(Cursor(cursor)));
        let query = RequestQuery { sort: Some(sort), page, ..ListQuery::default() };
        if let Err(error) = reads.service_requests(Viewer::staff(Timestamp::MAX), &query).await {
            assert_eq!(error, StoreError::InvalidCursor, "{sort}: {text}");
        }
    }
}
