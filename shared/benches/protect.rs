//! What protecting a route costs: one route, open and protected, with the same path, headers and response, in turn. No network
//! and no system calls: user time alone. `cargo bench -p shared --bench protect`
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark prints, and panics on failure")]

use std::{
    hint::black_box,
    sync::Arc,
    time::{Duration, Instant},
};

use actix_web::{
    App, Route,
    dev::Service,
    http::{StatusCode, header::AUTHORIZATION},
    rt::System,
    test::{TestRequest, init_service},
    web::{self, Data, Json},
};
use futures_util::future::FutureExt;
use serde::Serialize;
use shared::{
    CurrentUser, Jwt, TokenVerifier, UnixTime,
    actix::user_lookup,
    keys::{JwksCache, KeySet},
    status::{StatusBits, StatusList, StatusListCache, StatusListForm, StatusListToken, StatusPolicy},
    testing::{AUDIENCE, claims, issuer, jwks, mint, mint_status_list, status, status_list_claims},
    users::ClaimsLookup,
    verifier::TokenCache,
};

const LIST: &str = "http://localhost:5000/status-lists/1";
const ROUNDS: usize = 1000;
const REQUESTS: u32 = 250;

/// Serves one request, and says how long it took.
type Serve = Box<dyn Fn() -> Duration>;

#[derive(Serialize)]
struct Greeting {
    id: i64,
    name: String,
}

fn main() {
    let open = route(web::get().to(async || greet(1, "alice")));
    let protected: [(&str, Serve); 3] = [
        ("Jwt", route(web::get().to(async |jwt: Jwt| greet(jwt.uid.unwrap_or_default(), &jwt.sub)))),
        ("CurrentUser", route(web::get().to(async |user: CurrentUser| greet(user.id, &user.username)))),
        ("both", route(web::get().to(async |jwt: Jwt, user: CurrentUser| greet(user.id, &jwt.sub)))),
    ];
    println!("a request with a cached token, {ROUNDS} rounds of {REQUESTS}, medians");
    println!("{:<12} {:>9}   {:>14}   quartiles", "route", "", "above the open");
    for (name, serve) in protected {
        let mut times: Vec<(f64, f64)> = (0..ROUNDS).map(|_| (round(&open), round(&serve))).collect();
        let mut differences: Vec<f64> = times.iter().map(|(open, protected)| protected - open).collect();
        differences.sort_by(f64::total_cmp);
        times.sort_by(|one, other| one.0.total_cmp(&other.0));
        let at = |quarter: usize| differences.get(ROUNDS * quarter / 4).copied().unwrap_or_default();
        let open = times.get(ROUNDS / 2).map_or(0.0, |(open, _)| *open);
        println!("{name:<12} {:>6.0} ns   {:>11.0} ns   {:.0} to {:.0} ns", open + at(2), at(2), at(1), at(3));
    }
}

/// The nanoseconds that a request takes.
fn round(serve: &Serve) -> f64 {
    let total: Duration = (0..REQUESTS).map(|_| serve()).sum();
    total.as_secs_f64() * 1e9 / f64::from(REQUESTS)
}

fn greet(id: i64, name: &str) -> Json<Greeting> {
    Json(Greeting { id, name: name.to_owned() })
}

/// An application with this route, and a token for it. No request waits for anything.
fn route(route: Route) -> Serve {
    let mut claims = claims("alice", "user");
    claims.status = status(LIST, 4_711);
    let header = (AUTHORIZATION, format!("Bearer {}", mint(&claims)));
    let app = App::new().app_data(Data::new(verifier())).app_data(user_lookup(ClaimsLookup)).route("/greeting", route);
    let service = System::new().block_on(init_service(app));
    Box::new(move || {
        let request = TestRequest::get().uri("/greeting").insert_header(header.clone()).to_request();
        let began = Instant::now();
        let response = service.call(black_box(request)).now_or_never().unwrap().unwrap();
        let took = began.elapsed();
        assert_eq!(response.status(), StatusCode::OK);
        took
    })
}

fn verifier() -> TokenVerifier {
    let keys = Arc::new(JwksCache::fixed(KeySet::from_jwks(jwks().to_string().as_bytes()).unwrap()));
    let (lists, now) = (StatusListCache::new(Duration::from_mins(5)), UnixTime::now());
    let token = mint_status_list(&status_list_claims(LIST, &StatusList::new(StatusBits::Two, 131_072)));
    lists.put(StatusListToken::verify(&token, LIST, StatusListForm::AccessTokenKeys(&keys), now).unwrap(), now);
    TokenVerifier::new(AUDIENCE)
        .trust(issuer().with_status(Arc::new(lists), StatusPolicy::strict()))
        .with_cache(TokenCache::default())
}
