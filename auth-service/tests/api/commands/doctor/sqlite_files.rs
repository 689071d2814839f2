//! What it finds out about the files of a SQLite database.

use std::{
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt,
};

use service_kit::testing::{DoctorReport, Program};
use tempfile::TempDir;

use super::{doctor, init, usual_variables};
use crate::support::{Database, PROGRAM};

#[test]
fn in_an_empty_folder_the_database_is_missing_and_stays_so() {
    let folder = TempDir::new().unwrap();

    let arguments = ["-c", r#"cd "$0" && exec "$1" doctor --json"#, folder.path().to_str().unwrap(), PROGRAM];
    let ended = Program::start("/bin/sh", &arguments, &[]).end();

    let report = DoctorReport::of(&ended);
    assert_eq!((ended.code, report.status("settings"), report.status("database")), (Some(1), "ok", "error"));
    assert_eq!(report.status("migrations"), "", "{report:?}");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn files_that_other_users_can_access_are_a_warning() {
    let database = Database::sqlite();
    init(&database);
    let file = database.file();
    let folder = file.parent().unwrap();

    for (path, mode, usual) in [(&*file, 0o644, 0o600), (folder, 0o755, 0o700)] {
        fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
        let report = doctor(&database, 0);
        fs::set_permissions(path, Permissions::from_mode(usual)).unwrap();

        assert_eq!(report.status("files"), "warning", "{report:?}");
        let remedy = report.checks["files"]["remedy"].as_str().unwrap();
        assert_eq!(remedy, format!("chmod {usual:o} '{}'", path.display()));
    }
    assert_eq!(doctor(&database, 0).status("files"), "ok");
}

#[test]
fn a_file_that_is_not_a_database_is_an_error_and_is_left_alone() {
    let database = Database::sqlite();
    init(&database);
    let text = "not a database".repeat(100);
    fs::write(database.file(), &text).unwrap();
    let count = || fs::read_dir(database.file().parent().unwrap()).unwrap().count();
    let before = count();

    let report = doctor(&database, 1);

    assert_eq!(report.status("database"), "error", "{report:?}");
    assert_eq!((fs::read_to_string(database.file()).unwrap(), count()), (text, before));
}

#[test]
fn a_file_name_with_characters_that_uris_reserve_is_found() {
    let folder = TempDir::new().unwrap();
    let database = Database::at(format!("sqlite://{}/50% of #1.db", folder.path().display()));
    let variables = usual_variables(&database);
    let run = |command: &str| Program::start(PROGRAM, &[command], &variables).end();
    let made = run("init");

    let checked = run("doctor");

    assert_eq!((made.code, checked.code), (Some(0), Some(0)), "{made:?} {checked:?}");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}
