//! The routes, with a configured key.

use resource_service::Config;
use serde_json::json;
use service_kit::{
    Instance,
    testing::{Response, error, send},
};
use shared::{
    UnixTime,
    claims::Audience,
    testing::{claims, mint, mint_raw},
};

use crate::support::{Replica, config_with_pem};

const PROTECTED: [&str; 3] = ["/dashboard", "/profile", "/admin"];

#[actix_web::test]
async fn the_index_names_the_replica_and_needs_no_token() {
    let replica = Replica::spawn(Config { instance: Instance::from("replica-7".to_owned()), ..config_with_pem() });

    let response = replica.get("/").await;

    assert_eq!(response.status, 200);
    assert_eq!(response.json(), json!({ "service": "resource-service", "instance": "replica-7" }));
    assert_eq!(response.header("x-served-by"), Some("replica-7"));
    assert_eq!(response.header("x-request-id").unwrap().len(), 32);
}

#[actix_web::test]
async fn the_dashboard_welcomes_a_user() {
    let replica = Replica::spawn(config_with_pem());

    let response = replica.get_as(&mint(&claims("john", "user")), "/dashboard").await;

    assert_eq!(response.status, 200);
    let expected = json!({ "message": "Welcome to your dashboard!", "user_id": 1, "username": "john", "role": "user" });
    assert_eq!(response.json(), expected);
}

#[actix_web::test]
async fn the_profile_has_identity_and_user() {
    let replica = Replica::spawn(config_with_pem());

    let response = replica.get_as(&mint(&claims("Jürgen", "editor")), "/profile").await;

    assert_eq!(response.status, 200);
    let expected = json!({
        "identity_from_get_jwt_identity": "Jürgen",
        "username_from_current_user": "Jürgen",
        "full_user_details": { "id": 1, "username": "Jürgen", "role": "editor" },
    });
    assert_eq!(response.json(), expected);
}

#[actix_web::test]
async fn a_client_is_not_a_user_whatever_its_scopes() {
    let replica = Replica::spawn(config_with_pem());
    let mut client = claims("admin@clients", "admin");
    (client.uid, client.role, client.sid, client.auth_time) = (None, None, None, None);
    (client.client_id, client.scope) = (Some(client.sub.clone()), Some("admin".to_owned()));

    let responses =
        [replica.get_as(&mint(&client), "/dashboard").await, replica.get_as(&mint(&client), "/profile").await];
    let admin = replica.get_as(&mint(&client), "/admin").await;

    for response in responses {
        assert_eq!(response.error(), error(401, "user_not_found", "User not found"));
    }
    assert_eq!(admin.error(), error(403, "forbidden", "Admin access required"));
}

#[actix_web::test]
async fn the_admin_panel_welcomes_an_admin() {
    let replica = Replica::spawn(config_with_pem());

    let response = replica.get_as(&mint(&claims("admin", "admin")), "/admin").await;

    assert_eq!(response.status, 200);
    assert_eq!(response.json(), json!({ "message": "Welcome to Admin Panel!", "admin_user": "admin" }));
}

