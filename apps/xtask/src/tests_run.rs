//! `cargo xtask test`.

use std::process::ExitCode;

use anyhow::Result;

use crate::{cargo, postgres};

/// Runs `cargo test` with a PostgreSQL, over the whole workspace unless packages are named.
pub(crate) fn test(args: &[String]) -> Result<ExitCode> {
    let mut command = cargo();
    command.arg("test");
    if !names_packages(args) {
        command.arg("--workspace");
    }
    command.args(args);
    postgres::with_server(command)
}

fn names_packages(args: &[String]) -> bool {
    args.iter().take_while(|arg| *arg != "--").any(|arg| {
        arg.starts_with("-p") || arg.starts_with("--package") || arg == "--workspace" || arg == "--all"
    })
}

#[cfg(test)]
mod tests {
    use super::names_packages;

    #[test]
    fn named_packages_replace_the_workspace() {
        let named = |args: &str| {
            let args: Vec<String> = args.split_whitespace().map(str::to_owned).collect();
            names_packages(&args)
        };
        assert!(named("-p kernel"));
        assert!(named("-pkernel codes"));
        assert!(named("--package=kernel"));
        assert!(named("--workspace --release"));
        assert!(!named(""));
        assert!(!named("codes -- --nocapture -p"));
    }
}
