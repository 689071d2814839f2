//! Sessions: listed, ended one by one, and ended all at once.

use serde_json::{Value, json};
use service_kit::{
    List,
    testing::{Response, error, send},
};
use shared::UnixTime;

use crate::support::{Database, PASSWORD, TestApp, and_admin, claims_of, config_for};

on_both_databases!(
    users_see_their_own_sessions,
    users_do_not_see_the_sessions_of_others,
    the_client_address_comes_from_a_trusted_proxy,
    ending_a_session_revokes_its_tokens,
    the_session_of_another_user_is_not_found,
    a_logout_ends_the_session_of_the_token,
    a_logout_accepts_a_refresh_token_and_is_idempotent,
    a_logout_without_a_token_is_rejected,
    all_sessions_end_at_once,
    all_sessions_except_the_current_one_end,
    a_failed_login_is_in_the_audit_log,
    only_the_correct_password_reveals_that_a_user_is_disabled,
    reauthentication_makes_the_session_fresh,
    a_wrong_password_yields_no_fresh_token,
    sessions_are_listed_in_pages,
    an_invalid_page_is_rejected,
    a_login_beyond_the_limit_ends_the_least_recently_used_session,
    a_login_ends_a_few_of_many_sessions,
);

async fn users_see_their_own_sessions(database: Database) {
    let app = TestApp::spawn(database).await;
    let login = json!({ "username": "admin", "password": PASSWORD });
    send(app.request("POST", "/login").header("User-Agent", "phone").json(&login)).await;
    let token = app.token_of("admin").await;

    let sessions = app.get_as(&token, "/sessions").await.json()["sessions"].take();

    let of_device = |device: &str| sessions.as_array().unwrap().iter().find(|it| it["device"] == device).cloned();
    let phone = of_device("phone").unwrap();
    assert_eq!((&phone["current"], &phone["address"]), (&json!(false), &json!("127.0.0.1")));
    let current: Vec<_> = sessions.as_array().unwrap().iter().filter(|it| it["current"] == true).collect();
    assert_eq!(current.len(), 1);
    assert_eq!(current[0]["id"], json!(claims_of(&token).sid));
    assert_eq!(current[0]["created_at"], json!(claims_of(&token).iat));
}

async fn sessions_are_listed_in_pages(database: Database) {
    let app = TestApp::spawn(database.clone()).await;
    insert_sessions(&database, 1, 250);
    let token = app.token_of("admin").await;

    let first = app.get_as(&token, "/sessions").await.json();
    let (mut ids, mut path) = (vec![], "/sessions?limit=60".to_owned());
    loop {
        let page = app.get_as(&token, &path).await.json();
        ids.extend(page["sessions"].as_array().unwrap().iter().map(|it| it["id"].as_str().unwrap().to_owned()));
        let Some(next) = page["next_after"].as_str() else { break };
        path = format!("/sessions?limit=60&after={next}");
    }

    assert_eq!(first["sessions"].as_array().unwrap().len(), 100);
    assert_eq!(first["sessions"][0]["current"], true);
    assert_eq!(ids.len(), 251);
    let most_recent_first =
        "SELECT id AS text FROM sessions WHERE revoked_at IS NULL ORDER BY last_used_at DESC, id DESC";
    assert_eq!(ids, database.rows(most_recent_first));
}

async fn an_invalid_page_is_rejected(database: Database) {
    let app = TestApp::spawn(database).await;
    let token = app.token_of("admin").await;

    for query in ["after=1", "after=x.y", "after=", "limit=0", "limit=1001", "before=1"] {
        let response = app.get_as(&token, &format!("/sessions?{query}")).await;

        assert_eq!(response.code(), (400, "invalid_request"), "{query}");
    }
}

