//! `auth-service users import`.

mod reading;
mod repeated;

use std::{fmt::Write, fs};

use serde_json::json;
use service_kit::testing::Ended;
use tempfile::TempDir;

use super::{done, init, run};
use crate::support::{Database, TestApp, and_admin, claims_of, config_for};

#[expect(dead_code, reason = "the unit tests use the others")]
#[path = "../../../../src/users/foreign/vectors.rs"]
mod vectors;

on_both_databases!(
    users_of_other_systems_log_in_with_their_old_passwords,
    role_state_and_time_of_registration_are_imported,
    an_address_is_stored_with_a_new_user_only,
    existing_users_are_not_changed,
    names_that_look_alike_or_were_deleted_are_refused,
    an_imported_hash_that_costs_too_much_is_refused,
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
    assert_eq!(imported.output, "Imported: 18, already there: 0, refused: 0.\n");
    let addresses = database.rows("SELECT email AS text FROM users WHERE username = 'user-7'");
    assert_eq!(addresses, ["user-7@example.com"]);
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

async fn an_address_is_stored_with_a_new_user_only(database: Database) {
    init(&database);
    let csv = |line: &str| format!("username,password_hash,email\n{line}\n");
    let without = format!("username,password_hash\nann,{BCRYPT}\n");
    import(&database, "csv", &csv(&format!("ann,{BCRYPT},ann@example.com")), &[]);

    let same = import(&database, "csv", &csv(&format!("ann,{BCRYPT},ann@example.com")), &[]);
    let unstated = import(&database, "csv", &without, &[]);
    let other = import(&database, "csv", &csv(&format!("ann,{BCRYPT},secret@example.com")), &[]);
    let malformed = import(&database, "csv", &csv(&format!("bob,{BCRYPT},secret")), &[]);

    for there in [same, unstated] {
        assert_eq!(there.output, "Imported: 0, already there: 1, refused: 0.\n");
    }
    assert!(other.output.starts_with("line 2: username: already exists, with other data\n"), "{other:?}");
    let expected = "line 2: email: not an e-mail address of at most 254 bytes\n";
    assert!(malformed.output.starts_with(expected), "{malformed:?}");
    assert_eq!(database.rows("SELECT username || email AS text FROM users"), ["annann@example.com"]);
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

async fn an_imported_hash_that_costs_too_much_is_refused(database: Database) {
    let app = TestApp::spawn_with(database.clone(), config_for(&database)).await;
    import(&database, "csv", &format!("username,password_hash\nann,{BCRYPT}\n"), &[]);
    for (hash, reason) in [
        (BCRYPT.replace("$04$", "$15$"), "bcrypt with a cost above 14"),
        (
            WERKZEUG.replace(":1024:", ":1048576:"),
            "scrypt with more than 256 MiB over all lanes, or with r times p above 8192",
        ),
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
