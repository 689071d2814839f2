//! Addresses in requests: where a browser is sent, and where a code.

use service_kit::testing::Response;

use super::{
    super::{CALLBACK, VERIFIER, app, code, exchange_as, insert_application, request},
    EVIL, LOGIN,
};
use crate::support::{Browser, Database, form_of, oauth_error};

on_both_databases!(
    open_redirect_no_address_in_a_request_is_followed,
    redirect_uri_no_spelling_but_the_registered_one_is_accepted,
);

fn assert_stays(answer: &Response, what: &str) {
    let location = answer.header("location").unwrap_or_default();
    let is_here = location.is_empty() || (location.starts_with('/') && !location.starts_with("//"));
    assert!(is_here && !location.contains('\\'), "{what}: {answer:?}");
    for leads_on in [format!("href=\"{EVIL}"), format!("url={EVIL}"), format!("action=\"{EVIL}")] {
        assert!(!answer.body.contains(&leads_on), "{what}: {answer:?}");
    }
}

async fn open_redirect_no_address_in_a_request_is_followed(database: Database) {
    let app = app(&database).await;
    let mut browser = Browser::new(&app);
    let page = browser.open(&request(&[])).await;
    let text = form_of(&page).hidden[0].1.clone();
    let evil = serde_urlencoded::to_string([("", EVIL)]).unwrap()[1..].to_owned();

    let mut paths = vec![
        request(&[("redirect_uri", EVIL)]),
        request(&[("redirect_uri", EVIL), ("prompt", "none")]),
        request(&[("redirect_uri", EVIL), ("response_mode", "form_post")]),
        request(&[("redirect_uri", EVIL), ("response_type", "bad")]),
        "//evil.example/authorize".to_owned(),
        "/\\evil.example/".to_owned(),
        format!("/authorize?client_id=shop&redirect_uri={evil}&redirect_uri={evil}"),
        format!("/oauth/logout?post_logout_redirect_uri={evil}"),
        format!("/oauth/logout?client_id=shop&post_logout_redirect_uri={evil}"),
        format!("/oauth/logout?client_id=shop&post_logout_redirect_uri=%2F%2Fevil.example&state={evil}"),
    ];
    for name in ["next", "return_to", "continue", "url", "post_logout_redirect_uri", "interaction"] {
        for path in ["/authorize/continue", "/authorize/login", "/authorize/register", "/"] {
            paths.push(format!("{path}?{name}={evil}"));
            paths.push(format!("{path}?interaction={text}&{name}={evil}"));
        }
    }
    for path in paths {
        assert_stays(&browser.open(&path).await, &path);
    }
    for name in ["next", "redirect_uri", "post_logout_redirect_uri", "Referer"] {
        let answer = browser.submit(&page, &[LOGIN[0], LOGIN[1], (name, EVIL)]).await;
        assert_eq!(answer.status, 303, "{answer:?}");
        assert_stays(&answer, name);
    }
}

/// What is not `https://shop.example/callback`.
const OTHER_WEBSITES: &[&str] = &[
    // Letter case.
    "https://shop.example/CALLBACK",
    "https://Shop.example/callback",
    "HTTPS://shop.example/callback",
    // User information.
    "https://shop.example@evil.example/callback",
    "https://shop.example:x@evil.example/callback",
    "https://user@shop.example/callback",
    "https://@shop.example/callback",
    "https://evil.example#@shop.example/callback",
    "https://evil.example?@shop.example/callback",
    // Encoded and other slashes.
    "https://shop.example%2Fcallback",
    "https://shop.example/%63allback",
    "https://shop.example/callback%2F..%2F..",
    "https://shop.example/callback/..%2Fevil",
    "https://shop.example\\@evil.example/callback",
    "https:/\\shop.example/callback",
    "https:shop.example/callback",
    "https:///shop.example/callback",
    "//shop.example/callback",
    "/callback",
    // A trailing dot, a longer name.
    "https://shop.example./callback",
    "https://shop.example.evil.example/callback",
    "https://evilshop.example/callback",
    "https://xn--shop-.example/callback",
    "https://ｓhop.example/callback",
    // More, or less.
    "https://shop.example/callback/",
    "https://shop.example/callback?",
    "https://shop.example/callback#",
    "https://shop.example/callback#x",
    "https://shop.example/callback;x",
    "https://shop.example/callback/../x",
    "https://shop.example:443/callback",
    "https://shop.example:8443/callback",
    "https://shop.example/callback ",
    " https://shop.example/callback",
    "https://shop.example/call\tback",
    "https://shop.example/callback\r\n",
    "https://shop.example/callback\u{a0}",
    "https://shop.example",
    "http://shop.example/callback",
    "javascript:alert(1)//https://shop.example/callback",
    "data:text/html,https://shop.example/callback",
];

