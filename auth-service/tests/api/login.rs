//! `POST /login`.

use std::time::Instant;

use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header, jwk::JwkSet};
use serde_json::{Value, json};
use service_kit::testing::error;
use shared::UnixTime;

use crate::support::{Database, PASSWORD, TestApp, config_for};

on_both_databases!(
    a_login_returns_a_bearer_token_that_no_cache_may_store,
    another_library_accepts_the_token,
    the_header_declares_an_access_token,
    the_token_has_all_documented_claims,
    each_token_has_unique_ids,
    issuer_audience_and_lifetime_follow_the_settings,
    any_spelling_of_the_name_logs_in_and_the_registered_one_is_returned,
    a_wrong_password_and_an_unknown_user_get_identical_responses,
    invalid_names_and_passwords_are_rejected_like_wrong_ones,
    an_unknown_user_takes_as_long_as_a_known_one,
    a_hash_with_other_parameters_is_replaced_at_the_next_login,
    a_wrong_password_does_not_rehash,
    a_malformed_stored_hash_matches_no_password,
    a_hash_of_another_system_beyond_the_limits_matches_no_password,
);

async fn a_login_returns_a_bearer_token_that_no_cache_may_store(database: Database) {
    let app = TestApp::spawn(database).await;

    let response = app.log_in("admin").await;

    assert_eq!(response.status, 200);
    assert_eq!(response.header("cache-control"), Some("no-store"));
    let body = response.json();
    let names: Vec<_> = body.as_object().unwrap().keys().collect();
    assert_eq!(names, ["access_token", "device_token", "expires_in", "refresh_token", "token_type"]);
    assert_eq!(body["token_type"], "Bearer");
    assert_eq!(body["expires_in"], 900);
}

async fn another_library_accepts_the_token(database: Database) {
    let app = TestApp::spawn(database).await;
    let token = app.token_of("admin").await;
    let jwks: JwkSet = serde_json::from_value(app.get("/.well-known/jwks.json").await.json()).unwrap();

    let header = decode_header(&token).unwrap();
    let key = DecodingKey::from_jwk(jwks.find(&header.kid.unwrap()).unwrap()).unwrap();
    let mut validation = Validation::new(Algorithm::RS256);
    validation.leeway = 0;
    validation.set_issuer(&["http://localhost:5000"]);
    validation.set_audience(&["resource-service"]);
    validation.set_required_spec_claims(&["iss", "aud", "sub", "exp"]);
    let decoded = decode::<Value>(&token, &key, &validation).unwrap();

    assert_eq!(decoded.claims["sub"], "admin");
}

async fn the_header_declares_an_access_token(database: Database) {
    let app = TestApp::spawn(database).await;

    let header = part(&app.token_of("admin").await, 0);

    let kid = &app.get("/.well-known/jwks.json").await.json()["keys"][0]["kid"];
    assert_eq!(header, json!({ "alg": "RS256", "typ": "at+jwt", "kid": kid }));
}

async fn the_token_has_all_documented_claims(database: Database) {
    let app = TestApp::spawn(database).await;
    app.register("john").await;
    let before = UnixTime::now().seconds();

    let claims = part(&app.token_of("john").await, 1);

    let iat = claims["iat"].as_i64().unwrap();
    assert!((before..=UnixTime::now().seconds()).contains(&iat), "{claims}");
    let (jti, sid) = (claims["jti"].as_str().unwrap(), claims["sid"].as_str().unwrap());
    assert!(jti.len() >= 16 && sid.len() >= 16, "{claims}");
    let expected = json!({
        "iss": "http://localhost:5000", "aud": "resource-service", "sub": "john", "uid": 2, "role": "user",
        "client_id": "auth-service", "iat": iat, "exp": iat + 900, "jti": jti, "auth_time": iat, "sid": sid,
        "type": "access", "fresh": true,
        "status": { "status_list": { "idx": claims["status"]["status_list"]["idx"], "uri": "http://localhost:5000/status-lists/1" } },
    });
    assert!(claims["status"]["status_list"]["idx"].is_u64(), "{claims}");
    assert_eq!(claims, expected);
}

async fn each_token_has_unique_ids(database: Database) {
    let app = TestApp::spawn(database).await;

    let (one, other) = (part(&app.token_of("admin").await, 1), part(&app.token_of("admin").await, 1));

    assert_ne!(one["jti"], other["jti"]);
    assert_ne!(one["sid"], other["sid"]);
}

async fn issuer_audience_and_lifetime_follow_the_settings(database: Database) {
    let mut config = config_for(&database);
    config.issuer = "https://login.example.com/tenant".into();
    config.audience = "reports".into();
    config.tokens.access_ttl_secs = 60;
    let app = TestApp::spawn_with(database, config).await;
    app.register("john").await;

    let response = app.log_in("john").await.json();

    let claims = part(response["access_token"].as_str().unwrap(), 1);
    assert_eq!(response["expires_in"], 60);
    assert_eq!(claims["iss"], "https://login.example.com/tenant");
    assert_eq!(claims["aud"], "reports");
    assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 60);
}

async fn any_spelling_of_the_name_logs_in_and_the_registered_one_is_returned(database: Database) {
    let app = TestApp::spawn(database).await;
    app.register("Müller").await;

    for spelling in ["Müller", "MÜLLER", "mu\u{308}ller", "ｍüller"] {
        let token = app.token_of(spelling).await;

        assert_eq!(part(&token, 1)["sub"], "Müller", "{spelling}");
        assert_eq!(app.get_as(&token, "/me").await.json()["username"], "Müller", "{spelling}");
    }
}

