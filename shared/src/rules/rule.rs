//! Requirements for verified tokens.

use std::{marker::PhantomData, time::Duration};

use super::context::RuleContext;
use crate::{claims::Claims, errors::AuthError, status::OnStale};

/// A requirement of a route for verified tokens. To write a rule, implement this trait for a unit type:
///
/// ```
/// use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
/// use shared::{AuthError, Claims, Rule, RuleContext};
///
/// /// Only editors.
/// struct Editor;
///
/// impl Rule for Editor {
///     fn check(claims: &Claims, _: &RuleContext<'_>) -> Result<(), AuthError> {
///         claims.has_role("editor").then_some(()).ok_or_else(|| AuthError::forbidden("Editor access required"))
///     }
/// }
///
/// /// Only one department, according to a custom claim.
/// struct Accounting;
///
/// impl Rule for Accounting {
///     fn check(claims: &Claims, _: &RuleContext<'_>) -> Result<(), AuthError> {
///         let department = claims.other("department").and_then(|value| value.as_str());
///         (department == Some("accounting")).then_some(()).ok_or_else(|| AuthError::forbidden("Accounting only"))
///     }
/// }
///
/// /// Only the user's own pages, and not during maintenance. Uses the request and the service's state.
/// struct OwnPages;
///
/// struct Maintenance(AtomicBool);
///
/// impl Rule for OwnPages {
///     fn check(claims: &Claims, context: &RuleContext<'_>) -> Result<(), AuthError> {
///         // Passed to `ResourceServerBuilder::rule_state`.
///         let maintenance = context.state::<Maintenance>()?.0.load(Relaxed);
///         let is_own = context.request().path_parameter("username") == Some(&*claims.sub);
///         (is_own && !maintenance).then_some(()).ok_or_else(|| AuthError::forbidden("Your own pages only"))
///     }
/// }
/// ```
///
/// A tuple requires all of its rules, as in `Jwt<(Admin, Fresh)>`; [`AnyOf`] requires one of two. For roles and scopes
/// there are [`HasRole`](crate::HasRole) and [`Scope`](crate::Scope).
pub trait Rule: 'static {
    /// Whether requests fail open or closed while the token's status list is stale. `None`: as the service's
    /// [`StatusPolicy`](crate::status::StatusPolicy) says.
    const ON_STALE: Option<OnStale> = None;

    /// Checks the claims of a token whose signature, issuer, audience and lifetime have been verified.
    ///
    /// # Errors
    /// Usually [`AuthError::forbidden`] with a message for the client.
    fn check(claims: &Claims, context: &RuleContext<'_>) -> Result<(), AuthError>;
}

/// Accepts any valid access token.
pub struct Access;

impl Rule for Access {
    fn check(_: &Claims, _: &RuleContext<'_>) -> Result<(), AuthError> {
        Ok(())
    }
}

/// Requires the role `admin` (*method 1* of the tutorial).
pub struct Admin;

impl Rule for Admin {
    /// Admin routes fail closed: a revoked admin token does the most harm.
    const ON_STALE: Option<OnStale> = Some(OnStale::Closed);

    fn check(claims: &Claims, _: &RuleContext<'_>) -> Result<(), AuthError> {
        claims.has_role("admin").then_some(()).ok_or_else(|| AuthError::forbidden("Admin access required"))
    }
}

/// Requires a fresh token: one issued by a login, not by a refresh. The counterpart of `@jwt_required(fresh=True)`.
///
/// `Fresh<300>` also requires that the user authenticated within the last 300 seconds (`max_age` of RFC 9470).
pub struct Fresh<const MAX_AGE_SECS: u64 = 0>;

impl<const MAX_AGE_SECS: u64> Rule for Fresh<MAX_AGE_SECS> {
    fn check(claims: &Claims, context: &RuleContext<'_>) -> Result<(), AuthError> {
        let max_age = (MAX_AGE_SECS > 0).then_some(Duration::from_secs(MAX_AGE_SECS));
        let is_young =
            max_age.is_none_or(|max_age| claims.auth_time.is_some_and(|at| context.now().since(at) <= max_age));
        if claims.fresh && is_young { Ok(()) } else { Err(AuthError::FreshRequired { max_age }) }
    }
}

/// Requires at least one of two rules: `Jwt<AnyOf<Admin, Scope<ReportsWrite>>>`. Can be nested.
///
/// If both fail, the error is that of `B`.
pub struct AnyOf<A: Rule, B: Rule>(PhantomData<(A, B)>);

impl<A: Rule, B: Rule> Rule for AnyOf<A, B> {
    const ON_STALE: Option<OnStale> = stricter(A::ON_STALE, B::ON_STALE);

    fn check(claims: &Claims, context: &RuleContext<'_>) -> Result<(), AuthError> {
        A::check(claims, context).or_else(|_| B::check(claims, context))
    }
}

impl<A: Rule, B: Rule> Rule for (A, B) {
    const ON_STALE: Option<OnStale> = stricter(A::ON_STALE, B::ON_STALE);

    fn check(claims: &Claims, context: &RuleContext<'_>) -> Result<(), AuthError> {
        A::check(claims, context)?;
        B::check(claims, context)
    }
}

const fn stricter(one: Option<OnStale>, other: Option<OnStale>) -> Option<OnStale> {
    match (one, other) {
        (Some(OnStale::Closed), _) | (_, Some(OnStale::Closed)) => Some(OnStale::Closed),
        (None, other) | (other, None) => other,
        (Some(OnStale::Open), Some(OnStale::Open)) => Some(OnStale::Open),
    }
}
