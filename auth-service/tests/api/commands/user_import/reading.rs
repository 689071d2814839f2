//! Which files can be read, and the report of lines that are refused.

use std::fs;

use service_kit::testing::Program;
use tempfile::TempDir;

use super::{
    super::{init, run, usual_variables},
    BCRYPT, import, names,
};
use crate::support::{Database, PROGRAM, TestApp, config_for};

on_both_databases!(
    refused_lines_are_reported_by_number_and_reason_and_not_repeated,
    a_dry_run_reports_the_same_and_changes_nothing,
    csv_is_read_with_quotes_line_ends_and_a_byte_order_mark,
    standard_input_is_read,
    a_file_that_cannot_be_read_changes_nothing,
    a_report_that_cannot_be_written_is_a_failure,
);

async fn refused_lines_are_reported_by_number_and_reason_and_not_repeated(database: Database) {
    init(&database);

    let imported = import(&database, "csv", &faulty_csv(), &[]);

    assert_eq!(imported.code, Some(1), "{imported:?}");
    assert_eq!(imported.output, format!("{FAULTS}Imported: 2, already there: 0, refused: 14.\n"));
    assert_eq!(imported.errors, "error: lines refused: 14\n");
    assert!(!imported.output.contains("secret"));
    assert_eq!(names(&database), ["ann", "bob"]);
}

async fn a_dry_run_reports_the_same_and_changes_nothing(database: Database) {
    init(&database);
    let before = database.rows("SELECT name || last AS text FROM sequences ORDER BY name");

    let tried = import(&database, "csv", &faulty_csv(), &["--dry-run"]);

    assert_eq!(tried.code, Some(1), "{tried:?}");
    let end = "Nothing was changed. To be imported: 2, already there: 0, refused: 14.\n";
    assert_eq!(tried.output, format!("{FAULTS}{end}"));
    assert_eq!(names(&database), [""; 0]);
    assert_eq!(database.rows("SELECT name || last AS text FROM sequences ORDER BY name"), before);
}

async fn csv_is_read_with_quotes_line_ends_and_a_byte_order_mark(database: Database) {
    let app = TestApp::spawn_with(database.clone(), config_for(&database)).await;
    let csv = format!("\u{feff}password_hash,username\r\n{BCRYPT},\"o\"\"brien, j\"\r\n\"{BCRYPT}\",Ünal\r\n");

    let imported = import(&database, "csv", &csv, &[]);

    assert_eq!(imported.output, "Imported: 2, already there: 0, refused: 0.\n");
    for name in ["o\"brien, j", "ÜNAL"] {
        assert_eq!(app.log_in(name).await.status, 200, "{name}");
    }
}

async fn standard_input_is_read(database: Database) {
    init(&database);
    let csv = format!("username,password_hash\nann,{BCRYPT}\n");
    let arguments = ["users", "import", "-", "--format", "csv"];

    let ended = Program::start_with_input(PROGRAM, &arguments, &usual_variables(&database), &csv).end();

    assert_eq!((ended.code, &*ended.output), (Some(0), "Imported: 1, already there: 0, refused: 0.\n"));
}

async fn a_file_that_cannot_be_read_changes_nothing(database: Database) {
    init(&database);
    let folder = TempDir::new().unwrap();
    let [missing, unnamed] = ["missing.csv", "users"].map(|name| folder.path().join(name).display().to_string());
    fs::write(&unnamed, format!("ann,{BCRYPT}\n")).unwrap();

    let missing = run(&database, &["users", "import", &missing]);
    let without_format = run(&database, &["users", "import", &unnamed]);
    let without_header = run(&database, &["users", "import", &unnamed, "--format", "csv"]);
    let unknown_format = run(&database, &["users", "import", &unnamed, "--format", "xml"]);

    assert_eq!(missing.code, Some(1), "{missing:?}");
    assert_eq!((without_format.code, unknown_format.code), (Some(2), Some(2)), "{without_format:?}");
    assert!(without_format.errors.contains("--format csv"), "{without_format:?}");
    let expected = format!(
        "error: {unnamed}: line 1: column 1 is unknown or repeated; the header names columns among username, \
         password_hash, role, email, disabled, created_at\n"
    );
    assert_eq!((without_header.code, without_header.errors), (Some(1), expected));
    assert_eq!(names(&database), [""; 0]);
}

async fn a_report_that_cannot_be_written_is_a_failure(database: Database) {
    init(&database);
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("users.csv");
    fs::write(&file, format!("username,password_hash\nann,{BCRYPT}\n")).unwrap();
    let command = format!("exec {PROGRAM} users import {} > /dev/full", file.display());

    let ended = Program::start("/bin/sh", &["-c", &command], &usual_variables(&database)).end();

    assert_eq!(ended.code, Some(1), "{ended:?}");
    assert!(ended.errors.contains("cannot write to standard output"), "{ended:?}");
}

const FAULTS: &str = "line 3: username is missing
line 4: password_hash is missing
line 5: password_hash: not a password hash in a known form
line 6: username: A username must have 1 to 80 characters, no control characters, and no leading or trailing white space, and must not end in @clients
line 7: username: A username must have 1 to 80 characters, no control characters, and no leading or trailing white space, and must not end in @clients
line 8: username: A username must not mix letters of different alphabets
line 9: username: A username must not contain invisible characters or characters that change the direction of text
line 10: role: a role must be 1 to 20 lowercase letters, digits, '-' and '_', starting with a letter
line 11: disabled: expected true or false
line 12: created_at: expected a time such as 2026-11-24T15:00:00Z, a date, or seconds since 1970
line 13: created_at: before 1970 or in the future
line 14: expected 5 fields, found 3
line 15: password_hash: not a password hash in a known form
line 16: username: the same as in line 2
";

/// All its lines but two have a fault, each a different one.
fn faulty_csv() -> String {
    let lines = [
        format!("ann,{BCRYPT},user,,"),
        format!(",{BCRYPT},user,,"),
        "secret1,,user,,".to_owned(),
        "secret2,secret3,user,,".to_owned(),
        format!("{},{BCRYPT},user,,", "x".repeat(81)),
        format!("secret@clients,{BCRYPT},user,,"),
        format!("sеcret,{BCRYPT},user,,"),
        format!("se\u{200b}cret,{BCRYPT},user,,"),
        format!("secret4,{BCRYPT},Secret,,"),
        format!("secret5,{BCRYPT},user,secret,"),
        format!("secret6,{BCRYPT},user,,secret"),
        format!("secret7,{BCRYPT},user,,2999-01-01"),
        format!("secret8,{BCRYPT},user"),
        "secret9,$argon2id$v=19$m=4194304,t=1,p=1$c2FsdHNhbHQ$aGFzaGhhc2hoYXNo,user,,"
            .replace("m=4194304,t=1,p=1", "m=1"),
        format!("ANN,{BCRYPT},user,,"),
        format!("bob,{BCRYPT},user,,"),
    ];
    format!("username,password_hash,role,disabled,created_at\n{}\n", lines.join("\n"))
}
