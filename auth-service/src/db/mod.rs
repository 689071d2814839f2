//! The database: SQLite or PostgreSQL behind one pool.

mod connection;
mod error;
mod migrate;
mod pool;
mod sequence;
mod url;

pub use connection::{DbConnection, read_as_one, write_alone};
pub use error::{DbError, is_unique_violation};
pub use migrate::migrate;
pub use pool::Db;
pub use sequence::next_number;
pub use url::{DatabaseUrl, InvalidDatabaseUrl};
