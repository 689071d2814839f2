//! Headers and error bodies of every response.

use service_kit::{
    Instance,
    testing::{error, send},
};

use crate::server::{INSTANCE, Server};

async fn request_id(server: &Server, sent: &str) -> String {
    let response = server.get_with("X-Request-Id", sent, "/notes").await;
    response.header("x-request-id").unwrap().to_owned()
}

#[actix_web::test]
async fn every_response_names_its_replica_and_its_request() {
    let server = Server::start();

    for (method, path, status) in [
        ("GET", "/notes", 200),
        ("HEAD", "/notes", 200),
        ("POST", "/notes", 415),
        ("DELETE", "/notes", 405),
        ("GET", "/protected", 401),
        ("HEAD", "/protected", 401),
        ("GET", "/nowhere", 404),
        ("PUT", "/nowhere", 404),
    ] {
        let response = send(server.request(method, path).header("X-Request-Id", "given-1")).await;

        assert_eq!(response.status, status, "{method} {path}");
        assert_eq!(response.header("x-served-by"), Some(INSTANCE), "{method} {path}");
        assert_eq!(response.header("x-request-id"), Some("given-1"), "{method} {path}");
    }
}

#[actix_web::test]
async fn no_response_is_cached_or_sniffed_unless_it_says_so() {
    let server = Server::start();

    for path in ["/notes", "/protected", "/nowhere"] {
        let response = server.get(path).await;

        assert_eq!(response.header("cache-control"), Some("no-store"), "{path}");
        assert_eq!(response.header("x-content-type-options"), Some("nosniff"), "{path}");
    }
}

#[actix_web::test]
async fn a_valid_request_id_is_kept_and_an_invalid_one_is_replaced() {
    let server = Server::start();
    let longest = "a".repeat(128);
    let too_long = "a".repeat(129);

    for plain in ["a", "01890a5d-ac96-774b-bcce-b302099a8057", "a_b.c:d-9", &longest] {
        assert_eq!(request_id(&server, plain).await, plain);
    }
    for odd in ["", "two words", "a;b", "a\"b", "<script>", "${jndi}", "a/b", &too_long] {
        let id = request_id(&server, odd).await;

        assert!(id.len() == 32 && id.bytes().all(|b| b.is_ascii_hexdigit()), "{odd:?} became {id:?}");
    }
    assert_ne!(request_id(&server, "").await, request_id(&server, "").await);
}

#[actix_web::test]
async fn a_405_lists_the_allowed_methods() {
    let server = Server::start();

    for (path, allowed) in [("/notes", "GET, HEAD, POST"), ("/protected", "GET, HEAD")] {
        for method in ["PUT", "DELETE", "PATCH", "OPTIONS"] {
            let response = send(server.request(method, path)).await;

            assert_eq!(response.code(), (405, "method_not_allowed"), "{method} {path}");
            assert_eq!(response.header("allow"), Some(allowed), "{method} {path}");
        }
    }
}

#[actix_web::test]
async fn head_gets_the_response_of_get_without_a_body() {
    let server = Server::start();

    for (path, status) in [("/notes", 200), ("/protected", 401), ("/nowhere", 404)] {
        let head = format!("HEAD {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        let response = server.send_raw(head).await;

        assert_eq!((response.status, &*response.body), (status, ""), "{path}");
    }
}

#[actix_web::test]
async fn an_unknown_path_gets_a_404_in_json() {
    let server = Server::start();

    for path in ["/", "/notes/", "/notes/1", "/NOTES", "//notes", "/%ff"] {
        assert_eq!(server.get(path).await.error(), error(404, "not_found", "Not found"), "{path}");
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
