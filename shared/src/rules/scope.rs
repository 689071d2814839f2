//! Scopes as rules.

use std::marker::PhantomData;

use super::{context::RuleContext, rule::Rule};
use crate::{claims::Claims, errors::AuthError};

/// A type that names a scope; defined with [`scope!`](crate::scope!).
pub trait ScopeName: 'static {
    /// The scope, as in the claim `scope` (RFC 6749, section 3.3).
    const NAME: &'static str;
}

/// Requires the scope `S`; other tokens get 403 `insufficient_scope` (RFC 6750, section 3.1).
///
/// ```
/// use shared::{Jwt, Scope};
///
/// shared::scope! {
///     /// Create and change reports.
///     pub ReportsWrite = "reports:write";
/// }
///
/// async fn add_report(jwt: Jwt<Scope<ReportsWrite>>) -> String {
///     format!("added by {}", jwt.identity())
/// }
/// ```
///
/// Only tokens of clients have scopes; the permissions of users depend on their role. An invalid scope name is a compile
/// error.
pub struct Scope<S: ScopeName>(PhantomData<S>);

impl<S: ScopeName> Rule for Scope<S> {
    fn check(claims: &Claims, _: &RuleContext<'_>) -> Result<(), AuthError> {
        const { assert!(is_scope_token(S::NAME), "the name is no scope token of RFC 6749, section 3.3") };
        claims.has_scope(S::NAME).then_some(()).ok_or(AuthError::ScopeRequired(S::NAME))
    }
}

/// Defines types that name scopes, for [`Scope`](crate::Scope): `scope! { pub ReportsWrite = "reports:write"; }`.
#[macro_export]
macro_rules! scope {
    ($($(#[$attribute:meta])* $visibility:vis $scope:ident = $name:literal;)+) => {
        $(
            $(#[$attribute])*
            $visibility struct $scope;

            impl $crate::rules::ScopeName for $scope {
                const NAME: &'static str = $name;
            }
        )+
    };
}

/// Whether a string is a valid scope name, `scope-token` of RFC 6749, section 3.3: printable ASCII without space, `"`
/// and `\`.
pub const fn is_scope_token(text: &str) -> bool {
    let mut rest = text.as_bytes();
    while let [first, others @ ..] = rest {
        if !matches!(first, 0x21 | 0x23..=0x5b | 0x5d..=0x7e) {
            return false;
        }
        rest = others;
    }
    !text.is_empty()
}

#[cfg(test)]
mod tests {
    use super::is_scope_token;

    #[test]
    fn a_scope_follows_the_scope_token_syntax_of_rfc_6749() {
        for good in ["reports:write", "a", "!", "https://example.com/reports#write", "[~]"] {
            assert!(is_scope_token(good), "{good}");
        }
        for bad in ["", " ", "two words", "\"", "a\\b", "ä", "tab\t", "\u{7f}"] {
            assert!(!is_scope_token(bad), "{bad:?}");
        }
    }
}
