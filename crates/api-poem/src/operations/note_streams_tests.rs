//! Notes in real time, over real sockets and several servers.

use std::time::Duration;

use entitlement::{Role, Scope};
use kernel::{OrganizationId, ServiceMode};
use poem::{
    Endpoint, Request, Response, Server,
    endpoint::BoxEndpoint,
    http::Method,
    listener::{Acceptor, Listener, TcpListener},
};
use serde_json::{Value, json};
use storage_seaorm::testing::{TestDatabase, postgres, sqlite};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::TcpStream,
};

use crate::{Streaming, testing::World};

/// Nothing here takes that long: a test that would wait for ever fails.
const PATIENCE: Duration = Duration::from_secs(20);

fn quick() -> Streaming {
    Streaming {
        poll: Duration::from_millis(10),
        heartbeat: Duration::from_millis(50),
        ..Streaming::default()
    }
}

async fn listen(endpoint: BoxEndpoint<'static, Response>) -> String {
    let acceptor = TcpListener::bind("127.0.0.1:0").into_acceptor().await.unwrap();
    let address = acceptor.local_addr()[0].to_string().replace("socket://", "");
    tokio::spawn(Server::new_with_acceptor(acceptor).run(endpoint));
    address
}

struct Follower {
    socket: BufReader<TcpStream>,
    /// What was received and not looked at yet.
    text: String,
}

/// An event, or that the stream has ended.
#[derive(Debug, PartialEq)]
enum Heard {
    Event { id: String, body: String },
    Heartbeat,
    End,
}

impl Follower {
    async fn connect(address: &str, key: &str, path: &str, last: Option<&str>) -> (u16, Self) {
        let mut socket = TcpStream::connect(address).await.unwrap();
        let last = last.map(|id| format!("Last-Event-ID: {id}\r\n")).unwrap_or_default();
        let request = format!("GET {path} HTTP/1.1\r\nHost: x\r\nX-API-Key: {key}\r\n{last}\r\n");
        socket.write_all(request.as_bytes()).await.unwrap();
        let mut follower = Self { socket: BufReader::new(socket), text: String::new() };
        let status = follower.header().await;
        let status = status.split(' ').nth(1).unwrap().parse().unwrap();
        while !follower.header().await.is_empty() {}
        (status, follower)
    }

    async fn header(&mut self) -> String {
        let mut line = String::new();
        self.socket.read_line(&mut line).await.unwrap();
        line.trim_end().to_owned()
    }

    /// The next line of the body, which comes in chunks; none at its end.
    async fn line(&mut self) -> Option<String> {
        loop {
            if let Some((line, rest)) = self.text.split_once('\n') {
                let line = line.to_owned();
                self.text = rest.to_owned();
                return Some(line);
            }
            let size = usize::from_str_radix(&self.header().await, 16).unwrap_or_default();
            if size == 0 {
                return None;
            }
            let mut chunk = vec![0; size + 2];
            self.socket.read_exact(&mut chunk).await.ok()?;
            self.text.push_str(std::str::from_utf8(&chunk[..size]).unwrap());
        }
    }

    async fn to(address: &str, key: &str, path: &str, last: Option<&str>) -> Self {
        let (status, follower) = Self::connect(address, key, path, last).await;
        assert_eq!(status, 200, "{path}");
        follower
    }

    async fn hear(&mut self) -> Heard {
        let mut id = String::new();
        loop {
            let line = tokio::time::timeout(PATIENCE, self.line()).await.expect("it was silent");
            let Some(line) = line else { return Heard::End };
            if line == ":" {
                return Heard::Heartbeat;
            }
            if let Some(text) = line.strip_prefix("id: ") {
                text.clone_into(&mut id);
            }
            if let Some(text) = line.strip_prefix("data: ") {
                let data: Value = serde_json::from_str(text).unwrap();
                assert!(data["service_request"]["code"].as_str().unwrap().starts_with("SR-"), "{data}");
                return Heard::Event { id, body: data["note"]["body"].as_str().unwrap().to_owned() };
            }
        }
    }

