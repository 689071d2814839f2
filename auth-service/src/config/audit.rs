//! Settings of the audit log.

use serde::{Deserialize, Serialize};

/// Environment: `AUTH__AUDIT__RETENTION_DAYS`.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AuditConfig {
    /// How many days audit events are kept; 0 keeps them forever. Default: 0.
    pub retention_days: u32,
}
