//! `GET /openapi.json` and `GET /docs`. Response bodies are compared with the description in
//! `local-cluster/tests/interop.rs`.

use std::{collections::HashSet, path::Path};

use auth_service::Config;
use serde_json::json;
use service_kit::testing::{
    Response, codes_in_sources, described_codes, described_operations, described_routes, served_routes,
};

use crate::support::{Database, TestApp, config_for};

on_both_databases!(
    the_description_lists_exactly_the_served_routes,
    the_description_has_the_version_of_the_service,
    every_audit_action_is_described,
    every_error_code_is_described,
    every_operation_says_what_it_takes_and_returns,
    the_page_loads_only_its_own_files,
    the_security_schemes_are_those_of_the_token_locations,
    the_description_and_the_page_are_cacheable,
);

async fn the_description_lists_exactly_the_served_routes(database: Database) {
    let config = Config { playground: true, ..config_for(&database) };
    let app = TestApp::spawn_with(database, config).await;

    let described = described_routes(&app).await;

    assert_eq!(described, served_routes(&app, include_str!("../../src/routes.rs")).await);
    assert!(described["/users/{username}"].contains("PATCH"), "{described:?}");
}

async fn the_description_has_the_version_of_the_service(database: Database) {
    let app = TestApp::spawn(database).await;

    let description = app.get("/openapi.json").await.json();

    assert_eq!(description["openapi"], "3.1.0");
    assert_eq!(description["info"]["version"], env!("CARGO_PKG_VERSION"));
}

async fn every_audit_action_is_described(database: Database) {
    let app = TestApp::spawn(database).await;
    let admin = app.token_of("admin").await;

    let description = app.get("/openapi.json").await.json();
    // The error for an unknown action lists all known ones.
    let (_, _, message) = app.get_as(&admin, "/audit?action=x").await.error();

    let schema = &description["components"]["schemas"]["Action"];
    let described: Vec<_> = schema["enum"].as_array().unwrap().iter().map(|it| it.as_str().unwrap()).collect();
    assert!(message.ends_with(&described.join(", ")), "{message}");
    let parameters = description["paths"]["/audit"]["get"]["parameters"].as_array().unwrap();
    let parameter = parameters.iter().find(|it| it["name"] == "action").unwrap();
    assert_eq!(parameter["schema"]["enum"], schema["enum"]);
}

async fn every_error_code_is_described(database: Database) {
    // With cookies, there is one more.
    let config = Config { token_location: "headers,cookies".to_owned(), ..config_for(&database) };
    let app = TestApp::spawn_with(database, config).await;
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let folders = ["auth-service", "service-kit", "shared"].map(|name| workspace.join(name).join("src"));

    let described = described_codes(&app).await;
    let in_code = codes_in_sources(&folders);

    assert_eq!(described, in_code);
}

async fn every_operation_says_what_it_takes_and_returns(database: Database) {
    let config = Config { playground: true, ..config_for(&database) };
    let app = TestApp::spawn_with(database, config).await;

    let mut ids = HashSet::new();
    for (name, operation) in described_operations(&app).await {
        assert!(ids.insert(operation["operationId"].to_string()), "{name} has the id of another operation");
        assert!(["operationId", "summary"].iter().all(|text| operation[text] != ""), "{name}: {operation}");
        let body = operation.get("requestBody").map(|body| body["content"].as_object().unwrap());
        for content in body.iter().flat_map(|body| body.values()) {
            assert!(content["example"].is_object(), "{name}: {content}");
        }
        let responses = operation["responses"].as_object().unwrap();
        let (_, success) = responses.iter().find(|(status, _)| status.starts_with('2')).unwrap();
        assert_ne!(success["description"], "", "{name}");
        let json = success.pointer("/content/application~1json");
        assert!(json.is_none_or(|json| json["example"].is_object() || name == "get /openapi.json"), "{name}: {json:?}");
    }
}

async fn the_page_loads_only_its_own_files(database: Database) {
    let app = TestApp::spawn(database).await;

    let page = app.get("/docs").await;

    assert_eq!(page.header("content-type"), Some("text/html; charset=utf-8"));
    let policy = page.header("content-security-policy").unwrap();
    assert!(policy.starts_with("default-src 'none'; script-src 'self'; style-src 'self';"), "{policy}");
    assert!(!page.body.contains("<style") && !page.body.contains(" style=") && !page.body.contains("<script>"));
    let loaded: Vec<_> = page.body.split(['"']).filter(|value| value.starts_with("docs/")).collect();
    assert_eq!(loaded.len(), 4, "{loaded:?}");
    for file in loaded {
        let (plain, gzip) = (app.get(&format!("/{file}")).await, in_gzip(&app, file).await);

        let media_type =
            if file.contains(".js") { "text/javascript; charset=utf-8" } else { "text/css; charset=utf-8" };
        assert_eq!((plain.status, plain.header("content-type")), (200, Some(media_type)), "{file}");
        assert_eq!(plain.header("content-encoding"), None, "{file}");
        if file.contains("swagger-ui") {
            assert_eq!(gzip.header("content-encoding"), Some("gzip"), "{file}");
            assert_ne!(gzip.header("etag"), plain.header("etag"), "{file}");
            assert!(plain.body.len() > 100_000 && plain.body.contains("swagger"), "{file}");
        }
    }
    assert_eq!(app.get("/docs/none.js").await.code(), (404, "not_found"));
}

async fn in_gzip(app: &TestApp, file: &str) -> Response {
    app.get_with("Accept-Encoding", "gzip", &format!("/{file}")).await
}

async fn the_security_schemes_are_those_of_the_token_locations(database: Database) {
    let config = Config { token_location: "headers,cookies".to_owned(), ..config_for(&database) };
    let app = TestApp::spawn_with(database, config).await;

    let description = app.get("/openapi.json").await.json();

    let schemes = &description["components"]["securitySchemes"];
    assert_eq!(schemes["csrf"]["name"], "X-CSRF-TOKEN");
    assert_eq!(schemes["client"]["scheme"], "basic");
    let of = |path: &str, method: &str| description["paths"][path][method]["security"].clone();
    assert_eq!(of("/me", "get"), json!([{ "access_token": [] }, { "access_token_cookie": [] }]));
    assert_eq!(of("/me", "delete"), json!([{ "access_token": [] }, { "access_token_cookie": [], "csrf": [] }]));
}

async fn the_description_and_the_page_are_cacheable(database: Database) {
    let app = TestApp::spawn(database).await;

    for path in ["/openapi.json", "/docs", "/docs/swagger-ui.css"] {
        let first = app.get(path).await;
        let second = app.get_with("If-None-Match", first.header("etag").unwrap(), path).await;

        assert_eq!((first.status, second.status), (200, 304));
        assert_eq!(first.header("cache-control"), Some("public, max-age=300"));
    }
}
