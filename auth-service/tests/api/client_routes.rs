//! Admins manage clients: `/clients` and below.

use serde_json::{Value, json};
use service_kit::testing::{Response, send};

use crate::support::{Database, TestApp, insert_client};

on_both_databases!(
    an_admin_creates_a_client_whose_secret_is_shown_once,
    an_admin_replaces_what_is_registered_but_the_kind,
    an_admin_rotates_a_secret,
    an_admin_deletes_a_client,
    a_client_that_makes_no_sense_is_refused_with_a_code,
    clients_are_listed_page_by_page,
    only_admins_who_have_just_logged_in_change_clients,
);

async fn an_admin_creates_a_client_whose_secret_is_shown_once(database: Database) {
    let (app, admin) = app(&database).await;

    let created = app.post_as(&admin, "/clients", &shop()).await;
    let again = app.post_as(&admin, "/clients", &shop()).await;
    let public = json!({ "name": "spa", "kind": "browser", "redirect_uris": ["https://spa.example/"] });
    let public = app.post_as(&admin, "/clients", &public).await;

    assert_eq!((created.status, created.header("cache-control")), (201, Some("no-store")));
    assert_eq!(created.header("location"), Some("/clients/shop"));
    let mut client = created.json();
    let secret = client["client_secret"].take();
    assert!(secret.as_str().unwrap().starts_with("cs1."), "{created:?}");
    assert_eq!((&client["client_id"], &client["requires_pkce"]), (&json!("shop"), &json!(true)));
    assert_eq!(again.code(), (409, "client_exists"));
    assert_eq!((public.status, public.json().get("client_secret")), (201, None));
    for path in ["/clients", "/clients/shop"] {
        let shown = app.get_as(&admin, path).await;
        assert!(
            shown.status == 200 && !shown.body.contains("client_secret") && !shown.body.contains("cs1."),
            "{shown:?}"
        );
    }
    let audited =
        database.rows("SELECT actor || ' ' || subject AS text FROM audit_log WHERE action = 'client_created'");
    assert_eq!(audited, ["admin shop", "admin spa"]);
}

async fn an_admin_replaces_what_is_registered_but_the_kind(database: Database) {
    let (app, admin) = app(&database).await;
    app.post_as(&admin, "/clients", &shop()).await;
    let put = async |id: &str, body: Value| {
        send(app.request("PUT", &format!("/clients/{id}")).bearer_auth(&admin).json(&body)).await
    };

    let replaced = put("shop", json!({ "kind": "web", "redirect_uris": ["https://new.example/"], "scope": "a" })).await;
    let as_native = put("shop", json!({ "kind": "native", "redirect_uris": ["https://new.example/"] })).await;
    let unknown = put("other", json!({ "kind": "web", "redirect_uris": ["https://new.example/"] })).await;
    let invalid = put("No%20Name", json!({})).await;
    let misspelt = put("shop", json!({ "kind": "web", "redirect_uri": "https://new.example/" })).await;

    assert_eq!((replaced.status, &replaced.json()["redirect_uris"]), (200, &json!(["https://new.example/"])));
    assert_eq!((&replaced.json()["post_logout_uris"], &replaced.json()["scope"]), (&json!([]), &json!("a")));
    assert_eq!(as_native.code(), (400, "invalid_client_metadata"));
    for refused in [unknown, invalid] {
        assert_eq!(refused.code(), (404, "no_such_client"));
    }
    assert_eq!(misspelt.code(), (400, "invalid_request"));
    assert_eq!(app.get_as(&admin, "/clients/shop").await.json(), replaced.json());
}

async fn an_admin_rotates_a_secret(database: Database) {
    let (app, admin) = app(&database).await;
    let first = app.post_as(&admin, "/clients", &json!({ "name": "reports" })).await.json()["client_secret"].take();
    app.post_as(
        &admin,
        "/clients",
        &json!({ "name": "spa", "kind": "browser", "redirect_uris": ["https://spa.example/"] }),
    )
    .await;

    let rotated = app.post_as(&admin, "/clients/reports@clients/secret", &json!({ "grace_secs": 0 })).await;
    let graceful = app.post_as(&admin, "/clients/reports/secret", &json!({})).await;
    let public = app.post_as(&admin, "/clients/spa/secret", &json!({})).await;

    assert_eq!((rotated.status, rotated.header("cache-control")), (200, Some("no-store")));
    assert_eq!(rotated.json()["previous_secret_until"], Value::Null);
    assert!(graceful.json()["previous_secret_until"].is_i64(), "{graceful:?}");
    assert_eq!(public.code(), (409, "public_client"));
    for (secret, status) in
        [(&first, 401), (&rotated.json()["client_secret"], 200), (&graceful.json()["client_secret"], 200)]
    {
        let request = app.request("POST", "/oauth/token").basic_auth("reports@clients", secret.as_str());
        let request = request.header("Content-Type", "application/x-www-form-urlencoded");
        assert_eq!(send(request.body("grant_type=client_credentials")).await.status, status);
    }
}

