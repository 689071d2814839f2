//! `GET /metrics`.

use serde_json::json;
use service_kit::testing::send;
use shared::{
    UnixTime,
    testing::{claims, mint_raw},
};

use crate::support::{Database, TestApp};

on_both_databases!(
    requests_are_counted_by_route_method_and_status,
    unknown_paths_and_methods_create_no_metrics,
    verifications_are_counted_by_result,
    connections_and_hashes_are_exported,
    login_results_are_counted_from_zero,
    metrics_have_base_units_and_an_inf_bucket,
);

async fn requests_are_counted_by_route_method_and_status(database: Database) {
    let app = TestApp::spawn(database).await;
    app.get("/health/live").await;
    app.get("/health/live").await;
    send(app.request("HEAD", "/health/live")).await;
    app.get("/me").await;
    app.post("/login", &json!({ "username": "admin", "password": "wrong horse" })).await;
    app.token_of("admin").await;

    let metrics = app.get_with("Accept", "application/openmetrics-text;version=1.0.0,*/*;q=0.1", "/metrics").await;

    let content_type = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    assert_eq!((metrics.status, metrics.header("content-type")), (200, Some(content_type)));
    assert!(metrics.body.ends_with("# EOF\n"));
    let expected = [
        r#"http_requests_total{route="/health/live",method="GET",status="200"} 2"#,
        r#"http_requests_total{route="/health/live",method="HEAD",status="200"} 1"#,
        r#"http_requests_total{route="/login",method="POST",status="200"} 1"#,
        r#"http_requests_total{route="/login",method="POST",status="401"} 1"#,
        r#"http_requests_total{route="/me",method="GET",status="401"} 1"#,
    ];
    assert_eq!(metrics.samples("http_requests_total"), expected);
    for (route, count) in [("/health/live", "3"), ("/login", "2"), ("/me", "1")] {
        let name = format!("http_request_duration_seconds_count{{route=\"{route}\"}}");
        assert_eq!(metrics.sample(&name), Some(count), "{}", metrics.body);
    }
}

async fn unknown_paths_and_methods_create_no_metrics(database: Database) {
    let app = TestApp::spawn(database).await;
    for path in ["/a", "/b?c=d", "/keys/e/withdraw", "/keys/f/withdraw", "/me/g"] {
        app.get(path).await;
    }
    for method in ["BREW", "STEEP", "PATCH"] {
        send(app.request(method, "/me")).await;
    }

    let metrics = app.get("/metrics").await;

    let expected = [
        r#"http_requests_total{route="/keys/{kid}/withdraw",method="GET",status="405"} 2"#,
        r#"http_requests_total{route="/me",method="PATCH",status="405"} 1"#,
        r#"http_requests_total{route="/me",method="other",status="405"} 2"#,
        r#"http_requests_total{route="none",method="GET",status="404"} 3"#,
    ];
    assert_eq!(metrics.samples("http_requests_total"), expected);
}

async fn verifications_are_counted_by_result(database: Database) {
    let app = TestApp::spawn(database).await;
    let (token, now) = (app.token_of("admin").await, UnixTime::now());
    let mut expired = claims("admin", "admin");
    (expired.iat, expired.exp) = (UnixTime::from_seconds(0), now);
    let of_unknown_key = mint_raw(
        r#"{"alg":"RS256","typ":"at+jwt","kid":"unknown"}"#,
        serde_json::to_string(&claims("admin", "admin")).unwrap(),
    );
    for token in [&*token, &token, &app.mint(&expired).await, "x.y.z", "x", &of_unknown_key] {
        app.get_as(token, "/me").await;
    }
    app.get("/me").await;

    let metrics = app.get("/metrics").await;

    let expected = [
        r#"token_verifications_total{result="claims_stale"} 0"#,
        r#"token_verifications_total{result="expired"} 1"#,
        r#"token_verifications_total{result="good"} 2"#,
        r#"token_verifications_total{result="invalid"} 3"#,
        r#"token_verifications_total{result="keys_unavailable"} 0"#,
        r#"token_verifications_total{result="revoked"} 0"#,
        r#"token_verifications_total{result="status_unavailable"} 0"#,
    ];
    assert_eq!(metrics.samples("token_verifications_total"), expected);
}

async fn connections_and_hashes_are_exported(database: Database) {
    let app = TestApp::spawn(database).await;

    let metrics = app.get("/metrics").await;

    let sample = |name: &str| metrics.sample(name).unwrap().parse::<u32>().unwrap();
    assert!((1..=4).contains(&sample("db_connections_open")), "{}", metrics.body);
    assert!(sample("db_connections_idle") <= sample("db_connections_open"));
    assert_eq!((sample("password_hashes_waiting"), sample("password_hashes_under_way")), (0, 0));
    assert_eq!(sample("password_hash_memory_bytes"), 64 * 1024);
}

async fn login_results_are_counted_from_zero(database: Database) {
    let app = TestApp::spawn(database).await;
    let before = app.get("/metrics").await;
    app.token_of("admin").await;
    app.post("/login", &json!({ "username": "admin", "password": "wrong horse" })).await;
    app.post("/refresh", &json!({ "refresh_token": "x" })).await;

    let after = app.get("/metrics").await;

    assert_eq!(before.sample(r#"logins_total{result="success"}"#), Some("0"));
    assert_eq!(after.sample(r#"logins_total{result="success"}"#), Some("1"));
    assert_eq!(after.sample(r#"logins_total{result="invalid_credentials"}"#), Some("1"));
    assert_eq!(after.sample(r#"refreshes_total{result="success"}"#), Some("0"));
    let rejected = after.samples("refreshes_total").iter().filter(|line| line.ends_with(" 1")).count();
    assert_eq!(rejected, 1, "{}", after.body);
}

async fn metrics_have_base_units_and_an_inf_bucket(database: Database) {
    let app = TestApp::spawn(database).await;
    app.get("/me").await;

    let metrics = app.get("/metrics").await;

    assert_eq!(metrics.header("content-type"), Some("text/plain; version=0.0.4; charset=utf-8"));
    let infinite = r#"http_request_duration_seconds_bucket{le="+Inf",route="/me"}"#;
    assert_eq!(metrics.sample(infinite), Some("1"), "{}", metrics.body);
    for name in ["build_info", "process_cpu_seconds_total", "process_resident_memory_bytes", "process_open_fds"] {
        assert_eq!(metrics.samples(name).len(), 1, "{name}");
    }
    assert_eq!(metrics.sample("service_ready"), Some("1"));
    assert!(!metrics.body.contains("_microseconds") && !metrics.body.contains("_milliseconds"));
}
