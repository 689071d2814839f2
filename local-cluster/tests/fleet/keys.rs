//! Replicas and real issuers: an issuer outage, several issuers, changing keys.

use std::{fs, path::PathBuf, time::Duration};

use futures_util::future::join_all;
use resource_service::{Config, config::LookupKind};
use serde_json::{Value, json};
use service_kit::testing::{error, eventually, send};
use shared::{
    Secret,
    testing::{self, PRIVATE_KEY_PEM, kid_of, mint_raw},
};
use tempfile::TempDir;
use tokio::time::Instant;

use crate::services::{Issuer, Replica};

#[actix_web::test]
async fn replicas_keep_serving_without_auth_service() {
    let mut issuer = Issuer::start().await;
    let replicas = [(); 3].map(|()| Replica::of(&issuer));
    for replica in &replicas {
        replica.until("/health/ready", 200).await;
    }
    let token = issuer.log_in("user_02", "5678").await;

    issuer.stop().await;

    assert!(issuer.api.request("GET", "/health/live").send().await.is_err());
    for replica in replicas {
        assert_eq!(replica.get_as(&token, "/dashboard").await.json()["user_id"], 3);
        assert_eq!(replica.get_as(&token, "/admin").await.status, 403);
        assert_eq!(replica.get("/health/ready").await.status, 200);
    }
}

#[actix_web::test]
async fn a_replica_with_a_disk_copy_can_start_while_the_issuer_is_down() {
    let mut issuer = Issuer::start().await;
    let folder = TempDir::new().unwrap();
    copy_of_keys(&issuer, &folder).await;
    let token = issuer.log_in("user_01", "1234").await;
    issuer.stop().await;

    let with_copy = Replica::start(Config { cache_dir: Some(folder.path().to_owned()), ..issuer.replica_config() });
    let without = Replica::of(&issuer);

    assert_eq!(with_copy.get_as(&token, "/dashboard").await.status, 200);
    assert_eq!(with_copy.get("/health/ready").await.status, 200);
    assert_eq!(without.get_as(&token, "/dashboard").await.error().1, "keys_unavailable");
    assert_eq!(without.get("/health/ready").await.status, 503);
}

#[actix_web::test]
async fn after_max_stale_a_replica_is_not_ready_until_the_issuer_is_back() {
    let mut issuer = Issuer::start().await;
    let mut config = issuer.replica_config();
    (config.keys.refresh_secs, config.keys.max_stale_secs) = (1, 2);
    let replica = Replica::start(config);
    replica.until("/health/ready", 200).await;
    let token = issuer.log_in("user_01", "1234").await;

    issuer.stop().await;
    let within_limit = replica.get_as(&token, "/dashboard").await;
    let not_ready = replica.until("/health/ready", 503).await;
    let past_limit = replica.get_as(&token, "/dashboard").await;
    issuer.restart().await;
    let back_at = Instant::now();
    replica.until("/health/ready", 200).await;

    // One interval, and some time for a busy machine.
    assert!(back_at.elapsed() < Duration::from_secs(5), "{:?}", back_at.elapsed());
    assert_eq!(within_limit.status, 200);
    assert_eq!(not_ready.error(), error(503, "keys_unavailable", "The issuer's keys are temporarily unavailable"));
    let message = "The issuer's keys are temporarily unavailable";
    assert_eq!(past_limit.error(), error(503, "keys_unavailable", message));
    assert_eq!(past_limit.header("retry-after"), Some("1"));
    assert_eq!(replica.get_as(&token, "/dashboard").await.status, 200);
}

