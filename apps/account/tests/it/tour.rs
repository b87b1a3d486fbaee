//! The README's tour, run as it stands there, on both databases: every command, every answer.

use std::{
    io::Write as _,
    path::Path,
    process::{Command, Stdio},
};

use serde_json::Value;
use tempfile::TempDir;

use crate::support::{Server, folder};

/// A command of the tour and the answer that the README shows under it.
struct Stop {
    line: usize,
    command: String,
    answer: Option<String>,
}

/// The fenced blocks between `<!-- tour -->` and `<!-- end of the tour -->`: each `sh` is a command, a `json` after it its answer.
fn stops(readme: &str) -> Vec<Stop> {
    let mut stops: Vec<Stop> = Vec::new();
    let mut inside = false;
    let mut block: Option<(String, usize, String)> = None;
    for (index, line) in readme.lines().enumerate() {
        match (&mut block, line) {
            (None, "<!-- tour -->") => inside = true,
            (None, "<!-- end of the tour -->") => inside = false,
            (None, fence) if inside && fence.starts_with("```") => {
                block = Some((fence.trim_start_matches('`').to_owned(), index + 1, String::new()));
            }
            (Some(_), "```") => match block.take() {
                Some((kind, line, command)) if kind == "sh" => {
                    stops.push(Stop { line, command, answer: None })
                }
                Some((kind, line, answer)) if kind == "json" => {
                    let stop = stops.last_mut().filter(|stop| stop.answer.is_none());
                    stop.unwrap_or_else(|| panic!("README.md:{line}: an answer without a command")).answer =
                        Some(answer);
                }
                Some((kind, line, _)) => panic!("README.md:{line}: the tour has a block of kind `{kind}`"),
                None => {}
            },
            (Some((_, _, text)), line) => {
                text.push_str(line);
                text.push('\n');
            }
            (None, _) => {}
        }
    }
    stops
}

/// `…` in a text of the README stands for anything.
fn text_fits(shown: &str, answered: &str) -> bool {
    match shown.split_once('…') {
        None => shown == answered,
        Some((before, after)) => {
            let rest = answered.strip_prefix(before);
            rest.is_some_and(|rest| {
                (0..=rest.len())
                    .filter(|at| rest.is_char_boundary(*at))
                    .any(|at| text_fits(after, &rest[at..]))
            })
        }
    }
}

fn fits(shown: &Value, answered: &Value) -> bool {
    match (shown, answered) {
        (Value::String(shown), Value::String(answered)) => text_fits(shown, answered),
        (Value::Array(shown), Value::Array(answered)) => {
            shown.len() == answered.len()
                && shown.iter().zip(answered).all(|(shown, answered)| fits(shown, answered))
        }
        (Value::Object(shown), Value::Object(answered)) => {
            shown.len() == answered.len()
                && shown
                    .iter()
                    .all(|(key, shown)| answered.get(key).is_some_and(|answered| fits(shown, answered)))
        }
        _ => shown == answered,
    }
}

/// All commands in one shell, as a reader would type them; each one's output in a file of its own.
fn script(stops: &[Stop], answers: &Path) -> String {
    let mut script = "set -euo pipefail\n".to_owned();
    for (index, stop) in stops.iter().enumerate() {
        let file = answers.join(index.to_string());
        // A group, not a subshell: later commands use what earlier ones put into variables.
        script.push_str(&format!("{{\n{}}} > {}\n", stop.command, file.display()));
    }
    script
}

fn take(server: &Server, folder: &TempDir) {
    for tool in ["bash", "curl", "jq"] {
        let found = Command::new(tool).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
        assert!(found.is_ok(), "the tour needs {tool}: apt-get install {tool}");
    }
    let readme = concat!(env!("CARGO_MANIFEST_DIR"), "/../../README.md");
    let stops = stops(&std::fs::read_to_string(readme).unwrap());
    assert!(stops.len() > 10, "the README has lost its tour");
    let mut shell = Command::new("bash");
    shell.arg("-s").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    shell.env("ACCOUNT", format!("http://{}", server.address)).env("KEY", &server.key);
    let mut shell = shell.spawn().unwrap();
    shell.stdin.take().unwrap().write_all(script(&stops, folder.path()).as_bytes()).unwrap();
    let ended = shell.wait_with_output().unwrap();
    for (index, stop) in stops.iter().enumerate() {
        let output = std::fs::read_to_string(folder.path().join(index.to_string())).unwrap_or_default();
        let Some(shown) = &stop.answer else { continue };
        let shown: Value =
            serde_json::from_str(shown).unwrap_or_else(|e| panic!("README.md:{}: {e}", stop.line));
        let answered: Value = serde_json::from_str(&output).unwrap_or_else(|e| {
            panic!(
                "README.md:{}: no JSON was answered ({e}):\n{output}\n{}",
                stop.line,
                String::from_utf8_lossy(&ended.stderr)
            )
        });
        assert!(fits(&shown, &answered), "README.md:{}: shown\n{shown:#}\nanswered\n{answered:#}", stop.line);
    }
    assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
}

#[test]
fn the_tour_of_the_readme_holds_on_sqlite() {
    let (home, answers) = (folder(), folder());
    let server = Server::demo(&home, None);
    take(&server, &answers);
    assert!(server.terminate().success());
}

#[tokio::test]
async fn the_tour_of_the_readme_holds_on_postgresql() {
    let database = storage_seaorm::testing::empty_postgres().await;
    let (home, answers) = (folder(), folder());
    let server = Server::demo(&home, Some(database.url()));
    take(&server, &answers);
    assert!(server.terminate().success());
}

#[test]
fn a_dropped_field_or_another_value_does_not_fit() {
    let shown = serde_json::json!({"code": "SR-…", "status": "draft", "lots": ["1"]});
    assert!(fits(&shown, &serde_json::json!({"code": "SR-20260001", "status": "draft", "lots": ["1"]})));
    for other in [
        serde_json::json!({"code": "QT-20260001", "status": "draft", "lots": ["1"]}),
        serde_json::json!({"code": "SR-20260001", "lots": ["1"]}),
        serde_json::json!({"code": "SR-20260001", "status": "draft", "lots": []}),
        serde_json::json!({"code": "SR-20260001", "status": "draft", "lots": ["1"], "more": 1}),
    ] {
        assert!(!fits(&shown, &other), "{other}");
    }
}
