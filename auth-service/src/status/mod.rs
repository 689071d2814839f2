//! What has become of the access tokens that are still about: the issuer's side of the Token Status List.

pub mod allotter;
pub mod entry;
pub mod error;
pub mod keep;
pub mod list;
pub mod list_keeper;
pub mod lists;
pub mod mark;
pub mod published_list;
pub mod show;
pub mod store;

#[cfg(test)]
mod tests;
