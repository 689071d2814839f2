//! `POST /refresh`: new tokens for a session, and the end of a session whose refresh token is replayed.

use futures_util::future::join_all;
use serde_json::json;
use service_kit::testing::{Api, Program, Response, error, eventually, send};
use shared::{Secret, testing::mint};

use crate::support::{Database, MASTER_KEY, PASSWORD, PROGRAM, TestApp, and_admin, claims_of, config_for};

on_both_databases!(
    a_refresh_returns_the_next_tokens_of_the_same_session,
    the_token_may_be_in_the_header_or_in_json,
    a_request_without_a_token_is_rejected,
    a_refresh_returns_the_current_role,
    a_retry_returns_the_same_successor,
    reusing_a_token_after_its_successor_was_used_ends_the_session,
    reusing_a_token_after_the_grace_period_ends_the_session,
    two_hundred_concurrent_refreshes_with_one_token_create_one_generation,
    an_idle_session_expires,
    a_session_expires_even_if_it_is_used,
    no_access_token_outlives_its_session,
    a_disabled_or_deleted_user_cannot_refresh,
    an_invalid_refresh_token_is_rejected,
    protected_routes_reject_a_refresh_token,
    any_node_accepts_refresh_tokens_of_another,
    a_logout_prevails_over_concurrent_refreshes,
    a_client_that_retries_after_a_crash_stays_logged_in,
);

async fn a_refresh_returns_the_next_tokens_of_the_same_session(database: Database) {
    let app = TestApp::spawn(database).await;
    let first = app.log_in("admin").await.json();

    let response = refresh(&app, text(&first["refresh_token"])).await;

    assert_eq!((response.status, response.header("cache-control")), (200, Some("no-store")));
    let second = response.json();
    assert_eq!((&second["token_type"], &second["expires_in"]), (&json!("Bearer"), &json!(900)));
    assert_ne!(second["refresh_token"], first["refresh_token"]);
    let (before, after) = (claims_of(text(&first["access_token"])), claims_of(text(&second["access_token"])));
    assert_eq!((after.sid, after.sub, after.auth_time), (before.sid, before.sub, before.auth_time));
    assert!(before.fresh && !after.fresh);
    assert_ne!((after.jti, after.status), (before.jti, before.status));
    assert_eq!(app.get_as(text(&second["access_token"]), "/me").await.status, 200);
    assert_eq!(refresh(&app, text(&second["refresh_token"])).await.status, 200);
}

async fn the_token_may_be_in_the_header_or_in_json(database: Database) {
    let app = TestApp::spawn(database).await;

    let in_header = refresh(&app, &app.refresh_token_of("admin").await).await;
    let body = json!({ "refresh_token": app.refresh_token_of("admin").await });
    let in_json = app.post("/refresh", &body).await;

    assert_eq!((in_header.status, in_json.status), (200, 200));
}

async fn a_request_without_a_token_is_rejected(database: Database) {
    let app = TestApp::spawn(database).await;

    let none = send(app.request("POST", "/refresh")).await;
    let shapes = [json!({}), json!({ "refresh_token": 1 }), json!([])];

    assert_eq!(none.error(), error(401, "missing_token", "Missing Authorization Header"));
    assert_eq!(none.header("www-authenticate"), Some("Bearer realm=\"access token\""));
    for shape in shapes {
        let response = app.post("/refresh", &shape).await;
        assert_eq!((response.status, response.error().1), (400, "invalid_request".to_owned()), "{shape}");
    }
}

async fn a_refresh_returns_the_current_role(database: Database) {
    let app = TestApp::spawn(database.clone()).await;
    app.register("john").await;
    let token = app.refresh_token_of("john").await;
    database.execute("UPDATE users SET role = 'editor' WHERE username = 'john'");

    let response = refresh(&app, &token).await;

    let claims = claims_of(text(&response.json()["access_token"]));
    assert!(claims.has_role("editor"), "{claims:?}");
}

async fn a_retry_returns_the_same_successor(database: Database) {
    let app = TestApp::spawn(database.clone()).await;
    let token = app.refresh_token_of("admin").await;

    let (first, again) = (refresh(&app, &token).await.json(), refresh(&app, &token).await.json());

    assert_eq!(first["refresh_token"], again["refresh_token"]);
    assert_ne!(claims_of(text(&first["access_token"])).status, claims_of(text(&again["access_token"])).status);
    assert_eq!(generations(&database), ["2"]);
    assert_eq!(refresh(&app, text(&again["refresh_token"])).await.status, 200);
}

