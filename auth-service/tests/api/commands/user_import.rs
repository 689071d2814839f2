//! `auth-service users import`.

use std::{fmt::Write, fs};

use serde_json::json;
use service_kit::testing::{Ended, Program};
use tempfile::TempDir;

use super::{done, init, run, usual_variables};
use crate::support::{Database, PROGRAM, TestApp, and_admin, claims_of, config_for};

#[expect(dead_code, reason = "the unit tests use the others")]
#[path = "../../../src/users/foreign/vectors.rs"]
mod vectors;

on_both_databases!(
    users_of_other_systems_log_in_with_their_old_passwords,
    role_state_and_time_of_registration_are_imported,
    refused_lines_are_reported_by_number_and_reason_and_not_repeated,
    a_dry_run_reports_the_same_and_changes_nothing,
    an_import_that_is_repeated_adds_nobody_twice,
    an_import_that_was_killed_is_resumed,
    concurrent_imports_of_one_file_add_each_user_once,
    existing_users_are_not_changed,
    names_that_look_alike_or_were_deleted_are_refused,
    each_batch_has_one_line_in_the_audit_log,
    an_imported_hash_that_costs_too_much_is_refused,
    csv_is_read_with_quotes_line_ends_and_a_byte_order_mark,
    standard_input_is_read,
    a_file_that_cannot_be_read_changes_nothing,
    a_report_that_cannot_be_written_is_a_failure,
);

const WERKZEUG: &str = vectors::CORRECT_HORSE[1];
const BCRYPT: &str = vectors::CORRECT_HORSE[6];

async fn users_of_other_systems_log_in_with_their_old_passwords(database: Database) {
    let app = TestApp::spawn_with(database.clone(), config_for(&database)).await;
    let users = vectors::CORRECT_HORSE.iter().enumerate();
    let csv = users.fold("username,password_hash,role,email\n".to_owned(), |mut csv, (number, hash)| {
        writeln!(csv, "user-{number},\"{hash}\",,user-{number}@example.com").unwrap();
        csv
    });

    let imported = import(&database, "csv", &csv, &[]);

    assert_eq!((imported.code, &*imported.errors), (Some(0), ""));
    let expected = "Imported: 18, already there: 0, refused: 0.\nE-mail addresses, which are not stored: 18.\n";
    assert_eq!(imported.output, expected);
    for (number, hash) in vectors::CORRECT_HORSE.iter().enumerate() {
        let name = format!("user-{number}");
        let wrong = app.post("/login", &json!({ "username": name, "password": "correct horses" })).await;
        assert_eq!(wrong.code(), (401, "invalid_credentials"), "{hash}");
        assert_eq!(hash_of(&database, &name), *hash);
        for _ in 0..2 {
            assert_eq!(app.log_in(&name).await.status, 200, "{hash}");
            assert!(hash_of(&database, &name).starts_with("$argon2id$v=19$m=64,t=1,p=1$"), "{hash}");
        }
    }
}

