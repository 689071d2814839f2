//! OAuth 2.0 routes.

pub mod access_token;
pub mod api;
pub mod introspect;
pub mod oauth_error;
pub mod oauth_form;
pub mod revoke;
pub mod sent_credentials;
pub mod token;
