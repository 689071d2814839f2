//! The description of the routes.

use serde_json::json;
use service_kit::{Api, NotReady, describe_service};
use shared::verifier::TokenLocations;

use crate::{admin, dashboard, index, profile};

const DETAILS: &str = "Stateless: every replica verifies tokens with the issuer's public keys. `GET` routes also accept \
    `HEAD`. Every response has `X-Served-By` and `X-Request-Id`. Match on the code in `error`: codes are stable, messages \
    may change.";

/// The description, for tokens in these locations.
pub fn api(locations: &TokenLocations) -> Api {
    let summary = "Serves protected routes to clients with a valid access token.";
    let mut api = Api::new(env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION"), summary, locations);
    api.details(DETAILS);
    api.group("Tutorial", "The tutorial's routes.");
    api.get("/", index::show)
        .named("index", "The service's name and instance")
        .returns("No token required.", json!({ "service": "resource-service", "instance": "resource-1" }));
    api.get("/dashboard", dashboard::show).named("dashboard", "A page for authenticated users").returns(
        "Welcome message.",
        json!({ "message": "Welcome to your dashboard!", "user_id": 4, "username": "john", "role": "user" }),
    );
    api.get("/profile", profile::show).named("profile", "The current user's details").returns(
        "The user.",
        json!({
            "identity_from_get_jwt_identity": "john",
            "username_from_current_user": "john",
            "full_user_details": { "id": 4, "username": "john", "role": "user" },
        }),
    );
    api.get("/admin", admin::show)
        .named("admin", "A page for admins")
        .details("Checks the role in the token.")
        .returns("Welcome message.", json!({ "message": "Welcome to Admin Panel!", "admin_user": "admin" }));
    api.group("Operations", "For operators.");
    describe_service(&mut api, [NotReady::no_keys(), NotReady::no_status_lists()]);
    api
}
