//! What it finds out about a PostgreSQL server.

use tempfile::TempDir;

use super::{doctor, init, run};
use crate::support::{Database, OwnPostgres, PgBouncer};
use service_kit::testing::DoctorReport;

#[test]
fn a_server_that_cannot_be_reached_is_an_error() {
    let folder = TempDir::new().unwrap();
    let url = format!("postgres://ann:secret-word@/auth?host={}", folder.path().display());

    let ended = run(&Database::at(url), &["doctor", "--json"]);

    let report = DoctorReport::of(&ended);
    assert_eq!((ended.code, report.status("database")), (Some(1), "error"), "{ended:?}");
    assert!(!format!("{ended:?}").contains("secret-word"), "{ended:?}");
}

#[test]
fn a_pooler_is_reported() {
    let Some(database) = Database::postgres() else { return };
    init(&database);
    let direct = doctor(&database, 0);
    let Some(pooler) = PgBouncer::start(&database) else { return };

    let pooled = doctor(&Database::at(pooler.url(&database)), 0);

    assert_eq!((direct.detail("pooler"), pooled.status("pooler")), ("none", "ok"), "{pooled:?}");
    assert!(pooled.detail("pooler").contains("not prepared"), "{pooled:?}");
    assert_eq!(pooled.status("keys"), "ok", "{pooled:?}");
}

#[test]
fn a_database_that_accepts_no_changes_is_an_error() {
    let Some(database) = Database::postgres() else { return };
    init(&database);
    database.execute(&format!("ALTER DATABASE {} SET default_transaction_read_only = on", database.name()));

    let report = doctor(&database, 1);

    assert_eq!((report.status("writable"), report.status("encoding")), ("error", "ok"), "{report:?}");
}

#[test]
fn a_database_of_another_encoding_is_an_error_and_one_without_any_a_warning() {
    for (encoding, exit_code, status) in [("LATIN1", 1, "error"), ("SQL_ASCII", 1, "warning")] {
        let options = format!("ENCODING '{encoding}' TEMPLATE template0 LOCALE 'C'");
        let Some(database) = Database::postgres_with(&options) else { return };

        let report = doctor(&database, exit_code);

        assert_eq!(report.status("encoding"), status, "{report:?}");
    }
}

#[test]
fn a_clock_that_differs_is_a_warning_and_then_an_error() {
    let Some(database) = Database::postgres() else { return };
    init(&database);
    database.execute(&format!("ALTER DATABASE {} SET search_path = public, pg_catalog", database.name()));
    let shift = |seconds: i32| {
        database.execute(&format!(
            "CREATE OR REPLACE FUNCTION public.clock_timestamp() RETURNS timestamptz LANGUAGE sql AS \
             $$ SELECT pg_catalog.clock_timestamp() + interval '{seconds} seconds' $$"
        ));
    };

    for (seconds, code, status) in [(-15, 0, "warning"), (15, 0, "warning"), (60, 1, "error")] {
        shift(seconds);

        assert_eq!(doctor(&database, code).status("clock"), status, "{seconds}");
    }
}

#[test]
fn a_synchronous_standby_that_is_not_connected_is_a_warning() {
    let Some(server) = OwnPostgres::start() else { return };
    let database = server.database();
    init(&database);
    server.set("synchronous_standby_names", "nobody");

    let report = doctor(&database, 0);

    assert_eq!(report.status("standbys"), "warning", "{report:?}");
    assert!(report.detail("standbys").contains("nobody"), "{report:?}");
}
