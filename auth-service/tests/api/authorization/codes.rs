//! The exchange of codes.

use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::Value;
use service_kit::testing::eventually;

use super::{CALLBACK, VERIFIER, app, code, exchange, exchange_as, insert_application, refresh, request, use_token};
use crate::support::{Browser, Database, TestApp, config_for, form, oauth_error, payload_of};

on_both_databases!(
    row_34_the_exchange_is_a_post_that_is_not_cached,
    row_35_a_code_is_bound_and_short_lived,
    row_36_reuse_of_a_code_ends_its_session_unless_the_request_is_invalid,
    row_37_a_verifier_is_sent_if_and_only_if_there_was_a_challenge,
    row_38_the_redirect_uri_is_compared,
    row_39_all_failures_look_alike,
    row_40_wrong_credentials_are_401,
    row_41_a_public_client_proves_nothing_with_a_secret,
    row_43_there_is_no_password_grant,
    row_49_the_id_token_carries_what_was_asked,
    row_54_the_resource_chooses_the_audience,
    a_code_ends_with_the_browser_session_the_user_and_the_client,
    a_code_is_exchanged_at_any_node_and_only_once,
    expired_codes_and_consents_are_swept,
);

const GOOD: [(&str, &str); 2] = [("redirect_uri", CALLBACK), ("code_verifier", VERIFIER)];

async fn shop_code(app: &TestApp) -> String {
    code(&mut Browser::new(app), &request(&[])).await
}

fn invalid_grant() -> (u16, String) {
    (400, "invalid_grant".to_owned())
}

async fn row_34_the_exchange_is_a_post_that_is_not_cached(database: Database) {
    let app = app(&database).await;

    let get = app.get("/oauth/token?grant_type=authorization_code").await;
    let in_query = form(&app, "/oauth/token?grant_type=authorization_code", Some("shop"), "").await;
    let answer = exchange(&app, &shop_code(&app).await).await;

    assert_eq!((get.status, oauth_error(&in_query)), (405, (400, "invalid_request".into())));
    assert_eq!((answer.header("cache-control"), answer.header("pragma")), (Some("no-store"), Some("no-cache")));
}

async fn row_35_a_code_is_bound_and_short_lived(database: Database) {
    let app = app(&database).await;
    let code = shop_code(&app).await;

    let row = "client_id || ' ' || redirect_uri || ' ' || CAST(user_id AS TEXT) || ' ' || scope || ' ' || nonce";
    assert_eq!(
        database.rows(&format!("SELECT {row} AS text FROM authorization_codes")),
        [format!("shop {CALLBACK} 2 openid n-1")]
    );
    assert!(!database.rows("SELECT code_hash AS text FROM authorization_codes")[0].contains(&code[4..]));
    database.execute("UPDATE authorization_codes SET expires_at = expires_at - 60");
    assert_eq!(oauth_error(&exchange(&app, &code).await), invalid_grant());
}

async fn row_36_reuse_of_a_code_ends_its_session_unless_the_request_is_invalid(database: Database) {
    let app = app(&database).await;
    let code = shop_code(&app).await;
    let tokens = exchange(&app, &code).await.json();

    let wrong = [("redirect_uri", CALLBACK), ("code_verifier", &*"x".repeat(43))];
    assert_eq!(oauth_error(&exchange_as(&app, Some("shop"), &code, &wrong).await), invalid_grant());
    assert_eq!(oauth_error(&exchange_as(&app, Some("own"), &code, &GOOD).await), invalid_grant());
    assert_eq!(use_token(&app, &tokens).await, 200);
    assert_eq!(oauth_error(&exchange(&app, &code).await), invalid_grant());
    assert_eq!(use_token(&app, &tokens).await, 401);
    let audit = database.rows("SELECT subject AS text FROM audit_log WHERE action = 'code_reused'");
    assert_eq!(audit, ["shop"]);
    assert_eq!(oauth_error(&exchange(&app, &code).await), invalid_grant());
    assert_eq!(database.rows("SELECT subject AS text FROM audit_log WHERE action = 'code_reused'").len(), 1);
}

async fn row_37_a_verifier_is_sent_if_and_only_if_there_was_a_challenge(database: Database) {
    let app = app(&database).await;
    let code = shop_code(&app).await;
    database.execute("UPDATE clients SET requires_pkce = 0");
    let without = request(&[("code_challenge", ""), ("code_challenge_method", "")]);
    let plain = super::code(&mut Browser::new(&app), &without).await;

    let (short, long) = ("x".repeat(42), "x".repeat(129));
    for verifier in ["", "wrong", &short, &long, &"x".repeat(43)] {
        let fields = [("redirect_uri", CALLBACK), ("code_verifier", verifier)];
        assert_eq!(oauth_error(&exchange_as(&app, Some("shop"), &code, &fields).await), invalid_grant(), "{verifier}");
    }
    assert_eq!(oauth_error(&exchange_as(&app, Some("shop"), &plain, &GOOD).await), invalid_grant());
    assert_eq!(exchange(&app, &code).await.status, 200);
    assert_eq!(exchange_as(&app, Some("shop"), &plain, &GOOD[..1]).await.status, 200);
}

