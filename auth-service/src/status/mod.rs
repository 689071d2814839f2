//! The status of access tokens: the issuer's side of the Token Status List.

pub mod api;
pub mod entry;
pub mod error;
pub mod index_allocator;
pub mod list;
pub mod list_keeper;
pub mod list_signers;
pub mod lists;
pub mod mark;
pub mod published_list;
pub mod reload;
pub mod show;
pub mod signed_list;
pub mod store;

#[cfg(test)]
mod tests;
