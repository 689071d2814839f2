//! The description of the routes of auth-service, in the order of its groups.

use serde_json::json;
use service_kit::{Api, describe_service};
use shared::verifier::TokenLocations;

use crate::{
    administration, authorization, clients, db::DbError, health, keys, oauth, openid, own_account, pages, playground,
    sessions, status, users,
};

const DETAILS: &str = "Bodies are JSON in UTF-8, except for the OAuth routes, which use forms. `GET` routes also accept \
    `HEAD`. Every response has `X-Served-By` and `X-Request-Id`. Match on the code in `error`: codes are stable, messages \
    may change.";

/// The description, for tokens in these locations, with the playground or without.
pub fn api(locations: &TokenLocations, has_playground: bool) -> Api {
    let summary = "Manages users and issues access tokens.";
    let mut api = Api::new(env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION"), summary, locations);
    let refresh_token = "A refresh token from `POST /login`.";
    api.details(DETAILS)
        .security_scheme("refresh_token", json!({ "type": "http", "scheme": "bearer", "description": refresh_token }))
        .refuses([DbError::Busy, DbError::Unreachable(String::new()), DbError::TimedOut]);
    api.group("Login", "Registration, login and sessions.");
    users::api::describe(&mut api);
    sessions::api::describe(&mut api);
    api.group("Own account", "A user's own account.");
    own_account::api::describe(&mut api);
    administration::api::describe_reset(&mut api);
    api.group("Administration", "For admins; the role is read from the database.");
    administration::api::describe(&mut api);
    api.group("Clients", "Services and applications that log users in; for admins.");
    clients::api::describe(&mut api);
    api.group("Keys", "Signing keys; for admins.");
    keys::api::describe(&mut api);
    api.group("OAuth", "OAuth 2.0 routes, with forms instead of JSON.");
    oauth::api::describe(&mut api);
    openid::api::describe(&mut api);
    api.group("Verifiers", "Documents for services that verify tokens.");
    keys::api::describe_documents(&mut api);
    openid::api::describe_documents(&mut api);
    status::api::describe(&mut api);
    api.group("Pages", "What people see.");
    authorization::api::describe(&mut api);
    pages::api::describe(&mut api, has_playground);
    api.group("Operations", "For operators.");
    describe_service(&mut api, health::reasons());
    if has_playground {
        playground::api::describe(&mut api);
    }
    api
}
