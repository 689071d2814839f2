//! A service that calls other services with the token client.
#![expect(clippy::unwrap_used, reason = "tests may panic")]

mod support;

use serde_json::json;
use service_kit::testing::{Api, eventually};
use shared::client::{Credentials, IssuerUrl, SendError, TokenClient, TokenProblem};
use support::RunningCluster;

#[actix_web::test]
async fn one_login_is_accepted_by_every_replica() {
    let cluster = RunningCluster::start().await;
    let issuer = IssuerUrl::parse(cluster.auth.url(), false).unwrap();
    let tokens = TokenClient::new(&issuer, Credentials::password("user_01", "1234")).unwrap();
    let first = tokens.access_token().await.unwrap();

    for replica in &cluster.replicas {
        let dashboard = tokens.send(replica.request("GET", "/dashboard")).await.unwrap();
        let admin = tokens.send(replica.request("GET", "/admin")).await.unwrap();

        assert_eq!((dashboard.status().as_u16(), admin.status().as_u16()), (200, 403));
    }
    assert_eq!(tokens.access_token().await.unwrap(), first);
}

#[actix_web::test]
async fn a_changed_role_takes_effect_without_a_failed_call() {
    let cluster = RunningCluster::start().await;
    let issuer = IssuerUrl::parse(cluster.auth.url(), false).unwrap();
    let [user, admin] = [("user_01", "1234"), ("admin", "admin123")]
        .map(|(name, password)| TokenClient::new(&issuer, Credentials::password(name, password)).unwrap());
    let first = user.access_token().await.unwrap();

    let change = cluster.auth.request("PATCH", "/users/user_01").json(&json!({ "role": "editor" }));
    assert!(admin.send(change).await.unwrap().status().is_success());
    let second = eventually(async || {
        for replica in &cluster.replicas {
            assert_eq!(user.send(replica.request("GET", "/dashboard")).await.unwrap().status().as_u16(), 200);
        }
        Some(user.access_token().await.unwrap()).filter(|token| *token != first)
    })
    .await;

    let me = Api::at(cluster.auth.url()).get_as(second.expose(), "/me").await;
    assert_eq!((me.status, &me.json()["role"]), (200, &json!("editor")));
}

#[actix_web::test]
async fn the_token_of_another_issuer_is_rejected_and_not_renewed() {
    let [here, there] = [RunningCluster::start().await, RunningCluster::start().await];
    let issuer = IssuerUrl::parse(there.auth.url(), false).unwrap();
    let tokens = TokenClient::new(&issuer, Credentials::password("user_01", "1234")).unwrap();
    let first = tokens.access_token().await.unwrap();

    let rejected = tokens.send(here.replicas.first().unwrap().request("GET", "/dashboard")).await;

    let expected = TokenProblem::Other("invalid_token".to_owned());
    assert!(matches!(rejected, Err(SendError::Unauthorized { problem, .. }) if problem == expected));
    assert_eq!(tokens.access_token().await.unwrap(), first);
}
