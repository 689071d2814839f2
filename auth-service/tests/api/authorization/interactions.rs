//! A page answers one request, once, in one browser.

use reqwest::Method;
use service_kit::testing::Response;

use super::{CALLBACK, app, code, follow, log_in, member, request};
use crate::support::{Browser, Database, PASSWORD, form_of};

on_both_databases!(
    a_login_just_before_a_request_was_not_for_it,
    a_login_on_one_page_does_not_answer_another,
    a_login_for_a_request_is_good_for_one_code,
    a_consent_is_good_for_one_code,
    a_request_that_asks_nothing_may_be_repeated,
    two_first_pages_of_one_browser_both_work,
    two_first_pages_both_lead_to_a_registration,
    a_browser_that_does_not_say_where_its_form_is_from_is_asked_once_more,
    the_question_about_a_logout_is_for_one_session,
    looking_at_pages_writes_nothing,
);

const LOGIN: [(&str, &str); 2] = [("username", "alice"), ("password", PASSWORD)];

/// The address of the page that follows a login, which then is in the history of the browser.
fn next(answer: &Response) -> String {
    let path = answer.header("location").unwrap();
    assert!(path.starts_with("/authorize/continue?"), "{answer:?}");
    path.to_owned()
}

async fn a_login_just_before_a_request_was_not_for_it(database: Database) {
    let app = app(&database).await;
    let mut browser = Browser::new(&app);
    code(&mut browser, &request(&[])).await;

    // In the same second, and at a node whose clock is ahead.
    for seconds in [0, 30] {
        database.execute(&format!("UPDATE sessions SET auth_time = auth_time + {seconds}"));
        for more in [("prompt", "login"), ("max_age", "0"), ("prompt", "select_account")] {
            let page = browser.open(&request(&[more])).await;
            assert_eq!(form_of(&page).action, "/authorize/login", "{more:?}");
        }
        let silent = browser.open(&request(&[("max_age", "0"), ("prompt", "none")])).await;
        assert_eq!(member(&silent, "error"), "login_required");
    }
}

async fn a_login_on_one_page_does_not_answer_another(database: Database) {
    let app = app(&database).await;
    let mut browser = Browser::new(&app);
    code(&mut browser, &request(&[])).await;
    let (one, other) =
        (browser.open(&request(&[("prompt", "login")])).await, browser.open(&request(&[("prompt", "login")])).await);
    let waiting = format!("/authorize/continue?interaction={}", form_of(&other).hidden[0].1);

    let answer = log_in(&mut browser, &one).await;

    assert!(member(&answer, "code").starts_with("ac1."), "{answer:?}");
    assert_eq!(form_of(&browser.open(&waiting).await).action, "/authorize/login");
    let answer = log_in(&mut browser, &other).await;
    assert!(member(&answer, "code").starts_with("ac1."), "{answer:?}");
}

async fn a_login_for_a_request_is_good_for_one_code(database: Database) {
    let app = app(&database).await;
    let mut browser = Browser::new(&app);
    code(&mut browser, &request(&[])).await;
    for more in [("prompt", "login"), ("max_age", "0")] {
        let page = browser.open(&request(&[more])).await;
        let history = next(&browser.submit(&page, &LOGIN).await);

        let answer = browser.open(&history).await;
        let replayed = browser.open(&history).await;
        let replayed = follow(&mut browser, replayed).await;

        assert!(member(&answer, "code").starts_with("ac1."), "{answer:?}");
        assert_eq!(form_of(&replayed).action, "/authorize/login", "{replayed:?}");
        // The login page asks for a password each time.
        let again = log_in(&mut browser, &page).await;
        assert!(member(&again, "code").starts_with("ac1."), "{again:?}");
    }
}

async fn a_consent_is_good_for_one_code(database: Database) {
    let app = app(&database).await;
    let mut browser = Browser::new(&app);
    let page = browser.open(&request(&[("prompt", "consent")])).await;
    let consent = log_in(&mut browser, &page).await;

    let answer = browser.submit(&consent, &[("decision", "allow")]).await;
    let replayed = browser.submit(&consent, &[("decision", "allow")]).await;
    let replayed = follow(&mut browser, replayed).await;

    assert!(member(&answer, "code").starts_with("ac1."), "{answer:?}");
    assert_eq!(form_of(&replayed).action, "/authorize/consent", "{replayed:?}");
    assert_eq!(database.rows("SELECT code_hash AS text FROM authorization_codes").len(), 1);
}

async fn a_request_that_asks_nothing_may_be_repeated(database: Database) {
    let app = app(&database).await;
    let mut browser = Browser::new(&app);
    code(&mut browser, &request(&[])).await;
    let page = Browser::new(&app).open(&request(&[])).await;
    let history = next(&browser.submit_from("same-origin", &page, &LOGIN).await);

    for _ in 0..2 {
        let answer = browser.open(&history).await;
        let answer = follow(&mut browser, answer).await;
        assert!(member(&answer, "code").starts_with("ac1."), "{answer:?}");
    }
}

