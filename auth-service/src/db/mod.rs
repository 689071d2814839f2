//! The database: SQLite or PostgreSQL behind one pool.
//!
//! What is found by its key is loaded with `get_result`. `first` adds a `LIMIT`, and SQLite compiles a statement anew each time
//! that a value is bound there.

mod connection;
mod database;
mod error;
mod group_commit;
mod migrate;
mod pool;
mod sequence;
mod url;

pub use connection::{DbConnection, read_as_one, write_alone};
pub use database::Db;
pub use error::{DbError, is_unique_violation};
pub use migrate::migrate;
pub use sequence::next_number;
pub use url::{DatabaseUrl, InvalidDatabaseUrl};
