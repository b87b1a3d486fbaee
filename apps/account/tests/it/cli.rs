//! The binary, as scripts and people use it.

use std::net::{TcpListener, TcpStream};

use kernel::Timestamp;
use serde_json::{Value, json};
use service_delivery::reads::{EventQuery, Reads as _, Viewer};
use storage_seaorm::{Database, Options};
use tempfile::TempDir;

use crate::support::{Server, account, end, folder, run};

#[test]
fn ap_1_the_document_needs_no_database() {
    let folder = folder();
    let ended = run(&folder, &["openapi"]);
    assert_eq!(ended.code, Some(0));
    let document: serde_json::Value = serde_json::from_str(&ended.out).unwrap();
    assert_eq!(document["info"]["title"], "MIDDAG Account");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn rn_5_settings_say_where_they_come_from_and_hide_secrets() {
    let folder = folder();
    std::fs::write(folder.path().join("account.toml"), "utc_offset = \"-03:00\"\nlisten = \"127.0.0.1:1\"\n")
        .unwrap();
    let mut command = account(folder.path());
    command.env("DATABASE_URL", "postgres://me:hunter2@db/account").env("ACCOUNT_LISTEN", "127.0.0.1:2");
    let ended = end(command.args(["config", "--log-format", "json"]));
    for line in [
        "database_url = \"postgres://me:…@db/account\"  # environment DATABASE_URL",
        "listen = \"127.0.0.1:2\"  # environment ACCOUNT_LISTEN",
        "utc_offset = \"-03:00\"  # file account.toml",
        "log_format = \"json\"  # flag",
        "drain_seconds = 30  # default",
    ] {
        assert!(ended.out.lines().any(|shown| shown == line), "{line}\n{}", ended.out);
    }
    assert!(!ended.out.contains("hunter2"));
}

#[test]
fn rn_5_wrong_settings_and_usage_end_with_2() {
    let folder = folder();
    for arguments in
        [&["nonsense"][..], &["config", "--config", "none.toml"], &["config", "--log-format", "xml"]]
    {
        assert_eq!(run(&folder, arguments).code, Some(2), "{arguments:?}");
    }
    let mut command = account(folder.path());
    let ended = end(command.env("ACCOUNT_LISEN", "127.0.0.1:0").arg("config"));
    assert_eq!(ended.code, Some(2));
    assert!(ended.err.contains("ACCOUNT_LISEN: there is no such setting"), "{}", ended.err);
}

#[test]
fn rn_5_what_serve_refuses_config_refuses_too_before_anything_is_touched() {
    for (settings, named) in [
        ("[policies.credit]\ngrace_days = 1\n", "policies.credit"),
        ("[policies.credits]\nnope = 1\n", "policies.credits.nope"),
        ("listen = \"abc\"\n", "listen: \"abc\""),
        ("metrics_listen = \"abc\"\n", "metrics_listen: \"abc\""),
        ("otlp_endpoint = \"abc\"\n", "otlp_endpoint: \"abc\""),
        ("log_filter = \"nonsense===\"\n", "log_filter: \"nonsense===\""),
        ("utc_offset = \"+25:00\"\n", "utc_offset: \"+25:00\""),
        (
            "database_url = \"mysql://x\"\n",
            "database_url: must begin with one of sqlite:, postgres://, postgresql://",
        ),
        ("database_readers = 0\n", "database_readers: 0"),
    ] {
        let folder = folder();
        std::fs::write(folder.path().join("account.toml"), settings).unwrap();
        for command in ["config", "serve"] {
            let ended = run(&folder, &[command]);
            assert_eq!(ended.code, Some(2), "{command} {settings}: {}", ended.err);
            let told = ended.err.contains(named) && ended.err.contains("file account.toml: ");
            assert!(told, "{command} {settings}: {}", ended.err);
        }
        assert!(!folder.path().join("data").exists(), "{settings}");
    }
}

#[test]
fn a_database_file_that_is_missing_is_made_only_by_commands_that_bring_the_schema() {
    let folder = folder();
    let file = folder.path().join("new/typo.sqlite");
    std::fs::write(folder.path().join("a.yaml"), "kind: credits\nlevel: global\nreason: x\nfields: {}\n")
        .unwrap();
    let url = format!("sqlite://{}?mode=rwc", file.display());
    for arguments in [
        &["verify"][..],
        &["worker"],
        &["key", "list"],
        &["key", "create", "--name", "x", "--role", "staff_admin"],
        &["policy", "validate"],
        &["policy", "explain"],
        &["policy", "export"],
        &["policy", "diff", "a.yaml"],
        &["policy", "import", "a.yaml"],
    ] {
        let ended = run(&folder, &[arguments, &["--database-url", &url]].concat());
        assert_eq!(ended.code, Some(3), "{arguments:?}: {}", ended.err);
        assert!(ended.err.contains(&format!("there is no such file: {}", file.display())), "{}", ended.err);
        assert!(!folder.path().join("new").exists(), "{arguments:?}");
    }
    assert_eq!(run(&folder, &["migrate", "--database-url", &url]).code, Some(0));
    assert_eq!(run(&folder, &["verify", "--database-url", &url]).code, Some(0));
}

#[test]
fn rn_3_a_schema_that_is_behind_is_refused_until_it_is_migrated() {
    let folder = folder();
    let status = run(&folder, &["migrate", "status"]);
    assert_eq!(status.code, Some(4));
    assert!(status.err.contains("account migrate"), "{}", status.err);
    let refused = run(&folder, &["serve", "--migrate=false", "--listen", "127.0.0.1:0"]);
    assert_eq!(refused.code, Some(4), "{}", refused.err);
    assert_eq!(run(&folder, &["migrate"]).code, Some(0));
    assert_eq!(run(&folder, &["migrate", "status"]).code, Some(0));
    assert_eq!(run(&folder, &["migrate", "down", "1"]).code, Some(0));
    assert_eq!(run(&folder, &["migrate", "status"]).code, Some(4));
}

#[test]
fn a_port_that_is_taken_is_said_before_anything_is_touched() {
    let folder = folder();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let ended = run(&folder, &["serve", "--listen", &address]);
    assert_eq!(ended.code, Some(5));
    assert!(ended.err.contains("another process listens there"), "{}", ended.err);
    assert!(!folder.path().join("data").exists());
}

#[test]
fn a_database_that_is_not_there_is_said_to_be_so_and_why() {
    let folder = folder();
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let mut command = account(folder.path());
    command.env("ACCOUNT_DATABASE_WAIT_SECONDS", "1");
    let url = format!("postgres://me:hunter2@{nobody}/account");
    let ended = end(command.args(["serve", "--listen", "127.0.0.1:0", "--database-url", &url]));
    assert_eq!(ended.code, Some(3));
    assert!(ended.err.contains("Connection refused"), "{}", ended.err);
    assert!(ended.err.contains("postgres://me:…@") && !ended.err.contains("hunter2"), "{}", ended.err);
    // Nor where the password keeps the URL from being read.
    let ended = run(&folder, &["verify", "--database-url", "postgres://me:hunter2/x@db/account"]);
    assert_eq!(ended.code, Some(3));
    assert!(ended.err.contains("postgres://me:…@db/account:"), "{}", ended.err);
    assert!(!ended.err.contains("hunter2"), "{}", ended.err);
}

#[test]
fn or_5_a_key_is_made_used_once_shown_and_revoked() {
    let folder = folder();
    assert_eq!(run(&folder, &["migrate"]).code, Some(0));
    let made = run(&folder, &["key", "create", "--name", "shop", "--role", "staff_finance"]);
    assert_eq!(made.code, Some(0), "{}", made.err);
    assert!(made.out.contains("key: mda_"));
    let secret = made.out.lines().find_map(|line| line.strip_prefix("key: ")).unwrap();
    let listed = run(&folder, &["key", "list"]);
    assert!(
        listed.out.contains("valid  staff_finance  shop") && !listed.out.contains(secret),
        "{}",
        listed.out
    );
    let id = made.out.lines().find_map(|line| line.strip_prefix("id:  ")).unwrap();
    assert_eq!(run(&folder, &["key", "revoke", id]).out.trim(), "revoked");
    assert_eq!(run(&folder, &["key", "revoke", id]).out.trim(), "was revoked already");
    for arguments in [
        &["key", "create", "--name", "x", "--role", "king"][..],
        &["key", "create", "--name", " ", "--role", "staff_admin"],
        &["key", "create", "--name", "x", "--role", "staff_admin", "--expires-at", "2020-01-01T00:00:00Z"],
        &["key", "create", "--name", "x", "--role", "staff_admin", "--expires-at", "soon"],
        &["key", "create", "--name", "x", "--role", "guest", "--scope", "team"],
        &["key", "revoke", "x"],
    ] {
        assert_eq!(run(&folder, arguments).code, Some(2), "{arguments:?}");
    }
}

#[test]
fn or_5_the_command_line_leaves_what_the_api_leaves_of_a_key() {
    let folder = folder();
    assert_eq!(run(&folder, &["migrate"]).code, Some(0));
    let nobody = "01890000-0000-7000-8000-000000000000";
    let bound = ["key", "create", "--name", "x", "--role", "owner", "--organization", nobody];
    let refused = run(&folder, &bound);
    assert_eq!(refused.code, Some(2));
    let told = format!("--organization: there is no organization {nobody}");
    assert!(refused.err.contains(&told), "{}", refused.err);
    let refused = run(&folder, &["key", "revoke", nobody]);
    assert_eq!(refused.code, Some(1));
    assert!(refused.err.contains(&format!("there is no API key {nobody}")), "{}", refused.err);
    let made = run(&folder, &["key", "create", "--name", "shop", "--role", "staff_finance"]);
    let id = made.out.lines().find_map(|line| line.strip_prefix("id:  ")).unwrap();
    for told in ["revoked", "was revoked already"] {
        assert_eq!(run(&folder, &["key", "revoke", id]).out.trim(), told);
    }
    let url = format!("sqlite://{}", folder.path().join("data/account.sqlite").display());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let events = runtime.block_on(async {
        let database = Database::connect(&url, &Options::default()).await.unwrap();
        let events = database.events(Viewer::staff(Timestamp::MIN), &EventQuery::default()).await.unwrap();
        database.close().await;
        events.items
    });
    let left: Vec<_> =
        events.into_iter().map(|own| (own.name, own.actor.name, own.before, own.after)).collect();
    let line = || "command line".to_owned();
    let made = json!({"name": "shop", "grant": "staff_finance"});
    assert_eq!(
        left,
        [
            ("api_key.revoked".to_owned(), line(), json!({"revoked": false}), json!({"revoked": true})),
            ("api_key.created".to_owned(), line(), Value::Null, made),
        ]
    );
}

#[test]
fn cr_9_an_audit_of_nothing_finds_nothing() {
    let folder = folder();
    assert_eq!(run(&folder, &["migrate"]).code, Some(0));
    assert_eq!(run(&folder, &["migrate", "down", "1"]).code, Some(0));
    assert_eq!(run(&folder, &["verify"]).code, Some(4), "the schema is not whole");
    assert_eq!(run(&folder, &["migrate"]).code, Some(0));
    let ended = run(&folder, &["verify"]);
    assert_eq!(ended.code, Some(0), "{}", ended.err);
    assert!(ended.out.contains("every balance is what its ledger says"), "{}", ended.out);
}

/// Runs `sql` on the usual database of `folder`.
fn change(folder: &TempDir, sql: &str) {
    let url = format!("sqlite://{}", folder.path().join("data/account.sqlite").display());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let database = Database::connect(&url, &Options::default()).await.unwrap();
        storage_seaorm::testing::run(&database, sql).await.unwrap();
        database.close().await;
    });
}

