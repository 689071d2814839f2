//! Settings of status lists.

use serde::{Deserialize, Serialize};

/// Environment: `AUTH__STATUS_LISTS__OLD_FORM`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct StatusListConfig {
    /// Whether verifiers of the previous release are still served: lists signed by the key of access tokens, which pass as
    /// access tokens at verifiers that check no more than signature, issuer and expiry. Default: false.
    pub old_form: bool,
}
