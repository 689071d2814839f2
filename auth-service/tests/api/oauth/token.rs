//! `POST /oauth/token`: the client credentials grant and the refresh token grant.

use serde_json::json;
use service_kit::testing::send;

use super::{ID, app, tokens_of};
use crate::support::{CLIENT_SECRET, Database, form, insert_client, oauth_error, payload_of};

const TOKEN: &str = "/oauth/token";

on_both_databases!(
    a_client_gets_a_token_for_itself,
    a_client_gets_only_scopes_it_is_allowed,
    a_client_may_authenticate_in_the_request_body,
    unknown_clients_are_rejected,
    an_invalid_request_gets_an_oauth_error,
    the_refresh_token_grant_returns_new_tokens,
    a_client_cannot_use_the_refresh_token_of_a_user,
    a_client_deleted_during_the_request_gets_no_token,
);

async fn a_client_gets_a_token_for_itself(database: Database) {
    let app = app(&database).await;

    let response = form(&app, TOKEN, Some(ID), "grant_type=client_credentials").await;

    let body = response.json();
    assert_eq!((response.status, response.header("cache-control")), (200, Some("no-store")));
    assert_eq!(response.header("pragma"), Some("no-cache"));
    let names: Vec<_> = body.as_object().unwrap().keys().collect();
    assert_eq!(names, ["access_token", "expires_in", "scope", "token_type"]);
    assert_eq!((&body["token_type"], &body["expires_in"]), (&json!("Bearer"), &json!(900)));
    let claims = payload_of(body["access_token"].as_str().unwrap());
    let expected = [
        ("sub", json!(ID)),
        ("client_id", json!(ID)),
        ("scope", json!("reports:read reports:write")),
        ("fresh", json!(false)),
    ];
    for (name, value) in expected {
        assert_eq!(claims[name], value, "{name}");
    }
    for name in ["uid", "role", "sid", "auth_time"] {
        assert_eq!(claims.get(name), None, "{name}");
    }
    let entry = &claims["status"]["status_list"];
    let written =
        "client_id || ' ' || CAST(list_id AS TEXT) || ' ' || CAST(idx AS TEXT) || ' ' || CAST(status AS TEXT)";
    let list = entry["uri"].as_str().unwrap().strip_prefix("http://localhost:5000/status-lists/").unwrap();
    let row = format!("{ID} {list} {} 0", entry["idx"]);
    assert_eq!(database.rows(&format!("SELECT {written} AS text FROM access_tokens")), [row]);
}

async fn a_client_gets_only_scopes_it_is_allowed(database: Database) {
    let app = app(&database).await;
    insert_client(&database, "plain@clients", "");
    let ask = async |id: &str, scope: &str| {
        form(&app, TOKEN, Some(id), &format!("grant_type=client_credentials&scope={scope}")).await
    };

    let some = ask(ID, "reports%3Aread").await.json();
    let reordered = ask(ID, "reports:write+reports:read+reports:write").await.json();
    let plain = form(&app, TOKEN, Some("plain@clients"), "grant_type=client_credentials").await.json();

    assert_eq!(some["scope"], "reports:read");
    assert_eq!(payload_of(some["access_token"].as_str().unwrap())["scope"], "reports:read");
    assert_eq!(reordered["scope"], "reports:read reports:write");
    assert_eq!((plain.get("scope"), payload_of(plain["access_token"].as_str().unwrap()).get("scope")), (None, None));
    for (id, scope) in
        [(ID, "reports:delete"), (ID, "reports:read+x"), (ID, "a++b"), (ID, "%22"), ("plain@clients", "reports:read")]
    {
        assert_eq!(oauth_error(&ask(id, scope).await), (400, "invalid_scope".to_owned()), "{scope}");
    }
}

async fn a_client_may_authenticate_in_the_request_body(database: Database) {
    let app = app(&database).await;
    let named = format!("grant_type=client_credentials&client_id=reports%40clients&client_secret={CLIENT_SECRET}");

    let in_form = form(&app, TOKEN, None, &named).await;
    let in_both = form(&app, TOKEN, Some(ID), &named).await;
    let with_id = form(&app, TOKEN, Some(ID), "grant_type=client_credentials&client_id=reports@clients").await;
    let as_other = form(&app, TOKEN, Some(ID), "grant_type=client_credentials&client_id=other@clients").await;

    assert_eq!((in_form.status, with_id.status), (200, 200));
    for rejected in [in_both, as_other] {
        assert_eq!(oauth_error(&rejected), (400, "invalid_request".to_owned()));
    }
}

