//! *Cookies*.

use actix_web::{
    HttpResponse,
    cookie::{Cookie, SameSite},
    test::TestRequest,
    web,
};
use shared::{
    Jwt,
    testing::{claims, mint, resource_server_builder},
    verifier::{TokenLocation, TokenLocations},
};

use super::assert_shown_in;
use crate::support::{TestApp, get, post};

/// The response to a login. `csrf` is new: at least 128 random bits, in base64url.
fn logged_in(access_token: &str, csrf: &str) -> HttpResponse {
    let cookie = |name: &'static str, value: &str| {
        Cookie::build(name, value.to_owned()).path("/").secure(true).same_site(SameSite::Lax)
    };
    HttpResponse::NoContent()
        .cookie(cookie("access_token_cookie", access_token).http_only(true).finish())
        .cookie(cookie("csrf_access_token", csrf).finish())
        .finish()
}

#[actix_web::test]
async fn the_cookies_of_a_login_are_accepted_with_the_csrf_header() {
    let locations = TokenLocations::new(vec![TokenLocation::Cookies, TokenLocation::Headers]);
    let auth = resource_server_builder().token_locations(locations).spawn().unwrap();
    let app = TestApp::new(|app| {
        app.configure(auth.app()).route("/", web::route().to(async |jwt: Jwt| jwt.identity().to_owned()));
    })
    .await;
    let response = logged_in(&mint(&claims("alice", "user")), "Zx3fK0aPq7_-");
    let with_cookies = |request| response.cookies().fold(request, TestRequest::cookie);

    assert_eq!(app.send(with_cookies(get("/"))).await.text, "alice");
    assert_eq!(app.send(with_cookies(post("/"))).await.refusal().1, "csrf_failed");
    let confirmed = with_cookies(post("/")).insert_header(("X-CSRF-TOKEN", "Zx3fK0aPq7_-"));
    assert_eq!(app.send(confirmed).await.text, "alice");
}

#[test]
fn the_readme_shows_this() {
    assert_shown_in("Cookies", include_str!("cookies.rs"));
}
