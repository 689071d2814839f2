//! The checks that make a token's claims believable.

use std::{sync::Arc, time::Duration};

use super::{
    counts::VerificationCounts,
    token_cache::TokenCache,
    trusted_issuer::{NotReady, TrustedIssuer},
    verified_token::VerifiedToken,
};
use crate::{
    errors::{AuthError, ErrorAnswer},
    rules::{ErrorHook, RuleContext, RuleState},
    status::Standing,
    time::UnixTime,
    token_location::TokenLocations,
};

/// Decides which tokens are accepted: whose, for which audiences, and where in a request they are looked for.
///
/// `ResourceServer` builds one together with what keeps it current. By itself it serves an issuer, or a test:
///
/// ```
/// use std::sync::Arc;
/// use shared::{TokenVerifier, keys::{JwksCache, KeySet}, verifier::TrustedIssuer};
///
/// # let pem = shared::testing::PUBLIC_KEY_PEM;
/// let keys = Arc::new(JwksCache::fixed(KeySet::from_pem(pem)?));
/// let verifier = TokenVerifier::new("resource-service").trust(TrustedIssuer::new("http://localhost:5000", keys));
/// # Ok::<(), shared::keys::InvalidKey>(())
/// ```
pub struct TokenVerifier {
    pub(crate) audiences: Vec<String>,
    pub(crate) issuers: Vec<TrustedIssuer>,
    pub(crate) leeway: Duration,
    pub(crate) cache: Option<TokenCache>,
    pub(crate) state: RuleState,
    pub(crate) error_hook: Option<Arc<ErrorHook>>,
    locations: TokenLocations,
    counts: VerificationCounts,
}

/// A verified token, and how certain it is that it has not been revoked.
#[derive(Clone)]
pub(crate) struct Checked {
    pub(crate) token: Arc<VerifiedToken>,
    pub(crate) standing: Standing,
}

impl TokenVerifier {
    /// The longest leeway. The issuer keeps the status of a token for that long after its `exp`.
    pub const MAX_LEEWAY: Duration = Duration::from_mins(1);

    /// A verifier of tokens for `audience`. It trusts no issuer yet.
    pub fn new(audience: impl Into<String>) -> Self {
        Self {
            audiences: vec![audience.into()],
            issuers: Vec::new(),
            leeway: Duration::ZERO,
            cache: None,
            state: RuleState::default(),
            error_hook: None,
            locations: TokenLocations::default(),
            counts: VerificationCounts::default(),
        }
    }

    /// Also accepts tokens for this audience. One of a token's audiences must be among them (RFC 9068, section 4).
    #[must_use]
    pub fn with_audience(mut self, audience: impl Into<String>) -> Self {
        self.audiences.push(audience.into());
        self
    }

    /// Also accepts tokens of this issuer, verified with its keys and no others.
    #[must_use]
    pub fn trust(mut self, issuer: TrustedIssuer) -> Self {
        self.issuers.push(issuer);
        self
    }

    /// Tolerates clocks that differ: a token is valid that much before `nbf` and after `exp`. Zero by default, at most
    /// [`TokenVerifier::MAX_LEEWAY`].
    #[must_use]
    pub fn with_leeway(mut self, leeway: Duration) -> Self {
        self.leeway = leeway.min(Self::MAX_LEEWAY);
        self
    }

    /// Where in a request a token is looked for. The `Authorization` header by default.
    #[must_use]
    pub fn with_locations(mut self, locations: TokenLocations) -> Self {
        self.locations = locations;
        self
    }

    /// Remembers verified tokens, so that each signature is verified once. None by default.
    #[must_use]
    pub fn with_cache(mut self, cache: TokenCache) -> Self {
        self.cache = Some(cache);
        self
    }

    /// Gives this to rules: [`RuleContext::state`]. There is one value of each type.
    #[must_use]
    pub fn with_rule_state<T: Send + Sync + 'static>(mut self, state: T) -> Self {
        self.state.insert(state);
        self
    }

    /// Answers refused requests with what this returns, and with this crate's error body where it returns `None`.
    #[must_use]
    pub fn with_error_hook(
        mut self,
        hook: impl Fn(&AuthError, &RuleContext<'_>) -> Option<ErrorAnswer> + Send + Sync + 'static,
    ) -> Self {
        self.error_hook = Some(Arc::new(hook));
        self
    }

    /// The verified tokens that are remembered, if any are.
    pub fn cache(&self) -> Option<&TokenCache> {
        self.cache.as_ref()
    }

    /// Where in a request a token is looked for.
    pub fn locations(&self) -> &TokenLocations {
        &self.locations
    }

    /// The issuers whose tokens are accepted.
    pub fn issuers(&self) -> &[TrustedIssuer] {
        &self.issuers
    }

    /// Results of verifications so far, for metrics.
    pub fn counts(&self) -> &VerificationCounts {
        &self.counts
    }

    /// Reads a token's claims, if one of its issuer's keys signed it, it is valid now (RFC 9068, section 4) and not revoked.
    /// The issuer's policy says what a status list that is too old means.
    ///
    /// # Errors
    /// [`AuthError::Invalid`] for a token that is forged, foreign or of another type;
    /// [`AuthError::Expired`] once `exp` and the leeway have passed;
    /// [`AuthError::Revoked`] and [`AuthError::ClaimsStale`] where its status list says so;
    /// [`AuthError::KeysUnavailable`] and [`AuthError::StatusUnavailable`] while there are no current keys or lists.
    pub fn verify(&self, token: &str, now: UnixTime) -> Result<Arc<VerifiedToken>, AuthError> {
        self.counted(self.authenticate(token.as_bytes(), now, |policy| policy.on_stale)).map(|checked| checked.token)
    }

    /// The same, but a token that names an unknown key or status list makes the verifier fetch them once more first.
    ///
    /// # Errors
    /// As [`TokenVerifier::verify`].
    pub async fn verify_or_refetch(&self, token: &str, now: UnixTime) -> Result<Arc<VerifiedToken>, AuthError> {
        let checked = self.authenticate_or_refetch(token.as_bytes(), now, |policy| policy.on_stale).await;
        self.counted(checked).map(|checked| checked.token)
    }

    /// Whether tokens of any trusted issuer can be verified: what readiness asks. Where one of two issuers has been switched
    /// off, the tokens of the other are still served.
    ///
    /// # Errors
    /// [`AuthError::KeysUnavailable`] or [`AuthError::StatusUnavailable`]: what is missing.
    pub fn readiness(&self, now: UnixTime) -> Result<(), AuthError> {
        let mut missing = AuthError::KeysUnavailable;
        for issuer in &self.issuers {
            match issuer.readiness(now) {
                Ok(()) => return Ok(()),
                Err(NotReady::Keys) => {}
                Err(NotReady::Status) => missing = AuthError::StatusUnavailable,
            }
        }
        Err(missing)
    }

    /// The same as a fact.
    pub fn is_ready(&self, now: UnixTime) -> bool {
        self.readiness(now).is_ok()
    }

    pub(crate) fn counted(&self, checked: Result<Checked, AuthError>) -> Result<Checked, AuthError> {
        self.counts.count(&checked);
        checked
    }
}
