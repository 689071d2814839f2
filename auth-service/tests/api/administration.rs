//! What admins may do to the accounts of others: `/users/{username}` and below, and `POST /password-reset`.

use futures_util::future::{join, join_all};
use serde_json::{Value, json};
use shared::testing::{Answer, error, send};

use crate::support::{Database, PASSWORD, TestApp, and_admin, begin_session, config_for, status_of};

on_both_databases!(
    an_admin_sees_a_user_by_any_spelling_of_the_name,
    a_name_in_the_path_may_have_any_character,
    nobody_but_an_admin_may_administer,
    a_user_who_is_not_there_is_not_found,
    another_role_makes_access_tokens_stale_and_ends_no_session,
    somebody_who_is_disabled_has_no_sessions_any_more,
    what_is_so_already_is_not_changed,
    a_change_that_is_none_is_refused,
    the_number_of_a_deleted_user_never_comes_back,
    all_sessions_of_a_user_are_ended_and_counted,
    the_last_admin_who_can_log_in_stays,
    of_two_last_admins_who_go_at_once_one_stays,
    a_reset_token_sets_a_password_once,
    of_16_uses_of_one_reset_token_at_once_one_counts,
    a_reset_token_counts_for_as_long_as_the_setting_says,
    only_the_last_reset_token_counts,
    a_reset_token_that_is_none_is_refused_in_the_same_words,
    a_password_that_is_none_does_not_use_up_the_token,
);

const NO_SUCH_USER: (u16, &str, &str) = (404, "no_such_user", "There is no such user");
const LAST_ADMIN: &str = "This is the last admin who can log in; make another one first";
const BAD_TOKEN: &str = "The token is not valid, or no longer";

async fn an_admin_sees_a_user_by_any_spelling_of_the_name(database: Database) {
    let app = TestApp::spawn(database.clone()).await;
    app.register("Müller").await;
    database.execute("UPDATE users SET created_at = 1000, last_login_at = 2000, disabled_at = 3000 WHERE id = 2");
    let admin = app.token_of("admin").await;

    for name in ["M%C3%BCller", "m%c3%bcller", "MU%CC%88LLER"] {
        let answer = app.get_as(&admin, &format!("/users/{name}")).await;

        let expected = json!({
            "id": 2, "username": "Müller", "role": "user", "disabled": true, "created_at": 1000, "last_login_at": 2000,
        });
        assert_eq!((answer.status, answer.json()), (200, expected), "{name}");
    }
    database.execute("UPDATE users SET last_login_at = NULL, disabled_at = NULL WHERE id = 2");
    let never_in = app.get_as(&admin, "/users/M%C3%BCller").await.json();
    assert_eq!((&never_in["last_login_at"], &never_in["disabled"]), (&Value::Null, &json!(false)));
}

async fn a_name_in_the_path_may_have_any_character(database: Database) {
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

async fn nobody_but_an_admin_may_administer(database: Database) {
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
        let stranger = send(app.request(method, path).json(&json!({ "role": "admin" }))).await;
        let user = send(app.request(method, path).bearer_auth(&user).json(&json!({ "role": "admin" }))).await;

        let missing = error(401, "missing_token", "Missing Authorization Header");
        assert_eq!(stranger.error(), missing, "{method} {path}");
        assert_eq!(user.error(), error(403, "forbidden", "Admin access required"), "{method} {path}");
    }
    assert_eq!(database.rows("SELECT username || role AS text FROM users ORDER BY id"), before);
}

async fn a_user_who_is_not_there_is_not_found(database: Database) {
    let app = TestApp::spawn(database).await;
    let admin = app.token_of("admin").await;
    let (status, code, message) = NO_SUCH_USER;

    for name in ["nobody", "%00", "%20", "a%0Ab", "%FF", "2", "x%2Fpassword-reset", &"x".repeat(81)] {
        for (method, path) in [
            ("GET", format!("/users/{name}")),
            ("PATCH", format!("/users/{name}")),
            ("DELETE", format!("/users/{name}")),
            ("POST", format!("/users/{name}/password-reset")),
            ("POST", format!("/users/{name}/revoke-sessions")),
        ] {
            let answer = send(app.request(method, &path).bearer_auth(&admin).json(&json!({ "role": "user" }))).await;

            assert_eq!(answer.error(), error(status, code, message), "{method} {path}");
        }
    }
}

