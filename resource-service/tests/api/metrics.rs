//! `GET /metrics`.

use resource_service::Config;
use service_kit::testing::{Response, send};
use shared::{
    UnixTime,
    testing::{claims, mint, mint_raw},
};

use crate::support::{FakeIssuer, Replica, config, config_with_pem};

#[actix_web::test]
async fn requests_are_counted_by_route_method_and_status() {
    let replica = Replica::spawn(config_with_pem());
    let token = mint(&claims("john", "user"));
    replica.get_as(&token, "/dashboard").await;
    replica.get_as(&token, "/dashboard").await;
    replica.get("/dashboard").await;
    replica.get_as(&token, "/admin").await;
    for path in ["/a", "/b", "/dashboard/c"] {
        replica.get(path).await;
    }
    for method in ["BREW", "STEEP", "POST"] {
        send(replica.request(method, "/admin")).await;
    }

    let metrics = replica.get("/metrics").await;

    let expected = [
        r#"http_requests_total{route="/admin",method="GET",status="403"} 1"#,
        r#"http_requests_total{route="/admin",method="POST",status="405"} 1"#,
        r#"http_requests_total{route="/admin",method="other",status="405"} 2"#,
        r#"http_requests_total{route="/dashboard",method="GET",status="200"} 2"#,
        r#"http_requests_total{route="/dashboard",method="GET",status="401"} 1"#,
        r#"http_requests_total{route="none",method="GET",status="404"} 3"#,
    ];
    assert_eq!(metrics.samples("http_requests_total"), expected);
}

#[actix_web::test]
async fn verifications_are_counted_by_result() {
    let replica = Replica::spawn(config_with_pem());
    let good = mint(&claims("john", "user"));
    let mut expired = claims("john", "user");
    (expired.iat, expired.exp) = (UnixTime::from_seconds(0), UnixTime::now());
    for token in [&*good, &good, &mint(&expired), "x.y.z"] {
        replica.get_as(token, "/dashboard").await;
    }

    let counts = verifications(&replica.get("/metrics").await);

    assert_eq!(counts, counts_of([("expired", 1), ("good", 2), ("invalid", 1)]));
}

#[actix_web::test]
async fn a_token_with_an_unknown_key_counts_as_one_verification_and_one_miss() {
    let issuer = FakeIssuer::up();
    let replica = replica_of(&issuer);
    replica.until("/health/ready", 200).await;
    let claims = serde_json::to_string(&issuer.claims("john", "user")).unwrap();

    replica.get_as(&mint_raw(r#"{"alg":"RS256","typ":"at+jwt","kid":"unknown"}"#, &claims), "/dashboard").await;

    let metrics = replica.get("/metrics").await;
    assert_eq!(verifications(&metrics), counts_of([("invalid", 1)]));
    assert_eq!(issuer.sample(&metrics, "key_set_misses_total"), 1);
}

#[actix_web::test]
async fn the_state_of_the_key_set_is_exported() {
    let issuer = FakeIssuer::down();
    let replica = replica_of(&issuer);
    // Two tasks fetch the metadata, and each has processed a response.
    issuer.metadata_requested(4).await;

    let before = replica.get("/metrics").await;
    replica.get_as(&mint(&issuer.claims("john", "user")), "/dashboard").await;
    issuer.set_available(true);
    replica.until("/health/ready", 200).await;
    let after = replica.get("/metrics").await;

    assert_eq!(issuer.sample(&before, "key_set_age_seconds"), -1);
    assert_eq!(issuer.sample(&before, "key_set_refreshes_total"), 0);
    assert!(issuer.sample(&before, "key_set_failures_total") >= 1);
    assert!((0..=5).contains(&issuer.sample(&after, "key_set_age_seconds")));
    assert_eq!(issuer.sample(&after, "key_set_refreshes_total"), 1);
    assert!((-5..=5).contains(&issuer.sample(&after, "issuer_clock_skew_seconds")));
    assert!(verifications(&after).contains(&line_of(("keys_unavailable", 1))));
}

fn replica_of(issuer: &FakeIssuer) -> Replica {
    Replica::spawn(Config { issuer: issuer.url().to_owned().into(), ..config() })
}

fn verifications(metrics: &Response) -> Vec<String> {
    metrics.samples("token_verifications_total").into_iter().map(str::to_owned).collect()
}

/// The lines of all results: these counts, and 0 for the others.
fn counts_of<const N: usize>(counted: [(&str, u64); N]) -> Vec<String> {
    let results = ["claims_stale", "expired", "good", "invalid", "keys_unavailable", "revoked", "status_unavailable"];
    let count = |result| counted.iter().find(|(name, _)| *name == result).map_or(0, |(_, count)| *count);
    results.map(|result| line_of((result, count(result)))).into()
}

/// The line of a result.
fn line_of((result, count): (&str, u64)) -> String {
    format!("token_verifications_total{{result=\"{result}\"}} {count}")
}
