//! Codes of other logins and other issuers, and what would become a header.

use auth_service::Config;

use super::super::{
    CALLBACK, VERIFIER, app, authorize, code, exchange, exchange_as, insert_application, log_in_as, member, members,
    request, tokens,
};
use crate::support::{Browser, Database, PASSWORD, TestApp, and_admin, config_for, form_of, oauth_error, payload_of};

on_both_databases!(
    code_injection_a_code_of_another_login_does_not_fit_the_request,
    mix_up_a_code_of_one_issuer_is_worth_nothing_at_another,
    header_injection_state_comes_back_as_it_was_sent,
    header_injection_no_parameter_becomes_a_header,
);

async fn code_injection_a_code_of_another_login_does_not_fit_the_request(database: Database) {
    let app = app(&database).await;
    assert_eq!(app.register("mallory").await.status, 201);
    let mut attacker = Browser::new(&app);
    let page = attacker.open(&request(&[("nonce", "of-mallory"), ("prompt", "consent")])).await;
    let consent = log_in_as(&mut attacker, &page, "mallory", PASSWORD).await;
    let stolen = member(&attacker.submit(&consent, &[("decision", "allow")]).await, "code");
    let with = |verifier: &'static str, uri: &'static str| [("redirect_uri", uri), ("code_verifier", verifier)];

    // The victim's request has another challenge, and with another client another redirect URI.
    let other_verifier = "another-verifier-of-43-characters-or-longer-";
    for (client, fields) in [
        ("shop", with(other_verifier, CALLBACK)),
        ("shop", with(VERIFIER, "https://own.example/callback")),
        ("own", with(VERIFIER, CALLBACK)),
        ("own", with(VERIFIER, "https://own.example/callback")),
    ] {
        let answer = exchange_as(&app, Some(client), &stolen, &fields).await;
        assert_eq!(oauth_error(&answer), (400, "invalid_grant".into()), "{client} {fields:?}");
    }
    let bare = exchange_as(&app, Some("shop"), &stolen, &[("redirect_uri", CALLBACK)]).await;
    assert_eq!(oauth_error(&bare), (400, "invalid_grant".into()));
    // A client without PKCE sees it by the nonce, which is that of the attacker's request.
    let tokens = exchange(&app, &stolen).await.json();
    assert_eq!(payload_of(tokens["id_token"].as_str().unwrap())["nonce"], "of-mallory");
}

async fn mix_up_a_code_of_one_issuer_is_worth_nothing_at_another(database: Database) {
    let app = app(&database).await;
    let other_database = if database.is_postgres() { Database::postgres().unwrap() } else { Database::sqlite() };
    let issuer = "https://other-issuer.example".to_owned();
    let other = TestApp::spawn_with(
        other_database.clone(),
        Config { issuer: issuer.clone(), ..and_admin(config_for(&other_database)) },
    )
    .await;
    insert_application(&other_database, "shop", "web", CALLBACK, "");
    let mut browser = Browser::new(&app);

    for more in [&[][..], &[("scope", "")], &[("prompt", "none"), ("max_age", "0")]] {
        let answer = authorize(&mut browser, &request(more)).await;
        assert_eq!(member(&answer, "iss"), "http://localhost:5000", "{more:?}");
    }
    let posted = authorize(&mut browser, &request(&[("response_mode", "form_post")])).await;
    assert!(form_of(&posted).hidden.contains(&("iss".into(), "http://localhost:5000".into())), "{posted:?}");
    let refused = Browser::new(&other).open(&request(&[("scope", "")])).await;
    assert_eq!(member(&refused, "iss"), issuer);

    let code = code(&mut browser, &request(&[])).await;
    assert_eq!(oauth_error(&exchange(&other, &code).await), (400, "invalid_grant".into()));
    let tokens = exchange(&app, &code).await.json();
    assert_eq!(payload_of(tokens["id_token"].as_str().unwrap())["iss"], "http://localhost:5000");
}

async fn header_injection_state_comes_back_as_it_was_sent(database: Database) {
    let app = app(&database).await;
    let mut browser = Browser::new(&app);
    tokens(&app, &mut browser, "openid").await;
    let long = "ä=&".repeat(300);

    for state in [
        "a\r\nSet-Cookie: x=y",
        "a\nLocation: https://evil.example",
        "\r\n\r\n<html>",
        "a\u{2028}b\u{85}c\t\u{7f}",
        &*long,
    ] {
        let granted = browser.open(&request(&[("state", state)])).await;
        let refused = browser.open(&request(&[("state", state), ("scope", "")])).await;
        let posted = browser.open(&request(&[("state", state), ("response_mode", "form_post")])).await;

        for answer in [&granted, &refused] {
            assert_eq!(member(answer, "state"), state);
            assert!(answer.header("location").unwrap().starts_with(CALLBACK), "{answer:?}");
            assert_eq!((answer.header("set-cookie"), &*answer.body), (None, ""), "{answer:?}");
            let names: Vec<_> = members(answer).into_iter().map(|(name, _)| name).collect();
            assert_eq!(names.iter().filter(|name| *name == "state").count(), 1, "{names:?}");
        }
        assert_eq!((posted.status, posted.header("set-cookie")), (200, None), "{posted:?}");
        assert!(form_of(&posted).hidden.contains(&("state".into(), state.into())), "{posted:?}");
    }
    // No database stores a NUL, and a page cannot pass on what is too long.
    let (nul, too_long) = ("a\0b", "x".repeat(7000));
    for state in [nul, &too_long] {
        let answer = browser.open(&request(&[("state", state)])).await;
        assert_eq!((answer.status, answer.header("location")), (400, None), "{answer:?}");
    }
    let beyond = browser.open(&request(&[("state", &"x".repeat(9000))])).await;
    assert_eq!((beyond.status, beyond.header("location")), (414, None), "{beyond:?}");
}

async fn header_injection_no_parameter_becomes_a_header(database: Database) {
    let app = app(&database).await;
    let evil = "de\r\nSet-Cookie: injected=1\r\nX-Injected: 1";
    let mut browser = Browser::new(&app);

    let names =
        ["client_id", "redirect_uri", "login_hint", "ui_locales", "nonce", "prompt", "response_mode", "resource"];
    let mut answers = Vec::new();
    for name in names {
        answers.push(browser.open(&request(&[(name, evil)])).await);
    }
    let query = serde_urlencoded::to_string([("interaction", evil)]).unwrap();
    answers.push(browser.open(&format!("/authorize/continue?{query}")).await);
    answers.push(browser.post("/authorize/login", &[("interaction", evil), ("username", evil)]).await);
    let query = [("client_id", "shop"), ("post_logout_redirect_uri", CALLBACK), ("state", evil)];
    let logout = browser.open(&format!("/oauth/logout?{}", serde_urlencoded::to_string(query).unwrap())).await;
    assert_eq!((logout.status, member(&logout, "state")), (303, evil.into()));
    answers.push(logout);

    for answer in answers {
        let injected = |(name, value): &&(String, String)| {
            name == "x-injected" || (name != "location" && value.contains("injected=1"))
        };
        assert_eq!(answer.headers.iter().find(injected), None, "{answer:?}");
        assert!(answer.headers.iter().all(|(_, value)| !value.contains(['\r', '\n'])), "{answer:?}");
    }
    assert_eq!(browser.cookie("injected"), None);
}
