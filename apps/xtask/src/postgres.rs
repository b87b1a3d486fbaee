//! A throw-away PostgreSQL: a cluster in a temporary folder, on a Unix socket only, gone when this process is.

use std::{
    env, fs,
    net::TcpListener,
    os::unix::{fs::chown, process::CommandExt},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, Command, ExitCode, Stdio},
    time::Instant,
};

use anyhow::{Context, Result, anyhow, bail, ensure};
use tempfile::TempDir;

use crate::exit_code;

/// Where tests find the server: the URL of a superuser, on a maintenance database.
const URL: &str = "ACCOUNT_TEST_POSTGRES_URL";

/// Ends the server and deletes its folder as soon as the pipe to this process closes, however this process ended.
const WATCHDOG: &str = r#"
read -r _
"$1/pg_ctl" stop -D "$2/data" -m immediate -w
rm -rf "$2"
"#;

/// Durability is of no use to a test; many connections are.
const OPTIONS: [&str; 10] = [
    "listen_addresses=",
    "port=5432",
    "max_connections=300",
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    "wal_level=minimal",
    "max_wal_senders=0",
    "max_wal_size=4GB",
    // A worker on a template database would keep it from being copied.
    "autovacuum=off",
];

/// Runs `command` with a server as PostgreSQL comes: durable, with its default settings, over TCP. The command finds it in
/// LOAD_POSTGRES_URL, and its programs in LOAD_POSTGRES_BIN.
pub(crate) fn with_durable_server(mut command: Command) -> Result<ExitCode> {
    let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
    let server = Server::start_with(&format!("-c listen_addresses=127.0.0.1 -c port={port}"))?;
    command.env("LOAD_POSTGRES_URL", format!("postgres://postgres@127.0.0.1:{port}/postgres"));
    command.env("LOAD_POSTGRES_BIN", find_bin()?);
    let status = command.status().with_context(|| format!("cannot run {:?}", command.get_program()));
    drop(server);
    Ok(exit_code(status?))
}

/// Runs `command` with a server for it in the environment, and ends the server afterwards. A server that the
/// environment names already is used as it is.
pub(crate) fn with_server(mut command: Command) -> Result<ExitCode> {
    let server = if env::var_os(URL).is_some() {
        eprintln!("using the PostgreSQL that {URL} names");
        None
    } else {
        let begin = Instant::now();
        let server = Server::start()?;
        eprintln!("started a PostgreSQL in {} in {:.1?}", server.folder.display(), begin.elapsed());
        command.env(URL, server.url());
        Some(server)
    };
    let status = command.status().with_context(|| format!("cannot run {:?}", command.get_program()));
    drop(server);
    Ok(exit_code(status?))
}

/// A server of one's own; it ends when this is dropped.
pub(crate) struct Server {
    folder: PathBuf,
    watchdog: Child,
    /// The watchdog's cue: closed with this process.
    cue: Option<ChildStdin>,
}

impl Server {
    /// For tests.
    ///
    /// # Errors
    /// PostgreSQL is not installed, or does not start.
    pub(crate) fn start() -> Result<Self> {
        let options: String = OPTIONS.iter().map(|option| format!(" -c {option}")).collect();
        Self::start_with(&options)
    }

    /// With `settings` on its command line.
    fn start_with(settings: &str) -> Result<Self> {
        let bin = find_bin()?;
        let account = Account::for_server()?;
        let folder = TempDir::with_prefix("account-pg-").context("cannot make a temporary folder")?;
        account.own(folder.path())?;
        let mut watchdog = account.command("sh");
        watchdog.args(["-c", WATCHDOG, "sh"]).args([&bin, folder.path()]);
        let mut watchdog = watchdog.stdin(Stdio::piped()).spawn().context("cannot run sh")?;
        // From here on the folder is the watchdog's to delete.
        let server = Self { folder: folder.keep(), cue: watchdog.stdin.take(), watchdog };

        let data = server.folder.join("data");
        let mut initdb = account.command(bin.join("initdb"));
        initdb.arg("-D").arg(&data);
        initdb.args(["-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync"]);
        check("initdb", initdb, None)?;

        let log = server.folder.join("log");
        let options = format!("-k {} {settings}", server.folder.display());
        let mut start = account.command(bin.join("pg_ctl"));
        start.args(["start", "-w", "-t", "60", "-D"]).arg(&data).arg("-l").arg(&log).arg("-o").arg(options);
        check("pg_ctl start", start, Some(&log))?;
        Ok(server)
    }

