//! The last byte of a body is held back until the authority is gone.

use serde_json::json;

use super::{LOSSES, after_earlier_checks, spawn_with, state, take_away, token_of_boss};
use crate::support::{Database, PASSWORD, TestApp};

on_both_databases!(
    an_admin_who_is_removed_before_the_body_is_complete_changes_no_account,
    an_admin_who_is_removed_before_the_body_is_complete_rotates_no_key,
    a_user_who_is_logged_out_before_the_body_is_complete_keeps_the_password,
);

async fn an_admin_who_is_removed_before_the_body_is_complete_changes_no_account(database: Database) {
    let app = spawn_serial(&database).await;
    let admin = app.token_of("admin").await;

    for loss in LOSSES {
        for name in ["boss", "john"] {
            let boss = token_of_boss(&app, &database).await;
            let before = state(&database);

            let held = app.hold("PATCH", &format!("/users/{name}"), &boss, &json!({ "role": "admin" }));
            after_earlier_checks(&app, &boss).await;
            take_away(&app, loss, &admin, &boss).await;
            let response = held.finish().await;

            assert!(matches!(response.status, 401 | 403), "{loss:?} {response:?}");
            assert_eq!(state(&database), before, "{loss:?}");
        }
    }
    let admins = database.rows("SELECT username AS text FROM users WHERE role = 'admin' AND username <> 'boss'");
    assert_eq!(admins, ["admin"]);
}

async fn an_admin_who_is_removed_before_the_body_is_complete_rotates_no_key(database: Database) {
    let app = spawn_serial(&database).await;
    let admin = app.token_of("admin").await;

    for loss in LOSSES {
        let boss = token_of_boss(&app, &database).await;
        let before = state(&database);

        let held = app.hold("POST", "/keys/rotate", &boss, &json!({ "force": true }));
        after_earlier_checks(&app, &boss).await;
        take_away(&app, loss, &admin, &boss).await;
        let response = held.finish().await;

        assert!(matches!(response.status, 401 | 403), "{loss:?} {response:?}");
        assert_eq!(state(&database), before, "{loss:?}");
    }
}

async fn a_user_who_is_logged_out_before_the_body_is_complete_keeps_the_password(database: Database) {
    let app = spawn_serial(&database).await;
    let boss = token_of_boss(&app, &database).await;

    let change = json!({ "current_password": PASSWORD, "new_password": "another horse" });
    let held = app.hold("PUT", "/me/password", &boss, &change);
    after_earlier_checks(&app, &boss).await;
    app.post_as(&boss, "/logout", &json!({})).await;
    let response = held.finish().await;

    assert_eq!(response.code(), (401, "token_revoked"));
    assert_eq!(app.log_in("boss").await.status, 200);
}

/// With a single database connection, so that requests are checked in the order in which they arrive.
async fn spawn_serial(database: &Database) -> TestApp {
    spawn_with(database, 1).await
}
