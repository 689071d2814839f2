//! Status lists polled in the background.

mod discovery;
mod disk_copies;
mod hostile_responses;
mod outages;
mod own_keys;
mod polling;
mod rotation;
mod unknown_lists;

use std::{path::Path, sync::Arc, time::Duration};

use actix_web::web;
use serde_json::json;
use service_kit::testing::eventually;
use shared::{
    Claims, Jwt, TokenVerifier, UnixTime,
    client::{DiskCopy, IssuerUrl, JwksSource, StatusSource, refresh_keys, refresh_status_lists},
    keys::{JwksCache, KeySet},
    status::{StatusBits, StatusList, StatusListCache, StatusListClaims, StatusListKeys, StatusPolicy, TokenStatus},
    tasks::{RefreshStats, SupervisedTask},
    testing::{AUDIENCE, claims, jwks, mint, mint_raw, mint_status_list, status, status_list_claims},
    verifier::TrustedIssuer,
};

use crate::{
    fake_issuer::{FakeIssuer, FakeResponse, LISTS},
    support::{Response, TestApp, modified},
};

const OFTEN: Duration = Duration::from_millis(20);
const HOURLY: Duration = Duration::from_hours(1);
const MAX_STALE: Duration = Duration::from_mins(5);
pub(crate) const VALID: u8 = TokenStatus::Valid.value();
pub(crate) const REVOKED: u8 = TokenStatus::Revoked.value();

/// A service that polls the issuer's status lists.
struct Service {
    app: TestApp,
    cache: Arc<StatusListCache>,
    stats: Arc<RefreshStats>,
    _refreshers: [SupervisedTask; 2],
}

/// Keys that need not be fetched.
fn fixed_keys() -> Arc<JwksCache> {
    Arc::new(JwksCache::fixed(KeySet::from_jwks(jwks().to_string().as_bytes()).unwrap()))
}

impl Service {
    /// An issuer that publishes these lists, and a service that has fetched them.
    async fn with_lists(lists: &[(&'static str, u8)], interval: Duration) -> (FakeIssuer, Self) {
        let issuer = FakeIssuer::start();
        publish(&issuer, lists);
        let service = Self::of(&issuer, interval).await;
        service.first_lists().await;
        (issuer, service)
    }

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
        let cache = Arc::new(StatusListCache::new(MAX_STALE));
        let trusted = TrustedIssuer::new(issuer, Arc::clone(&keys));
        let trusted = trusted.with_status(Arc::clone(&cache), StatusPolicy::strict());
        let verifier = TokenVerifier::new(AUDIENCE).trust(trusted);
        let app = TestApp::verifying(verifier, |app| {
            app.route("/", web::get().to(async |jwt: Jwt| jwt.identity().to_owned()));
        })
        .await;
        let own_keys = Arc::new(JwksCache::refreshed(MAX_STALE));
        let source = JwksSource::of_status_lists(issuer, fetch_from.clone()).unwrap();
        let copy = folder.map(|folder| DiskCopy::of_status_list_keys(folder, issuer).unwrap());
        let key_refresher = refresh_keys(Arc::clone(&own_keys), source, HOURLY, copy, Arc::default());
        let keys = StatusListKeys::new(own_keys, keys);
        let source = StatusSource::of_issuer(issuer, fetch_from).unwrap();
        let copy = folder.map(|folder| DiskCopy::of_status_lists(folder, issuer).unwrap());
        let stats = Arc::<RefreshStats>::default();
        let refresher = refresh_status_lists(Arc::clone(&cache), keys, source, interval, copy, Arc::clone(&stats));
        Self { app, cache, stats, _refreshers: [key_refresher, refresher] }
    }

    /// The response to a token with the first entry of that list.
    async fn response(&self, issuer: &str, list: &str) -> Response {
        self.app.get("/", &mint(&claims_in_list(issuer, list))).await
    }

    async fn first_lists(&self) {
        eventually(async || self.cache.is_current(UnixTime::now()).then_some(())).await;
    }
}

/// Claims whose status is the first entry of that list.
pub(crate) fn claims_in_list(issuer: &str, list: &str) -> Claims {
    modified(claims("alice", "user"), |claims| {
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

/// Publishes these lists, each with the given value of its first entry.
pub(crate) fn publish(issuer: &FakeIssuer, lists: &[(&'static str, u8)]) {
    for (path, value) in lists {
        issuer.respond_with(path, list_response(&mint_status_list(&list_claims(issuer, path, *value))));
    }
    let uris: Vec<_> = lists.iter().map(|(path, _)| issuer.at(path)).collect();
    issuer.respond_with(LISTS, FakeResponse::json(&json!({ "status_lists": uris })));
}

fn list_response(token: &str) -> FakeResponse {
    FakeResponse::new(200, token)
}

fn signed_as(kid: &str, typ: &str, claims: &impl serde::Serialize) -> String {
    let header = json!({ "alg": "RS256", "typ": typ, "kid": kid });
    mint_raw(header.to_string(), serde_json::to_string(claims).unwrap())
}
