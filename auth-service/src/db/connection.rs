//! One connection to either database.

use std::{
    thread,
    time::{Duration, Instant},
};

use diesel::{
    Connection, ConnectionError, ConnectionResult, MultiConnection, PgConnection, QueryResult, RunQueryDsl,
    SqliteConnection, connection::SimpleConnection, dsl::sql, select, sql_types::Text,
};

use super::{
    DatabaseUrl,
    error::is_lock_timeout,
    pooler,
    suitable::{self, Unsuitable},
    url::with_default_parameters,
};

/// A connection to either database.
#[derive(MultiConnection)]
pub enum DbConnection {
    /// In this process.
    Sqlite(SqliteConnection),
    /// Over the network.
    Postgres(PgConnection),
}

/// How long a SQLite write waits for another one.
pub(super) const SQLITE_BUSY_TIMEOUT: Duration = Duration::from_secs(2);
/// How long a node waits for the lock under which only one node at a time works, such as on migrations.
pub(super) const EXCLUSIVE_TIMEOUT: Duration = Duration::from_secs(30);

/// libpq waits for a server that has vanished until the kernel gives up, a quarter of an hour.
const LIBPQ_TIMEOUTS: [(&str, &str); 3] =
    [("connect_timeout", "2"), ("tcp_user_timeout", "5000"), ("keepalives_idle", "10")];

impl DbConnection {
    pub(super) fn open(url: &DatabaseUrl) -> ConnectionResult<Self> {
        match url {
            DatabaseUrl::Sqlite(path) => {
                let mut conn = SqliteConnection::establish(&path.to_string_lossy())?;
                set_up_sqlite(&mut conn).map_err(ConnectionError::CouldntSetupConfiguration)?;
                Ok(Self::Sqlite(conn))
            }
            DatabaseUrl::Postgres(url) => {
                let (mut conn, is_pooled) = pooler::connect(&with_default_parameters(url, &LIBPQ_TIMEOUTS))?;
                // A setting of the session would stay with the pooler's connection, and reach other programs.
                if !is_pooled {
                    set_up_postgres(&mut conn).map_err(ConnectionError::CouldntSetupConfiguration)?;
                }
                Ok(Self::Postgres(conn))
            }
        }
    }

    /// Why this database cannot be used, if it cannot.
    pub(super) fn why_unsuitable(&mut self) -> QueryResult<Option<Unsuitable>> {
        match self {
            Self::Sqlite(_) => Ok(None),
            Self::Postgres(conn) => suitable::find(conn),
        }
    }

    /// Whether a pooler, such as `PgBouncer`, is between this service and the server.
    pub(super) fn is_pooled(&mut self) -> QueryResult<bool> {
        match self {
            Self::Sqlite(_) => Ok(false),
            Self::Postgres(conn) => pooler::is_pooled(conn),
        }
    }

    /// Whether the server stores text without checking its encoding.
    pub(super) fn has_unchecked_text(&mut self) -> QueryResult<bool> {
        match self {
            Self::Sqlite(_) => Ok(false),
            Self::Postgres(conn) => suitable::is_unchecked(conn),
        }
    }

    /// Whether lock timeouts can be distinguished from other errors: PostgreSQL's messages are compared, so they have to be in
    /// English.
    pub(super) fn has_english_messages(&mut self) -> QueryResult<bool> {
        match self {
            Self::Sqlite(_) => Ok(true),
            Self::Postgres(conn) => {
                let locale: String = select(sql::<Text>("current_setting('lc_messages')")).get_result(conn)?;
                Ok(is_english(&locale))
            }
        }
    }
}

fn is_english(locale: &str) -> bool {
    // Empty: that of the server's environment, which in containers is C.
    matches!(locale, "" | "C" | "POSIX") || locale.starts_with("C.") || locale.to_lowercase().starts_with("en")
}

/// Timeouts are set in each transaction, where they also hold behind a pooler.
fn set_up_postgres(conn: &mut PgConnection) -> QueryResult<()> {
    // Only a superuser, or a role that was granted it, may set this; for others the server's locale stays.
    match conn.batch_execute("SET lc_messages = 'C'") {
        Err(error) if super::error::is_broken(&error) => Err(error),
        _ => Ok(()),
    }
}

fn set_up_sqlite(conn: &mut SqliteConnection) -> QueryResult<()> {
    set_busy_timeout(conn, SQLITE_BUSY_TIMEOUT)?;
    let began = Instant::now();
    // Of several connections that open a new file, one switches it to WAL. SQLite rejects the others without waiting.
    while let Err(error) = conn.batch_execute("PRAGMA journal_mode = WAL") {
        if !is_lock_timeout(&error) || began.elapsed() >= EXCLUSIVE_TIMEOUT {
            return Err(error);
        }
        thread::sleep(Duration::from_millis(10));
    }
    // FULL: what has been acknowledged survives a power failure.
    conn.batch_execute("PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;")
}

pub(super) fn set_busy_timeout(conn: &mut SqliteConnection, timeout: Duration) -> QueryResult<()> {
    conn.batch_execute(&format!("PRAGMA busy_timeout = {}", timeout.as_millis()))
}

#[cfg(test)]
mod tests {
    use super::is_english;

    #[test]
    fn english_locales_are_recognized() {
        for locale in ["", "C", "POSIX", "C.UTF-8", "en_US.UTF-8", "English_United States.1252"] {
            assert!(is_english(locale), "{locale}");
        }
        for locale in ["de_DE.UTF-8", "ca_ES.UTF-8", "fr_FR"] {
            assert!(!is_english(locale), "{locale}");
        }
    }
}
