//! `GET /openapi.json` and `GET /docs`. Response bodies are compared with the description in
//! `local-cluster/tests/interop.rs`.

use auth_service::Config;
use service_kit::testing::{described_routes, served_routes};

use crate::support::{Database, TestApp, config_for};

on_both_databases!(
    the_description_lists_exactly_the_served_routes,
    the_description_has_the_version_of_the_service,
    every_audit_action_is_described,
    the_page_has_every_route_and_no_script,
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

    let schema = &description["components"]["schemas"]["AuditEvent"]["properties"]["action"];
    let described: Vec<_> = schema["enum"].as_array().unwrap().iter().map(|it| it.as_str().unwrap()).collect();
    assert!(message.ends_with(&described.join(", ")), "{message}");
    let parameters = description["paths"]["/audit"]["get"]["parameters"].as_array().unwrap();
    let parameter = parameters.iter().find(|it| it["name"] == "action").unwrap();
    assert_eq!(parameter["schema"], *schema);
}

async fn the_page_has_every_route_and_no_script(database: Database) {
    let app = TestApp::spawn(database).await;

    let page = app.get("/docs").await;

    assert_eq!(page.header("content-type"), Some("text/html; charset=utf-8"));
    let policy = page.header("content-security-policy").unwrap();
    assert!(policy.starts_with("default-src 'none';"), "{policy}");
    assert!(!page.body.contains("<script"));
    for (path, methods) in described_routes(&app).await {
        for method in methods {
            let heading = format!(">{method}</span> {path}</h3>");
            assert!(page.body.contains(&heading), "{heading}");
        }
    }
    let login =
        r#"curl "$URL/login" -H 'Content-Type: application/json' -d '{"password":"secret123","username":"john"}'"#;
    assert!(page.body.contains(&login.replace('"', "&quot;")));
    let limit =
        "<code>limit</code></th><td>in the query, integer from 1 to 1000, default 100. Maximum number of results.";
    assert!(page.body.contains(limit));
    let disabled = "<code>disabled</code></th><td><code>true</code> or <code>false</code>, optional. Whether";
    assert!(page.body.contains(disabled));
}

async fn the_description_and_the_page_are_cacheable(database: Database) {
    let app = TestApp::spawn(database).await;

    for path in ["/openapi.json", "/docs"] {
        let first = app.get(path).await;
        let second = app.get_with("If-None-Match", first.header("etag").unwrap(), path).await;

        assert_eq!((first.status, second.status), (200, 304));
        assert_eq!(first.header("cache-control"), Some("public, max-age=300"));
    }
}
