//! What an application may know about its user.

use serde::Serialize;
use shared::Claims;

use super::store::Profile;
use crate::ids::UserId;

/// The claims of the userinfo endpoint (OpenID Connect Core 1.0, section 5.3.2).
#[derive(Serialize)]
pub struct UserInfo {
    /// The user's number, as in the ID token.
    sub: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    preferred_username: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    email_verified: Option<bool>,
}

impl UserInfo {
    /// What the scopes of the access token allow (section 5.4).
    pub fn new(user: UserId, profile: Profile, token: &Claims) -> Self {
        let email = profile.email.filter(|_| token.has_scope("email"));
        Self {
            sub: user.to_string(),
            preferred_username: token.has_scope("profile").then_some(profile.username),
            // Nobody has proved yet that messages to it arrive.
            email_verified: email.is_some().then_some(false),
            email,
        }
    }
}
