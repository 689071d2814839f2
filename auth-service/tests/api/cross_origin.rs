//! Requests from web pages of other origins: `AUTH__CORS__ORIGINS`, and the origins of clients.

use auth_service::Config;
use service_kit::{
    List,
    testing::{Response, eventually, send},
};

use crate::support::{Database, TestApp, and_admin, config_for};

on_both_databases!(
    pages_of_configured_origins_may_read_json_routes,
    row_42_pages_of_clients_may_use_the_routes_of_clients,
    row_42_an_origin_that_is_registered_later_is_allowed_soon,
    row_11_login_pages_are_closed_to_all_origins,
    other_origins_are_not_allowed,
);

const CONFIGURED: &str = "https://admin.example";
const OF_CLIENT: &str = "https://spa.example";
const CLIENT_ROUTES: [(&str, &str); 5] = [
    ("POST", "/oauth/token"),
    ("POST", "/oauth/revoke"),
    ("GET", "/.well-known/jwks.json"),
    ("GET", "/.well-known/oauth-authorization-server"),
    ("GET", "/.well-known/status-list-jwks.json"),
];
const OTHER_ROUTES: [(&str, &str); 7] = [
    ("POST", "/login"),
    ("GET", "/me"),
    ("GET", "/users/john"),
    ("GET", "/clients"),
    ("POST", "/oauth/introspect"),
    ("GET", "/health/live"),
    ("GET", "/status-lists"),
];
const PAGES: [&str; 9] = [
    "/",
    "/docs",
    "/authorize",
    "/authorize/login",
    "/%61uthorize",
    "//authorize",
    "/oauth/logout",
    "/oauth/%6Cogout",
    "/pages/style.css",
];

async fn pages_of_configured_origins_may_read_json_routes(database: Database) {
    let app = app(&database, CONFIGURED).await;

    for (method, path) in CLIENT_ROUTES.into_iter().chain(OTHER_ROUTES) {
        let response = request(&app, method, path, CONFIGURED).await;
        let preflight = preflight(&app, method, path, CONFIGURED).await;

        assert_eq!(allowed(&response), Some(CONFIGURED), "{path}");
        assert_eq!(response.header("access-control-allow-credentials"), None);
        assert_eq!((preflight.status, allowed(&preflight)), (204, Some(CONFIGURED)), "{path}");
        assert_eq!(preflight.header("access-control-allow-headers"), Some("Authorization, Content-Type"));
        assert!(app.get(path).await.headers.iter().any(|(name, value)| name == "vary" && value == "Origin"), "{path}");
    }
}

async fn row_42_pages_of_clients_may_use_the_routes_of_clients(database: Database) {
    let app = app(&database, "").await;
    insert_spa(&database, OF_CLIENT);

    for (method, path) in CLIENT_ROUTES {
        let response = request(&app, method, path, OF_CLIENT).await;
        let preflight = preflight(&app, method, path, OF_CLIENT).await;

        assert_eq!(allowed(&response), Some(OF_CLIENT), "{path}");
        assert_eq!((preflight.status, allowed(&preflight)), (204, Some(OF_CLIENT)), "{path}");
    }
    for (method, path) in OTHER_ROUTES {
        let response = request(&app, method, path, OF_CLIENT).await;
        let preflight = preflight(&app, method, path, OF_CLIENT).await;

        assert_eq!((allowed(&response), allowed(&preflight)), (None, None), "{path}");
    }
}

async fn row_42_an_origin_that_is_registered_later_is_allowed_soon(database: Database) {
    let app = app(&database, "").await;
    assert_eq!(allowed(&preflight(&app, "POST", "/oauth/token", OF_CLIENT).await), None);

    insert_spa(&database, OF_CLIENT);

    eventually(async || allowed(&preflight(&app, "POST", "/oauth/token", OF_CLIENT).await).map(str::to_owned)).await;
}

async fn row_11_login_pages_are_closed_to_all_origins(database: Database) {
    let app = app(&database, CONFIGURED).await;
    insert_spa(&database, OF_CLIENT);

    for path in PAGES {
        for origin in [CONFIGURED, OF_CLIENT] {
            for method in ["GET", "POST"] {
                let response = request(&app, method, path, origin).await;
                let preflight = preflight(&app, method, path, origin).await;

                assert_eq!((cors_headers(&response), cors_headers(&preflight)), (vec![], vec![]), "{path}");
                assert_ne!(preflight.status, 204, "{path}");
            }
        }
    }
}

async fn other_origins_are_not_allowed(database: Database) {
    let app = app(&database, CONFIGURED).await;
    insert_spa(&database, OF_CLIENT);

    for origin in [
        "null",
        "https://evil.example",
        "http://spa.example",
        "https://spa.example:8443",
        "https://spa.example.evil.example",
        "https://SPA.example",
        "https://spa.example/",
        "https://x.spa.example",
    ] {
        let response = request(&app, "POST", "/oauth/token", origin).await;
        let preflight = preflight(&app, "POST", "/oauth/token", origin).await;

        assert_eq!((cors_headers(&response), cors_headers(&preflight)), (vec![], vec![]), "{origin}");
        assert_eq!(preflight.status, 405, "{origin}");
    }
}

#[test]
fn what_is_not_an_origin_is_rejected_by_name() {
    for value in ["*", "null", "http://localhost:5000/", "https://*.example.com", "http://localhost:5000,x"] {
        let variables = [("AUTH__CORS__ORIGINS".to_owned(), value.to_owned())];

        let error = Config::from_environment(variables).err().map(|error| error.to_string()).unwrap_or_default();

        assert!(error.starts_with("AUTH__CORS__ORIGINS: invalid origin"), "{value}: {error}");
    }
}

async fn app(database: &Database, origins: &str) -> TestApp {
    let mut config = and_admin(config_for(database));
    config.cors.origins = List::from(origins.to_owned());
    TestApp::spawn_with(database.clone(), config).await
}

fn insert_spa(database: &Database, origin: &str) {
    let columns = "INSERT INTO clients (id, kind, secret_hash, scopes, created_at, redirect_uris, origins) VALUES";
    database.execute(&format!("{columns} ('spa', 'browser', '', 'openid', 1, '{origin}/', '{origin}')"));
}

async fn request(app: &TestApp, method: &str, path: &str, origin: &str) -> Response {
    send(app.request(method, path).header("Origin", origin)).await
}

async fn preflight(app: &TestApp, method: &str, path: &str, origin: &str) -> Response {
    let request = app.request("OPTIONS", path).header("Origin", origin);
    send(request.header("Access-Control-Request-Method", method)).await
}

fn allowed(response: &Response) -> Option<&str> {
    response.header("access-control-allow-origin")
}

fn cors_headers(response: &Response) -> Vec<&str> {
    let names = response.headers.iter().map(|(name, _)| name.as_str());
    names.filter(|name| name.starts_with("access-control-")).collect()
}
