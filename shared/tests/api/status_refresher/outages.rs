//! Failed fetches and the recovery from them.

use serde_json::json;
use service_kit::testing::eventually;
use shared::UnixTime;

use super::{MAX_STALE, OFTEN, REVOKED, Service, VALID, publish};
use crate::fake_issuer::{FakeAnswer, FakeIssuer, LIST, LISTS, METADATA, NEXT_LIST};

#[actix_web::test]
async fn a_failed_fetch_of_one_list_does_not_affect_the_others() {
    let issuer = FakeIssuer::start();
    publish(&issuer, &[(LIST, REVOKED), (NEXT_LIST, VALID)]);
    issuer.answers_with(LIST, FakeAnswer::new(500, ""));

    let service = Service::of(&issuer, OFTEN).await;
    service.first_lists().await;

    assert_eq!(service.answer(&issuer.url, NEXT_LIST).await.text, "alice");
    assert_eq!(service.answer(&issuer.url, LIST).await.refusal().1, "status_unavailable");
}

#[actix_web::test]
async fn lists_are_current_again_after_an_outage() {
    let issuer = FakeIssuer::start();
    publish(&issuer, &[(LIST, VALID)]);
    let service = Service::of(&issuer, OFTEN).await;
    service.first_lists().await;

    issuer.answers_with(LISTS, FakeAnswer::new(503, ""));
    issuer.answers_with(METADATA, FakeAnswer::new(503, ""));
    issuer.is_asked_again(METADATA, 2).await;
    assert_eq!(service.answer(&issuer.url, LIST).await.text, "alice", "a failed fetch locks nobody out");
    service.store.confirm(UnixTime::now().minus(MAX_STALE * 2));
    assert_eq!(service.answer(&issuer.url, LIST).await.refusal().1, "status_unavailable");
    publish(&issuer, &[(LIST, VALID)]);
    let metadata = json!({ "issuer": issuer.url, "status_list_aggregation_endpoint": issuer.at(LISTS) });
    issuer.answers_with(METADATA, FakeAnswer::json(&metadata));

    eventually(async || (service.answer(&issuer.url, LIST).await.status == 200).then_some(())).await;
}