async fn row_38_the_redirect_uri_is_compared(database: Database) {
    let app = app(&database).await;
    insert_application(&database, "two", "web", "https://two.example/a https://two.example/b", "");
    let more = [("client_id", "two"), ("redirect_uri", "https://two.example/a")];
    let code = code(&mut Browser::new(&app), &request(&more)).await;

    for uri in ["https://two.example/b", "https://two.example/a/", "https://two.example/A"] {
        let fields = [("redirect_uri", uri), ("code_verifier", VERIFIER)];
        assert_eq!(oauth_error(&exchange_as(&app, Some("two"), &code, &fields).await), invalid_grant(), "{uri}");
    }
    assert_eq!(exchange_as(&app, Some("two"), &code, &GOOD[1..]).await.status, 200);
}

async fn row_39_all_failures_look_alike(database: Database) {
    let app = app(&database).await;
    let code = shop_code(&app).await;
    let unknown = format!("ac1.{}", "A".repeat(43));

    let failures = [
        exchange_as(&app, Some("own"), &code, &GOOD).await,
        exchange_as(&app, Some("shop"), &unknown, &GOOD).await,
        exchange_as(&app, Some("shop"), "x", &GOOD).await,
        exchange_as(&app, Some("shop"), &code, &GOOD[..1]).await,
    ];

    for failure in &failures {
        assert_eq!((failure.status, &failure.body), (400, &failures[0].body));
    }
    assert_eq!(exchange(&app, &code).await.status, 200);
}

async fn row_40_wrong_credentials_are_401(database: Database) {
    let app = app(&database).await;
    let code = shop_code(&app).await;
    let body = format!("grant_type=authorization_code&code={code}&redirect_uri={CALLBACK}&code_verifier={VERIFIER}");

    let without = form(&app, "/oauth/token", None, &body).await;
    let wrong = form(&app, "/oauth/token", None, &format!("{body}&client_id=shop&client_secret=wrong")).await;
    let nobody = form(&app, "/oauth/token", Some("nobody"), &body).await;
    let both = form(&app, "/oauth/token", Some("shop"), &format!("{body}&client_id=shop&client_secret=x")).await;

    for answer in [&without, &wrong, &nobody] {
        assert_eq!(oauth_error(answer), (401, "invalid_client".into()));
        assert!(answer.header("www-authenticate").unwrap().starts_with("Basic"), "{answer:?}");
    }
    assert_eq!(oauth_error(&both), (400, "invalid_request".into()));
    assert_eq!(exchange(&app, &code).await.status, 200);
}

async fn row_41_a_public_client_proves_nothing_with_a_secret(database: Database) {
    let app = app(&database).await;
    let more = [("client_id", "spa"), ("redirect_uri", "https://spa.example/callback")];
    let code = code(&mut Browser::new(&app), &request(&more)).await;
    let fields = [("redirect_uri", "https://spa.example/callback"), ("code_verifier", VERIFIER)];

    let with_secret = exchange_as(&app, Some("spa"), &code, &fields).await;
    let alone = exchange_as(&app, None, &code, &[&fields[..], &[("client_id", "spa")]].concat()).await;

    assert_eq!(oauth_error(&with_secret), (401, "invalid_client".into()));
    assert_eq!(alone.status, 200, "{alone:?}");
}

async fn row_43_there_is_no_password_grant(database: Database) {
    let app = app(&database).await;

    for grant in ["password", "implicit", "urn:ietf:params:oauth:grant-type:jwt-bearer"] {
        let body = format!("grant_type={grant}&username=alice&password=correct+horse");
        let answer = form(&app, "/oauth/token", Some("shop"), &body).await;
        assert_eq!(oauth_error(&answer), (400, "unsupported_grant_type".into()), "{grant}");
    }
}

async fn row_49_the_id_token_carries_what_was_asked(database: Database) {
    let app = app(&database).await;

    let tokens = exchange(&app, &shop_code(&app).await).await.json();

    let claims = payload_of(tokens["id_token"].as_str().unwrap());
    for (name, value) in [
        ("iss", Value::from("http://localhost:5000")),
        ("sub", "2".into()),
        ("aud", "shop".into()),
        ("nonce", "n-1".into()),
        ("acr", "pwd".into()),
    ] {
        assert_eq!(claims[name], value, "{name}");
    }
    // The left half of the hash of the access token.
    let hash = digest(&SHA256, tokens["access_token"].as_str().unwrap().as_bytes());
    assert_eq!(claims["at_hash"], URL_SAFE_NO_PAD.encode(&hash.as_ref()[..16]));
    for name in ["exp", "iat", "auth_time", "sid"] {
        assert!(!claims[name].is_null(), "{name}: {claims}");
    }
    let without = code(&mut Browser::new(&app), &request(&[("nonce", "")])).await;
    let tokens = exchange(&app, &without).await.json();
    assert!(payload_of(tokens["id_token"].as_str().unwrap())["nonce"].is_null());
}

