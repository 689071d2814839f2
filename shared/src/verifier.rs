//! The checks that make a token's claims believable.

use std::{sync::Arc, time::Duration};

use crate::{
    AuthError, Claims, Flaw, KeyStore, TokenLocations, UnixTime, compact_jws::CompactJws, counts::VerificationCounts,
};

/// Decides which tokens are good here: whose, for whom, and where in a request they are looked for.
///
/// Put it into the application's data, and `Jwt` protects any handler that names it:
///
/// ```
/// use std::sync::Arc;
/// use actix_web::{App, web::Data};
/// use shared::{KeySet, KeyStore, TokenVerifier};
///
/// # let pem = shared::testing::PUBLIC_KEY_PEM;
/// let keys = Arc::new(KeyStore::fixed(KeySet::from_pem(pem)?));
/// let verifier = TokenVerifier::new("resource-service").trust("http://localhost:5000", keys);
/// let app = App::new().app_data(Data::new(verifier));
/// # Ok::<(), shared::InvalidKey>(())
/// ```
pub struct TokenVerifier {
    audience: String,
    trusted: Vec<(String, Arc<KeyStore>)>,
    leeway: Duration,
    locations: TokenLocations,
    counts: VerificationCounts,
}

impl TokenVerifier {
    /// A verifier for tokens meant for `audience`. It trusts nobody yet.
    pub fn new(audience: impl Into<String>) -> Self {
        Self {
            audience: audience.into(),
            trusted: Vec::new(),
            leeway: Duration::ZERO,
            locations: TokenLocations::default(),
            counts: VerificationCounts::default(),
        }
    }

    /// Also takes tokens whose `iss` is `issuer`, letter for letter, checked with that issuer's keys and no others.
    #[must_use]
    pub fn trust(mut self, issuer: impl Into<String>, keys: Arc<KeyStore>) -> Self {
        self.trusted.push((issuer.into(), keys));
        self
    }

    /// How far this machine's clock may be off the issuer's: a token counts that much before `nbf` and after `exp`.
    /// None by default.
    #[must_use]
    pub fn with_leeway(mut self, leeway: Duration) -> Self {
        self.leeway = leeway;
        self
    }

    /// Where in a request a token is looked for: in the `Authorization` header alone by default.
    #[must_use]
    pub fn with_locations(mut self, locations: TokenLocations) -> Self {
        self.locations = locations;
        self
    }

    /// Where in a request a token is looked for.
    pub fn locations(&self) -> &TokenLocations {
        &self.locations
    }

    /// Reads a token's claims, if one of its issuer's keys signed it and it is valid now (RFC 9068, section 4).
    ///
    /// # Errors
    /// [`AuthError::Invalid`] for a token that is forged, foreign or of another kind;
    /// [`AuthError::Expired`] once `exp` has passed, give or take the leeway;
    /// [`AuthError::KeysUnavailable`] while the issuer's keys are not at hand.
    pub fn verify(&self, token: &str, now: UnixTime) -> Result<Claims, AuthError> {
        let verified = self.check(token, now);
        self.counts.count(&verified);
        verified
    }

    /// The same, but a token of an unknown key is not counted: it is looked at once more.
    pub(crate) fn verify_at_first_look(&self, token: &str, now: UnixTime) -> Result<Claims, AuthError> {
        let verified = self.check(token, now);
        if !matches!(verified, Err(AuthError::Invalid(Flaw::UnknownKey))) {
            self.counts.count(&verified);
        }
        verified
    }

    fn check(&self, token: &str, now: UnixTime) -> Result<Claims, AuthError> {
        let jws = CompactJws::parse(token).map_err(AuthError::Invalid)?;
        check_header(&jws)?;
        let claims: Claims = serde_json::from_slice(&jws.payload).map_err(|_| AuthError::Invalid(Flaw::Claims))?;
        let keys = self.keys_of(&claims.iss).ok_or(AuthError::Invalid(Flaw::Issuer))?;
        let key = keys
            .find(jws.header.kid.as_deref(), now)
            .map_err(|_| AuthError::KeysUnavailable)?
            .ok_or(AuthError::Invalid(Flaw::UnknownKey))?;
        if !key.has_signed(jws.signing_input, &jws.signature) {
            return Err(AuthError::Invalid(Flaw::Signature));
        }
        self.check_claims(&claims, now)?;
        Ok(claims)
    }

    /// The same, but where the issuer may have published a new key meanwhile, its keys are looked at once more.
    ///
    /// # Errors
    /// As [`TokenVerifier::verify`].
    pub async fn verify_after_another_look(&self, token: &str, now: UnixTime) -> Result<Claims, AuthError> {
        let issuer = CompactJws::parse(token).ok().and_then(|jws| serde_json::from_slice::<Claims>(&jws.payload).ok());
        if let Some(keys) = issuer.and_then(|claims| self.keys_of(&claims.iss)) {
            keys.look_again().await;
        }
        self.verify(token, now)
    }

    /// How many verifications have had which result, for the metrics.
    pub fn counts(&self) -> &VerificationCounts {
        &self.counts
    }

    /// Whether any trusted issuer's keys are at hand: what readiness asks. Where one of two is switched off for good, the
    /// other's tokens are still to be served.
    pub fn is_ready(&self, now: UnixTime) -> bool {
        self.trusted.iter().any(|(_, keys)| keys.is_current(now))
    }

    fn keys_of(&self, issuer: &str) -> Option<&KeyStore> {
        self.trusted.iter().find(|(trusted, _)| trusted == issuer).map(|(_, keys)| &**keys)
    }

    fn check_claims(&self, claims: &Claims, now: UnixTime) -> Result<(), AuthError> {
        if !claims.aud.contains(&self.audience) {
            return Err(AuthError::Invalid(Flaw::Audience));
        }
        if claims.sub.is_empty() || claims.jti.is_empty() {
            return Err(AuthError::Invalid(Flaw::Claims));
        }
        if claims.nbf.is_some_and(|nbf| now.plus(self.leeway) < nbf) {
            return Err(AuthError::Invalid(Flaw::NotYetValid));
        }
        if now.minus(self.leeway) >= claims.exp {
            return Err(AuthError::Expired);
        }
        Ok(())
    }
}

/// The algorithm is ours to choose, never the token's (RFC 8725, section 3.1), and so is its type (section 3.11).
fn check_header(jws: &CompactJws<'_>) -> Result<(), AuthError> {
    let header = &jws.header;
    let flaw = if header.alg != "RS256" {
        Flaw::Algorithm
    } else if header.has_crit {
        Flaw::Critical
    } else if !header.typ.as_deref().is_some_and(is_access_token_type) {
        Flaw::Type
    } else {
        return Ok(());
    };
    Err(AuthError::Invalid(flaw))
}

/// RFC 9068, section 4: `at+jwt` or `application/at+jwt`; media types are compared without regard to case.
fn is_access_token_type(typ: &str) -> bool {
    typ.eq_ignore_ascii_case("at+jwt") || typ.eq_ignore_ascii_case("application/at+jwt")
}
