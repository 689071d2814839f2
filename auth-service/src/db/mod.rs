//! The database: SQLite or PostgreSQL behind one pool.
//!
//! Rows looked up by key are loaded with `get_result`: `first` adds a `LIMIT`, and SQLite prepares a statement again each
//! time that a value is bound there.

mod abort;
mod connection;
mod connections;
mod database;
mod deadline;
mod error;
mod group_commit;
mod inspection;
mod migrate;
mod pool;
mod pooler;
mod prepared;
mod sequence;
mod sqlite_file;
mod suitable;
#[cfg(test)]
#[path = "../../tests/api/support/postgres.rs"]
pub mod test_postgres;
mod transaction;
mod url;
mod work;
mod workers;

pub use abort::{Abort, Lock};
pub use connection::DbConnection;
pub use database::Db;
pub use error::{DbError, is_unique_violation};
pub use inspection::{Inspection, Server, Standbys, connect_to_read, time_at};
pub use migrate::{Migrations, migrate};
pub use prepared::Prepare;
pub use sequence::{next_number, skip_numbers};
pub use suitable::Unsuitable;
pub use transaction::{read_snapshot, write_alone};
pub use url::DatabaseUrl;