#[test]
fn rn_3_a_server_goes_on_while_a_newer_version_migrates() {
    let folder = folder();
    let server = Server::demo(&folder, None);
    change(&folder, "INSERT INTO seaql_migrations (version, applied_at) VALUES ('m9999_later', 0)");
    let ready = server.get("/readyz");
    assert!(ready.starts_with("HTTP/1.1 200") && ready.contains("m9999_later"), "{ready}");
    for command in [&["migrate"][..], &["migrate", "down", "1"]] {
        let ended = run(&folder, command);
        assert_eq!(ended.code, Some(4), "{command:?}: {}", ended.err);
        assert!(ended.err.contains("m9999_later"), "{}", ended.err);
    }
    assert!(server.terminate().success());
}

#[test]
fn cr_9_a_corrupted_row_is_named_and_the_audit_ends_with_6() {
    let folder = folder();
    assert_eq!(run(&folder, &["demo"]).code, Some(0));
    let one = "SELECT id FROM credit_lot WHERE available > 7 ORDER BY id LIMIT 1";
    change(
        &folder,
        &format!(
            "UPDATE credit_lot SET available = available - 7, consumed = consumed + 7 WHERE id = ({one})"
        ),
    );
    let ended = run(&folder, &["verify"]);
    assert_eq!(ended.code, Some(6), "{}", ended.out);
    assert!(ended.err.contains(": 2 differences"), "{}", ended.err);
    for figure in ["available", "consumed"] {
        let named = |line: &str| line.starts_with("SVC-") && line.contains("lot ") && line.contains(figure);
        assert!(ended.out.lines().any(named), "{figure}\n{}", ended.out);
    }
}

