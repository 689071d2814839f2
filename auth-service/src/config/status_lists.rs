//! Settings of status lists.

use serde::{Deserialize, Serialize};

/// Environment: `AUTH__STATUS_LISTS__OLD_FORM`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct StatusListConfig {
    /// Whether to serve the previous release's form of lists too: signed with the key of access tokens, so that verifiers that
    /// check only signature, issuer and expiry accept them as access tokens. Default: false.
    pub old_form: bool,
}
