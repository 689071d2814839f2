//! What an access token says.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::role::Role;
use crate::{json::JsonObject, time::UnixTime};

/// The claims of an access token: those of RFC 9068, those that Flask-JWT-Extended wants, and the user's role.
///
/// The counterpart of `get_jwt()`. Claims without a field of their own are found with [`Claims::other`], or as a type of the
/// team's own with `Jwt<R, C>`. [`Claims::builder`] makes them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Claims {
    /// Who signed: the issuer's URL (RFC 7519, section 4.1.1).
    pub iss: String,
    /// The token's audience (RFC 7519, section 4.1.3).
    pub aud: Audience,
    /// The subject: the username. The counterpart of `get_jwt_identity()`.
    pub sub: String,
    /// The user's id, which survives a change of name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uid: Option<i64>,
    /// The user's role when the token was issued.
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
    /// From when on the token is no longer valid.
    pub exp: UnixTime,
    /// Before when the token is not yet valid, if it says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nbf: Option<UnixTime>,
    /// The token's own id.
    pub jti: String,
    /// When the user last gave a password (RFC 9068, section 2.2.1).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auth_time: Option<UnixTime>,
    /// The login that the token comes from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sid: Option<String>,
    /// `access`, as Flask-JWT-Extended marks it.
    #[serde(rename = "type")]
    pub token_type: TokenType,
    /// Whether the token comes straight from a login. The counterpart of `fresh` in Flask-JWT-Extended.
    #[serde(default)]
    pub fresh: bool,
    /// The token's status list entry.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<Status>,
    /// Claims that have no field of their own.
    #[serde(flatten)]
    pub others: JsonObject,
}

impl Claims {
    /// Whether the user had this role when the token was issued.
    pub fn has_role(&self, role: &str) -> bool {
        self.role.as_ref().is_some_and(|own| own.as_str() == role)
    }

    /// Whether `scope` is among the token's scopes.
    pub fn has_scope(&self, scope: &str) -> bool {
        self.scope.as_deref().is_some_and(|own| own.split(' ').any(|each| each == scope))
    }

    /// A claim that has no field of its own: whatever else the issuer put in.
    pub fn other(&self, name: &str) -> Option<&Value> {
        self.others.0.get(name)
    }

    /// The same claims and one more. A name that has a field of its own is ignored, since it would be duplicated.
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

/// The `status` claim: by which mechanism the issuer tells what has become of the token (draft-ietf-oauth-status-list,
/// section 6.1).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Status {
    /// An entry in a status list, if that is the mechanism.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status_list: Option<StatusEntry>,
}

impl Status {
    /// The entry with this number in the list at `uri`.
    pub fn list_entry(uri: impl Into<String>, idx: u64) -> Self {
        Self { status_list: Some(StatusEntry { idx, uri: uri.into() }) }
    }
}

/// A token's entry in a status list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatusEntry {
    /// The entry's number, from 0.
    pub idx: u64,
    /// The list's address, which is also its name.
    pub uri: String,
}

/// The kind of token, as Flask-JWT-Extended's `type` claim names it. No other kind passes for an access token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TokenType {
    /// Opens protected routes.
    Access,
}

/// One name or several: RFC 7519, section 4.1.3, allows both shapes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Audience {
    /// A single name, written as a string.
    One(String),
    /// Names, written as an array of strings.
    Many(Vec<String>),
}

impl Audience {
    /// Whether `name` is among those that the token is for.
    pub fn contains(&self, name: &str) -> bool {
        match self {
            Self::One(one) => one == name,
            Self::Many(many) => many.iter().any(|each| each == name),
        }
    }
}