#[test]
fn rn_4_the_demo_serves_and_stops_when_asked() {
    let folder = folder();
    let server = Server::demo(&folder, None);
    assert!(server.get("/healthz").starts_with("HTTP/1.1 200"));
    assert!(server.get("/readyz").contains("up to date"));
    assert!(server.get("/openapi.json").contains("MIDDAG Account"));
    assert!(server.get("/v1/nothing").starts_with("HTTP/1.1 404"));
    // A client that only waits must not keep the server from stopping.
    let idle = TcpStream::connect(&server.address).unwrap();
    let first_key = server.key.clone();
    assert!(server.terminate().success());
    drop(idle);
    let again = Server::demo(&folder, None);
    assert_ne!(again.key, first_key, "a secret is made anew and shown once");
    assert!(again.terminate().success());
}

#[test]
fn rn_4_the_demo_fills_an_empty_database_once_and_every_command_that_it_prints_answers() {
    let folder = folder();
    let told = run(&folder, &["demo"]);
    assert_eq!(told.code, Some(0), "{}", told.err);
    assert!(told.out.contains("45 credits are left"), "{}", told.out);
    let again = run(&folder, &["demo"]);
    assert_eq!(again.code, Some(1));
    assert!(again.err.contains("the database is not empty"), "{}", again.err);
    assert_eq!(run(&folder, &["verify"]).code, Some(0));
    let mut server = Server::demo(&folder, None);
    let commands: Vec<&str> =
        told.out.lines().filter_map(|line| line.split_once("Bearer ")).map(|it| it.1).collect();
    assert!(commands.len() > 5, "{}", told.out);
    for command in commands {
        let (key, url) = command.split_once("' ").unwrap();
        let (_, path) = url.trim_matches('\'').split_once("/v1/").unwrap();
        key.clone_into(&mut server.key);
        let answer = server.get(&format!("/v1/{path}"));
        assert!(answer.starts_with("HTTP/1.1 200"), "{path}: {answer}");
    }
    assert!(server.terminate().success());
}
