//! One token.

use jsonwebtoken::{Algorithm, DecodingKey, Header, Validation, decode, decode_header, errors::ErrorKind};
use kernel::Timestamp;
use serde::Deserialize;
use serde_json::Value;
use service_delivery::access::{Identity, TokenError};
use time::Duration;

/// What tokens say of themselves in `typ`; others, such as those that end a session, are not for callers.
const TYPES: [&str; 3] = ["jwt", "at+jwt", "application/at+jwt"];

/// What a token must be.
pub(crate) struct Expected {
    pub(crate) issuer: String,
    pub(crate) audiences: Vec<String>,
    pub(crate) algorithms: Vec<Algorithm>,
    pub(crate) leeway: Duration,
}

#[derive(Deserialize)]
struct Claims {
    sub: Option<String>,
    /// Seconds, with or without a fraction.
    exp: Option<f64>,
    nbf: Option<f64>,
    email: Option<String>,
    /// Some write it as a text.
    email_verified: Option<Value>,
    name: Option<String>,
}

pub(crate) fn not_valid(reason: impl Into<String>) -> TokenError {
    TokenError::NotValid { reason: reason.into() }
}

impl Expected {
    /// What the token says of how it is signed: nothing of it is proved yet.
    pub(crate) fn header(&self, token: &str) -> Result<Header, TokenError> {
        // An algorithm `none` is none that can be read.
        let header =
            decode_header(token).map_err(|_| not_valid("cannot be read, or is signed with nothing known"))?;
        if !self.algorithms.contains(&header.alg) {
            let accepted: Vec<String> = self.algorithms.iter().map(|own| format!("{own:?}")).collect();
            let accepted = accepted.join(", ");
            return Err(not_valid(format!("is signed with {:?}; accepted is {accepted}", header.alg)));
        }
        let typ = header.typ.as_deref().unwrap_or("JWT");
        if !TYPES.iter().any(|own| own.eq_ignore_ascii_case(typ)) {
            return Err(not_valid("is of another type than JWT and at+jwt"));
        }
        if header.crit.is_some() {
            return Err(not_valid("demands something in `crit` that is not known here"));
        }
        Ok(header)
    }

    /// Who shows `token`, which is signed with `key`.
    pub(crate) fn identity(
        &self,
        token: &str,
        algorithm: Algorithm,
        key: &DecodingKey,
        now: Timestamp,
    ) -> Result<Identity, TokenError> {
        let mut wanted = Validation::new(algorithm);
        wanted.set_issuer(&[&self.issuer]);
        wanted.set_audience(&self.audiences);
        wanted.set_required_spec_claims(&["iss", "aud"]);
        // When it is, our clock says (TM-1).
        wanted.validate_exp = false;
        wanted.validate_nbf = false;
        let claims =
            decode::<Claims>(token, key, &wanted).map_err(|error| self.refused(error.kind()))?.claims;
        let now = now.unix_micros() as f64 / 1e6;
        let leeway = self.leeway.as_seconds_f64();
        let subject = claims.sub.ok_or_else(|| not_valid("has no `sub`"))?;
        let end = claims.exp.ok_or_else(|| not_valid("has no `exp`"))?;
        if now >= end + leeway {
            return Err(not_valid("has expired"));
        }
        if claims.nbf.is_some_and(|begin| now + leeway < begin) {
            return Err(not_valid("is not valid yet"));
        }
        let email_verified = match claims.email_verified {
            Some(Value::Bool(verified)) => verified,
            Some(Value::String(text)) => text == "true",
            _ => false,
        };
        Ok(Identity {
            issuer: self.issuer.clone(),
            subject,
            email: claims.email,
            email_verified,
            name: claims.name.filter(|name| !name.trim().is_empty()),
        })
    }

    fn refused(&self, kind: &ErrorKind) -> TokenError {
        not_valid(match kind {
            ErrorKind::InvalidIssuer => format!("is of another issuer than {}", self.issuer),
            ErrorKind::InvalidAudience => {
                format!("is for another audience; {} is expected", self.audiences.join(" or "))
            }
            ErrorKind::MissingRequiredClaim(claim) => format!("has no `{claim}`"),
            ErrorKind::Json(_) => "has claims of types that are not expected".to_owned(),
            _ => "is not signed by the provider".to_owned(),
        })
    }
}