async fn another_role_makes_access_tokens_stale_and_ends_no_session(database: Database) {
    let app = TestApp::spawn(database.clone()).await;
    for username in ["john", "eve"] {
        app.register(username).await;
    }
    for (id, user) in [("john-1", 2), ("john-2", 2), ("eve-1", 3)] {
        begin_session(&database, id, user);
    }

    let answer = patch(&app, &app.token_of("admin").await, "JOHN", &json!({ "role": "editor" })).await;

    assert_eq!((answer.status, &answer.json()["role"]), (200, &json!("editor")));
    let statuses = ["john-1", "john-2", "eve-1"].map(|id| status_of(&database, id));
    assert_eq!(statuses, ["live 3", "live 3", "live 0"]);
    assert_ne!(list_version(&database), "0");
}

async fn somebody_who_is_disabled_has_no_sessions_any_more(database: Database) {
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
    assert_eq!(statuses, ["over 1", "over 1", "live 0"]);
    assert_eq!((enabled.status, &enabled.json()["disabled"]), (200, &json!(false)));
    assert_eq!(status_of(&database, "john-1"), "over 1");
}

async fn what_is_so_already_is_not_changed(database: Database) {
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
        let answer = patch(&app, &admin, "john", &change).await;

        assert_eq!((answer.status, &answer.json()["username"]), (200, &json!("john")), "{change}");
    }
    assert_eq!(status_of(&database, "john-1"), "live 0");
    assert_eq!(actions(&database), ["user_created admin", "registered john"]);
}

async fn a_change_that_is_none_is_refused(database: Database) {
    let app = TestApp::spawn(database.clone()).await;
    app.register("john").await;
    let admin = app.token_of("admin").await;
    let shape = r#"The body must be a JSON object with nothing but the text "role" or "disabled" (true or false)"#;

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
        let answer = patch(&app, &admin, "john", &change).await;

        assert_eq!(answer.error(), error(400, "invalid_request", shape), "{change}");
    }
    for role in ["", "Admin", "super user", "admin\0"] {
        let answer = patch(&app, &admin, "john", &json!({ "role": role })).await;

        let message =
            "Invalid role: a role is 1 to 20 lower-case letters, digits, '-' and '_', beginning with a letter";
        assert_eq!(answer.error(), error(400, "invalid_request", message), "{role:?}");
    }
    let put = send(app.request("PUT", "/users/john").bearer_auth(&admin).json(&json!({ "role": "admin" }))).await;
    assert_eq!((put.status, put.header("allow")), (405, Some("GET, HEAD, PATCH, DELETE")));
    assert_eq!(actions(&database), ["user_created admin", "registered john"]);
}

async fn the_number_of_a_deleted_user_never_comes_back(database: Database) {
    let app = TestApp::spawn(database.clone()).await;
    let token = app.token_of_new("john").await;
    begin_session(&database, "john-1", 2);
    let admin = app.token_of("admin").await;
    let reset = reset_token(&app, &admin, "john").await;

    let deleted = delete(&app, &admin, "john").await;
    let again = delete(&app, &admin, "john").await;

    assert_eq!((deleted.status, &*deleted.body), (204, ""));
    assert_eq!(again.error(), error(NO_SUCH_USER.0, NO_SUCH_USER.1, NO_SUCH_USER.2));
    assert_eq!(status_of(&database, "john-1"), "over 1");
    assert_eq!(app.get_as(&token, "/me").await.status, 401);
    assert_eq!(app.log_in("john").await.error().1, "invalid_credentials");
    app.register("john").await;
    assert_eq!(app.get_as(&admin, "/users/john").await.json()["id"], 3);
    assert_eq!(use_token(&app, &reset, "another horse").await.error(), error(400, "invalid_reset_token", BAD_TOKEN));
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
    assert_eq!(statuses, ["over 1", "over 1", "live 0"]);
    assert_eq!(actions(&database), ["user_created admin", "registered john", "sessions_revoked john"]);
}

