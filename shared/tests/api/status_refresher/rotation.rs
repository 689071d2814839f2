//! Lists signed with a new, a withdrawn or a not yet fetched key.

use std::sync::Arc;

use actix_web::rt;
use service_kit::testing::eventually;
use shared::{
    UnixTime,
    client::{JwksSource, refresh_keys},
    keys::{JwksCache, KeySet},
    testing::{jwks, mint_status_list},
};

use super::{HOURLY, MAX_STALE, OFTEN, REVOKED, Service, VALID, list_claims, list_response, publish, signed_as};
use crate::{
    fake_issuer::{FakeIssuer, FakeResponse, JWKS, LIST},
    support::jwks_with,
};

#[actix_web::test]
async fn revoked_tokens_stay_rejected_after_a_key_rotation() {
    let issuer = FakeIssuer::start();
    issuer.respond_with(JWKS, FakeResponse::json(&jwks()));
    publish(&issuer, &[(LIST, VALID)]);
    let keys = Arc::new(JwksCache::refreshed(MAX_STALE));
    let source = JwksSource::of_issuer(&issuer.url, issuer.address()).unwrap();
    let _keys_loop = refresh_keys(Arc::clone(&keys), source, HOURLY, None, Arc::default());
    let service = Service::start(&issuer.url, issuer.address(), Arc::clone(&keys), OFTEN, None).await;
    service.first_lists().await;

    let mut both = jwks_with("new-key");
    both["keys"].as_array_mut().unwrap().extend(jwks()["keys"].as_array().unwrap().clone());
    issuer.respond_with(JWKS, FakeResponse::json(&both));
    let revoked = list_claims(&issuer, LIST, REVOKED);
    issuer.respond_with(LIST, list_response(&signed_as("new-key", "statuslist+jwt", &revoked)));

    eventually(async || (service.response(&issuer.url, LIST).await.status == 401).then_some(())).await;
    assert_eq!(service.response(&issuer.url, LIST).await.refusal().1, "token_revoked");
    assert_eq!(issuer.requests_to(JWKS).len(), 2, "one fetch at startup and one for the new key");
}

#[actix_web::test]
async fn a_list_whose_key_was_withdrawn_is_not_confirmed() {
    let issuer = FakeIssuer::start();
    let token = mint_status_list(&list_claims(&issuer, LIST, VALID));
    publish(&issuer, &[(LIST, VALID)]);
    issuer.respond_with(LIST, list_response(&token).with_etag("\"1\""));
    let keys = Arc::new(JwksCache::refreshed(MAX_STALE));
    keys.replace(KeySet::from_jwks(jwks().to_string().as_bytes()).unwrap(), UnixTime::now());
    let service = Service::start(&issuer.url, issuer.address(), Arc::clone(&keys), OFTEN, None).await;
    service.first_lists().await;

    let failed_refetches = Arc::clone(&keys);
    rt::spawn(async move {
        loop {
            failed_refetches.next_miss().await;
            failed_refetches.notify_refreshed();
        }
    });
    keys.replace(KeySet::from_jwks(jwks_with("new-key").to_string().as_bytes()).unwrap(), UnixTime::now());
    // Every further fetch fails, so this state persists.
    eventually(async || (service.stats.failures() > 0).then_some(())).await;
    service.cache.confirm(UnixTime::from_seconds(0));
    let failures = service.stats.failures();
    eventually(async || (service.stats.failures() > failures).then_some(())).await;

    assert!(!service.cache.is_current(UnixTime::now()), "a 304 does not confirm a list whose key is gone");
}

#[actix_web::test]
async fn lists_are_accepted_once_their_keys_arrive() {
    let issuer = FakeIssuer::start();
    publish(&issuer, &[(LIST, VALID)]);
    let keys = Arc::new(JwksCache::refreshed(MAX_STALE));
    let source = JwksSource::of_issuer(&issuer.url, issuer.address()).unwrap();
    let _keys_loop = refresh_keys(Arc::clone(&keys), source, HOURLY, None, Arc::default());
    let service = Service::start(&issuer.url, issuer.address(), Arc::clone(&keys), HOURLY, None).await;
    issuer.wait_for_requests_to(LIST, 1).await;
    assert_eq!(service.response(&issuer.url, LIST).await.refusal().1, "keys_unavailable");

    issuer.respond_with(JWKS, FakeResponse::json(&jwks()));

    eventually(async || (service.response(&issuer.url, LIST).await.status == 200).then_some(())).await;
    assert_eq!(keys.misses(), 0, "no token named an unknown key");
}
