//! Refresh tokens.

use aws_lc_rs::hmac::{self, HMAC_SHA256, Key};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

use crate::ids::SessionId;

/// The contents of a refresh token: a session and a generation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RefreshToken {
    /// The session.
    pub session: SessionId,
    /// Starts at 1; each refresh increments it, and a password change sets it to the first of the next era.
    pub generation: i64,
}

/// Generations are counted in eras of this length, which no session reaches by refreshing. A change of the password begins the
/// next era.
const ERA: i64 = 1 << 32;

/// The first generation of the era after that of this one.
pub fn first_of_next_era(generation: i64) -> i64 {
    (generation / ERA + 1) * ERA
}

impl RefreshToken {
    /// Whether a change of the password has made it invalid, where this generation is the valid one.
    pub fn is_of_earlier_era(&self, generation: i64) -> bool {
        self.generation / ERA < generation / ERA
    }
}

/// Creates and verifies refresh tokens.
///
/// A token is the session's id and the generation, with an HMAC over both (RFC 2104): the database holds no token that could
/// be stolen from it, and a repeated request for the next token gets the same one.
pub struct RefreshTokens {
    key: Key,
    prefix: &'static str,
}

/// Distinguishes it from an access token, which is three parts of base64url.
const PREFIX: &str = "rt1.";
/// Distinguishes the cookie of a browser session.
const COOKIE_PREFIX: &str = "bs1.";
const PLAIN_LEN: usize = 16 + 8;

impl RefreshTokens {
    /// With this random key, which all nodes share.
    pub fn new(secret: &[u8]) -> Self {
        Self { key: Key::new(HMAC_SHA256, secret), prefix: PREFIX }
    }

    /// With this random key, for the cookies of browser sessions. They are no refresh tokens, and the other way round.
    pub fn for_cookies(secret: &[u8]) -> Self {
        Self { prefix: COOKIE_PREFIX, ..Self::new(secret) }
    }

    /// Whether a string has the prefix of a refresh token.
    pub fn looks_like_one(text: &str) -> bool {
        text.starts_with(PREFIX)
    }

    /// The token as sent to the client.
    pub fn write(&self, token: RefreshToken) -> String {
        let plain = [&token.session.as_bytes()[..], &token.generation.to_be_bytes()].concat();
        let tag = hmac::sign(&self.key, &plain);
        format!("{}{}", self.prefix, URL_SAFE_NO_PAD.encode([&plain, tag.as_ref()].concat()))
    }

    /// The contents of a token, if it was created with this key.
    pub fn read(&self, text: &str) -> Option<RefreshToken> {
        let bytes = URL_SAFE_NO_PAD.decode(text.strip_prefix(self.prefix)?).ok()?;
        let (plain, tag) = bytes.split_at_checked(PLAIN_LEN)?;
        hmac::verify(&self.key, plain, tag).ok()?;
        let (session, generation) = plain.split_first_chunk()?;
        let generation = i64::from_be_bytes(generation.try_into().ok()?);
        Some(RefreshToken { session: SessionId::from_bytes(*session), generation })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: RefreshToken = RefreshToken { session: SessionId::from_bytes([7; 16]), generation: 3 };

    #[test]
    fn a_token_is_read_as_written_and_is_the_same_each_time() {
        let tokens = RefreshTokens::new(b"secret");

        let text = tokens.write(TOKEN);

        assert_eq!(tokens.read(&text), Some(TOKEN));
        assert_eq!(tokens.write(TOKEN), text);
        assert!(RefreshTokens::looks_like_one(&text));
    }

    #[test]
    fn a_token_with_any_character_changed_is_invalid() {
        let tokens = RefreshTokens::new(b"secret");
        let text = tokens.write(TOKEN);

        for at in 0..text.len() {
            let mut changed = text.clone().into_bytes();
            changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(changed).unwrap();
            assert_eq!(tokens.read(&changed), None, "{changed}");
        }
        for cut in 0..text.len() {
            assert_eq!(tokens.read(&text[..cut]), None);
        }
        assert_eq!(tokens.read(&format!("{text}A")), None);
    }

    #[test]
    fn a_token_of_another_key_is_invalid() {
        let text = RefreshTokens::new(b"another").write(TOKEN);

        assert_eq!(RefreshTokens::new(b"secret").read(&text), None);
    }
}
