//! What the authorization endpoint accepts, and how it responds.

use serde_json::Value;
use service_kit::testing::Response;

use super::{CALLBACK, app, authorize, code, member, members, request};
use crate::support::{Browser, Database, form_of};

on_both_databases!(
    row_01_the_request_may_be_a_form,
    row_02_unknown_parameters_are_ignored_and_repeated_ones_refused,
    row_06_all_other_errors_go_to_the_application,
    row_07_only_codes_are_issued,
    row_08_public_clients_need_pkce_with_s256,
    row_09_a_confidential_client_needs_pkce_unless_its_setting_says_otherwise,
    row_12_13_state_and_issuer_come_back,
    row_14_scopes_that_the_client_may_not_request_are_left_out,
    row_15_request_objects_have_errors_of_their_own,
    row_20_other_parameters_of_openid_connect_do_not_fail,
    row_33_the_issuer_never_follows_from_the_host,
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
    let empty = browser.open(&format!("{}&prompt=&max_age=&resource=", request(&[]))).await;
    assert_eq!((empty.status, form_of(&empty).action), (200, "/authorize/login".to_owned()));
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
    assert_eq!(error_of(&app, &[("response_type", "")]).await, "invalid_request");
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
    // Its default is true.
    let metadata = app.get("/.well-known/openid-configuration").await.json();
    assert_eq!(metadata["request_uri_parameter_supported"], false);
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
