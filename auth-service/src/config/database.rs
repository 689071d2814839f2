//! Settings of the database.

use serde::{Deserialize, Serialize};
use shared::Secret;

/// Environment: `AUTH__DATABASE__URL`, …
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DatabaseConfig {
    /// `sqlite://<file>` without parameters, or `postgres://<user>:<password>@<host>/<database>`. Default:
    /// `sqlite://data/auth.db`.
    pub url: Secret,
    /// The size of the connection pool. Default: 8.
    pub connections: u32,
    /// How long to wait for PostgreSQL at startup. Default: 30.
    pub start_wait_secs: u64,
}

impl Default for DatabaseConfig {
    fn default() -> Self {
        Self { url: Secret::new("sqlite://data/auth.db".to_owned()), connections: 8, start_wait_secs: 30 }
    }
}