async fn role_state_and_time_of_registration_are_imported(database: Database) {
    let app = TestApp::spawn_with(database.clone(), config_for(&database)).await;
    let line = |name: &str, more: &str| format!("{{\"username\":\"{name}\",\"password_hash\":\"{WERKZEUG}\"{more}}}\n");
    let lines = [
        line("Ann", r#","role":"admin","created_at":"2020-01-02T03:04:05Z""#),
        line("bob", r#","disabled":true,"created_at":1577934245"#),
        line("eve", r#","role":null,"email":null"#),
    ];

    let imported = import(&database, "jsonl", &lines.concat(), &[]);

    assert_eq!(imported.output, "Imported: 3, already there: 0, refused: 0.\n");
    let rows = "SELECT id || ' ' || username || ' ' || username_key || ' ' || role || ' ' || \
                CASE WHEN disabled_at IS NULL THEN 'enabled ' ELSE 'disabled ' END || created_at AS text \
                FROM users WHERE id < 3 ORDER BY id";
    assert_eq!(database.rows(rows), ["1 Ann ann admin enabled 1577934245", "2 bob bob user disabled 1577934245"]);
    assert_eq!(claims_of(&app.token_of("ann").await).role.unwrap().as_str(), "admin");
    assert_eq!(app.log_in("bob").await.status, 403);
    assert_eq!(claims_of(&app.token_of("EVE").await).role.unwrap().as_str(), "user");
    assert_eq!(app.register("new").await.status, 201);
    assert_eq!(app.register("Eve").await.code(), (400, "username_taken"));
}

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

async fn existing_users_are_not_changed(database: Database) {
    let app = TestApp::spawn_with(database.clone(), config_for(&database)).await;
    assert_eq!(app.register("john").await.status, 201);
    import(&database, "csv", &format!("username,password_hash,role\nann,{BCRYPT},editor\n"), &[]);
    let before = database.dump();
    let csv = |line: &str| format!("username,password_hash,role,disabled,created_at\n{line}\n");

    for line in [
        format!("JOHN,{BCRYPT},admin,,"),
        format!("ann,{BCRYPT},admin,,"),
        format!("ann,{BCRYPT},editor,true,"),
        format!("ann,{BCRYPT},editor,,2020-01-01"),
        format!("Ann,{BCRYPT},editor,,"),
        format!("ann,{WERKZEUG},editor,,"),
    ] {
        let refused = import(&database, "csv", &csv(&line), &[]);

        let expected =
            "line 2: username: already exists, with other data\nImported: 0, already there: 0, refused: 1.\n";
        assert_eq!((refused.code, &*refused.output), (Some(1), expected), "{line}");
    }
    assert_eq!(database.dump(), before);
}

async fn names_that_look_alike_or_were_deleted_are_refused(database: Database) {
    let app = TestApp::spawn_with(database.clone(), and_admin(config_for(&database))).await;
    for name in ["coco", "john"] {
        assert_eq!(app.register(name).await.status, 201);
    }
    done(&database, &["users", "delete", "john"]);
    let names = ["сосо", "JOHN", "аса", "aca", "ann", "ANN"];
    let csv = names.map(|name| format!("{name},{BCRYPT}\n")).concat();

    let imported = import(&database, "csv", &format!("username,password_hash\n{csv}"), &[]);

    let expected = "line 2: username: looks like that of an existing user\n\
                    line 3: username: that of a deleted user, which nobody else gets\n\
                    line 5: username: looks like that in line 4\n\
                    line 7: username: the same as in line 6\n\
                    Imported: 2, already there: 0, refused: 4.\n";
    assert_eq!(imported.output, expected);
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

async fn an_imported_hash_that_costs_too_much_is_refused(database: Database) {
    let app = TestApp::spawn_with(database.clone(), config_for(&database)).await;
    import(&database, "csv", &format!("username,password_hash\nann,{BCRYPT}\n"), &[]);
    for (hash, reason) in [
        (BCRYPT.replace("$04$", "$15$"), "bcrypt with a cost above 14"),
        (WERKZEUG.replace(":1024:", ":1048576:"), "scrypt with more than 256 MiB over all lanes"),
        (
            vectors::CORRECT_HORSE[2].replace(":1000$", ":2000001$"),
            "pbkdf2 with more than 2000000 iterations over all blocks",
        ),
        (
            vectors::CORRECT_HORSE[9].replace("m=256", "m=262145"),
            "argon2 with more than 256 MiB or 1 GiB over all passes, and more than in the settings",
        ),
    ] {
        let refused = import(&database, "csv", &format!("username,password_hash\nbob,\"{hash}\"\n"), &[]);
        database.execute(&format!("UPDATE users SET password_hash = '{hash}'"));
        let login = app.log_in("ann").await;

        let line = format!("line 2: password_hash: too expensive to verify: {reason}\n");
        assert!(refused.output.starts_with(&line), "{refused:?}");
        assert_eq!(login.code(), (401, "invalid_credentials"), "{hash}");
    }
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

/// Each of its lines but two has another fault.
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

/// CSV of this many users.
fn many(count: usize) -> String {
    (0..count).fold("username,password_hash,role\n".to_owned(), |mut csv, number| {
        writeln!(csv, "user-{number},{BCRYPT},").unwrap();
        csv
    })
}

fn import(database: &Database, format: &str, text: &str, options: &[&str]) -> Ended {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join(format!("users.{format}"));
    fs::write(&file, text).unwrap();
    run(database, &[&["users", "import", file.to_str().unwrap()], options].concat())
}

fn names(database: &Database) -> Vec<String> {
    database.rows("SELECT username AS text FROM users ORDER BY id")
}

fn hash_of(database: &Database, name: &str) -> String {
    database.rows(&format!("SELECT password_hash AS text FROM users WHERE username = '{name}'")).remove(0)
}
