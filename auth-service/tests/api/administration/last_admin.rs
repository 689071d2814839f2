//! The last admin who can log in cannot be removed.

use futures_util::future::join;
use serde_json::{Value, json};

use super::{delete, patch};
use crate::support::{Database, TestApp};

on_both_databases!(
    the_last_admin_who_can_log_in_cannot_be_removed,
    two_last_admins_cannot_remove_each_other_concurrently,
);

async fn the_last_admin_who_can_log_in_cannot_be_removed(database: Database) {
    let app = TestApp::spawn(database.clone()).await;
    app.register("boss").await;
    database.execute("UPDATE users SET role = 'admin', disabled_at = 1 WHERE username = 'boss'");
    let admin = app.token_of("admin").await;

    for change in [
        json!({ "role": "user" }),
        json!({ "disabled": true }),
        json!({ "role": "user", "disabled": true }),
        json!({ "role": "editor", "disabled": false }),
    ] {
        let response = patch(&app, &admin, "admin", &change).await;

        assert_eq!(response.code(), (409, "last_admin"), "{change}");
    }
    assert_eq!(delete(&app, &admin, "admin").await.code(), (409, "last_admin"));
    // With a second admin enabled, the first one can be demoted.
    assert_eq!(patch(&app, &admin, "boss", &json!({ "disabled": false })).await.status, 200);
    assert_eq!(patch(&app, &admin, "admin", &json!({ "role": "user" })).await.status, 200);
    let stale = patch(&app, &admin, "boss", &json!({ "role": "user" })).await;
    assert_eq!(stale.code(), (401, "claims_stale"));
    assert_eq!(patch(&app, &app.token_of("admin").await, "boss", &json!({ "role": "user" })).await.status, 403);
    assert_eq!(enabled_admins(&database), ["boss"]);
}

async fn two_last_admins_cannot_remove_each_other_concurrently(database: Database) {
    let app = TestApp::spawn(database.clone()).await;
    app.register("boss").await;
    let ways = [json!({ "role": "user" }), json!({ "disabled": true }), Value::Null];

    for round in 0..9 {
        database.execute("UPDATE users SET role = 'admin', disabled_at = NULL");
        let (admin, boss) = join(app.token_of("admin"), app.token_of("boss")).await;
        let remove = async |token: &str, name: &str, way: &Value| match way {
            Value::Null => delete(&app, token, name).await,
            change => patch(&app, token, name, change).await,
        };

        let (one, other) =
            join(remove(&admin, "boss", &ways[round % 3]), remove(&boss, "admin", &ways[round / 3])).await;

        let removed = [&one, &other].iter().filter(|response| matches!(response.status, 200 | 204)).count();
        // Its target is the last admin, or its sender no longer is one.
        let rejected = [&one, &other].iter().filter(|response| matches!(response.status, 401 | 403 | 409)).count();
        assert_eq!((removed, rejected), (1, 1), "{one:?} {other:?}");
        assert_eq!(enabled_admins(&database).len(), 1);
        // Otherwise the name of the one who was deleted would be refused.
        database.execute("DELETE FROM deleted_usernames");
        for name in ["admin", "boss"] {
            app.register(name).await;
        }
    }
}

fn enabled_admins(database: &Database) -> Vec<String> {
    database.rows("SELECT username AS text FROM users WHERE role = 'admin' AND disabled_at IS NULL")
}
