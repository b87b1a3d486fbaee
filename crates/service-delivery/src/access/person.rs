//! People who prove who they are with a signed token of the OpenID provider (OR-2, OR-4): staff by a list, collaborators by
//! their e-mail address.

use std::sync::Arc;

use async_trait::async_trait;
use entitlement::{Collaborator, EmailAddress};
use kernel::{CallerId, OrganizationId, StoreError, Timestamp};
use sha2::{Digest, Sha256};
use uuid::Builder;

use super::{Caller, Grant, StaffRole};

/// What a signed token says of the person who shows it. Only [`Tokens`] makes one, of a token that it has verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Who says so.
    pub issuer: String,
    /// The person, as the issuer tells them apart; never given to another.
    pub subject: String,
    /// Their e-mail address, where it is said.
    pub email: Option<String>,
    /// Whether the issuer has seen that the address is theirs.
    pub email_verified: bool,
    /// What they are called, where it is said.
    pub name: Option<String>,
}

/// Why a token proves nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// It is not right, and will not be.
    #[error("the token {reason}")]
    NotValid {
        /// What is wrong with it, after `the token`.
        reason: String,
    },
    /// Whether it is right cannot be found out at the moment.
    #[error("the provider of signed tokens cannot be reached")]
    Unavailable,
}

/// Verifies signed tokens: signature, issuer, audience, time.
#[async_trait]
pub trait Tokens: Send + Sync {
    /// Who shows `token` at `now`.
    async fn identity(&self, token: &str, now: Timestamp) -> Result<Identity, TokenError>;
}

/// Finds collaborators for authentication, outside of any unit of work.
#[async_trait]
pub trait Members: Send + Sync {
    /// Everybody with this mailbox, one in each organization at most.
    async fn collaborators_at(&self, email: &EmailAddress) -> Result<Vec<Collaborator>, StoreError>;
}

/// Why a person may not call, though their token is right; or why that cannot be said.
#[derive(Debug, thiserror::Error)]
pub enum PersonError {
    /// The token.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// The token names no e-mail address.
    #[error("the token has no e-mail address in `email`; the provider must put it there")]
    NoEmail,
    /// Anybody could have given that address.
    #[error("the e-mail address {email} is not verified by the provider (`email_verified`)")]
    NotVerified {
        /// The address.
        email: String,
    },
    /// Neither staff nor a collaborator; or not of the organization that was named.
    #[error("nobody with the e-mail address {email} is known here{}", if *.named { " in that organization" } else { "" })]
    Unknown {
        /// The address.
        email: String,
        /// Whether an organization was named.
        named: bool,
    },
    /// The storage failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The people who may call with signed tokens.
pub struct People {
    tokens: Arc<dyn Tokens>,
    members: Arc<dyn Members>,
    staff: Vec<(EmailAddress, StaffRole)>,
}

impl People {
    /// Those of `staff`, and every collaborator.
    pub fn new(
        tokens: Arc<dyn Tokens>,
        members: Arc<dyn Members>,
        staff: Vec<(EmailAddress, StaffRole)>,
    ) -> Self {
        Self { tokens, members, staff }
    }

    /// Whether `presented` has the form of a signed token: three parts with dots between.
    pub fn is_token(presented: &str) -> bool {
        presented.split('.').filter(|part| !part.is_empty()).count() == 3
            && presented.matches('.').count() == 2
    }

    /// Who is calling with `token` at `now`. Whoever is staff is staff, whatever organizations they belong to besides;
    /// a collaborator of several organizations says in `organization` for which one they call, or calls for the first that they
    /// belonged to: whoever adds them to another team changes nothing for them.
    ///
    /// # Errors
    /// A token that is not right, or somebody who is not known here.
    pub async fn caller(
        &self,
        token: &str,
        organization: Option<OrganizationId>,
        now: Timestamp,
    ) -> Result<Caller, PersonError> {
        let identity = self.tokens.identity(token, now).await?;
        let text = identity.email.clone().ok_or(PersonError::NoEmail)?;
        if !identity.email_verified {
            return Err(PersonError::NotVerified { email: text });
        }
        let unknown = || PersonError::Unknown { email: text.clone(), named: organization.is_some() };
        let email: EmailAddress = text.parse().map_err(|_| unknown())?;
        if let Some((_, role)) = self.staff.iter().find(|(own, _)| own.is_same_mailbox(&email)) {
            let name = identity.name.clone().unwrap_or_else(|| text.clone());
            return Ok(Caller { id: id_of(&identity), name, grant: Grant::Staff(*role) });
        }
        let mut found = self.members.collaborators_at(&email).await?;
        found.retain(|own| organization.is_none_or(|named| own.record().organization == named));
        let first = found.iter().min_by_key(|own| (own.record().created_at, own.id()));
        first.map(caller_of).ok_or_else(unknown)
    }
}

fn caller_of(collaborator: &Collaborator) -> Caller {
    let record = collaborator.record();
    let grant = Grant::Organization {
        organization: record.organization,
        role: record.role,
        scopes: record.scopes.clone(),
    };
    Caller { id: record.id.as_uuid().into(), name: record.name.clone(), grant }
}

/// Staff are on no list of ours but the settings': who they are is what their provider calls them.
fn id_of(identity: &Identity) -> CallerId {
    let digest =
        Sha256::new().chain_update(&identity.issuer).chain_update("\n").chain_update(&identity.subject);
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest.finalize()[..16]);
    Builder::from_custom_bytes(bytes).into_uuid().into()
}

