//! The description of this feature's route.

use serde_json::json;
use service_kit::{Api, Credential, Described, Message};
use shared::AuthError;

use super::{
    error::RegisterError,
    hash_threads::HashingError,
    look_alike::RefusedName,
    password::InvalidPassword,
    password_policy::WeakPassword,
    register::{CLOSED, register},
    username::InvalidUsername,
};
use crate::{authority::recent_login::RecentAdmin, guessing::error::TooManyRequests};

/// Describes `POST /register`.
pub fn describe(api: &mut Api) {
    let operation = api.post("/register", register);
    operation
        .named("register", "Register a user")
        .details(
            "A role other than `user` requires an admin's token, and so does any user while registration is closed.",
        )
        .accepts(Credential::None)
        .takes(json!({ "username": "john", "password": "secret123" }))
        .returns_json::<Message>(201, "Registered.", json!({ "message": "User registered successfully" }))
        .refuses([InvalidUsername])
        .refuses([RefusedName::PathSegment, RefusedName::Invisible, RefusedName::MixedScripts])
        .refuses([InvalidPassword])
        .refuses([WeakPassword::Common, WeakPassword::LikeUsername, WeakPassword::Breached])
        .refuses([RegisterError::UsernameTaken])
        .refuses([AuthError::forbidden(CLOSED)])
        .refuses([TooManyRequests::EXAMPLE])
        .refuses([HashingError::QueueFull]);
    RecentAdmin::describe(operation);
}
