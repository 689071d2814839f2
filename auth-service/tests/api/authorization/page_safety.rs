//! What pages contain and where they lead: no scripts, no frames, no headers of others.

use service_kit::testing::Response;

use super::{CALLBACK, app, authorize, insert_application, member, request};
use crate::support::{Browser, Database, form_of};

on_both_databases!(
    row_23_25_no_page_is_framed_or_tells_where_it_came_from,
    row_24_a_form_is_answered_with_303,
    who_comes_from_a_page_here_gets_one_that_leads_to_the_website,
    the_answer_may_be_a_form,
    nothing_that_is_shown_is_read_as_html,
    nothing_in_a_request_becomes_a_header,
    row_31_an_unknown_name_is_answered_like_a_wrong_password,
);

async fn row_23_25_no_page_is_framed_or_tells_where_it_came_from(database: Database) {
    let app = app(&database).await;
    let mut browser = Browser::new(&app);
    let login = browser.open(&request(&[])).await;
    let consent = super::log_in(&mut browser, &login).await;
    let fault = browser.open("/authorize").await;
    let wrong = browser.submit(&login, &[("username", "alice"), ("password", "wrong")]).await;
    let logout = browser.open("/oauth/logout").await;

    for page in [login, consent, fault, wrong, logout] {
        assert_eq!(page.header("x-frame-options"), Some("DENY"), "{page:?}");
        assert_eq!(page.header("referrer-policy"), Some("no-referrer"), "{page:?}");
        let policy = page.header("content-security-policy").unwrap();
        for part in ["default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'"] {
            assert!(policy.contains(part), "{policy}");
        }
        assert_eq!(page.header("cache-control"), Some("no-store"), "{page:?}");
    }
}

async fn row_24_a_form_is_answered_with_303(database: Database) {
    let app = app(&database).await;
    let mut browser = Browser::new(&app);
    let page = browser.open(&request(&[])).await;

    let answer = browser.submit(&page, &[("username", "alice"), ("password", crate::support::PASSWORD)]).await;

    assert_eq!(answer.status, 303, "{answer:?}");
    assert!(!answer.header("location").unwrap().contains("password"), "{answer:?}");
}

/// Browsers apply `form-action` of the consent page to all that its form leads to, also to redirects of the website.
async fn who_comes_from_a_page_here_gets_one_that_leads_to_the_website(database: Database) {
    let app = app(&database).await;
    let mut browser = Browser::new(&app);
    let page = browser.open(&request(&[])).await;
    let consent = super::log_in(&mut browser, &page).await;
    let website = format!("http-equiv=\"refresh\" content=\"0;url={CALLBACK}?code=ac1.");

    for (client, uri, site, dest, status) in [
        ("shop", CALLBACK, "same-origin", "document", 200),
        ("shop", CALLBACK, "cross-site", "document", 303),
        ("shop", CALLBACK, "same-origin", "iframe", 303),
        ("app", "com.example.app:/callback", "same-origin", "document", 303),
    ] {
        if client == "app" {
            insert_application(&database, client, "native", uri, "");
        }
        let asked = request(&[("client_id", client), ("redirect_uri", uri), ("prompt", "consent")]);
        let form = form_of(&browser.open(&asked).await);
        let allow = [("decision".to_owned(), "allow".to_owned())];
        let fields: Vec<_> = form.hidden.iter().chain(&allow).collect();
        let sent = browser.request(reqwest::Method::POST, &form.action);
        let sent =
            sent.header("Sec-Fetch-Site", site).header("Sec-Fetch-Mode", "navigate").header("Sec-Fetch-Dest", dest);
        let sent = sent.header("Content-Type", "application/x-www-form-urlencoded");
        let answer = browser.send(sent.body(serde_urlencoded::to_string(fields).unwrap())).await;

        assert_eq!(answer.status, status, "{client} {site} {dest}: {answer:?}");
        if status == 200 {
            assert!(answer.body.contains(&website), "{answer:?}");
            assert!(answer.header("content-security-policy").unwrap().contains("form-action 'self';"), "{answer:?}");
            assert_eq!(answer.header("cache-control"), Some("no-store"));
        } else {
            assert!(answer.header("location").unwrap().starts_with(uri), "{answer:?}");
        }
    }
    assert!(consent.header("content-security-policy").unwrap().contains("form-action 'self' https://shop.example;"));
}

async fn the_answer_may_be_a_form(database: Database) {
    let app = app(&database).await;
    let mut browser = Browser::new(&app);
    let state = "\"><script>alert(1)</script>";

    let answer = authorize(&mut browser, &request(&[("response_mode", "form_post"), ("state", state)])).await;

    let form = form_of(&answer);
    let names: Vec<_> = form.hidden.iter().map(|(name, _)| &**name).collect();
    assert_eq!((answer.status, &*form.action, &*names), (200, CALLBACK, &["code", "state", "iss"][..]));
    assert_eq!(form.hidden[1].1, state);
    assert!(!answer.body.contains(state), "{answer:?}");
    let policy = answer.header("content-security-policy").unwrap();
    assert!(policy.contains("script-src 'sha256-") && !policy.contains("form-action"), "{policy}");
}

async fn nothing_that_is_shown_is_read_as_html(database: Database) {
    let app = app(&database).await;
    let evil = "\"><img src=x onerror=alert(1)>";
    let mut browser = Browser::new(&app);

    let login = browser.open(&request(&[("login_hint", evil)])).await;
    let wrong = browser.submit(&login, &[("username", evil), ("password", "wrong")]).await;
    let register = browser.open(&request(&[("prompt", "create")])).await;
    let refused = browser.submit(&register, &[("username", evil), ("password", "a long password")]).await;
    let fault = browser.open(&request(&[("client_id", evil)])).await;

    for page in [login, wrong, refused, fault] {
        assert!(!page.body.contains("<img src=x"), "{page:?}");
    }
}

async fn nothing_in_a_request_becomes_a_header(database: Database) {
    let app = app(&database).await;
    let mut browser = Browser::new(&app);

    let answer = browser.open(&request(&[("state", "a\r\nSet-Cookie: x=y"), ("scope", "")])).await;

    assert_eq!(answer.header("set-cookie"), None);
    assert_eq!(member(&answer, "state"), "a\r\nSet-Cookie: x=y");
}

async fn row_31_an_unknown_name_is_answered_like_a_wrong_password(database: Database) {
    let app = app(&database).await;
    let mut browser = Browser::new(&app);
    let page = browser.open(&request(&[])).await;

    let known = browser.submit(&page, &[("username", "alice"), ("password", "wrong")]).await;
    let unknown = browser.submit(&page, &[("username", "nobody"), ("password", "wrong")]).await;

    assert_eq!((known.status, stable(&known)), (unknown.status, stable(&unknown)));
}

/// A page without the name, and without what differs each time.
fn stable(page: &Response) -> String {
    let interaction = &form_of(page).hidden[0].1;
    page.body.replace(interaction, "").replace("nobody", "alice")
}