#[cfg(test)]
mod tests {
    use entitlement::{CollaboratorRecord, Role, Scope};
    use kernel::CollaboratorId;
    use uuid::Uuid;

    use super::*;

    const NOW: Timestamp = Timestamp::MIN;

    /// Says of every token what it was told.
    struct Saying(Identity);

    #[async_trait]
    impl Tokens for Saying {
        async fn identity(&self, _: &str, _: Timestamp) -> Result<Identity, TokenError> {
            Ok(self.0.clone())
        }
    }

    struct Team(Vec<Collaborator>);

    #[async_trait]
    impl Members for Team {
        async fn collaborators_at(&self, email: &EmailAddress) -> Result<Vec<Collaborator>, StoreError> {
            let of = |own: &&Collaborator| own.record().email.is_same_mailbox(email);
            Ok(self.0.iter().filter(of).cloned().collect())
        }
    }

    fn organization(number: u128) -> OrganizationId {
        OrganizationId::new(Uuid::from_u128(number))
    }

    fn collaborator(number: u128, email: &str) -> Collaborator {
        Collaborator::restore(CollaboratorRecord {
            id: CollaboratorId::new(Uuid::from_u128(100 + number)),
            organization: organization(number),
            name: "Ana".to_owned(),
            email: email.parse().unwrap(),
            role: Role::Member,
            scopes: vec![Scope::Requests],
            version: 1,
            created_at: NOW,
        })
        .unwrap()
    }

    fn saying(email: &str) -> Identity {
        Identity {
            issuer: "https://id.example.com".to_owned(),
            subject: "7".to_owned(),
            email: Some(email.to_owned()),
            email_verified: true,
            name: None,
        }
    }

    async fn caller(identity: Identity, named: Option<OrganizationId>) -> Result<Caller, String> {
        let team = vec![
            collaborator(1, "ana@acme.example"),
            collaborator(2, "Both@acme.example"),
            collaborator(3, "both@acme.example"),
            collaborator(4, "rosa@middag.example"),
        ];
        let staff = vec![("Rosa@middag.example".parse().unwrap(), StaffRole::Finance)];
        let people = People::new(Arc::new(Saying(identity)), Arc::new(Team(team)), staff);
        people.caller("a.b.c", named, NOW).await.map_err(|error| error.to_string())
    }

    #[tokio::test]
    async fn or_4_staff_are_those_on_the_list() {
        let rosa = caller(saying("rosa@MIDDAG.example"), None).await.unwrap();
        assert_eq!(
            (rosa.grant.clone(), &*rosa.name),
            (Grant::Staff(StaffRole::Finance), "rosa@MIDDAG.example")
        );
        assert_eq!(caller(saying("rosa@middag.example"), Some(organization(4))).await.unwrap().id, rosa.id);
        let namesake = Identity { subject: "8".to_owned(), ..saying("rosa@middag.example") };
        assert_ne!(caller(namesake, None).await.unwrap().id, rosa.id);
    }

    #[tokio::test]
    async fn or_2_collaborators_are_found_by_their_address() {
        let ana = caller(saying("ANA@acme.example"), None).await.unwrap();
        let scopes = vec![Scope::Requests];
        let grant = Grant::Organization { organization: organization(1), role: Role::Member, scopes };
        assert_eq!((ana.grant, ana.id.as_uuid()), (grant, Uuid::from_u128(101)));
    }

    #[tokio::test]
    async fn or_6_whoever_belongs_to_several_says_which_or_calls_for_the_first() {
        let first = caller(saying("both@acme.example"), None).await.unwrap();
        assert_eq!(first.tenant(), Some(organization(2)));
        for number in [2, 3] {
            let named = caller(saying("both@acme.example"), Some(organization(number))).await.unwrap();
            assert_eq!(named.tenant(), Some(organization(number)));
        }
        let refused = caller(saying("both@acme.example"), Some(organization(1))).await.unwrap_err();
        assert!(refused.contains("nobody") && refused.contains("in that organization"), "{refused}");
    }

    #[tokio::test]
    async fn nobody_else_calls() {
        for (identity, why) in [
            (Identity { email: None, ..saying("-") }, "no e-mail address"),
            (Identity { email_verified: false, ..saying("ana@acme.example") }, "not verified"),
            (Identity { email_verified: false, ..saying("rosa@middag.example") }, "not verified"),
            (saying("eva@acme.example"), "nobody with the e-mail address eva@acme.example"),
            (saying("not an address"), "nobody"),
        ] {
            let refused = caller(identity, None).await.unwrap_err();
            assert!(refused.contains(why), "{refused}");
        }
    }

    #[test]
    fn tokens_have_three_parts() {
        for (text, is) in [
            ("a.b.c", true),
            ("a.b.", false),
            ("a.b", false),
            ("a.b.c.d", false),
            ("..", false),
            ("mda_x_y", false),
        ] {
            assert_eq!(People::is_token(text), is, "{text}");
        }
    }
}
