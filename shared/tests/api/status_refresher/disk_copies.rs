//! Copies of the lists on disk, used when the issuer is down at startup.

use std::fs;

use serde_json::Value;
use service_kit::testing::eventually;
use shared::{UnixTime, testing::mint_status_list};

use super::{MAX_STALE, OFTEN, REVOKED, Service, VALID, fixed_keys, list_claims, publish};
use crate::{
    fake_issuer::{FakeIssuer, FakeResponse, LIST, METADATA, NEXT_LIST},
    support::disk_copy_in,
};

#[actix_web::test]
async fn a_service_started_during_an_outage_uses_the_disk_copy() {
    let folder = tempfile::tempdir().unwrap();
    let issuer = FakeIssuer::start();
    publish(&issuer, &[(LIST, VALID), (NEXT_LIST, REVOKED)]);
    let start = || Service::start(&issuer.url, issuer.address(), fixed_keys(), OFTEN, Some(folder.path()));
    let before = start().await;
    let copy = disk_copy_in(folder.path(), "status-lists").await;
    eventually(async || fs::read_to_string(&copy).ok().filter(|text| text.contains(NEXT_LIST))).await;
    drop(before);
    issuer.respond_with(METADATA, FakeResponse::new(503, ""));

    let after = start().await;

    assert_eq!(after.response(&issuer.url, LIST).await.text, "alice");
    assert_eq!(after.response(&issuer.url, NEXT_LIST).await.refusal().1, "token_revoked");
    assert_eq!(after.response(&issuer.url, "/status-lists/3").await.refusal().1, "status_unavailable");
}

#[actix_web::test]
async fn a_disk_copy_is_verified_like_a_response_and_expires_like_one() {
    let folder = tempfile::tempdir().unwrap();
    let issuer = FakeIssuer::start();
    publish(&issuer, &[(LIST, VALID)]);
    let start = || Service::start(&issuer.url, issuer.address(), fixed_keys(), OFTEN, Some(folder.path()));
    let before = start().await;
    let copy = disk_copy_in(folder.path(), "status-lists").await;
    let text = eventually(async || fs::read_to_string(&copy).ok().filter(|text| text.contains(LIST))).await;
    drop(before);
    issuer.respond_with(METADATA, FakeResponse::new(503, ""));
    let forged = text.replace(&mint_status_list(&list_claims(&issuer, LIST, VALID))[..80], "eyJ0eXAiOiJKV1QifQ");
    let mut old: Value = serde_json::from_str(&text).unwrap();
    old["confirmed_at"] = UnixTime::now().minus(MAX_STALE * 2).seconds().into();

    for (case, text) in [("garbage", "{".to_owned()), ("forged", forged), ("too old", old.to_string())] {
        assert_ne!(text, fs::read_to_string(&copy).unwrap(), "{case}");
        fs::write(&copy, text).unwrap();

        let after = start().await;

        assert_eq!(after.response(&issuer.url, LIST).await.refusal().1, "status_unavailable", "{case}");
    }
}
