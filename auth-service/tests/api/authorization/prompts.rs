//! Which pages are shown, and when.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

use super::{CALLBACK, app, authorize, code, follow, log_in, log_in_as, member, request, tokens};
use crate::support::{Browser, Database, PASSWORD, TestApp, form_of, payload_of};

on_both_databases!(
    row_16_prompt_none_never_shows_a_page,
    row_17_prompt_login_asks_again,
    row_18_21_max_age_asks_again_when_the_login_is_older,
    row_19_an_id_token_of_another_user_is_never_a_success,
    row_22_no_form_of_another_site_is_taken,
    row_26_a_page_leads_nowhere_else,
    row_28_nobody_gets_anything_without_consent,
    row_29_a_native_application_is_never_served_in_silence,
    row_30_the_session_cookie_is_new_at_each_login,
    a_user_may_refuse,
    consent_is_remembered_for_what_was_granted,
    first_party_applications_need_no_consent,
    consent_of_another_user_is_not_accepted,
);

/// Lets the logins so far be `seconds` older.
pub fn age(database: &Database, seconds: i64) {
    database.execute(&format!("UPDATE sessions SET auth_time = auth_time - {seconds}"));
}

async fn action(browser: &mut Browser, more: &[(&str, &str)]) -> String {
    let page = browser.open(&request(more)).await;
    assert_eq!(page.status, 200, "{page:?}");
    form_of(&page).action
}

async fn signed_in(app: &TestApp) -> Browser {
    let mut browser = Browser::new(app);
    code(&mut browser, &request(&[])).await;
    browser
}

async fn row_16_prompt_none_never_shows_a_page(database: Database) {
    let app = app(&database).await;
    let none = request(&[("prompt", "none")]);
    let mut browser = Browser::new(&app);

    let stranger = browser.open(&none).await;
    let page = browser.open(&request(&[])).await;
    log_in(&mut browser, &page).await;
    let without_consent = browser.open(&none).await;
    code(&mut browser, &request(&[])).await;
    let granted = browser.open(&none).await;
    let with_another = browser.open(&request(&[("prompt", "none login")])).await;

    assert_eq!(member(&stranger, "error"), "login_required");
    assert_eq!(member(&without_consent, "error"), "consent_required");
    assert!(member(&granted, "code").starts_with("ac1."), "{granted:?}");
    assert_eq!(member(&with_another, "error"), "invalid_request");
}

async fn row_17_prompt_login_asks_again(database: Database) {
    let app = app(&database).await;
    let mut browser = signed_in(&app).await;
    age(&database, 100);

    let page = browser.open(&request(&[("prompt", "login")])).await;

    assert_eq!(form_of(&page).action, "/authorize/login");
    let again = browser.open(&request(&[("prompt", "login")])).await;
    assert_eq!(form_of(&again).action, "/authorize/login");
    let answer = log_in(&mut browser, &page).await;
    assert!(member(&answer, "code").starts_with("ac1."), "{answer:?}");
    age(&database, 100);
    assert_eq!(action(&mut browser, &[("prompt", "select_account")]).await, "/authorize/login");
}

async fn row_18_21_max_age_asks_again_when_the_login_is_older(database: Database) {
    let app = app(&database).await;
    let mut browser = signed_in(&app).await;
    age(&database, 100);

    assert_eq!(action(&mut browser, &[("max_age", "99")]).await, "/authorize/login");
    age(&database, 1);
    assert_eq!(action(&mut browser, &[("max_age", "0")]).await, "/authorize/login");
    let none = browser.open(&request(&[("max_age", "99"), ("prompt", "none")])).await;
    assert_eq!(member(&none, "error"), "login_required");
    let code = code(&mut browser, &request(&[("max_age", "1000")])).await;
    let tokens = super::exchange(&app, &code).await.json();

    let (id, access) =
        (payload_of(tokens["id_token"].as_str().unwrap()), payload_of(tokens["access_token"].as_str().unwrap()));
    let auth_time = id["auth_time"].as_i64().unwrap();
    assert!((101..200).contains(&(id["iat"].as_i64().unwrap() - auth_time)), "{id}");
    assert_eq!(access["auth_time"], auth_time);
}

