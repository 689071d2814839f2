//! Settings of back-channel logout.

use serde::{Deserialize, Serialize};

/// Environment: `AUTH__BACKCHANNEL__PRIVATE_ADDRESSES`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BackchannelConfig {
    /// Whether logout tokens are also sent to applications at private addresses, such as 10.0.0.1 or `localhost`; otherwise
    /// anyone who registers clients could have this service send requests within its network. Default: false.
    pub private_addresses: bool,
}
