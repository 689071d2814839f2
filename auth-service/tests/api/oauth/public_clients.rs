//! Clients of all kinds at the OAuth routes: who is authenticated how, and who may do what.

use service_kit::testing::send;

use super::{INTROSPECT, app};
use crate::support::{CLIENT_SECRET, Database, TestApp, form, insert_client, oauth_error};

const TOKEN: &str = "/oauth/token";
const GRANT: &str = "grant_type=client_credentials";

on_both_databases!(
    only_services_get_tokens_for_themselves,
    row_40_a_wrong_secret_is_challenged_and_two_methods_are_refused,
    row_41_the_secret_of_a_public_client_proves_nothing,
    a_confidential_client_needs_its_secret,
    public_clients_introspect_nothing_and_applications_only_their_own_tokens,
    an_id_alone_is_no_guess,
    a_client_of_a_later_release_is_unknown,
);

async fn only_services_get_tokens_for_themselves(database: Database) {
    let app = with_clients(&database).await;

    let web = form(&app, TOKEN, Some("shop"), GRANT).await;
    let browser = form(&app, TOKEN, None, &format!("{GRANT}&client_id=spa")).await;
    let with_empty_secret = basic(&app, "spa", "", GRANT).await;

    for refused in [web, browser, with_empty_secret] {
        assert_eq!(oauth_error(&refused), (400, "unauthorized_client".to_owned()));
    }
    assert!(database.rows("SELECT client_id AS text FROM access_tokens WHERE client_id IS NOT NULL").is_empty());
}

async fn row_40_a_wrong_secret_is_challenged_and_two_methods_are_refused(database: Database) {
    let app = with_clients(&database).await;

    let wrong = basic(&app, "shop", "wrong", GRANT).await;
    let twice = form(&app, TOKEN, Some("shop"), &format!("{GRANT}&client_id=shop&client_secret={CLIENT_SECRET}")).await;
    let as_other = form(&app, TOKEN, Some("shop"), &format!("{GRANT}&client_id=spa")).await;

    assert_eq!(oauth_error(&wrong), (401, "invalid_client".to_owned()));
    assert_eq!(wrong.header("www-authenticate"), Some(r#"Basic realm="clients", charset="UTF-8""#));
    for refused in [twice, as_other] {
        assert_eq!(oauth_error(&refused), (400, "invalid_request".to_owned()));
    }
}

async fn row_41_the_secret_of_a_public_client_proves_nothing(database: Database) {
    let app = with_clients(&database).await;

    for secret in [CLIENT_SECRET, "x"] {
        let in_header = basic(&app, "spa", secret, GRANT).await;
        let in_form = form(&app, TOKEN, None, &format!("{GRANT}&client_id=spa&client_secret={secret}")).await;

        for refused in [in_header, in_form] {
            assert_eq!(oauth_error(&refused), (401, "invalid_client".to_owned()));
        }
    }
}

async fn a_confidential_client_needs_its_secret(database: Database) {
    let app = with_clients(&database).await;

    for id in ["shop", "reports@clients", "nobody", "SPA", "spa@clients"] {
        let in_form = form(&app, TOKEN, None, &format!("{GRANT}&client_id={id}")).await;
        let with_empty_secret = basic(&app, id, "", GRANT).await;

        for refused in [in_form, with_empty_secret] {
            assert_eq!(oauth_error(&refused), (401, "invalid_client".to_owned()), "{id}");
        }
    }
}

async fn public_clients_introspect_nothing_and_applications_only_their_own_tokens(database: Database) {
    let app = with_clients(&database).await;
    let token = app.token_of("admin").await;

    let public = form(&app, INTROSPECT, None, &format!("token={token}&client_id=spa")).await;
    let application = form(&app, INTROSPECT, Some("shop"), &format!("token={token}")).await;
    let service = form(&app, INTROSPECT, Some("reports@clients"), &format!("token={token}")).await;

    assert_eq!(oauth_error(&public), (401, "invalid_client".to_owned()));
    assert_eq!((&application.json()["active"], &service.json()["active"]), (&false.into(), &true.into()));
}

async fn an_id_alone_is_no_guess(database: Database) {
    let app = with_clients(&database).await;

    for _ in 0..100 {
        form(&app, TOKEN, None, &format!("{GRANT}&client_id=nobody")).await;
    }

    assert_eq!(form(&app, TOKEN, Some("reports@clients"), GRANT).await.status, 200);
    assert!(database.rows("SELECT action AS text FROM audit_log WHERE action = 'client_refused'").is_empty());
}

async fn a_client_of_a_later_release_is_unknown(database: Database) {
    let app = with_clients(&database).await;
    database.execute("UPDATE clients SET kind = 'robot'");

    for id in ["shop", "reports@clients"] {
        assert_eq!(oauth_error(&form(&app, TOKEN, Some(id), GRANT).await), (401, "invalid_client".to_owned()));
    }
    let public = form(&app, TOKEN, None, &format!("{GRANT}&client_id=spa")).await;
    assert_eq!(oauth_error(&public), (401, "invalid_client".to_owned()));
}

/// The service `reports@clients`, the web client `shop`, and the public client `spa`.
async fn with_clients(database: &Database) -> TestApp {
    let app = app(database).await;
    insert_client(database, "shop", "openid");
    database.execute("UPDATE clients SET kind = 'web', redirect_uris = 'https://shop.example/' WHERE id = 'shop'");
    let columns = "INSERT INTO clients (id, kind, secret_hash, scopes, created_at, redirect_uris) VALUES";
    database.execute(&format!("{columns} ('spa', 'browser', '', 'openid', 1, 'https://spa.example/')"));
    app
}

async fn basic(app: &TestApp, id: &str, secret: &str, body: &str) -> service_kit::testing::Response {
    let request = app.request("POST", TOKEN).header("Content-Type", "application/x-www-form-urlencoded");
    send(request.basic_auth(id, Some(secret)).body(body.to_owned())).await
}
