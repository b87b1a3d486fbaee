//! API keys (OR-5).

use std::sync::Arc;

use entitlement::{Role, Scope};
use kernel::{ApiKeyId, Invalid, OrganizationId, Timestamp};
use poem_openapi::{
    Object, OpenApi,
    param::{Path, Query},
    payload::Json,
    types::Example,
};
use service_delivery::{
    Refusal,
    access::{ApiKeySecret, Grant, StaffRole},
    reads::{ApiKeyFilter, ApiKeyRow, ApiKeySort},
};
use uuid::Uuid;

use super::{Context, Tag, context::found, named::OrganizationRef};
use crate::{
    http::{ApiError, Body, By},
    wire::{Created, Done, Instant, Key, Limit, Page, Sort, Word, list_query},
};

/// A key to be made: for staff with `staff_role`, or for one organization with `organization_id` and `organization_role`.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields, skip_serializing_if_is_none, example)]
pub(crate) struct NewApiKey {
    /// What the key is for.
    #[oai(validator(max_length = 100))]
    name: String,
    /// Lets the key do what this role may, over every organization.
    staff_role: Option<Word<StaffRole>>,
    /// The only organization whose data exist for the key.
    organization_id: Option<Uuid>,
    /// What the key is within that organization.
    organization_role: Option<Word<Role>>,
    /// What a member or guest may see or do; an admin or owner, who may everything, has none.
    scopes: Option<Vec<Word<Scope>>>,
    /// From when on the key is refused; never, where it is absent.
    expires_at: Option<Instant>,
}

impl Example for NewApiKey {
    fn example() -> Self {
        Self {
            name: "WordPress shop".to_owned(),
            staff_role: Some(Word(StaffRole::Finance)),
            organization_id: None,
            organization_role: None,
            scopes: None,
            expires_at: None,
        }
    }
}

impl NewApiKey {
    fn read(self) -> Result<(String, Grant, Option<Timestamp>), Invalid> {
        let mut invalid = Invalid::default();
        let grant = match (self.staff_role, self.organization_id) {
            (Some(Word(role)), None) => {
                if self.organization_role.is_some() {
                    invalid.push("organization_role", "goes with organization_id, not with staff_role");
                }
                if self.scopes.is_some() {
                    invalid.push("scopes", "go with organization_id, not with staff_role");
                }
                Some(Grant::Staff(role))
            }
            (None, Some(organization)) => {
                if self.organization_role.is_none() {
                    invalid.push("organization_role", "is missing");
                }
                let scoped = self.scopes.as_ref().is_some_and(|scopes| !scopes.is_empty());
                if let Some(Word(role)) = self.organization_role.filter(|Word(role)| role.has_every_scope())
                    && scoped
                {
                    let problem = format!("go with member or guest: a key that is {role} may everything");
                    invalid.push("scopes", problem);
                }
                self.organization_role.map(|Word(role)| Grant::Organization {
                    organization: OrganizationId::new(organization),
                    role,
                    scopes: self.scopes.into_iter().flatten().map(|Word(scope)| scope).collect(),
                })
            }
            _ => {
                invalid.push("staff_role", "either this or organization_id must be there");
                None
            }
        };
        match grant {
            Some(grant) => invalid.or_ok((self.name, grant, self.expires_at.map(|Instant(at)| at))),
            None => Err(invalid),
        }
    }
}

/// A key that was just made.
#[derive(Debug, Object)]
#[oai(example)]
pub(crate) struct ApiKeyMade {
    /// Its id, to revoke it by.
    id: Uuid,
    /// The key itself. It is shown only here: what is stored does not tell it.
    secret: String,
}

impl Example for ApiKeyMade {
    fn example() -> Self {
        let secret = "mda_0123456789_0123456789abcdefghjkmnpqrstvwxyz0123456789abcdefghjk".to_owned();
        Self { id: Uuid::from_u128(0x019a_2b3c_4d5e_7f60_8a9b_0c1d_2e3f_4a5b), secret }
    }
}

