//! Roles as rules.

use std::marker::PhantomData;

use super::{context::RuleContext, rule::Rule};
use crate::{claims::Claims, errors::AuthError};

/// A type that names a role; defined with [`role!`](crate::role!).
pub trait RoleName: 'static {
    /// The value of the claim `role`.
    const NAME: &'static str;
}

/// Requires the role `N`; other tokens get 403 `forbidden`.
///
/// ```
/// use shared::{HasRole, Jwt};
///
/// shared::role! {
///     /// May change articles.
///     pub Editor = "editor";
/// }
///
/// async fn edit(jwt: Jwt<HasRole<Editor>>) -> String {
///     format!("edited by {}", jwt.identity())
/// }
/// ```
pub struct HasRole<N: RoleName>(PhantomData<N>);

impl<N: RoleName> Rule for HasRole<N> {
    fn check(claims: &Claims, _: &RuleContext<'_>) -> Result<(), AuthError> {
        claims.has_role(N::NAME).then_some(()).ok_or_else(|| AuthError::forbidden(format!("Role {} required", N::NAME)))
    }
}

/// Defines types that name roles, for [`HasRole`](crate::HasRole): `role! { pub Editor = "editor"; }`.
#[macro_export]
macro_rules! role {
    ($($(#[$attribute:meta])* $visibility:vis $role:ident = $name:literal;)+) => {
        $(
            $(#[$attribute])*
            $visibility struct $role;

            impl $crate::rules::RoleName for $role {
                const NAME: &'static str = $name;
            }
        )+
    };
}
