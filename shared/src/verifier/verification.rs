//! The verification of one token: what is checked once, and what is checked on each request.

use std::{sync::Arc, time::Duration};

use serde::Deserialize;

use super::{
    token_verifier::{Checked, TokenVerifier},
    trusted_issuer::TrustedIssuer,
    verified_token::VerifiedToken,
};
use crate::{
    claims::Claims,
    compact_jws::CompactJws,
    errors::{AuthError, Flaw},
    status::{OnStale, StatusAge, StatusPolicy, ValidIn},
    time::UnixTime,
};

impl TokenVerifier {
    /// How long after its `exp` a token is still cached, so that nobody collects expired tokens to fill the cache with.
    const RECENTLY_EXPIRED: Duration = Duration::from_hours(1);

    /// Verifies a token, or finds it in the cache.
    pub(crate) fn authenticate(
        &self,
        token: &[u8],
        now: UnixTime,
        on_stale: impl Fn(&StatusPolicy) -> OnStale,
    ) -> Result<Checked, AuthError> {
        let token = if let Some(known) = self.find_cached(token, now)? {
            known
        } else {
            let token = Arc::new(self.read(token, now)?);
            // Also one that has just expired or is revoked: clients send such tokens again and again.
            if let Some(cache) = &self.cache
                && now < token.exp.plus(Self::RECENTLY_EXPIRED)
            {
                cache.insert(&token);
            }
            token
        };
        let status_age = self.validate_now(&token, now, on_stale)?;
        Ok(Checked { token, status_age })
    }

    /// Verifies a token after fetching the key or status list that it names, if it is unknown.
    pub(crate) async fn authenticate_or_refetch(
        &self,
        token: &[u8],
        now: UnixTime,
        on_stale: impl Fn(&StatusPolicy) -> OnStale,
    ) -> Result<Checked, AuthError> {
        let mut checked = self.authenticate(token, now, &on_stale);
        if matches!(checked, Err(AuthError::Invalid(Flaw::UnknownKey))) {
            if self.declines_refetch() {
                return checked;
            }
            let (issuer, kid) = self.claimed_issuer(token).map_err(AuthError::Invalid)?;
            issuer.keys().refetch().await;
            if matches!(issuer.keys().find(kid.as_deref(), now), Ok(None)) {
                return checked;
            }
            checked = self.authenticate(token, now, &on_stale);
        }
        if matches!(checked, Err(AuthError::Invalid(Flaw::UnknownStatusList))) {
            if let Some(status) = self.claimed_issuer(token).ok().and_then(|(issuer, _)| issuer.status()) {
                status.lists.refetch().await;
            }
            checked = self.authenticate(token, now, &on_stale);
        }
        checked
    }

    /// The cached token, if its issuer's keys have not changed since it was verified.
    fn find_cached(&self, token: &[u8], now: UnixTime) -> Result<Option<Arc<VerifiedToken>>, AuthError> {
        let Some(known) = self.cache.as_ref().and_then(|cache| cache.find(token)) else { return Ok(None) };
        match self.issuers.get(known.issuer).map(TrustedIssuer::keys) {
            // The same generation, so the key is still published.
            Some(keys) if keys.generation() == known.generation => {
                if keys.is_within_max_stale(now) {
                    Ok(Some(known))
                } else {
                    Err(AuthError::KeysUnavailable)
                }
            }
            _ => {
                self.forget(token);
                Ok(None)
            }
        }
    }

    fn forget(&self, token: &[u8]) {
        if let Some(cache) = &self.cache {
            cache.remove(token);
        }
    }