/// An API key, without anything of its secret.
#[derive(Debug, Object)]
#[oai(skip_serializing_if_is_none)]
pub(crate) struct ApiKeyView {
    /// Its id.
    id: Uuid,
    /// What it is for.
    name: String,
    /// What it may do over every organization.
    staff_role: Option<Word<StaffRole>>,
    /// The only organization whose data exist for it.
    organization: Option<OrganizationRef>,
    /// What it is within that organization.
    organization_role: Option<Word<Role>>,
    /// What it may see or do there, as a member or guest.
    scopes: Option<Vec<Word<Scope>>>,
    /// When it was made.
    created_at: Instant,
    /// From when on it is refused; absent for never.
    expires_at: Option<Instant>,
    /// Since when it is revoked; absent where it is not.
    revoked_at: Option<Instant>,
    /// When it got its secret, where it had another one before.
    rotated_at: Option<Instant>,
    /// Until when the secret before the last rotation is accepted too; absent where none was.
    previous_until: Option<Instant>,
    /// When it was used last, to the minute; absent where it never was.
    last_used_at: Option<Instant>,
}

/// A rotation.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields, example)]
pub(crate) struct RotateApiKey {
    /// For how many hours the secret that it has is accepted beside the new one: 0, for not any more, to 168.
    grace_hours: u32,
}

impl Example for RotateApiKey {
    fn example() -> Self {
        Self { grace_hours: 24 }
    }
}

impl From<ApiKeyRow> for ApiKeyView {
    fn from(row: ApiKeyRow) -> Self {
        let (staff_role, organization_role, scopes) = match row.grant {
            Grant::Staff(role) => (Some(Word(role)), None, None),
            Grant::Organization { role, scopes, .. } => {
                (None, Some(Word(role)), Some(scopes.into_iter().map(Word).collect()))
            }
        };
        Self {
            id: row.id.as_uuid(),
            name: row.name,
            staff_role,
            organization: row.organization.map(OrganizationRef::from),
            organization_role,
            scopes,
            created_at: row.created_at.into(),
            expires_at: row.expires_at.map(Instant),
            revoked_at: row.revoked_at.map(Instant),
            rotated_at: row.rotated_at.map(Instant),
            previous_until: row.previous_until.map(Instant),
            last_used_at: row.last_used_at.map(Instant),
        }
    }
}

pub(crate) struct ApiKeys(pub(crate) Arc<Context>);

#[OpenApi(prefix_path = "/v1/api-keys", tag = "Tag::ApiKeys")]
impl ApiKeys {
    /// List API keys
    ///
    /// Secrets are not in it: nobody can read them again.
    #[oai(path = "/", method = "get", operation_id = "list_api_keys")]
    async fn list(
        &self,
        By(by): By,
        /// Only those bound to this organization.
        organization_id: Query<Option<Uuid>>,
        /// Only those that are accepted now, or only those that are not.
        valid: Query<Option<bool>>,
        sort: Query<Option<Sort<ApiKeySort>>>,
        limit: Query<Option<Limit>>,
        cursor: Query<Option<String>>,
    ) -> Result<Json<Page<ApiKeyView>>, ApiError> {
        let filter =
            ApiKeyFilter { organization: organization_id.0.map(OrganizationId::new), valid: valid.0 };
        let query = list_query(filter, sort, limit, cursor)?;
        Ok(Json(Page::of(self.0.reads.api_keys(self.0.viewer(&by), &query).await?)))
    }

    /// Make an API key
    ///
    /// Its secret is in the answer and nowhere else.
    #[oai(path = "/", method = "post", operation_id = "create_api_key")]
    async fn create(&self, By(by): By, Body(body): Body<NewApiKey>) -> Result<Created<ApiKeyMade>, ApiError> {
        let (name, grant, expires_at) = body.read()?;
        let made = self.0.service.create_api_key(&by, &name, &grant, expires_at).await;
        let (id, secret) = made.map_err(|refusal| match refusal {
            // The organization is all that the body names.
            Refusal::NotFound { .. } => ApiError::field("organization_id", refusal.to_string()),
            other => other.into(),
        })?;
        let secret = ApiKeySecret::reveal(&secret).to_owned();
        Ok(Created::at(format!("/v1/api-keys/{id}"), ApiKeyMade { id: id.as_uuid(), secret }))
    }

