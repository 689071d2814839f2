//! A login that has begun.

use std::time::Duration;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use serde::{Deserialize, Serialize};

use super::{login_error::LoginError, random::random_text, return_to::ReturnTo, sealing_key::SealingKey};
use crate::{secret::Secret, time::UnixTime};

/// What the application has to remember between the request to the issuer and its response. The browser keeps it, sealed, in a
/// cookie: strangers who begin logins take no memory.
pub(super) struct PendingLogin {
    /// Ties the response to this browser.
    pub(super) state: String,
    /// Ties the ID token to this login.
    pub(super) nonce: String,
    /// Ties the code to this application.
    pub(super) verifier: Secret,
    pub(super) return_to: Option<ReturnTo>,
    began_at: UnixTime,
}

#[derive(Serialize, Deserialize)]
struct Stored {
    state: String,
    nonce: String,
    verifier: String,
    return_to: Option<String>,
    began_at: UnixTime,
}

impl PendingLogin {
    /// How long a user may take to log in.
    pub(super) const TTL: Duration = Duration::from_mins(15);

    pub(super) fn begin(return_to: Option<ReturnTo>, now: UnixTime) -> Result<Self, LoginError> {
        let verifier = Secret::new(random_text()?);
        Ok(Self { state: random_text()?, nonce: random_text()?, verifier, return_to, began_at: now })
    }

    pub(super) fn seal(&self, key: &SealingKey) -> Result<String, LoginError> {
        let stored = Stored {
            state: self.state.clone(),
            nonce: self.nonce.clone(),
            verifier: self.verifier.expose().to_owned(),
            return_to: self.return_to.as_ref().map(|path| path.as_str().to_owned()),
            began_at: self.began_at,
        };
        key.seal(serde_json::to_vec(&stored).map_err(|_| LoginError::Internal("serialization failed"))?)
    }

    /// The login in a cookie, if it belongs to this `state` and is recent.
    pub(super) fn open(cookie: &str, state: &str, key: &SealingKey, now: UnixTime) -> Option<Self> {
        let stored: Stored = serde_json::from_slice(&key.open(cookie)?).ok()?;
        verify_slices_are_equal(stored.state.as_bytes(), state.as_bytes()).ok()?;
        (now.since(stored.began_at) < Self::TTL).then(|| Self {
            state: stored.state,
            nonce: stored.nonce,
            verifier: Secret::new(stored.verifier),
            return_to: stored.return_to.as_deref().and_then(ReturnTo::parse),
            began_at: stored.began_at,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_is_continued_with_its_state_and_in_time_only() {
        let key = SealingKey::of_client(None).unwrap();
        let began_at = UnixTime::from_seconds(1_000);
        let login = PendingLogin::begin(ReturnTo::parse("/a"), began_at).unwrap();
        let cookie = login.seal(&key).unwrap();
        let in_time = began_at.plus(PendingLogin::TTL).minus(Duration::from_secs(1));

        let opened = PendingLogin::open(&cookie, &login.state, &key, in_time).unwrap();

        assert_eq!((opened.nonce, opened.return_to), (login.nonce, login.return_to));
        assert!(PendingLogin::open(&cookie, "another", &key, in_time).is_none());
        assert!(PendingLogin::open(&cookie, &login.state, &key, began_at.plus(PendingLogin::TTL)).is_none());
    }
}
