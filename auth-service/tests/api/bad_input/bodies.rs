//! Bodies that cannot be read.

use auth_service::Config;
use serde_json::json;
use service_kit::testing::{Response, send};

use crate::support::{Database, TestApp, config_for};

on_both_databases!(
    a_body_with_another_content_type_is_rejected,
    a_body_that_is_not_json_is_rejected,
    json_with_the_wrong_structure_is_rejected,
    no_error_repeats_what_was_sent,
    any_valid_json_encoding_is_accepted,
    an_oversized_body_is_rejected_with_a_response,
    the_same_limits_apply_to_bodies_with_tokens,
    an_incomplete_body_is_rejected,
);

const POST_ROUTES: [&str; 2] = ["/register", "/login"];

async fn a_body_with_another_content_type_is_rejected(database: Database) {
    let app = TestApp::spawn(database).await;
    let json = r#"{"username":"john","password":"secret123"}"#;

    for route in POST_ROUTES {
        let without = send(app.request("POST", route)).await;
        assert_eq!(without.code(), (415, "unsupported_media_type"), "{route}");
        for (content_type, body) in [
            ("text/plain", json),
            ("application/x-www-form-urlencoded", "username=john&password=secret123"),
            ("multipart/form-data; boundary=x", "--x--"),
            ("application/jsonp", json),
            ("application/", json),
            ("", json),
            ("\u{e4}", json),
        ] {
            let response = post(&app, route, content_type, body.as_bytes().to_vec()).await;

            assert_eq!(response.code(), (415, "unsupported_media_type"), "{route} {content_type:?}");
        }
    }
}

