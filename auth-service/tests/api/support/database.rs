//! A test's own database, and access to its contents.

use std::{path::PathBuf, sync::Arc};

use diesel::{
    Connection, PgConnection, QueryableByName, RunQueryDsl, SqliteConnection, connection::SimpleConnection, sql_query,
    sql_types,
};
use tempfile::TempDir;

use super::postgres;

/// An empty database for one test.
#[derive(Clone)]
pub struct Database {
    url: String,
    folder: Option<Arc<TempDir>>,
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = sql_types::Text)]
    text: String,
}

/// A transaction that is in progress without the service.
pub enum OpenTransaction {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

impl OpenTransaction {
    /// Commits it.
    pub fn commit(mut self) {
        self.execute("COMMIT");
    }

    fn execute(&mut self, statement: &str) {
        match self {
            Self::Sqlite(conn) => conn.batch_execute(statement).unwrap(),
            Self::Postgres(conn) => conn.batch_execute(statement).unwrap(),
        }
    }
}

impl Database {
    /// A file in a temporary folder, in a subfolder that does not exist yet.
    pub fn sqlite() -> Self {
        let folder = TempDir::new().unwrap();
        let url = format!("sqlite://{}/data/auth.db", folder.path().display());
        Self { url, folder: Some(Arc::new(folder)) }
    }

    /// A database on the server of this process; `None` if PostgreSQL is not installed.
    pub fn postgres() -> Option<Self> {
        postgres::new_database().map(|url| Self { url, folder: None })
    }

    /// An empty database at this URL.
    pub fn at(url: String) -> Self {
        Self { url, folder: None }
    }

    /// The value of `AUTH__DATABASE__URL`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Whether it is a PostgreSQL database.
    pub fn is_postgres(&self) -> bool {
        self.folder.is_none()
    }

    /// The file of a SQLite database.
    pub fn file(&self) -> PathBuf {
        PathBuf::from(self.url.strip_prefix("sqlite://").unwrap())
    }

    /// The rows of a query whose only column is named `text`.
    pub fn rows(&self, query: &str) -> Vec<String> {
        let rows: Vec<Row> = if self.is_postgres() {
            sql_query(query).load(&mut PgConnection::establish(&self.url).unwrap()).unwrap()
        } else {
            sql_query(query).load(&mut self.sqlite_connection()).unwrap()
        };
        rows.into_iter().map(|row| row.text).collect()
    }

    /// Executes statements without the service.
    pub fn execute(&self, statement: &str) {
        if self.is_postgres() {
            PgConnection::establish(&self.url).unwrap().batch_execute(statement).unwrap();
        } else {
            self.sqlite_connection().batch_execute(statement).unwrap();
        }
    }

    /// Executes one statement that cannot be part of a transaction, on PostgreSQL.
    pub fn execute_alone(&self, statement: &str) {
        sql_query(statement).execute(&mut PgConnection::establish(&self.url).unwrap()).unwrap();
    }

    /// An empty PostgreSQL database that is created with these options; `None` if PostgreSQL is not installed.
    pub fn postgres_with(options: &str) -> Option<Self> {
        let database = Self::postgres()?;
        let name = format!("{}_other", database.name());
        database.execute_alone(&format!("CREATE DATABASE {name} {options}"));
        Some(Self::at(database.url.replacen(database.name(), &name, 1)))
    }

    /// Executes a statement in a transaction that stays open.
    pub fn begin(&self, statement: &str) -> OpenTransaction {
        let mut transaction = if self.is_postgres() {
            OpenTransaction::Postgres(PgConnection::establish(&self.url).unwrap())
        } else {
            OpenTransaction::Sqlite(self.sqlite_connection())
        };
        let begin = if self.is_postgres() { "BEGIN" } else { "BEGIN IMMEDIATE" };
        transaction.execute(&format!("{begin}; {statement}"));
        transaction
    }

    /// Users and signing keys, as text.
    pub fn dump(&self) -> String {
        let columns = [
            ("users", "id || username || username_key || password_hash || role || created_at"),
            ("signing_keys", "kid || sealed_private_key"),
        ];
        columns
            .map(|(table, columns)| self.rows(&format!("SELECT {columns} AS text FROM {table}")).join("\n"))
            .join("\n")
    }

    /// Closes all connections to a PostgreSQL database and rejects new ones.
    pub fn cut_off(&self) {
        let name = self.name();
        self.execute_from_outside(&format!("ALTER DATABASE {name} ALLOW_CONNECTIONS false"));
        let end_all = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname";
        self.execute_from_outside(&format!("{end_all} = '{name}'"));
    }

    /// Ends all connections to a PostgreSQL database, as a restart does.
    pub fn end_connections(&self) {
        let end_all = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname";
        self.execute_from_outside(&format!("{end_all} = '{}'", self.name()));
    }

    /// A copy of it as it is now, as a backup is.
    pub fn copy(&self) -> Self {
        if self.is_postgres() {
            let name = format!("{}_copy", self.name());
            // A database is copied while nobody is connected to it.
            self.cut_off();
            self.execute_from_outside(&format!("CREATE DATABASE {name} TEMPLATE {}", self.name()));
            self.accept_connections();
            return Self::at(self.url.replacen(self.name(), &name, 1));
        }
        let copy = self.file().with_file_name("copy.db");
        self.execute(&format!("VACUUM INTO '{}'", copy.display()));
        Self { url: format!("sqlite://{}", copy.display()), folder: self.folder.clone() }
    }

    /// How many connections to a PostgreSQL database there are.
    pub fn connection_count(&self) -> usize {
        let outside = Self::at(self.url.replacen(self.name(), "postgres", 1));
        outside.rows(&format!("SELECT pid::text AS text FROM pg_stat_activity WHERE datname = '{}'", self.name())).len()
    }

    /// Accepts connections again.
    pub fn accept_connections(&self) {
        self.execute_from_outside(&format!("ALTER DATABASE {} ALLOW_CONNECTIONS true", self.name()));
    }

    /// The folder of the socket of the PostgreSQL server.
    pub fn socket_folder(&self) -> &str {
        self.url.split_once("host=").unwrap().1
    }

    /// The name of a PostgreSQL database.
    pub fn name(&self) -> &str {
        self.url.strip_prefix("postgres:///").unwrap().split('?').next().unwrap()
    }

    fn execute_from_outside(&self, statement: &str) {
        let url = self.url.replacen(self.name(), "postgres", 1);
        PgConnection::establish(&url).unwrap().batch_execute(statement).unwrap();
    }

    fn sqlite_connection(&self) -> SqliteConnection {
        let mut conn = SqliteConnection::establish(self.file().to_str().unwrap()).unwrap();
        conn.batch_execute("PRAGMA busy_timeout = 5000").unwrap();
        conn
    }
}