    /// The next notes, and the id of the last one.
    async fn notes(&mut self, count: usize) -> (Vec<String>, String) {
        let (mut bodies, mut last) = (vec![], String::new());
        while bodies.len() < count {
            match self.hear().await {
                Heard::Event { id, body } => {
                    bodies.push(body);
                    last = id;
                }
                Heard::Heartbeat => {}
                Heard::End => panic!("the stream has ended after {bodies:?}"),
            }
        }
        (bodies, last)
    }

    /// What comes until the stream ends, which is nothing but heartbeats.
    async fn ends(&mut self) {
        loop {
            match self.hear().await {
                Heard::Heartbeat => {}
                Heard::End => return,
                event @ Heard::Event { .. } => panic!("{event:?}"),
            }
        }
    }
}

struct Story {
    world: World,
    acme: OrganizationId,
    customer: String,
    request: String,
}

impl Story {
    async fn on(database: TestDatabase) -> Self {
        let world = World::on(database, &json!({})).await;
        let acme = world.organization("Acme").await;
        let customer = world.customer(acme, Role::Member, &[Scope::Requests]).await;
        let request = Self::request(&world, acme).await;
        Self { world, acme, customer, request }
    }

    async fn request(world: &World, organization: OrganizationId) -> String {
        let (_, balance) = world.proposed_service(organization, ServiceMode::Ongoing).await;
        let environment = world.active_environment(organization, Some(balance)).await;
        let body = json!({"environment_id": environment.to_string(), "title": "New theme"});
        world.post("/v1/service-requests", &body).await.is(201)["code"].as_str().unwrap().to_owned()
    }

    /// Revokes the customer's key.
    async fn revoke(&self) {
        let keys = format!("/v1/api-keys?organization_id={}", self.acme);
        let key = self.world.walk(&keys, 1, "id").await.remove(0);
        let path = format!("/v1/api-keys/{key}/revoke");
        self.world.ask(&self.world.staff, Method::POST, &path, None).await.is(204);
    }

    async fn write(&self, request: &str, visibility: &str, body: &str) {
        let note = json!({"visibility": visibility, "body": body});
        self.world.post(&format!("/v1/service-requests/{request}/notes"), &note).await.is(201);
    }
}

