//! The headers that tell browsers what not to do with a response.

use resource_service::Config;

use crate::support::{Replica, config_with_pem};

#[actix_web::test]
async fn every_response_has_them() {
    let replica = Replica::spawn(config_with_pem());
    let long = format!("/?{}", "x".repeat(10_000));

    for (path, status) in [("/", 200), ("/dashboard", 401), ("/nowhere", 404), (&long, 414), ("/docs", 200)] {
        let response = replica.get(path).await;

        assert_eq!(response.status, status, "{path}");
        response.assert_browser_rules();
        assert_eq!(response.header("strict-transport-security"), None, "{path}");
    }
}

#[actix_web::test]
async fn strict_transport_security_is_sent_only_if_configured() {
    for (secs, expected) in [(Some(600), Some("max-age=600")), (Some(0), None), (None, None)] {
        let replica = Replica::spawn(Config { hsts_secs: secs, ..config_with_pem() });

        let response = replica.get("/nowhere").await;

        assert_eq!(response.header("strict-transport-security"), expected);
    }
}
