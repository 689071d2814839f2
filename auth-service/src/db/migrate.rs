//! Migrations of the schema.

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

fn names<E>(applied: Result<Vec<diesel::migration::MigrationVersion<'_>>, E>) -> Result<Vec<String>, E> {
    applied.map(|versions| versions.iter().map(ToString::to_string).collect())
}
