//! Which lists are fetched, and from where.

use serde_json::json;
use service_kit::testing::eventually;
use shared::testing::{mint_status_list, status_list_claims};

use super::{OFTEN, REVOKED, Service, VALID, fixed_keys, list_of, list_response, publish};
use crate::fake_issuer::{FakeIssuer, FakeResponse, LIST, LISTS, METADATA};

#[actix_web::test]
async fn lists_outside_the_issuers_url_are_ignored() {
    let (issuer, other) = (FakeIssuer::start(), FakeIssuer::start());
    publish(&issuer, &[(LIST, VALID)]);
    let uris = json!({ "status_lists": [issuer.at(LIST), other.at(LIST), "file:///etc/passwd", issuer.url] });
    issuer.respond_with(LISTS, FakeResponse::json(&uris));

    let service = Service::of(&issuer, OFTEN).await;
    issuer.wait_for_requests_to(LIST, 2).await;

    assert_eq!(service.cache.lists(), 1);
    assert_eq!(other.request_count(), 0);
    assert_eq!(service.stats.failures(), 0);
}

#[actix_web::test]
async fn lists_can_be_fetched_from_an_internal_address() {
    let (issuer, public) = (FakeIssuer::start(), "https://auth.example.com");
    let uri = format!("{public}{LIST}");
    let metadata = json!({ "issuer": public, "status_list_aggregation_endpoint": format!("{public}{LISTS}") });
    issuer.respond_with(METADATA, FakeResponse::json(&metadata));
    issuer.respond_with(LISTS, FakeResponse::json(&json!({ "status_lists": [uri] })));
    issuer.respond_with(LIST, list_response(&mint_status_list(&status_list_claims(&uri, &list_of(REVOKED)))));

    let service = Service::start(public, issuer.address(), fixed_keys(), OFTEN, None).await;
    service.first_lists().await;

    assert_eq!(service.response(public, LIST).await.refusal().1, "token_revoked");
}

#[actix_web::test]
async fn an_issuer_without_lists_is_polled_until_it_publishes_one() {
    let issuer = FakeIssuer::start();
    issuer.respond_with(METADATA, FakeResponse::json(&json!({ "issuer": issuer.url })));
    let service = Service::of(&issuer, OFTEN).await;
    issuer.wait_for_requests_to(METADATA, 2).await;
    assert_eq!(service.response(&issuer.url, LIST).await.refusal().1, "status_unavailable");

    publish(&issuer, &[(LIST, VALID)]);
    let metadata = json!({ "issuer": issuer.url, "status_list_aggregation_endpoint": issuer.at(LISTS) });
    issuer.respond_with(METADATA, FakeResponse::json(&metadata));

    eventually(async || (service.response(&issuer.url, LIST).await.status == 200).then_some(())).await;
}
