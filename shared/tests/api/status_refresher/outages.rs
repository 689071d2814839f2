//! Failed fetches and the recovery from them.

use serde_json::json;
use service_kit::testing::eventually;
use shared::UnixTime;

use super::{MAX_STALE, OFTEN, REVOKED, Service, VALID, publish};
use crate::fake_issuer::{FakeIssuer, FakeResponse, LIST, LISTS, METADATA, NEXT_LIST};

#[actix_web::test]
async fn a_failed_fetch_of_one_list_does_not_affect_the_others() {
    let issuer = FakeIssuer::start();
    publish(&issuer, &[(LIST, REVOKED), (NEXT_LIST, VALID)]);
    issuer.respond_with(LIST, FakeResponse::new(500, ""));

    let service = Service::of(&issuer, OFTEN).await;
    service.first_lists().await;

    assert_eq!(service.response(&issuer.url, NEXT_LIST).await.text, "alice");
    assert_eq!(service.response(&issuer.url, LIST).await.refusal().1, "status_unavailable");
}

#[actix_web::test]
async fn lists_are_current_again_after_an_outage() {
    let (issuer, service) = Service::with_lists(&[(LIST, VALID)], OFTEN).await;

    issuer.respond_with(LISTS, FakeResponse::new(503, ""));
    issuer.respond_with(METADATA, FakeResponse::new(503, ""));
    issuer.wait_for_requests_to(METADATA, 2).await;
    assert_eq!(service.response(&issuer.url, LIST).await.text, "alice", "one failed fetch rejects no tokens");
    service.cache.confirm(UnixTime::now().minus(MAX_STALE * 2));
    assert_eq!(service.response(&issuer.url, LIST).await.refusal().1, "status_unavailable");
    publish(&issuer, &[(LIST, VALID)]);
    let metadata = json!({ "issuer": issuer.url, "status_list_aggregation_endpoint": issuer.at(LISTS) });
    issuer.respond_with(METADATA, FakeResponse::json(&metadata));

    eventually(async || (service.response(&issuer.url, LIST).await.status == 200).then_some(())).await;
}