    /// Of its maintenance database, as a superuser.
    pub(crate) fn url(&self) -> String {
        format!("postgres://postgres@localhost:5432/postgres?host={}", self.folder.display())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.cue.take());
        if let Err(error) = self.watchdog.wait() {
            eprintln!("the throw-away PostgreSQL may still run: {error}");
        }
        // Where the server's account may not delete the folder itself. Usually it is gone.
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// Runs a tool of PostgreSQL to its end; what it said is told only where it failed.
fn check(name: &str, mut command: Command, log: Option<&Path>) -> Result<()> {
    // Into a file: a server that is started would keep a pipe open.
    let mut said = tempfile::tempfile()?;
    let status = command
        .stdout(said.try_clone()?)
        .stderr(said.try_clone()?)
        .status()
        .with_context(|| format!("cannot run {name}"))?;
    if status.success() {
        return Ok(());
    }
    use std::io::{Read, Seek};
    let mut text = String::new();
    said.rewind()?;
    said.read_to_string(&mut text)?;
    if let Some(log) = log {
        text += &fs::read_to_string(log).unwrap_or_default();
    }
    bail!("{name} failed ({status}):\n{text}")
}

/// The account that the server runs as: PostgreSQL refuses to be root.
struct Account(Option<(u32, u32)>);

impl Account {
    fn for_server() -> Result<Self> {
        let id = Command::new("id").arg("-u").output().context("cannot run id")?;
        if id.stdout.trim_ascii() != b"0" {
            return Ok(Self(None));
        }
        let passwd = fs::read_to_string("/etc/passwd").context("cannot read /etc/passwd")?;
        let ids = account_ids(&passwd, "postgres").ok_or_else(|| {
            anyhow!("PostgreSQL does not run as root, and there is no user `postgres`; {INSTALL}")
        })?;
        Ok(Self(Some(ids)))
    }

    fn own(&self, folder: &Path) -> Result<()> {
        let Some((uid, gid)) = self.0 else { return Ok(()) };
        chown(folder, Some(uid), Some(gid)).with_context(|| format!("cannot hand over {}", folder.display()))
    }

    /// A command of this account, out of reach of the terminal's Ctrl-C: the watchdog is what ends it.
    fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        if let Some((uid, gid)) = self.0 {
            command.uid(uid).gid(gid);
        }
        command.process_group(0).current_dir("/");
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        for (name, _) in env::vars_os() {
            if name.to_string_lossy().starts_with("PG") {
                command.env_remove(name);
            }
        }
        command
    }
}

/// Uid and gid of `name` in the text of `/etc/passwd`.
fn account_ids(passwd: &str, name: &str) -> Option<(u32, u32)> {
    passwd.lines().find_map(|line| {
        let mut fields = line.split(':');
        if fields.next()? != name {
            return None;
        }
        let (_, uid, gid) = (fields.next()?, fields.next()?, fields.next()?);
        Some((uid.parse().ok()?, gid.parse().ok()?))
    })
}

const INSTALL: &str = "install it with `apt-get install postgresql`, or name its folder of programs in PG_BIN, \
                       or a server of your own in ACCOUNT_TEST_POSTGRES_URL";

/// The folder with `initdb` and `pg_ctl`: PG_BIN, the newest of Debian's, or wherever PATH has them.
fn find_bin() -> Result<PathBuf> {
    if let Some(bin) = env::var_os("PG_BIN").map(PathBuf::from) {
        ensure!(has_server(&bin), "PG_BIN is {}, and there is no initdb in it", bin.display());
        return Ok(bin);
    }
    let mut debian: Vec<(u32, PathBuf)> = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin"))))
        .filter(|(_, bin)| has_server(bin))
        .collect();
    debian.sort();
    let path = env::var_os("PATH").unwrap_or_default();
    debian
        .pop()
        .map(|(_, bin)| bin)
        .or_else(|| env::split_paths(&path).find(|bin| has_server(bin)))
        .ok_or_else(|| anyhow!("the tests need PostgreSQL, and there is none here; {INSTALL}"))
}

fn has_server(bin: &Path) -> bool {
    bin.join("initdb").is_file() && bin.join("pg_ctl").is_file()
}

#[cfg(test)]
mod tests {
    use super::account_ids;

    #[test]
    fn an_account_is_found_in_passwd() {
        let passwd =
            "root:x:0:0:root:/root:/bin/sh\npostgres:x:101:104::/var/lib/postgresql:/bin/bash\nbad:x\n";
        assert_eq!(account_ids(passwd, "postgres"), Some((101, 104)));
        assert_eq!(account_ids(passwd, "post"), None);
        assert_eq!(account_ids(passwd, "bad"), None);
    }
}