#[actix_web::test]
async fn an_invalid_disk_copy_is_ignored() {
    let mut issuer = Issuer::start().await;
    let folder = TempDir::new().unwrap();
    let file = copy_of_keys(&issuer, &folder).await;
    let text = fs::read_to_string(&file).unwrap();
    let copy: Value = serde_json::from_str(&text).unwrap();
    let but = |name: &str, value: Value| {
        let mut changed = copy.clone();
        changed[name] = value;
        changed.to_string()
    };
    let confirmed_at = copy["confirmed_at"].as_i64().unwrap();
    let token = issuer.log_in("user_01", "1234").await;
    issuer.stop().await;
    let replica = || Replica::start(Config { cache_dir: Some(folder.path().to_owned()), ..issuer.replica_config() });

    for (case, text) in [
        ("another issuer's", but("issuer", "https://login.example.com".into())),
        ("cut off", text[..text.len() / 2].to_owned()),
        ("empty", String::new()),
        ("without keys", but("document", json!({ "keys": [] }).to_string().into())),
        ("older than max-stale", but("confirmed_at", (confirmed_at - 86_401).into())),
    ] {
        fs::write(&file, text).unwrap();

        let replica = replica();

        assert_eq!(replica.get("/health/ready").await.status, 503, "{case}");
        assert_eq!(replica.get_as(&token, "/dashboard").await.error().1, "keys_unavailable", "{case}");
    }
    for (case, text) in [
        ("as it was", text.clone()),
        ("almost too old", but("confirmed_at", (confirmed_at - 86_000).into())),
        ("from the future", but("confirmed_at", (confirmed_at + 1_000_000).into())),
    ] {
        fs::write(&file, text).unwrap();

        let replica = replica();

        assert_eq!(replica.get_as(&token, "/dashboard").await.status, 200, "{case}");
    }
    fs::write(&file, "{").unwrap();
    let replica = replica();
    issuer.restart().await;
    replica.until("/health/ready", 200).await;
    eventually(async || fs::read_to_string(&file).ok().filter(|text| text.contains(&kid_of(&token)))).await;
}

#[actix_web::test]
async fn a_disk_copy_from_the_future_is_treated_as_current() {
    let mut issuer = Issuer::start().await;
    let folder = TempDir::new().unwrap();
    let file = copy_of_keys(&issuer, &folder).await;
    let mut copy: Value = serde_json::from_str(&fs::read_to_string(&file).unwrap()).unwrap();
    copy["confirmed_at"] = json!(copy["confirmed_at"].as_i64().unwrap() + 1_000_000);
    fs::write(&file, copy.to_string()).unwrap();
    issuer.stop().await;
    let mut config = Config { cache_dir: Some(folder.path().to_owned()), ..issuer.replica_config() };
    config.keys.max_stale_secs = 1;

    let replica = Replica::start(config);

    replica.until("/health/ready", 503).await;
}

#[actix_web::test]
async fn an_issuer_is_trusted_only_for_tokens_that_name_it() {
    let with_fixed_key = Issuer::start_with(|config| {
        config.keys.private_key = Some(Secret::new(PRIVATE_KEY_PEM.to_owned()));
    });
    let (one, other) = (with_fixed_key.await, Issuer::start().await);
    let mut config = Config { issuer: format!("{}, {}", one.url(), other.url()).into(), ..one.replica_config() };
    // Hand-signed tokens have no entry in a status list.
    config.revocation.required = Some(false);
    let replica = Replica::start(config);
    replica.until("/health/ready", 200).await;
    let (of_one, of_other) = (one.log_in("user_01", "1234").await, other.log_in("user_01", "1234").await);
    let signed_by_one = |kid: &str, issuer: &Issuer| {
        let mut claims = testing::claims("john", "admin");
        claims.iss = issuer.url().to_owned();
        let header = json!({ "alg": "RS256", "typ": "at+jwt", "kid": kid });
        mint_raw(header.to_string(), serde_json::to_string(&claims).unwrap())
    };

    for good in [&of_one, &of_other, &signed_by_one(&kid_of(&of_one), &one)] {
        assert_eq!(replica.get_as(good, "/dashboard").await.status, 200);
    }
    for bad in [signed_by_one(&kid_of(&of_one), &other), signed_by_one(&kid_of(&of_other), &other)] {
        let response = replica.get_as(&bad, "/dashboard").await;
        assert_eq!(response.error(), error(401, "invalid_token", "Invalid token"));
    }
}

