//! Rules that use the request and the service's state, and combinations of rules.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering::Relaxed},
};

use actix_web::{
    App,
    test::{TestRequest, call_service, init_service},
    web,
};
use shared::{
    Admin, AnyOf, AuthError, Claims, CurrentUser, Jwt, Rule, RuleContext, User, require,
    testing::{TestToken, claims, mint, resource_server, resource_server_builder, verifier},
};

use crate::support::{TestApp, get, modified};

/// Only pages of the user named in the path.
struct OwnPages;

impl Rule for OwnPages {
    fn check(claims: &Claims, context: &RuleContext<'_>) -> Result<(), AuthError> {
        let is_own = context.request().path_parameter("username") == Some(&*claims.sub);
        is_own.then_some(()).ok_or_else(|| AuthError::forbidden("Your own pages only"))
    }
}

/// Nobody during maintenance.
struct InService;

struct Maintenance(Arc<AtomicBool>);

impl Rule for InService {
    fn check(_: &Claims, context: &RuleContext<'_>) -> Result<(), AuthError> {
        let maintained = context.state::<Maintenance>()?.0.load(Relaxed);
        (!maintained).then_some(()).ok_or_else(|| AuthError::forbidden("Under maintenance"))
    }
}

/// Reports the parts of the request that a rule can use.
struct Inspect;

impl Rule for Inspect {
    fn check(_: &Claims, context: &RuleContext<'_>) -> Result<(), AuthError> {
        let request = context.request();
        let header = request.header("x-team").unwrap_or("no header");
        let route = request.route().unwrap_or_default().into_owned();
        let (method, path, query) = (request.method(), request.path(), request.query().unwrap_or_default());
        Err(AuthError::forbidden(format!("{method} {path} {query} {route} {header}")))
    }
}

#[actix_web::test]
async fn a_rule_can_inspect_the_request() {
    let app = TestApp::verifying(verifier(), |app| {
        app.route("/users/{username}", web::get().to(async |_: Jwt<OwnPages>| "allowed"))
            .route("/seen/{id}", web::get().to(async |_: Jwt<Inspect>| "allowed"));
    })
    .await;
    let alice = mint(&claims("alice", "user"));

    assert_eq!(app.get("/users/alice", &alice).await.text, "allowed");
    assert_eq!(app.get("/users/bob", &alice).await.refusal().1, "forbidden");
    let seen = get("/seen/7?page=2").token(&claims("alice", "user")).insert_header(("X-Team", "blue"));
    assert_eq!(app.send(seen).await.refusal().2, "GET /seen/7 page=2 /seen/{id} blue");
}

#[actix_web::test]
async fn a_rule_can_use_state_of_the_service() {
    let maintained = Arc::new(AtomicBool::new(false));
    let auth = resource_server_builder().rule_state(Maintenance(Arc::clone(&maintained))).spawn().unwrap();
    let app = TestApp::new(|app| {
        app.configure(auth.app()).route("/", web::get().to(async |_: Jwt<InService>| "allowed"));
    })
    .await;
    let token = mint(&claims("alice", "user"));

    assert_eq!(app.get("/", &token).await.text, "allowed");
    maintained.store(true, Relaxed);
    assert_eq!(app.get("/", &token).await.refusal().1, "forbidden");
}

#[actix_web::test]
async fn a_rule_whose_state_is_missing_gets_500() {
    let app = TestApp::verifying(verifier(), |app| {
        app.route("/", web::get().to(async |_: Jwt<InService>| "allowed"));
    })
    .await;

    let response = app.get("/", &mint(&claims("alice", "user"))).await;

    assert_eq!((response.status, response.refusal().1), (500, "internal"));
}

#[actix_web::test]
async fn every_extractor_of_a_request_checks_its_own_rule() {
    let app = TestApp::verifying(verifier(), |app| {
        let both = async |_: Jwt, _: Jwt<AnyOf<Admin, OwnPages>>| "allowed";
        app.route("/users/{username}", web::get().to(both));
    })
    .await;

    for (username, role, status) in [("alice", "user", 200), ("root", "admin", 200), ("bob", "user", 403)] {
        assert_eq!(app.get("/users/alice", &mint(&claims(username, role))).await.status, status, "{username}");
    }
}

#[actix_web::test]
async fn a_rule_can_apply_to_the_current_user() {
    let auth = resource_server();
    let app = TestApp::new(|app| {
        let show = async |user: CurrentUser<User, Admin>| user.into_inner().username;
        app.configure(auth.app()).route("/", web::get().to(show));
    })
    .await;

    assert_eq!(app.get("/", &mint(&claims("root", "admin"))).await.text, "root");
    assert_eq!(app.get("/", &mint(&claims("alice", "user"))).await.refusal().1, "forbidden");
    let unknown = modified(claims("root", "admin"), |claims| claims.uid = None);
    assert_eq!(app.get("/", &mint(&unknown)).await.refusal().1, "user_not_found");
}

#[actix_web::test]
async fn a_rule_around_a_scope_can_inspect_the_request() {
    let auth = resource_server();
    let pages =
        web::scope("/users/{username}").wrap(require::<OwnPages>()).route("/notes", web::get().to(async || "allowed"));
    let app = init_service(App::new().configure(auth.app()).service(pages)).await;
    let status = async |path: &str| {
        let request = TestRequest::get().uri(path).token(&claims("alice", "user"));
        call_service(&app, request.to_request()).await.status().as_u16()
    };

    assert_eq!(status("/users/alice/notes").await, 200);
    assert_eq!(status("/users/bob/notes").await, 403);
}
