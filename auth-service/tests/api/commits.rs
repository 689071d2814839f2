//! Transactions that the database refuses at the very end.

use crate::support::{Database, TestApp};

on_both_databases!(a_change_whose_commit_fails_is_an_error_and_leaves_nothing);

async fn a_change_whose_commit_fails_is_an_error_and_leaves_nothing(database: Database) {
    let app = TestApp::spawn(database.clone()).await;
    fail_commits(&database);

    let meanwhile = app.register("john").await;
    let users_then = app.users().await;
    database.execute(if database.is_postgres() { "DROP TRIGGER fails ON users" } else { "DROP TRIGGER fails" });
    let afterwards = app.register("john").await;

    assert_eq!(meanwhile.code(), (500, "internal"));
    assert_eq!(users_then.as_array().unwrap().len(), 1);
    assert_eq!(afterwards.status, 201);
}

/// A trigger: each new user also inserts a reference to nothing, which is checked at the commit.
fn fail_commits(database: &Database) {
    database.execute(
        "CREATE TABLE targets (id INTEGER PRIMARY KEY); \
         CREATE TABLE refers (id INTEGER REFERENCES targets (id) DEFERRABLE INITIALLY DEFERRED)",
    );
    database.execute(if database.is_postgres() {
        "CREATE FUNCTION refer() RETURNS trigger LANGUAGE plpgsql AS \
         'BEGIN INSERT INTO refers VALUES (1); RETURN NEW; END'; \
         CREATE TRIGGER fails AFTER INSERT ON users FOR EACH ROW EXECUTE FUNCTION refer()"
    } else {
        "CREATE TRIGGER fails AFTER INSERT ON users BEGIN INSERT INTO refers VALUES (1); END"
    });
}
