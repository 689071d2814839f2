//! Status lists fetched in the background, from an issuer that revokes, rotates, fails, lies or recovers.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use actix_web::{rt, web};
use futures_util::future::join_all;
use serde_json::{Value, json};
use service_kit::testing::eventually;
use shared::{
    Claims, Jwt, TokenVerifier, UnixTime,
    client::{DiskCopy, IssuerUrl, JwksSource, StatusSource, refresh_keys, refresh_status_lists},
    keys::{JwksCache, KeySet},
    status::{StatusBits, StatusList, StatusListCache, StatusListClaims, StatusListToken, StatusPolicy, TokenStatus},
    tasks::{RefreshStats, SupervisedTask},
    testing::{AUDIENCE, claims, jwks, mint, mint_raw, mint_status_list, status, status_list_claims},
    verifier::TrustedIssuer,
};

use crate::{
    fake_issuer::{FakeAnswer, FakeIssuer, JWKS, LIST, LISTS, METADATA, NEXT_LIST},
    support::{Answer, TestApp, but},
};

const OFTEN: Duration = Duration::from_millis(20);
const HOURLY: Duration = Duration::from_hours(1);
const MAX_STALE: Duration = Duration::from_mins(5);
pub(crate) const VALID: u8 = TokenStatus::Valid.value();
pub(crate) const REVOKED: u8 = TokenStatus::Revoked.value();

/// A service that asks the issuer for its status lists.
struct Service {
    app: TestApp,
    store: Arc<StatusListCache>,
    stats: Arc<RefreshStats>,
    _refresher: SupervisedTask,
}

/// Keys that are known from the start.
fn fixed_keys() -> Arc<JwksCache> {
    Arc::new(JwksCache::fixed(KeySet::from_jwks(jwks().to_string().as_bytes()).unwrap()))
}

impl Service {
    async fn of(issuer: &FakeIssuer, interval: Duration) -> Self {
        Self::start(&issuer.url, issuer.address(), fixed_keys(), interval, None).await
    }

    async fn start(
        issuer: &str,
        fetch_from: IssuerUrl,
        keys: Arc<JwksCache>,
        interval: Duration,
        folder: Option<&Path>,
    ) -> Self {
        let store = Arc::new(StatusListCache::new(MAX_STALE));
        let trusted = TrustedIssuer::new(issuer, Arc::clone(&keys));
        let trusted = trusted.with_status(Arc::clone(&store), StatusPolicy::strict());
        let verifier = TokenVerifier::new(AUDIENCE).trust(trusted);
        let app = TestApp::verifying(verifier, |app| {
            app.route("/", web::get().to(async |jwt: Jwt| jwt.identity().to_owned()));
        })
        .await;
        let source = StatusSource::of_issuer(issuer, fetch_from).unwrap();
        let copy = folder.map(|folder| DiskCopy::of_status_lists(folder, issuer).unwrap());
        let stats = Arc::<RefreshStats>::default();
        let refresher = refresh_status_lists(Arc::clone(&store), keys, source, interval, copy, Arc::clone(&stats));
        Self { app, store, stats, _refresher: refresher }
    }

    /// What the holder of that list's first entry is answered.
    async fn answer(&self, issuer: &str, list: &str) -> Answer {
        self.app.get("/", &mint(&of_list(issuer, list))).await
    }

    async fn first_lists(&self) {
        eventually(async || self.store.is_current(UnixTime::now()).then_some(())).await;
    }
}

/// The file with the copy, once it is there; drafts of it come and go.
async fn copy_in(folder: &Path) -> PathBuf {
    eventually(async || {
        let mut paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        paths.find(|path| path.extension().is_some_and(|extension| extension == "json"))
    })
    .await
}

/// Claims whose status is the first entry of that list.
pub(crate) fn of_list(issuer: &str, list: &str) -> Claims {
    but(claims("alice", "user"), |claims| {
        issuer.clone_into(&mut claims.iss);
        claims.status = status(&format!("{issuer}{list}"), 0);
    })
}

/// A list whose first entry has this value.
fn list_of(value: u8) -> StatusList {
    let mut list = StatusList::new(StatusBits::Two, 131_072);
    list.set(0, value).unwrap();
    list
}

fn list_claims(issuer: &FakeIssuer, path: &str, value: u8) -> StatusListClaims {
    status_list_claims(&issuer.at(path), &list_of(value))
}

