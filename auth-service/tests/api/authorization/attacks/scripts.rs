//! Markup in whatever a page shows.

use reqwest::Method;
use serde_json::json;
use service_kit::testing::Response;

use super::super::{CALLBACK, app, authorize, insert_application, log_in_as, request};
use crate::support::{Browser, Database, PASSWORD, TestApp, and_admin, config_for, form_of, insert_client};

on_both_databases!(xss_no_shown_field_is_read_as_html, xss_no_setting_is_read_as_html,);

/// What would be a script, were it not shown as text.
const MARKUP: &str = "<img src=x onerror=alert(1)>";

fn assert_shown_as_text(page: &Response, what: &str) {
    assert!(page.body.contains("&#60;img src=x onerror=alert(1)&#62;"), "{what}: {page:?}");
    assert_no_markup(page, what);
}

fn assert_no_markup(page: &Response, what: &str) {
    assert!(
        ["<img src=x", "<img/src", "<script>alert", "\"'>"].iter().all(|it| !page.body.contains(it)),
        "{what}: {page:?}"
    );
    let policy = page.header("content-security-policy").unwrap();
    assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe"), "{what}: {policy}");
}

async fn xss_no_shown_field_is_read_as_html(database: Database) {
    let app = app(&database).await;
    let quoted = format!("\"'>{MARKUP}");
    // Scopes have no spaces.
    let scope = "<img/src=x/onerror=alert(1)>";
    let redirect = "https://shop.example/callback?\"'><script>alert(1)</script>";
    let user = json!({ "username": MARKUP, "password": PASSWORD });
    assert_eq!(app.post("/register", &user).await.status, 201);
    insert_application(&database, "odd", "web", CALLBACK, &format!(", scopes = 'openid {scope}'"));
    let mut browser = Browser::new(&app);

    // The name of a client cannot have it, and an unknown one is not shown.
    let admin = app.token_of("admin").await;
    let form = json!({ "name": MARKUP, "kind": "web", "redirect_uris": [CALLBACK] });
    assert_eq!(app.post_as(&admin, "/clients", &form).await.status, 400);
    insert_client(&database, MARKUP, "openid");
    for id in [MARKUP, &*quoted] {
        let page = browser.open(&request(&[("client_id", id)])).await;
        assert_eq!(page.status, 400, "{page:?}");
        assert_no_markup(&page, "client_id");
        let query = serde_urlencoded::to_string([("client_id", id)]).unwrap();
        assert_no_markup(&browser.open(&format!("/oauth/logout?{query}")).await, "client_id of a logout");
    }

    let login = browser.open(&request(&[("login_hint", &quoted)])).await;
    assert_shown_as_text(&login, "login_hint");
    let wrong = browser.submit(&login, &[("username", &*quoted), ("password", "wrong")]).await;
    assert_shown_as_text(&wrong, "username");
    let register = browser.open(&request(&[("prompt", "create")])).await;
    for name in [&*quoted, "alice", &*format!("{MARKUP}\u{202e}"), &*"<".repeat(2000)] {
        let refused = browser.submit(&register, &[("username", name), ("password", "short")]).await;
        assert_eq!(refused.status, 400, "{refused:?}");
        assert_no_markup(&refused, "error text");
    }
    for more in [("ui_locales", &*quoted), ("state", &quoted), ("nonce", &quoted), ("prompt", &quoted)] {
        assert_no_markup(&browser.open(&request(&[more])).await, more.0);
    }
    for more in [("redirect_uri", &*quoted), ("redirect_uri", redirect), ("client_id", "")] {
        assert_no_markup(&browser.open(&request(&[more])).await, "fault");
    }
    for text in [&*quoted, MARKUP] {
        let query = serde_urlencoded::to_string([("interaction", text)]).unwrap();
        assert_no_markup(&browser.open(&format!("/authorize/continue?{query}")).await, "interaction");
    }

    // The user's name and the scopes on the consent page, and the name on that of the logout.
    let page = browser.open(&request(&[("client_id", "odd"), ("scope", &format!("openid {scope}"))])).await;
    let consent = log_in_as(&mut browser, &page, MARKUP, PASSWORD).await;
    assert_shown_as_text(&consent, "consent");
    assert!(consent.body.contains("&#60;img/src=x/onerror=alert(1)&#62;"), "{consent:?}");
    assert!(!consent.body.contains(scope), "{consent:?}");
    assert_shown_as_text(&browser.open("/oauth/logout?client_id=shop").await, "logout");
    // What a page passes to the application.
    let more = [("client_id", "odd"), ("response_mode", "form_post"), ("state", &*quoted)];
    let posted = authorize(&mut browser, &request(&more)).await;
    assert_shown_as_text(&posted, "form_post");
    assert!(form_of(&posted).hidden.contains(&("state".into(), quoted.clone())), "{posted:?}");
    let refused = browser.open(&request(&[more[0], more[1], more[2], ("scope", "")])).await;
    assert_shown_as_text(&refused, "form_post with an error");
    let sent = browser.request(Method::GET, &request(&[("client_id", "odd"), ("state", &quoted)]));
    let sent = sent.header("Sec-Fetch-Site", "same-origin").header("Sec-Fetch-Mode", "navigate");
    let onward = browser.send(sent.header("Sec-Fetch-Dest", "document")).await;
    assert!(onward.body.contains("http-equiv=\"refresh\""), "{onward:?}");
    assert_no_markup(&onward, "onward");
}

async fn xss_no_setting_is_read_as_html(database: Database) {
    let folder = tempfile::TempDir::new().unwrap();
    let logo = folder.path().join("logo.svg");
    let drawing = "<svg xmlns=\"http://www.w3.org/2000/svg\"><script>alert(1)</script></svg>";
    std::fs::write(&logo, drawing).unwrap();
    let mut config = and_admin(config_for(&database));
    config.pages.name = Some(format!("\"'>{MARKUP}"));
    for logo in [None, Some(logo)] {
        config.pages.logo = logo;
        let app = TestApp::spawn_with(database.clone(), config.clone()).await;

        for page in [app.get("/").await, app.get("/authorize").await] {
            assert_shown_as_text(&page, "name");
        }
        // A browser that opens the drawing itself runs nothing in it.
        let logo = app.get("/pages/logo").await;
        assert_eq!(logo.header("content-security-policy"), Some("default-src 'none'; frame-ancestors 'none'"));
        assert_eq!(logo.header("x-content-type-options"), Some("nosniff"));
    }
}
