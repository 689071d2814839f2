//! Whether secrets can be guessed, or are public.

use std::fs;

use service_kit::doctor::Check;
use zeroize::Zeroizing;

use crate::{
    config::{Config, SETTINGS},
    db::DatabaseUrl,
    keys::{key_keeper::key_of_settings, master_key::MasterKey},
    users::common_passwords::is_common,
};

const NAME: &str = "secrets";
/// The id of the key in this project's tests, which is public.
const PUBLIC_KEY_ID: &str = "7fRX8vgatrHvC6yv6TcnuNiS7TENsGTBfwtO1FLSmn8";

/// A line for each that is weak; one if none is.
pub(super) fn checks(config: &Config, url: &DatabaseUrl) -> Vec<Check> {
    let mut checks = Vec::new();
    for (key, secret) in [("master_key", &config.master_key), ("previous_master_key", &config.previous_master_key)] {
        if secret.as_ref().is_some_and(|secret| MasterKey::is_typed_in(secret.expose())) {
            checks.push(typed_in(&SETTINGS.variable(key)));
        }
    }
    if let (None, DatabaseUrl::Sqlite(file)) = (&config.master_key, url) {
        let file = file.with_file_name("master.key");
        let text = fs::read_to_string(&file).map(Zeroizing::new);
        if text.is_ok_and(|text| MasterKey::is_typed_in(&text)) {
            checks.push(typed_in(&file.display().to_string()));
        }
    }
    let of_database = url.credentials();
    let is_weak = |(user, password): &(String, Zeroizing<String>)| is_guessable(password, user);
    if of_database.as_ref().is_some_and(is_weak) {
        checks.push(guessable("database.url", "Set a generated one, for example with `auth-service make-secrets`."));
    }
    let of_admin = (config.admin.username.as_deref().unwrap_or_default(), config.admin.password.as_ref());
    if let (name, Some(password)) = of_admin
        && is_guessable(password.expose(), name)
    {
        checks.push(guessable("admin.password", "Set another one, and change it after the first login."));
    }
    if key_of_settings(&config.keys).is_ok_and(|key| key.is_some_and(|key| key.kid() == PUBLIC_KEY_ID)) {
        let remedy = "Generate one with `openssl genrsa 2048`: anyone who has this one can forge any user's tokens.";
        let detail =
            format!("{} is the key of this project's tests, which is public", SETTINGS.variable("keys.private_key"));
        checks.push(Check::error(NAME, detail, remedy));
    }
    if checks.is_empty() {
        checks.push(Check::ok(NAME, "none is easy to guess"));
    }
    checks
}

fn typed_in(what: &str) -> Check {
    let remedy = "Generate another one with `openssl rand -base64 32`, set this one as AUTH__PREVIOUS_MASTER_KEY, and run \
                  `auth-service keys rewrap`.";
    Check::warning(NAME, format!("the master key in {what} is not random"), remedy)
}

fn guessable(key: &str, remedy: &str) -> Check {
    Check::warning(NAME, format!("the password in {} is easy to guess", SETTINGS.variable(key)), remedy)
}

fn is_guessable(password: &str, user: &str) -> bool {
    const SHORT: usize = 8;
    let folded = Zeroizing::new(password.to_lowercase());
    password.len() < SHORT || is_common(&folded) || *folded == user.to_lowercase()
}
