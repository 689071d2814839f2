//! Several nodes on one database.

use futures_util::future::{join, join_all};
use serde_json::json;
use service_kit::testing::{error, eventually};
use shared::testing::kid_of;

use super::{JWKS, node, report, rotate, stages, withdraw};
use crate::support::Database;

on_both_databases!(
    a_change_by_one_node_is_served_by_the_other,
    a_withdrawal_by_one_node_is_enforced_by_the_other,
    concurrent_rotations_leave_one_current_key,
);

async fn a_change_by_one_node_is_served_by_the_other(database: Database) {
    let (one, other) = (node(&database).await, node(&database).await);
    let old = one.token_of("admin").await;

    let next = rotate(&one, false).await.json()["next"].take();
    let here = one.get(JWKS).await;
    let there = other.until_matching(JWKS, |response| response.body == here.body).await;
    rotate(&other, true).await;
    let new = other.token_of("admin").await;

    assert_eq!(there.header("etag"), here.header("etag"));
    assert_eq!(kid_of(&new), next);
    // The first node may not have seen the change yet; it checks the database before it rejects a token.
    for token in [&old, &new] {
        assert_eq!(one.get_as(token, "/me").await.status, 200);
    }
    eventually(async || (kid_of(&one.token_of("admin").await) == next).then_some(())).await;
    let (here, there) = (one.get(JWKS).await, other.get(JWKS).await);
    assert_eq!((&here.body, here.header("etag")), (&there.body, there.header("etag")));
}

async fn a_withdrawal_by_one_node_is_enforced_by_the_other(database: Database) {
    let (one, other) = (node(&database).await, node(&database).await);
    let old = one.token_of("admin").await;
    assert_eq!(other.get_as(&old, "/me").await.status, 200);

    withdraw(&one, &kid_of(&old)).await;

    let rejected = other.until_as(&old, "/me", 401).await;
    assert_eq!(rejected.error(), error(401, "invalid_token", "Invalid token"));
    let (here, there) = (one.token_of("admin").await, other.token_of("admin").await);
    assert_eq!(kid_of(&here), kid_of(&there));
}

async fn concurrent_rotations_leave_one_current_key(database: Database) {
    let nodes = [node(&database).await, node(&database).await];
    let token = nodes[0].token_of("admin").await;
    let force = json!({ "force": true });

    let rotations = (0..8).map(|number| nodes[number % 2].post_as(&token, "/keys/rotate", &force));
    let logins = (0..8).map(|number| nodes[number % 2].log_in("admin"));
    let (rotations, logins) = join(join_all(rotations), join_all(logins)).await;

    for response in rotations.iter().chain(&logins) {
        assert_eq!(response.status, 200, "{response:?}");
    }
    eventually(async || (nodes[0].get(JWKS).await.body == nodes[1].get(JWKS).await.body).then_some(())).await;
    for node in &nodes {
        let mut stages = stages(&report(node).await);
        stages.retain(|stage| stage != "previous");
        assert_eq!(stages, ["current"]);
        for response in &logins {
            let token = response.json()["access_token"].take();
            assert_eq!(node.get_as(token.as_str().unwrap(), "/me").await.status, 200);
        }
    }
}
