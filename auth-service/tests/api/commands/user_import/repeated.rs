//! Imports that are repeated, interrupted or concurrent.

use std::{fmt::Write, fs};

use service_kit::testing::Program;
use tempfile::TempDir;

use super::{
    super::{init, run, usual_variables},
    BCRYPT, WERKZEUG, import, names,
};
use crate::support::{Database, PROGRAM, TestApp, config_for};

on_both_databases!(
    an_import_that_is_repeated_adds_nobody_twice,
    an_import_that_was_killed_is_resumed,
    concurrent_imports_of_one_file_add_each_user_once,
    each_batch_has_one_line_in_the_audit_log,
);

async fn an_import_that_is_repeated_adds_nobody_twice(database: Database) {
    let app = TestApp::spawn_with(database.clone(), config_for(&database)).await;
    let csv =
        format!("username,password_hash,created_at\nann,{BCRYPT},2020-01-02\nbob,{WERKZEUG},2020-01-02 03:04:05\n");
    let half = &csv[..csv.rfind(",2020").unwrap()];

    let first = import(&database, "csv", half, &[]);
    let second = import(&database, "csv", &csv, &[]);
    assert_eq!(app.log_in("ann").await.status, 200);
    let after_login = import(&database, "csv", &csv, &[]);
    let tried = import(&database, "csv", &csv, &["--dry-run"]);

    assert_eq!(first.output, "line 3: expected 3 fields, found 2\nImported: 1, already there: 0, refused: 1.\n");
    assert_eq!((second.code, &*second.output), (Some(0), "Imported: 1, already there: 1, refused: 0.\n"));
    assert_eq!((after_login.code, &*after_login.output), (Some(0), "Imported: 0, already there: 2, refused: 0.\n"));
    assert!(tried.output.ends_with("To be imported: 0, already there: 2, refused: 0.\n"), "{tried:?}");
    assert_eq!(names(&database), ["ann", "bob"]);
}

async fn an_import_that_was_killed_is_resumed(database: Database) {
    init(&database);
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("users.csv");
    fs::write(&file, many(5000)).unwrap();
    let arguments = ["users", "import", file.to_str().unwrap()];

    let program = Program::start(PROGRAM, &arguments, &usual_variables(&database));
    // How far it gets is random.
    program.signal("KILL");
    program.end();
    let there = names(&database).len();
    let resumed = run(&database, &arguments);

    let expected = format!("Imported: {}, already there: {there}, refused: 0.\n", 5000 - there);
    assert_eq!((resumed.code, resumed.output), (Some(0), expected));
    assert_eq!(names(&database).len(), 5000);
}

async fn concurrent_imports_of_one_file_add_each_user_once(database: Database) {
    init(&database);
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("users.csv");
    fs::write(&file, many(3000)).unwrap();
    let arguments = ["users", "import", file.to_str().unwrap()];

    let programs = [(); 2].map(|()| Program::start(PROGRAM, &arguments, &usual_variables(&database)));
    let ended = programs.map(Program::end);

    assert_eq!(ended.each_ref().map(|ended| ended.code), [Some(0); 2], "{ended:?}");
    assert_eq!(names(&database).len(), 3000);
    let range = "SELECT MIN(id) || ' ' || MAX(id) AS text FROM users";
    assert_eq!(database.rows(range), ["1 3000"], "no number is lost");
}

async fn each_batch_has_one_line_in_the_audit_log(database: Database) {
    init(&database);
    let csv = many(2500) + &format!("boss,{BCRYPT},admin\n");

    import(&database, "csv", &csv, &[]);
    import(&database, "csv", &csv, &[]);

    let events = "SELECT action || ' ' || subject || ' ' || address || ' ' || detail AS text FROM audit_log \
                  WHERE action = 'users_imported' ORDER BY id";
    let expected = [
        "users_imported users command line users: 2000, admins among them: 0, lines 2 to 2001",
        "users_imported users command line users: 501, admins among them: 1, lines 2002 to 2502",
    ];
    assert_eq!(database.rows(events), expected);
}

/// CSV of this many users.
fn many(count: usize) -> String {
    (0..count).fold("username,password_hash,role\n".to_owned(), |mut csv, number| {
        writeln!(csv, "user-{number},{BCRYPT},").unwrap();
        csv
    })
}
