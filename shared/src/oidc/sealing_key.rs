//! Encrypts what a browser keeps for the application.

use aws_lc_rs::{
    aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey},
    hmac, rand,
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use zeroize::Zeroizing;

use super::login_error::LoginError;
use crate::secret::Secret;

/// AES-256-GCM with random nonces.
pub(super) struct SealingKey(RandomizedNonceKey);

impl SealingKey {
    /// The key of a client with a secret follows from it, so that every node of the application can open what another has
    /// sealed. That of a client without one is random: a login that has begun ends at the same node.
    pub(super) fn of_client(secret: Option<&Secret>) -> Option<Self> {
        let mut key = Zeroizing::new([0; 32]);
        match secret {
            Some(secret) => {
                let secret = hmac::Key::new(hmac::HMAC_SHA256, secret.expose().as_bytes());
                key.copy_from_slice(hmac::sign(&secret, b"shared::oidc pending login").as_ref());
            }
            None => rand::fill(&mut *key).ok()?,
        }
        RandomizedNonceKey::new(&AES_256_GCM, &*key).ok().map(Self)
    }

    pub(super) fn seal(&self, mut plain: Vec<u8>) -> Result<String, LoginError> {
        let nonce = self.0.seal_in_place_append_tag(Aad::empty(), &mut plain);
        let nonce = nonce.map_err(|_| LoginError::Internal("sealing failed"))?;
        Ok(URL_SAFE_NO_PAD.encode([nonce.as_ref().as_slice(), &plain].concat()))
    }

    pub(super) fn open(&self, sealed: &str) -> Option<Zeroizing<Vec<u8>>> {
        let bytes = Zeroizing::new(URL_SAFE_NO_PAD.decode(sealed).ok()?);
        let (nonce, sealed) = bytes.split_at_checked(NONCE_LEN)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let mut sealed = Zeroizing::new(sealed.to_vec());
        let plain = self.0.open_in_place(nonce, Aad::empty(), &mut sealed).ok()?;
        Some(Zeroizing::new(plain.to_vec()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_same_key_opens_it_and_only_unchanged() {
        let secret = |text: &str| Some(Secret::new(text.to_owned()));
        let key = SealingKey::of_client(secret("a").as_ref()).unwrap();
        let sealed = key.seal(b"text".to_vec()).unwrap();

        let again = SealingKey::of_client(secret("a").as_ref()).unwrap();
        let other = SealingKey::of_client(secret("b").as_ref()).unwrap();

        assert_eq!(again.open(&sealed).unwrap().as_slice(), b"text");
        assert!(other.open(&sealed).is_none());
        assert!(SealingKey::of_client(None).unwrap().open(&sealed).is_none());
        for changed in ["", "AAAA", &sealed[1..], &sealed[..sealed.len() - 2]] {
            assert!(key.open(changed).is_none(), "{changed}");
        }
    }
}
