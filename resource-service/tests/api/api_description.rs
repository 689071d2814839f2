//! `GET /openapi.json` and `GET /docs`. Response bodies are compared with the description in
//! `local-cluster/tests/interop.rs`.

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
    assert!(page.body.contains(">GET</span> /dashboard</h3>"), "{}", page.body);
    let example = r#"curl "$URL/dashboard" -H "Authorization: Bearer $TOKEN""#;
    assert!(page.body.contains(&example.replace('"', "&quot;")));
}
