//! Revocation checks with status lists (draft-ietf-oauth-status-list), without a call to the issuer per request.

mod status_age;
mod status_check;
mod status_list;
mod status_list_cache;
mod status_list_keys;
mod status_list_token;
mod status_policy;
mod token_status;
mod valid_in;

pub(crate) use status_age::StatusAge;
pub(crate) use status_check::StatusCheck;
pub use status_list::{InvalidStatusList, NoSuchEntry, StatusBits, StatusList};
pub use status_list_cache::{StatusFound, StatusListCache};
pub use status_list_keys::{StatusListForm, StatusListKeys};
pub(crate) use status_list_token::is_below;
pub use status_list_token::{
    InvalidStatusListToken, STATUS_LIST_AUDIENCE, STATUS_LIST_MEDIA_TYPE, STATUS_LIST_TYPE, StatusListClaims,
    StatusListMember, StatusListToken,
};
pub use status_policy::{OnStale, StatusPolicy};
pub use token_status::TokenStatus;
pub(crate) use valid_in::ValidIn;