/// Two pages are opened before the first has arrived: each comes with a cookie, and the browser keeps the later one.
async fn two_first_pages_of_one_browser_both_work(database: Database) {
    let app = app(&database).await;
    let mut browser = Browser::new(&app);
    let first = Browser::new(&app).open(&request(&[("state", "first")])).await;
    let second = browser.open(&request(&[("state", "second")])).await;

    for (page, state) in [(&first, "first"), (&second, "second")] {
        let wrong = browser.submit_from("same-origin", page, &[("username", "alice"), ("password", "wrong")]).await;
        assert_eq!(wrong.status, 401, "{state}: {wrong:?}");
        let answer = browser.submit_from("same-origin", page, &LOGIN).await;
        let mut answer = follow(&mut browser, answer).await;
        if form_of(&answer).action == "/authorize/consent" {
            answer = browser.submit_from("same-origin", &answer, &[("decision", "allow")]).await;
        }
        assert!(member(&answer, "code").starts_with("ac1."), "{answer:?}");
        assert_eq!(member(&answer, "state"), state);
    }
}

async fn two_first_pages_both_lead_to_a_registration(database: Database) {
    let app = app(&database).await;
    let mut browser = Browser::new(&app);
    let first = Browser::new(&app).open(&request(&[])).await;
    browser.open(&request(&[])).await;
    let link = format!("/authorize/register?interaction={}", form_of(&first).hidden[0].1);

    let sent = browser.request(Method::GET, &link).header("Sec-Fetch-Site", "same-origin");
    let page = browser.send(sent).await;
    let fields = [("username", "berta"), ("password", "a password of hers")];
    let answer = browser.submit_from("same-origin", &page, &fields).await;

    let consent = follow(&mut browser, answer).await;
    assert_eq!(form_of(&consent).action, "/authorize/consent", "{consent:?}");
    // Nobody else's page leads there.
    for site in ["cross-site", "same-site", "none"] {
        let sent = browser.request(Method::GET, &link).header("Sec-Fetch-Site", site);
        assert_eq!(browser.send(sent).await.status, 400, "{site}");
    }
}

async fn a_browser_that_does_not_say_where_its_form_is_from_is_asked_once_more(database: Database) {
    let app = app(&database).await;
    for (more, action) in [(("prompt", ""), "/authorize/login"), (("prompt", "create"), "/authorize/register")] {
        let mut browser = Browser::new(&app);
        let first = Browser::new(&app).open(&request(&[more, ("state", "first")])).await;
        browser.open(&request(&[])).await;
        let fields = [("username", "berta"), ("password", PASSWORD)];

        let again = browser.submit(&first, &fields).await;
        assert_eq!((again.status, form_of(&again).action), (400, action.to_owned()), "{again:?}");
        assert!(again.body.contains("role=\"alert\"") && !again.body.contains("berta"), "{again:?}");
        assert_eq!(browser.cookie("auth_session"), None);
        let answer = if action.ends_with("login") {
            log_in(&mut browser, &again).await
        } else {
            let answer = browser.submit(&again, &fields).await;
            follow(&mut browser, answer).await
        };
        let answer = browser.submit(&answer, &[("decision", "allow")]).await;

        assert!(member(&answer, "code").starts_with("ac1."), "{answer:?}");
        assert_eq!(member(&answer, "state"), "first");
        // Without cookies it would go on like this.
        let stranger = Browser::new(&app).submit(&first, &fields).await;
        assert_eq!((stranger.status, form_of(&stranger).action), (400, String::new()), "{stranger:?}");
    }
}

async fn the_question_about_a_logout_is_for_one_session(database: Database) {
    let app = app(&database).await;
    let mut browser = Browser::new(&app);
    code(&mut browser, &request(&[])).await;
    let path = serde_urlencoded::to_string([("client_id", "shop"), ("post_logout_redirect_uri", CALLBACK)]).unwrap();
    let question = browser.open(&format!("/oauth/logout?{path}")).await;

    let left = browser.submit(&question, &[("decision", "allow")]).await;
    assert_eq!(left.header("location"), Some(CALLBACK));
    code(&mut browser, &request(&[])).await;
    let replayed = browser.submit(&question, &[("decision", "allow")]).await;

    assert_eq!(form_of(&replayed).action, "/oauth/logout/confirm", "{replayed:?}");
    let still = browser.open(&request(&[("prompt", "none")])).await;
    assert!(member(&still, "code").starts_with("ac1."), "{still:?}");
}

async fn looking_at_pages_writes_nothing(database: Database) {
    let app = app(&database).await;
    let count = || {
        let tables = ["authorization_codes", "sessions", "consents", "audit_log", "logout_notices", "guess_budgets"];
        tables.map(|table| database.rows(&format!("SELECT CAST(COUNT(*) AS TEXT) AS text FROM {table}")).remove(0))
    };
    let before = count();

    for _ in 0..3 {
        let mut stranger = Browser::new(&app);
        let page = stranger.open(&request(&[("prompt", "login")])).await;
        let text = &form_of(&page).hidden[0].1;
        for path in ["continue", "login", "register"] {
            assert_eq!(stranger.open(&format!("/authorize/{path}?interaction={text}")).await.status, 200, "{path}");
        }
        assert_eq!(stranger.submit(&page, &[("decision", "deny")]).await.status, 303);
        assert_eq!(stranger.open("/oauth/logout").await.status, 200);
    }

    assert_eq!(count(), before);
}
