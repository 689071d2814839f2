//! The control address of the local cluster, with which the playground stops and starts servers.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests may panic")]

mod support;

use service_kit::testing::{Api, Response, send};
use support::RunningCluster;

/// The control address of a cluster, and the origin whose pages may use it.
async fn control(cluster: &RunningCluster) -> (Api, String) {
    let settings = cluster.auth.get("/playground.json").await.json();
    (Api::at(settings["control"].as_str().unwrap()), cluster.auth.url().to_owned())
}

async fn order(control: &Api, origin: &str, server: &str, action: &str) -> Response {
    send(control.request("POST", &format!("/servers/{server}/{action}")).header("Origin", origin)).await
}

#[actix_web::test]
async fn a_stopped_server_is_unreachable_until_it_is_started_again() {
    let cluster = RunningCluster::start().await;
    let (control, origin) = control(&cluster).await;
    let second = &cluster.replicas[1];

    for (name, server) in [("resource-2", second), ("auth-1", &cluster.auth)] {
        let stopped = order(&control, &origin, name, "stop").await;
        let again = order(&control, &origin, name, "stop").await;

        assert_eq!((stopped.status, again.status), (200, 200), "{stopped:?}");
        assert!(server.request("GET", "/health/live").send().await.is_err(), "{name}");
        assert_eq!(cluster.replicas[0].get("/health/live").await.status, 200);

        let started = order(&control, &origin, name, "start").await;

        assert_eq!((started.status, server.get("/health/live").await.status), (200, 200), "{started:?}");
        server.until("/health/ready", 200).await;
    }
    assert_eq!(order(&control, &origin, "resource-9", "stop").await.code(), (404, "no_such_server"));
}

#[actix_web::test]
async fn only_pages_of_the_issuer_may_stop_servers() {
    let cluster = RunningCluster::start().await;
    let (control, _) = control(&cluster).await;

    for origin in ["https://evil.example", "http://localhost:1", "null", ""] {
        let refused = order(&control, origin, "resource-1", "stop").await;
        let preflight = control.request("OPTIONS", "/servers/resource-1/stop").header("Origin", origin);
        let preflight = send(preflight.header("Access-Control-Request-Method", "POST")).await;

        assert_eq!((refused.status, preflight.status), (403, 403), "{origin}");
        assert_eq!(preflight.header("access-control-allow-origin"), None);
    }
    assert_eq!(control.post("/servers/resource-1/stop", &serde_json::json!({})).await.status, 403);
    assert_eq!(control.get("/servers").await.status, 403);
    assert_eq!(cluster.replicas[0].get("/health/live").await.status, 200);
}
