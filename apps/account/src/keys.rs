//! `account key`: API keys without an API key, for whoever has the database.

use kernel::{
    Actor, ApiKeyId, MAX_PAGE_LIMIT, OrganizationId, PageRequest, Timestamp,
    ports::{Clock as _, Entropy as _},
};
use serde_json::{Value, json};
use service_delivery::{
    Event, Storage, Subject, SubjectKind,
    access::{ApiKey, ApiKeySecret, Grant, StaffRole},
    reads::{ApiKeyQuery, ApiKeyRow, Reads as _, Viewer},
};
use storage_seaorm::Database;

use crate::{
    cli::{CreateKey, Key},
    database,
    exit::{Failure, Kind},
    output::say,
    settings::Settings,
    system::{OsEntropy, SystemClock},
};

/// Does what `action` says.
pub(crate) async fn run(settings: &Settings, action: Key) -> Result<(), Failure> {
    let database = database::connect(settings).await?;
    database::prepare(&database, false).await?;
    match action {
        Key::Create(options) => {
            let (name, grant, expires_at) = read(options)?;
            let (key, secret) = create(&database, &name, grant, expires_at).await?;
            say(&format!("id:  {}", key.record().id));
            say(&format!("key: {}", secret.reveal()));
            say("The key is shown only here: keep it somewhere safe.");
        }
        Key::Revoke { id } => {
            let id = id.parse().map_err(|_| Failure::says(Kind::Usage, format!("{id} is no id of a key")))?;
            let was_valid = revoke(&database, id).await?;
            say(if was_valid { "revoked" } else { "was revoked already" });
        }
        Key::List => list(&database).await?,
    }
    database.close().await;
    Ok(())
}

fn read(options: CreateKey) -> Result<(String, Grant, Option<Timestamp>), Failure> {
    let usage = |message: String| Failure::says(Kind::Usage, message);
    let CreateKey { name, role, organization, scopes, expires_at } = options;
    let expires_at =
        expires_at.map(|at| at.parse::<Timestamp>().map_err(|e| usage(format!("--expires-at: {e}"))));
    let grant = match organization {
        None => Grant::Staff(role.parse::<StaffRole>().map_err(|_| {
            usage(format!("{role} is no staff role: staff_admin, staff_delivery or staff_finance is"))
        })?),
        Some(id) => Grant::Organization {
            organization: id
                .parse::<OrganizationId>()
                .map_err(|_| usage(format!("{id} is no id of an organization")))?,
            role: role.parse().map_err(|_| {
                usage(format!("{role} is no role in an organization: owner, admin, member or guest is"))
            })?,
            scopes: scopes
                .iter()
                .map(|scope| scope.parse().map_err(|_| usage(format!("{scope} is no scope"))))
                .collect::<Result<_, Failure>>()?,
        },
    };
    Ok((name, grant, expires_at.transpose()?))
}

/// A new key and its secret.
pub(crate) async fn create(
    database: &Database,
    name: &str,
    grant: Grant,
    expires_at: Option<Timestamp>,
) -> Result<(ApiKey, ApiKeySecret), Failure> {
    let now = SystemClock.now();
    let id = ApiKeyId::new(OsEntropy.uuid());
    let (key, secret) = ApiKey::try_new(id, name, grant, expires_at, &OsEntropy, now)
        .map_err(|invalid| Failure::new(Kind::Usage, invalid))?;
    let mut uow = database.begin().await?;
    uow.access().insert_api_key(&key).await?;
    let after = json!({"name": key.record().name});
    uow.journal().append(&[event("api_key.created", &key, Value::Null, after, now)]).await?;
    uow.commit().await?;
    Ok((key, secret))
}

/// Refuses the key with `id` from now on. Says whether it was valid before.
async fn revoke(database: &Database, id: ApiKeyId) -> Result<bool, Failure> {
    let now = SystemClock.now();
    let mut uow = database.begin().await?;
    let mut key = uow
        .access()
        .lock_api_key(id)
        .await?
        .ok_or_else(|| Failure::says(Kind::Failed, format!("there is no key {id}")))?;
    let was_valid = key.revoke(now);
    if was_valid {
        uow.access().save_api_key(&key).await?;
        let (before, after) = (json!({"revoked_at": null}), json!({"revoked_at": now.to_string()}));
        uow.journal().append(&[event("api_key.revoked", &key, before, after, now)]).await?;
        uow.commit().await?;
    }
    Ok(was_valid)
}

/// Prints every key, the newest first.
async fn list(database: &Database) -> Result<(), Failure> {
    let viewer = Viewer::staff(SystemClock.now());
    let mut query = ApiKeyQuery::default();
    loop {
        let page = database.api_keys(viewer, &query).await?;
        page.items.iter().for_each(|key| say(&line(key, viewer.now)));
        let Some(next) = page.next else { return Ok(()) };
        query.page = PageRequest::try_new(MAX_PAGE_LIMIT, Some(next)).unwrap_or_else(PageRequest::first);
    }
}

fn line(key: &ApiKeyRow, now: Timestamp) -> String {
    let grant = match (&key.grant, &key.organization) {
        (Grant::Staff(role), _) => role.to_string(),
        (Grant::Organization { role, .. }, Some(organization)) => format!("{role} of {}", organization.name),
        (Grant::Organization { role, organization, .. }, None) => format!("{role} of {organization}"),
    };
    let state = match (key.revoked_at, key.expires_at) {
        (Some(at), _) => format!("revoked {at}"),
        (None, Some(at)) if at <= now => format!("expired {at}"),
        (None, Some(at)) => format!("valid until {at}"),
        (None, None) => "valid".to_owned(),
    };
    let used = key.last_used_at.map_or_else(|| "never used".to_owned(), |at| format!("last used {at}"));
    format!("{}  {state}  {grant}  {}  {used}", key.id, key.name)
}

fn event(name: &str, key: &ApiKey, before: Value, after: Value, at: Timestamp) -> Event {
    let record = key.record();
    let organization = match &record.grant {
        Grant::Staff(_) => None,
        Grant::Organization { organization, .. } => Some(*organization),
    };
    Event {
        id: OsEntropy.uuid().into(),
        at,
        name: name.to_owned(),
        actor: Actor::system("command line"),
        cause: name.to_owned(),
        subject: Subject::new(SubjectKind::ApiKey, record.id).of(organization),
        before,
        after,
        policies: vec![],
    }
}
