//! Custom claims in handlers, and the claims builder.

use actix_web::web;
use serde::Deserialize;
use serde_json::json;
use shared::{
    Admin, Claims, Jwt, MaybeJwt, Role, UnixTime,
    claims::{Audience, Status},
    testing::{claims, mint, verifier},
};

use crate::support::{TestApp, get};

#[derive(Deserialize)]
struct Employee {
    department: String,
    #[serde(default)]
    floor: u8,
}

#[actix_web::test]
async fn custom_claims_are_deserialized_into_a_type() {
    let app = TestApp::verifying(verifier(), |app| {
        let show = async |jwt: Jwt<Admin, Employee>| {
            format!("{} {} {}", jwt.identity(), jwt.custom().department, jwt.custom().floor)
        };
        let maybe = async |jwt: MaybeJwt<Admin, Employee>| {
            jwt.into_inner().map_or("anonymous".to_owned(), |jwt| jwt.custom().department.clone())
        };
        app.route("/", web::get().to(show)).route("/maybe", web::get().to(maybe));
    })
    .await;
    let root = || claims("root", "admin").with_other("department", "sales");

    assert_eq!(app.get("/", &mint(&root())).await.text, "root sales 0");
    assert_eq!(app.get("/", &mint(&root().with_other("floor", 3))).await.text, "root sales 3");
    assert_eq!(app.get("/maybe", &mint(&root())).await.text, "sales");
    assert_eq!(app.send(get("/maybe")).await.text, "anonymous");
    for unfit in [claims("root", "admin"), root().with_other("department", 7), root().with_other("floor", "third")] {
        for path in ["/", "/maybe"] {
            assert_eq!(app.get(path, &mint(&unfit)).await.refusal().1, "invalid_token", "{path}");
        }
    }
    let user = claims("alice", "user").with_other("department", "sales");
    assert_eq!(app.get("/", &mint(&user)).await.refusal().1, "forbidden");
}

#[test]
fn the_builder_sets_the_given_claims_and_safe_defaults() {
    let (issued, expires) = (UnixTime::from_seconds(1_000), UnixTime::from_seconds(2_000));
    let claims = Claims::builder("https://login.example.com", "reports", "alice")
        .id("one")
        .lifetime(issued, expires)
        .uid(7)
        .role(Role::USER)
        .client_id("web")
        .scope("reports:read reports:write")
        .authenticated(issued, true)
        .session("login-1")
        .status(Status::list_entry("https://login.example.com/status/1", 5))
        .other("department", "sales")
        .other("sub", "mallory")
        .build();

    let expected = json!({
        "iss": "https://login.example.com", "aud": "reports", "sub": "alice", "jti": "one", "iat": 1000, "exp": 2000,
        "uid": 7, "role": "user", "client_id": "web", "scope": "reports:read reports:write", "auth_time": 1000,
        "fresh": true, "sid": "login-1", "type": "access", "department": "sales",
        "status": { "status_list": { "uri": "https://login.example.com/status/1", "idx": 5 } },
    });
    assert_eq!(serde_json::to_value(claims).unwrap(), expected);

    let bare = || Claims::builder("https://login.example.com", "reports", "alice").build();
    assert_eq!(bare().aud, Audience::One("reports".to_owned()));
    assert!(!bare().fresh && bare().role.is_none() && bare().nbf.is_none());
    assert_eq!(bare().exp.since(bare().iat).as_secs(), 900);
    assert!(bare().jti.len() >= 16 && bare().jti != bare().jti, "ids are random");
}
