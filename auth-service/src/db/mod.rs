//! The database: SQLite or PostgreSQL behind one pool.

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
