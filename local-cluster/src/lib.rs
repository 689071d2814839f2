//! One auth-service and several resource-service replicas in one process: each a real HTTP server, each replica with
//! a verifier of its own that fetches the keys over HTTP.

mod arguments;
mod cluster;
mod control;
mod demo;
mod member;
mod walk_through;

pub use arguments::Arguments;
pub use cluster::{Cluster, all_ready};
pub use walk_through::walk_through;
