//! The checks that make a token's claims believable.

use std::{sync::Arc, time::Duration};

use crate::{
    AuthError, Claims, Flaw, KeyStore, OnStale, StatusPolicy, StatusStore, TokenLocations, UnixTime, VerifiedToken,
    compact_jws::CompactJws,
    counts::VerificationCounts,
    status::{Standing, StatusCheck, is_beneath},
    token_cache::TokenCache,
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
    statuses: Vec<(String, StatusCheck)>,
    leeway: Duration,
    locations: TokenLocations,
    counts: VerificationCounts,
    cache: Option<TokenCache>,
}

/// A token found good, and how sure it is that it has not been taken back.
#[derive(Clone)]
pub(crate) struct Checked {
    pub(crate) token: Arc<VerifiedToken>,
    pub(crate) standing: Standing,
}

impl TokenVerifier {
    /// A verifier for tokens meant for `audience`. It trusts nobody yet.
    pub fn new(audience: impl Into<String>) -> Self {
        Self {
            audience: audience.into(),
            trusted: Vec::new(),
            statuses: Vec::new(),
            leeway: Duration::ZERO,
            locations: TokenLocations::default(),
            counts: VerificationCounts::default(),
            cache: None,
        }
    }

    /// Also takes tokens whose `iss` is `issuer`, letter for letter, checked with that issuer's keys and no others.
    #[must_use]
    pub fn trust(mut self, issuer: impl Into<String>, keys: Arc<KeyStore>) -> Self {
        self.trusted.push((issuer.into(), keys));
        self
    }

