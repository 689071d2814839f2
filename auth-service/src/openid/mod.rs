//! OpenID Connect: what applications ask besides the authorization and token endpoints.

pub mod api;
pub mod discovery;
pub mod metadata_paths;
pub mod sent_token;
pub mod store;
pub mod user_info;
pub mod userinfo;
