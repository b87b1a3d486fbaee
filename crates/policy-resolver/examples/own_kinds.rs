//! An integrator's own levels and kinds: one in Rust, one loaded at run time.
//!
//! `cargo run -p policy-resolver --example own_kinds`
#![allow(clippy::print_stdout)]

use std::error::Error;

use policy_resolver::{Document, Level, Rule, Schema, Timestamp, policy_choice, policy_kind, policy_section};
use serde_json::json;

policy_choice! {
    /// Where backups go.
    pub enum Store {
        /// On the server itself.
        Local = "local",
        /// In the cloud.
        Cloud = "cloud",
    }
}

policy_section! {
    /// When backups may run: taken whole from one level.
    pub struct Window {
        /// From this hour.
        pub from: u8 = 1 => [unit("hour"), max(23)],
        /// To this hour.
        pub to: u8 = 5 => [unit("hour"), max(24)],
    }
}

policy_kind! {
    /// How backups are taken.
    pub struct BackupPolicy("backup") {
        /// Hours between two backups.
        pub every_hours: u32 = 24 => [unit("hours"), min(1), max(168)],
        /// Where they go.
        pub store: Store = Store::Local,
        /// When they run.
        pub window: Window = Window::default() => [group("window")],
    }
    rules: vec![Rule::less_than("window.from", "window.to")];
}

const ALERTS: &str = r#"{
    "name": "alerts",
    "doc": "Who is called when a server does not answer.",
    "fields": [
        { "path": "after_minutes", "type": "integer", "min": 1, "max": 60, "unit": "minutes", "default": 5 },
        { "path": "call", "type": "list", "items": { "type": "text", "max_length": 80 }, "default": ["desk"] }
    ]
}"#;

fn main() -> Result<(), Box<dyn Error>> {
    let schema = Schema::builder()
        .levels([Level::single("company"), Level::targeted("region"), Level::targeted("server")])
        .kind::<BackupPolicy>()
        .kind_json(ALERTS)
        .build()?;

    let set = schema.compile([
        Document::new("backup", "company", None).set("store", "cloud").enforce("store"),
        Document::new("backup", "region", Some("south")).set("window", json!({ "from": 20, "to": 23 })),
        Document::new("backup", "server", Some("db-1")).set("every_hours", 1).set("store", "local"),
        Document::new("alerts", "server", Some("db-1")).append("call", "dba"),
    ])?;

    let db = schema.subject([("region", "south"), ("server", "db-1")])?;
    let now = Timestamp::from_unix_micros(0);
    println!("{:?}\n", set.resolve::<BackupPolicy>(&db, now)?);
    println!("{}\n", set.values("alerts", &db, now)?.to_json());
    println!("{}\n", set.explain("backup", &db, now)?);
    println!("{}\n", set.explain("alerts", &db, now)?);

    let late = Document::new("backup", "region", Some("north")).set("window", json!({ "from": 9, "to": 3 }));
    if let Err(found) = set.with([late]) {
        println!("refused: {found}");
    }
    Ok(())
}
