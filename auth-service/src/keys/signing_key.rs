//! One RSA key pair, parsed once.

use aws_lc_rs::{
    rand::SystemRandom,
    signature::{KeyPair, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, RsaKeyPair, UnparsedPublicKey},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use getrandom::SysRng;
use jsonwebtoken::{
    Algorithm, Header,
    jwk::{
        AlgorithmParameters, CommonParameters, Jwk, KeyAlgorithm, PublicKeyUse, RSAKeyParameters, RSAKeyType,
        ThumbprintHash,
    },
};
use rsa::pkcs8::EncodePrivateKey;
use serde::Serialize;
use shared::{
    keys::{InvalidKey, PublicKey},
    status::{STATUS_LIST_TYPE, StatusListClaims},
};
use zeroize::Zeroizing;

use super::private_key_pem::{InvalidPrivateKeyPem, pkcs8_from_pem};

/// An RSA key pair that signs RS256 tokens. It is parsed once: parsing costs more than a signature.
pub struct SigningKey {
    pair: RsaKeyPair,
    jwk: Jwk,
    kid: String,
    /// The header of every access token that this key signs, encoded.
    access_token_header: String,
    /// The header of every status list.
    status_list_header: String,
    /// The header of every ID token.
    id_token_header: String,
    /// The header of every logout token.
    logout_token_header: String,
}

/// The `typ` of ID tokens, which is never that of an access token (RFC 8725, section 3.11).
pub const ID_TOKEN_TYPE: &str = "JWT";

/// Why a signing key is invalid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidSigningKey {
    /// No usable private key in PEM.
    #[error(transparent)]
    Pem(#[from] InvalidPrivateKeyPem),
    /// Rejected by the cryptographic library.
    #[error("it is not a valid RSA key of 2048 to 8192 bits")]
    Malformed,
    /// Verifiers would reject its public half, and with it every token.
    #[error(transparent)]
    Weak(#[from] InvalidKey),
}

/// Signing failed. With a parsed key this indicates a failure of the machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("signing failed")]
pub struct SigningError;

/// No key could be generated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("key generation failed")]
pub struct KeyGenerationError;

/// A new private key of that size, as PKCS #8.
///
/// # Errors
/// [`KeyGenerationError`] if the system provides no randomness.
pub fn generate(bits: usize) -> Result<Zeroizing<Vec<u8>>, KeyGenerationError> {
    let key = rsa::PrivateKey::new(&mut SysRng, bits).map_err(|_| KeyGenerationError)?;
    let der = key.to_pkcs8_der().map_err(|_| KeyGenerationError)?;
    Ok(der.to_bytes())
}

impl SigningKey {
    /// From PKCS #8.
    ///
    /// # Errors
    /// [`InvalidSigningKey::Malformed`].
    pub fn from_pkcs8(der: &[u8]) -> Result<Self, InvalidSigningKey> {
        Self::from_pair(RsaKeyPair::from_pkcs8(der).map_err(|_| InvalidSigningKey::Malformed)?)
    }

    /// From PEM: `PRIVATE KEY` (RFC 5208) or `RSA PRIVATE KEY` (RFC 8017).
    ///
    /// # Errors
    /// [`InvalidSigningKey`], which says what was found instead.
    pub fn from_pem(pem: &str) -> Result<Self, InvalidSigningKey> {
        Self::from_pkcs8(&pkcs8_from_pem(pem)?)
    }

    fn from_pair(pair: RsaKeyPair) -> Result<Self, InvalidSigningKey> {
        let public = pair.public_key();
        let (modulus, exponent) = (public.modulus(), public.exponent());
        let (modulus, exponent) =
            (modulus.big_endian_without_leading_zero(), exponent.big_endian_without_leading_zero());
        PublicKey::from_components(modulus, exponent)?;
        let encode = |number: &[u8]| URL_SAFE_NO_PAD.encode(number);
        let mut jwk = Jwk {
            common: CommonParameters {
                public_key_use: Some(PublicKeyUse::Signature),
                key_algorithm: Some(KeyAlgorithm::RS256),
                ..CommonParameters::default()
            },
            algorithm: AlgorithmParameters::RSA(RSAKeyParameters {
                key_type: RSAKeyType::RSA,
                n: encode(modulus),
                e: encode(exponent),
            }),
        };
        let kid = jwk.thumbprint(ThumbprintHash::SHA256).map_err(|_| InvalidSigningKey::Malformed)?;
        jwk.common.key_id = Some(kid.clone());
        let header = |typ: &str| {
            let header = Header { typ: Some(typ.to_owned()), kid: Some(kid.clone()), ..Header::new(Algorithm::RS256) };
            serde_json::to_vec(&header).map(|json| encode(&json)).map_err(|_| InvalidSigningKey::Malformed)
        };
        Ok(Self {
            access_token_header: header("at+jwt")?,
            status_list_header: header(STATUS_LIST_TYPE)?,
            id_token_header: header(ID_TOKEN_TYPE)?,
            logout_token_header: header("logout+jwt")?,
            pair,
            jwk,
            kid,
        })
    }

    /// The key id: its RFC 7638 thumbprint.
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// The public half, as published (RFC 7517).
    pub fn jwk(&self) -> &Jwk {
        &self.jwk
    }

    /// An access token with these claims (RFC 9068).
    ///
    /// # Errors
    /// [`SigningError`].
    pub fn sign_access_token(&self, claims: &impl Serialize) -> Result<String, SigningError> {
        self.sign(&self.access_token_header, claims)
    }

    /// A status list token with these claims (draft-ietf-oauth-status-list, section 5.1).
    ///
    /// # Errors
    /// [`SigningError`].
    pub fn sign_status_list(&self, claims: &StatusListClaims) -> Result<String, SigningError> {
        self.sign(&self.status_list_header, claims)
    }

    /// An ID token with these claims (OpenID Connect Core 1.0, section 2).
    ///
    /// # Errors
    /// [`SigningError`].
    pub fn sign_id_token(&self, claims: &impl Serialize) -> Result<String, SigningError> {
        self.sign(&self.id_token_header, claims)
    }

    /// A logout token with these claims (OpenID Connect Back-Channel Logout 1.0, section 2.4).
    ///
    /// # Errors
    /// [`SigningError`].
    pub fn sign_logout_token(&self, claims: &impl Serialize) -> Result<String, SigningError> {
        self.sign(&self.logout_token_header, claims)
    }

    /// Whether this key has signed the message (RS256).
    pub fn has_signed(&self, message: &[u8], signature: &[u8]) -> bool {
        let key = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, self.pair.public_key());
        key.verify(message, signature).is_ok()
    }

    fn sign(&self, header: &str, claims: &impl Serialize) -> Result<String, SigningError> {
        let _span = tracing::debug_span!("sign").entered();
        let claims = serde_json::to_vec(claims).map_err(|_| SigningError)?;
        let mut token = format!("{header}.");
        URL_SAFE_NO_PAD.encode_string(claims, &mut token);
        let mut signature = vec![0; self.pair.public_modulus_len()];
        self.pair
            .sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), token.as_bytes(), &mut signature)
            .map_err(|_| SigningError)?;
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(signature, &mut token);
        Ok(token)
    }
}
