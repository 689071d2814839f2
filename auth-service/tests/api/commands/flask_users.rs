//! The users of a Flask application move here with the script of docs/coming-from-flask-jwt-extended.md. Skipped without Python.

use std::{fs, path::Path};

use serde_json::json;
use service_kit::testing::{Program, interop_python};
use tempfile::TempDir;

use super::run;
use crate::support::{Database, TestApp, claims_of, config_for};

const PAGE: &str = include_str!("../../../../docs/coming-from-flask-jwt-extended.md");

#[actix_web::test]
async fn users_of_a_flask_application_log_in_with_their_old_passwords() {
    let Some(python) = interop_python() else { return };
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("app.py"), include_str!("../../python/app.py")).unwrap();
    fs::write(folder.path().join("export_users.py"), script_of_the_page()).unwrap();
    execute(&python, folder.path(), "app.py");
    let csv = execute(&python, folder.path(), "export_users.py");
    let file = folder.path().join("users.csv");
    fs::write(&file, csv).unwrap();
    let database = Database::sqlite();
    let app = TestApp::spawn_with(database.clone(), config_for(&database)).await;

    let imported = run(&database, &["users", "import", file.to_str().unwrap()]);

    let expected = "Imported: 3, already there: 0, refused: 0.\n";
    assert_eq!((imported.code, &*imported.output), (Some(0), expected), "{imported:?}");
    let rows = "SELECT username || ' ' || role || ' ' || created_at || ' ' || substr(password_hash, 1, 16) AS text \
                FROM users ORDER BY id";
    let before = [
        "ann admin 1709209815 scrypt:32768:8:1",
        "bob user 1709209815 pbkdf2:sha256:10",
        "eve user 1709209815 scrypt:16384:8:1",
    ];
    assert_eq!(database.rows(rows), before);
    let log_in = async |username: &str, password: &str| {
        app.post("/login", &json!({ "username": username, "password": password })).await
    };
    for (name, password, role) in
        [("ann", "Zwölf Boxkämpfer", "admin"), ("bob", r#"with "quotes", and commas"#, "user")]
    {
        assert_eq!(log_in(name, "Zwölf Boxkampfer").await.code(), (401, "invalid_credentials"), "{name}");
        let first = log_in(name, password).await;
        assert_eq!(first.status, 200, "{name}");
        let claims = claims_of(first.json()["access_token"].as_str().unwrap());
        assert_eq!(claims.role.unwrap().as_str(), role);
    }
    assert_eq!(log_in("eve", "correct horse").await.status, 403);
    let after = ["ann admin 1709209815 $argon2id$v=19$m", "bob user 1709209815 $argon2id$v=19$m", before[2]];
    assert_eq!(database.rows(rows), after);
    assert_eq!(log_in("ann", "Zwölf Boxkämpfer").await.status, 200);
}

/// What the page says is `export_users.py`.
fn script_of_the_page() -> &'static str {
    let (_, section) = PAGE.split_once("\n## Moving your users\n").unwrap();
    let (_, script) = section.split_once("```python\n").unwrap();
    script.split_once("```").unwrap().0
}

/// What the script writes.
fn execute(python: &str, folder: &Path, script: &str) -> String {
    let (script, database) = (folder.join(script), folder.join("app.db"));
    let environment = [("DATABASE", database.to_str().unwrap())];
    let ended = Program::start(python, &["-B", script.to_str().unwrap()], &environment).end();
    assert_eq!(ended.code, Some(0), "{ended:?}");
    ended.output
}
