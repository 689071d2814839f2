//! The description of this feature's routes.

use serde_json::json;
use service_kit::Api;

use super::{change_password::change_password, delete_me::delete_me, me::me};
use crate::{
    administration::error::AccountError,
    guessing::error::TooManyRequests,
    sessions::{api::new_tokens, session_tokens::IssuedTokens},
    users::{hash_threads::HashingError, password::InvalidPassword, password_policy::WeakPassword},
};

/// Describes what users do with their own accounts.
pub fn describe(api: &mut Api) {
    api.get("/me", me)
        .named("me", "The user's current data")
        .returns("The token's user.", json!({ "id": 4, "username": "john", "role": "user" }));
    api.delete("/me", delete_me)
        .named("deleteMe", "Delete the account")
        .details("Requires a fresh token and the password.")
        .takes(json!({ "password": "secret123" }))
        .returns_nothing(204, "The account is deleted.")
        .refuses([AccountError::WrongPassword, AccountError::LastAdmin])
        .refuses([TooManyRequests::EXAMPLE]);
    api.put("/me/password", change_password)
        .named("changePassword", "Change the password")
        .details(
            "Requires a fresh token. Ends all other sessions; this one continues with the tokens in the response, and its \
             earlier refresh token is no longer valid.",
        )
        .takes(json!({ "current_password": "secret123", "new_password": "another secret" }))
        .returns_json::<IssuedTokens>(200, "Changed. As for `POST /login`; the access token is fresh.", new_tokens())
        .refuses([AccountError::WrongPassword])
        .refuses([InvalidPassword])
        .refuses([WeakPassword::Common, WeakPassword::LikeUsername, WeakPassword::Breached])
        .refuses([TooManyRequests::EXAMPLE])
        .refuses([HashingError::QueueFull]);
}