async fn an_admin_deletes_a_client(database: Database) {
    let (app, admin) = app(&database).await;
    app.post_as(&admin, "/clients", &shop()).await;

    let deleted = delete(&app, &admin, "shop").await;
    let again = delete(&app, &admin, "shop").await;

    assert_eq!((deleted.status, &*deleted.body), (204, ""));
    assert_eq!(again.code(), (404, "no_such_client"));
    assert_eq!(app.get_as(&admin, "/clients/shop").await.code(), (404, "no_such_client"));
}

async fn a_client_that_makes_no_sense_is_refused_with_a_code(database: Database) {
    let (app, admin) = app(&database).await;
    let with = |name: &str, value: Value| {
        let mut client = shop();
        client[name] = value;
        client
    };

    for (client, code) in [
        (with("redirect_uris", json!(["http://shop.example/"])), "invalid_redirect_uri"),
        (with("redirect_uris", json!(["https://shop.example/\u{0}"])), "invalid_redirect_uri"),
        (with("redirect_uris", json!([])), "invalid_client_metadata"),
        (with("redirect_uris", json!(vec!["https://shop.example/"; 21])), "invalid_client_metadata"),
        (with("redirect_uris", json!("https://shop.example/")), "invalid_request"),
        (with("post_logout_uris", json!(["javascript:alert(1)"])), "invalid_redirect_uri"),
        (with("origins", json!(["null"])), "invalid_client_metadata"),
        (with("backchannel_logout_uri", json!("http://169.254.169.254/")), "invalid_client_metadata"),
        (with("scope", json!("a  b")), "invalid_client_metadata"),
        (with("kind", json!("service")), "invalid_client_metadata"),
        (with("kind", json!("WEB")), "invalid_request"),
        (with("name", json!("Shop")), "invalid_request"),
        (with("name", json!("shop@clients")), "invalid_request"),
        (with("typo", json!(1)), "invalid_request"),
        (json!({}), "invalid_request"),
    ] {
        let refused = app.post_as(&admin, "/clients", &client).await;

        assert_eq!(refused.code(), (400, code), "{client}");
    }
    assert_eq!(database.rows("SELECT id AS text FROM clients"), [""; 0]);
}

async fn clients_are_listed_page_by_page(database: Database) {
    let (app, admin) = app(&database).await;
    for id in ["a@clients", "b@clients", "c@clients"] {
        insert_client(&database, id, "");
    }

    let first = app.get_as(&admin, "/clients?limit=2").await.json();
    let rest = app.get_as(&admin, "/clients?limit=2&after=b@clients").await.json();
    let invalid = app.get_as(&admin, "/clients?after=%00").await;

    let ids = |page: &Value| -> Vec<_> {
        page["clients"]
            .as_array()
            .unwrap()
            .iter()
            .map(|client| client["client_id"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(
        (ids(&first), &first["next_after"]),
        (vec!["a@clients".to_owned(), "b@clients".to_owned()], &json!("b@clients"))
    );
    assert_eq!((ids(&rest), rest.get("next_after")), (vec!["c@clients".to_owned()], None));
    assert_eq!(first["clients"][0]["kind"], "service");
    assert_eq!(invalid.code(), (400, "invalid_request"));
}

async fn only_admins_who_have_just_logged_in_change_clients(database: Database) {
    let (app, admin) = app(&database).await;
    app.post_as(&admin, "/clients", &shop()).await;
    let john = app.token_of_new("john").await;
    let refresh_token = app.refresh_token_of("admin").await;
    let refreshed = app.post("/refresh", &json!({ "refresh_token": refresh_token })).await.json();
    let stale = refreshed["access_token"].as_str().unwrap();

    for (method, path, body) in [
        ("POST", "/clients", json!({ "name": "x" })),
        ("PUT", "/clients/shop", json!({ "kind": "web", "redirect_uris": ["https://new.example/"] })),
        ("DELETE", "/clients/shop", json!({})),
        ("POST", "/clients/shop/secret", json!({})),
    ] {
        let as_user = send(app.request(method, path).bearer_auth(&john).json(&body)).await;
        let not_fresh = send(app.request(method, path).bearer_auth(stale).json(&body)).await;
        let anonymous = send(app.request(method, path).json(&body)).await;

        assert_eq!(as_user.code(), (403, "forbidden"), "{method} {path}");
        assert_eq!(not_fresh.code(), (401, "fresh_token_required"), "{method} {path}");
        assert_eq!(anonymous.code(), (401, "missing_token"), "{method} {path}");
    }
    for path in ["/clients", "/clients/shop"] {
        assert_eq!(app.get_as(stale, path).await.status, 200);
        assert_eq!(app.get_as(&john, path).await.status, 403);
    }
    assert_eq!(database.rows("SELECT id AS text FROM clients"), ["shop"]);
}

async fn app(database: &Database) -> (TestApp, String) {
    let app = TestApp::spawn(database.clone()).await;
    let admin = app.token_of("admin").await;
    (app, admin)
}

fn shop() -> Value {
    json!({
        "name": "shop", "kind": "web", "redirect_uris": ["https://shop.example/callback"],
        "post_logout_uris": ["https://shop.example/"], "scope": "openid profile",
    })
}

async fn delete(app: &TestApp, token: &str, id: &str) -> Response {
    send(app.request("DELETE", &format!("/clients/{id}")).bearer_auth(token)).await
}
