//! Custom claims as a type.

use serde::de::DeserializeOwned;

use super::claim_set::Claims;
use crate::errors::{AuthError, Flaw};

/// A type for custom claims. Implemented for all types that serde can deserialize.
///
/// ```
/// use serde::Deserialize;
/// use shared::{Admin, Jwt};
///
/// #[derive(Deserialize)]
/// struct Employee {
///     department: String,
/// }
///
/// async fn budget(jwt: Jwt<Admin, Employee>) -> String {
///     format!("{} of {}", jwt.identity(), jwt.custom().department)
/// }
/// ```
///
/// Tokens whose claims cannot be deserialized into the type are rejected with 401 `invalid_token`.
pub trait CustomClaims: Sized + 'static {
    /// Deserializes the custom claims of a verified token.
    ///
    /// # Errors
    /// [`AuthError::Invalid`] if they cannot be deserialized.
    fn read(claims: &Claims) -> Result<Self, AuthError>;
}

/// No custom claims.
#[derive(Clone, Copy, Debug)]
pub struct NoCustomClaims;

impl CustomClaims for NoCustomClaims {
    fn read(_: &Claims) -> Result<Self, AuthError> {
        Ok(Self)
    }
}

impl<C: DeserializeOwned + 'static> CustomClaims for C {
    fn read(claims: &Claims) -> Result<Self, AuthError> {
        C::deserialize(&claims.others.0).map_err(|error| {
            log::debug!("a token's custom claims cannot be deserialized into {}: {error}", std::any::type_name::<C>());
            AuthError::Invalid(Flaw::CustomClaims)
        })
    }
}
