//! OAuth's own routes, for clients and for those who want the call.

pub mod introspect;
pub mod oauth_error;
pub mod oauth_form;
pub mod revoke;
pub mod sent_credentials;
pub mod token;
