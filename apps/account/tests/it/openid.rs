//! Signed tokens of an OpenID provider, which the test starts: who may call with one, and who may not (OR-2, OR-4, OR-6).

use std::{
    io::{BufRead as _, BufReader, Lines, Write as _},
    path::PathBuf,
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

use serde_json::{Value, json};
use storage_seaorm::testing::{TestDatabase, postgres, sqlite};
use tempfile::TempDir;

use crate::support::{Server, folder, said_in};

/// The provider of `tests/openid`, installed where `cargo xtask test` puts it.
struct Provider {
    child: Child,
    tell: ChildStdin,
    told: Lines<BufReader<ChildStdout>>,
    issuer: String,
}

impl Provider {
    fn start() -> Self {
        let own = std::env::var_os("CARGO_MANIFEST_DIR").map_or_else(PathBuf::new, PathBuf::from);
        let program = own.join("../../target/tools/openid/provider.mjs");
        let missing = "the OpenID provider of the tests is not installed: `cargo xtask test` sees to it";
        assert!(program.is_file(), "{missing}");
        let mut command = Command::new("node");
        let mut child =
            command.arg(program).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect(missing);
        let mut told = BufReader::new(child.stdout.take().unwrap()).lines();
        let issuer = serde_json::from_str(&told.next().unwrap().unwrap()).unwrap();
        Self { tell: child.stdin.take().unwrap(), child, told, issuer }
    }

    fn does(&mut self, command: &str, mut told: Value) -> Value {
        told["command"] = command.into();
        writeln!(self.tell, "{told}").unwrap();
        serde_json::from_str(&self.told.next().unwrap().unwrap()).unwrap()
    }

    fn token(&mut self, command: &str, told: Value) -> String {
        self.does(command, told).as_str().unwrap().to_owned()
    }

    /// A good token.
    fn good(&mut self, email: &str) -> String {
        self.token("sign", json!({ "claims": claims(email) }))
    }

    /// A server on `database` that trusts this provider, and its folder.
    fn trusted_by(&self, database: &TestDatabase) -> (TempDir, Server) {
        let folder = folder();
        let settings = format!(
            "[openid]\nissuer = \"{}\"\naudiences = [\"account\"]\n\
             [openid.staff]\n\"rosa@middag.example\" = \"staff_finance\"\n",
            self.issuer
        );
        std::fs::write(folder.path().join("account.toml"), settings).unwrap();
        let server = Server::on(&folder, database.url(), &[("ACCOUNT_LOG_FILTER", "trace")]);
        (folder, server)
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn claims(email: &str) -> Value {
    json!({"sub": email.to_lowercase(), "aud": "account", "email": email, "email_verified": true})
}

struct Answer {
    status: u16,
    head: String,
    body: Value,
}

impl Answer {
    #[track_caller]
    fn is(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}\n{}", self.head, self.body);
        self
    }

    /// The problem and what is said of it.
    #[track_caller]
    fn refused(self, status: u16, kind: &str) -> String {
        let own = self.is(status);
        assert_eq!(own.body["type"], format!("urn:middag:problem:{kind}"));
        own.body["detail"].as_str().unwrap().to_owned()
    }
}

fn ask(server: &Server, method: &str, path: &str, token: &str, headers: &str, body: &str) -> Answer {
    let answer = server.send(&format!(
        "{method} {path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\nconnection: close\r\n{headers}\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    ));
    let (head, text) = answer.split_once("\r\n\r\n").unwrap();
    // What is sent in chunks is JSON between their lengths.
    let json = text.find('{').map(|start| &text[start..=text.rfind('}').unwrap()]);
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    let body = json.map_or(Value::Null, |json| serde_json::from_str(json).unwrap());
    Answer { status, head: head.to_lowercase(), body }
}

fn get(server: &Server, path: &str, token: &str) -> Answer {
    ask(server, "GET", path, token, "", "")
}

/// A customer with an owner of each of these addresses.
fn customer(server: &Server, name: &str, owners: &[&str]) -> String {
    let body = json!({
        "name": name, "legal_name": name, "country": "BR", "locale": "en", "currency": "BRL",
        "billing_email": "billing@customer.example",
    });
    let made = ask(server, "POST", "/v1/organizations", &server.key, "", &body.to_string()).is(201);
    let id = made.body["id"].as_str().unwrap().to_owned();
    for email in owners {
        let body = json!({"name": "Ana", "email": email, "role": "owner"}).to_string();
        let path = format!("/v1/organizations/{id}/collaborators");
        ask(server, "POST", &path, &server.key, "", &body).is(201);
    }
    id
}

const STAFF_LIST: &str = "/v1/invoices";
const OWN_LIST: &str = "/v1/portal/entitlements";

async fn whoever_has_a_good_token_is_staff_or_a_collaborator(database: TestDatabase) {
    let mut provider = Provider::start();
    let (folder, server) = provider.trusted_by(&database);
    let acme = customer(&server, "Acme", &["ana@acme.example", "both@acme.example"]);
    let globex = customer(&server, "Globex", &["both@acme.example"]);
    let mut tokens = Vec::new();

    // Staff, with the role that the settings give them.
    let rosa = provider.good("Rosa@middag.example");
    get(&server, STAFF_LIST, &rosa).is(200);
    let organization = json!({
        "name": "Initech", "legal_name": "Initech", "country": "BR", "locale": "en", "currency": "BRL",
        "billing_email": "billing@customer.example",
    })
    .to_string();
    let refused =
        ask(&server, "POST", "/v1/organizations", &rosa, "", &organization).refused(403, "forbidden");
    assert!(refused.contains("staff_admin") && refused.contains("staff_finance"), "{refused}");
    // A collaborator, of one organization, which alone exists for them.
    let ana = provider.good("ana@ACME.example");
    get(&server, OWN_LIST, &ana).is(200);
    get(&server, STAFF_LIST, &ana).is(403);
    get(&server, &format!("/v1/organizations/{acme}/collaborators"), &ana).is(200);
    get(&server, &format!("/v1/organizations/{globex}/collaborators"), &ana).is(404);
    // A collaborator of two says which, or it is the first.
    let both = provider.good("both@acme.example");
    get(&server, &format!("/v1/organizations/{acme}/collaborators"), &both).is(200);
    get(&server, &format!("/v1/organizations/{globex}/collaborators"), &both).is(404);
    for (named, other) in [(&acme, &globex), (&globex, &acme)] {
        let header = format!("X-Organization: {named}\r\n");
        let as_one = |path: &str| ask(&server, "GET", path, &both, &header, "");
        as_one(OWN_LIST).is(200);
        as_one(&format!("/v1/organizations/{named}/collaborators")).is(200);
        as_one(&format!("/v1/organizations/{other}/collaborators")).is(404);
    }
    ask(&server, "GET", OWN_LIST, &ana, &format!("X-Organization: {globex}\r\n"), "").is(403);
    ask(&server, "GET", OWN_LIST, &ana, "X-Organization: Acme\r\n", "").is(422);
    // Another token of the same person is the same caller: a named command takes place once.
    let path = format!("/v1/organizations/{acme}/collaborators");
    let new = json!({"name": "Bia", "email": "bia@acme.example", "role": "guest"}).to_string();
    let again =
        provider.token("sign", json!({"claims": claims("ana@acme.example"), "seconds": {"exp": 1800}}));
    assert_ne!(again, ana);
    let first = ask(&server, "POST", &path, &ana, "idempotency-key: k\r\n", &new).is(201);
    let second = ask(&server, "POST", &path, &again, "idempotency-key: k\r\n", &new).is(201);
    assert_eq!(first.body, second.body);
    assert!(second.head.contains("idempotent-replayed"), "{}", second.head);
    // Whoever is removed is nobody from then on.
    let member = first.body["id"].as_str().unwrap();
    let bia = provider.good("bia@acme.example");
    get(&server, &path, &bia).is(403);
    let tag = first.head.lines().find_map(|line| line.strip_prefix("etag: ")).unwrap_or("*").to_owned();
    let if_match = format!("if-match: {tag}\r\n");
    ask(&server, "DELETE", &format!("{path}/{member}"), &ana, &if_match, "").is(204);
    let refused = get(&server, OWN_LIST, &bia).refused(403, "forbidden");
    assert!(refused.contains("nobody with the e-mail address bia@acme.example"), "{refused}");
    tokens.extend([rosa, ana, both, again, bia]);

    for (what, told, problem, said) in [
        ("another issuer", json!({"claims": {"iss": "https://id.example.com"}}), 401, "another issuer"),
        (
            "another audience",
            json!({"claims": {"aud": "shop"}}),
            401,
            "another audience; account is expected",
        ),
        ("no audience", json!({"claims": {"aud": null}}), 401, "has no `aud`"),
        ("expired", json!({"seconds": {"exp": -61}}), 401, "has expired"),
        ("not yet valid", json!({"seconds": {"nbf": 90}}), 401, "not valid yet"),
        ("no longer, by less than the clocks may differ", json!({"seconds": {"exp": -30}}), 200, ""),
        ("not yet, by less than that", json!({"seconds": {"nbf": 30}}), 200, ""),
        ("one of several audiences", json!({"claims": {"aud": ["shop", "account"]}}), 200, ""),
        ("an access token", json!({"typ": "at+jwt"}), 200, ""),
        ("an algorithm that is not accepted", json!({"alg": "ES256"}), 401, "ES256; accepted is RS256"),
        ("a token to log out", json!({"typ": "logout+jwt"}), 401, "another type"),
        ("no subject", json!({"claims": {"sub": null}}), 401, "has no `sub`"),
        ("no address", json!({"claims": {"email": null}}), 403, "no e-mail address"),
        (
            "an address that is not verified",
            json!({"claims": {"email_verified": false}}),
            403,
            "not verified",
        ),
        (
            "an address of which that is not said",
            json!({"claims": {"email_verified": null}}),
            403,
            "not verified",
        ),
        ("an address that nobody has", json!({"claims": {"email": "eva@acme.example"}}), 403, "nobody"),
    ] {
        let mut told = told;
        let mut all = claims("ana@acme.example");
        for (name, value) in told["claims"].as_object().into_iter().flatten() {
            all[name] = value.clone();
        }
        all.as_object_mut().unwrap().retain(|_, value| !value.is_null());
        told["claims"] = all;
        let token = provider.token("sign", told);
        check(&server, what, &token, problem, said);
        tokens.push(token);
    }
    for (what, command, told, said) in [
        ("not signed", "forge", json!({"alg": "none"}), "signed with nothing known"),
        ("signed with the public key", "forge", json!({"alg": "HS256"}), "HS256; accepted is RS256"),
        ("signed by a stranger", "stranger", json!({"kid": "RS256-1"}), "not signed by the provider"),
        (
            "signed with an unknown key",
            "stranger",
            json!({"kid": "stray"}),
            "a key that the provider does not have",
        ),
    ] {
        let mut told = told;
        told["claims"] = claims("rosa@middag.example");
        let token = provider.token(command, told);
        check(&server, what, &token, 401, said);
        tokens.push(token);
    }
    let mut changed = tokens[0].clone();
    changed.replace_range(changed.len() - 6..changed.len() - 4, "AA");
    check(&server, "changed", &changed, 401, "not signed by the provider");
    check(&server, "no token", "a.b.c", 401, "cannot be read");

    assert!(server.terminate().success());
    let log = said_in(&folder);
    assert!(log.contains("a token was refused"), "{log}");
    for token in tokens {
        let signature = token.rsplit('.').next().unwrap();
        assert!(!log.contains(signature), "a token is in the log:\n{log}");
    }
}

#[track_caller]
fn check(server: &Server, what: &str, token: &str, status: u16, said: &str) {
    let answer = get(server, OWN_LIST, token);
    if status == 200 {
        answer.is(200);
        return;
    }
    let challenge =
        answer.head.contains("www-authenticate: bearer realm=\"account\", error=\"invalid_token\"");
    assert_eq!(challenge, status == 401, "{what}: {}", answer.head);
    let kind = if status == 401 { "unauthorized" } else { "forbidden" };
    let detail = answer.refused(status, kind);
    assert!(detail.contains(said), "{what}: {detail}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn or_2_or_4_who_calls_with_a_token_on_sqlite() {
    whoever_has_a_good_token_is_staff_or_a_collaborator(sqlite().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn or_2_or_4_who_calls_with_a_token_on_postgres() {
    whoever_has_a_good_token_is_staff_or_a_collaborator(postgres().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_are_rotated_and_a_provider_that_is_away_is_missed_by_new_ones_only() {
    let database = sqlite().await;
    let mut provider = Provider::start();
    let (_folder, server) = provider.trusted_by(&database);
    let before = provider.good("rosa@middag.example");
    // Away from the beginning: nothing is known of any key.
    provider.does("stop", json!({}));
    let answer = get(&server, STAFF_LIST, &before);
    assert!(answer.head.contains("retry-after: "), "{}", answer.head);
    let detail = answer.refused(503, "provider-unavailable");
    assert!(detail.contains("cannot be reached at the moment; API keys work as always"), "{detail}");
    get(&server, STAFF_LIST, &server.key).is(200);

    // There, with other keys than those that it had.
    provider.does("start", json!({}));
    let first = provider.good("rosa@middag.example");
    get(&server, STAFF_LIST, &first).is(200);
    let detail = get(&server, STAFF_LIST, &before).refused(401, "unauthorized");
    assert!(detail.contains("a key that the provider does not have"), "{detail}");

    // Away again: what is known goes on working.
    provider.does("stop", json!({}));
    get(&server, STAFF_LIST, &first).is(200);
    get(&server, STAFF_LIST, &before).refused(503, "provider-unavailable");
    get(&server, STAFF_LIST, &first).is(200);

    // Rotated: the new key is found, and the old one is none any more.
    provider.does("start", json!({}));
    let second = provider.good("rosa@middag.example");
    get(&server, STAFF_LIST, &second).is(200);
    get(&server, STAFF_LIST, &first).refused(401, "unauthorized");
    assert!(server.terminate().success());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_can_have_the_provider_asked_for_long() {
    let database = sqlite().await;
    let mut provider = Provider::start();
    let (_folder, server) = provider.trusted_by(&database);
    let good = provider.good("rosa@middag.example");
    get(&server, STAFF_LIST, &good).is(200);
    let asked = |provider: &mut Provider| provider.does("asked", json!({})).as_u64().unwrap();
    assert_eq!(asked(&mut provider), 1);
    for _ in 0..10 {
        get(&server, STAFF_LIST, &good).is(200);
    }
    assert_eq!(asked(&mut provider), 1, "keys are kept");
    for number in 0..50 {
        let told = json!({"kid": format!("stray-{number}"), "claims": claims("rosa@middag.example")});
        let stray = provider.token("stranger", told);
        // Where nobody asks for a while, it is not known whether the key is good.
        let answer = get(&server, STAFF_LIST, &stray);
        assert!([401, 503].contains(&answer.status), "{}", answer.head);
    }
    // Five at once, and one more for each half minute that the test may have taken.
    let times = asked(&mut provider);
    assert!((2..=10).contains(&times), "{times}");
    get(&server, STAFF_LIST, &good).is(200);
    assert!(server.terminate().success());
}
