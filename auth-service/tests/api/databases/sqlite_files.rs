//! SQLite files: the forms of their URL, the wrong folder, and files that disappear.

use std::fs;

use service_kit::testing::{Ended, Program};
use tempfile::TempDir;

use crate::support::{Database, PROGRAM, TestApp};

#[test]
fn urls_in_the_form_of_other_programs_are_refused_and_create_nothing() {
    for url in [
        "sqlite://file:data.db?mode=rwc",
        "sqlite://data.db?mode=rwc",
        "sqlite:data.db",
        "sqlite:///data.db?cache=shared",
        "sqlite://:memory:",
        "file:data.db",
        "data.db",
    ] {
        let folder = TempDir::new().unwrap();

        let refused = run_in(&folder, &["init"], &[("AUTH__DATABASE__URL", url)]);

        assert_eq!(refused.code, Some(2), "{url}: {refused:?}");
        assert!(refused.errors.starts_with("error: AUTH__DATABASE__URL: "), "{url}: {refused:?}");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "{url}");
    }
}

#[test]
fn a_relative_and_an_absolute_path_name_a_file() {
    let folder = TempDir::new().unwrap();
    let absolute = format!("sqlite://{}/absolute.db", folder.path().display());

    for url in ["sqlite://relative.db", &absolute] {
        assert_eq!(run_in(&folder, &["migrate"], &[("AUTH__DATABASE__URL", url)]).code, Some(0), "{url}");
    }

    for name in ["relative.db", "absolute.db"] {
        assert!(folder.path().join(name).is_file(), "{name}");
    }
}

#[test]
fn commands_in_the_wrong_folder_create_nothing() {
    for command in [
        &["users", "list"][..],
        &["users", "disable", "john"],
        &["keys", "list"],
        &["keys", "rotate"],
        &["clients", "list"],
        &["clients", "create", "reports"],
        &["audit"],
        &["create-admin", "ann"],
    ] {
        let folder = TempDir::new().unwrap();

        let refused = run_in(&folder, command, &[]);

        assert_eq!(refused.code, Some(2), "{command:?}: {refused:?}");
        assert!(refused.errors.starts_with("error: AUTH__DATABASE__URL: there is no database in /"), "{refused:?}");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "{command:?}");
    }
}

#[actix_web::test]
async fn a_deleted_file_ends_changes_at_once_and_readiness_soon() {
    let database = Database::sqlite();
    let app = TestApp::spawn(database.clone()).await;
    app.until("/health/ready", 200).await;

    fs::remove_file(database.file()).unwrap();
    let registered = app.register("john").await;
    let ready = app.until("/health/ready", 503).await;

    assert_eq!(registered.code(), (503, "database_unavailable"));
    assert_eq!(ready.code(), (503, "database_unavailable"));
}

#[actix_web::test]
async fn a_replaced_file_is_not_written() {
    let database = Database::sqlite();
    let app = TestApp::spawn(database.clone()).await;
    let (file, copy) = (database.file(), database.file().with_extension("copy"));

    database.execute(&format!("VACUUM INTO '{}'", copy.display()));
    fs::rename(&copy, &file).unwrap();
    let registered = app.register("john").await;

    assert_eq!(registered.code(), (503, "database_unavailable"));
}

fn run_in(folder: &TempDir, arguments: &[&str], variables: &[(&str, &str)]) -> Ended {
    let folder = folder.path().to_str().unwrap();
    let arguments = [&["-c", r#"cd "$0" && exec "$@""#, folder, PROGRAM], arguments].concat();
    Program::start_with_input("/bin/sh", &arguments, variables, "correct horse\n").end()
}
