//! Settings of connections.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::bounds::Bound;

/// Limits on connections and on slow clients. Environment: `AUTH__CONNECTIONS__MAX`, `RESOURCE__CONNECTIONS__MAX`, …
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ConnectionConfig {
    /// Open connections of this process; further ones wait until one is closed. An idle one needs about 20 KiB.
    /// Default: 4096.
    pub max: usize,
    /// Open connections from one IPv4 address or IPv6 `/64` network; further ones are closed at once. Trusted proxies and this
    /// machine (127.0.0.1, `::1`) are exempt. Default: 256.
    pub per_address: u32,
    /// How long a client may take to send the headers of a request. Default: 10.
    pub headers_secs: u64,
    /// How long a client may take to send the body of a request. Default: 10.
    pub body_secs: u64,
    /// How long a client may take to receive a response that does not fit the buffers of the network. Default: 30.
    pub response_secs: u64,
}

impl Default for ConnectionConfig {
    fn default() -> Self {
        Self { max: 4096, per_address: 256, headers_secs: 10, body_secs: 10, response_secs: 30 }
    }
}

impl ConnectionConfig {
    /// The bounds of these settings.
    pub fn bounds(&self) -> [Bound; 5] {
        const HOUR: u64 = 3600;
        [
            Bound::of("connections.max", self.max, 1..=1_000_000),
            Bound::of("connections.per_address", self.per_address, 1..=1_000_000),
            Bound::of("connections.headers_secs", self.headers_secs, 1..=HOUR),
            Bound::of("connections.body_secs", self.body_secs, 1..=HOUR),
            Bound::of("connections.response_secs", self.response_secs, 1..=HOUR),
        ]
    }

    pub(crate) fn for_headers(&self) -> Duration {
        Duration::from_secs(self.headers_secs)
    }

    pub(crate) fn for_body(&self) -> Duration {
        Duration::from_secs(self.body_secs)
    }

    pub(crate) fn for_response(&self) -> Duration {
        Duration::from_secs(self.response_secs)
    }
}
