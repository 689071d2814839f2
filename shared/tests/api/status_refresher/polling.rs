//! Regular polls: revocation takes effect, unchanged lists are confirmed, requests cause no fetch.

use serde_json::json;
use service_kit::testing::eventually;
use shared::{UnixTime, status::TokenStatus, testing::mint_status_list};

use super::{HOURLY, OFTEN, REVOKED, Service, VALID, list_answer, list_claims, publish};
use crate::fake_issuer::{FakeAnswer, FakeIssuer, LIST, LISTS, METADATA, NEXT_LIST};

#[actix_web::test]
async fn revoked_tokens_are_rejected_after_the_next_poll() {
    let issuer = FakeIssuer::start();
    publish(&issuer, &[(LIST, VALID)]);
    let service = Service::of(&issuer, OFTEN).await;
    service.first_lists().await;
    assert_eq!(service.answer(&issuer.url, LIST).await.text, "alice");

    for (value, code) in [(REVOKED, "token_revoked"), (TokenStatus::ClaimsStale.value(), "claims_stale")] {
        publish(&issuer, &[(LIST, value)]);
        issuer.is_asked_again(LIST, 2).await;

        assert_eq!(service.answer(&issuer.url, LIST).await.refusal().1, code);
    }
}

#[actix_web::test]
async fn protected_requests_do_not_call_the_issuer() {
    let issuer = FakeIssuer::start();
    publish(&issuer, &[(LIST, VALID), (NEXT_LIST, REVOKED)]);
    let service = Service::of(&issuer, HOURLY).await;
    service.first_lists().await;
    eventually(async || (service.stats.refreshes() == 1).then_some(())).await;
    assert_eq!(issuer.times_asked(), 4, "the metadata, the lists' names, and two lists");

    for _ in 0..100 {
        assert_eq!(service.answer(&issuer.url, LIST).await.status, 200);
        assert_eq!(service.answer(&issuer.url, NEXT_LIST).await.status, 401);
    }

    assert_eq!(issuer.times_asked(), 4);
}

#[actix_web::test]
async fn unchanged_lists_are_confirmed_by_304() {
    let issuer = FakeIssuer::start();
    let uris = json!({ "status_lists": [issuer.at(LIST)] });
    issuer.answers_with(LISTS, FakeAnswer::json(&uris).with_etag("\"names\""));
    let token = mint_status_list(&list_claims(&issuer, LIST, VALID));
    issuer.answers_with(LIST, list_answer(&token).with_etag("\"list\""));

    let service = Service::of(&issuer, OFTEN).await;
    issuer.is_asked_again(LIST, 3).await;

    for (path, etag) in [(LISTS, "\"names\""), (LIST, "\"list\"")] {
        let asked = issuer.asked(path);
        assert_eq!(asked[0].header("if-none-match"), None);
        assert!(asked[1..].iter().all(|asked| asked.header("if-none-match") == Some(etag)), "{asked:?}");
        assert!(asked.iter().all(|asked| asked.header("cache-control") == Some("no-cache")), "{asked:?}");
    }
    assert_eq!(issuer.asked(METADATA).len(), 1, "the address is remembered");
    service.store.confirm(UnixTime::from_seconds(0));
    issuer.is_asked_again(LIST, 2).await;
    assert_eq!(
        service.answer(&issuer.url, LIST).await.text,
        "alice",
        "the issuer's word that nothing has changed counts"
    );
}

#[actix_web::test]
async fn a_list_that_is_no_longer_published_is_dropped() {
    let issuer = FakeIssuer::start();
    publish(&issuer, &[(LIST, VALID), (NEXT_LIST, VALID)]);
    let service = Service::of(&issuer, OFTEN).await;
    service.first_lists().await;

    publish(&issuer, &[(NEXT_LIST, VALID)]);
    issuer.is_asked_again(LISTS, 2).await;

    assert_eq!(service.answer(&issuer.url, LIST).await.refusal().1, "invalid_token");
    assert_eq!(service.answer(&issuer.url, NEXT_LIST).await.text, "alice");
    assert_eq!(service.store.lists(), 1);
}