async fn sr_10_notes_are_followed_on_every_server_without_loss_or_doubles(database: TestDatabase) {
    let story = Story::on(database).await;
    let beta = story.world.organization("Beta").await;
    let theirs = Story::request(&story.world, beta).await;
    let one = listen(story.world.another(quick()).await).await;
    let two = listen(story.world.another(quick()).await).await;
    let request = &story.request;
    let on_request = format!("/v1/service-requests/{request}/notes/stream");
    let mut ours = Follower::to(&one, &story.customer, "/v1/portal/notes/stream", None).await;
    let mut one_request = Follower::to(
        &two,
        &story.customer,
        &format!("/v1/portal/service-requests/{request}/notes/stream"),
        None,
    )
    .await;
    let mut all = Follower::to(&two, &story.world.staff, "/v1/notes/stream", None).await;
    let mut staff = Follower::to(&one, &story.world.staff, &on_request, None).await;

    for (number, visibility) in ["client", "internal", "client"].iter().enumerate() {
        story.write(request, visibility, &format!("{visibility} {number}")).await;
        story.write(&theirs, visibility, "beta's own").await;
    }
    let (told, last) = ours.notes(2).await;
    assert_eq!(told, ["client 0", "client 2"], "never an internal one, and nothing of others");
    assert_eq!(one_request.notes(2).await.0, told);
    assert_eq!(staff.notes(3).await.0, ["client 0", "internal 1", "client 2"]);
    let (told, _) = all.notes(6).await;
    assert_eq!(told[..3], ["client 0", "beta's own", "internal 1"]);

    // A connection breaks; what is written meanwhile is there when it comes back, to whichever server.
    drop(ours);
    for number in 3..6 {
        story.write(request, "client", &format!("client {number}")).await;
        story.write(request, "internal", "not theirs").await;
    }
    let mut ours = Follower::to(&two, &story.customer, "/v1/portal/notes/stream", Some(&last)).await;
    assert_eq!(ours.notes(3).await.0, ["client 3", "client 4", "client 5"]);
    story.write(request, "client", "client 6").await;
    assert_eq!(ours.notes(1).await.0, ["client 6"]);

    // From the beginning, more of them than are read at a time.
    for number in 0..250 {
        story.write(&theirs, "internal", &format!("many {number}")).await;
    }
    let mut whole = Follower::to(&one, &story.world.staff, "/v1/notes/stream", Some("0-0")).await;
    let (told, _) = whole.notes(6 + 6 + 1 + 250).await;
    assert_eq!((told[0].as_str(), told[262].as_str()), ("client 0", "many 249"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sr_10_notes_are_followed_on_two_servers_of_one_sqlite_file() {
    sr_10_notes_are_followed_on_every_server_without_loss_or_doubles(sqlite().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sr_10_notes_are_followed_on_two_servers_of_one_postgresql() {
    sr_10_notes_are_followed_on_every_server_without_loss_or_doubles(postgres().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn streams_end_when_their_key_is_revoked_and_when_the_server_stops() {
    let story = Story::on(sqlite().await).await;
    let streaming = Streaming { per_key: 2, ..quick() };
    let server = listen(story.world.another(streaming.clone()).await).await;
    let path = "/v1/portal/notes/stream";
    let stranger = story.world.organization("Beta").await;
    let stranger = story.world.customer(stranger, Role::Owner, &[]).await;
    let mut followers = vec![];
    for _ in 0..2 {
        followers.push(Follower::to(&server, &story.customer, path, None).await);
    }
    let of_request = format!("/v1/portal/service-requests/{}/notes/stream", story.request);
    for (key, path, last, status) in [
        (&stranger, of_request.as_str(), None, 404),
        (&story.customer, "/v1/notes/stream", None, 403),
        (&story.world.staff, path, None, 403),
        (&stranger, path, Some("yesterday"), 422),
        (&stranger, path, Some("ontem à noite"), 422),
        (&"mda_wrong".to_owned(), path, None, 401),
    ] {
        assert_eq!(Follower::connect(&server, key, path, last).await.0, status, "{path}");
    }

    for follower in &mut followers {
        assert_eq!(follower.hear().await, Heard::Heartbeat, "what others ask for ends none of theirs");
    }
    story.revoke().await;
    for follower in &mut followers {
        follower.ends().await;
    }

    let mut staff = Follower::to(&server, &story.world.staff, "/v1/notes/stream", None).await;
    streaming.stopping.cancel();
    staff.ends().await;
}

/// A client that went away is not always noticed at once: what it left must not keep it from coming back.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_stream_too_many_ends_the_oldest_which_can_be_resumed() {
    let story = Story::on(sqlite().await).await;
    let server = listen(story.world.another(Streaming { per_key: 2, ..quick() }).await).await;
    let path = "/v1/portal/notes/stream";
    let mut first = Follower::to(&server, &story.customer, path, None).await;
    let mut second = Follower::to(&server, &story.customer, path, None).await;
    story.write(&story.request, "client", "one").await;
    let (_, last) = first.notes(1).await;
    assert_eq!(second.notes(1).await.0, ["one"]);
    let mut third = Follower::to(&server, &story.customer, path, None).await;
    first.ends().await;
    story.write(&story.request, "client", "two").await;
    assert_eq!(second.notes(1).await.0, ["two"]);
    assert_eq!(third.notes(1).await.0, ["two"]);
    let mut first = Follower::to(&server, &story.customer, path, Some(&last)).await;
    assert_eq!(first.notes(1).await.0, ["two"]);
    second.ends().await;
    assert_eq!(third.hear().await, Heard::Heartbeat);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_waits_for_a_slow_client_is_not_sent_after_its_key_is_revoked() {
    let story = Story::on(sqlite().await).await;
    for number in 0..40 {
        story.write(&story.request, "client", &format!("client {number}")).await;
    }
    let server = story.world.another(quick()).await;
    let request = Request::builder().uri_str("/v1/portal/notes/stream").header("Last-Event-ID", "0-0");
    let answer = server.get_response(request.header("X-API-Key", story.customer.as_str()).finish()).await;
    assert_eq!(answer.status().as_u16(), 200);
    // Nothing of it is read until its right has been looked at again, several times over.
    story.revoke().await;
    tokio::time::sleep(quick().heartbeat * 10).await;
    let text = tokio::time::timeout(PATIENCE, answer.into_body().into_string()).await.unwrap().unwrap();
    assert!(!text.contains("client 39"), "{text}");
}
