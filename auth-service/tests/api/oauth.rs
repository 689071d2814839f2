//! `POST /oauth/token`, `POST /oauth/revoke` and `POST /oauth/introspect`.

use serde_json::{Value, json};
use shared::testing::{Answer, send};

use crate::support::{
    CLIENT_SECRET, Database, PASSWORD, TestApp, client_token, form, insert_client, oauth_error, payload_of,
};

const ID: &str = "reports@clients";
const TOKEN: &str = "/oauth/token";
const REVOKE: &str = "/oauth/revoke";
const INTROSPECT: &str = "/oauth/introspect";

on_both_databases!(
    a_client_gets_a_token_as_itself,
    a_client_gets_no_more_than_it_may_have,
    a_client_may_name_itself_in_the_form,
    who_is_no_client_gets_nothing,
    a_request_that_is_none_is_refused_as_oauth_has_it,
    a_refresh_token_is_taken_in_oauths_words_too,
    a_refresh_token_is_not_a_clients,
    an_access_token_is_taken_back_alone,
    a_refresh_token_is_taken_back_with_its_session,
    what_is_no_token_is_taken_back_as_well,
    a_client_takes_back_its_own_tokens_only,
    a_good_token_is_active_and_tells_what_it_says,
    what_is_not_good_is_inactive_and_tells_nothing,
    of_refresh_tokens_only_admins_are_told,
    only_clients_and_admins_may_ask,
    a_client_that_is_deleted_while_it_asks_gets_no_token,
);

async fn app(database: &Database) -> TestApp {
    let app = TestApp::spawn(database.clone()).await;
    insert_client(database, ID, "reports:read reports:write");
    app
}

async fn tokens_of(app: &TestApp, username: &str) -> (String, String) {
    let tokens = app.log_in(username).await.json();
    let text = |name: &str| tokens[name].as_str().unwrap().to_owned();
    (text("access_token"), text("refresh_token"))
}

async fn introspect(app: &TestApp, token: &str) -> Value {
    form(app, INTROSPECT, Some(ID), &format!("token={token}")).await.json()
}

async fn introspect_as(app: &TestApp, bearer: &str, token: &str) -> Answer {
    let request = app.request("POST", INTROSPECT).bearer_auth(bearer);
    let request = request.header("Content-Type", "application/x-www-form-urlencoded");
    send(request.body(format!("token={token}"))).await
}

