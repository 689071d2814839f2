//! Authorization of requests: verifies the token and checks the rule of the route. Extractors of any web framework call this.

use std::sync::Arc;

use super::{
    token_verifier::{Checked, TokenVerifier},
    verified_token::VerifiedToken,
};
use crate::{
    errors::AuthError,
    rules::{RequestParts, Rule, RuleContext},
    status::{OnStale, StatusPolicy},
    time::UnixTime,
};

impl TokenVerifier {
    /// Verifies the token of a request and checks the rule `R`. If the token names an unknown key or status list, the issuer's
    /// are fetched again first.
    ///
    /// The extractors for actix-web do the same. For another web framework, an extractor or middleware calls this method:
    ///
    /// ```
    /// use shared::{Admin, AuthError, TokenVerifier, rules::RequestParts, verifier::parse_bearer};
    ///
    /// struct Request { method: String, path: String, authorization: Option<String> }
    ///
    /// impl RequestParts for Request {
    ///     fn method(&self) -> &str {
    ///         &self.method
    ///     }
    ///     fn path(&self) -> &str {
    ///         &self.path
    ///     }
    ///     fn header(&self, name: &str) -> Option<&str> {
    ///         self.authorization.as_deref().filter(|_| name.eq_ignore_ascii_case("authorization"))
    ///     }
    /// }
    ///
    /// /// The name of an admin, or status, error code, message and `WWW-Authenticate`.
    /// async fn admin(
    ///     verifier: &TokenVerifier,
    ///     request: &Request,
    /// ) -> Result<String, (u16, &'static str, String, Option<String>)> {
    ///     let header = request.header("authorization").unwrap_or_default();
    ///     let authorized = match parse_bearer(header.as_bytes()) {
    ///         Ok(token) => verifier.authorize::<Admin>(token, request).await,
    ///         Err(error) => Err(error),
    ///     };
    ///     let refused = |error: AuthError| {
    ///         let (status, code) = error.status_and_code();
    ///         (status, code, error.to_string(), error.challenge())
    ///     };
    ///     authorized.map(|token| token.sub.clone()).map_err(refused)
    /// }
    /// ```
    ///
    /// # Errors
    /// Those of [`TokenVerifier::verify`] and of the rule, and [`AuthError::Missing`] without a token.
    pub async fn authorize<R: Rule>(
        &self,
        token: Option<&[u8]>,
        request: &impl RequestParts,
    ) -> Result<Arc<VerifiedToken>, AuthError> {
        let now = UnixTime::now();
        let authorized = match token {
            Some(token) => match self.try_authorize::<R>(token, request, now) {
                Err(error) if error.may_need_refetch() => self.authorize_or_refetch::<R>(token, request, now).await,
                authorized => authorized,
            },
            None => Err(AuthError::Missing(self.locations().clone())),
        };
        authorized.map(|checked| checked.token).map_err(|error| self.apply_error_hook(error, request, now))
    }

    /// Authorizes without waiting for the issuer. A result that a fetch may change is not counted yet.
    pub(crate) fn try_authorize<R: Rule>(
        &self,
        token: &[u8],
        request: &impl RequestParts,
        now: UnixTime,
    ) -> Result<Checked, AuthError> {
        let checked = match self.authenticate(token, now, |policy| on_stale::<R>(policy, request)) {
            Err(error) if error.may_need_refetch() => return Err(error),
            checked => self.counted(checked)?,
        };
        self.check_rule::<R>(&checked, request, now)?;
        Ok(checked)
    }

    /// Authorizes after fetching the key or status list that the token names, if it is unknown.
    pub(crate) async fn authorize_or_refetch<R: Rule>(
        &self,
        token: &[u8],
        request: &impl RequestParts,
        now: UnixTime,
    ) -> Result<Checked, AuthError> {
        let checked = self.authenticate_or_refetch(token, now, |policy| on_stale::<R>(policy, request)).await;
        let checked = self.counted(checked)?;
        self.check_rule::<R>(&checked, request, now)?;
        Ok(checked)
    }

    /// Checks a token that was verified for one rule against another, including its policy for stale lists.
    pub(crate) fn reauthorize<R: Rule>(
        &self,
        checked: &Checked,
        request: &impl RequestParts,
        now: UnixTime,
    ) -> Result<(), AuthError> {
        if let Some(status) = self.issuers.get(checked.token.issuer).and_then(|issuer| issuer.status()) {
            checked.status_age.check_policy(|| on_stale::<R>(&status.policy, request))?;
        }
        self.check_rule::<R>(checked, request, now)
    }

    /// Applies the service's error hook, if there is one.
    pub(crate) fn apply_error_hook(&self, error: AuthError, request: &dyn RequestParts, now: UnixTime) -> AuthError {
        let hook = self.error_hook.as_ref().filter(|_| !matches!(error, AuthError::WithResponse { .. }));
        match hook.and_then(|hook| hook(&error, &self.context(request, now))) {
            Some(response) => AuthError::WithResponse { cause: Box::new(error), response: Box::new(response) },
            None => error,
        }
    }

    fn check_rule<R: Rule>(
        &self,
        checked: &Checked,
        request: &dyn RequestParts,
        now: UnixTime,
    ) -> Result<(), AuthError> {
        R::check(&checked.token.claims, &self.context(request, now))
    }

    fn context<'a>(&'a self, request: &'a dyn RequestParts, now: UnixTime) -> RuleContext<'a> {
        RuleContext { now, request, state: &self.state }
    }
}

/// The policy for a request whose token's status list is stale.
fn on_stale<R: Rule>(policy: &StatusPolicy, request: &impl RequestParts) -> OnStale {
    policy.on_stale_at(request.route().as_deref(), R::ON_STALE)
}
