//! Cursors of a list: any text, and any values that a cursor could be made of, on a SQLite database in memory.
#![no_main]

use std::sync::LazyLock;

use storage_seaorm::{Database, Options};
use tokio::runtime::Runtime;

#[path = "../../../crates/storage-seaorm/tests/it/any_cursor.rs"]
mod any_cursor;

static PLACE: LazyLock<(Runtime, Database)> = LazyLock::new(|| {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let database = runtime.block_on(async {
        let database = Database::connect("sqlite::memory:", &Options::default()).await.expect("a database");
        database.migrate_up(None).await.expect("a schema");
        database
    });
    (runtime, database)
});

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let (runtime, database) = &*PLACE;
    runtime.block_on(any_cursor::cursor(database, data));
});
