//! Migrations of the schema.

use diesel::{
    QueryResult, RunQueryDsl,
    dsl::sql,
    migration::{Migration, MigrationSource},
    select,
    sql_types::{Bool, Text},
    sqlite::Sqlite,
};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};
use service_kit::StartError;

use super::{Db, DbConnection, DbError, transaction::write_alone};
use crate::config::SETTINGS;

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("../migrations");

/// Applies pending migrations. If several nodes start concurrently, one migrates and the others wait.
///
/// # Errors
/// [`StartError`] if a migration fails.
pub fn migrate(db: &Db) -> Result<(), StartError> {
    let applied = db.run_here(|conn| write_alone(conn, apply)).map_err(|error| {
        StartError::new(
            SETTINGS.variable("database.url"),
            format!("failed to migrate the schema: {error}"),
            "Use an empty database or one created by this program, and a database user who can create tables.",
        )
    })?;
    for name in applied {
        log::info!("migration {name} applied");
    }
    Ok(())
}

fn apply(conn: &mut DbConnection) -> Result<Vec<String>, DbError> {
    let applied = match conn {
        DbConnection::Sqlite(sqlite) => names(sqlite.run_pending_migrations(MIGRATIONS)),
        DbConnection::Postgres(postgres) => names(postgres.run_pending_migrations(MIGRATIONS)),
    };
    applied.map_err(|error| DbError::Query(diesel::result::Error::QueryBuilderError(error)))
}

/// How the schema differs from that of this program.
pub struct Migrations {
    /// Migrations that have not been applied.
    pub pending: Vec<String>,
    /// Applied ones that this program does not know.
    pub unknown: Vec<String>,
}

impl Migrations {
    /// Compares the schema, without changing it.
    ///
    /// # Errors
    /// If the database fails.
    pub fn compare(conn: &mut DbConnection) -> QueryResult<Self> {
        let mut unknown = applied(conn)?;
        let known: Vec<Box<dyn Migration<Sqlite>>> =
            MIGRATIONS.migrations().map_err(diesel::result::Error::QueryBuilderError)?;
        let mut pending = Vec::new();
        for name in known.iter().map(Migration::name) {
            let version = name.version().to_string();
            let before = unknown.len();
            unknown.retain(|applied| *applied != version);
            if unknown.len() == before {
                pending.push(name.to_string());
            }
        }
        Ok(Self { pending, unknown })
    }
}

/// The versions of the migrations that have been applied. (diesel's own function creates the table if it is missing.)
fn applied(conn: &mut DbConnection) -> QueryResult<Vec<String>> {
    let is_there: bool = match conn {
        DbConnection::Sqlite(conn) => {
            let table = "EXISTS (SELECT 1 FROM sqlite_master WHERE name = '__diesel_schema_migrations')";
            select(sql::<Bool>(table)).get_result(conn)?
        }
        DbConnection::Postgres(conn) => {
            select(sql::<Bool>("to_regclass('__diesel_schema_migrations') IS NOT NULL")).get_result(conn)?
        }
    };
    if !is_there {
        return Ok(Vec::new());
    }
    sql::<Text>("SELECT version FROM __diesel_schema_migrations ORDER BY version").load(conn)
}

fn names<E>(applied: Result<Vec<diesel::migration::MigrationVersion<'_>>, E>) -> Result<Vec<String>, E> {
    applied.map(|versions| versions.iter().map(ToString::to_string).collect())
}
