//! Revocation by a running issuer.

use resource_service::Config;
use service_kit::RevocationConfig;
use service_kit::testing::{error, eventually};
use shared::{
    status::{OnStale, TokenStatus},
    testing::{claims, mint, status},
};

use crate::support::{FakeIssuer, Replica, config, config_with_pem};

const ROUTES: [&str; 3] = ["/dashboard", "/profile", "/admin"];

/// Polls every second, and trusts lists no longer than that.
fn short_lived_lists() -> RevocationConfig {
    RevocationConfig { poll_secs: 1, max_stale_secs: 1, ..RevocationConfig::default() }
}

fn config_of(issuer: &FakeIssuer, revocation: RevocationConfig) -> Config {
    Config { issuer: issuer.url().to_owned().into(), revocation, ..config() }
}

async fn ready_replica(config: Config) -> Replica {
    let replica = Replica::spawn(config);
    replica.until("/health/ready", 200).await;
    replica
}

#[actix_web::test]
async fn a_revoked_token_is_rejected_on_every_replica_and_every_route() {
    let issuer = FakeIssuer::up();
    let config = || config_of(&issuer, RevocationConfig { poll_secs: 1, ..RevocationConfig::default() });
    let replicas = [ready_replica(config()).await, ready_replica(config()).await];
    let tokens = [1, 2, 3].map(|idx| mint(&issuer.claims_with_entry(idx, "admin", "admin")));
    issuer.set_status(2, TokenStatus::Revoked);
    issuer.set_status(3, TokenStatus::ClaimsStale);

    for replica in &replicas {
        replica.until_as(&tokens[2], "/admin", 401).await;
        for route in ROUTES {
            let [valid, revoked, stale] = [0, 1, 2].map(|number: usize| replica.get_as(&tokens[number], route));

            assert_eq!(valid.await.status, 200, "{route}");
            assert_eq!(revoked.await.error(), error(401, "token_revoked", "Token has been revoked"), "{route}");
            let stale = stale.await;
            assert_eq!(stale.error(), error(401, "claims_stale", "claims changed, refresh the token"), "{route}");
            let challenge = r#"Bearer error="invalid_token", error_description="claims changed, refresh the token""#;
            assert_eq!(stale.header("www-authenticate"), Some(challenge), "{route}");
        }
    }
}

#[actix_web::test]
async fn protected_requests_cause_no_requests_to_the_issuer() {
    let issuer = FakeIssuer::up();
    let seldom = RevocationConfig { poll_secs: 3600, max_stale_secs: 7200, ..RevocationConfig::default() };
    let replica = ready_replica(config_of(&issuer, seldom)).await;
    let before = issuer.request_count();

    for _ in 0..50 {
        assert_eq!(replica.get_as(&mint(&issuer.claims("john", "user")), "/dashboard").await.status, 200);
    }

    assert_eq!(issuer.request_count(), before);
}

#[actix_web::test]
async fn a_token_without_a_status_is_rejected_unless_the_settings_allow_it() {
    let issuer = FakeIssuer::up();
    let lenient = RevocationConfig { required: Some(false), ..RevocationConfig::default() };
    let (strict, lenient) = (config_of(&issuer, RevocationConfig::default()), config_of(&issuer, lenient));
    let (strict, lenient) = (ready_replica(strict).await, ready_replica(lenient).await);
    let mut without = issuer.claims("john", "user");
    without.status = None;

    let rejected = strict.get_as(&mint(&without), "/dashboard").await;

    assert_eq!(rejected.error(), error(401, "invalid_token", "Invalid token"));
    assert_eq!(lenient.get_as(&mint(&without), "/dashboard").await.status, 200);
    issuer.set_status(0, TokenStatus::Revoked);
    lenient.until_as(&mint(&issuer.claims("john", "user")), "/dashboard", 401).await;
}

#[actix_web::test]
async fn with_a_configured_key_lists_are_fetched_only_if_required() {
    let issuer = FakeIssuer::up();
    let required = RevocationConfig { required: Some(true), ..RevocationConfig::default() };
    let of_issuer = || Config { issuer: issuer.url().to_owned().into(), ..config_with_pem() };
    let token = mint(&issuer.claims("john", "user"));
    issuer.set_status(0, TokenStatus::Revoked);

    let by_default = ready_replica(of_issuer()).await;
    assert_eq!(by_default.get_as(&token, "/dashboard").await.status, 200);
    assert_eq!(issuer.request_count(), 0);
    let required = ready_replica(Config { revocation: required, ..of_issuer() }).await;
    assert_eq!(required.get_as(&token, "/dashboard").await.error().1, "token_revoked");
}

