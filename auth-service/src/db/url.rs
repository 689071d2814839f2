//! Which database, told by the URL's scheme.

use std::{fmt, path::PathBuf, str::FromStr};

/// Where the database is.
#[derive(Clone, PartialEq, Eq)]
pub enum DatabaseUrl {
    /// `sqlite://<path>`: a file, relative to the working directory unless the path begins with a slash.
    Sqlite(PathBuf),
    /// `postgres://…` or `postgresql://…`, as libpq reads it; it usually holds a password.
    Postgres(String),
}

/// A URL that names no database.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("it begins neither with sqlite:// nor with postgres://")]
pub struct InvalidDatabaseUrl;

impl FromStr for DatabaseUrl {
    type Err = InvalidDatabaseUrl;

    fn from_str(url: &str) -> Result<Self, InvalidDatabaseUrl> {
        match url.split_once("://") {
            Some(("sqlite", path)) if !path.is_empty() => Ok(Self::Sqlite(PathBuf::from(path))),
            Some(("postgres" | "postgresql", _)) => Ok(Self::Postgres(url.to_owned())),
            _ => Err(InvalidDatabaseUrl),
        }
    }
}

impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => write!(f, "SQLite in {}", path.display()),
            Self::Postgres(url) => {
                // Neither the user nor the password nor the options, which may hold one.
                let after_scheme = url.split_once("://").map_or("", |(_, rest)| rest);
                let place = after_scheme.rsplit_once('@').map_or(after_scheme, |(_, place)| place);
                write!(f, "PostgreSQL at {}", place.split('?').next().unwrap_or_default())
            }
        }
    }
}
