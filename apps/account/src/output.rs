//! What commands print.

use std::io::{self, ErrorKind, Write as _};

use crate::exit::{Failure, Kind};

/// Prints one line on the standard output.
pub(crate) fn say(line: &str) {
    let mut out = io::stdout();
    written(writeln!(out, "{line}"));
}

/// Prints `text` as it is.
pub(crate) fn print(text: &str) {
    let mut out = io::stdout();
    written(out.write_all(text.as_bytes()).and_then(|()| out.flush()));
}

/// A reader that has gone away has seen enough. Whatever else goes wrong ends the process: half of it is no copy of anything.
fn written(result: io::Result<()>) {
    if let Err(error) = result
        && error.kind() != ErrorKind::BrokenPipe
    {
        let failure = Failure::says(Kind::Failed, format!("what is printed cannot be written: {error}"));
        failure.report();
        std::process::exit(Kind::Failed as i32);
    }
}
