//! Revocation by a running issuer.

use resource_service::Config;
use service_kit::RevocationConfig;
use service_kit::testing::{Answer, error, eventually};
use shared::{
    status::{OnStale, TokenStatus},
    testing::{claims, mint, status},
};

use crate::support::{FakeIssuer, Replica, config, config_with_pem};

const ROUTES: [&str; 3] = ["/dashboard", "/profile", "/admin"];

/// Polls every second, and relies on lists for as long.
fn impatient() -> RevocationConfig {
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
    let tokens = [1, 2, 3].map(|idx| mint(&issuer.claims_of_entry(idx, "admin", "admin")));
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
async fn a_protected_request_costs_the_issuer_nothing() {
    let issuer = FakeIssuer::up();
    let seldom = RevocationConfig { poll_secs: 3600, max_stale_secs: 7200, ..RevocationConfig::default() };
    let replica = ready_replica(config_of(&issuer, seldom)).await;
    let before = issuer.times_asked();

    for _ in 0..50 {
        assert_eq!(replica.get_as(&mint(&issuer.claims("john", "user")), "/dashboard").await.status, 200);
    }

    assert_eq!(issuer.times_asked(), before);
}

#[actix_web::test]
async fn a_token_without_a_status_is_refused_unless_the_settings_let_it_pass() {
    let issuer = FakeIssuer::up();
    let lenient = RevocationConfig { required: Some(false), ..RevocationConfig::default() };
    let (strict, lenient) = (config_of(&issuer, RevocationConfig::default()), config_of(&issuer, lenient));
    let (strict, lenient) = (ready_replica(strict).await, ready_replica(lenient).await);
    let mut without = issuer.claims("john", "user");
    without.status = None;

    let refused = strict.get_as(&mint(&without), "/dashboard").await;

    assert_eq!(refused.error(), error(401, "invalid_token", "Invalid token"));
    assert_eq!(lenient.get_as(&mint(&without), "/dashboard").await.status, 200);
    issuer.set_status(0, TokenStatus::Revoked);
    lenient.until_as(&mint(&issuer.claims("john", "user")), "/dashboard", 401).await;
}

#[actix_web::test]
async fn with_a_key_from_the_settings_lists_are_asked_for_only_if_they_are_required() {
    let issuer = FakeIssuer::up();
    let required = RevocationConfig { required: Some(true), ..RevocationConfig::default() };
    let of_issuer = || Config { issuer: issuer.url().to_owned().into(), ..config_with_pem() };
    let token = mint(&issuer.claims("john", "user"));
    issuer.set_status(0, TokenStatus::Revoked);

    let by_default = ready_replica(of_issuer()).await;
    assert_eq!(by_default.get_as(&token, "/dashboard").await.status, 200);
    assert_eq!(issuer.times_asked(), 0);
    let required = ready_replica(Config { revocation: required, ..of_issuer() }).await;
    assert_eq!(required.get_as(&token, "/dashboard").await.error().1, "token_revoked");
}

#[actix_web::test]
async fn when_lists_are_stale_routes_follow_their_policy() {
    let issuer = FakeIssuer::up();
    let open = RevocationConfig { on_stale: OnStale::Open, ..impatient() };
    let by_route = RevocationConfig { routes: "/dashboard=open, /admin=open".to_owned().into(), ..impatient() };
    let spawn = |revocation| ready_replica(config_of(&issuer, revocation));
    let replicas = [spawn(impatient()).await, spawn(open).await, spawn(by_route).await];
    let token = mint(&issuer.claims("admin", "admin"));

    issuer.set_up(false);

    for (replica, expected) in replicas.iter().zip([[503, 503, 503], [200, 200, 503], [200, 503, 200]]) {
        replica.until_it("/metrics", |metrics| age(metrics, &issuer) > 1).await;
        for (route, status) in ROUTES.into_iter().zip(expected) {
            let answer = replica.get_as(&token, route).await;

            assert_eq!(answer.status, status, "{route}");
            if status == 503 {
                let message = "The issuer's status lists are temporarily unavailable";
                assert_eq!(answer.error(), error(503, "status_unavailable", message), "{route}");
                assert_eq!(answer.header("retry-after"), Some("1"), "{route}");
            }
        }
    }
    let not_ready = replicas[0].get("/health/ready").await;
    let expected = error(503, "status_unavailable", "The issuer's status lists are temporarily unavailable");
    assert_eq!(not_ready.error(), expected);
    for serving in &replicas[1..] {
        assert_eq!(serving.get("/health/ready").await.status, 200, "it serves what is open");
    }
    issuer.set_up(true);
    replicas[0].until_as(&token, "/admin", 200).await;
}

#[actix_web::test]
async fn a_restart_while_the_issuer_is_down_neither_locks_out_nor_admits_anybody() {
    let folder = tempfile::tempdir().unwrap();
    let issuer = FakeIssuer::up();
    issuer.set_status(1, TokenStatus::Revoked);
    let config =
        || Config { cache_dir: Some(folder.path().to_owned()), ..config_of(&issuer, RevocationConfig::default()) };
    let (good, revoked) = (issuer.claims("john", "user"), issuer.claims_of_entry(1, "john", "user"));
    let before = ready_replica(config()).await;
    eventually(async || {
        let files = folder.path().read_dir().unwrap().map(|file| file.unwrap().path());
        let copies = files.filter(|path| path.extension().is_some_and(|extension| extension == "json"));
        (copies.count() == 2).then_some(())
    })
    .await;
    drop(before);
    issuer.set_up(false);

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
async fn each_of_two_issuers_decides_on_its_own_tokens() {
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
    issuer.until_asked(4).await;

    let before = replica.get("/metrics").await;
    issuer.set_up(true);
    replica.until("/health/ready", 200).await;
    let after =
        replica.until_it("/metrics", |metrics| figure(metrics, "status_list_refreshes_total", &issuer) > 0).await;

    assert_eq!(figure(&before, "status_list_age_seconds", &issuer), -1);
    assert_eq!(figure(&before, "status_lists", &issuer), 0);
    assert!(figure(&before, "status_list_failures_total", &issuer) >= 1);
    assert!((0..=5).contains(&age(&after, &issuer)));
    assert_eq!(figure(&after, "status_lists", &issuer), 1);
    assert_eq!(figure(&after, "status_list_misses_total", &issuer), 0);
}

fn age(metrics: &Answer, issuer: &FakeIssuer) -> i64 {
    figure(metrics, "status_list_age_seconds", issuer)
}

/// A figure of the issuer's status lists.
fn figure(metrics: &Answer, name: &str, issuer: &FakeIssuer) -> i64 {
    metrics
        .figure(&format!("{name}{{issuer=\"{}\"}}", issuer.url()))
        .unwrap()
        .split('.')
        .next()
        .unwrap()
        .parse()
        .unwrap()
}
