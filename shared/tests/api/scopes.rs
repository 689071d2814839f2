//! Routes that require a scope, and clients on routes for users.

use actix_web::web;
use shared::{
    Admin, Claims, CurrentUser, Fresh, Jwt, Rule, Scope,
    actix::user_lookup,
    testing::{claims, mint, verifier},
    users::ClaimsLookup,
};

use crate::support::{TestApp, modified};

shared::scope! {
    /// Read access to reports.
    ReportsRead = "reports:read";
    ReportsWrite = "reports:write";
}

/// The claims of a client's token, as auth-service issues it.
fn client(scope: Option<&str>) -> Claims {
    modified(claims("reports@clients", "user"), |claims| {
        (claims.uid, claims.role, claims.sid, claims.auth_time) = (None, None, None, None);
        claims.fresh = false;
        claims.client_id = Some(claims.sub.clone());
        claims.scope = scope.map(str::to_owned);
    })
}

async fn guarded_by<R: Rule>() -> TestApp {
    TestApp::verifying(verifier(), |app| {
        app.route("/", web::get().to(async |jwt: Jwt<R>| jwt.identity().to_owned()));
    })
    .await
}

#[actix_web::test]
async fn a_token_with_the_scope_is_accepted() {
    let app = guarded_by::<Scope<ReportsWrite>>().await;

    for scope in ["reports:write", "reports:read reports:write", "reports:write a"] {
        assert_eq!(app.get("/", &mint(&client(Some(scope)))).await.text, "reports@clients", "{scope}");
    }
}

#[actix_web::test]
async fn a_token_without_the_scope_is_rejected_naming_the_scope() {
    let app = guarded_by::<Scope<ReportsWrite>>().await;

    for scope in
        [None, Some(""), Some("reports:read"), Some("reports:writer"), Some("Reports:write"), Some("x,reports:write")]
    {
        let response = app.get("/", &mint(&client(scope))).await;

        assert_eq!(response.refusal(), (403, "insufficient_scope", "Scope reports:write required"), "{scope:?}");
        let challenge = r#"Bearer error="insufficient_scope", error_description="Scope reports:write required", scope="reports:write""#;
        assert_eq!(response.challenge(), Some(challenge));
    }
}

#[actix_web::test]
async fn a_pair_of_scopes_requires_both() {
    let app = guarded_by::<(Scope<ReportsRead>, Scope<ReportsWrite>)>().await;

    let one = app.get("/", &mint(&client(Some("reports:read")))).await;
    let both = app.get("/", &mint(&client(Some("reports:write reports:read")))).await;

    assert_eq!(one.refusal().2, "Scope reports:write required");
    assert_eq!(both.status, 200);
}

#[actix_web::test]
async fn a_user_has_no_scopes_whatever_the_role() {
    let app = guarded_by::<Scope<ReportsRead>>().await;

    assert_eq!(app.get("/", &mint(&claims("root", "admin"))).await.refusal().1, "insufficient_scope");
}

#[actix_web::test]
async fn a_client_is_not_a_user() {
    let all = client(Some("admin role:admin reports:read"));

    let admin = guarded_by::<Admin>().await.get("/", &mint(&all)).await;
    let fresh = guarded_by::<Fresh>().await.get("/", &mint(&all)).await;
    let user = TestApp::verifying(verifier(), |app| {
        let show = async |user: CurrentUser| user.username.clone();
        app.app_data(user_lookup(ClaimsLookup)).route("/", web::get().to(show));
    })
    .await
    .get("/", &mint(&all))
    .await;

    assert_eq!(admin.refusal(), (403, "forbidden", "Admin access required"));
    assert_eq!(fresh.refusal(), (401, "fresh_token_required", "Fresh token required"));
    assert_eq!(user.refusal(), (401, "user_not_found", "User not found"));
}
