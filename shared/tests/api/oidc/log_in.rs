//! From the application to the issuer and back.

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::json;
use shared::client::{Issuer, SetupError};
use shared::oidc::OidcLogin;

use super::{ACCESS_TOKEN, APP, CLIENT, CONFIGURATION, Login, TOKEN, USERINFO, at_hash, id_token, set_cookies, tokens};
use crate::{
    fake_issuer::{FakeIssuer, FakeResponse},
    support::{TestApp, get, with},
};

#[actix_web::test]
async fn a_user_logs_in_and_returns_to_the_page_where_it_began() {
    let app = Login::new().await;
    let sent_to_login = app.get("/private?a=1&b=2").await;

    let begun = app.begin_at(sent_to_login.header("Location").unwrap()).await;
    let back = app.finish(&begun, &app.claims(&begun)).await;
    let page = app.get(back.header("Location").unwrap()).await;

    assert_eq!(sent_to_login.status, 303);
    assert_eq!((back.status, back.header("Location")), (303, Some("/private?a=1&b=2")));
    assert_eq!(page.text, format!("7 alice {ACCESS_TOKEN}"));
}

#[actix_web::test]
async fn the_request_asks_for_a_code_with_state_nonce_and_challenge() {
    let app = Login::with(|builder| builder.scope("profile openid reports:read")).await;

    let first = app.begin().await.sent;
    let second = app.begin().await.sent;

    for (name, value) in [
        ("response_type", "code"),
        ("client_id", CLIENT),
        ("redirect_uri", "https://shop.example.com/callback"),
        ("scope", "openid profile reports:read"),
        ("code_challenge_method", "S256"),
    ] {
        assert_eq!(first[name], value);
    }
    for name in ["state", "nonce", "code_challenge"] {
        assert_eq!(first[name].len(), 43, "{name}");
        assert_ne!(first[name], second[name], "{name}");
    }
}

#[actix_web::test]
async fn the_code_is_exchanged_with_the_verifier_of_the_challenge_and_the_clients_secret() {
    let app = Login::new().await;
    let begun = app.begin().await;

    app.finish(&begun, &app.claims(&begun)).await;

    let request = &app.issuer.requests_to(TOKEN)[0];
    let form = &app.token_requests()[0];
    let challenge = at_hash_whole(&form["code_verifier"]);
    assert_eq!(challenge, begun.sent["code_challenge"]);
    assert_eq!(form["redirect_uri"], begun.sent["redirect_uri"]);
    assert_eq!((&*form["grant_type"], &*form["code"]), ("authorization_code", "a-code"));
    let basic = format!("Basic {}", STANDARD.encode("shop:a+secret"));
    assert_eq!(request.header("authorization"), Some(&*basic));
    assert!(!form.contains_key("client_id"));
}

fn at_hash_whole(verifier: &str) -> String {
    use aws_lc_rs::digest::{SHA256, digest};
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(digest(&SHA256, verifier.as_bytes()))
}

#[actix_web::test]
async fn a_public_client_sends_its_id_and_no_secret() {
    let issuer = super::openid_issuer();
    let login = OidcLogin::builder(Issuer::discover(&*issuer.url), CLIENT).public_url(APP).start().await.unwrap();
    let app = TestApp::new(|app| login.app()(app)).await;
    let begun = app.send(get("/login")).await;
    let cookie = set_cookies(&begun).remove(0);
    let url = url::Url::parse(begun.header("Location").unwrap()).unwrap();
    let state = url.query_pairs().find(|(name, _)| name == "state").unwrap().1.into_owned();

    app.send(get(&format!("/callback?code=c&state={state}&iss={}", issuer.url)).cookie(cookie)).await;

    let request = &issuer.requests_to(TOKEN)[0];
    assert_eq!(request.header("authorization"), None);
    assert!(request.body.contains("client_id=shop"));
}

#[actix_web::test]
async fn a_response_that_belongs_to_no_login_of_this_browser_is_refused() {
    let app = Login::new().await;
    let begun = app.begin().await;
    let stranger = Login { cookies: std::cell::RefCell::default(), ..Login::new().await };

    let wrong = app.get(&begun.callback_with(&[("state", "another-state")])).await;
    let none = app.get(&begun.callback_with(&[("state", "")])).await;
    let elsewhere = stranger.get(&begun.callback()).await;

    assert_eq!([wrong.status, none.status, elsewhere.status], [400; 3]);
    assert!(app.token_requests().is_empty(), "no code was sent to the issuer");
    assert!(!app.is_signed_in().await);
}