async fn a_login_beyond_the_limit_ends_the_least_recently_used_session(database: Database) {
    let mut config = and_admin(config_for(&database));
    config.limits.sessions_per_user = 3;
    let app = TestApp::spawn_with(database.clone(), config).await;
    app.register("john").await;
    let mut logins = vec![];
    for _ in 0..3 {
        logins.push(app.log_in("john").await);
    }
    let ids: Vec<_> = logins.iter().map(|it| claims_of(&access_token(it)).sid.unwrap()).collect();
    for (id, earlier) in [(&ids[1], 5), (&ids[2], 10)] {
        database.execute(&format!("UPDATE sessions SET last_used_at = last_used_at - {earlier} WHERE id = '{id}'"));
    }

    app.log_in("admin").await;
    let next = app.log_in("john").await;

    assert_eq!(next.status, 200);
    assert_eq!(ids.iter().map(|id| statuses(&database, id)).collect::<Vec<_>>(), [["0"], ["0"], ["1"]]);
    assert_eq!(refresh(&app, &logins[2]).await.error().1, "token_revoked");
    for kept in [&logins[0], &logins[1], &next] {
        assert_eq!(refresh(&app, kept).await.status, 200);
    }
    let audit =
        "SELECT actor || ' ' || subject || ' ' || detail AS text FROM audit_log WHERE action = 'sessions_ended'";
    assert_eq!(database.rows(audit), [format!("john john over the limit: {}", ids[2])]);
}

async fn a_login_ends_a_few_of_many_sessions(database: Database) {
    let app = TestApp::spawn(database.clone()).await;
    insert_sessions(&database, 1, 1100);

    app.log_in("admin").await;

    // With the new one, 101 are too many.
    let ended = "SELECT id AS text FROM sessions WHERE revoked_at IS NOT NULL ORDER BY id DESC";
    assert_eq!(database.rows(ended), (97..=100).rev().map(inserted_id).collect::<Vec<_>>());
}

/// Sessions of a user, the first ones the least recently used, some at the same time.
fn insert_sessions(database: &Database, user: i64, count: usize) {
    let later = UnixTime::now().seconds() + 600;
    let rows: Vec<_> = (0..count)
        .map(|n| {
            let (id, used_at) = (inserted_id(n), 1000 + n / 3);
            format!("('{id}', {user}, '', '', 0, {used_at}, 0, 1, 0, {later}, {later})")
        })
        .collect();
    database.execute(&format!(
        "INSERT INTO sessions (id, user_id, device, address, created_at, last_used_at, auth_time, generation, rotated_at, \
         idle_ends_at, ends_at) VALUES {}",
        rows.join(", ")
    ));
}

fn inserted_id(n: usize) -> String {
    format!("00000000-0000-4000-8000-{n:012}")
}

async fn users_do_not_see_the_sessions_of_others(database: Database) {
    let app = TestApp::spawn(database).await;
    app.log_in("admin").await;
    let token = app.token_of_new("john").await;

    let sessions = app.get_as(&token, "/sessions").await.json()["sessions"].take();

    assert_eq!(sessions.as_array().unwrap().len(), 1);
    assert_eq!(app.get("/sessions").await.error().1, "missing_token");
}

async fn the_client_address_comes_from_a_trusted_proxy(database: Database) {
    let mut config = and_admin(config_for(&database));
    config.trusted_proxies = List::from("127.0.0.0/8".to_owned());
    let app = TestApp::spawn_with(database, config).await;
    let login = json!({ "username": "admin", "password": PASSWORD });
    let response = send(app.request("POST", "/login").header("X-Forwarded-For", "192.0.2.7").json(&login)).await;

    let sessions = app.get_as(&access_token(&response), "/sessions").await.json()["sessions"].take();

    assert_eq!(sessions[0]["address"], "192.0.2.7");
}