    /// Checks what does not change as long as the key is published: signature, issuer, audience and claims. Before the signature
    /// the payload is read only where there is a choice of issuers, and then only its `iss`: what anybody can send should cost
    /// less than what the issuer has signed.
    fn read(&self, token: &[u8], now: UnixTime) -> Result<VerifiedToken, AuthError> {
        let token = text_of(token).map_err(AuthError::Invalid)?;
        let jws = CompactJws::parse(token).map_err(AuthError::Invalid)?;
        jws.header.check(is_access_token_type).map_err(AuthError::Invalid)?;
        let (number, issuer) = match &*self.issuers {
            [only] => (0, only),
            _ => self.find_issuer(&jws).map_err(AuthError::Invalid)?,
        };
        // Read before the key: a set that is replaced meanwhile has another generation.
        let generation = issuer.keys().generation();
        let key = issuer
            .keys()
            .find(jws.header.kid.as_deref(), now)
            .map_err(|_| AuthError::KeysUnavailable)?
            .ok_or(AuthError::Invalid(Flaw::UnknownKey))?;
        jws.check_signature(&key).map_err(AuthError::Invalid)?;
        let payload = jws.payload().map_err(AuthError::Invalid)?;
        let claims: Claims = serde_json::from_slice(&payload).map_err(|_| AuthError::Invalid(Flaw::Claims))?;
        if claims.iss != issuer.name() {
            return Err(AuthError::Invalid(Flaw::Issuer));
        }
        if !self.audiences.iter().any(|audience| claims.aud.contains(audience)) {
            return Err(AuthError::Invalid(Flaw::Audience));
        }
        if claims.iat > now.plus(Self::MAX_LEEWAY) {
            return Err(AuthError::Invalid(Flaw::NotYetValid));
        }
        if claims.sub.is_empty() || claims.jti.is_empty() {
            return Err(AuthError::Invalid(Flaw::Claims));
        }
        let list = claims.status.as_ref().and_then(|status| status.status_list.as_ref());
        if list.is_some_and(|list| !issuer.may_publish(&list.uri)) {
            return Err(AuthError::Invalid(Flaw::ForeignStatusList));
        }
        Ok(VerifiedToken { token: token.into(), claims, issuer: number, generation, valid_in: ValidIn::default() })
    }

    /// Checks what may change from one request to the next: the token's lifetime and its status.
    fn validate_now(
        &self,
        token: &VerifiedToken,
        now: UnixTime,
        on_stale: impl Fn(&StatusPolicy) -> OnStale,
    ) -> Result<StatusAge, AuthError> {
        if token.nbf.is_some_and(|nbf| now.plus(self.leeway) < nbf) {
            return Err(AuthError::Invalid(Flaw::NotYetValid));
        }
        if now.minus(self.leeway) >= token.exp {
            return Err(AuthError::Expired);
        }
        let Some(status) = self.issuers.get(token.issuer).and_then(TrustedIssuer::status) else {
            return Ok(StatusAge::Current);
        };
        let status_age = StatusAge::of(token, &token.valid_in, status, now)?;
        status_age.check_policy(|| on_stale(&status.policy))?;
        Ok(status_age)
    }

    /// Whether no keys would be fetched because of an unknown key, no matter which issuer is named.
    fn declines_refetch(&self) -> bool {
        matches!(&*self.issuers, [only] if only.keys().declines_refetch())
    }

    /// The issuer and the key id that an unverified token names, to fetch.
    fn claimed_issuer(&self, token: &[u8]) -> Result<(&TrustedIssuer, Option<String>), Flaw> {
        let jws = CompactJws::parse(text_of(token)?)?;
        let (_, issuer) = self.find_issuer(&jws)?;
        Ok((issuer, jws.header.kid))
    }

    /// The issuer that an unverified token names, and its number.
    fn find_issuer(&self, jws: &CompactJws<'_>) -> Result<(usize, &TrustedIssuer), Flaw> {
        let claimed: ClaimedIssuer = serde_json::from_slice(&jws.payload()?).map_err(|_| Flaw::Claims)?;
        self.issuers.iter().enumerate().find(|(_, issuer)| issuer.name() == claimed.iss).ok_or(Flaw::Issuer)
    }
}

/// The issuer that the payload of an unverified token names.
#[derive(Deserialize)]
struct ClaimedIssuer {
    iss: String,
}

fn text_of(token: &[u8]) -> Result<&str, Flaw> {
    str::from_utf8(token).map_err(|_| Flaw::NotCompact)
}

/// RFC 9068, section 4: `at+jwt` or `application/at+jwt`; media types are case-insensitive.
fn is_access_token_type(typ: &str) -> bool {
    typ.eq_ignore_ascii_case("at+jwt") || typ.eq_ignore_ascii_case("application/at+jwt")
}