async fn unknown_clients_are_rejected(database: Database) {
    let app = app(&database).await;
    let grant = "grant_type=client_credentials";
    let send_with = async |authorization: &str| {
        let request = app.request("POST", TOKEN).header("Authorization", authorization);
        send(request.header("Content-Type", "application/x-www-form-urlencoded").body(grant)).await
    };
    let user = app.token_of("admin").await;

    let mut rejected = vec![
        form(&app, TOKEN, None, grant).await,
        form(&app, TOKEN, Some("other@clients"), grant).await,
        form(&app, TOKEN, Some("reports"), grant).await,
        form(&app, TOKEN, Some("REPORTS@clients"), grant).await,
        form(&app, TOKEN, Some("admin"), grant).await,
        form(&app, TOKEN, None, &format!("{grant}&client_id={ID}&client_secret=wrong")).await,
        form(&app, TOKEN, None, &format!("{grant}&client_id={ID}")).await,
        form(&app, TOKEN, None, &format!("{grant}&client_secret={CLIENT_SECRET}")).await,
    ];
    for authorization in ["Basic", "Basic !", "Basic cmVwb3J0cw==", &format!("Bearer {user}"), "Digest x"] {
        rejected.push(send_with(authorization).await);
    }

    for response in rejected {
        assert_eq!(oauth_error(&response), (401, "invalid_client".to_owned()));
        assert_eq!(response.header("www-authenticate"), Some(r#"Basic realm="clients", charset="UTF-8""#));
    }
    assert!(database.rows("SELECT client_id AS text FROM access_tokens WHERE client_id IS NOT NULL").is_empty());
}

async fn an_invalid_request_gets_an_oauth_error(database: Database) {
    let app = app(&database).await;
    for (body, code) in [
        ("", "invalid_request"),
        ("grant_type=", "invalid_request"),
        ("scope=reports:read", "invalid_request"),
        ("grant_type=client_credentials&grant_type=client_credentials", "invalid_request"),
        ("grant_type=client_credentials&scope=a&scope=b", "invalid_request"),
        ("grant_type=password&username=admin&password=x", "unsupported_grant_type"),
        ("grant_type=authorization_code", "unauthorized_client"),
        ("grant_type=Client_Credentials", "unsupported_grant_type"),
    ] {
        assert_eq!(oauth_error(&form(&app, TOKEN, Some(ID), body).await), (400, code.to_owned()), "{body}");
    }
    let not_utf8 = app.request("POST", TOKEN).header("Content-Type", "application/x-www-form-urlencoded");
    let json = app.post(TOKEN, &json!({ "grant_type": "client_credentials" })).await;
    let too_long = form(&app, TOKEN, Some(ID), &"x".repeat(40_000)).await;
    let two_headers = app.request("POST", TOKEN).basic_auth(ID, Some(CLIENT_SECRET)).bearer_auth("x");
    let two_headers = two_headers.header("Content-Type", "application/x-www-form-urlencoded");

    assert_eq!(oauth_error(&send(not_utf8.body(vec![0xff])).await).1, "invalid_request");
    assert_eq!(oauth_error(&json), (400, "invalid_request".to_owned()));
    assert_eq!(too_long.error().0, 413);
    assert_eq!(oauth_error(&send(two_headers.body("grant_type=client_credentials")).await).1, "invalid_request");
    assert_eq!(app.get(TOKEN).await.error().0, 405);
    let with_unknown = "grant_type=client_credentials&resource=x&audience=";
    assert_eq!(form(&app, TOKEN, Some(ID), with_unknown).await.status, 200, "unknown parameters are ignored");
}

async fn the_refresh_token_grant_returns_new_tokens(database: Database) {
    let app = app(&database).await;
    let (_, refresh_token) = tokens_of(&app, "admin").await;

    let response = form(&app, TOKEN, None, &format!("grant_type=refresh_token&refresh_token={refresh_token}")).await;

    let body = response.json();
    assert_eq!((response.status, response.header("cache-control")), (200, Some("no-store")));
    assert_eq!(app.get_as(body["access_token"].as_str().unwrap(), "/me").await.status, 200);
    assert_ne!(body["refresh_token"], json!(refresh_token));
    assert!(body["refresh_token"].is_string());
}

async fn a_client_cannot_use_the_refresh_token_of_a_user(database: Database) {
    let app = app(&database).await;
    let (access_token, refresh_token) = tokens_of(&app, "admin").await;
    let of = |token: &str| format!("grant_type=refresh_token&refresh_token={token}");

    let by_client = form(&app, TOKEN, Some(ID), &of(&refresh_token)).await;
    let access = form(&app, TOKEN, None, &of(&access_token)).await;
    let junk = form(&app, TOKEN, None, &of("rt1.junk")).await;
    let missing = form(&app, TOKEN, None, "grant_type=refresh_token").await;
    let scoped = form(&app, TOKEN, None, &format!("{}&scope=reports:read", of(&refresh_token))).await;

    for rejected in [by_client, access, junk] {
        assert_eq!(oauth_error(&rejected), (400, "invalid_grant".to_owned()));
    }
    assert_eq!(oauth_error(&missing), (400, "invalid_request".to_owned()));
    assert_eq!(oauth_error(&scoped), (400, "invalid_scope".to_owned()));
    assert_eq!(form(&app, TOKEN, None, &of(&refresh_token)).await.status, 200, "none of them has consumed it");
}

async fn a_client_deleted_during_the_request_gets_no_token(database: Database) {
    let app = app(&database).await;
    // The client is found, but its row is gone when its last use is recorded.
    database.execute(if database.is_postgres() {
        "CREATE FUNCTION gone() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'; \
         CREATE TRIGGER gone BEFORE UPDATE ON clients FOR EACH ROW EXECUTE FUNCTION gone()"
    } else {
        "CREATE TRIGGER gone BEFORE UPDATE ON clients BEGIN SELECT RAISE(IGNORE); END"
    });

    let rejected = form(&app, TOKEN, Some(ID), "grant_type=client_credentials").await;

    assert_eq!(oauth_error(&rejected), (401, "invalid_client".to_owned()));
    assert!(database.rows("SELECT client_id AS text FROM access_tokens").is_empty());
}