    /// Also asks `store` whether a token of this issuer has been taken back. Without it nobody is asked.
    #[must_use]
    pub fn with_status(mut self, issuer: impl Into<String>, store: Arc<StatusStore>, policy: StatusPolicy) -> Self {
        self.statuses.push((issuer.into(), StatusCheck { store, policy }));
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

    /// Remembers tokens that were found good, so that a signature is checked once. No token is remembered by default.
    #[must_use]
    pub fn with_cache(mut self, cache: TokenCache) -> Self {
        self.cache = Some(cache);
        self
    }

    /// The tokens that are remembered, if any are.
    pub fn cache(&self) -> Option<&TokenCache> {
        self.cache.as_ref()
    }

    /// Where in a request a token is looked for.
    pub fn locations(&self) -> &TokenLocations {
        &self.locations
    }

    /// Reads a token's claims, if one of its issuer's keys signed it, it is valid now (RFC 9068, section 4) and it has not
    /// been taken back. What an old status list counts for is what the issuer's policy says for the service.
    ///
    /// # Errors
    /// [`AuthError::Invalid`] for a token that is forged, foreign or of another kind;
    /// [`AuthError::Expired`] once `exp` has passed, give or take the leeway;
    /// [`AuthError::Revoked`] and [`AuthError::ClaimsStale`] where its status list says so;
    /// [`AuthError::KeysUnavailable`] and [`AuthError::StatusUnavailable`] while the issuer's documents are not at hand.
    pub fn verify(&self, token: &str, now: UnixTime) -> Result<Arc<VerifiedToken>, AuthError> {
        self.counted(self.check(token.as_bytes(), now, |policy| policy.on_stale)).map(|checked| checked.token)
    }

    /// The same, but where the issuer may have published a new key or status list meanwhile, it is asked once more.
    ///
    /// # Errors
    /// As [`TokenVerifier::verify`].
    pub async fn verify_after_another_look(&self, token: &str, now: UnixTime) -> Result<Arc<VerifiedToken>, AuthError> {
        self.check_after_another_look(token.as_bytes(), now, |policy| policy.on_stale)
            .await
            .map(|checked| checked.token)
    }

    /// The same for a route, which says what an old status list counts for. What may be news to us is not counted: it is
    /// to be looked at once more.
    pub(crate) fn check_at_first_look(
        &self,
        token: &[u8],
        now: UnixTime,
        on_stale: impl Fn(&StatusPolicy) -> OnStale,
    ) -> Result<Checked, AuthError> {
        match self.check(token, now, on_stale) {
            Err(error) if error.may_be_news() => Err(error),
            checked => self.counted(checked),
        }
    }

    /// The other look.
    pub(crate) async fn check_after_another_look(
        &self,
        token: &[u8],
        now: UnixTime,
        on_stale: impl Fn(&StatusPolicy) -> OnStale,
    ) -> Result<Checked, AuthError> {
        let mut checked = self.check(token, now, &on_stale);
        if matches!(checked, Err(AuthError::Invalid(Flaw::UnknownKey))) {
            self.look_for_keys(token).await;
            checked = self.check(token, now, &on_stale);
        }
        if matches!(checked, Err(AuthError::Invalid(Flaw::UnknownStatusList))) {
            self.look_for_status(token).await;
            checked = self.check(token, now, &on_stale);
        }
        self.counted(checked)
    }

    /// What is decided once for a token, and what is to be asked at each request.
    fn check(
        &self,
        token: &[u8],
        now: UnixTime,
        on_stale: impl Fn(&StatusPolicy) -> OnStale,
    ) -> Result<Checked, AuthError> {
        let Some(known) = self.remembered(token, now)? else {
            let token = Arc::new(self.read(token, now)?);
            let standing = self.check_now(&token, now, on_stale)?;
            if let Some(cache) = &self.cache {
                cache.insert(&token);
            }
            return Ok(Checked { token, standing });
        };
        match self.check_now(&known, now, on_stale) {
            Ok(standing) => Ok(Checked { token: known, standing }),
            Err(error) => {
                if error == AuthError::Expired {
                    self.forget(token);
                }
                Err(error)
            }
        }
    }

    /// A token found good before, by keys that still are the issuer's.
    fn remembered(&self, token: &[u8], now: UnixTime) -> Result<Option<Arc<VerifiedToken>>, AuthError> {
        let Some(known) = self.cache.as_ref().and_then(|cache| cache.find(token)) else { return Ok(None) };
        match self.trusted.get(known.issuer) {
            // As long as nothing has changed, the keys are there.
            Some((_, keys)) if keys.generation() == known.generation => {
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

    /// The claims, if they are its issuer's and meant for us: nothing of it changes as long as the key is published.
    fn read(&self, token: &[u8], now: UnixTime) -> Result<VerifiedToken, AuthError> {
        let token = str::from_utf8(token).map_err(|_| AuthError::Invalid(Flaw::NotCompact))?;
        let jws = CompactJws::parse(token).map_err(AuthError::Invalid)?;
        jws.header.check(is_access_token_type).map_err(AuthError::Invalid)?;
        let claims: Claims = serde_json::from_slice(&jws.payload).map_err(|_| AuthError::Invalid(Flaw::Claims))?;
        let is_issuer = |(trusted, _): &(String, _)| *trusted == claims.iss;
        let issuer = self.trusted.iter().position(is_issuer).ok_or(AuthError::Invalid(Flaw::Issuer))?;
        let (_, keys) = self.trusted.get(issuer).ok_or(AuthError::Invalid(Flaw::Issuer))?;
        // Before the key is looked up: a set that is replaced meanwhile is another generation's.
        let generation = keys.generation();
        let key = keys
            .find(jws.header.kid.as_deref(), now)
            .map_err(|_| AuthError::KeysUnavailable)?
            .ok_or(AuthError::Invalid(Flaw::UnknownKey))?;
        if !key.has_signed(jws.signing_input, &jws.signature) {
            return Err(AuthError::Invalid(Flaw::Signature));
        }
        if !claims.aud.contains(&self.audience) {
            return Err(AuthError::Invalid(Flaw::Audience));
        }
        if claims.sub.is_empty() || claims.jti.is_empty() {
            return Err(AuthError::Invalid(Flaw::Claims));
        }
        // Else whoever signs for one issuer could point at the lists of another.
        let list = claims.status.as_ref().and_then(|status| status.status_list.as_ref());
        if self.status_of(&claims.iss).is_some() && list.is_some_and(|list| !is_beneath(&list.uri, &claims.iss)) {
            return Err(AuthError::Invalid(Flaw::ForeignStatusList));
        }
        Ok(VerifiedToken { token: token.into(), claims, issuer, generation })
    }

    /// What may change from one request to the next: the time, and the token's status.
    fn check_now(
        &self,
        token: &VerifiedToken,
        now: UnixTime,
        on_stale: impl Fn(&StatusPolicy) -> OnStale,
    ) -> Result<Standing, AuthError> {
        if token.nbf.is_some_and(|nbf| now.plus(self.leeway) < nbf) {
            return Err(AuthError::Invalid(Flaw::NotYetValid));
        }
        if now.minus(self.leeway) >= token.exp {
            return Err(AuthError::Expired);
        }
        let Some(StatusCheck { store, policy }) = self.status_check(token) else { return Ok(Standing::Current) };
        let standing = Standing::of(token, store, policy, now)?;
        standing.suffices(|| on_stale(policy))?;
        Ok(standing)
    }

    /// Whether a token checked before, for another rule, is sure enough here as well.
    pub(crate) fn suffices(
        &self,
        checked: &Checked,
        on_stale: impl Fn(&StatusPolicy) -> OnStale,
    ) -> Result<(), AuthError> {
        match self.status_check(&checked.token) {
            Some(StatusCheck { policy, .. }) => checked.standing.suffices(|| on_stale(policy)),
            None => Ok(()),
        }
    }

    async fn look_for_keys(&self, token: &[u8]) {
        if let Some(keys) = unchecked_claims(token).and_then(|claims| self.keys_of(&claims.iss)) {
            keys.look_again().await;
        }
    }

    async fn look_for_status(&self, token: &[u8]) {
        if let Some(status) = unchecked_claims(token).and_then(|claims| self.status_of(&claims.iss)) {
            status.store.look_again().await;
        }
    }

    fn counted(&self, checked: Result<Checked, AuthError>) -> Result<Checked, AuthError> {
        self.counts.count(&checked);
        checked
    }

    /// How many verifications have had which result, for the metrics.
    pub fn counts(&self) -> &VerificationCounts {
        &self.counts
    }

    /// Whether tokens of any trusted issuer can be verified: what readiness asks. Where one of two is switched off for
    /// good, the other's tokens are still to be served.
    ///
    /// # Errors
    /// [`AuthError::KeysUnavailable`] or [`AuthError::StatusUnavailable`]: what is lacking.
    pub fn readiness(&self, now: UnixTime) -> Result<(), AuthError> {
        let mut lacking = AuthError::KeysUnavailable;
        for (issuer, _) in self.trusted.iter().filter(|(_, keys)| keys.is_current(now)) {
            if self.status_of(issuer).is_none_or(|status| status.is_ready(now)) {
                return Ok(());
            }
            lacking = AuthError::StatusUnavailable;
        }
        Err(lacking)
    }

    /// The same as a fact.
    pub fn is_ready(&self, now: UnixTime) -> bool {
        self.readiness(now).is_ok()
    }

    fn keys_of(&self, issuer: &str) -> Option<&KeyStore> {
        self.trusted.iter().find(|(trusted, _)| trusted == issuer).map(|(_, keys)| &**keys)
    }

    fn status_check(&self, token: &VerifiedToken) -> Option<&StatusCheck> {
        self.trusted.get(token.issuer).and_then(|(issuer, _)| self.status_of(issuer))
    }

    fn status_of(&self, issuer: &str) -> Option<&StatusCheck> {
        self.statuses.iter().find(|(whose, _)| whose == issuer).map(|(_, status)| status)
    }
}

/// Good for nothing but to know whom to ask.
fn unchecked_claims(token: &[u8]) -> Option<Claims> {
    let token = str::from_utf8(token).ok()?;
    CompactJws::parse(token).ok().and_then(|jws| serde_json::from_slice(&jws.payload).ok())
}

/// RFC 9068, section 4: `at+jwt` or `application/at+jwt`; media types are compared without regard to case.
fn is_access_token_type(typ: &str) -> bool {
    typ.eq_ignore_ascii_case("at+jwt") || typ.eq_ignore_ascii_case("application/at+jwt")
}
