//! `GET /openapi.json` and `GET /docs`. Response bodies are compared with the description in
//! `local-cluster/tests/interop.rs`.

use service_kit::testing::{described_addresses, served_addresses};

use crate::support::{Database, TestApp};

on_both_databases!(
    every_address_is_described_and_no_other,
    the_description_is_of_this_version,
    every_action_of_the_audit_log_is_described,
    the_page_has_every_route_and_no_script,
    both_are_cacheable,
);

async fn every_address_is_described_and_no_other(database: Database) {
    let app = TestApp::spawn(database).await;

    let described = described_addresses(&app).await;

    assert_eq!(described, served_addresses(&app, include_str!("../../src/routes.rs")).await);
    assert!(described["/users/{username}"].contains("PATCH"), "{described:?}");
}

async fn the_description_is_of_this_version(database: Database) {
    let app = TestApp::spawn(database).await;

    let description = app.get("/openapi.json").await.json();

    assert_eq!(description["openapi"], "3.1.0");
    assert_eq!(description["info"]["version"], env!("CARGO_PKG_VERSION"));
}

async fn every_action_of_the_audit_log_is_described(database: Database) {
    let app = TestApp::spawn(database).await;
    let admin = app.token_of("admin").await;

    let description = app.get("/openapi.json").await.json();
    // The refusal of an unknown action names all known ones.
    let (_, _, refusal) = app.get_as(&admin, "/audit?action=x").await.error();

    let schema = &description["components"]["schemas"]["AuditEvent"]["properties"]["action"];
    let described: Vec<_> = schema["enum"].as_array().unwrap().iter().map(|it| it.as_str().unwrap()).collect();
    assert!(refusal.ends_with(&described.join(", ")), "{refusal}");
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
    for (path, methods) in described_addresses(&app).await {
        for method in methods {
            let heading = format!(">{method}</span> {path}</h3>");
            assert!(page.body.contains(&heading), "{heading}");
        }
    }
    let log_in =
        r#"curl "$URL/login" -H 'Content-Type: application/json' -d '{"password":"secret123","username":"john"}'"#;
    assert!(page.body.contains(&log_in.replace('"', "&quot;")));
    let limit = "<code>limit</code></th><td>in the query, a whole number from 1 to 1000 and by default 100. Maximum number of results.";
    assert!(page.body.contains(limit));
    let disabled = "<code>disabled</code></th><td><code>true</code> or <code>false</code>, may be left out. Whether";
    assert!(page.body.contains(disabled));
}

async fn both_are_cacheable(database: Database) {
    let app = TestApp::spawn(database).await;

    for path in ["/openapi.json", "/docs"] {
        let first = app.get(path).await;
        let second = app.get_with("If-None-Match", first.header("etag").unwrap(), path).await;

        assert_eq!((first.status, second.status), (200, 304));
        assert_eq!(first.header("cache-control"), Some("public, max-age=300"));
    }
}
