//! `POST /oauth/revoke`: token holders revoke their tokens.

use serde_json::json;

use super::{ID, app, introspect, tokens_of};
use crate::support::{Database, client_token, form, insert_client, oauth_error};

const REVOKE: &str = "/oauth/revoke";

on_both_databases!(
    revoking_an_access_token_keeps_its_session,
    revoking_a_refresh_token_ends_its_session,
    revoking_an_invalid_token_succeeds,
    a_client_revokes_only_its_own_tokens,
);

async fn revoking_an_access_token_keeps_its_session(database: Database) {
    let app = app(&database).await;
    let (access_token, refresh_token) = tokens_of(&app, "admin").await;
    let (other, _) = tokens_of(&app, "admin").await;

    let response = form(&app, REVOKE, None, &format!("token={access_token}&token_type_hint=refresh_token")).await;

    assert_eq!((response.status, &*response.body), (200, ""));
    assert_eq!(introspect(&app, &access_token).await, json!({ "active": false }));
    assert_eq!(introspect(&app, &other).await["active"], true);
    assert_eq!(app.post("/refresh", &json!({ "refresh_token": refresh_token })).await.status, 200);
    assert_eq!(form(&app, REVOKE, None, &format!("token={access_token}")).await.status, 200, "revoking again succeeds");
    let recorded =
        database.rows("SELECT subject || ' ' || address AS text FROM audit_log WHERE action = 'token_revoked'");
    assert_eq!(recorded, ["admin 127.0.0.1"]);
}

async fn revoking_a_refresh_token_ends_its_session(database: Database) {
    let app = app(&database).await;
    let (access_token, refresh_token) = tokens_of(&app, "admin").await;

    let response = form(&app, REVOKE, None, &format!("token={refresh_token}&token_type_hint=nonsense")).await;
    let again = form(&app, REVOKE, None, &format!("token={refresh_token}")).await;

    assert_eq!((response.status, again.status), (200, 200));
    assert_eq!(introspect(&app, &access_token).await, json!({ "active": false }));
    assert_eq!(app.post("/refresh", &json!({ "refresh_token": refresh_token })).await.status, 401);
    assert_eq!(database.rows("SELECT subject AS text FROM audit_log WHERE action = 'token_revoked'"), ["admin"]);
}

async fn revoking_an_invalid_token_succeeds(database: Database) {
    let app = app(&database).await;

    for token in ["junk", "a.b.c", "rt1.AAAA", &"x".repeat(20_000)] {
        assert_eq!(form(&app, REVOKE, None, &format!("token={token}")).await.status, 200, "{token}");
    }
    for body in ["", "token=", "token_type_hint=access_token", "token=a&token=b"] {
        assert_eq!(oauth_error(&form(&app, REVOKE, None, body).await), (400, "invalid_request".to_owned()), "{body}");
    }
    let wrong = form(&app, REVOKE, Some("other@clients"), "token=junk").await;
    assert_eq!(oauth_error(&wrong), (401, "invalid_client".to_owned()));
}

async fn a_client_revokes_only_its_own_tokens(database: Database) {
    let app = app(&database).await;
    insert_client(&database, "other@clients", "");
    let own = client_token(&app, ID).await;
    let (of_user, refresh_token) = tokens_of(&app, "admin").await;
    let of_other = client_token(&app, "other@clients").await;

    for foreign in [&of_user, &refresh_token, &of_other] {
        let rejected = form(&app, REVOKE, Some(ID), &format!("token={foreign}")).await;
        assert_eq!(oauth_error(&rejected), (400, "invalid_grant".to_owned()));
    }
    assert_eq!(form(&app, REVOKE, Some(ID), &format!("token={own}")).await.status, 200);

    assert_eq!(introspect(&app, &own).await, json!({ "active": false }));
    for still_good in [&of_user, &of_other] {
        assert_eq!(introspect(&app, still_good).await["active"], true);
    }
}
