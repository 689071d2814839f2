//! Malformed, forged and oversized responses, none of which may replace a valid list.

use serde_json::json;
use service_kit::testing::eventually;
use shared::{
    UnixTime,
    client::StatusSource,
    status::{StatusBits, StatusList, StatusListClaims, StatusListToken},
    testing::mint_status_list,
};

use super::{OFTEN, REVOKED, Service, VALID, list_claims, list_response, publish, signed_as};
use crate::fake_issuer::{FakeResponse, LIST, LISTS, NEXT_LIST};

#[actix_web::test]
async fn an_invalid_list_does_not_replace_a_valid_one() {
    let (issuer, service) = Service::with_lists(&[(LIST, VALID)], OFTEN).await;
    let revoked = || list_claims(&issuer, LIST, REVOKED);
    let elsewhere = "/elsewhere";
    issuer.respond_with(elsewhere, list_response(&mint_status_list(&revoked())));
    let mut forged = mint_status_list(&revoked());
    forged.replace_range(forged.len() - 6..forged.len() - 2, "AAAA");
    let expired = StatusListClaims { exp: UnixTime::now(), ..revoked() };
    let mut bomb = revoked();
    bomb.status_list.lst = StatusList::from_bytes(StatusBits::Two, vec![0x55; 8 * StatusList::MAX_LEN]).lst();
    let too_long = " ".repeat(StatusListToken::MAX_LEN);

    for (case, response) in [
        ("500", FakeResponse::new(500, "")),
        ("404", FakeResponse::new(404, "")),
        ("HTML", FakeResponse::new(200, "<html>")),
        ("invalid UTF-8", FakeResponse::new(200, vec![0xff])),
        ("an access token", list_response(&signed_as("test-key", "at+jwt", &revoked()))),
        ("a forged list", list_response(&forged)),
        ("an unknown key", list_response(&signed_as("stranger", "statuslist+jwt", &revoked()))),
        ("another list", list_response(&mint_status_list(&list_claims(&issuer, NEXT_LIST, REVOKED)))),
        ("an expired list", list_response(&mint_status_list(&expired))),
        ("a decompression bomb", list_response(&mint_status_list(&bomb))),
        ("more than 512 KiB", list_response(&(mint_status_list(&revoked()) + &too_long))),
        ("a redirect", FakeResponse::new(302, "").with_header("Location", elsewhere)),
        ("203", FakeResponse::new(203, mint_status_list(&revoked()))),
        ("an unsolicited 304", FakeResponse::new(304, "")),
    ] {
        issuer.respond_with(LIST, response);
        let failures = service.stats.failures();
        eventually(async || (service.stats.failures() >= failures + 2).then_some(())).await;

        assert_eq!(service.response(&issuer.url, LIST).await.text, "alice", "{case}");
    }
    assert!(issuer.requests_to(elsewhere).is_empty());
}

#[actix_web::test]
async fn an_invalid_aggregation_does_not_discard_the_list_uris() {
    let (issuer, service) = Service::with_lists(&[(LIST, VALID)], OFTEN).await;
    let many: Vec<_> = (0..=StatusSource::MAX_LISTS).map(|number| issuer.at(&format!("{LISTS}/{number}"))).collect();

    for (case, response) in [
        ("500", FakeResponse::new(500, "")),
        ("HTML", FakeResponse::new(200, "<html>")),
        ("an array", FakeResponse::json(&json!([[issuer.at(NEXT_LIST)]]))),
        ("no URIs", FakeResponse::json(&json!({}))),
        ("more than 1024 lists", FakeResponse::json(&json!({ "status_lists": many }))),
        ("more than 512 KiB", FakeResponse::new(200, " ".repeat(StatusSource::MAX_AGGREGATION_LEN + 1))),
    ] {
        issuer.respond_with(LISTS, response);
        let failures = service.stats.failures();
        eventually(async || (service.stats.failures() >= failures + 2).then_some(())).await;

        assert_eq!(service.response(&issuer.url, LIST).await.text, "alice", "{case}");
        assert_eq!(service.response(&issuer.url, NEXT_LIST).await.refusal().1, "status_unavailable", "{case}");
    }
    publish(&issuer, &[(LIST, REVOKED)]);
    eventually(async || (service.response(&issuer.url, LIST).await.status == 401).then_some(())).await;
}
