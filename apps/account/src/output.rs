//! What commands print.

use std::io::Write as _;

/// Prints one line on the standard output.
pub(crate) fn say(line: &str) {
    // A reader that has gone away has seen enough.
    drop(writeln!(std::io::stdout(), "{line}"));
}

/// Prints `text` as it is.
pub(crate) fn print(text: &str) {
    drop(std::io::stdout().write_all(text.as_bytes()));
}
