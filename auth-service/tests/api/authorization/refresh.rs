//! Refresh tokens of applications.

use super::{VERIFIER, age, app, code, exchange_as, refresh, request, tokens, use_token};
use crate::support::{Browser, Database, form, oauth_error, payload_of};

on_both_databases!(
    row_44_a_refresh_token_is_bound_to_its_client,
    row_45_the_tokens_of_public_clients_rotate_and_a_replay_ends_them,
    row_46_refresh_tokens_are_issued_for_offline_access_only,
    row_47_the_next_id_token_is_of_the_same_login,
    row_48_the_scope_only_gets_narrower,
    an_application_revokes_its_own_tokens_only,
    a_deleted_client_loses_its_sessions,
);

const OFFLINE: &str = "openid orders:read offline_access";

fn invalid_grant() -> (u16, String) {
    (400, "invalid_grant".to_owned())
}

async fn row_44_a_refresh_token_is_bound_to_its_client(database: Database) {
    let app = app(&database).await;
    let tokens = tokens(&app, &mut Browser::new(&app), OFFLINE).await;
    let token = tokens["refresh_token"].as_str().unwrap();

    assert_eq!(oauth_error(&refresh(&app, Some("own"), token, &[]).await), invalid_grant());
    assert_eq!(oauth_error(&refresh(&app, None, token, &[("client_id", "spa")]).await), invalid_grant());
    assert_eq!(oauth_error(&refresh(&app, None, token, &[]).await), invalid_grant());
    let bare = app.post("/refresh", &serde_json::json!({ "refresh_token": token })).await;
    assert_eq!((bare.status, use_token(&app, &tokens).await), (401, 200));
    let next = refresh(&app, Some("shop"), token, &[]).await;
    assert_eq!(next.status, 200, "{next:?}");
    assert_eq!(payload_of(next.json()["access_token"].as_str().unwrap())["client_id"], "shop");
}

async fn row_45_the_tokens_of_public_clients_rotate_and_a_replay_ends_them(database: Database) {
    let app = app(&database).await;
    let spa = [("client_id", "spa"), ("redirect_uri", "https://spa.example/callback")];
    let code = code(&mut Browser::new(&app), &request(&[&spa[..], &[("scope", OFFLINE)]].concat())).await;
    let fields = [&spa[..], &[("code_verifier", VERIFIER)]].concat();
    let tokens = exchange_as(&app, None, &code, &fields).await.json();
    let first = tokens["refresh_token"].as_str().unwrap();
    let ends = "SELECT CAST(ends_at AS TEXT) AS text FROM sessions WHERE client_id = 'spa'";
    let end = database.rows(ends);

    let second = refresh(&app, None, first, &spa[..1]).await.json();
    let third = refresh(&app, None, second["refresh_token"].as_str().unwrap(), &spa[..1]).await.json();
    assert_ne!((first, &second["refresh_token"]), (second["refresh_token"].as_str().unwrap(), &third["refresh_token"]));
    assert_eq!(database.rows(ends), end);
    assert_eq!(oauth_error(&refresh(&app, None, first, &spa[..1]).await), invalid_grant());

    assert_eq!(
        oauth_error(&refresh(&app, None, third["refresh_token"].as_str().unwrap(), &spa[..1]).await),
        invalid_grant()
    );
    assert_eq!(use_token(&app, &third).await, 401);
}

async fn row_46_refresh_tokens_are_issued_for_offline_access_only(database: Database) {
    let app = app(&database).await;

    let without = tokens(&app, &mut Browser::new(&app), "openid").await;
    let with = tokens(&app, &mut Browser::new(&app), OFFLINE).await;

    assert!(without["refresh_token"].is_null(), "{without}");
    assert!(with["refresh_token"].is_string(), "{with}");
    database.execute("UPDATE clients SET scopes = 'openid' WHERE id = 'shop'");
    let not_allowed = tokens(&app, &mut Browser::new(&app), OFFLINE).await;
    assert!(not_allowed["refresh_token"].is_null(), "{not_allowed}");
}

async fn row_47_the_next_id_token_is_of_the_same_login(database: Database) {
    let app = app(&database).await;
    let mut browser = Browser::new(&app);
    tokens(&app, &mut browser, OFFLINE).await;
    age(&database, 100);
    let first = tokens(&app, &mut browser, OFFLINE).await;

    let next = refresh(&app, Some("shop"), first["refresh_token"].as_str().unwrap(), &[]).await.json();

    let [first, next] = [first, next].map(|tokens| payload_of(tokens["id_token"].as_str().unwrap()));
    for name in ["iss", "sub", "aud", "auth_time", "sid"] {
        assert_eq!(first[name], next[name], "{name}");
    }
    assert!(next["iat"].as_i64() >= first["iat"].as_i64());
    assert!(next["nonce"].is_null(), "{next}");
}

async fn row_48_the_scope_only_gets_narrower(database: Database) {
    let app = app(&database).await;
    let tokens = tokens(&app, &mut Browser::new(&app), OFFLINE).await;
    let token = tokens["refresh_token"].as_str().unwrap();

    let wider = refresh(&app, Some("shop"), token, &[("scope", "openid profile")]).await;
    assert_eq!(oauth_error(&wider), (400, "invalid_scope".into()));
    let narrower = refresh(&app, Some("shop"), token, &[("scope", "orders:read")]).await.json();
    assert_eq!((&narrower["scope"], &narrower["id_token"]), (&"orders:read".into(), &().into()));
    let token = narrower["refresh_token"].as_str().unwrap_or(token);
    let again = refresh(&app, Some("shop"), token, &[]).await.json();
    assert_eq!(again["scope"], "offline_access openid orders:read");
}

async fn an_application_revokes_its_own_tokens_only(database: Database) {
    let app = app(&database).await;
    let tokens = tokens(&app, &mut Browser::new(&app), OFFLINE).await;
    let body = format!("token={}", tokens["refresh_token"].as_str().unwrap());

    let foreign = form(&app, "/oauth/revoke", Some("own"), &body).await;
    assert_eq!((oauth_error(&foreign), use_token(&app, &tokens).await), (invalid_grant(), 200));
    let own = form(&app, "/oauth/revoke", Some("shop"), &body).await;
    assert_eq!((own.status, use_token(&app, &tokens).await), (200, 401));
}

async fn a_deleted_client_loses_its_sessions(database: Database) {
    let app = app(&database).await;
    let tokens = tokens(&app, &mut Browser::new(&app), OFFLINE).await;

    let admin = app.token_of("admin").await;
    let deleted = service_kit::testing::send(app.request("DELETE", "/clients/shop").bearer_auth(&admin)).await;

    assert_eq!((deleted.status, use_token(&app, &tokens).await), (204, 401), "{deleted:?}");
    let live = "SELECT id AS text FROM sessions WHERE client_id = 'shop' AND revoked_at IS NULL";
    assert_eq!(database.rows(live), [""; 0]);
}
