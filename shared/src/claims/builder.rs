//! A builder for claims, for issuers and tests.

use std::time::Duration;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::Value;

use super::{
    claim_set::{Audience, Claims, Status, TokenType},
    role::Role,
};
use crate::{json::JsonObject, time::UnixTime};

/// Builder for [`Claims`], created by [`Claims::builder`].
///
/// ```
/// use shared::{Claims, Role};
///
/// let claims = Claims::builder("https://login.example.com", "reports", "alice")
///     .uid(7)
///     .role(Role::USER)
///     .other("department", "sales")
///     .build();
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct ClaimsBuilder(Claims);

impl Claims {
    /// A builder for claims about `subject`, issued by `issuer` for `audience`. By default they are issued now, expire
    /// after 15 minutes and have a random id.
    pub fn builder(
        issuer: impl Into<String>,
        audience: impl Into<String>,
        subject: impl Into<String>,
    ) -> ClaimsBuilder {
        let now = UnixTime::now();
        ClaimsBuilder(Self {
            iss: issuer.into(),
            aud: Audience::One(audience.into()),
            sub: subject.into(),
            uid: None,
            role: None,
            client_id: None,
            scope: None,
            iat: now,
            exp: now.plus(Duration::from_mins(15)),
            nbf: None,
            jti: String::new(),
            auth_time: None,
            sid: None,
            token_type: TokenType::Access,
            fresh: false,
            status: None,
            others: JsonObject::default(),
        })
    }
}

impl ClaimsBuilder {
    /// `jti`: the token's id.
    pub fn id(mut self, jti: impl Into<String>) -> Self {
        self.0.jti = jti.into();
        self
    }

    /// `iat` and `exp`.
    pub fn lifetime(mut self, issued_at: UnixTime, expires_at: UnixTime) -> Self {
        (self.0.iat, self.0.exp) = (issued_at, expires_at);
        self
    }

    /// `uid`: the user's id.
    pub fn uid(mut self, uid: i64) -> Self {
        self.0.uid = Some(uid);
        self
    }

    /// `role`.
    pub fn role(mut self, role: Role) -> Self {
        self.0.role = Some(role);
        self
    }

    /// `client_id`: the client that the token is issued to.
    pub fn client_id(mut self, client_id: impl Into<String>) -> Self {
        self.0.client_id = Some(client_id.into());
        self
    }

    /// `scope`: scopes, space-separated.
    pub fn scope(mut self, scope: impl Into<String>) -> Self {
        self.0.scope = Some(scope.into());
        self
    }

    /// `auth_time`: when the user last authenticated; and `fresh`: whether this token was issued by that login.
    pub fn authenticated(mut self, at: UnixTime, fresh: bool) -> Self {
        (self.0.auth_time, self.0.fresh) = (Some(at), fresh);
        self
    }

    /// `sid`: the id of the session.
    pub fn session(mut self, sid: impl Into<String>) -> Self {
        self.0.sid = Some(sid.into());
        self
    }

    /// `status`: the token's entry in a status list.
    pub fn status(mut self, status: Status) -> Self {
        self.0.status = Some(status);
        self
    }

    /// Sets a custom claim. The names of standard claims (fields of [`Claims`]) are ignored, to avoid duplicates.
    pub fn other(self, name: &str, value: impl Into<Value>) -> Self {
        Self(self.0.with_other(name, value))
    }

    /// Returns the claims.
    pub fn build(mut self) -> Claims {
        if self.0.jti.is_empty() {
            self.0.jti = random_id();
        }
        self.0
    }
}

/// 128 random bits. AWS-LC aborts the process rather than return bits that are not random.
fn random_id() -> String {
    let mut id = [0; 16];
    let filled = aws_lc_rs::rand::fill(&mut id);
    debug_assert!(filled.is_ok(), "random bytes");
    URL_SAFE_NO_PAD.encode(id)
}
