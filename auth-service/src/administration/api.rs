//! The description of this feature's routes.

use serde_json::{Value, json};
use service_kit::Api;
use shared::claims::InvalidRole;

use super::{
    change::change,
    delete::delete,
    error::AccountError,
    list::list,
    offer_reset::{ResetOffer, offer_reset},
    read_audit::read_audit,
    reset_password::reset_password,
    revoke_sessions::revoke_sessions,
    show::show,
};
use crate::{
    guessing::error::TooManyRequests,
    users::{hash_threads::HashingError, password::InvalidPassword, password_policy::WeakPassword},
};

fn account(role: &str) -> Value {
    json!({
        "id": 4, "username": "john", "role": role, "disabled": false, "created_at": 1_795_465_944, "last_login_at": null,
    })
}

/// Describes how a password is reset, by its user.
pub fn describe_reset(api: &mut Api) {
    api.post("/password-reset", reset_password)
        .named("resetPassword", "Reset the password with a reset token")
        .details("The token is used up only if the password is accepted.")
        .takes(json!({ "token": "q3J8...", "password": "another secret" }))
        .returns_nothing(204, "The password is reset, and all sessions have ended.")
        .refuses([AccountError::InvalidResetToken])
        .refuses([InvalidPassword])
        .refuses([WeakPassword::Common, WeakPassword::LikeUsername, WeakPassword::Breached])
        .refuses([TooManyRequests::EXAMPLE])
        .refuses([HashingError::QueueFull]);
}

/// Describes what admins do.
pub fn describe(api: &mut Api) {
    api.get("/users", list).named("users", "List users, in order of registration").returns(
        "One page; pass `next_after` as `after` to get the next page.",
        json!({ "users": [{ "id": 4, "username": "john", "role": "user" }], "next_after": 4 }),
    );
    describe_account(api);
    api.get("/audit", read_audit).named("audit", "List audit events, newest first").returns(
        "One page; pass `next_before` as `before` to get the next page.",
        json!({
            "events": [{
                "id": 7, "at": 1_795_465_944, "actor": "admin", "action": "role_changed", "subject": "john",
                "address": "192.0.2.1", "detail": "user -> editor",
            }],
            "next_before": 7,
        }),
    );
}

fn describe_account(api: &mut Api) {
    let (name, username, example) = ("username", "Case-insensitive.", "john");
    api.get("/users/{username}", show)
        .named("user", "Show a user")
        .path_parameter(name, username, example)
        .returns("The user.", account("user"))
        .refuses([AccountError::NoSuchUser]);
    api.patch("/users/{username}", change)
        .named("changeUser", "Change a user's role, disable or enable a user")
        .details(
            "A role change makes the user's access tokens stale; the next refresh returns the new role. Disabling ends \
             all sessions.",
        )
        .path_parameter(name, username, example)
        .takes(json!({ "role": "editor" }))
        .returns("The updated user.", account("editor"))
        .refuses([InvalidRole])
        .refuses([AccountError::NoSuchUser, AccountError::LastAdmin]);
    api.delete("/users/{username}", delete)
        .named("deleteUser", "Delete a user")
        .path_parameter(name, username, example)
        .returns_nothing(204, "The user is deleted.")
        .refuses([AccountError::NoSuchUser, AccountError::LastAdmin]);
    api.post("/users/{username}/password-reset", offer_reset)
        .named("offerReset", "Create a password reset token")
        .path_parameter(name, username, example)
        .returns_json::<ResetOffer>(
            200,
            "To be delivered to the user; earlier ones become invalid.",
            json!({ "reset_token": "q3J8...", "expires_in": 3600 }),
        )
        .refuses([AccountError::NoSuchUser]);
    api.post("/users/{username}/revoke-sessions", revoke_sessions)
        .named("revokeSessions", "End all sessions of a user")
        .path_parameter(name, username, example)
        .returns("The sessions have ended.", json!({ "revoked": 2 }))
        .refuses([AccountError::NoSuchUser]);
}
