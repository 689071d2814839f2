//! `GET /openapi.json` and `GET /docs`. Response bodies are compared with the description in
//! `local-cluster/tests/interop.rs`.

use service_kit::testing::{described_addresses, served_addresses};

use crate::support::{Replica, config_with_pem};

#[actix_web::test]
async fn every_address_is_described_and_no_other() {
    let replica = Replica::spawn(config_with_pem());

    let described = described_addresses(&replica).await;

    assert_eq!(described, served_addresses(&replica, include_str!("../../src/routes.rs")).await);
    assert!(described["/dashboard"].contains("GET"), "{described:?}");
}

#[actix_web::test]
async fn the_description_is_of_this_version_and_has_a_page() {
    let replica = Replica::spawn(config_with_pem());

    let description = replica.get("/openapi.json").await.json();
    let page = replica.get("/docs").await;

    assert_eq!(description["info"]["version"], env!("CARGO_PKG_VERSION"));
    assert!(page.body.contains(">GET</span> /dashboard</h3>"), "{}", page.body);
    let example = r#"curl "$URL/dashboard" -H "Authorization: Bearer $TOKEN""#;
    assert!(page.body.contains(&example.replace('"', "&quot;")));
}
