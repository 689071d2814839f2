//! What the authorization endpoint accepts, and how it responds.

use serde_json::{Value, json};
use service_kit::testing::Response;

use super::{CALLBACK, app, authorize, code, insert_application, member, members, request};
use crate::support::{Browser, Database, form_of};

on_both_databases!(
    row_01_the_request_may_be_a_form,
    row_02_unknown_parameters_are_ignored_and_repeated_ones_refused,
    row_03_without_a_client_and_its_redirect_uri_there_is_a_page_and_no_redirect,
    row_04_a_native_application_may_listen_on_any_port,
    row_06_all_other_errors_go_to_the_application,
    row_07_only_codes_are_issued,
    row_08_public_clients_need_pkce_with_s256,
    row_09_a_confidential_client_needs_pkce_unless_its_setting_says_otherwise,
    row_12_13_state_and_issuer_come_back,
    row_14_scopes_that_the_client_may_not_request_are_left_out,
    row_15_request_objects_have_errors_of_their_own,
    row_20_other_parameters_of_openid_connect_do_not_fail,
    row_23_25_no_page_is_framed_or_tells_where_it_came_from,
    row_24_a_form_is_answered_with_303,
    who_comes_from_a_page_here_gets_one_that_leads_to_the_website,
    row_27_redirects_lead_to_uris_that_an_admin_has_registered,
    row_31_an_unknown_name_is_answered_like_a_wrong_password,
    row_33_the_issuer_never_follows_from_the_host,
    the_answer_may_be_a_form,
    nothing_that_is_shown_is_read_as_html,
    nothing_in_a_request_becomes_a_header,
);

/// The error in the redirect to the application.
fn error(response: &Response) -> String {
    assert!(response.header("location").unwrap().starts_with(CALLBACK), "{response:?}");
    assert_eq!((member(response, "state"), member(response, "iss")), ("st-1".into(), "http://localhost:5000".into()));
    member(response, "error")
}

async fn error_of(app: &crate::support::TestApp, more: &[(&str, &str)]) -> String {
    error(&Browser::new(app).open(&request(more)).await)
}

async fn row_01_the_request_may_be_a_form(database: Database) {
    let app = app(&database).await;
    let mut browser = Browser::new(&app);
    let path = request(&[]);
    let (_, query) = path.split_once('?').unwrap();
    let fields: Vec<(String, String)> = serde_urlencoded::from_str(query).unwrap();
    let fields: Vec<_> = fields.iter().map(|(name, value)| (&**name, &**value)).collect();

    let page = browser.post("/authorize", &fields).await;
    super::log_in(&mut browser, &page).await;
    let consent = browser.post("/authorize", &fields).await;
    let answer = browser.submit(&consent, &[("decision", "allow")]).await;

    assert!(member(&answer, "code").starts_with("ac1."), "{answer:?}");
}

async fn row_02_unknown_parameters_are_ignored_and_repeated_ones_refused(database: Database) {
    let app = app(&database).await;
    let mut browser = Browser::new(&app);

    let page = browser.open(&request(&[("colour", "red")])).await;
    assert_eq!((page.status, form_of(&page).action), (200, "/authorize/login".to_owned()));
    for repeated in ["scope=openid", "nonce=x", "response_type=code", "prompt=login"] {
        let path = format!("{}&{repeated}&{repeated}", request(&[]));
        assert_eq!(error(&browser.open(&path).await), "invalid_request", "{repeated}");
    }
    let twice = format!("client_id=own&redirect_uri={CALLBACK}&state=x");
    for repeated in ["client_id=shop", &format!("redirect_uri={CALLBACK}"), &twice] {
        let answer = browser.open(&format!("{}&{repeated}", request(&[]))).await;
        assert_eq!((answer.status, answer.header("location")), (400, None), "{repeated}");
    }
    assert_eq!(error_of(&app, &[("code_challenge_method", "")]).await, "invalid_request");
}

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
    for uri in ["http://127.0.0.1:51004/other", "http://localhost:51004/callback", "http://127.0.0.2/callback"] {
        let answer = browser.open(&request(&[("client_id", "cli"), ("redirect_uri", uri)])).await;
        assert_eq!((answer.status, answer.header("location")), (400, None), "{uri}");
    }
}

async fn row_06_all_other_errors_go_to_the_application(database: Database) {
    let app = app(&database).await;

    for (more, code) in [
        (("response_type", ""), "invalid_request"),
        (("scope", ""), "invalid_scope"),
        (("scope", "admin:all"), "invalid_scope"),
        (("scope", "open\"id"), "invalid_scope"),
        (("max_age", "-1"), "invalid_request"),
        (("max_age", "soon"), "invalid_request"),
        (("prompt", "none login"), "invalid_request"),
        (("prompt", "sing"), "invalid_request"),
        (("response_mode", "fragment"), "invalid_request"),
        (("resource", "https://unknown.example.com"), "invalid_target"),
        (("nonce", &*"n".repeat(600)), "invalid_request"),
        (("code_challenge", "short"), "invalid_request"),
    ] {
        assert_eq!(error_of(&app, &[more]).await, code, "{more:?}");
    }
}

