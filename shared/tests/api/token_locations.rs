//! Token locations: headers, cookies, query string and JSON body.

use actix_web::{
    cookie::Cookie,
    http::header::{COOKIE, HeaderValue},
    middleware::from_fn,
    test::TestRequest,
    web::{self, Json},
};
use futures_util::StreamExt;
use serde_json::{Value, json};
use shared::{
    Jwt,
    actix::read_token_from_json,
    testing::{claims, mint, verifier},
    verifier::{TokenLocation, TokenLocations},
};

use crate::support::{Response, TestApp, bearer, get, post};

const INVALID: (u16, &str, &str) = (401, "invalid_token", "Invalid token");
const CSRF: (u16, &str, &str) = (401, "csrf_failed", "The X-CSRF-TOKEN header is missing or wrong");

/// Responds to `GET` and `POST` with the subject of the token found in `locations`.
async fn app_with_locations(locations: &str) -> TestApp {
    let verifier = verifier().with_locations(locations.parse().unwrap());
    TestApp::verifying(verifier, |app| {
        app.service(
            web::resource("/")
                .route(web::get().to(async |jwt: Jwt| jwt.identity().to_owned()))
                .route(web::post().to(async |jwt: Jwt| jwt.identity().to_owned())),
        );
    })
    .await
}

fn token_of(username: &str) -> String {
    mint(&claims(username, "user"))
}

fn in_cookie(request: TestRequest, token: &str) -> TestRequest {
    request.cookie(Cookie::new("access_token_cookie", token.to_owned()))
}

#[actix_web::test]
async fn the_bearer_scheme_is_case_insensitive() {
    let app = app_with_locations("headers").await;

    for scheme in ["Bearer", "bearer", "BEARER", "bEaReR", "Bearer  "] {
        let authorization = ("Authorization", format!("{scheme} {}", token_of("alice")));

        assert_eq!(app.send(get("/").insert_header(authorization)).await.text, "alice", "{scheme}");
    }
}

