//! Bounds of the texts that people write.

use kernel::Invalid;

/// The longest title of a service or a request, in characters.
pub const MAX_TITLE: usize = 200;
/// The longest description of a request, in characters.
pub const MAX_DESCRIPTION: usize = 20_000;
/// The longest reason, in characters.
pub const MAX_REASON: usize = 2_000;
/// The longest note, in characters.
pub const MAX_NOTE: usize = 20_000;
/// The longest name of an assignee, in characters.
pub const MAX_ASSIGNEE: usize = 200;

/// A reason that is needed, without the blanks around it.
pub(crate) fn reason(text: &str) -> Result<String, Invalid> {
    let mut invalid = Invalid::default();
    invalid.require_text("reason", text, MAX_REASON);
    invalid.or_ok(text.trim().to_owned())
}

/// A reason that may be left out; a blank one counts as none.
pub(crate) fn optional_reason(text: Option<&str>) -> Result<Option<String>, Invalid> {
    text.filter(|text| !text.trim().is_empty()).map(reason).transpose()
}
