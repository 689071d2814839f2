//! The description of this feature's routes.

use serde_json::{Value, json};
use service_kit::Api;
use shared::AuthError;

use super::{
    end::end, error::SessionError, list::list, login::login, logout::logout, logout_all::logout_all,
    reauthenticate::reauthenticate, refresh::refresh, session_tokens::IssuedTokens,
};
use crate::guessing::error::TooManyRequests;

const SESSION: &str = "01997d2e-6f3b-7c9e-8a51-0c6a5c1d2e3f";

/// An example of new tokens.
pub fn new_tokens() -> Value {
    json!({
        "access_token": "eyJ0eXAiOiJhdCtqd3QiLCJhbGciOiJSUzI1NiIsImtpZCI6Ii4uLiJ9...",
        "refresh_token": "rt1...",
        "token_type": "Bearer",
        "expires_in": 900,
    })
}

/// Describes login and sessions.
pub fn describe(api: &mut Api) {
    describe_tokens(api);
    describe_sessions(api);
}

fn describe_tokens(api: &mut Api) {
    api.post("/login", login)
        .named("login", "Log in with username and password")
        .takes(json!({ "username": "john", "password": "secret123" }))
        .returns_json::<IssuedTokens>(200, "Logged in.", new_tokens())
        .refuses([SessionError::InvalidCredentials, SessionError::UserDisabled])
        .refuses([TooManyRequests::EXAMPLE]);
    api.post("/refresh", refresh)
        .named("refresh", "Refresh the tokens, with the current role")
        .details(
            "Send the refresh token as `Authorization: Bearer` or in the body. It is single-use: the response has the next \
             one. If a response is lost, the same token may be sent again for a short time.",
        )
        .takes(json!({ "refresh_token": "rt1..." }))
        .returns_json::<IssuedTokens>(200, "Refreshed; the access token is not fresh.", new_tokens())
        .refuses([AuthError::Expired, AuthError::Revoked])
        .refuses([TooManyRequests::EXAMPLE]);
    api.post("/reauthenticate", reauthenticate)
        .named("reauthenticate", "Get a fresh access token with the password")
        .takes(json!({ "password": "secret123" }))
        .returns_json::<IssuedTokens>(
            200,
            "A fresh access token for the same session; the refresh token remains valid.",
            json!({ "access_token": "eyJ0eXAiOiJhdCtqd3Qi...", "token_type": "Bearer", "expires_in": 900 }),
        )
        .refuses([SessionError::InvalidCredentials])
        .refuses([TooManyRequests::EXAMPLE]);
    api.post("/logout", logout)
        .named("logout", "End the session")
        .details("Send its access token, or its refresh token as for `POST /refresh`.")
        .takes(json!({ "refresh_token": "rt1..." }))
        .returns("The session has ended and its tokens are revoked.", json!({ "message": "Logged out" }));
}

fn describe_sessions(api: &mut Api) {
    api.post("/logout-all", logout_all)
        .named("logoutAll", "End all sessions of the user")
        .returns("The sessions have ended.", json!({ "message": "Logged out", "sessions": 2 }));
    api.get("/sessions", list).named("sessions", "List the user's sessions").returns(
        "Most recently used first.",
        json!({
            "sessions": [{
                "id": SESSION, "device": "curl/7.88.1", "address": "127.0.0.1", "created_at": 1_795_538_255,
                "last_used_at": 1_795_538_256, "ends_at": 1_798_130_256, "kind": "login", "current": true,
            }],
        }),
    );
    api.delete("/sessions/{id}", end)
        .named("endSession", "End one session")
        .path_parameter("id", "One of the ids of `GET /sessions`.", SESSION)
        .returns_nothing(204, "The session has ended.")
        .refuses([SessionError::NoSuchSession]);
}
