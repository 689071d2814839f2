//! `PATCH /users/{username}`: role changes, disabling and enabling.

use serde_json::json;
use service_kit::testing::send;

use super::{actions, patch};
use crate::support::{Database, TestApp, begin_session, status_of};

on_both_databases!(
    a_role_change_makes_access_tokens_stale_and_ends_no_session,
    disabling_a_user_ends_all_their_sessions,
    a_change_without_effect_writes_nothing,
    an_invalid_change_is_rejected,
);

async fn a_role_change_makes_access_tokens_stale_and_ends_no_session(database: Database) {
    let app = TestApp::spawn(database.clone()).await;
    for username in ["john", "eve"] {
        app.register(username).await;
    }
    for (id, user) in [("john-1", 2), ("john-2", 2), ("eve-1", 3)] {
        begin_session(&database, id, user);
    }

    let response = patch(&app, &app.token_of("admin").await, "JOHN", &json!({ "role": "editor" })).await;

    assert_eq!((response.status, &response.json()["role"]), (200, &json!("editor")));
    let statuses = ["john-1", "john-2", "eve-1"].map(|id| status_of(&database, id));
    assert_eq!(statuses, ["live 3", "live 3", "live 0"]);
    assert_ne!(list_version(&database), "0");
}

async fn disabling_a_user_ends_all_their_sessions(database: Database) {
    let app = TestApp::spawn(database.clone()).await;
    let admin = app.token_of("admin").await;
    for username in ["john", "eve"] {
        app.register(username).await;
    }
    for (id, user) in [("john-1", 2), ("john-2", 2), ("eve-1", 3)] {
        begin_session(&database, id, user);
    }

    let disabled = patch(&app, &admin, "john", &json!({ "disabled": true })).await;
    let statuses = ["john-1", "john-2", "eve-1"].map(|id| status_of(&database, id));
    let enabled = patch(&app, &admin, "john", &json!({ "disabled": false })).await;

    assert_eq!((disabled.status, &disabled.json()["disabled"]), (200, &json!(true)));
    assert_eq!(statuses, ["ended 1", "ended 1", "live 0"]);
    assert_eq!((enabled.status, &enabled.json()["disabled"]), (200, &json!(false)));
    assert_eq!(status_of(&database, "john-1"), "ended 1");
}

async fn a_change_without_effect_writes_nothing(database: Database) {
    let app = TestApp::spawn(database.clone()).await;
    app.register("john").await;
    begin_session(&database, "john-1", 2);
    let admin = app.token_of("admin").await;

    for change in [
        json!({}),
        json!({ "role": "user" }),
        json!({ "disabled": false }),
        json!({ "role": null, "disabled": null }),
        json!({ "role": "user", "disabled": false }),
    ] {
        let response = patch(&app, &admin, "john", &change).await;

        assert_eq!((response.status, &response.json()["username"]), (200, &json!("john")), "{change}");
    }
    assert_eq!(status_of(&database, "john-1"), "live 0");
    assert_eq!(actions(&database), ["user_created admin", "registered john"]);
}

async fn an_invalid_change_is_rejected(database: Database) {
    let app = TestApp::spawn(database.clone()).await;
    app.register("john").await;
    let admin = app.token_of("admin").await;

    for change in [
        json!({ "roll": "admin" }),
        json!({ "role": 1 }),
        json!({ "role": ["admin"] }),
        json!({ "disabled": "true" }),
        json!({ "disabled": 1 }),
        json!({ "role": "admin", "username": "eve" }),
        json!({ "id": 7 }),
        json!([]),
        json!(null),
    ] {
        let response = patch(&app, &admin, "john", &change).await;

        assert_eq!(response.code(), (400, "invalid_request"), "{change}");
    }
    for role in ["", "Admin", "super user", "admin\0"] {
        let response = patch(&app, &admin, "john", &json!({ "role": role })).await;

        assert_eq!(response.code(), (400, "invalid_request"), "{role:?}");
    }
    let put = send(app.request("PUT", "/users/john").bearer_auth(&admin).json(&json!({ "role": "admin" }))).await;
    assert_eq!((put.status, put.header("allow")), (405, Some("GET, HEAD, PATCH, DELETE")));
    assert_eq!(actions(&database), ["user_created admin", "registered john"]);
}

fn list_version(database: &Database) -> String {
    database.rows("SELECT CAST(version AS TEXT) AS text FROM status_lists WHERE id = 1000").remove(0)
}
