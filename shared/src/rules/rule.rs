//! What a route demands of a verified token.

use std::{marker::PhantomData, time::Duration};

use super::context::RuleContext;
use crate::{claims::Claims, errors::AuthError, status::OnStale};

/// What a route demands of a verified token. A team's own guard is one small implementation:
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
/// /// Only people of one department: any claim that the issuer puts in will do.
/// struct Accounting;
///
/// impl Rule for Accounting {
///     fn check(claims: &Claims, _: &RuleContext<'_>) -> Result<(), AuthError> {
///         let department = claims.other("department").and_then(|value| value.as_str());
///         (department == Some("accounting")).then_some(()).ok_or_else(|| AuthError::forbidden("Accounting only"))
///     }
/// }
///
/// /// Only one's own pages, and only while the service is not being maintained: the request and the service's own state.
/// struct OwnPages;
///
/// struct Maintenance(AtomicBool);
///
/// impl Rule for OwnPages {
///     fn check(claims: &Claims, context: &RuleContext<'_>) -> Result<(), AuthError> {
///         // Given to `ResourceServerBuilder::rule_state`.
///         let maintenance = context.state::<Maintenance>()?.0.load(Relaxed);
///         let is_own = context.request().path_parameter("username") == Some(&*claims.sub);
///         (is_own && !maintenance).then_some(()).ok_or_else(|| AuthError::forbidden("Your own pages only"))
///     }
/// }
/// ```
///
/// A tuple demands all that its parts demand, `Jwt<(Admin, Fresh)>`, and [`AnyOf`] what one of them demands. Roles and scopes have
/// rules already: [`HasRole`](crate::HasRole) and [`Scope`](crate::Scope).
pub trait Rule: 'static {
    /// What becomes of tokens while their status list is too old to rely on. By default what the service says of its
    /// routes; see [`StatusPolicy`](crate::status::StatusPolicy).
    const ON_STALE: Option<OnStale> = None;

    /// Looks at claims whose signature, issuer, audience and lifetime have been checked.
    ///
    /// # Errors
    /// Usually [`AuthError::Forbidden`], with a sentence for the client.
    fn check(claims: &Claims, context: &RuleContext<'_>) -> Result<(), AuthError>;
}

/// Any good access token.
pub struct Access;

impl Rule for Access {
    fn check(_: &Claims, _: &RuleContext<'_>) -> Result<(), AuthError> {
        Ok(())
    }
}

/// A token whose role is `admin`: the tutorial's *method 1*.
pub struct Admin;

impl Rule for Admin {
    /// Where most is at stake, nothing is done on an old word.
    const ON_STALE: Option<OnStale> = Some(OnStale::Closed);

    fn check(claims: &Claims, _: &RuleContext<'_>) -> Result<(), AuthError> {
        claims.has_role("admin").then_some(()).ok_or_else(|| AuthError::forbidden("Admin access required"))
    }
}

/// A token that comes straight from a login: `@jwt_required(fresh=True)`.
///
/// `Fresh<300>` also demands that the password was given within the last 300 seconds (RFC 9470, `max_age`).
pub struct Fresh<const MAX_AGE_SECS: u64 = 0>;

impl<const MAX_AGE_SECS: u64> Rule for Fresh<MAX_AGE_SECS> {
    fn check(claims: &Claims, context: &RuleContext<'_>) -> Result<(), AuthError> {
        let max_age = (MAX_AGE_SECS > 0).then_some(Duration::from_secs(MAX_AGE_SECS));
        let is_young =
            max_age.is_none_or(|max_age| claims.auth_time.is_some_and(|at| context.now().since(at) <= max_age));
        if claims.fresh && is_young { Ok(()) } else { Err(AuthError::FreshRequired { max_age }) }
    }
}

/// A token that satisfies one of two rules: `Jwt<AnyOf<Admin, Scope<ReportsWrite>>>`. They nest.
///
/// A token that satisfies neither gets the error of the last one.
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