    /// Get an API key
    ///
    /// Without anything of its secret.
    #[oai(path = "/:api_key", method = "get", operation_id = "get_api_key")]
    async fn get(
        &self,
        By(by): By,
        /// Its id.
        api_key: Path<Key>,
    ) -> Result<Json<ApiKeyView>, ApiError> {
        let id = api_key.0.id("API key")?;
        Ok(Json(found(self.0.reads.api_key(self.0.viewer(&by), id).await?, "API key", id)?.into()))
    }

    /// Rotate an API key
    ///
    /// It gets a new secret, which is in the answer and nowhere else. The one that it has is accepted for a while longer, so that
    /// whoever uses it can be changed over; one that it had before that is not.
    #[oai(path = "/:api_key/rotate", method = "post", operation_id = "rotate_api_key")]
    async fn rotate(
        &self,
        By(by): By,
        /// Its id.
        api_key: Path<Key>,
        Body(body): Body<RotateApiKey>,
    ) -> Result<Json<ApiKeyMade>, ApiError> {
        let id: ApiKeyId = api_key.0.id("API key")?;
        let secret = self.0.service.rotate_api_key(&by, id, body.grace_hours).await?;
        Ok(Json(ApiKeyMade { id: id.as_uuid(), secret: secret.reveal().to_owned() }))
    }

