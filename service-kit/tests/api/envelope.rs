//! What every answer carries, whatever becomes of the request.

use actix_web::http::Method;
use service_kit::{Instance, bind};

use crate::server::{INSTANCE, Server};

async fn request_id(server: &Server, headers: &[(&str, &str)]) -> String {
    let answer = server.answer(Method::GET, "/notes", headers, b"").await;
    answer.header("X-Request-Id").unwrap().to_owned()
}

#[actix_web::test]
async fn every_answer_names_its_replica_and_its_request() {
    let server = Server::start();

    for (method, path, status) in [
        (Method::GET, "/notes", 200),
        (Method::HEAD, "/notes", 200),
        (Method::POST, "/notes", 415),
        (Method::DELETE, "/notes", 405),
        (Method::GET, "/protected", 401),
        (Method::HEAD, "/protected", 401),
        (Method::GET, "/nowhere", 404),
        (Method::PUT, "/nowhere", 404),
    ] {
        let answer = server.answer(method.clone(), path, &[("X-Request-Id", "given-1")], b"").await;

        assert_eq!(answer.status, status, "{method} {path}");
        assert_eq!(answer.header("X-Served-By"), Some(INSTANCE), "{method} {path}");
        assert_eq!(answer.header("X-Request-Id"), Some("given-1"), "{method} {path}");
    }
}

#[actix_web::test]
async fn a_plain_request_id_is_kept_and_another_is_replaced() {
    let server = Server::start();
    let longest = "a".repeat(128);
    let too_long = "a".repeat(129);

    for plain in ["a", "01890a5d-ac96-774b-bcce-b302099a8057", "a_b.c:d-9", &longest] {
        assert_eq!(request_id(&server, &[("X-Request-Id", plain)]).await, plain);
    }
    for odd in ["", "two words", "a;b", "a\"b", "<script>", "${jndi}", "a/b", &too_long] {
        let id = request_id(&server, &[("X-Request-Id", odd)]).await;

        assert!(id.len() == 32 && id.bytes().all(|b| b.is_ascii_hexdigit()), "{odd:?} became {id:?}");
    }
    assert_ne!(request_id(&server, &[]).await, request_id(&server, &[]).await);
}

#[actix_web::test]
async fn a_405_lists_the_allowed_methods() {
    let server = Server::start();

    for (path, allowed) in [("/notes", "GET, HEAD, POST"), ("/protected", "GET, HEAD")] {
        for method in [Method::PUT, Method::DELETE, Method::PATCH, Method::OPTIONS] {
            let answer = server.answer(method.clone(), path, &[], b"").await;

            assert_eq!(answer.refusal(), (405, "method_not_allowed", "Method not allowed"), "{method} {path}");
            assert_eq!(answer.header("Allow"), Some(allowed), "{method} {path}");
        }
    }
}

#[actix_web::test]
async fn head_is_answered_as_get_but_without_a_body() {
    let server = Server::start();
    let head =
        |path: &str| format!("HEAD {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").into_bytes();

    for (path, status) in [("/notes", "200"), ("/protected", "401"), ("/nowhere", "404")] {
        let answer = server.exchange(head(path)).await;

        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{path}: {answer}");
        assert!(answer.ends_with("\r\n\r\n") && answer.matches("\r\n\r\n").count() == 1, "{path}: {answer}");
    }
}

#[actix_web::test]
async fn an_address_without_a_route_is_not_found_in_json() {
    let server = Server::start();

    for path in ["/", "/notes/", "/notes/1", "/NOTES", "//notes", "/%ff"] {
        let answer = server.answer(Method::GET, path, &[], b"").await;

        assert_eq!(answer.refusal(), (404, "not_found", "Not found"), "{path}");
    }
}

#[test]
fn an_instance_name_is_always_a_valid_header_value() {
    for (name, expected) in
        [("replica-1", "replica-1"), ("a b\r\nX-Injected: 1", "abX-Injected:1"), ("", "localhost"), ("é", "localhost")]
    {
        let instance = Instance::from(name.to_owned());

        assert_eq!(instance.as_str(), expected);
        assert_eq!(instance.header_value(), expected);
    }
    assert!(!Instance::default().as_str().is_empty());
}

#[test]
fn a_port_in_use_is_reported_with_its_setting() {
    let holder = bind("127.0.0.1:0".parse().unwrap(), "RESOURCE__LISTEN").unwrap();
    let taken = holder.local_addr().unwrap();

    let error = bind(taken, "RESOURCE__LISTEN").unwrap_err().to_string();

    assert!(error.starts_with(&format!("RESOURCE__LISTEN: {taken} is already in use")), "{error}");
}
