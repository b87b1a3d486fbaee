//! `account key`: API keys without an API key, for whoever has the database.

use kernel::{ApiKeyId, MAX_PAGE_LIMIT, OrganizationId, PageRequest, Timestamp};
use service_delivery::{
    Refusal, ServiceDelivery,
    access::{ApiKeySecret, Grant, StaffRole},
    reads::{ApiKeyQuery, ApiKeyRow, Reads as _, Viewer},
};
use storage_seaorm::Database;

use crate::{
    cli::{CreateKey, Key},
    clock::ServerClock,
    database,
    exit::{Failure, Kind},
    output::say,
    serve,
    settings::Settings,
};

/// What events call whoever makes and revokes keys here.
const CALLER: &str = "command line";

/// Does what `action` says.
pub(crate) async fn run(settings: &Settings, action: Key) -> Result<(), Failure> {
    let database = database::connect(settings).await?;
    database::prepare(&database, false).await?;
    let clock = ServerClock::start(settings.clock_settable.unwrap_or(false), &database).await?;
    let service = serve::compose(settings, &database, &clock)?;
    match action {
        Key::Create(options) => {
            let (name, grant, expires_at) = read(options)?;
            let (id, secret) = create(&service, &name, &grant, expires_at).await?;
            say(&format!("id:  {id}"));
            say(&format!("key: {}", secret.reveal()));
            say("The key is shown only here: keep it somewhere safe.");
        }
        Key::Revoke { id } => {
            let id = id.parse().map_err(|_| Failure::says(Kind::Usage, format!("{id} is no id of a key")))?;
            let was_valid = revoke(&service, &database, id).await?;
            say(if was_valid { "revoked" } else { "was revoked already" });
        }
        Key::List => list(&database, service.now()).await?,
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

/// A new key's id and its secret.
///
/// # Errors
/// A blank name, an expiry that is past, an organization that is not there.
pub(crate) async fn create(
    service: &ServiceDelivery,
    name: &str,
    grant: &Grant,
    expires_at: Option<Timestamp>,
) -> Result<(ApiKeyId, ApiKeySecret), Failure> {
    let made = service.create_api_key(&database::owner(CALLER), name, grant, expires_at).await;
    made.map_err(|refusal| match refusal {
        // The organization is all that was named.
        Refusal::NotFound { .. } => Failure::says(Kind::Usage, format!("--organization: {refusal}")),
        other => refused(other),
    })
}

/// Refuses the key with `id` from now on. Says whether it was valid before.
async fn revoke(service: &ServiceDelivery, database: &Database, id: ApiKeyId) -> Result<bool, Failure> {
    let before = database.api_key(Viewer::staff(service.now()), id).await?;
    service.revoke_api_key(&database::owner(CALLER), id).await.map_err(refused)?;
    Ok(before.is_none_or(|key| key.revoked_at.is_none()))
}

fn refused(refusal: Refusal) -> Failure {
    match refusal {
        Refusal::Invalid(invalid) => Failure::new(Kind::Usage, invalid),
        Refusal::Store(error) => error.into(),
        other => Failure::new(Kind::Failed, other),
    }
}

/// Prints every key, the newest first.
async fn list(database: &Database, now: Timestamp) -> Result<(), Failure> {
    let viewer = Viewer::staff(now);
    let mut query = ApiKeyQuery::default();
    loop {
        let page = database.api_keys(viewer, &query).await?;
        page.items.iter().for_each(|key| say(&line(key, now)));
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
