//! The options of local-cluster.

use std::path::PathBuf;

use clap::Parser;

/// One auth-service and several resource-service replicas, with SQLite and no setup.
///
/// Settings of the services (`AUTH__…`, `RESOURCE__…`) apply here too, except addresses and the database.
#[derive(Clone, Debug, Parser)]
#[command(version, about)]
pub struct Arguments {
    /// Port of auth-service; 0 picks a free one.
    #[arg(long, env = "LOCAL_CLUSTER_AUTH_PORT", default_value_t = 5000)]
    pub auth_port: u16,
    /// Port of the first resource-service replica, the others follow; 0 picks free ones.
    #[arg(long, env = "LOCAL_CLUSTER_RESOURCE_PORT", default_value_t = 5001)]
    pub resource_port: u16,
    /// Number of resource-service replicas, 1 to 100.
    #[arg(long, env = "LOCAL_CLUSTER_REPLICAS", default_value_t = 3, value_parser = clap::value_parser!(u16).range(1..=100))]
    pub replicas: u16,
    /// Port of the demo application; 0 picks a free one.
    #[arg(long, env = "LOCAL_CLUSTER_DEMO_PORT", default_value_t = 5010)]
    pub demo_port: u16,
    /// Runs no demo application.
    #[arg(long, env = "LOCAL_CLUSTER_NO_DEMO", default_value_t = false)]
    pub no_demo: bool,
    /// Directory of the database and the master key, created if missing.
    #[arg(long, env = "LOCAL_CLUSTER_DATA_DIR", default_value = "data")]
    pub data_dir: PathBuf,
    /// Database URL instead of SQLite in that directory: `postgres://…`; requires `AUTH__MASTER_KEY`.
    #[arg(long, env = "LOCAL_CLUSTER_DATABASE_URL", hide_env_values = true)]
    pub database_url: Option<String>,
}
