//! Every replica rejects revoked tokens within seconds, with default settings.

use serde_json::{Value, json};
use service_kit::testing::{Response, error, send};
use tempfile::TempDir;

use crate::services::{Issuer, Replica};

const LOGIN: (&str, &str) = ("user_01", "1234");

async fn log_in(issuer: &Issuer, (username, password): (&str, &str)) -> Value {
    issuer.api.post("/login", &json!({ "username": username, "password": password })).await.json()
}

fn access(issued: &Value) -> &str {
    issued["access_token"].as_str().unwrap()
}

async fn as_admin(issuer: &Issuer, method: &str, path: &str, body: &Value) -> Response {
    let admin = issuer.log_in("admin", "admin123").await;
    send(issuer.api.request(method, path).bearer_auth(admin).json(body)).await
}

/// Three replicas, once each accepts the token.
async fn replicas_that_accept(issuer: &Issuer, token: &str) -> [Replica; 3] {
    let replicas = [Replica::of(issuer), Replica::of(issuer), Replica::of(issuer)];
    for replica in &replicas {
        replica.until_as(token, "/dashboard", 200).await;
    }
    replicas
}

async fn assert_all_reject(replicas: &[Replica], token: &str, code: &str, message: &str) {
    for replica in replicas {
        let rejected = replica.until_as(token, "/dashboard", 401).await;

        assert_eq!(rejected.error(), error(401, code, message));
    }
}

#[actix_web::test]
async fn a_role_change_makes_tokens_stale_on_every_replica_and_a_refresh_returns_the_new_role() {
    let issuer = Issuer::start().await;
    let issued = log_in(&issuer, LOGIN).await;
    let replicas = replicas_that_accept(&issuer, access(&issued)).await;

    let changed = as_admin(&issuer, "PATCH", "/users/user_01", &json!({ "role": "admin" })).await;
    let refreshed = issuer.api.post("/refresh", &json!({ "refresh_token": issued["refresh_token"] })).await.json();

    assert_eq!(changed.status, 200);
    for replica in &replicas {
        assert_eq!(replica.get_as(access(&refreshed), "/admin").await.status, 200);
    }
    assert_all_reject(&replicas, access(&issued), "claims_stale", "claims changed, refresh the token").await;
}

#[actix_web::test]
async fn a_logout_ends_only_its_session_on_every_replica() {
    let issuer = Issuer::start().await;
    let (one, other) = (log_in(&issuer, LOGIN).await, log_in(&issuer, LOGIN).await);
    let replicas = replicas_that_accept(&issuer, access(&one)).await;

    send(issuer.api.request("POST", "/logout").bearer_auth(access(&one))).await;

    assert_all_reject(&replicas, access(&one), "token_revoked", "Token has been revoked").await;
    for replica in &replicas {
        assert_eq!(replica.get_as(access(&other), "/dashboard").await.status, 200);
    }
}

#[actix_web::test]
async fn logout_all_ends_every_session_on_every_replica() {
    let issuer = Issuer::start().await;
    let (one, other) = (log_in(&issuer, LOGIN).await, log_in(&issuer, LOGIN).await);
    let replicas = replicas_that_accept(&issuer, access(&one)).await;

    let left = send(issuer.api.request("POST", "/logout-all").bearer_auth(access(&one))).await;

    assert_eq!((left.status, &left.json()["sessions"]), (200, &json!(2)));
    for issued in [one, other] {
        assert_all_reject(&replicas, access(&issued), "token_revoked", "Token has been revoked").await;
        let rejected = issuer.api.post("/refresh", &json!({ "refresh_token": issued["refresh_token"] })).await;
        assert_eq!(rejected.error(), error(401, "token_revoked", "Token has been revoked"));
    }
}

#[actix_web::test]
async fn every_replica_rejects_a_deleted_user() {
    let issuer = Issuer::start().await;
    let issued = log_in(&issuer, LOGIN).await;
    let replicas = replicas_that_accept(&issuer, access(&issued)).await;

    let deleted = as_admin(&issuer, "DELETE", "/users/user_01", &json!({})).await;

    assert_eq!(deleted.status, 204);
    assert_all_reject(&replicas, access(&issued), "token_revoked", "Token has been revoked").await;
}

#[actix_web::test]
async fn revocations_after_a_rotation_take_effect() {
    let issuer = Issuer::start().await;
    let issued = log_in(&issuer, LOGIN).await;
    let replicas = replicas_that_accept(&issuer, access(&issued)).await;

    let rotated = as_admin(&issuer, "POST", "/keys/rotate", &json!({ "force": true })).await;
    send(issuer.api.request("POST", "/logout").bearer_auth(access(&issued))).await;

    assert_eq!(rotated.status, 200);
    assert_all_reject(&replicas, access(&issued), "token_revoked", "Token has been revoked").await;
}

#[actix_web::test]
async fn protected_requests_do_not_call_the_issuer() {
    let issuer = Issuer::start().await;
    let issued = log_in(&issuer, LOGIN).await;
    let mut config = issuer.replica_config();
    config.revocation.poll_secs = 3600;
    config.revocation.max_stale_secs = 3600;
    let replica = Replica::start(config);
    replica.until_as(access(&issued), "/dashboard", 200).await;
    let requests = async || issuer.api.get("/metrics").await.samples("http_requests_total").join("\n");
    let without_metrics =
        |text: String| text.lines().filter(|line| !line.contains("/metrics")).map(str::to_owned).collect();
    let before: Vec<String> = without_metrics(requests().await);

    for _ in 0..200 {
        assert_eq!(replica.get_as(access(&issued), "/dashboard").await.status, 200);
    }

    let after: Vec<String> = without_metrics(requests().await);
    assert_eq!(before, after);
}

#[actix_web::test]
async fn a_replica_that_starts_during_an_issuer_outage_accepts_no_revoked_token() {
    let mut issuer = Issuer::start().await;
    let (gone, good) = (log_in(&issuer, LOGIN).await, log_in(&issuer, LOGIN).await);
    let folder = TempDir::new().unwrap();
    let config = resource_service::Config { cache_dir: Some(folder.path().to_owned()), ..issuer.replica_config() };
    let before = Replica::start(config.clone());
    before.until_as(access(&gone), "/dashboard", 200).await;
    send(issuer.api.request("POST", "/logout").bearer_auth(access(&gone))).await;
    before.until_as(access(&gone), "/dashboard", 401).await;
    // Wait until its disk copy has the revocation.
    service_kit::testing::eventually(async || {
        let with_copy = Replica::start(config.clone());
        Some(with_copy.get_as(access(&gone), "/dashboard").await).filter(|response| response.status == 401)
    })
    .await;
    issuer.stop().await;
    drop(before);

    let (with_copy, without) = (Replica::start(config.clone()), Replica::of(&issuer));

    assert_eq!(with_copy.get_as(access(&gone), "/dashboard").await.error().1, "token_revoked");
    assert_eq!(with_copy.get_as(access(&good), "/dashboard").await.status, 200);
    for token in [&gone, &good] {
        assert_eq!(without.get_as(access(token), "/dashboard").await.status, 503);
    }
}