async fn a_wrong_password_and_an_unknown_user_get_identical_responses(database: Database) {
    let app = TestApp::spawn(database).await;

    let wrong = app.post("/login", &json!({ "username": "admin", "password": "wrong password" })).await;
    let unknown = app.post("/login", &json!({ "username": "nobody", "password": "wrong password" })).await;

    assert_eq!(wrong.error(), error(401, "invalid_credentials", "Invalid username or password"));
    assert_eq!(unknown.body, wrong.body);
    let relevant = |headers: &[(String, String)]| {
        let ids = ["x-request-id", "date"];
        headers.iter().filter(|(name, _)| !ids.contains(&name.as_str())).cloned().collect::<Vec<_>>()
    };
    assert_eq!(relevant(&unknown.headers), relevant(&wrong.headers));
}

async fn invalid_names_and_passwords_are_rejected_like_wrong_ones(database: Database) {
    let app = TestApp::spawn(database).await;
    let long = "x".repeat(20_000);

    for (username, password) in [
        ("", ""),
        ("\0", "\0"),
        (" admin", PASSWORD),
        ("admin", ""),
        ("admin", &long),
        (&long, PASSWORD),
        ("' OR 1=1 --", "x"),
    ] {
        let response = app.post("/login", &json!({ "username": username, "password": password })).await;

        assert_eq!(response.error(), error(401, "invalid_credentials", "Invalid username or password"), "{username:?}");
    }
}

/// Both cost a hash; a lookup alone would be a hundred times faster.
async fn an_unknown_user_takes_as_long_as_a_known_one(database: Database) {
    let mut config = config_for(&database);
    config.passwords.memory_kib = 8 * 1024;
    let app = TestApp::spawn_with(database, config).await;
    app.register("john").await;

    let mut fastest = [f64::MAX; 2];
    for _ in 0..5 {
        for (fastest, username) in fastest.iter_mut().zip(["john", "nobody"]) {
            let began = Instant::now();
            app.post("/login", &json!({ "username": username, "password": "wrong password" })).await;
            *fastest = fastest.min(began.elapsed().as_secs_f64());
        }
    }

    let [known, unknown] = fastest;
    assert!(unknown > known / 3.0, "known {known} s, unknown {unknown} s");
}

async fn a_hash_with_other_parameters_is_replaced_at_the_next_login(database: Database) {
    let old = TestApp::spawn(database.clone()).await;
    let before = database.rows("SELECT password_hash AS text FROM users");
    let mut config = config_for(&database);
    config.passwords.memory_kib = 128;
    config.passwords.iterations = 2;
    let new = TestApp::spawn_with(database.clone(), config).await;

    assert_eq!(new.log_in("admin").await.status, 200);

    let after = database.rows("SELECT password_hash AS text FROM users");
    assert!(before[0].starts_with("$argon2id$v=19$m=64,t=1,p=1$"), "{before:?}");
    assert!(after[0].starts_with("$argon2id$v=19$m=128,t=2,p=1$"), "{after:?}");
    assert_eq!(new.log_in("admin").await.status, 200);
    assert_eq!(database.rows("SELECT password_hash AS text FROM users"), after);
    assert_eq!(old.log_in("admin").await.status, 200);
}

async fn a_wrong_password_does_not_rehash(database: Database) {
    let _old = TestApp::spawn(database.clone()).await;
    let before = database.rows("SELECT password_hash AS text FROM users");
    let mut config = config_for(&database);
    config.passwords.memory_kib = 128;
    let new = TestApp::spawn_with(database.clone(), config).await;

    new.post("/login", &json!({ "username": "admin", "password": "wrong password" })).await;

    assert_eq!(database.rows("SELECT password_hash AS text FROM users"), before);
}

async fn a_malformed_stored_hash_matches_no_password(database: Database) {
    let app = TestApp::spawn(database.clone()).await;

    for hash in [
        "",
        "correct horse",
        "$argon2i$v=19$m=64,t=1,p=1$c2FsdHNhbHQ$aGFzaGhhc2hoYXNo",
        "$2y$10$abcdefghijklmnopqrstuv",
        // A salt that is too short, and parameters that would keep a thread busy for hours.
        "$argon2id$v=19$m=64,t=1,p=1$c2FsdHNhbA$aGFzaGhhc2hoYXNo",
        "$argon2id$v=19$m=8,t=4294967295,p=1$c2FsdHNhbHQ$aGFzaGhhc2hoYXNo",
        "$argon2id$v=19$m=4294967295,t=1,p=1$c2FsdHNhbHQ$aGFzaGhhc2hoYXNo",
    ] {
        database.execute(&format!("UPDATE users SET password_hash = '{hash}'"));

        let response = app.log_in("admin").await;

        assert_eq!(response.error(), error(401, "invalid_credentials", "Invalid username or password"), "{hash}");
    }
}

async fn a_hash_of_another_system_beyond_the_limits_matches_no_password(database: Database) {
    let app = TestApp::spawn(database.clone()).await;

    for hash in [
        "$2b$31$FpQedN6cgNxpWwp.D2iSueDFGz7KzyCHZ0VfEgi5yTMm/8yT7FS52",
        "scrypt:1073741824:8:1$salt$00112233445566778899",
        "pbkdf2:sha256:4294967295$salt$00112233445566778899",
        // Of no bytes, which every password would match.
        "scrypt:1024:8:1$salt$",
        "pbkdf2:sha256:1000$salt$",
    ] {
        database.execute(&format!("UPDATE users SET password_hash = '{hash}'"));

        let response = app.log_in("admin").await;

        assert_eq!(response.error(), error(401, "invalid_credentials", "Invalid username or password"), "{hash}");
    }
}

/// A decoded part of the token: 0 is its header, 1 its claims.
fn part(token: &str, index: usize) -> Value {
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

    let part = token.split('.').nth(index).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}