async fn row_19_an_id_token_of_another_user_is_never_a_success(database: Database) {
    let app = app(&database).await;
    assert_eq!(app.register("berta").await.status, 201);
    let mut browser = Browser::new(&app);
    let tokens = tokens(&app, &mut browser, "openid").await;
    let hint = ("id_token_hint", tokens["id_token"].as_str().unwrap());
    age(&database, 100);

    let own = browser.open(&request(&[hint, ("prompt", "none")])).await;
    assert!(member(&own, "code").starts_with("ac1."), "{own:?}");
    let mut other = Browser::new(&app);
    let page = other.open(&request(&[])).await;
    log_in_as(&mut other, &page, "berta", PASSWORD).await;
    age(&database, 100);
    let none = other.open(&request(&[hint, ("prompt", "none")])).await;
    let page = other.open(&request(&[hint])).await;
    let wrong = log_in_as(&mut other, &page, "berta", PASSWORD).await;
    let garbage = browser.open(&request(&[("id_token_hint", "x.y.z"), ("prompt", "none")])).await;

    assert_eq!((member(&none, "error"), member(&wrong, "error")), ("login_required".into(), "login_required".into()));
    assert_eq!(member(&garbage, "error"), "login_required");
}

async fn row_22_no_form_of_another_site_is_taken(database: Database) {
    let app = app(&database).await;
    let (mut browser, mut attacker) = (Browser::new(&app), Browser::new(&app));
    let page = attacker.open(&request(&[])).await;
    let own = browser.open(&request(&[])).await;

    // Neither with the attacker's form, nor without a form at all.
    let login = browser.submit(&page, &[("username", "alice"), ("password", PASSWORD)]).await;
    let bare = browser.post("/authorize/login", &[("username", "alice"), ("password", PASSWORD)]).await;
    assert_eq!((login.status, bare.status, browser.cookie("auth_session")), (400, 400, None));
    let consent = log_in(&mut browser, &own).await;
    let foreign = log_in(&mut attacker, &page).await;
    let stolen = browser.submit(&foreign, &[("decision", "allow")]).await;
    let without_cookies = Browser::new(&app).submit(&consent, &[("decision", "allow")]).await;

    assert_eq!((stolen.status, without_cookies.status), (400, 400));
    assert_eq!(form_of(&consent).action, "/authorize/consent");
    // A privacy setting of the browser hides where a form comes from.
    let hidden = form_of(&consent).hidden;
    let fields = [("interaction", &*hidden[0].1), ("decision", "allow")];
    let request = browser.request(reqwest::Method::POST, "/authorize/consent").header("Origin", "null");
    let request = request.header("Content-Type", "application/x-www-form-urlencoded");
    let answer = browser.send(request.body(serde_urlencoded::to_string(fields).unwrap())).await;
    assert!(member(&answer, "code").starts_with("ac1."), "{answer:?}");
}

async fn row_26_a_page_leads_nowhere_else(database: Database) {
    let app = app(&database).await;
    let mut browser = Browser::new(&app);
    let page = browser.open(&request(&[])).await;
    let interaction = &form_of(&page).hidden[0].1;

    for path in ["/authorize/continue", "/authorize/login", "/authorize/register"] {
        let changed = browser.open(&format!("{path}?interaction={}x", &interaction[1..])).await;
        assert_eq!((changed.status, changed.header("location")), (400, None), "{path}");
        let known = browser.open(&format!("{path}?interaction={interaction}")).await;
        assert_eq!(known.status, 200, "{known:?}");
        let forged = browser.open(&format!("{path}?interaction={}", with_another_state(interaction))).await;
        assert_eq!((forged.status, forged.header("location")), (400, None), "{path}");
    }
    let fields = [
        ("username", "alice"),
        ("password", PASSWORD),
        ("next", "https://evil.example"),
        ("redirect_uri", "https://evil.example"),
    ];
    let answer = browser.submit(&page, &fields).await;
    assert!(answer.header("location").unwrap().starts_with("/authorize/continue?"), "{answer:?}");
}

/// A page passes its request on in clear, but signed.
fn with_another_state(interaction: &str) -> String {
    let mut bytes = URL_SAFE_NO_PAD.decode(interaction).unwrap();
    let state = bytes.windows(4).position(|part| part == b"st-1").unwrap();
    bytes[state + 3] = b'2';
    URL_SAFE_NO_PAD.encode(bytes)
}

async fn row_28_nobody_gets_anything_without_consent(database: Database) {
    let app = app(&database).await;
    let mut browser = Browser::new(&app);
    let page = browser.open(&request(&[("scope", "openid profile")])).await;

    let consent = log_in(&mut browser, &page).await;

    assert_eq!((consent.status, consent.header("location")), (200, None));
    for shown in ["shop", "shop.example", "alice"] {
        assert!(consent.body.contains(shown), "{shown}: {consent:?}");
    }
    let silent = browser.submit(&consent, &[]).await;
    assert_eq!(form_of(&silent).action, "/authorize/consent");
    assert_eq!(database.rows("SELECT code_hash AS text FROM authorization_codes"), [""; 0]);
}

