//! `cargo xtask test`.

use std::{fs, process::ExitCode};

use anyhow::{Context, Result};

use crate::{cargo, postgres, root, tools};

/// Runs `cargo test` with a PostgreSQL, over the whole workspace unless packages are named. The OpenID provider that tests of
/// `account` start is installed for them.
pub(crate) fn test(args: &[String]) -> Result<ExitCode> {
    if !names_packages(args) || args.iter().any(|arg| arg.contains("account") || arg.starts_with("--")) {
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