#[actix_web::test]
async fn a_response_is_used_once() {
    let app = Login::new().await;
    let begun = app.begin().await;
    app.finish(&begun, &app.claims(&begun)).await;

    let again = app.get(&begun.callback()).await;

    assert_eq!(again.status, 400);
    assert_eq!(app.token_requests().len(), 1);
    assert!(app.is_signed_in().await);
}

#[actix_web::test]
async fn a_code_from_another_login_is_tied_to_the_nonce_of_its_own() {
    let app = Login::new().await;
    let theirs = app.begin().await;
    let mine = app.begin().await;

    let mixed_up = app.finish(&mine, &app.claims(&theirs)).await;

    assert_eq!(mixed_up.status, 502);
    assert!(!app.is_signed_in().await);
}

#[actix_web::test]
async fn row_13_a_response_of_another_issuer_or_of_none_is_refused() {
    let app = Login::new().await;

    for iss in ["https://evil.example", ""] {
        let begun = app.begin().await;
        let refused = app.get(&begun.callback_with(&[("iss", iss)])).await;

        assert_eq!(refused.status, 400, "{iss:?}");
    }
    assert!(app.token_requests().is_empty());
}

#[actix_web::test]
async fn a_parameter_that_occurs_twice_is_refused() {
    let app = Login::new().await;
    let begun = app.begin().await;

    let refused = app.get(&format!("{}&code=another", begun.callback())).await;

    assert_eq!(refused.status, 400);
    assert!(app.token_requests().is_empty());
}

#[actix_web::test]
async fn a_cancelled_login_is_a_page_and_an_end() {
    let app = Login::new().await;
    let begun = app.begin().await;

    let cancelled = app.get(&begun.callback_with(&[("code", ""), ("error", "access_denied<script>")])).await;

    assert_eq!(cancelled.status, 403);
    assert!(cancelled.text.contains("cancelled") && !cancelled.text.contains("script"));
    assert_eq!(cancelled.header("X-Frame-Options"), Some("DENY"));
}

#[actix_web::test]
async fn row_26_a_login_returns_to_pages_of_the_application_only() {
    let app = Login::new().await;

    for return_to in ["https://evil.example", "//evil.example", "/%5Cevil.example", "/%09/evil.example", "javascript:1"]
    {
        let begun = app.begin_at(&format!("/login?return_to={return_to}")).await;
        let back = app.finish(&begun, &app.claims(&begun)).await;

        assert_eq!(back.header("Location"), Some("/"), "{return_to}");
    }
}

#[actix_web::test]
async fn row_30_the_browser_gets_new_cookies_of_this_host_and_no_token() {
    let app = Login::new().await;
    let begun = app.begin().await;
    let back = app.finish(&begun, &app.claims(&begun)).await;
    let first = app.cookies.borrow().clone();
    app.log_in(900).await;
    let second = app.cookies.borrow().clone();

    let session = set_cookies(&back).into_iter().find(|cookie| cookie.name().contains("session")).unwrap();

    assert_eq!(session.name(), "__Host-app_session");
    assert_eq!((session.secure(), session.http_only(), session.path()), (Some(true), Some(true), Some("/")));
    assert_eq!(session.same_site(), Some(actix_web::cookie::SameSite::Lax));
    assert!(session.domain().is_none());
    let sent = format!("{:?} {:?}", back.headers, back.text);
    assert!(!sent.contains(ACCESS_TOKEN) && !sent.contains("refresh-1") && !sent.contains("eyJ"));
    assert_ne!(first["__Host-app_session"], second["__Host-app_session"]);
    app.cookies.replace(first);
    assert!(!app.is_signed_in().await, "the session before has ended");
}

#[actix_web::test]
async fn several_logins_may_be_pending_but_cookies_do_not_pile_up() {
    let app = Login::new().await;

    for _ in 0..40 {
        app.begin().await;
    }
    let last = app.begin().await;
    let cookies = app.cookies.borrow().len();
    let back = app.finish(&last, &app.claims(&last)).await;

    assert!(cookies <= 4, "{cookies}");
    assert_eq!(back.status, 303);
}

