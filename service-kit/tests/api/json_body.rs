//! Which bodies are accepted.

use service_kit::testing::{Response, error, send};

use crate::server::Server;

const JSON: &[(&str, &str)] = &[("Content-Type", "application/json")];
const LIMIT: usize = 32 * 1024;

async fn post(server: &Server, headers: &[(&str, &str)], body: impl AsRef<[u8]>) -> Response {
    let request = server.request("POST", "/notes").body(body.as_ref().to_vec());
    send(headers.iter().fold(request, |request, (name, value)| request.header(*name, *value))).await
}

#[actix_web::test]
async fn a_valid_body_reaches_the_handler() {
    let server = Server::start();

    for content_type in ["application/json", "application/json; charset=utf-8", "Application/JSON;charset=UTF-8"] {
        let response = post(&server, &[("Content-Type", content_type)], " {\"text\":\"hi\",\"more\":[1]}\n").await;

        assert_eq!((response.status, &*response.body), (200, "hi 0"), "{content_type}");
    }
}

#[actix_web::test]
async fn content_types_other_than_json_are_rejected() {
    let server = Server::start();

    for headers in [
        &[][..],
        &[("Content-Type", "text/plain")],
        &[("Content-Type", "application/x-www-form-urlencoded")],
        &[("Content-Type", "application/jsonp")],
    ] {
        let response = post(&server, headers, r#"{"text":"hi"}"#).await;

        assert_eq!(response.code(), (415, "unsupported_media_type"), "{headers:?}");
    }
}

#[actix_web::test]
async fn malformed_json_is_distinguished_from_invalid_fields() {
    let server = Server::start();

    for body in ["", "{", r#"{"text":"hi""#, r#"{"text":"hi"} x"#, "text", "{'text':'hi'}", r#"{"text":"\ud800"}"#] {
        let response = post(&server, JSON, body).await;

        assert_eq!(response.error(), error(400, "invalid_request", "Malformed JSON body"), "{body:?}");
    }
    for (body, reason) in [
        ("{}", "missing field `text`"),
        ("null", "expected a JSON object"),
        ("[]", "expected a JSON object"),
        (r#"["hi",1]"#, "expected a JSON object"),
        (r#""hi""#, "expected a JSON object"),
        (r#"{"text":1}"#, "`text`: invalid type, expected a string"),
        (r#"{"text":null}"#, "`text`: invalid type, expected a string"),
        (r#"{"text":"hi","stars":256}"#, "`stars`: invalid value, expected u8"),
        (r#"{"text":"hi","text":"ho"}"#, "duplicate field `text`"),
    ] {
        let response = post(&server, JSON, body).await;

        let message = format!("Invalid request body: {reason}");
        assert_eq!(response.error(), error(400, "invalid_request", &message), "{body}");
    }
}

#[actix_web::test]
async fn deep_nesting_is_rejected() {
    let server = Server::start();

    for nested in ["[".repeat(LIMIT - 100), r#"{"a":"#.repeat(5_000)] {
        let response = post(&server, JSON, format!(r#"{{"text":"hi","more":{nested}"#)).await;

        assert_eq!(response.code(), (400, "invalid_request"));
    }
    assert_eq!(post(&server, JSON, r#"{"text":"still here"}"#).await.body, "still here 0");
}

#[actix_web::test]
async fn a_body_of_32_kib_is_accepted_and_one_byte_more_is_not() {
    let server = Server::start();
    let padded_to = |len: usize| format!("{:len$}", r#"{"text":"hi"}"#);

    assert_eq!(post(&server, JSON, padded_to(LIMIT)).await.body, "hi 0");
    let rejected = post(&server, JSON, padded_to(LIMIT + 1)).await;
    assert_eq!(rejected.code(), (413, "payload_too_large"));
}

#[actix_web::test]
async fn a_client_that_sends_a_megabyte_before_reading_gets_the_response() {
    let server = Server::start();
    let head = "POST /notes HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/json\r\n";
    let megabyte = vec![b' '; 1024 * 1024];
    let with_length = format!("{head}Content-Length: {}\r\n\r\n", megabyte.len());
    let in_chunks = format!("{head}Transfer-Encoding: chunked\r\n\r\n{:x}\r\n", megabyte.len());

    for request in
        [[with_length.as_bytes(), &megabyte].concat(), [in_chunks.as_bytes(), &megabyte, b"\r\n0\r\n\r\n"].concat()]
    {
        let response = server.send_raw(request).await;

        assert_eq!(response.code(), (413, "payload_too_large"));
    }
}

#[actix_web::test]
async fn an_unread_body_does_not_prevent_the_response() {
    let server = Server::start();
    let megabyte = vec![b' '; 1024 * 1024];

    for (path, status) in [("/nowhere", 404), ("/protected", 405)] {
        let length = megabyte.len();
        let head =
            format!("POST {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n");
        let response = server.send_raw([head.as_bytes(), &megabyte].concat()).await;

        assert_eq!(response.status, status, "{path}");
    }
}

#[actix_web::test]
async fn an_incomplete_body_is_rejected() {
    let server = Server::start();
    let request = "POST /notes HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/json\r\n\
                   Transfer-Encoding: chunked\r\n\r\n5\r\n{\"tex\r\nnot a length\r\n";

    let response = server.send_raw(request).await;

    assert_eq!(response.code(), (400, "invalid_request"));
}
