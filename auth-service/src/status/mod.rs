//! What has become of the access tokens that are still about: the issuer's side of the Token Status List.

pub mod allotter;
pub mod entry;
pub mod lists;
pub mod store;
