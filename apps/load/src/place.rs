//! A place to serve in: the program, a folder, a database; and the servers that run there.

use std::{
    io::{BufRead as _, BufReader, Read as _},
    net::TcpStream,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;
use tempfile::TempDir;

use crate::client::Client;

/// How long a server may take to begin.
const BEGIN: Duration = Duration::from_secs(60);

/// Where servers run.
pub struct Place {
    program: PathBuf,
    folder: TempDir,
    database_url: String,
    settings: Vec<(String, String)>,
}

impl Place {
    /// With the program at `program`, on the database at `database_url`, or on a SQLite file of its own. The schema is made.
    ///
    /// # Errors
    /// The program says why it cannot.
    pub fn new(program: &Path, database_url: Option<&str>) -> Result<Self> {
        let folder = TempDir::with_prefix("account-load-")?;
        let database_url = match database_url {
            Some(url) => url.to_owned(),
            None => format!("sqlite://{}?mode=rwc", folder.path().join("load.sqlite").display()),
        };
        let place = Self { program: program.to_owned(), folder, database_url, settings: vec![] };
        place.run(&["migrate"])?;
        Ok(place)
    }

    /// With the setting `name` in the environment of everything that runs from now on.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.settings.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The database's URL.
    pub fn database_url(&self) -> &str {
        &self.database_url
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command.current_dir(self.folder.path()).env_clear().stdin(Stdio::null()).args(arguments);
        command.env("ACCOUNT_DATABASE_URL", &self.database_url);
        // The load is meant: it is counted as any other, and no end is in sight.
        command.env("ACCOUNT_LIMITS__REQUESTS_PER_KEY", "1000000");
        command.env("ACCOUNT_LIMITS__REQUESTS_PER_ADDRESS", "1000000");
        command.envs(self.settings.iter().map(|(name, value)| (name, value)));
        command
    }

    /// Runs a command of the program to its end. What it printed.
    ///
    /// # Errors
    /// It failed, with what it said.
    pub fn run(&self, arguments: &[&str]) -> Result<String> {
        let output = self.command(arguments).output().context("cannot run the program")?;
        let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        ensure!(output.status.success(), "`account {}`: {}\n{out}{err}", arguments.join(" "), output.status);
        Ok(out.into_owned())
    }

    /// A key that may do everything.
    ///
    /// # Errors
    /// As [`Place::run`].
    pub fn key(&self) -> Result<String> {
        let made = self.run(&["key", "create", "--name", "load", "--role", "staff_admin"])?;
        let key = made.lines().find_map(|line| line.strip_prefix("key: ")).context("no key was printed")?;
        Ok(key.trim().to_owned())
    }

    /// Audits every ledger; what was looked at.
    ///
    /// # Errors
    /// Differences were found.
    pub fn verify(&self) -> Result<String> {
        Ok(self.run(&["verify"])?.trim().to_owned())
    }

    /// A server on a port of its own, ready to serve.
    ///
    /// # Errors
    /// It does not begin.
    pub fn serve(&self) -> Result<Server> {
        let mut command = self.command(&["serve", "--listen", "127.0.0.1:0", "--log-format", "json"]);
        let begun = Instant::now();
        let mut child = command.stderr(Stdio::piped()).stdout(Stdio::null()).spawn()?;
        let mut log = BufReader::new(child.stderr.take().context("no log")?);
        let (mut said, mut address) = (String::new(), None);
        while address.is_none() && begun.elapsed() < BEGIN {
            let mut line = String::new();
            if log.read_line(&mut line)? == 0 {
                break;
            }
            let event: Value = serde_json::from_str(&line).unwrap_or_default();
            if event["message"] == "listening" {
                address = event["address"].as_str().map(str::to_owned);
            }
            said += &line;
        }
        let Some(address) = address else {
            let _ = child.kill();
            let _ = child.wait();
            anyhow::bail!("the server did not begin: {said}");
        };
        // Somebody has to read it, or the server would wait for that.
        let reading = thread::spawn(move || {
            let mut rest = vec![];
            let _ = log.read_to_end(&mut rest);
            String::from_utf8_lossy(&rest).into_owned()
        });
        let server = Server { child, address, log: Some(reading) };
        while server.client("").get("/readyz").map_or(0, |answer| answer.status) != 200 {
            ensure!(begun.elapsed() < BEGIN, "the server at {} is not ready", server.address);
        }
        Ok(server)
    }
}

/// A running server.
pub struct Server {
    child: Child,
    address: String,
    log: Option<thread::JoinHandle<String>>,
}

impl Server {
    /// Address and port.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// A client of it that calls with `key`.
    pub fn client(&self, key: &str) -> Client {
        Client::new(&self.address, key)
    }

    /// What it has of the memory, in KiB.
    ///
    /// # Errors
    /// The system does not say.
    pub fn resident_kib(&self) -> Result<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("no VmRSS")?;
        Ok(line.trim().trim_end_matches(" kB").parse()?)
    }

    /// SIGKILL, while others still use it.
    ///
    /// # Errors
    /// The system refuses.
    pub fn kill_now(&self) -> Result<()> {
        self.signal("-KILL")
    }

    /// SIGTERM.
    ///
    /// # Errors
    /// The system refuses.
    pub fn ask_to_stop(&self) -> Result<()> {
        self.signal("-TERM")
    }

    fn signal(&self, signal: &str) -> Result<()> {
        let sent = Command::new("kill").args([signal, &self.child.id().to_string()]).status()?;
        ensure!(sent.success(), "kill {signal}: {sent}");
        Ok(())
    }

    /// Waits until it takes no further connection.
    ///
    /// # Errors
    /// It still does after a minute.
    pub fn wait_until_closed(&self) -> Result<()> {
        let begun = Instant::now();
        while TcpStream::connect(&self.address).is_ok() {
            ensure!(begun.elapsed() < BEGIN, "the server at {} does not close", self.address);
            thread::park_timeout(Duration::from_millis(1));
        }
        Ok(())
    }

    /// Waits for its end: how it ended, and what it said of problems.
    ///
    /// # Errors
    /// The system refuses.
    pub fn ended(mut self) -> Result<(ExitStatus, String)> {
        let status = self.child.wait()?;
        let log = self.log.take().and_then(|log| log.join().ok()).unwrap_or_default();
        let problems: Vec<&str> = log.lines().filter(|line| !line.contains("\"level\":\"INFO\"")).collect();
        Ok((status, problems.join("\n")))
    }

    /// As [`Server::ended`], with all that it said since it began to serve.
    ///
    /// # Errors
    /// The system refuses.
    pub fn ended_with_log(mut self) -> Result<(ExitStatus, String)> {
        let status = self.child.wait()?;
        Ok((status, self.log.take().and_then(|log| log.join().ok()).unwrap_or_default()))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