async fn reusing_a_token_after_its_successor_was_used_ends_the_session(database: Database) {
    let app = TestApp::spawn(database.clone()).await;
    let other = app.refresh_token_of("admin").await;
    let stolen = app.refresh_token_of("admin").await;
    let second = next(&refresh(&app, &stolen).await);
    let third = next(&refresh(&app, &second).await);

    let replayed = refresh(&app, &stolen).await;

    assert_eq!(replayed.code(), (401, "token_revoked"));
    assert!(replayed.header("www-authenticate").unwrap().starts_with("Bearer error=\"invalid_token\""));
    assert_eq!(refresh(&app, &third).await.error().1, "token_revoked");
    assert_eq!(database.rows("SELECT DISTINCT CAST(status AS TEXT) AS text FROM access_tokens ORDER BY 1"), ["0", "1"]);
    assert_eq!(refresh(&app, &other).await.status, 200);
    let audit = database.rows(
        "SELECT action || ' ' || subject || ' ' || address AS text FROM audit_log WHERE action NOT IN ('user_created', 'logged_in')",
    );
    assert_eq!(audit, ["refresh_token_reused admin 127.0.0.1"]);
}

async fn reusing_a_token_after_the_grace_period_ends_the_session(database: Database) {
    let app = TestApp::spawn(database.clone()).await;
    let token = app.refresh_token_of("admin").await;
    let successor = next(&refresh(&app, &token).await);
    database.execute("UPDATE sessions SET rotated_at = rotated_at - 700");

    let late = refresh(&app, &token).await;

    assert_eq!(late.error().1, "token_revoked");
    assert_eq!(refresh(&app, &successor).await.error().1, "token_revoked");
}

async fn two_hundred_concurrent_refreshes_with_one_token_create_one_generation(database: Database) {
    let app = TestApp::spawn(database.clone()).await;
    let token = app.refresh_token_of("admin").await;

    // The client retries on 503.
    let refresh_with_retries = || eventually(async || Some(refresh(&app, &token).await).filter(|it| it.status != 503));
    let responses = join_all((0..200).map(|_| refresh_with_retries())).await;

    let successors: Vec<_> = responses.iter().map(next).collect();
    assert!(successors.iter().all(|successor| *successor == successors[0]));
    assert_eq!(generations(&database), ["2"]);
    assert_eq!(refresh(&app, &successors[0]).await.status, 200);
}

async fn an_idle_session_expires(database: Database) {
    let app = TestApp::spawn(database.clone()).await;
    let token = app.refresh_token_of("admin").await;
    database.execute("UPDATE sessions SET idle_ends_at = idle_ends_at - 2592000");

    let response = refresh(&app, &token).await;

    assert_eq!(response.error(), error(401, "token_expired", "Token has expired"));
}

async fn a_session_expires_even_if_it_is_used(database: Database) {
    let app = TestApp::spawn(database.clone()).await;
    let token = next(&refresh(&app, &app.refresh_token_of("admin").await).await);
    database.execute("UPDATE sessions SET ends_at = ends_at - 7776000");

    let response = refresh(&app, &token).await;

    assert_eq!(response.error(), error(401, "token_expired", "Token has expired"));
}

async fn no_access_token_outlives_its_session(database: Database) {
    let mut config = and_admin(config_for(&database));
    config.tokens.session_ttl_secs = 60;
    let app = TestApp::spawn_with(database, config).await;

    let issued = app.log_in("admin").await.json();
    let claims = claims_of(text(&issued["access_token"]));

    assert_eq!(claims.exp.seconds() - claims.iat.seconds(), 60);
    assert_eq!(issued["expires_in"], 60);
}

async fn a_disabled_or_deleted_user_cannot_refresh(database: Database) {
    for change in
        ["UPDATE users SET disabled_at = 1 WHERE username = 'john'", "DELETE FROM users WHERE username = 'john'"]
    {
        let app = TestApp::spawn(database.clone()).await;
        app.register("john").await;
        let token = app.refresh_token_of("john").await;
        database.execute(change);

        let response = refresh(&app, &token).await;

        assert_eq!(response.error().1, "token_revoked", "{change}");
        database.execute("UPDATE users SET disabled_at = NULL");
    }
}

async fn an_invalid_refresh_token_is_rejected(database: Database) {
    let app = TestApp::spawn(database).await;
    let issued = app.log_in("admin").await.json();
    let good = text(&issued["refresh_token"]).to_owned();
    let bad = [
        text(&issued["access_token"]).to_owned(),
        good[..good.len() - 1].to_owned(),
        good.replacen("rt1.", "rt2.", 1),
        format!("{good}.{good}"),
        "rt1.".to_owned(),
        "x".to_owned(),
    ];

    for token in bad {
        let response = refresh(&app, &token).await;

        assert_eq!(response.error(), error(401, "invalid_token", "Invalid token"), "{token}");
        assert!(response.header("www-authenticate").unwrap().starts_with("Bearer error=\"invalid_token\""));
    }
    assert_eq!(refresh(&app, &good).await.status, 200);
}

