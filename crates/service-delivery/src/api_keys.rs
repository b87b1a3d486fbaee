//! Making and revoking API keys (OR-5).

use kernel::{ApiKeyId, OrganizationId, Timestamp};
use serde_json::{Value, json};

use crate::{
    Refusal, ServiceDelivery, Subject, SubjectKind,
    access::{ApiKey, ApiKeySecret, Caller, Grant},
    retry::retrying,
    step::found,
};

impl ServiceDelivery {
    /// Makes a key; its secret is not to be had again.
    ///
    /// # Errors
    /// A blank name, an expiry that is past, an organization that is not there.
    pub async fn create_api_key(
        &self,
        by: &Caller,
        name: &str,
        grant: &Grant,
        expires_at: Option<Timestamp>,
    ) -> Result<(ApiKeyId, ApiKeySecret), Refusal> {
        retrying(|| async {
            let mut step = self.begin(by, "create API key").await?;
            if let Some(organization) = bound_to(grant) {
                let present = step.uow.entitlements().organization(organization).await?;
                found(present, "organization", organization)?;
            }
            let (key, secret) =
                ApiKey::try_new(step.id(), name, grant.clone(), expires_at, &*self.entropy, step.now)?;
            step.uow.access().insert_api_key(&key).await?;
            let after = json!({"name": key.record().name, "grant": describe(grant)});
            step.record("api_key.created", subject(&key), Value::Null, after);
            step.commit().await?;
            Ok((key.record().id, secret))
        })
        .await
    }

    /// Gives a key a new secret; the one it has is accepted for so many hours more. The new one is not to be had again.
    ///
    /// # Errors
    /// No such key, one that is revoked or expired, more hours than [`MAX_GRACE_HOURS`](crate::access::MAX_GRACE_HOURS).
    pub async fn rotate_api_key(
        &self,
        by: &Caller,
        id: ApiKeyId,
        grace_hours: u32,
    ) -> Result<ApiKeySecret, Refusal> {
        retrying(|| async {
            let mut step = self.begin(by, "rotate API key").await?;
            let mut key = found(step.uow.access().lock_api_key(id).await?, "API key", id)?;
            key.check_valid(step.now)
                .map_err(|error| Refusal::rule("api-key-not-valid", error.to_string()))?;
            let secret = key.rotate(grace_hours, &*self.entropy, step.now)?;
            step.uow.access().save_api_key(&key).await?;
            step.record("api_key.rotated", subject(&key), Value::Null, json!({"grace_hours": grace_hours}));
            step.commit().await?;
            Ok(secret)
        })
        .await
    }

    /// Refuses a key from now on. Revoking it again changes nothing.
    ///
    /// # Errors
    /// No such key.
    pub async fn revoke_api_key(&self, by: &Caller, id: ApiKeyId) -> Result<(), Refusal> {
        retrying(|| async {
            let mut step = self.begin(by, "revoke API key").await?;
            let mut key = found(step.uow.access().lock_api_key(id).await?, "API key", id)?;
            if key.revoke(step.now) {
                step.uow.access().save_api_key(&key).await?;
                step.record(
                    "api_key.revoked",
                    subject(&key),
                    json!({"revoked": false}),
                    json!({"revoked": true}),
                );
            }
            step.commit().await
        })
        .await
    }
}

fn bound_to(grant: &Grant) -> Option<OrganizationId> {
    match grant {
        Grant::Staff(_) => None,
        Grant::Organization { organization, .. } => Some(*organization),
    }
}

fn describe(grant: &Grant) -> String {
    match grant {
        Grant::Staff(role) => role.to_string(),
        Grant::Organization { role, .. } => role.to_string(),
    }
}

fn subject(key: &ApiKey) -> Subject {
    Subject::new(SubjectKind::ApiKey, key.record().id).of(bound_to(&key.record().grant))
}
