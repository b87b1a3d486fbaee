//! The binary in a folder of its own, and a server of it.

use std::{
    fs::File,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    path::Path,
    process::{Child, Command, ExitStatus, Stdio},
};

use tempfile::TempDir;

pub(crate) fn account(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_account"));
    command.current_dir(folder).env_clear().stdin(Stdio::null());
    command
}

pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

pub(crate) fn run(folder: &TempDir, arguments: &[&str]) -> Ended {
    end(account(folder.path()).args(arguments))
}

pub(crate) fn end(command: &mut Command) -> Ended {
    let output = command.output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Ended { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
}

pub(crate) fn folder() -> TempDir {
    tempfile::tempdir().unwrap()
}

const SAID: &str = "said.txt";

/// All that a server in that folder has said.
pub(crate) fn said_in(folder: &TempDir) -> String {
    std::fs::read_to_string(folder.path().join(SAID)).unwrap()
}

/// Free a moment ago, and so it is now as a rule.
pub(crate) fn free_address() -> String {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string()
}

/// The answer of whoever listens at `address`.
pub(crate) fn get(address: &str, path: &str, key: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nhost: x\r\nx-api-key: {key}\r\nconnection: close\r\n\r\n")
        .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

/// A server with the demo company in it.
pub(crate) struct Server {
    child: Child,
    pub(crate) address: String,
    pub(crate) key: String,
}

impl Server {
    pub(crate) fn demo(folder: &TempDir, database_url: Option<&str>) -> Self {
        let mut command = account(folder.path());
        if let Some(url) = database_url {
            command.env("DATABASE_URL", url);
        }
        command
            .args(["serve", "--demo", "--listen", "127.0.0.1:0"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
        let mut next =
            |name: &str| lines.find_map(|line| Some(line.trim().strip_prefix(name)?.trim().to_owned()));
        let look = next("look").unwrap();
        let key = next("key").unwrap();
        let address = look.trim_start_matches("http://").trim_end_matches("/docs").to_owned();
        Self { child, address, key }
    }

    /// A server on a migrated database, with these settings in its environment; what it says goes into `said.txt` in the folder. Its
    /// key is an administrator's.
    pub(crate) fn on(folder: &TempDir, database_url: &str, settings: &[(&str, &str)]) -> Self {
        let with_database = || {
            let mut command = account(folder.path());
            command.env("DATABASE_URL", database_url);
            command
        };
        let made = end(with_database().args(["key", "create", "--name", "test", "--role", "staff_admin"]));
        let key = made.out.lines().find_map(|line| line.strip_prefix("key: ")).expect(&made.err).to_owned();
        let address = free_address();
        let said = File::create(folder.path().join(SAID)).unwrap();
        let mut command = with_database();
        command
            .envs(settings.iter().copied())
            .args(["serve", "--listen", &address])
            .stdout(said.try_clone().unwrap())
            .stderr(said);
        let mut server = Self { child: command.spawn().unwrap(), address, key };
        while !said_in(folder).contains(" listening ") {
            assert!(server.child.try_wait().unwrap().is_none(), "it does not serve: {}", said_in(folder));
            std::thread::yield_now();
        }
        server
    }

    /// Sends `request` as it is and reads the answer to its end.
    pub(crate) fn send(&self, request: &str) -> String {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    /// A POST with that body and that `Idempotency-Key`, as it goes over the wire.
    pub(crate) fn named_post(&self, path: &str, name: &str, body: &str) -> String {
        let head = format!("idempotency-key: {name}\r\nconnection: close");
        self.post(path, body).replacen("connection: close", &head, 1)
    }

    /// A POST with that body, as it goes over the wire.
    pub(crate) fn post(&self, path: &str, body: &str) -> String {
        let (key, length) = (&self.key, body.len());
        format!(
            "POST {path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {key}\r\nconnection: close\r\n\
             content-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
        )
    }

    pub(crate) fn get(&self, path: &str) -> String {
        get(&self.address, path, &self.key)
    }

    /// `kill -9`.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    pub(crate) fn terminate(mut self) -> ExitStatus {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
        self.child.wait().unwrap()
    }
}

impl Drop for Server {
    /// A test that fails leaves no server behind.
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
