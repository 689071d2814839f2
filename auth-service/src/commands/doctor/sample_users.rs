//! Whether anybody can log in with a password from the documentation.

use service_kit::{doctor::Check, error_chain};

use crate::{
    config::PasswordConfig,
    db::DbConnection,
    users::{
        password_hasher::PasswordHasher,
        sample_users::{find_candidates, with_public_password},
    },
};

const NAME: &str = "sample users";
const NOBODY: &str = "none with a public password";

pub(super) async fn check(conn: &mut DbConnection, config: &PasswordConfig) -> Check {
    let unreadable = |error: String| Check::error(NAME, error, "Check the database.");
    let candidates = match find_candidates(conn) {
        Ok(candidates) => candidates,
        Err(error) => return unreadable(error.to_string()),
    };
    if candidates.is_empty() {
        return Check::ok(NAME, NOBODY);
    }
    // Parameters with which hashing would not start are an error of the settings.
    let Ok(hasher) = PasswordHasher::start(config) else { return Check::ok(NAME, "not checked") };
    match with_public_password(candidates, &hasher).await {
        Ok(names) if names.is_empty() => Check::ok(NAME, NOBODY),
        Ok(names) => {
            let detail = format!("{} can log in with a public password", names.join(", "));
            let remedy =
                "Delete them with `auth-service users delete NAME`, after `auth-service create-admin` if necessary.";
            Check::warning(NAME, detail, remedy)
        }
        Err(error) => unreadable(error_chain(&error)),
    }
}
