//! Whether anybody can log in with a password from the documentation.

use service_kit::error_chain;

use super::check::Check;
use crate::{
    db::DbConnection,
    users::{
        password_hasher::PasswordHasher,
        sample_users::{find_candidates, with_public_password},
    },
};

const NAME: &str = "sample users";

pub(super) async fn check(conn: &mut DbConnection, hasher: &PasswordHasher) -> Check {
    let unreadable = |error: String| Check::error(NAME, error, "Check the database.");
    let candidates = match find_candidates(conn) {
        Ok(candidates) => candidates,
        Err(error) => return unreadable(error.to_string()),
    };
    match with_public_password(candidates, hasher).await {
        Ok(names) if names.is_empty() => Check::ok(NAME, "none with a public password"),
        Ok(names) => {
            let detail = format!("{} can log in with a public password", names.join(", "));
            let remedy =
                "Delete them with `auth-service users delete NAME`, after `auth-service create-admin` if need be.";
            Check::warning(NAME, detail, remedy)
        }
        Err(error) => unreadable(error_chain(&error)),
    }
}