async fn the_last_admin_who_can_log_in_stays(database: Database) {
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
        let answer = patch(&app, &admin, "admin", &change).await;

        assert_eq!(answer.error(), error(409, "last_admin", LAST_ADMIN), "{change}");
    }
    assert_eq!(delete(&app, &admin, "admin").await.error(), error(409, "last_admin", LAST_ADMIN));
    // One who cannot log in anyway may go, and whoever is enabled makes room for the other.
    assert_eq!(patch(&app, &admin, "boss", &json!({ "disabled": false })).await.status, 200);
    assert_eq!(patch(&app, &admin, "admin", &json!({ "role": "user" })).await.status, 200);
    assert_eq!(patch(&app, &admin, "boss", &json!({ "role": "user" })).await.status, 403);
    assert_eq!(enabled_admins(&database), ["boss"]);
}

async fn of_two_last_admins_who_go_at_once_one_stays(database: Database) {
    let app = TestApp::spawn(database.clone()).await;
    app.register("boss").await;
    let ways = [json!({ "role": "user" }), json!({ "disabled": true }), Value::Null];

    for round in 0..9 {
        database.execute("UPDATE users SET role = 'admin', disabled_at = NULL");
        let (admin, boss) = join(app.token_of("admin"), app.token_of("boss")).await;
        let go = async |token: &str, name: &str, way: &Value| match way {
            Value::Null => delete(&app, token, name).await,
            change => patch(&app, token, name, change).await,
        };

        // Each sends the other away.
        let (one, other) = join(go(&admin, "boss", &ways[round % 3]), go(&boss, "admin", &ways[round / 3])).await;

        let gone = [&one, &other].iter().filter(|answer| matches!(answer.status, 200 | 204)).count();
        // Too late to be the last one, or no admin any more.
        let refused = [&one, &other].iter().filter(|answer| matches!(answer.status, 401 | 403 | 409)).count();
        assert_eq!((gone, refused), (1, 1), "{one:?} {other:?}");
        assert_eq!(enabled_admins(&database).len(), 1);
        for name in ["admin", "boss"] {
            app.register(name).await;
        }
    }
}

async fn a_reset_token_sets_a_password_once(database: Database) {
    let app = TestApp::spawn(database.clone()).await;
    app.register("john").await;
    begin_session(&database, "john-1", 2);
    let admin = app.token_of("admin").await;

    let offered = send(app.request("POST", "/users/john/password-reset").bearer_auth(&admin)).await;
    let token = offered.json()["reset_token"].as_str().unwrap().to_owned();
    let before = status_of(&database, "john-1");
    let used = use_token(&app, &token, "another horse").await;
    let again = use_token(&app, &token, "a third horse").await;

    assert_eq!((offered.status, offered.header("cache-control")), (200, Some("no-store")));
    assert_eq!((token.len(), &offered.json()["expires_in"]), (43, &json!(3600)));
    assert_eq!(before, "live 0");
    assert_eq!((used.status, &*used.body), (204, ""));
    assert_eq!(status_of(&database, "john-1"), "over 1");
    assert_eq!(again.error(), error(400, "invalid_reset_token", BAD_TOKEN));
    for (password, status) in [(PASSWORD, 401), ("another horse", 200), ("a third horse", 401)] {
        let login = json!({ "username": "john", "password": password });
        assert_eq!(app.post("/login", &login).await.status, status, "{password}");
    }
}

async fn of_16_uses_of_one_reset_token_at_once_one_counts(database: Database) {
    let app = TestApp::spawn(database).await;
    app.register("john").await;
    let token = reset_token(&app, &app.token_of("admin").await, "john").await;
    let passwords: Vec<_> = (0..16).map(|number| format!("password {number}")).collect();

    let answers = join_all(passwords.iter().map(|password| use_token(&app, &token, password))).await;

    let mut set = vec![];
    for (answer, password) in answers.iter().zip(&passwords) {
        match answer.status {
            204 => set.push(password),
            _ => assert_eq!(answer.error(), error(400, "invalid_reset_token", BAD_TOKEN)),
        }
    }
    assert_eq!(set.len(), 1);
    let login = json!({ "username": "john", "password": set[0] });
    assert_eq!(app.post("/login", &login).await.status, 200);
}