async fn protected_routes_reject_a_refresh_token(database: Database) {
    let app = TestApp::spawn(database).await;
    let token = app.refresh_token_of("admin").await;

    for path in ["/me", "/users", "/sessions"] {
        assert_eq!(app.get_as(&token, path).await.error(), error(401, "invalid_token", "Invalid token"), "{path}");
    }
}

async fn any_node_accepts_refresh_tokens_of_another(database: Database) {
    let one = TestApp::spawn(database.clone()).await;
    let other = TestApp::spawn(database).await;

    let first = one.refresh_token_of("admin").await;
    let second = next(&refresh(&other, &first).await);
    let again = next(&refresh(&one, &first).await);

    assert_eq!(second, again);
    assert_eq!(refresh(&one, &second).await.status, 200);
}

async fn a_logout_prevails_over_concurrent_refreshes(database: Database) {
    let app = TestApp::spawn(database.clone()).await;
    for _ in 0..10 {
        let token = app.refresh_token_of("admin").await;
        let refreshes = join_all((0..4).map(|_| refresh(&app, &token)));
        let logout = send(app.request("POST", "/logout").bearer_auth(&token));

        let (refreshed, ended) = futures_util::future::join(refreshes, logout).await;

        assert_eq!(ended.status, 200);
        for response in refreshed.iter().filter(|response| response.status == 200) {
            assert_eq!(refresh(&app, &next(response)).await.error().1, "token_revoked");
        }
    }
    let survivors = database.rows("SELECT CAST(idx AS TEXT) AS text FROM access_tokens WHERE status <> 1");
    assert_eq!(survivors, [""; 0]);
}

/// A client that gets no response retries with the token it has.
async fn a_client_that_retries_after_a_crash_stays_logged_in(database: Database) {
    let variables = [
        ("AUTH__DATABASE__URL", database.url()),
        ("AUTH__MASTER_KEY", MASTER_KEY),
        ("AUTH__LISTEN", "127.0.0.1:0"),
        ("AUTH__ADMIN__USERNAME", "admin"),
        ("AUTH__ADMIN__PASSWORD", PASSWORD),
        ("AUTH__TOKENS__REUSE_GRACE_SECS", "600"),
    ];
    let start = || Program::start(PROGRAM, &[], &variables);
    let mut program = start();
    let mut api = Api::at(program.url());
    let login = json!({ "username": "admin", "password": PASSWORD });
    let mut token = next(&api.post("/login", &login).await);

    for refreshes_before in [0, 3, 7] {
        for _ in 0..refreshes_before {
            token = next(&refresh(&api, &token).await);
        }
        let unanswered = api.request("POST", "/refresh").bearer_auth(&token).send();
        let (response, ()) = futures_util::future::join(unanswered, async { program.signal("KILL") }).await;
        drop((response, program));
        program = start();
        api = Api::at(program.url());

        let response = refresh(&api, &token).await;

        assert_eq!(response.status, 200, "after {refreshes_before} refreshes: {response:?}");
        token = next(&response);
    }
}

#[actix_web::test]
async fn an_access_token_of_the_fixed_key_is_not_a_refresh_token() {
    let app = TestApp::spawn(Database::sqlite()).await;

    let response = refresh(&app, &mint(&shared::testing::claims("admin", "admin"))).await;

    assert_eq!(response.error().1, "invalid_token");
}

#[actix_web::test]
async fn refresh_tokens_survive_a_new_master_key() {
    const NEW: &str = "ZmVkY2JhOTg3NjU0MzIxMGZlZGNiYTk4NzY1NDMyMTA=";
    let database = Database::sqlite();
    let config = |key: &str| {
        let mut config = and_admin(config_for(&database));
        config.master_key = Some(Secret::new(key.to_owned()));
        config
    };
    let before = TestApp::spawn_with(database.clone(), config(MASTER_KEY)).await;
    let token = before.refresh_token_of("admin").await;
    before.stop().await;
    let variables =
        [("AUTH__DATABASE__URL", database.url()), ("AUTH__MASTER_KEY", NEW), ("AUTH__PREVIOUS_MASTER_KEY", MASTER_KEY)];
    let rewrapped = Program::start(PROGRAM, &["keys", "rewrap"], &variables).end();

    let after = TestApp::spawn_with(database.clone(), config(NEW)).await;

    assert_eq!(rewrapped.code, Some(0), "{rewrapped:?}");
    assert_eq!(refresh(&after, &token).await.status, 200);
}

async fn refresh(api: &Api, token: &str) -> Response {
    send(api.request("POST", "/refresh").bearer_auth(token)).await
}

/// The refresh token of a response.
fn next(response: &Response) -> String {
    assert_eq!(response.status, 200, "{response:?}");
    text(&response.json()["refresh_token"]).to_owned()
}

fn text(value: &serde_json::Value) -> &str {
    value.as_str().unwrap()
}

fn generations(database: &Database) -> Vec<String> {
    database.rows("SELECT CAST(generation AS TEXT) AS text FROM sessions ORDER BY id")
}
