//! Settings of passwords and their hashes.

use std::net::Ipv4Addr;

use reqwest::Url;
use serde::{Deserialize, Serialize};
use service_kit::StartError;

use super::SETTINGS;

/// Argon2id. Environment: `AUTH__PASSWORDS__MEMORY_KIB`, …
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PasswordConfig {
    /// Argon2id: memory per hash. Default: 19456, as recommended by OWASP.
    pub memory_kib: u32,
    /// Argon2id: passes over the memory. Default: 2.
    pub iterations: u32,
    /// Argon2id: lanes. Default: 1.
    pub parallelism: u32,
    /// Hashing threads. Default: one per core.
    pub threads: Option<usize>,
    /// Maximum number of waiting hashes; beyond that requests get 503. Default: 32 per thread.
    pub queue: Option<usize>,
    /// Argon2 implementation: `fast` (`argon2-rust`), or `portable` (`RustCrypto`), which is slower; both compute the same hashes.
    /// Default: `fast`.
    pub implementation: Argon2Implementation,
    /// Lifetime of a password reset token. Default: 3600.
    pub reset_ttl_secs: u32,
    /// Whether to reject the 16,000 most common passwords. Default: true.
    pub refuse_common: bool,
    /// A list of breached passwords to reject, such as <https://api.pwnedpasswords.com/range/>. It receives the first five
    /// hexadecimal digits of the password's SHA-1; while it does not respond, passwords are accepted. Default: none.
    pub breach_url: Option<String>,
}

/// The implementation of argon2id.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Argon2Implementation {
    /// `argon2-rust`, unless its hashes are wrong at startup.
    #[default]
    Fast,
    /// `argon2`, of `RustCrypto`.
    Portable,
}

impl Default for PasswordConfig {
    fn default() -> Self {
        Self {
            memory_kib: 19_456,
            iterations: 2,
            parallelism: 1,
            threads: None,
            queue: None,
            implementation: Argon2Implementation::Fast,
            reset_ttl_secs: 3600,
            refuse_common: true,
            breach_url: None,
        }
    }
}

impl PasswordConfig {
    /// Where the list of breached passwords is.
    ///
    /// # Errors
    /// [`StartError`] unless it is https, or http to this machine, without anything that would not be sent.
    pub fn breach_url(&self) -> Result<Option<Url>, StartError> {
        let Some(text) = &self.breach_url else { return Ok(None) };
        let is_plain = !text.contains(|c: char| c.is_control() || c.is_whitespace());
        let url = Url::parse(text).ok().filter(|url| is_plain && is_usable(url));
        url.map(Some).ok_or_else(|| {
            StartError::new(
                SETTINGS.variable("passwords.breach_url"),
                "not the URL of a list that can be queried",
                "Set it to an https URL without credentials, query or fragment, such as \
                 https://api.pwnedpasswords.com/range/. Plain http is for 127.0.0.1, ::1 and localhost only.",
            )
        })
    }
}

fn is_usable(url: &Url) -> bool {
    let is_loopback = match url.host_str() {
        Some("localhost" | "[::1]") => true,
        Some(host) => host.parse().is_ok_and(|address: Ipv4Addr| address.is_loopback()),
        None => false,
    };
    (url.scheme() == "https" || url.scheme() == "http" && is_loopback)
        && url.username().is_empty()
        && url.password().is_none()
        && url.query().is_none()
        && url.fragment().is_none()
}