/// Makes the issuer publish these lists, each with the value of its first entry.
pub(crate) fn publish(issuer: &FakeIssuer, lists: &[(&'static str, u8)]) {
    for (path, value) in lists {
        issuer.answers_with(path, list_answer(&mint_status_list(&list_claims(issuer, path, *value))));
    }
    let uris: Vec<_> = lists.iter().map(|(path, _)| issuer.at(path)).collect();
    issuer.answers_with(LISTS, FakeAnswer::json(&json!({ "status_lists": uris })));
}

fn list_answer(token: &str) -> FakeAnswer {
    FakeAnswer::new(200, token)
}

/// The fixed key under this key id.
fn jwks_with(kid: &str) -> Value {
    let mut jwks = jwks();
    jwks["keys"][0]["kid"] = kid.into();
    jwks
}

fn signed_as(kid: &str, typ: &str, claims: &impl serde::Serialize) -> String {
    let header = json!({ "alg": "RS256", "typ": typ, "kid": kid });
    mint_raw(&header.to_string(), &serde_json::to_string(claims).unwrap())
}

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
async fn unchanged_lists_are_not_sent_again_and_are_confirmed() {
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
async fn a_request_with_an_unknown_list_waits_for_it_and_is_served() {
    let issuer = FakeIssuer::start();
    publish(&issuer, &[(LIST, VALID)]);
    let service = Service::of(&issuer, HOURLY).await;
    service.first_lists().await;

    publish(&issuer, &[(LIST, VALID), (NEXT_LIST, VALID)]);
    let answers = join_all((0..15).map(|_| service.answer(&issuer.url, NEXT_LIST))).await;

    assert!(answers.iter().all(|answer| answer.text == "alice"), "{answers:?}");
    assert_eq!(issuer.asked(LISTS).len(), 2, "one look at the start and one for all of them");
}

#[actix_web::test]
async fn an_unknown_list_is_a_flaw_and_causes_no_flood_of_fetches() {
    let issuer = FakeIssuer::start();
    publish(&issuer, &[(LIST, VALID)]);
    let service = Service::of(&issuer, HOURLY).await;
    service.first_lists().await;

    let paths: Vec<_> = (10..200).map(|number| format!("/status-lists/{number}")).collect();
    let answers = join_all(paths.iter().map(|path| service.answer(&issuer.url, path))).await;

    assert!(answers.iter().all(|answer| answer.refusal() == (401, "invalid_token", "Invalid token")), "{answers:?}");
    assert!(issuer.asked(LISTS).len() <= 5, "{} looks", issuer.asked(LISTS).len());
    assert_eq!(service.answer(&issuer.url, LIST).await.text, "alice");
}

#[actix_web::test]
async fn a_list_that_is_no_longer_announced_is_dropped() {
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

#[actix_web::test]
async fn revoked_tokens_stay_rejected_after_a_key_rotation() {
    let issuer = FakeIssuer::start();
    issuer.answers_with(JWKS, FakeAnswer::json(&jwks()));
    publish(&issuer, &[(LIST, VALID)]);
    let keys = Arc::new(JwksCache::refreshed(MAX_STALE));
    let source = JwksSource::of_issuer(&issuer.url, issuer.address()).unwrap();
    let _keys_loop = refresh_keys(Arc::clone(&keys), source, HOURLY, None, Arc::default());
    let service = Service::start(&issuer.url, issuer.address(), Arc::clone(&keys), OFTEN, None).await;
    service.first_lists().await;

    let mut both = jwks_with("new-key");
    both["keys"].as_array_mut().unwrap().extend(jwks()["keys"].as_array().unwrap().clone());
    issuer.answers_with(JWKS, FakeAnswer::json(&both));
    let revoked = list_claims(&issuer, LIST, REVOKED);
    issuer.answers_with(LIST, list_answer(&signed_as("new-key", "statuslist+jwt", &revoked)));

    eventually(async || (service.answer(&issuer.url, LIST).await.status == 401).then_some(())).await;
    assert_eq!(service.answer(&issuer.url, LIST).await.refusal().1, "token_revoked");
    assert_eq!(issuer.asked(JWKS).len(), 2, "one look at the start and one for the new key");
}

#[actix_web::test]
async fn a_list_whose_key_was_withdrawn_is_not_confirmed() {
    let issuer = FakeIssuer::start();
    let token = mint_status_list(&list_claims(&issuer, LIST, VALID));
    publish(&issuer, &[(LIST, VALID)]);
    issuer.answers_with(LIST, list_answer(&token).with_etag("\"1\""));
    let keys = Arc::new(JwksCache::refreshed(MAX_STALE));
    keys.replace(KeySet::from_jwks(jwks().to_string().as_bytes()).unwrap(), UnixTime::now());
    let service = Service::start(&issuer.url, issuer.address(), Arc::clone(&keys), OFTEN, None).await;
    service.first_lists().await;

    let nobody_looks = Arc::clone(&keys);
    rt::spawn(async move {
        loop {
            nobody_looks.miss().await;
            nobody_looks.notify_refreshed();
        }
    });
    keys.replace(KeySet::from_jwks(jwks_with("new-key").to_string().as_bytes()).unwrap(), UnixTime::now());
    // Every further fetch fails, so this state persists.
    eventually(async || (service.stats.failures() > 0).then_some(())).await;
    service.store.confirm(UnixTime::from_seconds(0));
    let failures = service.stats.failures();
    eventually(async || (service.stats.failures() > failures).then_some(())).await;

    assert!(
        !service.store.is_current(UnixTime::now()),
        "the issuer says that the list is as before, but its key is gone"
    );
}

#[actix_web::test]
async fn keys_may_arrive_after_the_lists() {
    let issuer = FakeIssuer::start();
    publish(&issuer, &[(LIST, VALID)]);
    let keys = Arc::new(JwksCache::refreshed(MAX_STALE));
    let source = JwksSource::of_issuer(&issuer.url, issuer.address()).unwrap();
    let _keys_loop = refresh_keys(Arc::clone(&keys), source, HOURLY, None, Arc::default());
    let service = Service::start(&issuer.url, issuer.address(), Arc::clone(&keys), HOURLY, None).await;
    issuer.is_asked_again(LIST, 1).await;
    assert_eq!(service.answer(&issuer.url, LIST).await.refusal().1, "keys_unavailable");

    issuer.answers_with(JWKS, FakeAnswer::json(&jwks()));

    eventually(async || (service.answer(&issuer.url, LIST).await.status == 200).then_some(())).await;
    assert_eq!(keys.misses(), 0, "no token named an unknown key");
}

#[actix_web::test]
async fn no_response_of_the_issuer_discards_a_valid_list() {
    let issuer = FakeIssuer::start();
    publish(&issuer, &[(LIST, VALID)]);
    let service = Service::of(&issuer, OFTEN).await;
    service.first_lists().await;
    let revoked = || list_claims(&issuer, LIST, REVOKED);
    let elsewhere = "/elsewhere";
    issuer.answers_with(elsewhere, list_answer(&mint_status_list(&revoked())));
    let mut forged = mint_status_list(&revoked());
    forged.replace_range(forged.len() - 6..forged.len() - 2, "AAAA");
    let expired = StatusListClaims { exp: UnixTime::now(), ..revoked() };
    let mut bomb = revoked();
    bomb.status_list.lst = StatusList::from_bytes(StatusBits::Two, vec![0x55; 8 * StatusList::MAX_LEN]).lst();
    let too_long = " ".repeat(StatusListToken::MAX_LEN);

    for (case, answer) in [
        ("an error", FakeAnswer::new(500, "")),
        ("nothing", FakeAnswer::new(404, "")),
        ("garbage", FakeAnswer::new(200, "<html>")),
        ("no text", FakeAnswer::new(200, vec![0xff])),
        ("an access token", list_answer(&signed_as("test-key", "at+jwt", &revoked()))),
        ("a forged list", list_answer(&forged)),
        ("a key of somebody else", list_answer(&signed_as("stranger", "statuslist+jwt", &revoked()))),
        ("another list", list_answer(&mint_status_list(&list_claims(&issuer, NEXT_LIST, REVOKED)))),
        ("an old list", list_answer(&mint_status_list(&expired))),
        ("a bomb", list_answer(&mint_status_list(&bomb))),
        ("more than 512 KiB", list_answer(&(mint_status_list(&revoked()) + &too_long))),
        ("a redirect", FakeAnswer::new(302, "").with_header("Location", elsewhere)),
        ("an accident", FakeAnswer::new(203, mint_status_list(&revoked()))),
        ("an unsolicited 304", FakeAnswer::new(304, "")),
    ] {
        issuer.answers_with(LIST, answer);
        let failures = service.stats.failures();
        eventually(async || (service.stats.failures() >= failures + 2).then_some(())).await;

        assert_eq!(service.answer(&issuer.url, LIST).await.text, "alice", "{case}");
    }
    assert!(issuer.asked(elsewhere).is_empty());
}

#[actix_web::test]
async fn no_response_of_the_issuer_discards_the_list_uris() {
    let issuer = FakeIssuer::start();
    publish(&issuer, &[(LIST, VALID)]);
    let service = Service::of(&issuer, OFTEN).await;
    service.first_lists().await;
    let many: Vec<_> = (0..=StatusSource::MAX_LISTS).map(|number| issuer.at(&format!("{LISTS}/{number}"))).collect();

    for (case, answer) in [
        ("an error", FakeAnswer::new(500, "")),
        ("garbage", FakeAnswer::new(200, "<html>")),
        ("an array", FakeAnswer::json(&json!([[issuer.at(NEXT_LIST)]]))),
        ("no names", FakeAnswer::json(&json!({}))),
        ("more than 1024 lists", FakeAnswer::json(&json!({ "status_lists": many }))),
        ("more than 512 KiB", FakeAnswer::new(200, " ".repeat(StatusSource::MAX_AGGREGATION_LEN + 1))),
    ] {
        issuer.answers_with(LISTS, answer);
        let failures = service.stats.failures();
        eventually(async || (service.stats.failures() >= failures + 2).then_some(())).await;

        assert_eq!(service.answer(&issuer.url, LIST).await.text, "alice", "{case}");
        assert_eq!(service.answer(&issuer.url, NEXT_LIST).await.refusal().1, "status_unavailable", "{case}");
    }
    publish(&issuer, &[(LIST, REVOKED)]);
    eventually(async || (service.answer(&issuer.url, LIST).await.status == 401).then_some(())).await;
}

#[actix_web::test]
async fn a_list_that_cannot_be_fetched_does_not_affect_the_others() {
    let issuer = FakeIssuer::start();
    publish(&issuer, &[(LIST, REVOKED), (NEXT_LIST, VALID)]);
    issuer.answers_with(LIST, FakeAnswer::new(500, ""));

    let service = Service::of(&issuer, OFTEN).await;
    service.first_lists().await;

    assert_eq!(service.answer(&issuer.url, NEXT_LIST).await.text, "alice");
    assert_eq!(service.answer(&issuer.url, LIST).await.refusal().1, "status_unavailable");
}

#[actix_web::test]
async fn an_issuer_can_announce_only_its_own_lists() {
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
async fn lists_may_be_fetched_from_an_internal_address() {
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
async fn an_issuer_without_lists_is_polled_until_it_has_some() {
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

#[actix_web::test]
async fn a_service_that_starts_while_the_issuer_is_down_begins_with_the_disk_copy() {
    let folder = tempfile::tempdir().unwrap();
    let issuer = FakeIssuer::start();
    publish(&issuer, &[(LIST, VALID), (NEXT_LIST, REVOKED)]);
    let start = || Service::start(&issuer.url, issuer.address(), fixed_keys(), OFTEN, Some(folder.path()));
    let before = start().await;
    let copy = copy_in(folder.path()).await;
    eventually(async || fs::read_to_string(&copy).ok().filter(|text| text.contains(NEXT_LIST))).await;
    drop(before);
    issuer.answers_with(METADATA, FakeAnswer::new(503, ""));

    let after = start().await;

    assert_eq!(after.answer(&issuer.url, LIST).await.text, "alice");
    assert_eq!(after.answer(&issuer.url, NEXT_LIST).await.refusal().1, "token_revoked");
    assert_eq!(after.answer(&issuer.url, "/status-lists/3").await.refusal().1, "status_unavailable");
}

#[actix_web::test]
async fn a_disk_copy_is_verified_like_a_response_and_expires_like_one() {
    let folder = tempfile::tempdir().unwrap();
    let issuer = FakeIssuer::start();
    publish(&issuer, &[(LIST, VALID)]);
    let start = || Service::start(&issuer.url, issuer.address(), fixed_keys(), OFTEN, Some(folder.path()));
    let before = start().await;
    let copy = copy_in(folder.path()).await;
    let text = eventually(async || fs::read_to_string(&copy).ok().filter(|text| text.contains(LIST))).await;
    drop(before);
    issuer.answers_with(METADATA, FakeAnswer::new(503, ""));
    let forged = text.replace(&mint_status_list(&list_claims(&issuer, LIST, VALID))[..80], "eyJ0eXAiOiJKV1QifQ");
    let mut old: Value = serde_json::from_str(&text).unwrap();
    old["confirmed_at"] = UnixTime::now().minus(MAX_STALE * 2).seconds().into();

    for (case, text) in [("garbage", "{".to_owned()), ("forged", forged), ("too old", old.to_string())] {
        assert_ne!(text, fs::read_to_string(&copy).unwrap(), "{case}");
        fs::write(&copy, text).unwrap();

        let after = start().await;

        assert_eq!(after.answer(&issuer.url, LIST).await.refusal().1, "status_unavailable", "{case}");
    }
}

#[actix_web::test]
async fn after_an_outage_the_lists_are_current_again() {
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
