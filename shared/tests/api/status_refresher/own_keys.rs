//! Lists whose keys are in a set of their own, which the issuer's metadata names.

use std::fs;

use serde_json::{Value, json};
use service_kit::testing::eventually;
use shared::{
    AuthError, ResourceServer, UnixTime,
    claims::Audience,
    client::Issuer,
    status::{STATUS_LIST_AUDIENCE, StatusListClaims},
    testing::{AUDIENCE, PUBLIC_KEY_PEM, jwks, mint, mint_status_list},
};

use super::{
    HOURLY, OFTEN, REVOKED, Service, VALID, claims_in_list, fixed_keys, list_claims, list_response, publish, signed_as,
};
use crate::{
    fake_issuer::{FakeIssuer, FakeResponse, JWKS, LIST, LIST_JWKS, LISTS, METADATA},
    support::{disk_copy_in, jwks_with},
};

const LIST_KEY: &str = "list-key";

fn metadata(issuer: &FakeIssuer) -> Value {
    json!({
        "issuer": issuer.url,
        "jwks_uri": issuer.at(JWKS),
        "status_list_aggregation_endpoint": issuer.at(LISTS),
        "status_list_jwks_uri": issuer.at(LIST_JWKS),
    })
}

/// The claims of a list in the form of issuers with keys for lists.
fn own_claims(issuer: &FakeIssuer, value: u8) -> StatusListClaims {
    let aud = Some(Audience::One(STATUS_LIST_AUDIENCE.to_owned()));
    StatusListClaims { aud, ..list_claims(issuer, LIST, value) }
}

fn own_list(issuer: &FakeIssuer, kid: &str, value: u8) -> FakeResponse {
    list_response(&signed_as(kid, "statuslist+jwt", &own_claims(issuer, value)))
}

/// Gives the issuer keys for lists, and a list that is signed with one.
fn upgrade(issuer: &FakeIssuer, value: u8) {
    issuer.respond_with(LIST_JWKS, FakeResponse::json(&jwks_with(LIST_KEY)));
    issuer.respond_with(METADATA, FakeResponse::json(&metadata(issuer)));
    publish(issuer, &[(LIST, value)]);
    issuer.respond_with(LIST, own_list(issuer, LIST_KEY, value));
}

/// An issuer with keys for lists.
fn issuer_with(value: u8) -> FakeIssuer {
    let issuer = FakeIssuer::start();
    upgrade(&issuer, value);
    issuer
}

#[actix_web::test]
async fn lists_are_verified_with_the_key_set_that_the_metadata_names() {
    let issuer = issuer_with(REVOKED);

    let service = Service::of(&issuer, OFTEN).await;
    service.first_lists().await;

    assert_eq!(service.response(&issuer.url, LIST).await.refusal().1, "token_revoked");
    let asked_for = issuer.requests_to(LIST)[0].header("accept").map(str::to_owned);
    assert_eq!(asked_for.as_deref(), Some("application/statuslist+jwt; aud=status-list"));
}

#[actix_web::test]
async fn a_list_without_a_key_and_an_audience_of_its_own_is_refused() {
    let issuer = issuer_with(VALID);
    let service = Service::of(&issuer, OFTEN).await;
    service.first_lists().await;
    let other_audience = Some(Audience::One("resource-service".to_owned()));

    for (case, list) in [
        ("the old form", mint_status_list(&list_claims(&issuer, LIST, REVOKED))),
        ("the access key", signed_as("test-key", "statuslist+jwt", &own_claims(&issuer, REVOKED))),
        ("no audience", signed_as(LIST_KEY, "statuslist+jwt", &list_claims(&issuer, LIST, REVOKED))),
        (
            "another audience",
            signed_as(
                LIST_KEY,
                "statuslist+jwt",
                &StatusListClaims { aud: other_audience, ..own_claims(&issuer, REVOKED) },
            ),
        ),
    ] {
        issuer.respond_with(LIST, list_response(&list));
        let failures = service.stats.failures();
        eventually(async || (service.stats.failures() >= failures + 2).then_some(())).await;

        assert_eq!(service.response(&issuer.url, LIST).await.text, "alice", "{case}");
    }
}

#[actix_web::test]
async fn wherever_keys_of_tokens_come_from_those_of_lists_are_the_ones_in_the_metadata() {
    let issuer = issuer_with(REVOKED);
    issuer.respond_with("/keys", FakeResponse::json(&jwks()));
    let named = || Issuer::discover(&issuer.url).poll_status_every(OFTEN);

    for configured in [named().public_key(PUBLIC_KEY_PEM), named().jwks_url(issuer.at("/keys"))] {
        let server = ResourceServer::builder(AUDIENCE).issuer(configured).start().await.unwrap();
        let verified = server.verifier().verify(&mint(&claims_in_list(&issuer.url, LIST)), UnixTime::now());

        assert_eq!(verified.err(), Some(AuthError::Revoked));
    }
    assert!(issuer.requests_to(JWKS).is_empty());
}

