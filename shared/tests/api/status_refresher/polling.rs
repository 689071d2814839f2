//! Regular polls: revocation takes effect, unchanged lists are confirmed, requests cause no fetch.

use serde_json::json;
use service_kit::testing::eventually;
use shared::{UnixTime, status::TokenStatus, testing::mint_status_list};

use super::{HOURLY, OFTEN, REVOKED, Service, VALID, list_claims, list_response, publish};
use crate::fake_issuer::{FakeIssuer, FakeResponse, LIST, LISTS, METADATA, NEXT_LIST};

#[actix_web::test]
async fn revoked_tokens_are_rejected_after_the_next_poll() {
    let (issuer, service) = Service::with_lists(&[(LIST, VALID)], OFTEN).await;
    assert_eq!(service.response(&issuer.url, LIST).await.text, "alice");

    for (value, code) in [(REVOKED, "token_revoked"), (TokenStatus::ClaimsStale.value(), "claims_stale")] {
        publish(&issuer, &[(LIST, value)]);
        issuer.wait_for_requests_to(LIST, 2).await;

        assert_eq!(service.response(&issuer.url, LIST).await.refusal().1, code);
    }
}

#[actix_web::test]
async fn protected_requests_do_not_call_the_issuer() {
    let (issuer, service) = Service::with_lists(&[(LIST, VALID), (NEXT_LIST, REVOKED)], HOURLY).await;
    eventually(async || (service.stats.refreshes() == 1).then_some(())).await;
    assert_eq!(issuer.request_count(), 5, "the metadata for keys and for lists, the aggregation and two lists");

    for _ in 0..100 {
        assert_eq!(service.response(&issuer.url, LIST).await.status, 200);
        assert_eq!(service.response(&issuer.url, NEXT_LIST).await.status, 401);
    }

    assert_eq!(issuer.request_count(), 5);
}

#[actix_web::test]
async fn unchanged_lists_are_confirmed_by_304() {
    let issuer = FakeIssuer::start();
    let uris = json!({ "status_lists": [issuer.at(LIST)] });
    issuer.respond_with(LISTS, FakeResponse::json(&uris).with_etag("\"aggregation\""));
    let token = mint_status_list(&list_claims(&issuer, LIST, VALID));
    issuer.respond_with(LIST, list_response(&token).with_etag("\"list\""));

    let service = Service::of(&issuer, OFTEN).await;
    issuer.wait_for_requests_to(LIST, 3).await;

    for (path, etag) in [(LISTS, "\"aggregation\""), (LIST, "\"list\"")] {
        let requests = issuer.requests_to(path);
        assert_eq!(requests[0].header("if-none-match"), None);
        assert!(requests[1..].iter().all(|request| request.header("if-none-match") == Some(etag)), "{requests:?}");
        assert!(requests.iter().all(|request| request.header("cache-control") == Some("no-cache")), "{requests:?}");
    }
    assert_eq!(issuer.requests_to(METADATA).len(), 2, "the metadata is cached, once for keys and once for lists");
    service.cache.confirm(UnixTime::from_seconds(0));
    issuer.wait_for_requests_to(LIST, 2).await;
    assert_eq!(service.response(&issuer.url, LIST).await.text, "alice", "a 304 confirms the list");
}

#[actix_web::test]
async fn a_list_that_is_no_longer_published_is_dropped() {
    let (issuer, service) = Service::with_lists(&[(LIST, VALID), (NEXT_LIST, VALID)], OFTEN).await;

    publish(&issuer, &[(NEXT_LIST, VALID)]);
    issuer.wait_for_requests_to(LISTS, 2).await;

    assert_eq!(service.response(&issuer.url, LIST).await.refusal().1, "invalid_token");
    assert_eq!(service.response(&issuer.url, NEXT_LIST).await.text, "alice");
    assert_eq!(service.cache.lists(), 1);
}
