//! The claims of an access token.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::role::Role;
use crate::{json::JsonObject, time::UnixTime};

/// The claims of an access token: those of RFC 9068 and of Flask-JWT-Extended, and the user's role. The counterpart of
/// `get_jwt()`.
///
/// Custom claims are available through [`Claims::other`], or as a type of your own through `Jwt<R, C>`. To create claims,
/// use [`Claims::builder`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Claims {
    /// The issuer's URL (RFC 7519, section 4.1.1).
    pub iss: String,
    /// The token's audience (RFC 7519, section 4.1.3).
    pub aud: Audience,
    /// The subject: the username or client id. The counterpart of `get_jwt_identity()`.
    pub sub: String,
    /// The user's id, which never changes; `None` for clients.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uid: Option<i64>,
    /// The user's role at the time the token was issued; `None` for clients.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// The client that the token was issued to (RFC 9068, section 2.2).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
    /// The token's scopes, space-separated (RFC 6749, section 3.3).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
    /// When the token was issued.
    pub iat: UnixTime,
    /// The expiry: from this time on the token is invalid.
    pub exp: UnixTime,
    /// The time before which the token is not valid yet, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nbf: Option<UnixTime>,
    /// The token's id.
    pub jti: String,
    /// When the user last authenticated (RFC 9068, section 2.2.1).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auth_time: Option<UnixTime>,
    /// The id of the session that the token belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sid: Option<String>,
    /// `access`, as in Flask-JWT-Extended.
    #[serde(rename = "type")]
    pub token_type: TokenType,
    /// Whether the token was issued by a login and not by a refresh, as in Flask-JWT-Extended.
    #[serde(default)]
    pub fresh: bool,
    /// The token's status list entry.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<Status>,
    /// Custom claims.
    #[serde(flatten)]
    pub others: JsonObject,
}

impl Claims {
    /// Whether `role` is the token's role.
    pub fn has_role(&self, role: &str) -> bool {
        self.role.as_ref().is_some_and(|own| own.as_str() == role)
    }

    /// Whether `scope` is among the token's scopes.
    pub fn has_scope(&self, scope: &str) -> bool {
        self.scope.as_deref().is_some_and(|own| own.split(' ').any(|each| each == scope))
    }

    /// The value of a custom claim.
    pub fn other(&self, name: &str) -> Option<&Value> {
        self.others.0.get(name)
    }

    /// The claims with a custom claim set. The names of standard claims (fields of this struct) are ignored, to avoid
    /// duplicates.
    #[must_use]
    pub fn with_other(mut self, name: &str, value: impl Into<Value>) -> Self {
        const FIELDS: [&str; 16] = [
            "iss",
            "aud",
            "sub",
            "uid",
            "role",
            "client_id",
            "scope",
            "iat",
            "exp",
            "nbf",
            "jti",
            "auth_time",
            "sid",
            "type",
            "fresh",
            "status",
        ];
        if !FIELDS.contains(&name) {
            self.others.0.insert(name.to_owned(), value.into());
        }
        self
    }
}

/// The claim `status`: how the token's status can be checked (draft-ietf-oauth-status-list, section 6.1).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Status {
    /// The token's status list entry; `None` if another mechanism is used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status_list: Option<StatusEntry>,
}

impl Status {
    /// The entry at index `idx` of the status list `uri`.
    pub fn list_entry(uri: impl Into<String>, idx: u64) -> Self {
        Self { status_list: Some(StatusEntry { idx, uri: uri.into() }) }
    }
}

/// A token's entry in a status list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatusEntry {
    /// The index, starting at 0.
    pub idx: u64,
    /// The status list's URI, which identifies it and from which it is fetched.
    pub uri: String,
}

/// The token's type, in the claim `type` of Flask-JWT-Extended. Tokens of other types are rejected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TokenType {
    /// An access token.
    Access,
}

/// One or several audiences; RFC 7519, section 4.1.3, allows both forms.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Audience {
    /// One audience, serialized as a string.
    One(String),
    /// Several audiences, serialized as an array.
    Many(Vec<String>),
}

impl Audience {
    /// Whether `name` is one of the audiences.
    pub fn contains(&self, name: &str) -> bool {
        match self {
            Self::One(one) => one == name,
            Self::Many(many) => many.iter().any(|each| each == name),
        }
    }
}
