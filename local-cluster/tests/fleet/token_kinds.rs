//! Every kind of token, sent wherever another kind is expected.

use std::path::Path;

use diesel::{Connection, SqliteConnection, connection::SimpleConnection};
use serde_json::{Value, json};
use service_kit::testing::{Response, send};
use shared::Secret;
use tempfile::TempDir;

use crate::services::{Issuer, Replica};

const CLIENT: &str = "reports@clients";
/// The client's secret, and its stored hash.
const SECRET: &str = "cs1.the-secret";
const SECRET_HASH: &str = "iG3X2mN0tc2kzh_UqZAfCOkrcpiPxtdSk6JdtMOO3Yc";

struct Fleet {
    issuer: Issuer,
    replica: Replica,
    _folder: TempDir,
}

/// One token of each kind.
struct Tokens {
    access: String,
    refresh: String,
    client: String,
    status_list: String,
}

#[actix_web::test]
async fn a_replica_accepts_only_access_tokens() {
    let (fleet, tokens) = start().await;

    for path in ["/dashboard", "/profile", "/admin"] {
        assert_eq!(fleet.replica.get_as(&tokens.access, path).await.status, 200);
        for other in [&tokens.refresh, &tokens.status_list] {
            assert_eq!(code(&fleet.replica.get_as(other, path).await), (401, "invalid_token".to_owned()), "{path}");
        }
    }
}

#[actix_web::test]
async fn a_client_token_is_not_a_user_token_at_a_replica() {
    let (fleet, tokens) = start().await;

    for (path, status, expected) in
        [("/dashboard", 401, "user_not_found"), ("/profile", 401, "user_not_found"), ("/admin", 403, "forbidden")]
    {
        assert_eq!(code(&fleet.replica.get_as(&tokens.client, path).await), (status, expected.to_owned()), "{path}");
    }
}

#[actix_web::test]
async fn the_issuer_accepts_only_access_tokens_of_users() {
    let (fleet, tokens) = start().await;

    for path in ["/me", "/sessions", "/users", "/keys", "/audit"] {
        assert_eq!(fleet.issuer.api.get_as(&tokens.access, path).await.status, 200, "{path}");
        for other in [&tokens.refresh, &tokens.status_list] {
            assert_eq!(code(&fleet.issuer.api.get_as(other, path).await), (401, "invalid_token".to_owned()), "{path}");
        }
        assert_eq!(
            code(&fleet.issuer.api.get_as(&tokens.client, path).await),
            (401, "user_not_found".to_owned()),
            "{path}"
        );
    }
}

#[actix_web::test]
async fn only_refresh_tokens_can_be_refreshed() {
    let (fleet, tokens) = start().await;

    for other in [&tokens.access, &tokens.client, &tokens.status_list] {
        let in_header = fleet.issuer.api.post_as(other, "/refresh", &Value::Null).await;
        let in_json = fleet.issuer.api.post("/refresh", &json!({ "refresh_token": other })).await;
        let grant = [("grant_type", "refresh_token"), ("refresh_token", other.as_str())];
        let by_oauth = form(&fleet, false, "/oauth/token", &grant).await;

        for rejected in [in_header, in_json] {
            assert_eq!(code(&rejected), (401, "invalid_token".to_owned()));
        }
        assert_eq!(code(&by_oauth), (400, "invalid_grant".to_owned()));
    }
    assert_eq!(fleet.issuer.api.post_as(&tokens.refresh, "/refresh", &Value::Null).await.status, 200);
}

#[actix_web::test]
async fn clients_see_only_access_tokens_as_active() {
    let (fleet, tokens) = start().await;

    for (token, is_active) in
        [(&tokens.access, true), (&tokens.client, true), (&tokens.refresh, false), (&tokens.status_list, false)]
    {
        let response = form(&fleet, true, "/oauth/introspect", &[("token", token)]).await;
        assert_eq!((response.status, &response.json()["active"]), (200, &json!(is_active)));
    }
}

#[actix_web::test]
async fn no_token_is_accepted_as_a_client_secret() {
    let (fleet, tokens) = start().await;

    for secret in [&tokens.access, &tokens.refresh, &tokens.client, &tokens.status_list] {
        let grant = [("grant_type", "client_credentials"), ("client_id", CLIENT), ("client_secret", secret.as_str())];
        let rejected = form(&fleet, false, "/oauth/token", &grant).await;
        assert_eq!(code(&rejected), (401, "invalid_client".to_owned()));
    }
}

/// An issuer with a client, a replica that is ready, and the tokens of an admin's login and of the client.
async fn start() -> (Fleet, Tokens) {
    let folder = TempDir::new().unwrap();
    let database = folder.path().join("auth.db");
    let url = Secret::new(format!("sqlite://{}", database.display()));
    let issuer = Issuer::start_with(|config| config.database.url = url).await;
    insert_client(&database);
    let replica = Replica::of(&issuer);
    replica.until("/health/ready", 200).await;
    let fleet = Fleet { issuer, replica, _folder: folder };
    let admin = json!({ "username": "admin", "password": "admin123" });
    let user = fleet.issuer.api.post("/login", &admin).await.json();
    let [access, refresh] = ["access_token", "refresh_token"].map(|name| user[name].as_str().unwrap().to_owned());
    let granted = form(&fleet, true, "/oauth/token", &[("grant_type", "client_credentials")]).await;
    let client = granted.json()["access_token"].as_str().unwrap().to_owned();
    let lists = fleet.issuer.api.get("/status-lists").await.json();
    let list = lists["status_lists"][0].as_str().unwrap().strip_prefix(fleet.issuer.url()).unwrap().to_owned();
    let status_list = fleet.issuer.api.get(&list).await.body;
    assert_eq!(status_list.split('.').count(), 3);
    (fleet, Tokens { access, refresh, client, status_list })
}

/// Posts a form, as the client or without authentication.
async fn form(fleet: &Fleet, as_client: bool, path: &str, fields: &[(&str, &str)]) -> Response {
    let fields: Vec<_> = fields.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let request = fleet.issuer.api.request("POST", path).header("Content-Type", "application/x-www-form-urlencoded");
    let request = if as_client { request.basic_auth(CLIENT, Some(SECRET)) } else { request };
    send(request.body(fields.join("&"))).await
}

/// Status and code of an error, ours or OAuth's.
fn code(response: &Response) -> (u16, String) {
    (response.status, response.json()["error"].as_str().unwrap_or_default().to_owned())
}

/// What `auth-service clients create reports --scope admin` stores, but with a known secret.
fn insert_client(database: &Path) {
    let mut conn = SqliteConnection::establish(database.to_str().unwrap()).unwrap();
    let columns = "INSERT INTO clients (id, secret_hash, scopes, created_at) VALUES";
    let insert = format!("PRAGMA busy_timeout = 5000; {columns} ('{CLIENT}', '{SECRET_HASH}', 'admin', 1)");
    conn.batch_execute(&insert).unwrap();
}