/// What is not `http://127.0.0.1/callback` at any port.
const OTHER_LOOPBACK_ADDRESSES: &[&str] = &[
    "http://127.0.0.1:80@evil.example/callback",
    "http://127.0.0.1.evil.example/callback",
    "http://127.0.0.1:80.evil.example/callback",
    "http://127.0.0.1:/callback",
    "http://127.0.0.1:065536/callback",
    "http://127.0.0.1:-1/callback",
    "http://127.1/callback",
    "http://2130706433/callback",
    "http://0x7f000001/callback",
    "http://0177.0.0.1/callback",
    "http://127.0.0.1./callback",
    "http://127.0.0.2/callback",
    "http://localhost/callback",
    "http://[::1]/callback",
    "http://[::ffff:127.0.0.1]/callback",
    "http://0.0.0.0/callback",
    "https://127.0.0.1/callback",
    "http://127.0.0.1:8080/callback/",
    "http://127.0.0.1:8080/other",
];

/// What is not `http://[::1]/callback` at any port.
const OTHER_IPV6_ADDRESSES: &[&str] = &[
    "http://[0:0:0:0:0:0:0:1]/callback",
    "http://[::1%25lo]/callback",
    "http://[::2]/callback",
    "http://[::]/callback",
    "http://::1/callback",
    "http://[::1]@evil.example/callback",
    "http://[::1]evil.example/callback",
    "http://[::1].evil.example/callback",
    "http://127.0.0.1/callback",
];

async fn redirect_uri_no_spelling_but_the_registered_one_is_accepted(database: Database) {
    let app = app(&database).await;
    insert_application(&database, "six", "native", "http://[::1]/callback", "");
    let mut browser = Browser::new(&app);

    for (client, uris) in [("shop", OTHER_WEBSITES), ("cli", OTHER_LOOPBACK_ADDRESSES), ("six", OTHER_IPV6_ADDRESSES)] {
        for uri in uris {
            for mode in ["query", "form_post"] {
                let more = [("client_id", client), ("redirect_uri", uri), ("response_mode", mode)];
                let answer = browser.open(&request(&more)).await;
                assert_eq!((answer.status, answer.header("location")), (400, None), "{uri}: {answer:?}");
                assert!(answer.body.contains("redirect_uri is not registered"), "{uri}: {answer:?}");
            }
            let query = [("client_id", client), ("post_logout_redirect_uri", uri)];
            let logout = format!("/oauth/logout?{}", serde_urlencoded::to_string(query).unwrap());
            let answer = browser.open(&logout).await;
            assert_eq!((answer.status, answer.header("location")), (400, None), "{uri}: {answer:?}");
        }
    }
    for (client, uri) in
        [("shop", CALLBACK), ("cli", "http://127.0.0.1:8080/callback"), ("six", "http://[::1]:9/callback")]
    {
        let page = browser.open(&request(&[("client_id", client), ("redirect_uri", uri)])).await;
        assert_eq!(form_of(&page).action, "/authorize/login", "{uri}");
    }
    // The exchange compares it too.
    let code = code(&mut browser, &request(&[])).await;
    for uri in ["https://Shop.example/callback", "https://shop.example./callback", "https://shop.example/callback/"] {
        let answer =
            exchange_as(&app, Some("shop"), &code, &[("redirect_uri", uri), ("code_verifier", VERIFIER)]).await;
        assert_eq!(oauth_error(&answer), (400, "invalid_grant".into()), "{uri}");
    }
}
