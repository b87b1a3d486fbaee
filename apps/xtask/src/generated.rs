//! `cargo xtask generated`: files in the repository that are made from code.

use std::{
    fs,
    path::PathBuf,
    process::{Command, ExitCode, Stdio},
};

use anyhow::{Context, Result, bail};

use crate::{demo, root};

/// Compares what is checked in with what the code says.
pub(crate) fn check() -> Result<ExitCode> {
    let wanted = openapi()?;
    let path = openapi_path();
    let found = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    match first_difference(&found, &wanted) {
        None => {
            eprintln!("docs/openapi.json is up to date");
            Ok(ExitCode::SUCCESS)
        }
        Some((line, found, wanted)) => bail!(
            "docs/openapi.json is not what the code says, from line {line} on:\n  file: {found}\n  code: {wanted}\n\
             `cargo xtask generated --write` brings it up to date"
        ),
    }
}

/// Writes what the code says.
pub(crate) fn write() -> Result<ExitCode> {
    let path = openapi_path();
    fs::write(&path, openapi()?).with_context(|| format!("cannot write {}", path.display()))?;
    eprintln!("wrote docs/openapi.json");
    Ok(ExitCode::SUCCESS)
}

fn openapi_path() -> PathBuf {
    root().join("docs/openapi.json")
}

/// What `account openapi` prints.
fn openapi() -> Result<String> {
    let mut command = Command::new(demo::binary()?);
    let output = command.arg("openapi").stderr(Stdio::inherit()).output();
    let output = output.context("cannot run `account openapi`")?;
    if !output.status.success() {
        bail!("`account openapi` failed: {}", output.status);
    }
    String::from_utf8(output.stdout).context("`account openapi` did not print UTF-8")
}

/// The number of the first line that differs, and both lines.
fn first_difference<'a>(found: &'a str, wanted: &'a str) -> Option<(usize, &'a str, &'a str)> {
    if found == wanted {
        return None;
    }
    const END: &str = "(end of file)";
    let (mut left, mut right) = (found.lines(), wanted.lines());
    let mut number = 0;
    loop {
        number += 1;
        match (left.next(), right.next()) {
            (None, None) => return Some((number, END, "(a line break)")),
            (a, b) if a == b => {}
            (a, b) => return Some((number, a.unwrap_or(END), b.unwrap_or(END))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::first_difference;

    #[test]
    fn the_first_line_that_differs_is_named() {
        assert_eq!(first_difference("a\nb\n", "a\nb\n"), None);
        assert_eq!(first_difference("a\nb\n", "a\nc\n"), Some((2, "b", "c")));
        assert_eq!(first_difference("a\n", "a\nc\n"), Some((2, "(end of file)", "c")));
        assert_eq!(first_difference("a", "a\n"), Some((2, "(end of file)", "(a line break)")));
    }
}
