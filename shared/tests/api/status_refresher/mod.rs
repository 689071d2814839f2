//! Status lists polled in the background.

mod discovery;
mod disk_copies;
mod hostile_answers;
mod outages;
mod polling;
mod rotation;
mod unknown_lists;

use std::{path::Path, sync::Arc, time::Duration};

use actix_web::web;
use serde_json::{Value, json};
use service_kit::testing::eventually;
use shared::{
    Claims, Jwt, TokenVerifier, UnixTime,
    client::{DiskCopy, IssuerUrl, StatusSource, refresh_status_lists},
    keys::{JwksCache, KeySet},
    status::{StatusBits, StatusList, StatusListCache, StatusListClaims, StatusPolicy, TokenStatus},
    tasks::{RefreshStats, SupervisedTask},
    testing::{AUDIENCE, claims, jwks, mint, mint_raw, mint_status_list, status, status_list_claims},
    verifier::TrustedIssuer,
};

use crate::{
    fake_issuer::{FakeAnswer, FakeIssuer, LISTS},
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