#[actix_web::test]
async fn a_key_of_lists_does_not_sign_access_tokens() {
    let issuer = issuer_with(VALID);
    let service = Service::of(&issuer, OFTEN).await;
    service.first_lists().await;

    let token = signed_as(LIST_KEY, "at+jwt", &claims_in_list(&issuer.url, LIST));

    assert_eq!(service.app.get("/", &token).await.refusal().1, "invalid_token");
}

#[actix_web::test]
async fn a_new_key_of_lists_is_fetched_once() {
    let issuer = issuer_with(VALID);
    let service = Service::of(&issuer, OFTEN).await;
    service.first_lists().await;

    issuer.respond_with(LIST_JWKS, FakeResponse::json(&jwks_with("next-list-key")));
    issuer.respond_with(LIST, own_list(&issuer, "next-list-key", REVOKED));

    eventually(async || (service.response(&issuer.url, LIST).await.status == 401).then_some(())).await;
    assert_eq!(issuer.requests_to(LIST_JWKS).len(), 2, "one fetch at startup and one for the new key");
    assert!(issuer.requests_to(JWKS).is_empty());
}

#[actix_web::test]
async fn an_issuer_that_gets_keys_for_lists_is_followed_without_a_restart() {
    let (issuer, service) = Service::with_lists(&[(LIST, VALID)], OFTEN).await;

    upgrade(&issuer, REVOKED);

    eventually(async || (service.response(&issuer.url, LIST).await.status == 401).then_some(())).await;
    publish(&issuer, &[(LIST, VALID)]);
    let failures = service.stats.failures();
    eventually(async || (service.stats.failures() >= failures + 2).then_some(())).await;
    assert_eq!(service.response(&issuer.url, LIST).await.status, 401, "the old form is now refused");
}

#[actix_web::test]
async fn an_issuer_that_returns_to_the_previous_release_is_followed_without_a_restart() {
    let issuer = issuer_with(VALID);
    let service = Service::of(&issuer, OFTEN).await;
    service.first_lists().await;

    let mut old = metadata(&issuer);
    old.as_object_mut().unwrap().remove("status_list_jwks_uri");
    issuer.respond_with(METADATA, FakeResponse::json(&old));
    issuer.respond_with(LIST_JWKS, FakeResponse::new(404, ""));
    publish(&issuer, &[(LIST, REVOKED)]);

    eventually(async || (service.response(&issuer.url, LIST).await.status == 401).then_some(())).await;
}

#[actix_web::test]
async fn without_its_keys_no_list_is_accepted() {
    let issuer = issuer_with(VALID);
    issuer.respond_with(LIST_JWKS, FakeResponse::new(503, ""));
    issuer.respond_with(JWKS, FakeResponse::json(&jwks()));
    issuer.respond_with(LIST, list_response(&mint_status_list(&list_claims(&issuer, LIST, VALID))));

    let service = Service::start(&issuer.url, issuer.address(), fixed_keys(), HOURLY, None).await;
    issuer.wait_for_requests_to(LIST_JWKS, 2).await;

    assert_eq!(service.response(&issuer.url, LIST).await.refusal().1, "status_unavailable");
}

#[actix_web::test]
async fn a_service_started_during_an_outage_uses_the_disk_copies_of_lists_and_their_keys() {
    let folder = tempfile::tempdir().unwrap();
    let issuer = issuer_with(REVOKED);
    let start = || Service::start(&issuer.url, issuer.address(), fixed_keys(), OFTEN, Some(folder.path()));
    let before = start().await;
    let key_copy = disk_copy_in(folder.path(), "status-list-keys").await;
    let copy = disk_copy_in(folder.path(), "status-lists").await;
    eventually(async || fs::read_to_string(&copy).ok().filter(|text| text.contains(LIST))).await;
    drop(before);
    issuer.respond_with(METADATA, FakeResponse::new(503, ""));

    let after = start().await;
    assert_eq!(after.response(&issuer.url, LIST).await.refusal().1, "token_revoked");
    drop(after);

    // As if the copies were of an earlier release, but of a list that a key of access tokens has not signed.
    fs::remove_file(&key_copy).unwrap();
    let without_keys = start().await;
    assert_eq!(without_keys.response(&issuer.url, LIST).await.refusal().1, "status_unavailable");
}

#[actix_web::test]
async fn copies_of_a_release_without_keys_for_lists_are_used() {
    let folder = tempfile::tempdir().unwrap();
    let issuer = FakeIssuer::start();
    publish(&issuer, &[(LIST, REVOKED)]);
    let start = || Service::start(&issuer.url, issuer.address(), fixed_keys(), OFTEN, Some(folder.path()));
    let before = start().await;
    let key_copy = disk_copy_in(folder.path(), "status-list-keys").await;
    let copy = disk_copy_in(folder.path(), "status-lists").await;
    eventually(async || fs::read_to_string(&copy).ok().filter(|text| text.contains(LIST))).await;
    drop(before);
    issuer.respond_with(METADATA, FakeResponse::new(503, ""));
    fs::remove_file(key_copy).unwrap();

    let after = start().await;

    assert_eq!(after.response(&issuer.url, LIST).await.refusal().1, "token_revoked");
}