async fn a_body_that_is_not_json_is_rejected(database: Database) {
    let app = TestApp::spawn(database).await;
    let deep = format!("{}{}", "[".repeat(15_000), "]".repeat(15_000));
    let deep_member = format!(r#"{{"username":"john","password":"secret123","x":{}}}"#, r#"{"x":"#.repeat(5_000));
    let bodies: [&[u8]; 16] = [
        b"",
        b" ",
        b"{",
        br#"{"username":"john","password":"secret123""#,
        br#"{"username":"john","password":"secret123"} x"#,
        br#"{"username":"john","password":"secret123",}"#,
        br"{'username':'john','password':'secret123'}",
        br#"{"username":"jo
hn","password":"secret123"}"#,
        b"username=john",
        // Half a surrogate pair.
        br#"{"username":"\ud800","password":"secret123"}"#,
        br#"{"username":"\udc00\ud800","password":"secret123"}"#,
        // Not UTF-8, and a byte order mark, which RFC 8259, section 8.1, allows parsers to reject.
        b"{\"username\":\"jo\xffhn\",\"password\":\"secret123\"}",
        b"\xef\xbb\xbf{\"username\":\"john\",\"password\":\"secret123\"}",
        b"\xff\xfe{\0}\0",
        deep.as_bytes(),
        deep_member.as_bytes(),
    ];

    for route in POST_ROUTES {
        for body in bodies {
            let response = post(&app, route, "application/json", body.to_vec()).await;

            let shown = String::from_utf8_lossy(&body[..body.len().min(60)]);
            assert_eq!(response.code(), (400, "invalid_request"), "{route} {shown}");
        }
    }
    assert_eq!(app.users().await.as_array().unwrap().len(), 1);
}

async fn json_with_the_wrong_structure_is_rejected(database: Database) {
    let app = TestApp::spawn(database).await;

    for route in POST_ROUTES {
        for body in [
            "null",
            "true",
            "1",
            "\"john\"",
            "[]",
            r#"["john","secret123"]"#,
            r#"["john","secret123",null]"#,
            r#"[{"username":"john","password":"secret123"}]"#,
            "{}",
            r#"{"username":"john"}"#,
            r#"{"password":"secret123"}"#,
            r#"{"Username":"john","Password":"secret123"}"#,
            r#"{"username":null,"password":"secret123"}"#,
            r#"{"username":"john","password":null}"#,
            r#"{"username":1,"password":"secret123"}"#,
            r#"{"username":"john","password":12345678}"#,
            r#"{"username":["john"],"password":"secret123"}"#,
            r#"{"username":{"$ne":null},"password":{"$ne":null}}"#,
            r#"{"username":"john","username":"eve","password":"secret123"}"#,
            r#"{"username":"john","password":"secret123","password":"secret124"}"#,
        ] {
            let response = post(&app, route, "application/json", body.as_bytes().to_vec()).await;

            assert_eq!(response.code(), (400, "invalid_request"), "{route} {body}");
        }
    }
    for role in ["1", "true", "[]", "{}", r#"["admin"]"#] {
        let body = format!(r#"{{"username":"john","password":"secret123","role":{role}}}"#);
        let response = post(&app, "/register", "application/json", body.into_bytes()).await;

        assert_eq!(response.code(), (400, "invalid_request"), "{role}");
    }
    assert_eq!(app.users().await.as_array().unwrap().len(), 1);
}

async fn no_error_repeats_what_was_sent(database: Database) {
    const MARKER: &str = "zq7marker";
    let app = TestApp::spawn(database).await;
    let bodies = [
        json!({ "username": MARKER, "password": [MARKER] }).to_string(),
        json!({ "username": "john", "password": { MARKER: MARKER } }).to_string(),
        json!({ "username": { MARKER: 1 }, "password": "x" }).to_string(),
        json!({ "username": "john", "password": "x", "role": [MARKER], "device_token": [MARKER] }).to_string(),
        json!({ "username": "john", "password": "another horse", "role": MARKER.to_uppercase() }).to_string(),
        json!({ "username": format!("{MARKER}\n"), "password": MARKER }).to_string(),
        json!({ "username": "john", "password": "marker7" }).to_string(),
        json!({ MARKER: MARKER }).to_string(),
        format!(r#"{{"username":"john","password":"{MARKER}","password":"{MARKER}"}}"#),
        format!(r#"{{"username":"john","password":"{MARKER}\q"}}"#),
        format!(r#"{{"username":"john","password":{MARKER}}}"#),
        format!(r#""{MARKER}""#),
    ];

    for route in POST_ROUTES {
        for body in &bodies {
            let response = post(&app, route, "application/json", body.clone().into_bytes()).await;

            assert!([400, 401].contains(&response.status), "{route} {body}");
            assert!(!response.body.to_lowercase().contains("marker"), "{}", response.body);
        }
    }
}

async fn any_valid_json_encoding_is_accepted(database: Database) {
    let app = TestApp::spawn(database).await;

    for (content_type, body) in [
        ("application/json", " \r\n\t{ \"username\" : \"a\\u0061\" , \"password\" : \"secret123\" } \n"),
        ("APPLICATION/JSON", r#"{"\u0075sername":"b","password":"secret123"}"#),
        ("application/json; charset=utf-8", r#"{"username":"\ud83d\ude00","password":"secret123","x":[1e400,{}]}"#),
        ("application/json;charset=\"UTF-8\"", "{\"username\":\"\u{1f601}\",\"password\":\"secret123\"}"),
    ] {
        let response = post(&app, "/register", content_type, body.as_bytes().to_vec()).await;

        assert_eq!(response.status, 201, "{content_type} {body}: {response:?}");
    }
}

async fn an_oversized_body_is_rejected_with_a_response(database: Database) {
    let app = TestApp::spawn(database).await;
    let password = "x".repeat(1024 * 1024);

    for route in POST_ROUTES {
        let body = json!({ "username": "john", "password": password }).to_string();
        let over_http = post(&app, route, "application/json", body.clone().into_bytes()).await;
        let head = format!(
            "POST {route} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\n\r\n",
            body.len()
        );
        let over_a_socket = app.send_raw(format!("{head}{body}")).await;

        for response in [over_http, over_a_socket] {
            assert_eq!(response.code(), (413, "payload_too_large"));
        }
    }
}

async fn the_same_limits_apply_to_bodies_with_tokens(database: Database) {
    let config = Config { token_location: "headers,json".to_owned(), ..config_for(&database) };
    let app = TestApp::spawn_with(database, config).await;
    let registration = json!({ "username": "john", "password": "secret123", "access_token": "x.y.z" });
    let too_long = json!({ "username": "john", "password": "x".repeat(1024 * 1024) });

    for route in POST_ROUTES {
        let response = app.post(route, &too_long).await;
        assert_eq!(response.code(), (413, "payload_too_large"), "{route}");
        assert_eq!(app.post(route, &json!([])).await.code(), (400, "invalid_request"), "{route}");
        let bad_chunk = format!(
            "POST {route} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\n\
             Transfer-Encoding: chunked\r\n\r\nzz\r\n"
        );
        let response = app.send_raw(bad_chunk).await;
        assert_eq!(response.code(), (400, "invalid_request"), "{route}");
    }
    assert_eq!(app.post("/register", &registration).await.status, 201);
}

async fn an_incomplete_body_is_rejected(database: Database) {
    let app = TestApp::spawn(database).await;
    let head = "HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\n";

    for route in POST_ROUTES {
        let bad_chunk = format!("POST {route} {head}Transfer-Encoding: chunked\r\n\r\nzz\r\n{{}}\r\n0\r\n\r\n");
        let response = app.send_raw(bad_chunk).await;

        assert_eq!(response.code(), (400, "invalid_request"), "{route}");
    }
}

async fn post(app: &TestApp, route: &str, content_type: &str, body: Vec<u8>) -> Response {
    send(app.request("POST", route).header("Content-Type", content_type).body(body)).await
}
