//! The authorization endpoint responds to registered clients only, at their registered redirect URIs.

use serde_json::json;

use super::{app, authorize, request};
use crate::support::{Browser, Database};

on_both_databases!(
    row_03_without_a_client_and_its_redirect_uri_there_is_a_page_and_no_redirect,
    row_04_a_native_application_may_listen_on_any_port,
    row_05_what_others_could_receive_is_not_registered,
    row_27_redirects_lead_to_uris_that_an_admin_has_registered,
);

async fn row_03_without_a_client_and_its_redirect_uri_there_is_a_page_and_no_redirect(database: Database) {
    let app = app(&database).await;
    let mut browser = Browser::new(&app);

    for more in [
        ("client_id", ""),
        ("client_id", "nobody"),
        ("client_id", "shop\0"),
        ("redirect_uri", ""),
        ("redirect_uri", "https://evil.example/callback"),
        ("redirect_uri", "https://shop.example/callback/"),
        ("redirect_uri", "https://shop.example/callback?x=1"),
        ("redirect_uri", "https://shop.example/Callback"),
        ("redirect_uri", "https://SHOP.example/callback"),
        ("redirect_uri", "https://shop.example./callback"),
        ("redirect_uri", "https://shop.example@evil.example/callback"),
        ("redirect_uri", "https://shop.example/callback%2F"),
        ("redirect_uri", "https://shop.example/x/../callback"),
        ("redirect_uri", "https://shop.example:443/callback"),
        ("redirect_uri", "http://shop.example/callback"),
        ("redirect_uri", "javascript:alert(1)"),
    ] {
        let answer = browser.open(&request(&[more, ("response_type", "bad")])).await;

        assert_eq!((answer.status, answer.header("location")), (400, None), "{more:?}");
        assert!(answer.header("content-type").unwrap().starts_with("text/html"), "{answer:?}");
        assert!(!answer.body.contains("evil.example"), "{answer:?}");
    }
    let nul = browser.open(&request(&[("nonce", "a\0")])).await;
    assert_eq!((nul.status, nul.header("location")), (400, None));
    let long = "x".repeat(6000);
    let answer = browser.open(&request(&[("state", &long)])).await;
    assert_eq!((answer.status, answer.header("location")), (400, None));
}

async fn row_04_a_native_application_may_listen_on_any_port(database: Database) {
    let app = app(&database).await;
    let mut browser = Browser::new(&app);

    let uri = "http://127.0.0.1:51004/callback";
    let answer = authorize(&mut browser, &request(&[("client_id", "cli"), ("redirect_uri", uri)])).await;

    assert!(answer.header("location").unwrap().starts_with(&format!("{uri}?code=")), "{answer:?}");
    for uri in [
        "http://127.0.0.1:51004/other",
        "http://127.0.0.1/callback/more",
        "http://localhost:51004/callback",
        "http://127.0.0.2/callback",
    ] {
        let answer = browser.open(&request(&[("client_id", "cli"), ("redirect_uri", uri)])).await;
        assert_eq!((answer.status, answer.header("location")), (400, None), "{uri}");
    }
}

async fn row_05_what_others_could_receive_is_not_registered(database: Database) {
    let app = app(&database).await;
    let admin = app.token_of("admin").await;

    for uri in [
        "https://app.example/callback#top",
        "/callback",
        "http://app.example/callback",
        "javascript:alert(1)",
        "app:/callback",
    ] {
        let body = json!({ "name": "app", "kind": "native", "redirect_uris": [uri] });
        assert_eq!(app.post_as(&admin, "/clients", &body).await.status, 400, "{uri}");
    }
    let body = json!({ "name": "app", "kind": "native", "redirect_uris": ["com.example.app:/callback"] });
    assert_eq!(app.post_as(&admin, "/clients", &body).await.status, 201);
}

async fn row_27_redirects_lead_to_uris_that_an_admin_has_registered(database: Database) {
    let app = app(&database).await;
    let user = app.token_of("alice").await;

    let body = json!({ "name": "evil", "kind": "web", "redirect_uris": ["https://evil.example/"] });
    let registered = [app.post("/clients", &body).await, app.post_as(&user, "/clients", &body).await];

    assert_eq!(registered.map(|answer| answer.status), [401, 403]);
    let more = [("client_id", "evil"), ("redirect_uri", "https://evil.example/")];
    let answer = Browser::new(&app).open(&request(&more)).await;
    assert_eq!((answer.status, answer.header("location")), (400, None));
}