#[actix_web::test]
async fn users_are_looked_up_at_the_issuer_of_their_token() {
    let (one, mut other) = (Issuer::start().await, Issuer::start().await);
    let john = json!({ "username": "john", "password": "correct horse" });
    assert_eq!(other.api.post("/register", &john).await.status, 201);
    let replica = Replica::start(Config {
        issuer: format!("{},{}", one.url(), other.url()).into(),
        user_lookup: LookupKind::Issuer,
        ..one.replica_config()
    });
    replica.until("/health/ready", 200).await;
    let (admin, john) = (one.log_in("admin", "admin123").await, other.log_in("john", "correct horse").await);
    let used_later = other.log_in("john", "correct horse").await;

    let of_one = replica.get_as(&admin, "/dashboard").await.json();
    let of_other = replica.get_as(&john, "/dashboard").await.json();
    other.stop().await;

    assert_eq!((&of_one["user_id"], &of_one["username"]), (&json!(1), &json!("admin")));
    assert_eq!((&of_other["user_id"], &of_other["username"]), (&json!(4), &json!("john")));
    let without_issuer = replica.get_as(&used_later, "/dashboard").await;
    assert_eq!((without_issuer.status, without_issuer.error().1), (503, "user_lookup_unavailable".to_owned()));
    assert_eq!(replica.get_as(&one.log_in("admin", "admin123").await, "/admin").await.status, 200);
}

#[actix_web::test]
async fn every_replica_rejects_the_tokens_of_a_withdrawn_key_within_an_interval() {
    let issuer = Issuer::start().await;
    let replicas = [(); 3].map(|()| Replica::with_frequent_key_refresh(&issuer));
    for replica in &replicas {
        replica.until("/health/ready", 200).await;
    }
    let old = issuer.log_in("admin", "admin123").await;
    let withdraw = format!("/keys/{}/withdraw", kid_of(&old));

    assert_eq!(send(issuer.api.request("POST", &withdraw).bearer_auth(&old)).await.status, 200);
    let withdrawn_at = Instant::now();
    let rejections = join_all(replicas.iter().map(|replica| replica.until_as(&old, "/dashboard", 401))).await;

    // One interval, and some time for a busy machine.
    assert!(withdrawn_at.elapsed() < Duration::from_secs(5), "{:?}", withdrawn_at.elapsed());
    for rejected in rejections {
        assert_eq!(rejected.error(), error(401, "invalid_token", "Invalid token"));
    }
    let new = issuer.log_in("admin", "admin123").await;
    for replica in replicas {
        assert_eq!(replica.get_as(&new, "/dashboard").await.status, 200);
    }
}

#[actix_web::test]
async fn no_valid_token_is_rejected_while_keys_rotate() {
    let rotating = |config: &mut auth_service::Config| {
        (config.keys.rotate_every_secs, config.keys.publish_ahead_secs) = (3, 2);
    };
    let issuer = Issuer::start_with(rotating).await;
    let replicas = [(); 3].map(|()| Replica::with_frequent_key_refresh(&issuer));
    for replica in &replicas {
        replica.until("/health/ready", 200).await;
    }
    let first = issuer.log_in("user_01", "1234").await;
    let (began, mut kids, mut served) = (Instant::now(), vec![kid_of(&first)], 0);

    while kids.len() < 3 || served < 300 {
        let latest = issuer.log_in("user_01", "1234").await;
        let tokens = [&first, &latest, &first, &latest];
        let requests = replicas.iter().flat_map(|replica| tokens.map(|token| replica.get_as(token, "/dashboard")));
        for response in join_all(requests).await {
            assert_eq!(response.status, 200, "{response:?} after {served}");
            served += 1;
        }
        if !kids.contains(&kid_of(&latest)) {
            kids.push(kid_of(&latest));
        }
        assert!(began.elapsed() < Duration::from_secs(30), "{kids:?} after {served}");
    }
}

/// Starts a replica, waits until it has copied the issuer's documents into the folder, and returns the copy of the keys.
async fn copy_of_keys(issuer: &Issuer, folder: &TempDir) -> PathBuf {
    let _replica = Replica::start(Config { cache_dir: Some(folder.path().to_owned()), ..issuer.replica_config() });
    let find = |beginning: &str| {
        let mut files = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path());
        files.find(|file| {
            let is_complete = file.extension().is_some_and(|extension| extension == "json");
            is_complete && file.file_name().is_some_and(|name| name.to_string_lossy().starts_with(beginning))
        })
    };
    eventually(async || find("keys-").filter(|_| find("status-lists-").is_some())).await
}
