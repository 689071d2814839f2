//! Settings with which the service would not start, or would be easy to attack.

use service_kit::{StartError, doctor::Check};

use crate::{
    config::{Config, LimitConfig, PasswordConfig, SETTINGS},
    db::DatabaseUrl,
    keys::key_keeper::key_of_settings,
    pages::pages::Pages,
    users::password_hasher::argon2id_params,
};

/// Whether the service would start with these settings, as far as they depend on nothing else.
pub(super) fn check(config: &Config) -> Result<(), StartError> {
    config.check()?;
    DatabaseUrl::of(&config.database)?;
    SETTINGS.token_locations(&config.token_location)?;
    SETTINGS.trusted_proxies(&config.trusted_proxies)?;
    argon2id_params(&config.passwords)?;
    Pages::open(config)?;
    key_of_settings(&config.keys).map(drop)
}

/// Whether guessing the password of a stolen hash is expensive.
pub(super) fn check_passwords(config: &PasswordConfig) -> Check {
    const NAME: &str = "passwords";
    /// Memory in KiB and iterations, from OWASP's Password Storage Cheat Sheet.
    const ENOUGH: [(u32, u32); 5] = [(47_104, 1), (19_456, 2), (12_288, 3), (9_216, 4), (7_168, 5)];
    let PasswordConfig { memory_kib, iterations, .. } = *config;
    let shown = format!("argon2id with {memory_kib} KiB and {iterations} iterations");
    if ENOUGH.iter().any(|(memory, times)| memory_kib >= *memory && iterations >= *times) {
        return Check::ok(NAME, shown);
    }
    let remedy = format!(
        "Unset {} and {}: the defaults are 19456 and 2.",
        SETTINGS.variable("passwords.memory_kib"),
        SETTINGS.variable("passwords.iterations")
    );
    Check::warning(NAME, format!("{shown}: less than OWASP recommends"), remedy)
}

/// Whether guessing is limited.
pub(super) fn check_limits(config: &LimitConfig) -> Check {
    const NAME: &str = "limits";
    if config.enabled {
        return Check::ok(NAME, "guesses and registrations are limited");
    }
    let remedy = format!("Unset {}.", SETTINGS.variable("limits.enabled"));
    Check::warning(NAME, "none: passwords can be guessed at any rate", remedy)
}
