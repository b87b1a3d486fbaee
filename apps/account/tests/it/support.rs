//! The binary in a folder of its own, and a server of it.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
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

    pub(crate) fn get(&self, path: &str) -> String {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        let key = &self.key;
        write!(stream, "GET {path} HTTP/1.1\r\nhost: x\r\nx-api-key: {key}\r\nconnection: close\r\n\r\n")
            .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    pub(crate) fn terminate(mut self) -> ExitStatus {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
        self.child.wait().unwrap()
    }
}
