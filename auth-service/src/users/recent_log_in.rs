//! What users must show before they change what protects their account.

use shared::Fresh;

/// The password was given within the last five minutes (RFC 9470, `max_age`): a token that was stolen, or a screen left
/// unlocked, takes nobody's account.
pub type RecentLogIn = Fresh<300>;
