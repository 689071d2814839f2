//! What protecting a route costs: one route, open and protected, with the same path, headers and response. The time of a request
//! whose token is cached, less that of the open route: `cargo bench -p shared --bench protect`.
#![expect(clippy::unwrap_used, reason = "a benchmark panics on failure")]

use std::{sync::Arc, time::Duration};

use actix_web::{
    App, Error, Route,
    dev::{Service, ServiceResponse},
    http::header::AUTHORIZATION,
    rt::System,
    test::{TestRequest, init_service},
    web::{self, Data, Json},
};
use divan::{Bencher, black_box};
use futures_util::future::FutureExt;
use serde::Serialize;
use shared::{
    CurrentUser, Jwt, TokenVerifier, UnixTime,
    actix::user_lookup,
    keys::{JwksCache, KeySet},
    status::{StatusBits, StatusList, StatusListCache, StatusListToken, StatusPolicy},
    testing::{AUDIENCE, claims, issuer, jwks, mint, mint_status_list, status, status_list_claims},
    users::ClaimsLookup,
    verifier::TokenCache,
};

const LIST: &str = "http://localhost:5000/status-lists/1";

#[derive(Serialize)]
struct Greeting {
    id: i64,
    name: String,
}

fn main() {
    divan::main();
}

#[divan::bench]
fn open(bencher: Bencher<'_, '_>) {
    answer(bencher, web::get().to(async || greet(1, "alice")));
}

#[divan::bench]
fn jwt(bencher: Bencher<'_, '_>) {
    answer(bencher, web::get().to(async |jwt: Jwt| greet(jwt.uid.unwrap_or_default(), &jwt.sub)));
}

#[divan::bench]
fn current_user(bencher: Bencher<'_, '_>) {
    answer(bencher, web::get().to(async |user: CurrentUser| greet(user.id, &user.username)));
}

#[divan::bench]
fn jwt_and_current_user(bencher: Bencher<'_, '_>) {
    answer(bencher, web::get().to(async |jwt: Jwt, user: CurrentUser| greet(user.id, &jwt.sub)));
}

fn greet(id: i64, name: &str) -> Json<Greeting> {
    Json(Greeting { id, name: name.to_owned() })
}

/// Answers requests with a cached token at this route.
fn answer(bencher: Bencher<'_, '_>, route: Route) {
    let mut claims = claims("alice", "user");
    claims.status = status(LIST, 4_711);
    let header = (AUTHORIZATION, format!("Bearer {}", mint(&claims)));
    let app = App::new().app_data(Data::new(verifier())).app_data(user_lookup(ClaimsLookup)).route("/greeting", route);
    let service = System::new().block_on(init_service(app));
    let request = || TestRequest::get().uri("/greeting").insert_header(header.clone()).to_request();
    assert!(call(&service, request()).status().is_success());
    bencher.with_inputs(request).bench_local_values(|request| call(&service, black_box(request)));
}

/// No request waits for anything.
fn call<R, B>(
    service: &impl Service<R, Response = ServiceResponse<B>, Error = Error>,
    request: R,
) -> ServiceResponse<B> {
    service.call(request).now_or_never().unwrap().unwrap()
}

fn verifier() -> TokenVerifier {
    let keys = Arc::new(JwksCache::fixed(KeySet::from_jwks(jwks().to_string().as_bytes()).unwrap()));
    let (lists, now) = (StatusListCache::new(Duration::from_mins(5)), UnixTime::now());
    let token = mint_status_list(&status_list_claims(LIST, &StatusList::new(StatusBits::Two, 131_072)));
    lists.put(StatusListToken::verify(&token, LIST, &keys, now).unwrap(), now);
    TokenVerifier::new(AUDIENCE)
        .trust(issuer().with_status(Arc::new(lists), StatusPolicy::strict()))
        .with_cache(TokenCache::default())
}
