//! Other sites that would act in the browser of a user.

use reqwest::Method;

use super::{
    super::{app, authorize, follow, log_in, log_in_as, request},
    EVIL, LOGIN,
};
use crate::support::{Browser, Database, PASSWORD, form_of};

on_both_databases!(
    csrf_no_other_site_logs_a_browser_in_or_consents,
    csrf_nothing_is_changed_by_an_address,
    clickjacking_no_page_is_framed,
    session_fixation_a_planted_cookie_is_not_logged_in,
);

async fn csrf_no_other_site_logs_a_browser_in_or_consents(database: Database) {
    let app = app(&database).await;
    assert_eq!(app.register("mallory").await.status, 201);
    let (mut victim, mut attacker) = (Browser::new(&app), Browser::new(&app));
    let forged = attacker.open(&request(&[])).await;
    let own = victim.open(&request(&[])).await;
    let mallory = [("username", "mallory"), ("password", PASSWORD)];

    // The victim would work in the account of the attacker.
    for site in ["cross-site", "same-site", "none", ""] {
        let answer = victim.submit_from(site, &forged, &mallory).await;
        assert_eq!((answer.status, victim.cookie("auth_session")), (400, None), "{site}: {answer:?}");
    }
    let registration = attacker.open(&request(&[("prompt", "create")])).await;
    let fields = [("username", "mallory-2"), ("password", "a long password")];
    let answer = victim.submit_from("cross-site", &registration, &fields).await;
    assert_eq!((answer.status, victim.cookie("auth_session")), (400, None), "{answer:?}");

    // The victim would consent to what the attacker has asked for.
    let consent = log_in(&mut victim, &own).await;
    assert_eq!(form_of(&consent).action, "/authorize/consent");
    let forged = log_in_as(&mut attacker, &forged, "mallory", PASSWORD).await;
    for site in ["cross-site", "same-site", "none", ""] {
        let answer = victim.submit_from(site, &forged, &[("decision", "allow")]).await;
        assert_eq!((answer.status, answer.header("location")), (400, None), "{site}: {answer:?}");
    }
    // A browser that is made to send a form of another site keeps its cookies back.
    let own_form = Browser::new(&app).submit_from("cross-site", &consent, &[("decision", "allow")]).await;
    assert_eq!((own_form.status, own_form.header("location")), (400, None), "{own_form:?}");
    // Nor does a page of this service consent for one that was asked somebody else.
    let answer = victim.submit_from("same-origin", &forged, &[("decision", "allow")]).await;
    assert_eq!(form_of(&follow(&mut victim, answer).await).action, "/authorize/consent");
    assert_eq!(database.rows("SELECT client_id AS text FROM consents"), [""; 0]);
}

async fn csrf_nothing_is_changed_by_an_address(database: Database) {
    let app = app(&database).await;
    let mut browser = Browser::new(&app);
    let page = browser.open(&request(&[])).await;
    let form = form_of(&page);
    let fields = [&[("interaction", &*form.hidden[0].1), ("decision", "allow")], &LOGIN[..]].concat();
    let query = serde_urlencoded::to_string(fields).unwrap();

    for path in ["/authorize/login", "/authorize/register", "/authorize/continue"] {
        let answer = browser.open(&format!("{path}?{query}")).await;
        assert_eq!((answer.status, browser.cookie("auth_session")), (200, None), "{path}: {answer:?}");
    }
    log_in(&mut browser, &page).await;
    for path in ["/authorize/consent", "/oauth/logout/confirm"] {
        let answer = browser.open(&format!("{path}?{query}")).await;
        assert_eq!((answer.status, answer.header("allow")), (405, Some("POST")), "{path}: {answer:?}");
    }
    assert_eq!(database.rows("SELECT client_id AS text FROM consents"), [""; 0]);
}

async fn clickjacking_no_page_is_framed(database: Database) {
    let app = app(&database).await;
    let mut browser = Browser::new(&app);
    let login = browser.open(&request(&[])).await;
    let wrong = browser.submit(&login, &[("username", "alice"), ("password", "wrong")]).await;
    let consent = log_in(&mut browser, &login).await;
    let register = browser.open(&request(&[("prompt", "create")])).await;
    let question = browser.open("/oauth/logout").await;
    let form = authorize(&mut browser, &request(&[("response_mode", "form_post")])).await;
    let sent = browser.request(Method::GET, &request(&[])).header("Sec-Fetch-Site", "same-origin");
    let onward = browser.send(sent.header("Sec-Fetch-Mode", "navigate").header("Sec-Fetch-Dest", "document")).await;
    let faults = [
        browser.open("/authorize").await,
        browser.open("/authorize/continue?interaction=x").await,
        browser.open(&request(&[("redirect_uri", EVIL)])).await,
        browser.post("/authorize/consent", &[("interaction", &*"x".repeat(40_000))]).await,
        browser.open("/authorize/none").await,
    ];
    let redirect = browser.open(&request(&[])).await;
    let logged_out = browser.submit(&question, &[("decision", "allow")]).await;
    assert!(onward.body.contains("http-equiv=\"refresh\""), "{onward:?}");
    assert!(logged_out.body.contains("You are logged out"), "{logged_out:?}");

    for page in
        [login, wrong, consent, register, question, form, onward, redirect, logged_out].into_iter().chain(faults)
    {
        assert_eq!(page.header("x-frame-options"), Some("DENY"), "{page:?}");
        let policy = page.header("content-security-policy").unwrap();
        assert!(policy.ends_with("frame-ancestors 'none'"), "{policy}");
    }
}

async fn session_fixation_a_planted_cookie_is_not_logged_in(database: Database) {
    let app = app(&database).await;
    assert_eq!(app.register("mallory").await.status, 201);
    let mut attacker = Browser::new(&app);
    let page = attacker.open(&request(&[])).await;
    log_in_as(&mut attacker, &page, "mallory", PASSWORD).await;
    let planted = ["auth_session", "auth_browser"].map(|name| (name, attacker.cookie(name).unwrap().to_owned()));

    let mut victim = Browser::new(&app);
    for (name, value) in &planted {
        victim.set_cookie(name, value);
    }
    let page = victim.open(&request(&[("prompt", "login")])).await;
    log_in(&mut victim, &page).await;

    assert_ne!(victim.cookie("auth_session"), Some(&*planted[0].1));
    // The attacker's browser is logged in as nobody else, and its session has ended.
    let attacked = attacker.open(&request(&[])).await;
    assert_eq!(form_of(&attacked).action, "/authorize/login", "{attacked:?}");
    for (name, value) in [("auth_session", "bs1.AAAA"), ("auth_session", "x"), ("auth_browser", "x")] {
        let mut browser = Browser::new(&app);
        browser.set_cookie(name, value);
        let page = browser.open(&request(&[])).await;
        log_in(&mut browser, &page).await;
        assert!(browser.cookie("auth_session").is_some_and(|cookie| cookie != value), "{name}={value}");
    }
}
