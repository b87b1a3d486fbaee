//! What a server needs to give a list as CSV (UI-1): `cargo xtask postgres cargo bench -p account --bench csv -- sqlite|postgres [few]
//! [many]`; 10,000 and 1,000,000 service requests where nothing is said.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "figures for people to read")]

#[path = "../../../crates/storage-seaorm/examples/lists/fill.rs"]
#[allow(dead_code, reason = "the example looks at more of it")]
mod fill;

use std::{
    io::{BufRead as _, BufReader, Write as _},
    net::TcpStream,
    path::Path,
    thread,
    time::{Duration, Instant},
};

use load::place::{Place, Server};

#[tokio::main]
async fn main() {
    // Cargo adds a flag of its own.
    let arguments: Vec<String> = std::env::args().skip(1).filter(|text| !text.starts_with("--")).collect();
    let Some(kind) = arguments.first() else {
        println!("on which database? sqlite | postgres");
        return;
    };
    let count = |at: usize, usual| arguments.get(at).map_or(usual, |text| text.parse().unwrap());
    println!("| rows | MB | s | resident before | at the most | after |\n|---|---|---|---|---|---|");
    for rows in [count(1, 10_000), count(2, 1_000_000)] {
        let db = fill::filled(kind, rows).await;
        let place = Place::new(Path::new(env!("CARGO_BIN_EXE_account")), Some(db.url())).unwrap();
        let (key, server) = (place.key().unwrap(), place.serve().unwrap());
        // What the server has once and keeps.
        server.client(&key).get("/v1/service-requests?limit=200").unwrap();
        let before = server.resident_kib().unwrap();
        let started = Instant::now();
        let (bytes, most) = exported(&server, key, rows);
        let seconds = started.elapsed().as_secs_f64();
        let after = server.resident_kib().unwrap();
        let mb = |kib: u64| format!("{:.1} MB", kib as f64 / 1_024.0);
        let size = mb(bytes / 1_024);
        println!("| {rows} | {size} | {seconds:.1} | {} | {} | {} |", mb(before), mb(most), mb(after));
        server.ask_to_stop().unwrap();
        server.ended().unwrap();
    }
}

/// How long the CSV is, and the most memory that the server was seen with meanwhile.
fn exported(server: &Server, key: String, rows: u64) -> (u64, u64) {
    let mut stream = TcpStream::connect(server.address()).unwrap();
    write!(
        stream,
        "GET /v1/service-requests.csv HTTP/1.1\r\nHost: localhost\r\nX-API-Key: {key}\r\nConnection: close\r\n\r\n"
    )
    .unwrap();
    let reading = thread::spawn(move || {
        let (mut bytes, mut seen) = (0, 0);
        for line in BufReader::new(stream).lines() {
            let line = line.unwrap();
            bytes += line.len() as u64;
            seen += u64::from(line.contains(",SR-2026"));
        }
        assert_eq!(seen, rows, "the CSV is the whole list");
        bytes
    });
    let mut most = 0;
    while !reading.is_finished() {
        most = most.max(server.resident_kib().unwrap());
        thread::sleep(Duration::from_millis(20));
    }
    (reading.join().unwrap(), most)
}
