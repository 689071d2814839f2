//! Keys and users that are fetched from an issuer.

use resource_service::{Config, config::LookupKind};
use serde_json::json;
use service_kit::{RevocationConfig, testing::error};
use shared::testing::{claims, mint, mint_raw};

use crate::support::{FakeIssuer, Replica, config};

#[actix_web::test]
async fn a_replica_becomes_ready_once_the_issuer_is_up() {
    let issuer = FakeIssuer::down();
    let replica = replica_of(&issuer);
    let token = mint(&issuer.claims("john", "user"));

    let not_ready = replica.get("/health/ready").await;
    let rejected = replica.get_as(&token, "/dashboard").await;
    issuer.set_available(true);
    replica.until("/health/ready", 200).await;
    let accepted = replica.get_as(&token, "/dashboard").await;

    assert_eq!(not_ready.error(), error(503, "keys_unavailable", "The issuer's keys are temporarily unavailable"));
    let expected = error(503, "keys_unavailable", "The issuer's keys are temporarily unavailable");
    assert_eq!(rejected.error(), expected);
    assert_eq!(rejected.header("retry-after"), Some("1"));
    assert_eq!(rejected.header("www-authenticate"), None);
    assert_eq!(accepted.status, 200);
}

#[actix_web::test]
async fn a_replica_without_an_issuer_is_live_and_serves_open_routes() {
    let replica = Replica::spawn(Config { issuer: "http://127.0.0.1:1".to_owned().into(), ..config() });

    assert_eq!(replica.get("/health/live").await.status, 200);
    assert_eq!(replica.get("/").await.status, 200);
    assert_eq!(replica.get("/health/ready").await.status, 503);
    assert_eq!(replica.get("/dashboard").await.error().1, "missing_token");
}

#[actix_web::test]
async fn a_replica_keeps_serving_when_the_issuer_goes_down() {
    let issuer = FakeIssuer::up();
    let replica = replica_of(&issuer);
    replica.until("/health/ready", 200).await;

    issuer.set_available(false);

    let token = mint(&issuer.claims("john", "user"));
    assert_eq!(replica.get_as(&token, "/dashboard").await.status, 200);
    assert_eq!(replica.get("/health/ready").await.status, 200);
}

#[actix_web::test]
async fn tokens_must_name_a_published_key() {
    let issuer = FakeIssuer::up();
    let replica = replica_of(&issuer);
    replica.until("/health/ready", 200).await;
    let payload = serde_json::to_string(&issuer.claims("john", "user")).unwrap();

    for header in [r#"{"alg":"RS256","typ":"at+jwt"}"#, r#"{"alg":"RS256","typ":"at+jwt","kid":"another"}"#] {
        let response = replica.get_as(&mint_raw(header, &payload), "/dashboard").await;

        assert_eq!(response.error(), error(401, "invalid_token", "Invalid token"), "{header}");
    }
}

#[actix_web::test]
async fn the_url_of_the_keys_can_be_configured() {
    let issuer = FakeIssuer::up();
    let jwks_url = format!("{}/keys", issuer.url()).into();
    let revocation = RevocationConfig { required: Some(false), ..RevocationConfig::default() };
    let replica = Replica::spawn(Config { jwks_url, revocation, ..config() });

    replica.until("/health/ready", 200).await;

    // The setting `issuer` still determines the expected `iss`.
    assert_eq!(replica.get_as(&mint(&claims("john", "user")), "/dashboard").await.status, 200);
    assert_eq!(replica.get_as(&mint(&issuer.claims("john", "user")), "/dashboard").await.error().1, "invalid_token");
}

#[actix_web::test]
async fn metadata_of_another_issuer_is_rejected() {
    let issuer = FakeIssuer::up();
    let fetch_from = issuer.url().to_owned().into();
    let replica = Replica::spawn(Config { fetch_from, ..config() });

    // Two tasks fetch the metadata, and each fetches it again after it has processed the first response.
    issuer.metadata_requested(4).await;
    assert_eq!(replica.get("/health/ready").await.error().1, "keys_unavailable");
}

#[actix_web::test]
async fn the_current_role_is_looked_up_at_the_issuer() {
    let issuer = FakeIssuer::up();
    let replica = replica_with_lookup(&issuer);
    replica.until("/health/ready", 200).await;
    issuer.set_me_response(200, json!({ "id": 7, "username": "john", "role": "editor" }));
    let token = mint(&issuer.claims("john", "user"));

    let dashboard = replica.get_as(&token, "/dashboard").await.json();
    let profile = replica.get_as(&token, "/profile").await.json();

    assert_eq!((&dashboard["user_id"], &dashboard["role"]), (&json!(7), &json!("editor")));
    assert_eq!(profile["full_user_details"], json!({ "id": 7, "username": "john", "role": "editor" }));
}

#[actix_web::test]
async fn a_user_deleted_at_the_issuer_is_not_found() {
    let issuer = FakeIssuer::up();
    let replica = replica_with_lookup(&issuer);
    replica.until("/health/ready", 200).await;
    issuer.set_me_response(401, json!({ "error": "user_not_found", "message": "User not found" }));

    let response = replica.get_as(&mint(&issuer.claims("john", "user")), "/dashboard").await;

    assert_eq!(response.error(), error(401, "user_not_found", "User not found"));
}

#[actix_web::test]
async fn the_lookup_is_unavailable_without_a_valid_response_of_the_issuer() {
    let issuer = FakeIssuer::up();
    let replica = replica_with_lookup(&issuer);
    replica.until("/health/ready", 200).await;

    for (status, body) in [(500, json!({})), (200, json!([])), (404, json!({})), (401, json!("x"))] {
        issuer.set_me_response(status, body);
        let response = replica.get_as(&mint(&issuer.claims("john", "user")), "/dashboard").await;

        let message = "The user lookup is temporarily unavailable";
        assert_eq!(response.error(), error(503, "user_lookup_unavailable", message), "{status}");
    }
    issuer.set_me_response(200, json!({ "id": 1, "username": "john", "role": "user" }));
    assert_eq!(replica.get_as(&mint(&issuer.claims("john", "user")), "/dashboard").await.status, 200);
}

fn replica_of(issuer: &FakeIssuer) -> Replica {
    Replica::spawn(Config { issuer: issuer.url().to_owned().into(), ..config() })
}

fn replica_with_lookup(issuer: &FakeIssuer) -> Replica {
    Replica::spawn(Config { issuer: issuer.url().to_owned().into(), user_lookup: LookupKind::Issuer, ..config() })
}