async fn a_client_gets_a_token_as_itself(database: Database) {
    let app = app(&database).await;

    let answer = form(&app, TOKEN, Some(ID), "grant_type=client_credentials").await;

    let body = answer.json();
    assert_eq!((answer.status, answer.header("cache-control")), (200, Some("no-store")));
    assert_eq!(answer.header("pragma"), Some("no-cache"));
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

async fn a_client_gets_no_more_than_it_may_have(database: Database) {
    let app = app(&database).await;
    insert_client(&database, "plain@clients", "");
    let ask = async |id: &str, scope: &str| {
        form(&app, TOKEN, Some(id), &format!("grant_type=client_credentials&scope={scope}")).await
    };

    let some = ask(ID, "reports%3Aread").await.json();
    let turned_round = ask(ID, "reports:write+reports:read+reports:write").await.json();
    let plain = form(&app, TOKEN, Some("plain@clients"), "grant_type=client_credentials").await.json();

    assert_eq!(some["scope"], "reports:read");
    assert_eq!(payload_of(some["access_token"].as_str().unwrap())["scope"], "reports:read");
    assert_eq!(turned_round["scope"], "reports:read reports:write");
    assert_eq!((plain.get("scope"), payload_of(plain["access_token"].as_str().unwrap()).get("scope")), (None, None));
    for (id, scope) in
        [(ID, "reports:delete"), (ID, "reports:read+x"), (ID, "a++b"), (ID, "%22"), ("plain@clients", "reports:read")]
    {
        assert_eq!(oauth_error(&ask(id, scope).await), (400, "invalid_scope".to_owned()), "{scope}");
    }
}

async fn a_client_may_name_itself_in_the_form(database: Database) {
    let app = app(&database).await;
    let named = format!("grant_type=client_credentials&client_id=reports%40clients&client_secret={CLIENT_SECRET}");

    let in_form = form(&app, TOKEN, None, &named).await;
    let in_both = form(&app, TOKEN, Some(ID), &named).await;
    let with_id = form(&app, TOKEN, Some(ID), "grant_type=client_credentials&client_id=reports@clients").await;
    let as_other = form(&app, TOKEN, Some(ID), "grant_type=client_credentials&client_id=other@clients").await;

    assert_eq!((in_form.status, with_id.status), (200, 200));
    for refused in [in_both, as_other] {
        assert_eq!(oauth_error(&refused), (400, "invalid_request".to_owned()));
    }
}

async fn who_is_no_client_gets_nothing(database: Database) {
    let app = app(&database).await;
    let grant = "grant_type=client_credentials";
    let send_with = async |authorization: &str| {
        let request = app.request("POST", TOKEN).header("Authorization", authorization);
        send(request.header("Content-Type", "application/x-www-form-urlencoded").body(grant)).await
    };
    let user = app.token_of("admin").await;

    let mut refused = vec![
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
        refused.push(send_with(authorization).await);
    }

    for answer in refused {
        assert_eq!(oauth_error(&answer), (401, "invalid_client".to_owned()));
        assert_eq!(answer.header("www-authenticate"), Some(r#"Basic realm="clients", charset="UTF-8""#));
    }
    assert!(database.rows("SELECT client_id AS text FROM access_tokens WHERE client_id IS NOT NULL").is_empty());
}

async fn a_request_that_is_none_is_refused_as_oauth_has_it(database: Database) {
    let app = app(&database).await;
    for (body, code) in [
        ("", "invalid_request"),
        ("grant_type=", "invalid_request"),
        ("scope=reports:read", "invalid_request"),
        ("grant_type=client_credentials&grant_type=client_credentials", "invalid_request"),
        ("grant_type=client_credentials&scope=a&scope=b", "invalid_request"),
        ("grant_type=password&username=admin&password=x", "unsupported_grant_type"),
        ("grant_type=authorization_code", "unsupported_grant_type"),
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
    assert_eq!(form(&app, TOKEN, Some(ID), with_unknown).await.status, 200, "what is unknown is passed over");
}

async fn a_refresh_token_is_taken_in_oauths_words_too(database: Database) {
    let app = app(&database).await;
    let (_, refresh_token) = tokens_of(&app, "admin").await;

    let answer = form(&app, TOKEN, None, &format!("grant_type=refresh_token&refresh_token={refresh_token}")).await;

    let body = answer.json();
    assert_eq!((answer.status, answer.header("cache-control")), (200, Some("no-store")));
    assert_eq!(app.get_as(body["access_token"].as_str().unwrap(), "/me").await.status, 200);
    assert_ne!(body["refresh_token"], json!(refresh_token));
    assert!(body["refresh_token"].is_string());
}

async fn a_refresh_token_is_not_a_clients(database: Database) {
    let app = app(&database).await;
    let (access_token, refresh_token) = tokens_of(&app, "admin").await;
    let of = |token: &str| format!("grant_type=refresh_token&refresh_token={token}");

    let by_client = form(&app, TOKEN, Some(ID), &of(&refresh_token)).await;
    let access = form(&app, TOKEN, None, &of(&access_token)).await;
    let junk = form(&app, TOKEN, None, &of("rt1.junk")).await;
    let missing = form(&app, TOKEN, None, "grant_type=refresh_token").await;
    let scoped = form(&app, TOKEN, None, &format!("{}&scope=reports:read", of(&refresh_token))).await;

    for refused in [by_client, access, junk] {
        assert_eq!(oauth_error(&refused), (400, "invalid_grant".to_owned()));
    }
    assert_eq!(oauth_error(&missing), (400, "invalid_request".to_owned()));
    assert_eq!(oauth_error(&scoped), (400, "invalid_scope".to_owned()));
    assert_eq!(form(&app, TOKEN, None, &of(&refresh_token)).await.status, 200, "none of them has spent it");
}

async fn an_access_token_is_taken_back_alone(database: Database) {
    let app = app(&database).await;
    let (access_token, refresh_token) = tokens_of(&app, "admin").await;
    let (other, _) = tokens_of(&app, "admin").await;

    let answer = form(&app, REVOKE, None, &format!("token={access_token}&token_type_hint=refresh_token")).await;

    assert_eq!((answer.status, &*answer.body), (200, ""));
    assert_eq!(introspect(&app, &access_token).await, json!({ "active": false }));
    assert_eq!(introspect(&app, &other).await["active"], true);
    assert_eq!(app.post("/refresh", &json!({ "refresh_token": refresh_token })).await.status, 200);
    assert_eq!(form(&app, REVOKE, None, &format!("token={access_token}")).await.status, 200, "once more does no harm");
    let noted = database.rows("SELECT subject || ' ' || address AS text FROM audit_log WHERE action = 'token_revoked'");
    assert_eq!(noted, ["admin 127.0.0.1"]);
}

async fn a_refresh_token_is_taken_back_with_its_session(database: Database) {
    let app = app(&database).await;
    let (access_token, refresh_token) = tokens_of(&app, "admin").await;

    let answer = form(&app, REVOKE, None, &format!("token={refresh_token}&token_type_hint=nonsense")).await;
    let again = form(&app, REVOKE, None, &format!("token={refresh_token}")).await;

    assert_eq!((answer.status, again.status), (200, 200));
    assert_eq!(introspect(&app, &access_token).await, json!({ "active": false }));
    assert_eq!(app.post("/refresh", &json!({ "refresh_token": refresh_token })).await.status, 401);
    assert_eq!(database.rows("SELECT subject AS text FROM audit_log WHERE action = 'token_revoked'"), ["admin"]);
}

async fn what_is_no_token_is_taken_back_as_well(database: Database) {
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

async fn a_client_takes_back_its_own_tokens_only(database: Database) {
    let app = app(&database).await;
    insert_client(&database, "other@clients", "");
    let own = client_token(&app, ID).await;
    let (of_user, refresh_token) = tokens_of(&app, "admin").await;
    let of_other = client_token(&app, "other@clients").await;

    for foreign in [&of_user, &refresh_token, &of_other] {
        let refused = form(&app, REVOKE, Some(ID), &format!("token={foreign}")).await;
        assert_eq!(oauth_error(&refused), (400, "invalid_grant".to_owned()));
    }
    assert_eq!(form(&app, REVOKE, Some(ID), &format!("token={own}")).await.status, 200);

    assert_eq!(introspect(&app, &own).await, json!({ "active": false }));
    for still_good in [&of_user, &of_other] {
        assert_eq!(introspect(&app, still_good).await["active"], true);
    }
}

async fn a_good_token_is_active_and_tells_what_it_says(database: Database) {
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

async fn what_is_not_good_is_inactive_and_tells_nothing(database: Database) {
    let app = app(&database).await;
    let (stale, _) = tokens_of(&app, "admin").await;
    database.execute("UPDATE access_tokens SET status = 3");
    let (unknown, _) = tokens_of(&app, "admin").await;
    database.execute("DELETE FROM access_tokens WHERE status = 0");
    let mut claims = shared::testing::claims("admin", "admin");
    let without_status = app.mint(&claims).await;
    claims.exp = claims.iat;
    let expired = app.mint(&claims).await;

    for token in [&*stale, &unknown, &without_status, &expired, "junk", "rt1.AAAA"] {
        assert_eq!(introspect(&app, token).await, json!({ "active": false }), "{token}");
    }
    let missing = form(&app, INTROSPECT, Some(ID), "").await;
    assert_eq!(oauth_error(&missing), (400, "invalid_request".to_owned()));
}

async fn of_refresh_tokens_only_admins_are_told(database: Database) {
    let app = app(&database).await;
    app.register("john").await;
    let (admin, _) = tokens_of(&app, "admin").await;
    let (of_john, refresh_token) = tokens_of(&app, "john").await;

    let told = introspect_as(&app, &admin, &refresh_token).await.json();
    let to_client = introspect(&app, &refresh_token).await;
    app.post("/refresh", &json!({ "refresh_token": refresh_token })).await;
    let spent = introspect_as(&app, &admin, &refresh_token).await.json();

    let session = payload_of(&of_john)["sid"].clone();
    assert_eq!((&told["active"], &told["username"], &told["sid"]), (&json!(true), &json!("john"), &session));
    assert_eq!((&told["type"], told.get("token_type")), (&json!("refresh"), None));
    assert_eq!(told["aud"], "http://localhost:5000", "it is for the issuer alone");
    assert_eq!((to_client, spent), (json!({ "active": false }), json!({ "active": false })));
}

async fn only_clients_and_admins_may_ask(database: Database) {
    let app = app(&database).await;
    let john = app.token_of_new("john").await;
    let admin = app.token_of("admin").await;
    let client = client_token(&app, ID).await;

    let nobody = form(&app, INTROSPECT, None, &format!("token={admin}")).await;
    let wrong = form(&app, INTROSPECT, Some("other@clients"), &format!("token={admin}")).await;

    for refused in [nobody, wrong] {
        assert_eq!(oauth_error(&refused), (401, "invalid_client".to_owned()));
    }
    assert_eq!(introspect_as(&app, &john, &admin).await.error().0, 403);
    assert_eq!(introspect_as(&app, &client, &admin).await.error().1, "user_not_found");
    assert_eq!(introspect_as(&app, "junk", &admin).await.error().1, "invalid_token");
    assert_eq!(introspect_as(&app, &admin, &john).await.json()["active"], true);
    let with_password = app.post(INTROSPECT, &json!({ "username": "admin", "password": PASSWORD })).await;
    assert_eq!(oauth_error(&with_password), (400, "invalid_request".to_owned()));
}

async fn a_client_that_is_deleted_while_it_asks_gets_no_token(database: Database) {
    let app = app(&database).await;
    // What the client was is found; what it is to be noted in is gone by then.
    database.execute(if database.is_postgres() {
        "CREATE FUNCTION gone() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'; \
         CREATE TRIGGER gone BEFORE UPDATE ON clients FOR EACH ROW EXECUTE FUNCTION gone()"
    } else {
        "CREATE TRIGGER gone BEFORE UPDATE ON clients BEGIN SELECT RAISE(IGNORE); END"
    });

    let refused = form(&app, TOKEN, Some(ID), "grant_type=client_credentials").await;

    assert_eq!(oauth_error(&refused), (401, "invalid_client".to_owned()));
    assert!(database.rows("SELECT client_id AS text FROM access_tokens").is_empty());
}
