//! Every privileged change judges the authority in its own transaction: another transaction, in which it is lost, is committed
//! between the check at the head of the request and the change.

use actix_web::rt::spawn;
use serde_json::{Value, json};
use service_kit::testing::send;
use shared::UnixTime;

use super::{LOSSES, Loss, after_earlier_checks, spawn as spawn_app, state, token_of_boss};
use crate::support::{Database, PASSWORD, TestApp, claims_of};

on_both_databases!(no_change_of_an_admin_outlives_the_authority, no_change_of_ones_own_account_outlives_the_session);

/// Method, path and body of every privileged change by an admin.
fn admin_changes(kid: &str) -> Vec<(&'static str, String, Value)> {
    vec![
        ("PATCH", "/users/john".to_owned(), json!({ "role": "admin" })),
        ("PATCH", "/users/boss".to_owned(), json!({ "role": "admin", "disabled": false })),
        ("DELETE", "/users/john".to_owned(), json!({})),
        ("POST", "/users/john/password-reset".to_owned(), json!({})),
        ("POST", "/users/john/revoke-sessions".to_owned(), json!({})),
        ("POST", "/register".to_owned(), json!({ "username": "eve", "password": PASSWORD, "role": "admin" })),
        ("POST", "/keys/rotate".to_owned(), json!({ "force": true })),
        ("POST", format!("/keys/{kid}/withdraw"), json!({})),
    ]
}

async fn no_change_of_an_admin_outlives_the_authority(database: Database) {
    let app = spawn_app(&database).await;
    app.token_of("john").await;
    let kid = app.get("/.well-known/jwks.json").await.json()["keys"][0]["kid"].as_str().unwrap().to_owned();

    for (method, path, body) in admin_changes(&kid) {
        for loss in LOSSES {
            let boss = token_of_boss(&app, &database).await;
            let before = state(&database);

            let response = overtaken(&app, &database, loss, &boss, (method, &path, &body)).await;

            let expected = match loss {
                Loss::Demoted => (403, "forbidden"),
                Loss::Disabled | Loss::Deleted => (401, "user_not_found"),
                Loss::LoggedOut => (401, "token_revoked"),
            };
            assert_eq!(response.code(), expected, "{method} {path} {loss:?}");
            assert_eq!(state(&database), before, "{method} {path} {loss:?}");
        }
    }
}

async fn no_change_of_ones_own_account_outlives_the_session(database: Database) {
    let app = spawn_app(&database).await;
    let other = claims_of(&token_of_boss(&app, &database).await).sid.unwrap();
    let password = json!({ "current_password": PASSWORD, "new_password": "another horse" });

    for (method, path, body) in [
        ("PUT", "/me/password", password),
        ("DELETE", "/me", json!({ "password": PASSWORD })),
        ("DELETE", &*format!("/sessions/{other}"), json!({})),
        ("POST", "/logout-all", json!({})),
        ("POST", "/logout-all?except=current", json!({})),
        ("POST", "/reauthenticate", json!({ "password": PASSWORD })),
    ] {
        let boss = token_of_boss(&app, &database).await;

        let response = overtaken(&app, &database, Loss::LoggedOut, &boss, (method, path, &body)).await;

        assert_eq!(response.code(), (401, "token_revoked"), "{method} {path}");
        let live = format!("SELECT id AS text FROM sessions WHERE id = '{other}' AND revoked_at IS NULL");
        assert_eq!(database.rows(&live), [&*other], "{method} {path}");
        assert_eq!(app.log_in("boss").await.status, 200, "{method} {path}");
    }
}

/// The response to a change of `boss` while a transaction takes the authority away.
async fn overtaken(
    app: &TestApp,
    database: &Database,
    loss: Loss,
    boss: &str,
    (method, path, body): (&str, &str, &Value),
) -> service_kit::testing::Response {
    let session = claims_of(boss).sid.unwrap();
    let transaction = database.begin(&match loss {
        Loss::Demoted => "UPDATE users SET role = 'user' WHERE username = 'boss'".to_owned(),
        Loss::Disabled => "UPDATE users SET disabled_at = 1 WHERE username = 'boss'".to_owned(),
        Loss::Deleted => "DELETE FROM users WHERE username = 'boss'".to_owned(),
        Loss::LoggedOut => {
            let now = UnixTime::now().seconds();
            format!("UPDATE sessions SET revoked_at = {now} WHERE id = '{session}'")
        }
    });
    let change = spawn(send(app.request(method, path).bearer_auth(boss).json(body)));
    after_earlier_checks(app, boss).await;
    transaction.commit();
    change.await.unwrap()
}
