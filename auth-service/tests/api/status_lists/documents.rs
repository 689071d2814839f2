//! The responses of `GET /status-lists` and `GET /status-lists/{id}`.

use std::io::Read;

use flate2::read::GzDecoder;
use futures_util::future::join_all;
use serde_json::json;
use service_kit::testing::{Response, eventually, send};
use shared::UnixTime;

use super::{CAPACITY, FIRST, LIST_JWKS, LISTS, insert, mark, read, uri};
use crate::support::{Database, TestApp, config_for};

on_both_databases!(
    a_list_exists_from_the_start,
    a_list_is_a_signed_token_of_full_capacity,
    all_nodes_serve_the_same_bytes,
    the_etag_changes_only_with_a_change,
    gzip_responses_have_their_own_etag,
    an_unknown_list_is_not_found,
    lists_accept_get_and_head_only,
    a_node_without_its_database_does_not_confirm_a_list,
    lists_are_exported_as_metrics,
);

async fn a_list_exists_from_the_start(database: Database) {
    let app = TestApp::spawn(database).await;

    let response = app.get(LISTS).await;

    assert_eq!(response.status, 200);
    assert_eq!(response.json(), json!({ "status_lists": ["http://localhost:5000/status-lists/1"] }));
    assert_eq!(response.header("cache-control"), Some("public, max-age=2"));
    let again = app.get_with("If-None-Match", response.header("etag").unwrap(), LISTS).await;
    assert_eq!((again.status, &*again.body), (304, ""));
}

async fn a_list_is_a_signed_token_of_full_capacity(database: Database) {
    let app = TestApp::spawn(database).await;
    let before = UnixTime::now().seconds();

    let response = app.get(FIRST).await;

    assert_eq!((response.status, response.header("content-type")), (200, Some("application/statuslist+jwt")));
    assert_eq!(response.header("cache-control"), Some("public, max-age=2"));
    assert_eq!(response.header("vary"), Some("Accept-Encoding"));
    let list = read(&app, &response.body).await;
    let kid = app.get(LIST_JWKS).await.json()["keys"][0]["kid"].take();
    assert_eq!(list.header, json!({ "alg": "RS256", "typ": "statuslist+jwt", "kid": kid }));
    let claims = &list.claims;
    assert_eq!((&claims["aud"], &claims["sub"]), (&json!("status-list"), &json!(uri(1))));
    let names: Vec<_> = claims.as_object().unwrap().keys().collect();
    assert_eq!(names, ["aud", "exp", "iat", "status_list", "sub", "ttl"]);
    let (iat, exp) = (claims["iat"].as_i64().unwrap(), claims["exp"].as_i64().unwrap());
    assert!((before - 60..=before).contains(&iat), "{claims}");
    assert_eq!((exp - iat, &claims["ttl"]), (3600, &json!(2)));
    assert_eq!(claims["status_list"]["bits"], 2);
    assert_eq!(list.bytes, vec![0; CAPACITY / 4]);
}

async fn all_nodes_serve_the_same_bytes(database: Database) {
    let nodes = [TestApp::spawn(database.clone()).await, TestApp::spawn(database.clone()).await];

    for entries in [&[(5, 1)], &[(6, 3)], &[(77_777, 1)]] {
        let before = nodes[0].get(FIRST).await.body;
        mark(&database, entries);
        let changed =
            join_all(nodes.iter().map(|node| node.until_matching(FIRST, |response| response.body != before))).await;

        assert_eq!(changed[0].body, changed[1].body);
        assert_eq!(changed[0].header("etag"), changed[1].header("etag"));
    }
}

async fn the_etag_changes_only_with_a_change(database: Database) {
    let app = TestApp::spawn(database.clone()).await;
    let mut tags = vec![tag(&app.get(FIRST).await)];
    for entry in [(3, 1), (4, 1), (4, 3)] {
        mark(&database, &[entry]);
        let known = tags.last().unwrap().clone();
        let changed = app.until_matching(FIRST, |response| tag(response) != known).await;
        tags.push(tag(&changed));
        // Reserving entries and issuing tokens changes nothing.
        database.execute("UPDATE status_lists SET lent = lent + 256, ends_at = ends_at + 1");
        insert(&database, &[(entry.0 + 100, 0)]);

        let same = app.get_with("If-None-Match", &tag(&changed), FIRST).await;

        assert_eq!((same.status, &*same.body), (304, ""));
        assert_eq!(tag(&same), tag(&changed));
        assert_eq!(same.header("cache-control"), changed.header("cache-control"));
        assert_eq!(same.header("vary"), Some("Accept-Encoding"));
    }
    let other = app.get_with("If-None-Match", &tags[0], FIRST).await;
    assert_eq!((other.status, tag(&other)), (200, tags[3].clone()));
    assert!(tags.iter().all(|tag| tag.starts_with('"')), "{tags:?} are not strong");
    tags.sort_unstable();
    tags.dedup();
    assert_eq!(tags.len(), 4);
}

