//! `GET` and `DELETE /users/{username}`, `POST /users/{username}/revoke-sessions`, and who may use them.

use serde_json::{Value, json};
use service_kit::testing::{error, send};

use super::{actions, delete, patch, reset_token, use_token};
use crate::support::{Database, TestApp, begin_session, status_of};

const NO_SUCH_USER: (u16, &str) = (404, "no_such_user");

on_both_databases!(
    an_admin_finds_a_user_by_any_spelling_of_the_name,
    a_name_in_the_path_may_contain_any_character,
    only_admins_may_administer,
    an_unknown_user_is_not_found,
    id_and_name_of_a_deleted_user_are_never_reused,
    all_sessions_of_a_user_are_ended_and_counted,
);

async fn an_admin_finds_a_user_by_any_spelling_of_the_name(database: Database) {
    let app = TestApp::spawn(database.clone()).await;
    app.register("Müller").await;
    database.execute("UPDATE users SET created_at = 1000, last_login_at = 2000, disabled_at = 3000 WHERE id = 2");
    let admin = app.token_of("admin").await;

    for name in ["M%C3%BCller", "m%c3%bcller", "MU%CC%88LLER"] {
        let response = app.get_as(&admin, &format!("/users/{name}")).await;

        let expected = json!({
            "id": 2, "username": "Müller", "role": "user", "disabled": true, "created_at": 1000, "last_login_at": 2000,
        });
        assert_eq!((response.status, response.json()), (200, expected), "{name}");
    }
    database.execute("UPDATE users SET last_login_at = NULL, disabled_at = NULL WHERE id = 2");
    let never_logged_in = app.get_as(&admin, "/users/M%C3%BCller").await.json();
    assert_eq!((&never_logged_in["last_login_at"], &never_logged_in["disabled"]), (&Value::Null, &json!(false)));
}

async fn a_name_in_the_path_may_contain_any_character(database: Database) {
    let app = TestApp::spawn(database).await;
    let admin = app.token_of("admin").await;

    for (name, path) in [
        ("用户", "%E7%94%A8%E6%88%B7"),
        ("a b", "a%20b"),
        ("a+b", "a+b"),
        ("%00", "%2500"),
        ("../x", "..%2Fx"),
        ("?#", "%3F%23"),
        ("o'brien; DROP TABLE users", "o'brien;%20DROP%20TABLE%20users"),
        ("password-reset", "password-reset"),
        ("😀", "%F0%9F%98%80"),
    ] {
        app.register(name).await;

        let shown = app.get_as(&admin, &format!("/users/{path}")).await;
        let changed = patch(&app, &admin, path, &json!({ "role": "editor" })).await;

        assert_eq!(shown.json()["username"], name, "{path}");
        assert_eq!((changed.status, &changed.json()["role"]), (200, &json!("editor")), "{path}");
    }
}

async fn only_admins_may_administer(database: Database) {
    let app = TestApp::spawn(database.clone()).await;
    app.register("eve").await;
    let user = app.token_of_new("john").await;
    let before = database.rows("SELECT username || role AS text FROM users ORDER BY id");

    for (method, path) in [
        ("GET", "/users/eve"),
        ("PATCH", "/users/eve"),
        ("DELETE", "/users/eve"),
        ("POST", "/users/eve/password-reset"),
        ("POST", "/users/eve/revoke-sessions"),
        ("GET", "/audit"),
    ] {
        let anonymous = send(app.request(method, path).json(&json!({ "role": "admin" }))).await;
        let user = send(app.request(method, path).bearer_auth(&user).json(&json!({ "role": "admin" }))).await;

        let missing = error(401, "missing_token", "Missing Authorization Header");
        assert_eq!(anonymous.error(), missing, "{method} {path}");
        assert_eq!(user.error(), error(403, "forbidden", "Admin access required"), "{method} {path}");
    }
    assert_eq!(database.rows("SELECT username || role AS text FROM users ORDER BY id"), before);
}

async fn an_unknown_user_is_not_found(database: Database) {
    let app = TestApp::spawn(database).await;
    let admin = app.token_of("admin").await;

    for name in ["nobody", "%00", "%20", "a%0Ab", "%FF", "2", "x%2Fpassword-reset", &"x".repeat(81)] {
        for (method, path) in [
            ("GET", format!("/users/{name}")),
            ("PATCH", format!("/users/{name}")),
            ("DELETE", format!("/users/{name}")),
            ("POST", format!("/users/{name}/password-reset")),
            ("POST", format!("/users/{name}/revoke-sessions")),
        ] {
            let response = send(app.request(method, &path).bearer_auth(&admin).json(&json!({ "role": "user" }))).await;

            assert_eq!(response.code(), NO_SUCH_USER, "{method} {path}");
        }
    }
}

async fn id_and_name_of_a_deleted_user_are_never_reused(database: Database) {
    let app = TestApp::spawn(database.clone()).await;
    let token = app.token_of_new("john").await;
    begin_session(&database, "john-1", 2);
    let admin = app.token_of("admin").await;
    let reset = reset_token(&app, &admin, "john").await;

    let deleted = delete(&app, &admin, "john").await;
    let again = delete(&app, &admin, "john").await;

    assert_eq!((deleted.status, &*deleted.body), (204, ""));
    assert_eq!(again.code(), NO_SUCH_USER);
    assert_eq!(status_of(&database, "john-1"), "ended 1");
    assert_eq!(app.get_as(&token, "/me").await.status, 401);
    assert_eq!(app.log_in("john").await.error().1, "invalid_credentials");
    assert_eq!(app.register("JOHN").await.error().1, "username_taken");
    app.register("jane").await;
    assert_eq!(app.get_as(&admin, "/users/jane").await.json()["id"], 3);
    assert_eq!(use_token(&app, &reset, "another horse").await.code(), (400, "invalid_reset_token"));
}

async fn all_sessions_of_a_user_are_ended_and_counted(database: Database) {
    let app = TestApp::spawn(database.clone()).await;
    app.register("john").await;
    for id in ["john-1", "john-2"] {
        begin_session(&database, id, 2);
    }
    begin_session(&database, "admin-1", 1);
    let admin = app.token_of("admin").await;
    let revoke = async || send(app.request("POST", "/users/john/revoke-sessions").bearer_auth(&admin)).await;

    let (first, second) = (revoke().await, revoke().await);

    assert_eq!((first.status, first.json()), (200, json!({ "revoked": 2 })));
    assert_eq!((second.status, second.json()), (200, json!({ "revoked": 0 })));
    let statuses = ["john-1", "john-2", "admin-1"].map(|id| status_of(&database, id));
    assert_eq!(statuses, ["ended 1", "ended 1", "live 0"]);
    assert_eq!(actions(&database), ["user_created admin", "registered john", "sessions_revoked john"]);
}
