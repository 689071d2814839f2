//! Logout from the application and from the issuer.

use std::collections::HashMap;

use serde_json::json;
use url::Url;

use super::{APP, CONFIGURATION, Login, own_form};
use crate::{
    fake_issuer::FakeResponse,
    support::{get, post},
};

#[actix_web::test]
async fn a_logout_ends_the_session_and_goes_on_at_the_issuer() {
    let app = Login::new().await;
    app.log_in(900).await;
    let cookies = app.cookies.borrow().clone();

    let response = app.send(own_form("/logout")).await;

    let url = Url::parse(response.header("Location").unwrap()).unwrap();
    let sent: HashMap<_, _> = url.query_pairs().into_owned().collect();
    assert_eq!((response.status, url.path()), (303, "/oauth/logout"));
    assert_eq!(sent["post_logout_redirect_uri"], "https://shop.example.com/");
    assert_eq!(sent["client_id"], "shop");
    assert_eq!(sent["id_token_hint"].split('.').count(), 3);
    assert!(app.cookies.borrow().is_empty());
    app.cookies.replace(cookies);
    assert!(!app.is_signed_in().await, "the cookie is worth nothing any more");
}

#[actix_web::test]
async fn row_22_a_logout_from_another_site_is_refused() {
    let app = Login::new().await;
    app.log_in(900).await;

    for headers in [
        &[("Sec-Fetch-Site", "cross-site"), ("Origin", "https://evil.example")][..],
        &[("Sec-Fetch-Site", "same-site"), ("Origin", "https://blog.example.com")],
        &[("Sec-Fetch-Site", "none")],
        &[("Origin", "https://evil.example")],
        &[("Origin", "null")],
        &[],
    ] {
        let request = headers.iter().fold(post("/logout"), |request, header| request.insert_header(*header));
        let refused = app.send(request).await;

        assert_eq!(refused.status, 403, "{headers:?}");
    }
    assert_eq!(app.send(get("/logout")).await.status, 405);
    assert!(app.is_signed_in().await);
}

#[actix_web::test]
async fn a_browser_that_sends_only_its_origin_can_log_out() {
    for headers in [&[("Origin", APP)][..], &[("Origin", "null"), ("Sec-Fetch-Site", "same-origin")]] {
        let app = Login::new().await;
        app.log_in(900).await;

        app.send(headers.iter().fold(post("/logout"), |request, header| request.insert_header(*header))).await;

        assert!(!app.is_signed_in().await, "{headers:?}");
    }
}

#[actix_web::test]
async fn without_a_session_or_a_page_at_the_issuer_the_way_leads_to_the_applications_own_page() {
    let app = Login::with(|builder| builder.after_logout("/bye")).await;

    let nobody = app.send(own_form("/logout")).await;

    assert_eq!((nobody.status, nobody.header("Location")), (303, Some("/bye")));
    assert_eq!(app.oidc.post_logout_uri(), "https://shop.example.com/bye");
}

#[actix_web::test]
async fn an_issuer_without_a_logout_page_is_not_asked() {
    let issuer = super::openid_issuer();
    issuer.respond_with(
        CONFIGURATION,
        FakeResponse::json(&json!({
            "issuer": issuer.url, "authorization_endpoint": issuer.at("/authorize"), "token_endpoint": issuer.at("/oauth/token"),
            "jwks_uri": issuer.at(super::JWKS),
        })),
    );
    let login = shared::oidc::OidcLogin::builder(shared::client::Issuer::discover(&*issuer.url), "shop");
    let login = login.public_url(APP).start().await.unwrap();
    let app = crate::support::TestApp::new(|app| login.app()(app)).await;
    let app = Login { issuer, oidc: login, app, cookies: std::cell::RefCell::default() };
    let begun = app.begin().await;
    let claims = app.claims(&begun);
    app.issuer.respond_with(super::TOKEN, FakeResponse::json(&super::tokens(&super::id_token(&claims))));
    // Nor does it send `iss`.
    let back = app.get(&begun.callback_with(&[("iss", "")])).await;

    let logged_out = app.send(own_form("/logout")).await;

    assert_eq!((back.status, logged_out.header("Location")), (303, Some("/")));
}