async fn ending_a_session_revokes_its_tokens(database: Database) {
    let app = TestApp::spawn(database.clone()).await;
    let lost = app.log_in("admin").await;
    let token = app.token_of("admin").await;
    let id = claims_of(&access_token(&lost)).sid.unwrap();

    let ended = send(app.request("DELETE", &format!("/sessions/{id}")).bearer_auth(&token)).await;
    let again = send(app.request("DELETE", &format!("/sessions/{id}")).bearer_auth(&token)).await;

    assert_eq!((ended.status, &*ended.body), (204, ""));
    assert_eq!(again.code(), (404, "session_not_found"));
    assert_eq!(refresh(&app, &lost).await.error().1, "token_revoked");
    assert_eq!(statuses(&database, &id), ["1"]);
    assert_eq!(statuses(&database, &claims_of(&token).sid.unwrap()), ["0"]);
    let audit = database
        .rows("SELECT actor || ' ' || action || ' ' || detail AS text FROM audit_log WHERE action = 'sessions_ended'");
    assert_eq!(audit, [format!("admin sessions_ended session {id}")]);
}

async fn the_session_of_another_user_is_not_found(database: Database) {
    let app = TestApp::spawn(database.clone()).await;
    let id = claims_of(&app.token_of("admin").await).sid.unwrap();
    let token = app.token_of_new("john").await;

    for path in [format!("/sessions/{id}"), "/sessions/x".to_owned(), "/sessions/%00".to_owned()] {
        let response = send(app.request("DELETE", &path).bearer_auth(&token)).await;
        assert_eq!(response.error().1, "session_not_found", "{path}");
    }
    assert_eq!(statuses(&database, &id), ["0"]);
}

async fn a_logout_ends_the_session_of_the_token(database: Database) {
    let app = TestApp::spawn(database.clone()).await;
    let issued = app.log_in("admin").await;
    let other = app.log_in("admin").await;

    let ended = send(app.request("POST", "/logout").bearer_auth(access_token(&issued))).await;

    assert_eq!((ended.status, ended.json()), (200, json!({ "message": "Logged out" })));
    assert_eq!(refresh(&app, &issued).await.error().1, "token_revoked");
    assert_eq!(statuses(&database, &claims_of(&access_token(&issued)).sid.unwrap()), ["1"]);
    assert_eq!(refresh(&app, &other).await.status, 200);
}

async fn a_logout_accepts_a_refresh_token_and_is_idempotent(database: Database) {
    let app = TestApp::spawn(database).await;
    let (one, other) = (app.log_in("admin").await, app.log_in("admin").await);
    let token = one.json()["refresh_token"].take();

    let in_header = send(app.request("POST", "/logout").bearer_auth(token.as_str().unwrap())).await;
    let again = send(app.request("POST", "/logout").bearer_auth(token.as_str().unwrap())).await;
    let in_json = app.post("/logout", &json!({ "refresh_token": other.json()["refresh_token"] })).await;

    assert_eq!((in_header.status, again.status, in_json.status), (200, 200, 200));
    for issued in [one, other] {
        assert_eq!(refresh(&app, &issued).await.error().1, "token_revoked");
    }
}

async fn a_logout_without_a_token_is_rejected(database: Database) {
    let app = TestApp::spawn(database).await;

    let none = send(app.request("POST", "/logout")).await;
    let wrong = send(app.request("POST", "/logout").bearer_auth("rt1.AAAA")).await;

    assert_eq!(none.error().1, "missing_token");
    assert_eq!(wrong.error().1, "invalid_token");
}

async fn all_sessions_end_at_once(database: Database) {
    let app = TestApp::spawn(database).await;
    let (one, other) = (app.log_in("admin").await, app.log_in("admin").await);

    let ended = send(app.request("POST", "/logout-all").bearer_auth(access_token(&one))).await;

    assert_eq!(ended.json(), json!({ "message": "Logged out", "sessions": 2 }));
    for issued in [one, other] {
        assert_eq!(refresh(&app, &issued).await.error().1, "token_revoked");
    }
}

async fn all_sessions_except_the_current_one_end(database: Database) {
    let app = TestApp::spawn(database).await;
    let (one, other) = (app.log_in("admin").await, app.log_in("admin").await);
    let post = async |path: &str| send(app.request("POST", path).bearer_auth(access_token(&one))).await;

    let wrong = post("/logout-all?except=others").await;
    let ended = post("/logout-all?except=current").await;

    assert_eq!((wrong.status, wrong.error().1), (400, "invalid_request".to_owned()));
    assert_eq!(ended.json()["sessions"], 1);
    assert_eq!(refresh(&app, &one).await.status, 200);
    assert_eq!(refresh(&app, &other).await.error().1, "token_revoked");
}

