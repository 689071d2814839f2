//! The token verifier and its settings.

use std::{sync::Arc, time::Duration};

use super::{
    counts::VerificationCounts,
    token_cache::TokenCache,
    trusted_issuer::{NotReady, TrustedIssuer},
    verified_token::VerifiedToken,
};
use crate::{
    errors::{AuthError, CustomResponse},
    rules::{ErrorHook, RuleContext, RuleState},
    status::StatusAge,
    time::UnixTime,
    token_location::TokenLocations,
};

/// Decides which tokens are accepted: from which issuers, for which audiences, and from which locations in a request.
///
/// `ResourceServer` builds one, along with the tasks that keep its keys and lists current. Issuers and tests can use it alone:
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

/// A verified token, and whether its status list is current.
#[derive(Clone)]
pub(crate) struct Checked {
    pub(crate) token: Arc<VerifiedToken>,
    pub(crate) status_age: StatusAge,
}

impl TokenVerifier {
    /// The maximum leeway: the issuer keeps the status of a token for that long after its `exp`.
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

    /// Tolerates clock skew: a token is valid that long before `nbf` and after `exp`. Zero by default, at most
    /// [`TokenVerifier::MAX_LEEWAY`].
    #[must_use]
    pub fn with_leeway(mut self, leeway: Duration) -> Self {
        self.leeway = leeway.min(Self::MAX_LEEWAY);
        self
    }

    /// The locations of tokens in requests. Default: the `Authorization` header.
    #[must_use]
    pub fn with_locations(mut self, locations: TokenLocations) -> Self {
        self.locations = locations;
        self
    }

    /// Caches verified tokens, so that each signature is verified once. Default: no cache.
    #[must_use]
    pub fn with_cache(mut self, cache: TokenCache) -> Self {
        self.cache = Some(cache);
        self
    }

    /// Makes a value available to rules: [`RuleContext::state`]. A value replaces an earlier one of its type.
    #[must_use]
    pub fn with_rule_state<T: Send + Sync + 'static>(mut self, state: T) -> Self {
        self.state.insert(state);
        self
    }

    /// Sets the error hook: it returns the response to a rejected request, or `None` for the default response.
    #[must_use]
    pub fn with_error_hook(
        mut self,
        hook: impl Fn(&AuthError, &RuleContext<'_>) -> Option<CustomResponse> + Send + Sync + 'static,
    ) -> Self {
        self.error_hook = Some(Arc::new(hook));
        self
    }

    /// The cache of verified tokens, if there is one.
    pub fn cache(&self) -> Option<&TokenCache> {
        self.cache.as_ref()
    }

    /// The locations of tokens in requests.
    pub fn locations(&self) -> &TokenLocations {
        &self.locations
    }

    /// The issuers whose tokens are accepted.
    pub fn issuers(&self) -> &[TrustedIssuer] {
        &self.issuers
    }

    /// The number of verifications by result, for metrics.
    pub fn counts(&self) -> &VerificationCounts {
        &self.counts
    }

    /// Verifies a token: its signature, issuer, audience and lifetime (RFC 9068, section 4), and that it is not revoked.
    /// The issuer's policy decides if its status list is stale.
    ///
    /// # Errors
    /// [`AuthError::Invalid`] for a token that is forged, foreign or of another type;
    /// [`AuthError::Expired`] once `exp` and the leeway have passed;
    /// [`AuthError::Revoked`] and [`AuthError::ClaimsStale`] where its status list says so;
    /// [`AuthError::KeysUnavailable`] and [`AuthError::StatusUnavailable`] while there are no current keys or lists.
    pub fn verify(&self, token: &str, now: UnixTime) -> Result<Arc<VerifiedToken>, AuthError> {
        self.counted(self.authenticate(token.as_bytes(), now, |policy| policy.on_stale)).map(|checked| checked.token)
    }

    /// Like [`verify`](Self::verify), but if the token names an unknown key or status list, they are fetched again first.
    ///
    /// # Errors
    /// As [`TokenVerifier::verify`].
    pub async fn verify_or_refetch(&self, token: &str, now: UnixTime) -> Result<Arc<VerifiedToken>, AuthError> {
        let checked = self.authenticate_or_refetch(token.as_bytes(), now, |policy| policy.on_stale).await;
        self.counted(checked).map(|checked| checked.token)
    }

    /// Whether the tokens of at least one issuer can be verified, for readiness checks. If one of two issuers is down for
    /// good, the tokens of the other are still accepted.
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

    /// Whether [`readiness`](Self::readiness) succeeds.
    pub fn is_ready(&self, now: UnixTime) -> bool {
        self.readiness(now).is_ok()
    }

    pub(crate) fn counted(&self, checked: Result<Checked, AuthError>) -> Result<Checked, AuthError> {
        self.counts.count(&checked);
        checked
    }
}