#[actix_web::test]
async fn a_program_gets_401_instead_of_a_redirect() {
    let app = Login::new().await;

    let refused = app.app.send(get("/private")).await;

    assert_eq!(refused.refusal().0, 401);
    assert_eq!(refused.refusal().1, "login_required");
}

#[actix_web::test]
async fn user_info_of_another_user_is_refused() {
    let app = Login::new().await;
    app.issuer.respond_with(USERINFO, FakeResponse::json(&json!({ "sub": "8", "preferred_username": "mallory" })));
    let begun = app.begin().await;

    let refused = app.finish(&begun, &app.claims(&begun)).await;

    assert_eq!(refused.status, 502);
    assert!(!app.is_signed_in().await);
}

#[actix_web::test]
async fn what_the_issuer_refuses_or_cannot_answer_logs_nobody_in() {
    let app = Login::new().await;
    let code = |status, code: &str| FakeResponse::new(status, json!({ "error": code }).to_string());

    for (response, status) in [
        (code(400, "invalid_grant"), 400),
        (code(401, "invalid_client"), 503),
        (code(429, "too_many_requests"), 503),
        (FakeResponse::new(500, "out of order"), 503),
        (FakeResponse::new(200, "{}"), 503),
        (FakeResponse::new(200, "a".repeat(70_000)), 503),
        (FakeResponse::json(&with(tokens("a.b.c"), "token_type", "mac")), 503),
        (FakeResponse::json(&json!({ "access_token": "a", "token_type": "Bearer" })), 502),
    ] {
        let begun = app.begin().await;
        app.issuer.respond_with(TOKEN, response);

        let refused = app.get(&begun.callback()).await;

        assert_eq!(refused.status, status, "{refused:?}");
        assert!(!app.is_signed_in().await);
    }
}

#[actix_web::test]
async fn logins_wait_for_an_issuer_that_is_down_and_metadata_of_another_one_is_not_used() {
    let issuer = FakeIssuer::start();
    issuer.respond_with(CONFIGURATION, FakeResponse::json(&json!({ "issuer": "https://evil.example" })));
    let login = OidcLogin::builder(Issuer::discover(&*issuer.url), CLIENT).public_url(APP).spawn().unwrap();
    let app = TestApp::new(|app| login.app()(app)).await;
    issuer.wait_for_requests_to(CONFIGURATION, 1).await;

    let refused = app.send(get("/login").insert_header(("Accept", "text/html"))).await;

    assert_eq!((refused.status, refused.header("Retry-After")), (503, Some("1")));
}

#[actix_web::test]
async fn settings_that_cannot_be_meant_are_refused() {
    let builder = |id: &str| OidcLogin::builder(Issuer::discover("https://login.example.com"), id).public_url(APP);

    assert!(matches!(builder(" ").spawn().err(), Some(SetupError::EmptyClientId)));
    let insecure = builder("a").public_url("http://shop.example.com").spawn().err();
    assert!(matches!(insecure, Some(SetupError::PublicUrl(_))));
    let elsewhere = builder("a").after_logout("//evil.example").spawn().err();
    assert!(matches!(elsewhere, Some(SetupError::LocalPath(_))));
    let endless = builder("a").session_ttl(std::time::Duration::MAX).spawn().err();
    assert!(matches!(endless, Some(SetupError::SessionTtl { .. })));
}

#[actix_web::test]
async fn an_applications_own_page_shows_what_went_wrong() {
    let app = Login::with(|builder| {
        builder.on_error(|error| {
            let page = format!("own page: {}", error.code());
            Some(shared::CustomResponse::new(error.status(), "text/plain", page))
        })
    })
    .await;

    let page = app.get("/callback?state=unknown").await;

    assert_eq!((page.status, &*page.text), (400, "own page: login_expired"));
}

#[actix_web::test]
async fn at_hash_may_be_missing() {
    let app = Login::new().await;
    let begun = app.begin().await;
    let mut claims = app.claims(&begun);
    claims.as_object_mut().unwrap().remove("at_hash");
    app.issuer.respond_with(TOKEN, FakeResponse::json(&tokens(&id_token(&claims))));

    let back = app.get(&begun.callback()).await;

    assert_eq!(back.status, 303, "{} {}", at_hash(ACCESS_TOKEN), back.text);
}
