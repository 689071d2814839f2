//! `POST /oauth/introspect`: which tokens are active, and who may introspect them.

use serde_json::json;
use service_kit::testing::{Response, send};

use super::{ID, INTROSPECT, app, introspect, tokens_of};
use crate::support::{Database, PASSWORD, TestApp, client_token, form, oauth_error, payload_of};

on_both_databases!(
    a_valid_token_is_active_and_its_claims_are_returned,
    an_invalid_token_is_inactive_without_details,
    only_admins_can_introspect_refresh_tokens,
    only_clients_and_admins_may_introspect,
);

async fn a_valid_token_is_active_and_its_claims_are_returned(database: Database) {
    let app = app(&database).await;
    let (of_user, _) = tokens_of(&app, "admin").await;
    let of_client = client_token(&app, ID).await;

    let user = form(&app, INTROSPECT, Some(ID), &format!("token={of_user}&token_type_hint=refresh_token")).await;
    let client = introspect(&app, &of_client).await;

    assert_eq!(user.header("cache-control"), Some("no-store"));
    let mut expected = payload_of(&of_user);
    for (name, value) in [("active", json!(true)), ("token_type", json!("Bearer")), ("username", json!("admin"))] {
        expected[name] = value;
    }
    assert_eq!(user.json(), expected);
    assert_eq!((&client["active"], &client["sub"], &client["client_id"]), (&json!(true), &json!(ID), &json!(ID)));
    assert_eq!((&client["scope"], client.get("username")), (&json!("reports:read reports:write"), None));
}

async fn an_invalid_token_is_inactive_without_details(database: Database) {
    let app = app(&database).await;
    let (stale, _) = tokens_of(&app, "admin").await;
    database.execute("UPDATE access_tokens SET status = 3");
    let (unknown, _) = tokens_of(&app, "admin").await;
    database.execute("DELETE FROM access_tokens WHERE status = 0");
    let mut claims = shared::testing::claims("admin", "admin");
    let without_status = app.mint_without_status(&claims).await;
    claims.exp = claims.iat;
    let expired = app.mint(&claims).await;

    for token in [&*stale, &unknown, &without_status, &expired, "junk", "rt1.AAAA"] {
        assert_eq!(introspect(&app, token).await, json!({ "active": false }), "{token}");
    }
    let missing = form(&app, INTROSPECT, Some(ID), "").await;
    assert_eq!(oauth_error(&missing), (400, "invalid_request".to_owned()));
}

async fn only_admins_can_introspect_refresh_tokens(database: Database) {
    let app = app(&database).await;
    app.register("john").await;
    let (admin, _) = tokens_of(&app, "admin").await;
    let (of_john, refresh_token) = tokens_of(&app, "john").await;

    let response = introspect_as(&app, &admin, &refresh_token).await.json();
    let to_client = introspect(&app, &refresh_token).await;
    app.post("/refresh", &json!({ "refresh_token": refresh_token })).await;
    let used = introspect_as(&app, &admin, &refresh_token).await.json();

    let session = payload_of(&of_john)["sid"].clone();
    assert_eq!(
        (&response["active"], &response["username"], &response["sid"]),
        (&json!(true), &json!("john"), &session)
    );
    assert_eq!((&response["type"], response.get("token_type")), (&json!("refresh"), None));
    assert_eq!(response["aud"], "http://localhost:5000", "it is intended for the issuer");
    assert_eq!((to_client, used), (json!({ "active": false }), json!({ "active": false })));
}

async fn only_clients_and_admins_may_introspect(database: Database) {
    let app = app(&database).await;
    let john = app.token_of_new("john").await;
    let admin = app.token_of("admin").await;
    let client = client_token(&app, ID).await;

    let nobody = form(&app, INTROSPECT, None, &format!("token={admin}")).await;
    let wrong = form(&app, INTROSPECT, Some("other@clients"), &format!("token={admin}")).await;

    for rejected in [nobody, wrong] {
        assert_eq!(oauth_error(&rejected), (401, "invalid_client".to_owned()));
    }
    assert_eq!(introspect_as(&app, &john, &admin).await.error().0, 403);
    assert_eq!(introspect_as(&app, &client, &admin).await.error().1, "user_not_found");
    assert_eq!(introspect_as(&app, "junk", &admin).await.error().1, "invalid_token");
    assert_eq!(introspect_as(&app, &admin, &john).await.json()["active"], true);
    let with_password = app.post(INTROSPECT, &json!({ "username": "admin", "password": PASSWORD })).await;
    assert_eq!(oauth_error(&with_password), (400, "invalid_request".to_owned()));
}

async fn introspect_as(app: &TestApp, bearer: &str, token: &str) -> Response {
    let request = app.request("POST", INTROSPECT).bearer_auth(bearer);
    let request = request.header("Content-Type", "application/x-www-form-urlencoded");
    send(request.body(format!("token={token}"))).await
}
