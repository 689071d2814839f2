//! What is taken back at the issuer is refused by every replica, with the settings as they are by default.

use futures_util::future::join_all;
use serde_json::{Value, json};
use shared::testing::{Answer, error, kid_of, send};

use crate::{logged_in::LoggedIn, support::RunningCluster};

const STALE: (u16, &str, &str) = (401, "claims_stale", "claims changed, refresh the token");
const REVOKED: (u16, &str, &str) = (401, "token_revoked", "Token has been revoked");

#[actix_web::test]
async fn a_role_change_reaches_every_replica_and_logs_nobody_out() {
    let cluster = RunningCluster::start().await;
    let (admin, john) = (LoggedIn::at(&cluster.auth, "admin", "admin123").await, another_admin(&cluster).await);
    opens(&cluster, &john, "/admin").await;

    let changed = change(&cluster, &admin, "PATCH", "/users/john", json!({ "role": "user" })).await;
    let refreshed = john.refreshed(&cluster.auth).await;
    let before_the_replicas_know = on_every_replica(&cluster, &refreshed.access_token).await;
    let refusals = refused_by_all(&cluster, &john.access_token, "/admin").await;

    assert_eq!(changed.status, 200, "{changed:?}");
    assert_eq!(before_the_replicas_know, [(200, 403); 3]);
    for refused in refusals {
        assert_eq!(refused.error(), error(STALE.0, STALE.1, STALE.2));
        let challenge = r#"Bearer error="invalid_token", error_description="claims changed, refresh the token""#;
        assert_eq!(refused.header("www-authenticate"), Some(challenge));
    }
    let later = refreshed.refreshed(&cluster.auth).await;
    assert_eq!(on_every_replica(&cluster, &later.access_token).await, [(200, 403); 3]);
    opens(&cluster, &admin, "/admin").await;
}

#[actix_web::test]
async fn a_log_out_reaches_every_replica_and_other_sessions_stay() {
    let cluster = RunningCluster::start().await;
    let (leaves, stays) =
        (LoggedIn::at(&cluster.auth, "user_01", "1234").await, LoggedIn::at(&cluster.auth, "user_01", "1234").await);

    let left = cluster.auth.post_as(&leaves.access_token, "/logout", &Value::Null).await;

    assert_eq!((left.status, left.json()), (200, json!({ "message": "Logged out" })));
    is_over(&cluster, &leaves).await;
    opens(&cluster, &stays, "/dashboard").await;
}

#[actix_web::test]
async fn a_log_out_of_all_sessions_reaches_every_replica() {
    let cluster = RunningCluster::start().await;
    let sessions =
        [LoggedIn::at(&cluster.auth, "user_01", "1234").await, LoggedIn::at(&cluster.auth, "user_01", "1234").await];

    let left = cluster.auth.post_as(&sessions[0].access_token, "/logout-all", &Value::Null).await;

    assert_eq!((left.status, &left.json()["sessions"]), (200, &json!(2)));
    for session in &sessions {
        is_over(&cluster, session).await;
    }
}

#[actix_web::test]
async fn a_deletion_reaches_every_replica() {
    let cluster = RunningCluster::start().await;
    let (admin, john) = (LoggedIn::at(&cluster.auth, "admin", "admin123").await, another_admin(&cluster).await);

    let deleted = change(&cluster, &admin, "DELETE", "/users/john", Value::Null).await;

    assert_eq!(deleted.status, 204, "{deleted:?}");
    is_over(&cluster, &john).await;
    opens(&cluster, &admin, "/admin").await;
}

#[actix_web::test]
async fn what_is_taken_back_after_the_key_has_changed_arrives() {
    let cluster = RunningCluster::start().await;
    let (admin, john) = (LoggedIn::at(&cluster.auth, "admin", "admin123").await, another_admin(&cluster).await);
    let user = LoggedIn::at(&cluster.auth, "user_01", "1234").await;
    opens(&cluster, &john, "/admin").await;

    let rotated = cluster.auth.post_as(&admin.access_token, "/keys/rotate", &json!({ "force": true })).await;
    assert_ne!(rotated.json()["current"], kid_of(&john.access_token), "{rotated:?}");
    let changed = change(&cluster, &admin, "PATCH", "/users/john", json!({ "role": "user" })).await;
    let left = cluster.auth.post_as(&user.access_token, "/logout", &Value::Null).await;

    assert_eq!((changed.status, left.status), (200, 200), "{changed:?} {left:?}");
    for refused in refused_by_all(&cluster, &john.access_token, "/admin").await {
        assert_eq!(refused.error(), error(STALE.0, STALE.1, STALE.2));
    }
    is_over(&cluster, &user).await;
    let refreshed = john.refreshed(&cluster.auth).await;
    assert_ne!(kid_of(&refreshed.access_token), kid_of(&john.access_token));
    assert_eq!(on_every_replica(&cluster, &refreshed.access_token).await, [(200, 403); 3]);
}

/// A new user with the role `admin`.
async fn another_admin(cluster: &RunningCluster) -> LoggedIn {
    let admin = LoggedIn::at(&cluster.auth, "admin", "admin123").await;
    let john = json!({ "username": "john", "password": "secret123", "role": "admin" });
    let registered = cluster.auth.post_as(&admin.access_token, "/register", &john).await;
    assert_eq!(registered.status, 201, "{registered:?}");
    LoggedIn::at(&cluster.auth, "john", "secret123").await
}

async fn change(cluster: &RunningCluster, by: &LoggedIn, method: &str, path: &str, body: Value) -> Answer {
    let request = cluster.auth.request(method, path).bearer_auth(&by.access_token);
    send(if body.is_null() { request } else { request.json(&body) }).await
}

/// Every replica takes the session's token.
async fn opens(cluster: &RunningCluster, session: &LoggedIn, path: &str) {
    for replica in &cluster.replicas {
        assert_eq!(replica.get_as(&session.access_token, path).await.status, 200);
    }
}

/// The session's tokens are refused by every replica, and nothing brings another one.
async fn is_over(cluster: &RunningCluster, session: &LoggedIn) {
    for refused in refused_by_all(cluster, &session.access_token, "/dashboard").await {
        assert_eq!(refused.error(), error(REVOKED.0, REVOKED.1, REVOKED.2));
    }
    let refused = cluster.auth.post("/refresh", &json!({ "refresh_token": session.refresh_token })).await;
    assert_eq!(refused.error(), error(REVOKED.0, REVOKED.1, REVOKED.2));
}

/// Waits for each replica's first refusal.
async fn refused_by_all(cluster: &RunningCluster, token: &str, path: &str) -> Vec<Answer> {
    join_all(cluster.replicas.iter().map(|replica| replica.until_as(token, path, 401))).await
}

/// The statuses of `/dashboard` and `/admin`.
async fn on_every_replica(cluster: &RunningCluster, token: &str) -> Vec<(u16, u16)> {
    let mut statuses = Vec::new();
    for replica in &cluster.replicas {
        let (dashboard, admin) = (replica.get_as(token, "/dashboard").await, replica.get_as(token, "/admin").await);
        statuses.push((dashboard.status, admin.status));
    }
    statuses
}
