//! Log settings.

use serde::{Deserialize, Serialize};

/// Log settings. Environment: `AUTH__LOG__FORMAT`, …
///
/// `RUST_LOG` sets the level.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LogConfig {
    /// `plain`, one line of text per record, or `json`, one object per record; `RUST_LOG` sets the level. Default: `plain`.
    pub format: LogFormat,
    /// Which requests are logged with the target `access`: `off`, `errors` (status 5xx) or `all`. Default: `errors`.
    pub access: AccessLog,
}

/// The format of a record.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// `[2026-11-26T19:43:49.120Z INFO  target] message request_id=… key=value`.
    #[default]
    Plain,
    /// `{"timestamp":…,"level":…,"target":…,"message":…,"request_id":…,"fields":{…}}`.
    Json,
}

/// Which requests get an access line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AccessLog {
    /// None.
    Off,
    /// Only those with status 5xx. A 4xx is the client's fault, and anyone can cause any number of them.
    #[default]
    Errors,
    /// All.
    All,
}