async fn a_failed_login_is_in_the_audit_log(database: Database) {
    let app = TestApp::spawn(database.clone()).await;

    app.post("/login", &json!({ "username": "Admin", "password": "wrong" })).await;
    app.post("/login", &json!({ "username": " no name ", "password": "wrong" })).await;

    let columns = "action || ' ' || COALESCE(subject, '?') || ' ' || address || ' ' || COALESCE(actor, '?')";
    let audit =
        database.rows(&format!("SELECT {columns} AS text FROM audit_log WHERE action <> 'user_created' ORDER BY id"));
    assert_eq!(audit, ["log_in_failed admin 127.0.0.1 ?", "log_in_failed ? 127.0.0.1 ?"]);
}

async fn only_the_correct_password_reveals_that_a_user_is_disabled(database: Database) {
    let app = TestApp::spawn(database.clone()).await;
    app.register("john").await;
    database.execute("UPDATE users SET disabled_at = 1 WHERE username = 'john'");

    let right = app.log_in("john").await;
    let wrong = app.post("/login", &json!({ "username": "john", "password": "wrong" })).await;

    assert_eq!(right.code(), (403, "user_disabled"));
    assert_eq!(wrong.error().1, "invalid_credentials");
}

async fn reauthentication_makes_the_session_fresh(database: Database) {
    let app = TestApp::spawn(database.clone()).await;
    let issued = app.log_in("admin").await;
    database.execute("UPDATE sessions SET auth_time = auth_time - 1000");
    let stale = refresh(&app, &issued).await;

    let response = app.post_as(&access_token(&stale), "/reauthenticate", &json!({ "password": PASSWORD })).await;

    assert_eq!((response.status, response.header("cache-control")), (200, Some("no-store")));
    let names: Vec<_> = response.json().as_object().unwrap().keys().cloned().collect();
    assert_eq!(names, ["access_token", "expires_in", "token_type"]);
    let (before, after) = (claims_of(&access_token(&stale)), claims_of(&access_token(&response)));
    assert!(!before.fresh && after.fresh);
    assert_eq!(after.sid, before.sid);
    assert_eq!(after.auth_time, Some(after.iat));
    assert!(before.auth_time < after.auth_time);
    let refreshed = claims_of(&access_token(&refresh(&app, &stale).await));
    assert_eq!((refreshed.fresh, refreshed.auth_time), (false, after.auth_time));
}

async fn a_wrong_password_yields_no_fresh_token(database: Database) {
    let app = TestApp::spawn(database.clone()).await;
    let token = app.token_of("admin").await;

    let wrong = app.post_as(&token, "/reauthenticate", &json!({ "password": "wrong" })).await;
    let nobody = app.post("/reauthenticate", &json!({ "password": PASSWORD })).await;
    let nothing = app.post_as(&token, "/reauthenticate", &json!({})).await;

    assert_eq!(wrong.error(), error(401, "invalid_credentials", "Invalid username or password"));
    assert_eq!(nobody.error().1, "missing_token");
    assert_eq!((nothing.status, nothing.error().1), (400, "invalid_request".to_owned()));
    assert_eq!(database.rows("SELECT action AS text FROM audit_log ORDER BY id DESC LIMIT 1"), ["log_in_failed"]);
}

async fn refresh(app: &TestApp, issued: &Response) -> Response {
    let token: Value = issued.json()["refresh_token"].take();
    send(app.request("POST", "/refresh").bearer_auth(token.as_str().unwrap())).await
}

fn access_token(issued: &Response) -> String {
    issued.json()["access_token"].as_str().unwrap().to_owned()
}

fn statuses(database: &Database, session: &str) -> Vec<String> {
    database.rows(&format!("SELECT CAST(status AS TEXT) AS text FROM access_tokens WHERE session_id = '{session}'"))
}
