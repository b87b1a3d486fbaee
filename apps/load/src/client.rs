//! One connection of a client, without anything that tries again unasked: whoever counts answers must know which there were.

use std::{
    io::{self, BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    time::Duration,
};

use anyhow::{Context as _, Result, bail};
use serde_json::Value;

/// Longer than any answer takes, so that a server that hangs is a failure and not a test without end.
const PATIENCE: Duration = Duration::from_secs(60);

/// An answer.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The body as text.
    pub text: String,
    /// Whether the server will close the connection.
    last: bool,
}

impl Answer {
    /// The body, where the status is 2xx.
    ///
    /// # Errors
    /// Another status, with what the server said.
    pub fn done(&self) -> Result<Value> {
        if !(200..300).contains(&self.status) {
            bail!("answered with {}: {}", self.status, self.text);
        }
        serde_json::from_str(&self.text).with_context(|| format!("no JSON: {}", self.text))
    }
}

/// What to ask.
#[derive(Clone, Copy, Debug)]
pub struct Ask<'a> {
    /// The method.
    pub method: &'a str,
    /// The path and query.
    pub path: &'a str,
    /// The JSON body; empty for none.
    pub body: &'a str,
    /// The `Idempotency-Key`; empty for none.
    pub idempotency_key: &'a str,
}

/// A client with a key, connected while it has something to ask.
pub struct Client {
    address: String,
    key: String,
    connection: Option<BufReader<TcpStream>>,
}

impl Client {
    /// A client of the server at `address` that calls with `key`.
    pub fn new(address: impl Into<String>, key: impl Into<String>) -> Self {
        Self { address: address.into(), key: key.into(), connection: None }
    }

    /// Reads what is at `path`.
    ///
    /// # Errors
    /// No connection, or no answer in full.
    pub fn get(&mut self, path: &str) -> io::Result<Answer> {
        self.ask(Ask { method: "GET", path, body: "", idempotency_key: "" })
    }

    /// Sends `body` to `path`.
    ///
    /// # Errors
    /// No connection, or no answer in full: whether something was done is not known then.
    pub fn post(&mut self, path: &str, body: &str) -> io::Result<Answer> {
        self.ask(Ask { method: "POST", path, body, idempotency_key: "" })
    }

    /// Asks once.
    ///
    /// # Errors
    /// As [`Client::post`].
    pub fn ask(&mut self, ask: Ask<'_>) -> io::Result<Answer> {
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => {
                let stream = TcpStream::connect(&self.address)?;
                stream.set_nodelay(true)?;
                stream.set_read_timeout(Some(PATIENCE))?;
                BufReader::with_capacity(16 * 1024, stream)
            }
        };
        let answer = exchange(&mut connection, &self.address, &self.key, ask)?;
        if !answer.last {
            self.connection = Some(connection);
        }
        Ok(answer)
    }
}

fn exchange(
    connection: &mut BufReader<TcpStream>,
    host: &str,
    key: &str,
    ask: Ask<'_>,
) -> io::Result<Answer> {
    let Ask { method, path, body, idempotency_key } = ask;
    let mut request = format!("{method} {path} HTTP/1.1\r\nhost: {host}\r\nx-api-key: {key}\r\n");
    if !idempotency_key.is_empty() {
        request += &format!("idempotency-key: {idempotency_key}\r\n");
    }
    if method != "GET" {
        request += &format!("content-type: application/json\r\ncontent-length: {}\r\n", body.len());
    }
    request += "\r\n";
    request += body;
    connection.get_mut().write_all(request.as_bytes())?;
    let first = line(connection)?;
    let status = first.split(' ').nth(1).and_then(|status| status.parse().ok());
    let status = status.ok_or_else(|| io::Error::other(format!("no HTTP: {first}")))?;
    let (mut length, mut last) = (0, false);
    loop {
        let header = line(connection)?.to_ascii_lowercase();
        match header.split_once(':') {
            None => break,
            Some(("content-length", value)) => length = value.trim().parse().map_err(io::Error::other)?,
            Some(("connection", value)) => last = value.trim() == "close",
            Some(_) => {}
        }
    }
    let mut body = vec![0; length];
    connection.read_exact(&mut body)?;
    Ok(Answer { status, text: String::from_utf8(body).map_err(io::Error::other)?, last })
}

fn line(connection: &mut BufReader<TcpStream>) -> io::Result<String> {
    let mut text = String::new();
    if connection.read_line(&mut text)? == 0 {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(text.trim_end().to_owned())
}
