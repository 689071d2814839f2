//! Methods, paths, query strings and headers.

use service_kit::testing::send;

use crate::support::{Database, TestApp};

on_both_databases!(
    other_methods_are_rejected_with_the_allowed_ones,
    an_unknown_path_is_not_found,
    malformed_paths_get_a_4xx_with_a_code,
    unexpected_query_strings_are_ignored,
    two_authorization_headers_are_rejected,
    malformed_http_is_rejected,
);

async fn other_methods_are_rejected_with_the_allowed_ones(database: Database) {
    let app = TestApp::spawn(database).await;

    for (route, taken) in [
        ("/register", "POST"),
        ("/login", "POST"),
        ("/me", "GET, HEAD, DELETE"),
        ("/me/password", "PUT"),
        ("/password-reset", "POST"),
        ("/users/john", "GET, HEAD, PATCH, DELETE"),
        ("/users/john/password-reset", "POST"),
        ("/users/john/revoke-sessions", "POST"),
        ("/audit", "GET, HEAD"),
        ("/users", "GET, HEAD"),
        ("/.well-known/jwks.json", "GET, HEAD"),
        ("/.well-known/oauth-authorization-server", "GET, HEAD"),
        ("/.well-known/openid-configuration", "GET, HEAD"),
        ("/userinfo", "GET, HEAD, POST"),
        ("/health/live", "GET, HEAD"),
        ("/health/ready", "GET, HEAD"),
    ] {
        for method in ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW"] {
            if taken.contains(method) {
                continue;
            }
            let response = send(app.request(method, route)).await;

            assert_eq!(response.code(), (405, "method_not_allowed"), "{method} {route}");
            assert_eq!(response.header("allow"), Some(taken), "{method} {route}");
        }
    }
}

async fn an_unknown_path_is_not_found(database: Database) {
    let app = TestApp::spawn(database).await;

    for (method, path) in [
        ("GET", "/nowhere"),
        ("POST", "/nowhere"),
        ("GET", "/login/"),
        ("POST", "/LOGIN"),
        ("GET", "/users/"),
        ("GET", "/users/a/b"),
        ("GET", "/.well-known/"),
        ("DELETE", "/.well-known/jwks.json/x"),
        ("GET", "/.well-known/openid-configuration/x"),
        ("GET", "/x/.well-known/openid-configuration"),
    ] {
        let response = send(app.request(method, path)).await;

        assert_eq!(response.code(), (404, "not_found"), "{method} {path}");
    }
}

async fn malformed_paths_get_a_4xx_with_a_code(database: Database) {
    let app = TestApp::spawn(database).await;
    let long = format!("/{}", "x".repeat(10_000));

    for path in [
        "/%",
        "/%zz",
        "/%00",
        "/%ff%fe",
        "/me%00",
        "/me%2f",
        "/%6de/x",
        "//me",
        "/./me/..",
        "/../../etc/passwd",
        "/me;x=1",
        "/me/..%2fusers",
        "*",
        "/me#x",
        &long,
    ] {
        let request = format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        let response = app.send_raw(request).await;

        assert!((400..500).contains(&response.status), "{path}: {response:?}");
        assert_eq!(
            response.header("x-served-by").map(|_| response.error().0),
            Some(response.status),
            "{path}: {response:?}"
        );
    }
}

async fn unexpected_query_strings_are_ignored(database: Database) {
    let app = TestApp::spawn(database).await;
    let token = app.token_of("admin").await;

    for query in ["%", "%00", "%ff", "&&&", "=", "a[]=1", "jwt=x", "access_token=x", &"x".repeat(8_000)] {
        assert_eq!(app.get_as(&token, &format!("/me?{query}")).await.status, 200, "{query}");
        assert_eq!(app.get(&format!("/health/live?{query}")).await.status, 200, "{query}");
    }
}

async fn two_authorization_headers_are_rejected(database: Database) {
    let app = TestApp::spawn(database).await;
    let token = app.token_of("admin").await;
    let once = format!("Authorization: Bearer {token}\r\n");

    for route in ["/me", "/users"] {
        let request = format!("GET {route} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{once}{once}\r\n");
        let response = app.send_raw(request).await;

        assert_eq!(response.code(), (400, "invalid_request"), "{route}");
    }
}

/// The HTTP library responds to these itself, without a body.
async fn malformed_http_is_rejected(database: Database) {
    let app = TestApp::spawn(database).await;

    for request in [
        "\r\n\r\n x\r\n\r\n",
        "GET /me\r\n\r\n",
        "GET /\u{e4} HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET /{}|^`\\ HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET / HTTP/9.9\r\n\r\n",
        "GET /me HTTP/1.1\r\nHost x\r\n\r\n",
        "GET /me HTTP/1.1\r\nHost: x\r\nX: \0\r\n\r\n",
        "POST /login HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        "POST /login HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n{}",
        "POST /login HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    ] {
        let response = app.send_raw(request).await;

        assert_eq!(response.status, 400, "{request:?}");
    }
    assert_eq!(app.get("/health/live").await.status, 200);
}
