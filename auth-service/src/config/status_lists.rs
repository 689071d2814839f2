//! Settings of status lists.

use serde::{Deserialize, Serialize};

/// Environment: `AUTH__STATUS_LISTS__OLD_FORM`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct StatusListConfig {
    /// Whether to serve status lists in the form of releases without separate keys for them; lax verifiers accept such a list as
    /// an access token. For an upgrade only. Default: false.
    pub old_form: bool,
}
