//! Authorization codes.

use diesel::{Insertable, Queryable};
use shared::UnixTime;

use crate::{
    clients::{authentication::Client, client_secret::SecretHash},
    ids::{SessionId, UserId},
    random_text::{NoRandomness, random_text},
    schema::authorization_codes,
};

/// A prefix for secret scanners.
const PREFIX: &str = "ac1.";
/// A code and its prefix.
const LEN: usize = PREFIX.len() + 43;

/// An authorization code as it is stored: what it was issued for.
#[derive(Clone, Queryable, Insertable)]
#[diesel(table_name = authorization_codes)]
pub struct StoredCode {
    /// See [`hash`].
    pub code_hash: String,
    /// The client.
    pub client_id: String,
    /// Where it was sent.
    pub redirect_uri: String,
    /// Who consented,
    pub user_id: UserId,
    /// and in which browser session.
    pub browser_id: SessionId,
    /// When the user last proved who they are.
    pub auth_time: UnixTime,
    /// What for, space-separated.
    pub scope: String,
    /// The audience of the access token, where it is not the default one.
    pub audience: Option<String>,
    /// For the ID token.
    pub nonce: Option<String>,
    /// S256 (RFC 7636).
    pub challenge: Option<String>,
    /// Until when it may be exchanged.
    pub expires_at: UnixTime,
    /// The session that it was exchanged for.
    pub session_id: Option<SessionId>,
    /// The interaction that led to it.
    pub interaction_id: Option<String>,
}

/// What a client sends with a code.
#[derive(Clone)]
pub struct Exchange {
    /// The hash of the code.
    pub code_hash: String,
    /// The authenticated client.
    pub client: Client,
    /// Where it received the code.
    pub redirect_uri: Option<String>,
    /// PKCE's secret.
    pub verifier: Option<String>,
    /// The resource, if it is named again (RFC 8707, section 2.2).
    pub resource: Option<String>,
}

/// A new code.
///
/// # Errors
/// [`NoRandomness`].
pub fn generate() -> Result<String, NoRandomness> {
    Ok(format!("{PREFIX}{}", random_text::<32>()?.as_str()))
}

/// The stored hash of a code: SHA-256, as a code has 256 random bits. `None` for what can be no code.
pub fn hash(code: &str) -> Option<String> {
    (code.len() == LEN && code.starts_with(PREFIX)).then(|| SecretHash::of(code).as_str().to_owned())
}

impl StoredCode {
    /// Whether the client may exchange it, its age aside: it is its own, and the redirect URI and the verifier are the right ones.
    pub fn belongs_to(&self, sent: &Exchange) -> bool {
        let is_redirect_right = match &sent.redirect_uri {
            Some(uri) => *uri == self.redirect_uri,
            // The verifier binds the code to the request as well (OAuth 2.1, section 10.2).
            None => self.challenge.is_some(),
        };
        let is_verifier_right = match (&self.challenge, &sent.verifier) {
            (Some(challenge), Some(verifier)) => is_answer(challenge, verifier),
            (None, None) => true,
            _ => false,
        };
        self.client_id == sent.client.id && is_redirect_right && is_verifier_right
    }
}

/// RFC 7636, sections 4.1 and 4.6.
fn is_answer(challenge: &str, verifier: &str) -> bool {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    (43..=128).contains(&verifier.len()) && verifier.bytes().all(is_allowed) && SecretHash::of(verifier).is(challenge)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn row_35_a_code_has_256_random_bits_and_only_its_hash_is_stored() {
        let [one, other] = [generate().unwrap(), generate().unwrap()];

        assert_ne!(one, other);
        assert_eq!(one.len(), LEN);
        assert_ne!(hash(&one).unwrap(), one);
        assert_eq!((hash("ac1.short"), hash(&format!("rt1.{}", "x".repeat(43)))), (None, None));
    }

    #[test]
    fn the_challenge_of_rfc_7636_is_answered_by_its_verifier_only() {
        // RFC 7636, appendix B.
        let challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

        assert!(is_answer(challenge, "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"));
        assert!(!is_answer(challenge, "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXl"));
        assert!(!is_answer(challenge, challenge));
        assert!(!is_answer(challenge, ""));
    }
}