#[actix_web::test]
async fn a_header_of_another_scheme_is_a_missing_token() {
    let app = app_with_locations("headers").await;

    for other in ["Basic YWxpY2U6c2VjcmV0", "Digest username=alice", "Basic", ""] {
        let response = app.send(get("/").insert_header(("Authorization", other))).await;

        assert_eq!(response.refusal(), (401, "missing_token", "Missing Authorization Header"), "{other}");
        assert_eq!(response.challenge(), Some(r#"Bearer realm="access token""#), "{other}");
    }
}

#[actix_web::test]
async fn a_malformed_bearer_token_is_rejected() {
    let app = app_with_locations("headers").await;
    let token = token_of("alice");

    for authorization in [
        format!("Bearer\t{token}"),
        format!("Bearer \t{token}"),
        format!("Bearer {token},"),
        format!("Bearer {token}, Bearer {token}"),
        format!("Bearer {token} {token}"),
        format!("Bearer \"{token}\""),
        format!("Bearer{token}"),
        format!("Bearer:{token}"),
        "Bearer ".to_owned(),
        "Bearer".to_owned(),
        "bearer".to_owned(),
    ] {
        let response = app.send(get("/").insert_header(("Authorization", authorization.as_str()))).await;

        assert_eq!(response.refusal(), INVALID, "{authorization}");
    }
}

#[actix_web::test]
async fn non_ascii_bytes_are_invalid_only_after_bearer() {
    let app = app_with_locations("headers").await;
    let sent = |bytes: &[u8]| ("Authorization", HeaderValue::from_bytes(bytes).unwrap());

    for bad in [&b"Bearer \xff\xfe.x.y"[..], b"Bearer \xc3\xa9.x.y", b"Bearer\xa0token"] {
        assert_eq!(app.send(get("/").insert_header(sent(bad))).await.refusal(), INVALID, "{bad:?}");
    }
    let response = app.send(get("/").insert_header(sent(b"Basic \xff"))).await;
    assert_eq!(response.refusal(), (401, "missing_token", "Missing Authorization Header"));
}

#[actix_web::test]
async fn duplicate_authorization_headers_are_rejected() {
    let app = app_with_locations("headers").await;

    for second in [bearer(&token_of("bob")), bearer(&token_of("alice")), ("Authorization", "Basic eA==".to_owned())] {
        let request = get("/").append_header(bearer(&token_of("alice"))).append_header(second);
        let response = app.send(request).await;

        assert_eq!(response.refusal(), (400, "invalid_request", "More than one Authorization header"));
        assert!(response.challenge().unwrap().starts_with(r#"Bearer error="invalid_request""#));
    }
}

/// Other applications of the same domain fill cookies with whatever they like.
#[actix_web::test]
async fn odd_cookies_of_other_applications_do_not_hide_the_token() {
    let app = app_with_locations("cookies").await;
    let token = token_of("alice");

    for other in [&b"a=\xff\xfe"[..], b"=", b"a", b"a=\"", b"a=%zz%", b"\x80=b", b"access_token_cookie2=x", b"; ;;"] {
        for header in [
            [other, b"; access_token_cookie=", token.as_bytes()].concat(),
            [b"access_token_cookie=", token.as_bytes(), b";", other].concat(),
        ] {
            let header = HeaderValue::from_bytes(&header).unwrap();
            let response = app.send(get("/").insert_header((COOKIE, header.clone()))).await;

            assert_eq!(response.text, "alice", "{header:?}");
        }
    }
    let in_two_headers =
        get("/").append_header((COOKIE, "a=b")).append_header((COOKIE, format!("access_token_cookie={token}")));
    assert_eq!(app.send(in_two_headers).await.text, "alice");
}

#[actix_web::test]
async fn a_post_with_a_cookie_needs_a_csrf_token() {
    let app = app_with_locations("cookies").await;
    let token = token_of("alice");
    let post_with = async |sent: Option<&'static str>, cookie: Option<&'static str>| -> Response {
        let mut request = in_cookie(post("/"), &token);
        if let Some(sent) = sent {
            request = request.insert_header(("X-CSRF-TOKEN", sent));
        }
        if let Some(cookie) = cookie {
            request = request.cookie(Cookie::new("csrf_access_token", cookie));
        }
        app.send(request).await
    };

    assert_eq!(app.send(in_cookie(get("/"), &token)).await.text, "alice");
    assert_eq!(post_with(Some("secret"), Some("secret")).await.text, "alice");
    for (sent, cookie) in [
        (None, None),
        (None, Some("secret")),
        (Some("secret"), None),
        (Some("guess"), Some("secret")),
        (Some(""), Some("")),
        (Some("SECRET"), Some("secret")),
    ] {
        assert_eq!(post_with(sent, cookie).await.refusal(), CSRF, "{sent:?} {cookie:?}");
    }
}

#[actix_web::test]
async fn the_csrf_claim_of_the_token_takes_precedence_over_the_cookie() {
    let app = app_with_locations("cookies").await;
    let token = mint(&claims("alice", "user").with_other("csrf", "from-claim"));
    let sending = |sent: &'static str| {
        in_cookie(post("/"), &token)
            .cookie(Cookie::new("csrf_access_token", "from-cookie"))
            .insert_header(("X-CSRF-TOKEN", sent))
    };

    assert_eq!(app.send(sending("from-claim")).await.text, "alice");
    assert_eq!(app.send(sending("from-cookie")).await.refusal(), CSRF);
}

#[actix_web::test]
async fn a_token_in_a_header_needs_no_csrf_token() {
    let app = app_with_locations("headers,cookies").await;

    let response = app.send(in_cookie(post("/"), "rubbish").insert_header(bearer(&token_of("alice")))).await;

    assert_eq!(response.text, "alice");
}

#[actix_web::test]
async fn a_query_string_may_contain_only_one_token() {
    let app = app_with_locations("query_string").await;
    let token = token_of("alice");

    assert_eq!(app.send(get(&format!("/?page=2&jwt={token}"))).await.text, "alice");
    assert_eq!(app.send(get("/?page=2")).await.refusal(), (401, "missing_token", "Missing token in query_string"));
    assert_eq!(app.send(get("/?jwt=")).await.refusal(), INVALID);
    assert_eq!(app.send(get(&format!("/?jwt={token}&jwt={token}"))).await.refusal().1, "invalid_request");
    assert_eq!(app_with_locations("headers").await.send(get(&format!("/?jwt={token}"))).await.status, 401);
}

#[actix_web::test]
async fn a_json_body_with_the_token_still_reaches_the_handler() {
    let verifier = verifier().with_locations(TokenLocations::new(vec![TokenLocation::Json]));
    let app = TestApp::verifying(verifier, |app| {
        let show = async |jwt: Jwt, body: Json<Value>| format!("{} {}", jwt.identity(), body["note"]);
        app.service(web::scope("").wrap(from_fn(read_token_from_json)).route("/", web::post().to(show)));
    })
    .await;
    let body = json!({ "access_token": token_of("alice"), "note": "as sent" });
    let sent_as = |content_type: &'static str, body: &Value| {
        post("/").insert_header(("Content-Type", content_type)).set_payload(body.to_string())
    };

    for content_type in ["application/json", "application/json; charset=utf-8", "Application/JSON"] {
        assert_eq!(app.send(sent_as(content_type, &body)).await.text, "alice \"as sent\"", "{content_type}");
    }
    let missing = (401, "missing_token", "Missing token in json");
    assert_eq!(app.send(sent_as("text/plain", &body)).await.refusal(), missing);
    for other in [json!({ "note": 1 }), json!({ "access_token": 1 }), json!([token_of("alice")]), json!(null)] {
        assert_eq!(app.send(sent_as("application/json", &other)).await.refusal(), missing, "{other}");
    }
    let bad = json!({ "access_token": "rubbish" });
    assert_eq!(app.send(sent_as("application/json", &bad)).await.refusal(), INVALID);
}

#[actix_web::test]
async fn a_body_too_long_to_inspect_reaches_the_handler_intact() {
    let app = TestApp::verifying(verifier(), |app| {
        let len = async |mut body: web::Payload| {
            let mut len = 0;
            while let Some(chunk) = body.next().await {
                len += chunk.unwrap().len();
            }
            len.to_string()
        };
        app.service(web::scope("").wrap(from_fn(read_token_from_json)).route("/", web::post().to(len)));
    })
    .await;
    let request = post("/").insert_header(("Content-Type", "application/json")).set_payload(vec![b' '; 300 * 1024]);

    let response = app.send(request).await;

    assert_eq!(response.text, (300 * 1024).to_string());
}

#[actix_web::test]
async fn the_first_location_with_a_token_is_used() {
    let in_all_locations = || {
        in_cookie(get(&format!("/?jwt={}", token_of("query"))), &token_of("cookie"))
            .insert_header(bearer(&token_of("header")))
    };

    for (locations, expected) in [
        ("headers,cookies,query_string", "header"),
        ("cookies,headers", "cookie"),
        ("query_string,cookies", "query"),
        ("json,cookies", "cookie"),
    ] {
        assert_eq!(app_with_locations(locations).await.send(in_all_locations()).await.text, expected, "{locations}");
    }
}

#[actix_web::test]
async fn an_invalid_token_in_the_first_location_is_final() {
    let app = app_with_locations("headers,cookies").await;

    let response = app.send(in_cookie(get("/"), &token_of("alice")).insert_header(bearer("rubbish"))).await;

    assert_eq!(response.refusal(), INVALID);
}

#[test]
fn token_locations_are_parsed_as_a_list_or_in_python_syntax() {
    use TokenLocation::{Cookies, Headers, Json, QueryString};
    for (text, expected) in [
        ("headers", vec![Headers]),
        ("headers,cookies", vec![Headers, Cookies]),
        (" cookies , headers ", vec![Cookies, Headers]),
        (r#"["headers", "cookies"]"#, vec![Headers, Cookies]),
        ("['query_string','json']", vec![QueryString, Json]),
        ("('headers', 'json')", vec![Headers, Json]),
    ] {
        assert_eq!(text.parse(), Ok(TokenLocations::new(expected)), "{text}");
    }
    for text in ["", "[]", "header", "headers,", "headers cookies", "Headers"] {
        assert!(text.parse::<TokenLocations>().is_err(), "{text:?}");
    }
}
