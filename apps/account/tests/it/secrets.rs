//! Secrets never appear: not in logs however much is logged, not in errors, metrics or settings (OR-5, RN-5).

use storage_seaorm::testing::postgres;

use crate::support::{Server, account, end, folder, free_address, get, said_in};

const PASSWORD: &str = "hunter2-is-the-password";

fn json(answer: &str) -> serde_json::Value {
    let (_, body) = answer.split_once("\r\n\r\n").unwrap();
    serde_json::from_str(body).unwrap_or_else(|_| panic!("no JSON: {answer}"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn or_5_rn_5_no_secret_is_ever_logged_or_answered_again() {
    let database = postgres().await;
    let separator = if database.url().contains('?') { '&' } else { '?' };
    // Whoever may come in without a password may send one.
    let url = format!("{}{separator}password={PASSWORD}", database.url());
    let folder = folder();
    let figures = free_address();
    let settings = [("ACCOUNT_LOG_FILTER", "trace"), ("ACCOUNT_METRICS_LISTEN", &figures)];
    let mut server = Server::on(&folder, &url, &settings);
    let made =
        server.send(&server.post("/v1/api-keys", r#"{"name": "shop", "staff_role": "staff_finance"}"#));
    let made = json(&made);
    let id = made["id"].as_str().unwrap();
    let rotate = format!("/v1/api-keys/{id}/rotate");
    let rotated = json(&server.send(&server.post(&rotate, r#"{"grace_hours": 1}"#)));
    let mut secrets = vec![server.key.clone(), PASSWORD.to_owned()];
    secrets.extend([&made, &rotated].map(|own| own["secret"].as_str().unwrap().to_owned()));
    let mut told = String::new();
    for path in ["/v1/organizations", "/v1/api-keys", "/v1/nothing", "/v1/orders?colour=red", "/readyz"] {
        told.push_str(&server.get(path));
    }
    let figures = get(&figures, "/metrics", &server.key);
    assert!(figures.starts_with("HTTP/1.1 200"), "{figures}");
    told.push_str(&figures);
    let again = format!("/v1/api-keys/{id}/revoke");
    for (path, body) in [
        ("/v1/organizations", "{"),
        ("/v1/organizations", "{}"),
        ("/v1/organizations", r#"{"name": 1}"#),
        ("/v1/api-keys", r#"{"name": "", "staff_role": "king"}"#),
        (again.as_str(), ""),
    ] {
        told.push_str(&server.send(&server.post(path, body)));
    }
    // Revoked; and one whose last letter is another one.
    let shop = secrets[3].clone();
    let mut wrong = secrets[0].clone();
    let last = wrong.pop();
    wrong.push(if last == Some('0') { '1' } else { '0' });
    for key in [shop, wrong, "not-even-a-key-but-still-a-secret".to_owned()] {
        server.key.clone_from(&key);
        let refused = server.get("/v1/organizations");
        assert!(refused.starts_with("HTTP/1.1 401"), "{refused}");
        told.push_str(&refused);
        secrets.push(key);
    }
    assert!(server.terminate().success());
    let log = said_in(&folder);
    assert!(log.contains(" DEBUG ") && log.contains("a key was refused"), "{log}");
    let mut everything = vec![("an answer", told), ("the log", log)];
    let nowhere = format!("postgres://me:{PASSWORD}@127.0.0.1:1/account");
    for (name, arguments) in [
        ("config", &["config"][..]),
        ("serve", &["serve", "--listen", "127.0.0.1:0"]),
        ("verify", &["verify"]),
    ] {
        for url in [&url, &nowhere] {
            if name == "serve" && *url != nowhere {
                continue;
            }
            let mut command = account(folder.path());
            command.env("DATABASE_URL", url).env("ACCOUNT_LOG_FILTER", "trace");
            let ended = end(command.args(arguments));
            everything.push((name, ended.out + &ended.err));
        }
    }
    for (place, text) in everything {
        for secret in &secrets {
            // The part by which a key is found is no secret.
            let hidden = secret
                .strip_prefix("mda_")
                .and_then(|key| key.split_once('_'))
                .map_or(&**secret, |key| key.1);
            assert!(!text.contains(hidden), "{hidden} is in {place}:\n{text}");
        }
    }
}