#[actix_web::test]
async fn each_route_follows_its_policy_when_lists_are_stale() {
    let issuer = FakeIssuer::up();
    let open = RevocationConfig { on_stale: OnStale::Open, ..short_lived_lists() };
    let by_route = RevocationConfig { routes: "/dashboard=open, /admin=open".to_owned().into(), ..short_lived_lists() };
    let spawn = |revocation| ready_replica(config_of(&issuer, revocation));
    let replicas = [spawn(short_lived_lists()).await, spawn(open).await, spawn(by_route).await];
    let token = mint(&issuer.claims("admin", "admin"));

    issuer.set_available(false);

    for (replica, expected) in replicas.iter().zip([[503, 503, 503], [200, 200, 503], [200, 503, 200]]) {
        replica.until_matching("/metrics", |metrics| issuer.sample(metrics, "status_list_age_seconds") > 1).await;
        for (route, status) in ROUTES.into_iter().zip(expected) {
            let response = replica.get_as(&token, route).await;

            assert_eq!(response.status, status, "{route}");
            if status == 503 {
                let message = "The issuer's status lists are temporarily unavailable";
                assert_eq!(response.error(), error(503, "status_unavailable", message), "{route}");
                assert_eq!(response.header("retry-after"), Some("1"), "{route}");
            }
        }
    }
    let not_ready = replicas[0].get("/health/ready").await;
    let expected = error(503, "status_unavailable", "The issuer's status lists are temporarily unavailable");
    assert_eq!(not_ready.error(), expected);
    for serving in &replicas[1..] {
        assert_eq!(serving.get("/health/ready").await.status, 200, "some routes are open");
    }
    issuer.set_available(true);
    replicas[0].until_as(&token, "/admin", 200).await;
}

#[actix_web::test]
async fn a_restart_during_an_issuer_outage_accepts_valid_and_rejects_revoked_tokens() {
    let folder = tempfile::tempdir().unwrap();
    let issuer = FakeIssuer::up();
    issuer.set_status(1, TokenStatus::Revoked);
    let config =
        || Config { cache_dir: Some(folder.path().to_owned()), ..config_of(&issuer, RevocationConfig::default()) };
    let (good, revoked) = (issuer.claims("john", "user"), issuer.claims_with_entry(1, "john", "user"));
    let before = ready_replica(config()).await;
    eventually(async || {
        let files = folder.path().read_dir().unwrap().map(|file| file.unwrap().path());
        let copies = files.filter(|path| path.extension().is_some_and(|extension| extension == "json"));
        // The two key sets and the lists.
        (copies.count() == 3).then_some(())
    })
    .await;
    drop(before);
    issuer.set_available(false);

    let with_copy = ready_replica(config()).await;
    let without = Replica::spawn(Config { public_key: config_with_pem().public_key, ..required(&issuer) });

    assert_eq!(with_copy.get_as(&mint(&good), "/dashboard").await.status, 200);
    assert_eq!(with_copy.get_as(&mint(&revoked), "/dashboard").await.error().1, "token_revoked");
    for claims in [good, revoked] {
        assert_eq!(without.get_as(&mint(&claims), "/dashboard").await.error().1, "status_unavailable");
    }
}

fn required(issuer: &FakeIssuer) -> Config {
    let open = RevocationConfig { required: Some(true), on_stale: OnStale::Open, ..RevocationConfig::default() };
    config_of(issuer, open)
}

#[actix_web::test]
async fn each_issuer_revokes_only_its_own_tokens() {
    let (one, other) = (FakeIssuer::up(), FakeIssuer::up());
    let issuer = format!("{},{}", one.url(), other.url()).into();
    let replica = ready_replica(Config { issuer, ..config() }).await;
    one.set_status(0, TokenStatus::Revoked);
    let mut borrowed = one.claims("john", "user");
    borrowed.status = status(&format!("{}/status-lists/1", other.url()), 0);

    replica.until_as(&mint(&one.claims("john", "user")), "/dashboard", 401).await;

    replica.until_as(&mint(&other.claims("john", "user")), "/dashboard", 200).await;
    assert_eq!(replica.get_as(&mint(&borrowed), "/dashboard").await.error().1, "invalid_token");
    assert_eq!(replica.get_as(&mint(&claims("john", "user")), "/dashboard").await.error().1, "invalid_token");
}

#[actix_web::test]
async fn the_state_of_the_lists_is_exported() {
    let issuer = FakeIssuer::down();
    let replica = Replica::spawn(config_of(&issuer, RevocationConfig::default()));
    issuer.metadata_requested(4).await;

    let before = replica.get("/metrics").await;
    issuer.set_available(true);
    replica.until("/health/ready", 200).await;
    let after =
        replica.until_matching("/metrics", |metrics| issuer.sample(metrics, "status_list_refreshes_total") > 0).await;

    assert_eq!(issuer.sample(&before, "status_list_age_seconds"), -1);
    assert_eq!(issuer.sample(&before, "status_lists"), 0);
    assert!(issuer.sample(&before, "status_list_failures_total") >= 1);
    assert!((0..=5).contains(&issuer.sample(&after, "status_list_age_seconds")));
    assert_eq!(issuer.sample(&after, "status_lists"), 1);
    assert_eq!(issuer.sample(&after, "status_list_misses_total"), 0);
}
