//! Which lists are fetched, and from where.

use serde_json::json;
use service_kit::testing::eventually;
use shared::testing::{mint_status_list, status_list_claims};

use super::{OFTEN, REVOKED, Service, VALID, fixed_keys, list_answer, list_of, publish};
use crate::fake_issuer::{FakeAnswer, FakeIssuer, LIST, LISTS, METADATA};

#[actix_web::test]
async fn lists_outside_the_issuers_url_are_ignored() {
    let (issuer, other) = (FakeIssuer::start(), FakeIssuer::start());
    publish(&issuer, &[(LIST, VALID)]);
    let uris = json!({ "status_lists": [issuer.at(LIST), other.at(LIST), "file:///etc/passwd", issuer.url] });
    issuer.answers_with(LISTS, FakeAnswer::json(&uris));

    let service = Service::of(&issuer, OFTEN).await;
    issuer.is_asked_again(LIST, 2).await;

    assert_eq!(service.store.lists(), 1);
    assert_eq!(other.times_asked(), 0);
    assert_eq!(service.stats.failures(), 0);
}

#[actix_web::test]
async fn lists_can_be_fetched_from_an_internal_address() {
    let (issuer, public) = (FakeIssuer::start(), "https://auth.example.com");
    let uri = format!("{public}{LIST}");
    let metadata = json!({ "issuer": public, "status_list_aggregation_endpoint": format!("{public}{LISTS}") });
    issuer.answers_with(METADATA, FakeAnswer::json(&metadata));
    issuer.answers_with(LISTS, FakeAnswer::json(&json!({ "status_lists": [uri] })));
    issuer.answers_with(LIST, list_answer(&mint_status_list(&status_list_claims(&uri, &list_of(REVOKED)))));

    let service = Service::start(public, issuer.address(), fixed_keys(), OFTEN, None).await;
    service.first_lists().await;

    assert_eq!(service.answer(public, LIST).await.refusal().1, "token_revoked");
}

#[actix_web::test]
async fn an_issuer_without_lists_is_polled_until_it_publishes_one() {
    let issuer = FakeIssuer::start();
    issuer.answers_with(METADATA, FakeAnswer::json(&json!({ "issuer": issuer.url })));
    let service = Service::of(&issuer, OFTEN).await;
    issuer.is_asked_again(METADATA, 2).await;
    assert_eq!(service.answer(&issuer.url, LIST).await.refusal().1, "status_unavailable");

    publish(&issuer, &[(LIST, VALID)]);
    let metadata = json!({ "issuer": issuer.url, "status_list_aggregation_endpoint": issuer.at(LISTS) });
    issuer.answers_with(METADATA, FakeAnswer::json(&metadata));

    eventually(async || (service.answer(&issuer.url, LIST).await.status == 200).then_some(())).await;
}