async fn row_54_the_resource_chooses_the_audience(database: Database) {
    let app = app(&database).await;
    let api = "https://api.example.com";
    let mut browser = Browser::new(&app);
    let scope = ("scope", "openid offline_access");
    let code_for = async |browser: &mut Browser| code(browser, &request(&[("resource", api), scope])).await;

    let (first, second) = (code_for(&mut browser).await, code_for(&mut browser).await);
    let unknown = browser.open(&request(&[("resource", "https://unknown.example.com")])).await;
    assert_eq!(super::member(&unknown, "error"), "invalid_target");
    let other = [&GOOD[..], &[("resource", "https://other.example.com")]].concat();
    let wrong = exchange_as(&app, Some("shop"), &first, &other).await;
    let tokens = exchange_as(&app, Some("shop"), &first, &[&GOOD[..], &[("resource", api)]].concat()).await.json();
    let by_default = exchange(&app, &shop_code(&app).await).await.json();
    let unnamed = exchange(&app, &second).await.json();

    assert_eq!(oauth_error(&wrong), (400, "invalid_target".into()));
    let audience = |tokens: &Value| payload_of(tokens["access_token"].as_str().unwrap())["aud"].clone();
    assert_eq!(
        (audience(&tokens), audience(&unnamed), audience(&by_default)),
        (api.into(), api.into(), "resource-service".into())
    );
    let token = tokens["refresh_token"].as_str().unwrap();
    let wider = refresh(&app, Some("shop"), token, &[("resource", "https://other.example.com")]).await;
    assert_eq!(oauth_error(&wider), (400, "invalid_target".into()));
    assert_eq!(audience(&refresh(&app, Some("shop"), token, &[]).await.json()), api);
}

async fn a_code_ends_with_the_browser_session_the_user_and_the_client(database: Database) {
    let app = app(&database).await;

    for change in [
        "UPDATE sessions SET revoked_at = 1 WHERE browser_id = id",
        "UPDATE users SET disabled_at = 1 WHERE username = 'alice'",
    ] {
        let code = shop_code(&app).await;
        database.execute(change);
        assert_eq!(oauth_error(&exchange(&app, &code).await), invalid_grant(), "{change}");
    }
    database.execute("UPDATE users SET disabled_at = NULL");
    let code = shop_code(&app).await;
    database.execute("DELETE FROM clients WHERE id = 'shop'");
    assert_eq!(oauth_error(&exchange(&app, &code).await), (401, "invalid_client".into()));
}

async fn a_code_is_exchanged_at_any_node_and_only_once(database: Database) {
    let one = app(&database).await;
    let other = TestApp::spawn_with(database.clone(), config_for(&database)).await;
    let mut browser = Browser::new(&one);
    let page = browser.open(&request(&[])).await;
    let mut elsewhere = browser.at(&other);
    let consent = super::log_in(&mut elsewhere, &page).await;
    let mut back = elsewhere.at(&one);
    let answer = back.submit(&consent, &[("decision", "allow")]).await;
    let code = super::member(&answer, "code");

    let (first, second) = futures_util::future::join(exchange(&other, &code), exchange(&one, &code)).await;

    let mut statuses = [first.status, second.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 400], "{first:?} {second:?}");
    let won = if first.status == 200 { first } else { second };
    let token = won.json()["access_token"].as_str().unwrap().to_owned();
    let body = format!("token={token}");
    let introspected = form(&one, "/oauth/introspect", Some("shop"), &body).await.json();
    assert_eq!(introspected["active"], false);
}

async fn expired_codes_and_consents_are_swept(database: Database) {
    let app = app(&database).await;
    let kept = shop_code(&app).await;
    database.execute(
        "INSERT INTO authorization_codes (code_hash, client_id, redirect_uri, user_id, browser_id, auth_time, scope, expires_at) \
         VALUES ('old', 'shop', '', 2, '', 0, '', 1); \
         INSERT INTO consents (user_id, client_id, scope, granted_at, expires_at) VALUES (1, 'old', '', 0, 1)",
    );

    let next = TestApp::spawn_with(database.clone(), config_for(&database)).await;

    let old = "SELECT code_hash AS text FROM authorization_codes WHERE code_hash = 'old' \
               UNION SELECT client_id AS text FROM consents WHERE client_id = 'old'";
    eventually(async || database.rows(old).is_empty().then_some(())).await;
    drop(next);
    assert_eq!(exchange(&app, &kept).await.status, 200);
}
