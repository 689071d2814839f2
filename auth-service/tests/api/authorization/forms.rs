//! A form that cannot be read is answered with a page, since a person sees the answer in a browser.

use reqwest::Method;
use service_kit::testing::Response;

use super::{app, request};
use crate::support::{Browser, Database, form_of};

on_both_databases!(a_form_that_is_not_read_gets_a_page, a_request_that_is_too_long_gets_a_page);

const FORM: &str = "application/x-www-form-urlencoded";
/// All that take a form.
const PATHS: [&str; 6] = [
    "/authorize",
    "/authorize/login",
    "/authorize/register",
    "/authorize/consent",
    "/oauth/logout",
    "/oauth/logout/confirm",
];

fn assert_page(answer: &Response, status: u16, what: &str) {
    assert_eq!((answer.status, answer.header("location")), (status, None), "{what}: {answer:?}");
    assert_eq!(answer.header("content-type"), Some("text/html; charset=utf-8"), "{what}");
    assert_eq!(answer.header("cache-control"), Some("no-store"), "{what}");
    answer.assert_browser_rules();
    let policy = answer.header("content-security-policy").unwrap();
    assert!(
        policy.starts_with("default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "),
        "{policy}"
    );
}

async fn a_form_that_is_not_read_gets_a_page(database: Database) {
    let app = app(&database).await;
    let mut browser = Browser::new(&app);
    let page = browser.open(&request(&[])).await;
    let interaction = &form_of(&page).hidden[0].1;
    let too_long = format!("interaction={interaction}&username=alice&password={}", "x".repeat(40_000));

    for path in PATHS {
        for (content_type, body, status) in [
            (FORM, too_long.clone().into_bytes(), 413),
            (FORM, b"client_id=\xff\xfe".to_vec(), 400),
            ("application/json", b"{\"client_id\":\"shop\"}".to_vec(), 415),
            ("text/plain", b"client_id=shop".to_vec(), 415),
            ("multipart/form-data; boundary=x", b"--x--".to_vec(), 415),
        ] {
            let sent = browser.request(Method::POST, path).header("Content-Type", content_type).body(body);
            let answer = browser.send(sent).await;

            assert_page(&answer, status, &format!("{path} {content_type}"));
            assert!(answer.body.contains("This form cannot be read"), "{answer:?}");
        }
    }
}

async fn a_request_that_is_too_long_gets_a_page(database: Database) {
    let app = app(&database).await;
    let mut browser = Browser::new(&app);
    let long = request(&[("state", &"x".repeat(5100))]);
    let (_, query) = long.split_once('?').unwrap();

    let in_address = browser.open(&long).await;
    let sent = browser.request(Method::POST, "/authorize").header("Content-Type", FORM).body(query.to_owned());
    let in_form = browser.send(sent).await;

    assert_page(&in_address, 400, "address");
    assert_page(&in_form, 413, "form");
}