    /// Revoke an API key
    ///
    /// It is refused from now on, for good. Revoking it again changes nothing.
    #[oai(path = "/:api_key/revoke", method = "post", operation_id = "revoke_api_key")]
    async fn revoke(
        &self,
        By(by): By,
        /// Its id.
        api_key: Path<Key>,
    ) -> Result<Done, ApiError> {
        self.0.service.revoke_api_key(&by, api_key.0.id("API key")?).await?;
        Ok(Done::Done)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use poem::http::Method;
    use serde_json::{Value, json};

    use crate::testing::World;

    const PATH: &str = "/v1/api-keys";

    /// The key's id and its first secret.
    async fn made(world: &World) -> (String, String) {
        let body =
            json!({"name": "shop", "staff_role": "staff_finance", "expires_at": "2026-06-01T00:00:00Z"});
        let made = world.post(PATH, &body).await;
        let location = made.location.clone().unwrap();
        let made = made.is(201);
        let id = made["id"].as_str().unwrap().to_owned();
        assert_eq!(location, format!("{PATH}/{id}"));
        (id, made["secret"].as_str().unwrap().to_owned())
    }

    async fn accepted(world: &World, secret: &str) -> bool {
        let answer = world.ask(secret, Method::GET, "/v1/organizations", None).await;
        assert!(matches!(answer.status.as_u16(), 200 | 401), "{:#}", answer.body);
        answer.status.is_success()
    }

    #[tokio::test]
    async fn or_5_a_key_is_rotated_with_a_grace_and_expires() {
        let world = World::new().await;
        let (id, first) = made(&world).await;
        let rotate = async |hours: Value| {
            world.post(&format!("{PATH}/{id}/rotate"), &json!({"grace_hours": hours})).await
        };
        assert_eq!(rotate(json!(169)).await.wrong_fields(), ["grace_hours"]);
        assert_eq!(rotate(json!(-1)).await.wrong_fields(), ["grace_hours"]);
        let rotated = rotate(json!(2)).await.is(200);
        let second = rotated["secret"].as_str().unwrap();
        assert_eq!(rotated["id"], json!(id));
        let shown = world.get(&format!("{PATH}/{id}")).await.is(200);
        assert_eq!(
            (&shown["rotated_at"], &shown["previous_until"]),
            (&json!("2026-05-01T12:00:00Z"), &json!("2026-05-01T14:00:00Z"))
        );
        assert!(!shown.to_string().contains(&second[15..]), "{shown}");
        assert!(accepted(&world, &first).await && accepted(&world, second).await);
        world.at("2026-05-01T14:00:00Z");
        assert!(!accepted(&world, &first).await && accepted(&world, second).await);
        world.at("2026-06-01T00:00:00Z");
        assert!(!accepted(&world, second).await);
        assert_eq!(rotate(json!(0)).await.problem(409), "api-key-not-valid");
        let unknown = format!("{PATH}/{}", Uuid::from_u128(9));
        assert_eq!(world.get(&unknown).await.status.as_u16(), 404);
        assert_eq!(
            world.post(&format!("{unknown}/rotate"), &json!({"grace_hours": 0})).await.status.as_u16(),
            404
        );
    }

    #[tokio::test]
    async fn or_5_a_revoked_key_is_refused_with_both_secrets() {
        let world = World::new().await;
        let (id, first) = made(&world).await;
        let rotated = world.post(&format!("{PATH}/{id}/rotate"), &json!({"grace_hours": 2})).await.is(200);
        world.post(&format!("{PATH}/{id}/revoke"), &Value::Null).await.is(204);
        for secret in [first.as_str(), rotated["secret"].as_str().unwrap()] {
            assert!(!accepted(&world, secret).await);
        }
    }

    #[tokio::test]
    async fn or_5_the_last_use_is_noted_to_the_minute() {
        let world = World::new().await;
        let (id, secret) = made(&world).await;
        let last_use = async || {
            world.settled().await;
            world.get(&format!("{PATH}/{id}")).await.is(200)["last_used_at"].clone()
        };
        assert_eq!(last_use().await, Value::Null);
        for (at, noted) in [
            ("2026-05-01T12:00:00Z", "2026-05-01T12:00:00Z"),
            ("2026-05-01T12:00:59Z", "2026-05-01T12:00:00Z"),
            ("2026-05-01T12:01:00Z", "2026-05-01T12:01:00Z"),
        ] {
            world.at(at);
            assert!(accepted(&world, &secret).await);
            assert_eq!(last_use().await, json!(noted));
        }
    }

    fn refused(body: NewApiKey) -> Vec<String> {
        body.read().unwrap_err().0.into_iter().map(|error| error.path).collect()
    }

    fn neither() -> NewApiKey {
        NewApiKey { staff_role: None, ..NewApiKey::example() }
    }

    #[test]
    fn or_5_a_key_is_for_staff_or_for_one_organization() {
        let organization_id = Some(Uuid::from_u128(1));
        let scopes = Some(vec![Word(Scope::Requests)]);
        assert_eq!(refused(neither()), ["staff_role"]);
        assert_eq!(refused(NewApiKey { organization_id, ..NewApiKey::example() }), ["staff_role"]);
        assert_eq!(refused(NewApiKey { organization_id, ..neither() }), ["organization_role"]);
        let both = NewApiKey { organization_role: Some(Word(Role::Guest)), scopes, ..NewApiKey::example() };
        assert_eq!(refused(both), ["organization_role", "scopes"]);
        let bound = |role, scopes: &[Scope]| NewApiKey {
            organization_id,
            organization_role: Some(Word(role)),
            scopes: Some(scopes.iter().copied().map(Word).collect()),
            ..neither()
        };
        for role in [Role::Admin, Role::Owner] {
            assert_eq!(refused(bound(role, &[Scope::Requests])), ["scopes"], "{role}");
            assert!(bound(role, &[]).read().is_ok());
        }
        for role in [Role::Guest, Role::Member] {
            assert!(bound(role, &[Scope::Requests]).read().is_ok());
        }
    }

    #[tokio::test]
    async fn ap_3_a_key_for_an_organization_that_is_none_is_refused_by_its_field() {
        let world = World::new().await;
        let body = |organization: Uuid| {
            let organization = organization.to_string();
            json!({"name": "shop", "organization_id": organization, "organization_role": "guest"})
        };
        let refused = world.post(PATH, &body(Uuid::from_u128(9))).await;
        assert_eq!(refused.wrong_fields(), ["organization_id"]);
        let acme = world.organization("Acme").await;
        world.post(PATH, &body(acme.as_uuid())).await.is(201);
    }
}
