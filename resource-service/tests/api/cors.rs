//! `RESOURCE__CORS__ORIGINS`: pages of which origins may read responses.

use resource_service::Config;
use service_kit::{
    List,
    testing::{Response, send},
};

use crate::support::{Replica, config_with_pem};

const ALLOWED: &str = "http://localhost:5000";
const FOREIGN: [&str; 8] = [
    "https://evil.example",
    "http://localhost:5001",
    "https://localhost:5000",
    "http://localhost",
    "http://localhost:5000.evil.example",
    "http://LOCALHOST:5000",
    "http://localhost:5000/",
    "null",
];

fn replica() -> Replica {
    let mut config = config_with_pem();
    config.cors.origins = List::from(format!("https://app.example.com, {ALLOWED}"));
    Replica::spawn(config)
}

async fn preflight(replica: &Replica, origin: &str) -> Response {
    let request = replica.request("OPTIONS", "/dashboard").header("Origin", origin);
    send(request.header("Access-Control-Request-Method", "GET")).await
}

#[actix_web::test]
async fn pages_of_an_allowed_origin_may_read_responses_of_any_status() {
    let replica = replica();

    for (path, status) in [("/", 200), ("/dashboard", 401), ("/nowhere", 404)] {
        let response = replica.get_with("Origin", ALLOWED, path).await;

        assert_eq!(response.status, status);
        assert_eq!(response.header("access-control-allow-origin"), Some(ALLOWED), "{path}");
        let exposed = response.header("access-control-expose-headers");
        assert_eq!(exposed, Some("Retry-After, WWW-Authenticate, X-Request-Id, X-Served-By"));
        assert_eq!(response.header("access-control-allow-credentials"), None);
        assert_eq!(response.header("vary"), Some("Origin"));
    }
}

#[actix_web::test]
async fn preflight_requests_of_an_allowed_origin_are_answered() {
    let response = preflight(&replica(), ALLOWED).await;

    assert_eq!((response.status, &*response.body), (204, ""));
    assert_eq!(response.header("access-control-allow-origin"), Some(ALLOWED));
    assert_eq!(response.header("access-control-allow-headers"), Some("Authorization, Content-Type"));
    assert_eq!(response.header("access-control-allow-methods"), Some("GET, HEAD, POST, PUT, PATCH, DELETE"));
    assert_eq!(response.header("access-control-max-age"), Some("600"));
    assert!(response.header("x-served-by").is_some());
}

#[actix_web::test]
async fn foreign_origins_are_not_allowed() {
    let replica = replica();

    for origin in FOREIGN {
        let response = replica.get_with("Origin", origin, "/").await;
        let preflight = preflight(&replica, origin).await;

        assert_eq!((response.status, preflight.status), (200, 405), "{origin}");
        for response in [response, preflight] {
            assert_eq!(cors_headers(&response), [""; 0], "{origin}");
            assert_eq!(response.header("vary"), Some("Origin"));
        }
    }
}

#[actix_web::test]
async fn without_the_setting_no_origin_is_allowed() {
    let replica = Replica::spawn(config_with_pem());

    let response = replica.get_with("Origin", ALLOWED, "/").await;
    let preflight = preflight(&replica, ALLOWED).await;

    assert_eq!((response.status, preflight.status), (200, 405));
    for response in [response, preflight] {
        assert_eq!(cors_headers(&response), [""; 0]);
        assert_eq!(response.header("vary"), None);
    }
}

#[test]
fn what_is_not_an_origin_is_rejected_by_name() {
    for value in ["*", "null", "http://localhost:5000/", "https://*.example.com", "http://localhost:5000,x"] {
        let variables = [("RESOURCE__CORS__ORIGINS".to_owned(), value.to_owned())];

        let error = Config::from_environment(variables).err().map(|error| error.to_string()).unwrap_or_default();

        assert!(error.starts_with("RESOURCE__CORS__ORIGINS: invalid origin"), "{value}: {error}");
    }
}

#[test]
fn the_setting_is_a_list() {
    let variables = [("RESOURCE__CORS__ORIGINS".to_owned(), "https://a.example, https://b.example".to_owned())];

    let config = Config::from_environment(variables).unwrap();

    assert_eq!(config.cors.origins.iter().collect::<Vec<_>>(), ["https://a.example", "https://b.example"]);
}

fn cors_headers(response: &Response) -> Vec<&str> {
    let names = response.headers.iter().map(|(name, _)| name.as_str());
    names.filter(|name| name.starts_with("access-control-")).collect()
}
