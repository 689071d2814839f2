//! Tokens that refer to a list the service has not fetched yet.

use futures_util::future::join_all;

use super::{HOURLY, Service, VALID, publish};
use crate::fake_issuer::{LIST, LISTS, NEXT_LIST};

#[actix_web::test]
async fn concurrent_requests_with_an_unknown_list_wait_for_one_refetch() {
    let (issuer, service) = Service::with_lists(&[(LIST, VALID)], HOURLY).await;

    publish(&issuer, &[(LIST, VALID), (NEXT_LIST, VALID)]);
    let responses = join_all((0..15).map(|_| service.response(&issuer.url, NEXT_LIST))).await;

    assert!(responses.iter().all(|response| response.text == "alice"), "{responses:?}");
    assert_eq!(issuer.requests_to(LISTS).len(), 2, "one fetch at startup and one for all requests");
}

#[actix_web::test]
async fn a_flood_of_unknown_lists_is_rejected_and_causes_few_fetches() {
    let (issuer, service) = Service::with_lists(&[(LIST, VALID)], HOURLY).await;

    let paths: Vec<_> = (10..200).map(|number| format!("/status-lists/{number}")).collect();
    let responses = join_all(paths.iter().map(|path| service.response(&issuer.url, path))).await;

    assert!(
        responses.iter().all(|response| response.refusal() == (401, "invalid_token", "Invalid token")),
        "{responses:?}"
    );
    assert!(issuer.requests_to(LISTS).len() <= 5, "{} fetches", issuer.requests_to(LISTS).len());
    assert_eq!(service.response(&issuer.url, LIST).await.text, "alice");
}
