//! `GET /openapi.json` and `GET /docs`. Response bodies are compared with the description in
//! `local-cluster/tests/interop.rs`.

use resource_service::Config;
use serde_json::json;
use service_kit::testing::{described_routes, served_routes};

use crate::support::{Replica, config_with_pem};

#[actix_web::test]
async fn the_description_lists_exactly_the_served_routes() {
    let replica = Replica::spawn(config_with_pem());

    let described = described_routes(&replica).await;

    assert_eq!(described, served_routes(&replica, include_str!("../../src/routes.rs")).await);
    assert!(described["/dashboard"].contains("GET"), "{described:?}");
}

#[actix_web::test]
async fn the_description_has_the_version_of_the_service_and_a_page() {
    let replica = Replica::spawn(config_with_pem());

    let description = replica.get("/openapi.json").await.json();
    let page = replica.get("/docs").await;

    assert_eq!(description["info"]["version"], env!("CARGO_PKG_VERSION"));
    assert!(page.body.contains("<title>resource-service: API</title>"), "{}", page.body);
    assert!(replica.get("/docs/initializer.js").await.body.contains("\"openapi.json\""));
}

#[actix_web::test]
async fn the_description_follows_from_the_arguments_of_handlers() {
    let replica = Replica::spawn(Config { token_location: "cookies,query_string".to_owned(), ..config_with_pem() });

    let description = replica.get("/openapi.json").await.json();

    let admin = &description["paths"]["/admin"]["get"];
    assert_eq!(admin["security"], json!([{ "access_token_cookie": [] }, { "access_token_parameter": [] }]));
    let forbidden = &admin["responses"]["403"]["content"]["application/json"]["examples"]["forbidden"]["value"];
    assert_eq!(*forbidden, json!({ "error": "forbidden", "message": "Admin access required" }));
    let index = &description["paths"]["/"]["get"];
    assert_eq!((&index["security"], &index["responses"]["401"]), (&json!(null), &json!(null)));
}
