//! A server with the demo company in it, for programs that call it from outside.

use std::{
    fs::{self, File},
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use anyhow::{Context, Result, bail, ensure};
use cargo_metadata::MetadataCommand;
use tempfile::TempDir;

use crate::{cargo, root, tools};

/// Builds the program and says where it is.
///
/// As the tests build it: which features a dependency has is decided by what is built together, so that another choice would
/// compile nearly everything again.
pub(crate) fn binary() -> Result<PathBuf> {
    tools::run(cargo().args(["test", "--quiet", "--workspace", "--no-run", "--test", "it"]), "")?;
    let metadata = MetadataCommand::new().manifest_path(root().join("Cargo.toml")).no_deps().exec()?;
    Ok(metadata.target_directory.join("debug/account").into_std_path_buf())
}

/// A running server in a folder of its own; it stops when this is dropped.
pub(crate) struct Demo {
    child: Child,
    folder: TempDir,
    binary: PathBuf,
    environment: Vec<(String, String)>,
    /// Where it listens: `http://127.0.0.1:…`.
    pub(crate) url: String,
    /// A key of staff.
    pub(crate) staff: String,
    /// A key of a customer's owner.
    pub(crate) customer: String,
}

impl Demo {
    /// Starts a server on `database`, or on a SQLite file, with these settings in its environment.
    ///
    /// # Errors
    /// It does not start, or does not say how to reach it.
    pub(crate) fn start(binary: &Path, database: Option<&str>, settings: &[(&str, &str)]) -> Result<Self> {
        let folder = TempDir::with_prefix("account-demo-").context("cannot make a temporary folder")?;
        let log = folder.path().join("log");
        let mut environment: Vec<(String, String)> =
            settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        if let Some(url) = database {
            environment.push(("DATABASE_URL".to_owned(), url.to_owned()));
        }
        let mut command = Command::new(binary);
        command.args(["serve", "--demo", "--listen", "127.0.0.1:0"]).current_dir(folder.path()).env_clear();
        command.envs(environment.iter().cloned());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(File::create(&log)?);
        let mut child = command.spawn().with_context(|| format!("cannot run {}", binary.display()))?;
        let told = child.stdout.take().context("the server has no output")?;
        let Some((url, staff, customer)) = read(BufReader::new(told).lines().map_while(Result::ok)) else {
            let _ = child.kill();
            child.wait()?;
            bail!("the demo did not start:\n{}", fs::read_to_string(&log).unwrap_or_default());
        };
        Ok(Self { child, folder, binary: binary.to_owned(), environment, url, staff, customer })
    }

    /// Everything that the server has logged.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }

    /// Audits every ledger of the server's database.
    ///
    /// # Errors
    /// The audit found a difference.
    pub(crate) fn verify(&self) -> Result<()> {
        let mut verify = Command::new(&self.binary);
        verify.arg("verify").current_dir(self.folder.path()).env_clear();
        verify.envs(self.environment.iter().cloned());
        ensure!(
            verify.status().context("cannot run `account verify`")?.success(),
            "the ledgers are not right"
        );
        Ok(())
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        let asked = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status();
        if !asked.is_ok_and(|status| status.success()) {
            let _ = self.child.kill();
        }
        let _ = self.child.wait();
    }
}

/// Address, key of staff and key of a customer, from what the demo prints.
fn read(lines: impl Iterator<Item = String>) -> Option<(String, String, String)> {
    let (mut url, mut staff) = (None, None);
    for line in lines {
        let line = line.trim();
        if let Some(page) = line.strip_prefix("look ") {
            url = Some(page.trim().trim_end_matches("/docs").to_owned());
        } else if let Some(key) = line.strip_prefix("key ") {
            staff = Some(key.trim().to_owned());
        } else if let Some((_, rest)) = line.split_once("Authorization: Bearer ") {
            let key = rest.split('\'').next().unwrap_or_default();
            if staff.as_deref().is_some_and(|staff| staff != key) {
                return Some((url?, staff?, key.to_owned()));
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::read;

    #[test]
    fn what_the_demo_prints_is_read() {
        let text = "\n  look    http://127.0.0.1:8080/docs\n  key     mda_staff\n  try     curl -H 'Authorization: \
            Bearer mda_staff' http://127.0.0.1:8080/v1/x\n\n    curl -H 'Authorization: Bearer mda_owner' 'http://…'\n";
        let read = |text: &str| read(text.lines().map(str::to_owned));
        let keys = ("http://127.0.0.1:8080", "mda_staff", "mda_owner");
        assert_eq!(read(text), Some((keys.0.to_owned(), keys.1.to_owned(), keys.2.to_owned())));
        assert_eq!(read("the port is taken"), None);
    }
}
