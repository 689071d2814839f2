//! No kind of token is accepted as another: a user's, a client's, a refresh token.

use serde_json::{Value, json};
use shared::testing::mint_raw;

use crate::support::{Database, TestApp, client_token, form, insert_client, payload_of};

on_both_databases!(
    a_client_token_is_not_a_user_token,
    a_refresh_token_is_not_an_access_token,
    an_access_token_is_not_a_refresh_token,
    a_status_list_token_is_neither_an_access_nor_a_refresh_token,
    a_token_is_not_a_client_secret,
    no_user_can_have_the_name_of_a_client,
);

const ID: &str = "admin@clients";

/// Routes for users only.
const USERS_ONLY: [&str; 4] = ["/me", "/users", "/keys", "/sessions"];

async fn app(database: &Database) -> TestApp {
    let app = TestApp::spawn(database.clone()).await;
    insert_client(database, ID, "admin role:admin");
    app
}

async fn refresh_token(app: &TestApp) -> String {
    app.log_in("admin").await.json()["refresh_token"].as_str().unwrap().to_owned()
}

async fn a_client_token_is_not_a_user_token(database: Database) {
    let app = app(&database).await;
    let token = client_token(&app, ID).await;

    for path in USERS_ONLY {
        let rejected = app.get_as(&token, path).await.error();
        assert_eq!((rejected.0, &*rejected.1), (401, "user_not_found"), "{path}");
    }
    for (path, body) in [
        ("/keys/rotate", json!({})),
        ("/reauthenticate", json!({ "password": "correct horse" })),
        ("/register", json!({ "username": "eve", "password": "correct horse", "role": "admin" })),
    ] {
        let rejected = app.post_as(&token, path, &body).await;
        assert_eq!(rejected.status, 401, "{path}: {rejected:?}");
    }
    for path in ["/logout", "/logout-all"] {
        assert_eq!(app.post_as(&token, path, &json!({ "refresh_token": "x" })).await.status, 401, "{path}");
    }
}

async fn a_refresh_token_is_not_an_access_token(database: Database) {
    let app = app(&database).await;
    let token = refresh_token(&app).await;

    for path in USERS_ONLY {
        assert_eq!(app.get_as(&token, path).await.error().1, "invalid_token", "{path}");
    }
}

async fn an_access_token_is_not_a_refresh_token(database: Database) {
    let app = app(&database).await;

    for token in [app.token_of("admin").await, client_token(&app, ID).await] {
        let in_header = app.post_as(&token, "/refresh", &Value::Null).await;
        let in_json = app.post("/refresh", &json!({ "refresh_token": token })).await;

        for rejected in [in_header, in_json] {
            assert_eq!(rejected.error().1, "invalid_token");
        }
    }
}

async fn a_status_list_token_is_neither_an_access_nor_a_refresh_token(database: Database) {
    let app = app(&database).await;
    let mut claims = payload_of(&app.token_of("admin").await);
    claims["status_list"] = json!({ "bits": 2, "lst": "eNpjYAAAAAIAAQ" });
    let kid = app.get("/.well-known/jwks.json").await.json()["keys"][0]["kid"].take();
    let header = json!({ "alg": "RS256", "typ": "statuslist+jwt", "kid": kid });

    // It has every claim of an access token and the issuer's signature; only the type differs.
    let token = mint_raw(header.to_string(), claims.to_string());

    assert_eq!(app.get_as(&token, "/me").await.error().1, "invalid_token");
    assert_eq!(app.post("/refresh", &json!({ "refresh_token": token })).await.error().1, "invalid_token");
    let response = form(&app, "/oauth/introspect", Some(ID), &format!("token={token}")).await;
    assert_eq!(response.json(), json!({ "active": false }));
}

async fn a_token_is_not_a_client_secret(database: Database) {
    let app = app(&database).await;

    for token in [app.token_of("admin").await, client_token(&app, ID).await, refresh_token(&app).await] {
        let body = format!("grant_type=client_credentials&client_id={ID}&client_secret={token}");
        assert_eq!(form(&app, "/oauth/token", None, &body).await.status, 401);
    }
}

async fn no_user_can_have_the_name_of_a_client(database: Database) {
    let app = app(&database).await;

    for name in [ID, "ADMIN@CLIENTS", "admin＠clients", "new@clients", "@clients"] {
        let rejected = app.register(name).await.error();
        assert_eq!((rejected.0, &*rejected.1), (400, "invalid_request"), "{name}");
        assert_eq!(app.log_in(name).await.error().1, "invalid_credentials", "{name}");
    }
    assert_eq!(app.register("admin@clients.example").await.status, 201);
    let user = payload_of(&app.token_of("admin").await);
    let client = payload_of(&client_token(&app, ID).await);
    assert_ne!(user["sub"], client["sub"]);
    assert_ne!(user["client_id"], client["client_id"]);
}