async fn gzip_responses_have_their_own_etag(database: Database) {
    let app = TestApp::spawn(database.clone()).await;
    // Pseudo-random but reproducible; a regular pattern would compress to almost nothing.
    let entries: Vec<_> =
        (0..3000).map(|number: i64| (number * 43 + number.pow(3) * 48_271 % 2_147_483_647 % 43, 1)).collect();
    mark(&database, &entries);
    let plain = app.until_matching(FIRST, |response| response.body.len() > 3000).await;
    let ask = |encodings: &str, known: &str| {
        app.request("GET", FIRST).header("Accept-Encoding", encodings).header("If-None-Match", known).send()
    };

    let zipped = ask("br;q=1, gzip;q=0.8", "\"x\"").await.unwrap();

    let header = |name: &str| zipped.headers()[name].to_str().unwrap().to_owned();
    assert_eq!((header("content-encoding"), header("vary")), ("gzip".to_owned(), "Accept-Encoding".to_owned()));
    let etag = header("etag");
    assert_ne!(etag, tag(&plain));
    let zipped = zipped.bytes().await.unwrap();
    let mut unzipped = String::new();
    GzDecoder::new(&*zipped).read_to_string(&mut unzipped).unwrap();
    assert_eq!(unzipped, plain.body);
    assert!(zipped.len() < plain.body.len(), "{} of {}", zipped.len(), plain.body.len());
    assert_eq!(ask("gzip", &etag).await.unwrap().status(), 304);
    assert_eq!(ask("gzip", &tag(&plain)).await.unwrap().status(), 200);
    for encodings in ["identity", "gzip;q=0", "", "br", "\u{1}"] {
        if let Ok(response) = ask(encodings, "\"x\"").await {
            assert_eq!(response.headers().get("content-encoding"), None, "{encodings:?}");
            assert_eq!(response.text().await.unwrap(), plain.body, "{encodings:?}");
        }
    }
}

async fn an_unknown_list_is_not_found(database: Database) {
    let app = TestApp::spawn(database).await;

    for id in ["0", "2", "-1", "01", "+1", "1.0", "x", "99999999999999999999999", "%00", "1%2F"] {
        let response = app.get(&format!("/status-lists/{id}")).await;

        assert_eq!((response.status, response.error().1), (404, "not_found".to_owned()), "{id}");
    }
}

async fn lists_accept_get_and_head_only(database: Database) {
    let app = TestApp::spawn(database).await;
    let got = app.get(FIRST).await;

    let head = send(app.request("HEAD", FIRST)).await;
    let post = app.post(FIRST, &json!({})).await;

    assert_eq!((head.status, &*head.body, tag(&head)), (200, "", tag(&got)));
    assert_eq!((post.error().0, post.header("allow")), (405, Some("GET, HEAD")));
}

async fn a_node_without_its_database_does_not_confirm_a_list(database: Database) {
    let app = TestApp::spawn(database.clone()).await;
    let list = app.get(FIRST).await;
    // This works on both databases: for a while the table does not exist.
    database.execute("ALTER TABLE status_lists RENAME TO away");

    let rejected = app.until_matching(FIRST, |response| response.status != 200).await;
    let not_confirmed = app.get_with("If-None-Match", &tag(&list), FIRST).await;
    database.execute("ALTER TABLE away RENAME TO status_lists");
    let response = app.until(FIRST, 200).await;

    assert_eq!(rejected.code(), (503, "status_unavailable"));
    assert_eq!(not_confirmed.status, 503);
    assert_eq!(response.body, list.body);
}

async fn lists_are_exported_as_metrics(database: Database) {
    let mut config = config_for(&database);
    config.issuer = "https://login.example.com".into();
    let app = TestApp::spawn_with(database.clone(), config).await;
    database.execute("UPDATE status_lists SET lent = 512");

    let metrics = eventually(async || {
        let metrics = app.get("/metrics").await;
        (metrics.sample("status_list_entries_reserved") == Some("512")).then_some(metrics)
    })
    .await;

    let sample = |name: &str| metrics.sample(name).unwrap().parse::<f64>().unwrap();
    assert_eq!(metrics.sample("status_lists"), Some("1"));
    assert!(sample("status_list_build_duration_seconds") > 0.0);
    assert!((0.0..20.0).contains(&sample("status_lists_age_seconds")));
}

fn tag(response: &Response) -> String {
    response.header("etag").unwrap().to_owned()
}