async fn row_29_a_native_application_is_never_served_in_silence(database: Database) {
    let app = app(&database).await;
    let uri = "http://127.0.0.1:51004/callback";
    let cli = [("client_id", "cli"), ("redirect_uri", uri)];
    let mut browser = Browser::new(&app);
    code(&mut browser, &request(&cli)).await;

    let again = browser.open(&request(&cli)).await;
    let none = browser.open(&request(&[&cli[..], &[("prompt", "none")]].concat())).await;
    assert_eq!(
        (form_of(&again).action, member(&none, "error")),
        ("/authorize/consent".into(), "consent_required".into())
    );

    database.execute("UPDATE clients SET first_party = 1 WHERE id = 'cli'");
    age(&database, 100);
    let own = browser.open(&request(&cli)).await;
    let none = browser.open(&request(&[&cli[..], &[("prompt", "none")]].concat())).await;
    assert_eq!(
        (form_of(&own).action, member(&none, "error")),
        ("/authorize/consent".into(), "interaction_required".into())
    );
}

async fn row_30_the_session_cookie_is_new_at_each_login(database: Database) {
    let app = app(&database).await;
    let mut browser = Browser::new(&app);
    browser.set_cookie("auth_session", "bs1.fixed");
    let page = browser.open(&request(&[])).await;

    let answer = browser.submit(&page, &[("username", "alice"), ("password", PASSWORD)]).await;

    let cookie =
        answer.headers.iter().find(|(name, value)| name == "set-cookie" && value.starts_with("auth_session=")).unwrap();
    for attribute in ["HttpOnly", "SameSite=Lax", "Path=/"] {
        assert!(cookie.1.contains(attribute), "{cookie:?}");
    }
    let first = browser.cookie("auth_session").unwrap().to_owned();
    assert_ne!(first, "bs1.fixed");
    age(&database, 100);
    let page = browser.open(&request(&[("prompt", "login")])).await;
    log_in(&mut browser, &page).await;
    let second = browser.cookie("auth_session").unwrap().to_owned();
    assert_ne!(first, second);
    let mut old = Browser::new(&app);
    old.set_cookie("auth_session", &first);
    assert_eq!(action(&mut old, &[]).await, "/authorize/login");
}

async fn a_user_may_refuse(database: Database) {
    let app = app(&database).await;
    let mut browser = Browser::new(&app);
    let page = browser.open(&request(&[])).await;

    let at_login = browser.submit(&page, &[("decision", "deny")]).await;
    let consent = log_in(&mut browser, &page).await;
    let at_consent = browser.submit(&consent, &[("decision", "deny")]).await;

    for answer in [at_login, at_consent] {
        assert!(answer.header("location").unwrap().starts_with(CALLBACK), "{answer:?}");
        assert_eq!(member(&answer, "error"), "access_denied");
    }
}

async fn consent_is_remembered_for_what_was_granted(database: Database) {
    let app = app(&database).await;
    let mut browser = Browser::new(&app);
    code(&mut browser, &request(&[("scope", "openid profile")])).await;

    let less = browser.open(&request(&[("scope", "openid")])).await;
    assert!(member(&less, "code").starts_with("ac1."), "{less:?}");
    assert_eq!(action(&mut browser, &[("scope", "openid profile email")]).await, "/authorize/consent");
    assert_eq!(action(&mut browser, &[("prompt", "consent")]).await, "/authorize/consent");
    let audit = database.rows(
        "SELECT action || ' ' || subject || ' ' || detail AS text FROM audit_log WHERE action = 'consent_granted'",
    );
    assert_eq!(audit, ["consent_granted shop scope openid profile"]);
    database.execute("UPDATE consents SET expires_at = 1");
    assert_eq!(action(&mut browser, &[]).await, "/authorize/consent");
}

async fn first_party_applications_need_no_consent(database: Database) {
    let app = app(&database).await;
    let mut browser = Browser::new(&app);
    let own = [("client_id", "own"), ("redirect_uri", "https://own.example/callback")];
    let page = browser.open(&request(&own)).await;

    let answer = log_in(&mut browser, &page).await;

    assert!(member(&answer, "code").starts_with("ac1."), "{answer:?}");
}

async fn consent_of_another_user_is_not_accepted(database: Database) {
    let app = app(&database).await;
    assert_eq!(app.register("berta").await.status, 201);
    let mut browser = Browser::new(&app);
    let page = browser.open(&request(&[])).await;
    let asked = log_in(&mut browser, &page).await;
    age(&database, 100);
    let login = browser.open(&request(&[("prompt", "login")])).await;
    log_in_as(&mut browser, &login, "berta", PASSWORD).await;

    let answer = browser.submit(&asked, &[("decision", "allow")]).await;

    let answer = follow(&mut browser, answer).await;
    assert!(answer.header("location").is_none(), "{answer:?}");
    assert_eq!(database.rows("SELECT client_id AS text FROM consents"), [""; 0]);
    assert_eq!(authorize(&mut browser, &request(&[])).await.status, 303);
}
