//! What a log-in brings.

use serde_json::json;
use shared::testing::{Answer, Api};

/// A session's tokens.
pub struct LoggedIn {
    /// For every service.
    pub access_token: String,
    /// For auth-service alone.
    pub refresh_token: String,
}

impl LoggedIn {
    /// With name and password.
    pub async fn at(auth: &Api, username: &str, password: &str) -> Self {
        Self::of(&auth.post("/login", &json!({ "username": username, "password": password })).await)
    }

    /// The same session, refreshed.
    pub async fn refreshed(&self, auth: &Api) -> Self {
        Self::of(&auth.post("/refresh", &json!({ "refresh_token": self.refresh_token })).await)
    }

    fn of(answer: &Answer) -> Self {
        assert_eq!(answer.status, 200, "{answer:?}");
        let token = |name: &str| answer.json()[name].as_str().unwrap().to_owned();
        Self { access_token: token("access_token"), refresh_token: token("refresh_token") }
    }
}
