//! *Roles and scopes*.

use actix_web::{test::TestRequest, web};
use shared::{
    Admin, AnyOf, Fresh, HasRole, Jwt, Scope,
    testing::{TestToken, claims, resource_server},
};

use super::assert_shown_in;
use crate::support::{TestApp, modified};

shared::role! {
    pub Editor = "editor";
}

shared::scope! {
    pub ReportsWrite = "reports:write";
}

async fn edit(jwt: Jwt<HasRole<Editor>>) -> String {
    format!("Edited by {}", jwt.identity())
}

async fn add(jwt: Jwt<AnyOf<HasRole<Editor>, Scope<ReportsWrite>>>) -> String {
    format!("Added by {}", jwt.identity())
}

/// For admins who have entered their password within the last five minutes.
async fn delete_all(jwt: Jwt<(Admin, Fresh<300>)>) -> String {
    format!("Deleted by {}", jwt.identity())
}

#[actix_web::test]
async fn rules_admit_the_roles_and_scopes_that_they_name() {
    let auth = resource_server();
    let app = TestApp::new(|app| {
        app.configure(auth.app()).service(web::resource("/").put(edit).post(add).delete(delete_all));
    })
    .await;
    let (editor, admin) = (claims("alice", "editor"), claims("root", "admin"));
    let client = modified(claims("reports@clients", "user"), |claims| {
        (claims.role, claims.scope) = (None, Some("reports:read reports:write".to_owned()));
    });
    let after_a_refresh = modified(admin.clone(), |claims| claims.fresh = false);

    for (request, claims, status) in [
        (TestRequest::put(), &editor, 200),
        (TestRequest::put(), &client, 403),
        (TestRequest::post(), &editor, 200),
        (TestRequest::post(), &client, 200),
        (TestRequest::post(), &admin, 403),
        (TestRequest::delete(), &editor, 403),
        (TestRequest::delete(), &admin, 200),
        (TestRequest::delete(), &after_a_refresh, 401),
    ] {
        let response = app.send(request.uri("/").token(claims)).await;

        assert_eq!(response.status, status, "{}: {response:?}", claims.sub);
    }
}

#[test]
fn the_readme_shows_this() {
    assert_shown_in("Roles and scopes", include_str!("roles_and_scopes.rs"));
}