#[actix_web::test]
async fn only_admins_can_access_the_admin_panel() {
    let replica = Replica::spawn(config_with_pem());
    let mut without_role = claims("john", "user");
    without_role.role = None;

    for token in [mint(&claims("john", "user")), mint(&claims("john", "administrator")), mint(&without_role)] {
        let response = replica.get_as(&token, "/admin").await;

        assert_eq!(response.error(), error(403, "forbidden", "Admin access required"));
        let challenge = response.header("www-authenticate").unwrap();
        assert_eq!(challenge, r#"Bearer error="insufficient_scope", error_description="Admin access required""#);
    }
}

#[actix_web::test]
async fn nothing_is_returned_without_a_token() {
    let replica = Replica::spawn(config_with_pem());

    for route in PROTECTED {
        let response = replica.get(route).await;

        assert_eq!(response.error(), error(401, "missing_token", "Missing Authorization Header"), "{route}");
        assert_eq!(response.header("www-authenticate"), Some(r#"Bearer realm="access token""#), "{route}");
    }
}

#[actix_web::test]
async fn an_expired_token_is_rejected_with_its_own_code() {
    let replica = Replica::spawn(config_with_pem());
    let mut expired = claims("admin", "admin");
    expired.exp = UnixTime::now();

    for route in PROTECTED {
        let response = replica.get_as(&mint(&expired), route).await;

        assert_eq!(response.error(), error(401, "token_expired", "Token has expired"), "{route}");
        let challenge = response.header("www-authenticate").unwrap();
        assert_eq!(challenge, r#"Bearer error="invalid_token", error_description="Token has expired""#);
    }
}

#[actix_web::test]
async fn the_leeway_is_configurable() {
    let replica = Replica::spawn(Config { leeway_secs: 60, ..config_with_pem() });
    let mut expired = claims("john", "user");
    expired.exp = UnixTime::from_seconds(UnixTime::now().seconds() - 30);

    assert_eq!(replica.get_as(&mint(&expired), "/dashboard").await.status, 200);
}

#[actix_web::test]
async fn forged_foreign_and_other_kinds_of_tokens_are_rejected() {
    let replica = Replica::spawn(config_with_pem());
    let good = claims("admin", "admin");
    let payload = serde_json::to_string(&good).unwrap();
    let mut of_another_issuer = good.clone();
    of_another_issuer.iss = "http://localhost:5001".into();
    let mut for_another_audience = good.clone();
    for_another_audience.aud = Audience::One("another-service".to_owned());
    let cut_off = mint(&good)[..400].to_owned();
    let refresh = payload.replace(r#""type":"access""#, r#""type":"refresh""#);

    for token in [
        mint(&of_another_issuer),
        mint(&for_another_audience),
        mint_raw(r#"{"alg":"none","typ":"at+jwt"}"#, &payload),
        mint_raw(r#"{"alg":"HS256","typ":"at+jwt"}"#, &payload),
        mint_raw(r#"{"alg":"RS256","typ":"JWT"}"#, &payload),
        mint_raw(r#"{"alg":"RS256","typ":"at+jwt","crit":["exp"]}"#, &payload),
        mint_raw(r#"{"alg":"RS256","typ":"at+jwt"}"#, &refresh),
        mint_raw(r#"{"alg":"RS256","typ":"at+jwt"}"#, "[]"),
        cut_off,
        "x".to_owned(),
        "x".repeat(20_000),
    ] {
        let response = replica.get_as(&token, "/admin").await;

        assert_eq!(response.error(), error(401, "invalid_token", "Invalid token"), "{token}");
    }
}

#[actix_web::test]
async fn a_token_signed_elsewhere_with_the_configured_key_needs_no_key_id() {
    let replica = Replica::spawn(config_with_pem());
    let payload = serde_json::to_string(&claims("john", "user")).unwrap();

    for header in [r#"{"alg":"RS256","typ":"at+jwt"}"#, r#"{"typ":"application/at+jwt","kid":"any","alg":"RS256"}"#] {
        let response = replica.get_as(&mint_raw(header, &payload), "/dashboard").await;

        assert_eq!(response.status, 200, "{header}");
    }
}

#[actix_web::test]
async fn a_token_without_a_uid_identifies_no_user() {
    let replica = Replica::spawn(config_with_pem());
    let mut without_uid = claims("john", "user");
    without_uid.uid = None;

    let response = replica.get_as(&mint(&without_uid), "/dashboard").await;

    assert_eq!(response.error(), error(401, "user_not_found", "User not found"));
}

#[actix_web::test]
async fn a_replica_with_a_configured_key_is_ready_immediately() {
    let replica = Replica::spawn(config_with_pem());

    let (live, ready) = (replica.get("/health/live").await, replica.get("/health/ready").await);

    assert_eq!((live.status, live.json()), (200, json!({ "status": "live" })));
    assert_eq!((ready.status, ready.json()), (200, json!({ "status": "ready" })));
}

#[actix_web::test]
async fn malformed_requests_get_json_errors() {
    let replica = Replica::spawn(config_with_pem());

    for path in ["/nowhere", "/admin/", "/ADMIN", "/admin%00", "//admin", "/admin/..%2f", "/%ff", "*"] {
        let request = format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        let response = replica.send_raw(request).await;

        assert_eq!(response.error(), error(404, "not_found", "Not found"), "{path}");
    }
    for route in ["/", "/dashboard", "/profile", "/admin", "/health/live", "/health/ready"] {
        for method in ["POST", "PUT", "DELETE", "OPTIONS"] {
            let response: Response = send(replica.request(method, route)).await;

            let expected = error(405, "method_not_allowed", "Method not allowed");
            assert_eq!(response.error(), expected, "{method} {route}");
            assert_eq!(response.header("allow"), Some("GET, HEAD"));
        }
    }
}
