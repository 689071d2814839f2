//! Whether applications can be informed of logouts.

use service_kit::doctor::Check;

use crate::{
    backchannel::{public_address::is_plainly_private, store::receivers},
    config::{BackchannelConfig, SETTINGS},
    db::DbConnection,
};

/// A warning if clients expect logout tokens at private addresses, which get none.
pub(super) fn check(conn: &mut DbConnection, config: &BackchannelConfig) -> Option<Check> {
    const NAME: &str = "back-channel logout";
    if config.private_addresses {
        return None;
    }
    let receivers = match receivers(conn) {
        Ok(receivers) => receivers,
        Err(error) => return Some(Check::error(NAME, error.to_string(), "Check the database.")),
    };
    let is_private = |uri: &Option<String>| {
        uri.as_deref().and_then(|uri| uri.parse().ok()).is_some_and(|url| is_plainly_private(&url))
    };
    let private: Vec<_> = receivers.into_iter().filter(|(_, uri)| is_private(uri)).map(|(id, _)| id).collect();
    if private.is_empty() {
        return None;
    }
    let detail = format!("{} are not informed of logouts: their addresses are private", private.join(", "));
    let remedy = format!(
        "Set {} to true if all who register clients may reach this network.",
        SETTINGS.variable("backchannel.private_addresses")
    );
    Some(Check::warning(NAME, detail, remedy))
}