async fn row_07_only_codes_are_issued(database: Database) {
    let app = app(&database).await;

    for kind in ["token", "id_token", "code id_token", "code token", "none", "CODE"] {
        assert_eq!(error_of(&app, &[("response_type", kind)]).await, "unsupported_response_type", "{kind}");
    }
}

async fn row_08_public_clients_need_pkce_with_s256(database: Database) {
    let app = app(&database).await;
    database.execute("UPDATE clients SET requires_pkce = 0");
    let spa = [("client_id", "spa"), ("redirect_uri", "https://spa.example/callback")];
    let mut browser = Browser::new(&app);

    for more in [
        [("code_challenge", ""), ("code_challenge_method", "")],
        [("code_challenge_method", "plain"), ("nonce", "n")],
        [("code_challenge_method", ""), ("nonce", "n")],
        [("code_challenge_method", "s256"), ("nonce", "n")],
    ] {
        let answer = browser.open(&request(&[&spa[..], &more].concat())).await;
        assert_eq!(member(&answer, "error"), "invalid_request", "{more:?}");
    }
}

async fn row_09_a_confidential_client_needs_pkce_unless_its_setting_says_otherwise(database: Database) {
    let app = app(&database).await;
    let without = [("code_challenge", ""), ("code_challenge_method", "")];

    assert_eq!(error_of(&app, &without).await, "invalid_request");
    database.execute("UPDATE clients SET requires_pkce = 0 WHERE id = 'shop'");
    let code = code(&mut Browser::new(&app), &request(&without)).await;

    let answer = super::exchange_as(&app, Some("shop"), &code, &[("redirect_uri", CALLBACK)]).await;
    assert_eq!(answer.status, 200, "{answer:?}");
}

async fn row_12_13_state_and_issuer_come_back(database: Database) {
    let app = app(&database).await;
    let state = "a b+c&d=e%20\"<>äöü\u{1f980}";
    let mut browser = Browser::new(&app);

    let granted = authorize(&mut browser, &request(&[("state", state)])).await;
    let refused = browser.open(&request(&[("state", state), ("scope", "")])).await;
    let without = browser.open(&request(&[("state", "")])).await;

    let issuer = app.get("/.well-known/openid-configuration").await.json()["issuer"].clone();
    for answer in [&granted, &refused] {
        assert_eq!((member(answer, "state"), Value::from(member(answer, "iss"))), (state.to_owned(), issuer.clone()));
    }
    assert!(members(&without).iter().all(|(name, _)| name != "state"), "{without:?}");
}

async fn row_14_scopes_that_the_client_may_not_request_are_left_out(database: Database) {
    let app = app(&database).await;

    let tokens = super::tokens(&app, &mut Browser::new(&app), "openid admin:all orders:read").await;

    assert_eq!(tokens["scope"], "openid orders:read");
    assert!(tokens["id_token"].is_string(), "{tokens}");
    let without = super::tokens(&app, &mut Browser::new(&app), "orders:read").await;
    assert_eq!((&without["scope"], &without["id_token"]), (&"orders:read".into(), &Value::Null));
}

async fn row_15_request_objects_have_errors_of_their_own(database: Database) {
    let app = app(&database).await;

    assert_eq!(error_of(&app, &[("request", "eyJhbGciOiJub25lIn0.e30.")]).await, "request_not_supported");
    assert_eq!(error_of(&app, &[("request_uri", "https://evil.example/x")]).await, "request_uri_not_supported");
}

async fn row_20_other_parameters_of_openid_connect_do_not_fail(database: Database) {
    let app = app(&database).await;

    let more = [
        ("display", "popup"),
        ("ui_locales", "fr de-CH en"),
        ("claims_locales", "fr"),
        ("acr_values", "urn:mace:incommon:iap:silver"),
        ("login_hint", "alice"),
        ("claims", "{\"userinfo\":{}}"),
    ];
    let code = code(&mut Browser::new(&app), &request(&more)).await;

    assert!(code.starts_with("ac1."));
}

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
    insert_application(&database, "evil", "web", "https://evil.example/callback?x=%22%3E%3Cimg%3E", "");
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

async fn row_33_the_issuer_never_follows_from_the_host(database: Database) {
    let app = app(&database).await;

    for header in ["Host", "X-Forwarded-Host", "Forwarded"] {
        let metadata = app.get_with(header, "evil.example", "/.well-known/openid-configuration").await;
        assert!(!metadata.body.contains("evil.example"), "{metadata:?}");
        let mut browser = Browser::new(&app);
        let sent = browser.request(reqwest::Method::GET, &request(&[("scope", "")])).header(header, "evil.example");
        let answer = browser.send(sent).await;
        assert_eq!(error(&answer), "invalid_scope");
    }
}