async fn a_reset_token_counts_for_as_long_as_the_setting_says(database: Database) {
    let mut config = and_admin(config_for(&database));
    config.passwords.reset_ttl_secs = 600;
    let app = TestApp::spawn_with(database.clone(), config).await;
    app.register("john").await;
    let admin = app.token_of("admin").await;
    let offered = send(app.request("POST", "/users/john/password-reset").bearer_auth(&admin)).await.json();
    let token = offered["reset_token"].as_str().unwrap();
    database.execute("UPDATE password_resets SET expires_at = expires_at - 600");

    let answer = use_token(&app, token, "another horse").await;

    assert_eq!(offered["expires_in"], 600);
    assert_eq!(answer.error(), error(400, "invalid_reset_token", BAD_TOKEN));
    assert_eq!(app.log_in("john").await.status, 200);
}

async fn only_the_last_reset_token_counts(database: Database) {
    let app = TestApp::spawn(database.clone()).await;
    for name in ["john", "eve"] {
        app.register(name).await;
    }
    let admin = app.token_of("admin").await;
    let first = reset_token(&app, &admin, "john").await;
    let of_eve = reset_token(&app, &admin, "eve").await;
    let second = reset_token(&app, &admin, "john").await;

    let [first, second, of_eve] = [&first, &second, &of_eve].map(|token| use_token(&app, token, "another horse"));

    assert_eq!(first.await.error(), error(400, "invalid_reset_token", BAD_TOKEN));
    assert_eq!((second.await.status, of_eve.await.status), (204, 204));
    assert_eq!(database.rows("SELECT token_hash AS text FROM password_resets"), Vec::<String>::new());
}

async fn a_reset_token_that_is_none_is_refused_in_the_same_words(database: Database) {
    let app = TestApp::spawn(database.clone()).await;
    app.register("john").await;
    let good = reset_token(&app, &app.token_of("admin").await, "john").await;
    let stored = database.rows("SELECT token_hash AS text FROM password_resets").remove(0);

    assert_ne!(good, stored);
    for token in ["", "x", "\0", "%00", &good[1..], &format!("{good}A"), &stored, &"x".repeat(20_000)] {
        let answer = use_token(&app, token, "another horse").await;

        assert_eq!(answer.error(), error(400, "invalid_reset_token", BAD_TOKEN), "{token}");
    }
    for body in [json!({ "token": good }), json!({ "token": 1, "password": "another horse" }), json!([])] {
        let answer = app.post("/password-reset", &body).await;

        let shape = r#"The body must be a JSON object with the texts "token" and "password""#;
        assert_eq!(answer.error(), error(400, "invalid_request", shape), "{body}");
    }
    assert_eq!(app.get("/password-reset").await.status, 405);
    assert_eq!(use_token(&app, &good, "another horse").await.status, 204);
}

async fn a_password_that_is_none_does_not_use_up_the_token(database: Database) {
    let app = TestApp::spawn(database).await;
    app.register("john").await;
    let token = reset_token(&app, &app.token_of("admin").await, "john").await;

    let too_short = use_token(&app, &token, "short").await;
    let good = use_token(&app, &token, "another horse").await;

    assert_eq!(too_short.error(), error(400, "invalid_request", "A password has 8 to 1024 bytes"));
    assert_eq!(good.status, 204);
}

async fn patch(app: &TestApp, token: &str, name: &str, change: &Value) -> Answer {
    send(app.request("PATCH", &format!("/users/{name}")).bearer_auth(token).json(change)).await
}

async fn delete(app: &TestApp, token: &str, name: &str) -> Answer {
    send(app.request("DELETE", &format!("/users/{name}")).bearer_auth(token)).await
}

async fn reset_token(app: &TestApp, token: &str, name: &str) -> String {
    let request = app.request("POST", &format!("/users/{name}/password-reset")).bearer_auth(token);
    send(request).await.json()["reset_token"].as_str().unwrap().to_owned()
}

async fn use_token(app: &TestApp, token: &str, password: &str) -> Answer {
    app.post("/password-reset", &json!({ "token": token, "password": password })).await
}

/// What the audit log tells, but for log-ins.
fn actions(database: &Database) -> Vec<String> {
    database.rows(
        "SELECT action || ' ' || COALESCE(subject, '') AS text FROM audit_log WHERE action NOT LIKE 'log%' ORDER BY id",
    )
}

fn enabled_admins(database: &Database) -> Vec<String> {
    database.rows("SELECT username AS text FROM users WHERE role = 'admin' AND disabled_at IS NULL")
}

fn list_version(database: &Database) -> String {
    database.rows("SELECT CAST(version AS TEXT) AS text FROM status_lists WHERE id = 1000").remove(0)
}
