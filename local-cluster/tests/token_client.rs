//! A service that calls services: one log-in for every replica.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on shall stop")]

mod support;

use shared::client::{Credentials, IssuerUrl, SendError, TokenClient, TokenProblem};
use support::RunningCluster;

#[actix_web::test]
async fn one_log_in_opens_every_replica() {
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
async fn another_issuers_token_is_refused_and_not_asked_for_again() {
    let [here, there] = [RunningCluster::start().await, RunningCluster::start().await];
    let issuer = IssuerUrl::parse(there.auth.url(), false).unwrap();
    let tokens = TokenClient::new(&issuer, Credentials::password("user_01", "1234")).unwrap();
    let first = tokens.access_token().await.unwrap();

    let refused = tokens.send(here.replicas.first().unwrap().request("GET", "/dashboard")).await;

    let expected = TokenProblem::Other("invalid_token".to_owned());
    assert!(matches!(refused, Err(SendError::Unauthorized { problem, .. }) if problem == expected));
    assert_eq!(tokens.access_token().await.unwrap(), first);
}
