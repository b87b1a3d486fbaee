//! `cargo xtask test`.

use std::{fs, process::ExitCode};

use anyhow::{Context, Result};

use crate::{cargo, postgres, root, tools};

/// Runs `cargo test` with a PostgreSQL, over the whole workspace unless packages are named. The OpenID provider that tests of
/// `account` start is installed for them.
pub(crate) fn test(args: &[String]) -> Result<ExitCode> {
    if tests_account(args) {
        install_provider()?;
    }
    let mut command = cargo();
    command.arg("test");
    if !names_packages(args) {
        command.arg("--workspace");
    }
    command.args(args);
    postgres::with_server(command)
}

fn install_provider() -> Result<()> {
    let from = root().join("apps/account/tests/openid");
    let (program, home) = (from.join("provider.mjs"), tools::npm(&from, "openid")?);
    fs::copy(&program, home.join("provider.mjs"))
        .with_context(|| format!("cannot copy {}", program.display()))?;
    Ok(())
}

/// What `cargo test` itself is told.
fn of_cargo(args: &[String]) -> impl Iterator<Item = &String> {
    args.iter().take_while(|arg| *arg != "--")
}

fn tests_account(args: &[String]) -> bool {
    let all = |arg: &String| arg == "--workspace" || arg == "--all";
    !names_packages(args) || of_cargo(args).any(|arg| all(arg) || arg.contains("account"))
}

fn names_packages(args: &[String]) -> bool {
    of_cargo(args).any(|arg| {
        arg.starts_with("-p") || arg.starts_with("--package") || arg == "--workspace" || arg == "--all"
    })
}

#[cfg(test)]
mod tests {
    use super::{names_packages, tests_account};

    fn words(args: &str) -> Vec<String> {
        args.split_whitespace().map(str::to_owned).collect()
    }

    #[test]
    fn named_packages_replace_the_workspace() {
        let named = |args: &str| names_packages(&words(args));
        assert!(named("-p kernel"));
        assert!(named("-pkernel codes"));
        assert!(named("--package=kernel"));
        assert!(named("--workspace --release"));
        assert!(!named(""));
        assert!(!named("codes -- --nocapture -p"));
    }

    #[test]
    fn the_provider_is_installed_for_the_tests_that_start_it() {
        for args in
            ["", "openid", "-p account", "--package=account -p kernel", "--workspace", "-- --nocapture"]
        {
            assert!(tests_account(&words(args)), "{args}");
        }
        for args in ["-p kernel", "-p kernel -- --nocapture account"] {
            assert!(!tests_account(&words(args)), "{args}");
        }
    }
}
