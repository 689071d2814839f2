//! A list of passwords that were published after breaches, which is asked without telling it the password.
//!
//! The request names the first 5 of 40 hexadecimal digits of the password's SHA-1, and the response has the rest of all that begin so
//! (k-anonymity), as `https://api.pwnedpasswords.com/range/` and its copies do.

use std::{
    fmt::Write,
    sync::atomic::{AtomicI64, Ordering::Relaxed},
    time::Duration,
};

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use reqwest::{Client, Url, redirect::Policy};
use service_kit::StartError;
use shared::UnixTime;
use tokio::{sync::Semaphore, time::timeout};
use zeroize::Zeroizing;

use super::password::Password;
use crate::config::SETTINGS;

/// A list of breached passwords at a URL.
pub struct BreachList {
    url: Url,
    client: Client,
    lookups: Semaphore,
    /// When a failure was last logged.
    logged_at: AtomicI64,
}

/// A password is accepted if there is no response by then, the wait for other lookups included.
const TIMEOUT: Duration = Duration::from_millis(1500);
/// At the same time. Further ones wait.
const MAX_LOOKUPS: usize = 16;
/// A padded response of the public list has about 40 KiB.
const MAX_RESPONSE: usize = 512 * 1024;
const LOG_INTERVAL: Duration = Duration::from_mins(1);
/// Hexadecimal digits that are sent to the list.
const PREFIX: usize = 5;
const DIGITS: usize = 40;

#[derive(Debug, thiserror::Error)]
enum LookupError {
    #[error("no response in time")]
    Timeout,
    #[error("no response: {0}")]
    NoResponse(&'static str),
    #[error("it responded with status {0}")]
    Status(u16),
    #[error("its response exceeds {MAX_RESPONSE} bytes")]
    TooLong,
    #[error("its response is not a list of hash suffixes and counts")]
    Unreadable,
}

impl BreachList {
    /// The list at this URL, to which the digits are added as a path segment.
    ///
    /// # Errors
    /// [`StartError`] if this machine has no certificates of authorities.
    pub fn new(url: Url) -> Result<Self, StartError> {
        let builder = Client::builder().connect_timeout(TIMEOUT).timeout(TIMEOUT).redirect(Policy::none()).no_proxy();
        // Plain HTTP also works on machines without root certificates.
        let builder = if url.scheme() == "http" { builder.tls_certs_only([]) } else { builder };
        let client = builder.build().map_err(|error| {
            let problem = format!("no HTTPS client: {error}");
            StartError::new(SETTINGS.variable("passwords.breach_url"), problem, "Install root certificates.")
        })?;
        Ok(Self { url, client, lookups: Semaphore::new(MAX_LOOKUPS), logged_at: AtomicI64::new(0) })
    }

    /// Whether the list has this password. If the list cannot be asked, it does not.
    pub async fn has(&self, password: &Password, now: UnixTime) -> bool {
        let hash = hash(password);
        let answer = timeout(TIMEOUT, self.find(&hash)).await.unwrap_or(Err(LookupError::Timeout));
        answer.unwrap_or_else(|error| {
            self.log(&error, now);
            false
        })
    }

    async fn find(&self, hash: &str) -> Result<bool, LookupError> {
        let (prefix, suffix) = hash.split_at_checked(PREFIX).ok_or(LookupError::Unreadable)?;
        // It is never closed.
        let _permit = self.lookups.acquire().await.map_err(|_| LookupError::Timeout)?;
        let mut url = self.url.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().push(prefix);
        }
        let request = self.client.get(url).header("Add-Padding", "true").send();
        // Without the URL, which has the digits.
        let no_response = |error: reqwest::Error| {
            LookupError::NoResponse(if error.is_timeout() { "it timed out" } else { "the connection failed" })
        };
        let mut response = request.await.map_err(no_response)?;
        if response.status() != 200 {
            return Err(LookupError::Status(response.status().as_u16()));
        }
        let mut body = Zeroizing::new(Vec::with_capacity(MAX_RESPONSE / 8));
        while let Some(chunk) = response.chunk().await.map_err(no_response)? {
            if body.len() + chunk.len() > MAX_RESPONSE {
                return Err(LookupError::TooLong);
            }
            body.extend_from_slice(&chunk);
        }
        has_suffix(&body, suffix)
    }

    fn log(&self, error: &LookupError, now: UnixTime) {
        let last = self.logged_at.load(Relaxed);
        let is_due = now.since(UnixTime::from_seconds(last)) >= LOG_INTERVAL;
        if is_due && self.logged_at.compare_exchange(last, now.seconds(), Relaxed, Relaxed).is_ok() {
            log::warn!("accepting passwords without checking the list of breached ones: {error}");
        }
    }
}

/// The SHA-1 of a password, in hexadecimal digits.
fn hash(password: &Password) -> Zeroizing<String> {
    let mut digits = Zeroizing::new(String::with_capacity(DIGITS));
    for byte in digest(&SHA1_FOR_LEGACY_USE_ONLY, password.as_bytes()).as_ref() {
        // Writing to a string does not fail.
        let _ = write!(digits, "{byte:02X}");
    }
    digits
}

/// Whether a response, lines like `SUFFIX:COUNT`, has this suffix. Padding has the count 0.
fn has_suffix(response: &[u8], suffix: &str) -> Result<bool, LookupError> {
    let text = str::from_utf8(response).map_err(|_| LookupError::Unreadable)?;
    let mut found = false;
    for line in text.lines() {
        let (listed, count) = line.trim_end().split_once(':').ok_or(LookupError::Unreadable)?;
        let count: u64 = count.parse().map_err(|_| LookupError::Unreadable)?;
        if listed.len() != DIGITS - PREFIX || !listed.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return Err(LookupError::Unreadable);
        }
        found |= count > 0 && listed.eq_ignore_ascii_case(suffix);
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_has_40_digits_in_upper_case() {
        let password = Password::typed("password".to_owned());

        assert_eq!(*hash(&password), "5BAA61E4C9B93F3F0682250B6CF8331B7EE68FD8");
    }

    #[test]
    fn a_suffix_is_found_unless_it_is_padding() {
        const SUFFIX: &str = "1E4C9B93F3F0682250B6CF8331B7EE68FD8";
        let other = "0".repeat(35);

        for (response, expected) in [
            (format!("{other}:1\r\n{SUFFIX}:3730471\r\n"), Some(true)),
            (format!("{}:1\n{other}:2", SUFFIX.to_lowercase()), Some(true)),
            (format!("{other}:1\r\n{SUFFIX}:0"), Some(false)),
            (String::new(), Some(false)),
            (format!("{SUFFIX}:1\r\n<html>"), None),
            (SUFFIX.to_owned(), None),
            (format!("{SUFFIX}:-1"), None),
            (format!("A{SUFFIX}:1"), None),
        ] {
            assert_eq!(has_suffix(response.as_bytes(), SUFFIX).ok(), expected, "{response:?}");
        }
        assert!(has_suffix(b"\xff", SUFFIX).is_err());
    }
}
