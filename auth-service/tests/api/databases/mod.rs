//! Databases that misbehave.

mod frozen;
mod idle_connections;
mod pooler;
mod properties;
mod sqlite_files;
mod standby;
