//! Which verifiers hold which keys.

use std::ops::RangeInclusive;

use serde_json::json;
use service_kit::testing::{eventually, send};
use shared::{UnixTime, keys::VERIFIER_HEADER};

use super::{JWKS, fetch_keys_as, kids, node, report, rotate};
use crate::support::{Database, TestApp, and_admin, config_with_own_keys};

on_both_databases!(
    invented_verifiers_do_not_fill_the_table,
    a_known_verifier_is_recorded_even_if_the_table_is_full,
    verifiers_that_do_not_return_are_deleted,
    one_address_has_few_verifiers_recorded_and_keeps_out_no_other,
);

async fn invented_verifiers_do_not_fill_the_table(database: Database) {
    const BOUND: usize = 1000;
    let nodes = [node(&database).await, node(&database).await];
    insert_invented_verifiers(&database, 1..=BOUND - 5);

    for number in BOUND..BOUND + 10 {
        for node in &nodes {
            let response = fetch_keys_as(node, &format!("invented-{number}"), "").await;
            assert_eq!((response.status, response.body.is_empty()), (200, false));
        }
    }
    for odd in ["", &"x".repeat(101)] {
        assert_eq!(fetch_keys_as(&nodes[0], odd, "").await.status, 200);
    }

    for node in &nodes {
        report(node).await;
    }
    assert_eq!(count_verifiers(&database), BOUND.to_string());
}

async fn a_known_verifier_is_recorded_even_if_the_table_is_full(database: Database) {
    let app = node(&database).await;
    fetch_keys_as(&app, "invented-1", "").await;
    report(&app).await;
    let etag = app.get(JWKS).await.header("etag").unwrap().to_owned();
    insert_invented_verifiers(&database, 2..=1000);

    fetch_keys_as(&app, "invented-1", &etag).await;

    let kid = kids(&app).await;
    assert_eq!(report(&app).await["verifiers"][0]["holds"], json!(kid));
}

async fn verifiers_that_do_not_return_are_deleted(database: Database) {
    let mut config = and_admin(config_with_own_keys(&database));
    config.keys.verifier_ttl_secs = 1;
    let app = TestApp::spawn_with(database.clone(), config).await;
    rotate(&app, false).await;
    fetch_keys_as(&app, "replica-1", "").await;
    let recorded = report(&app).await["verifiers"][0]["instance"].take();

    eventually(async || (report(&app).await["verifiers"] == json!([])).then_some(())).await;

    assert_eq!(recorded, "replica-1");
    assert_eq!(rotate(&app, false).await.status, 200);
    fetch_keys_as(&app, "replica-2", "").await;
    report(&app).await;
    assert_eq!(count_verifiers(&database), "1");
}

async fn one_address_has_few_verifiers_recorded_and_keeps_out_no_other(database: Database) {
    let mut config = and_admin(config_with_own_keys(&database));
    config.trusted_proxies = "127.0.0.1".to_owned().into();
    let app = TestApp::spawn_with(database.clone(), config).await;
    let fetch_from = async |address: &str, instance: String| {
        let request = app.request("GET", JWKS).header("X-Forwarded-For", address);
        assert_eq!(send(request.header(VERIFIER_HEADER, instance)).await.status, 200);
    };

    for number in 0..200 {
        fetch_from("203.0.113.1", format!("invented-{number}")).await;
    }
    fetch_from("203.0.113.2", "replica-1".to_owned()).await;

    let verifiers = report(&app).await["verifiers"].as_array().unwrap().clone();
    // A hundred at once, then one per second.
    assert!((101..150).contains(&verifiers.len()), "{}", verifiers.len());
    assert!(verifiers.iter().any(|verifier| verifier["instance"] == "replica-1"));
}

/// Inserts verifiers as if they had just fetched the keys.
fn insert_invented_verifiers(database: &Database, numbers: RangeInclusive<usize>) {
    let (first, last, now) = (numbers.start(), numbers.end(), UnixTime::now().seconds());
    database.execute(&format!(
        "WITH RECURSIVE numbers(n) AS (SELECT {first} UNION ALL SELECT n + 1 FROM numbers WHERE n < {last}) \
         INSERT INTO verifiers (instance, etag, seen_at) SELECT 'invented-' || n, '', {now} FROM numbers"
    ));
}

fn count_verifiers(database: &Database) -> String {
    database.rows("SELECT CAST(COUNT(*) AS TEXT) AS text FROM verifiers").remove(0)
}
