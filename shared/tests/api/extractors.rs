//! Protected handlers, and the responses to their callers.

use std::{sync::Arc, time::Duration};

use actix_web::web::{self, ServiceConfig};
use futures_util::future::{BoxFuture, FutureExt, ready};
use shared::{
    Admin, AnyOf, AuthError, Claims, CurrentUser, Fresh, HasRole, Jwt, MaybeJwt, Role, Rule, RuleContext,
    TokenVerifier, UnixTime, UserLookup,
    actix::user_lookup,
    keys::JwksCache,
    testing::{AUDIENCE, ISSUER, claims, mint, verifier},
    users::ClaimsLookup,
    verifier::TrustedIssuer,
};

use crate::support::{TestApp, get, modified};

const MISSING: (u16, &str, &str) = (401, "missing_token", "Missing Authorization Header");

fn user() -> Claims {
    claims("alice", "user")
}

fn admin() -> Claims {
    claims("root", "admin")
}

fn logged_in_ago(seconds: u64, claims: Claims) -> Claims {
    modified(claims, |claims| claims.auth_time = Some(UnixTime::now().minus(Duration::from_secs(seconds))))
}

/// An application with one route that requires `R`.
async fn guarded_by<R: Rule>() -> TestApp {
    TestApp::verifying(verifier(), |app| {
        app.route("/", web::get().to(async |jwt: Jwt<R>| jwt.identity().to_owned()));
    })
    .await
}

#[actix_web::test]
async fn a_valid_token_passes_its_claims_to_the_handler() {
    let app = TestApp::verifying(verifier(), |app| {
        app.route("/", web::get().to(async |jwt: Jwt| format!("{} {:?}", jwt.identity(), jwt.claims().other("team"))));
    })
    .await;

    let response = app.get("/", &mint(&user().with_other("team", "blue"))).await;

    assert_eq!((response.status, &*response.text), (200, r#"alice Some(String("blue"))"#));
}

#[actix_web::test]
async fn the_challenge_for_a_missing_token_has_no_error() {
    let response = guarded_by::<Admin>().await.send(get("/")).await;

    assert_eq!(response.refusal(), MISSING);
    assert_eq!(response.challenge(), Some(r#"Bearer realm="access token""#));
}

#[actix_web::test]
async fn an_admin_route_requires_the_admin_role() {
    let app = guarded_by::<Admin>().await;

    let response = app.get("/", &mint(&user())).await;

    assert_eq!(response.refusal(), (403, "forbidden", "Admin access required"));
    let challenge = r#"Bearer error="insufficient_scope", error_description="Admin access required""#;
    assert_eq!(response.challenge(), Some(challenge));
    assert_eq!(app.get("/", &mint(&modified(user(), |claims| claims.role = None))).await.status, 403);
    assert_eq!(app.get("/", &mint(&admin())).await.text, "root");
}

#[actix_web::test]
async fn a_fresh_route_requires_a_token_from_a_login() {
    let app = guarded_by::<Fresh>().await;

    let response = app.get("/", &mint(&modified(user(), |claims| claims.fresh = false))).await;

    assert_eq!(response.refusal(), (401, "fresh_token_required", "Fresh token required"));
    let challenge = r#"Bearer error="insufficient_user_authentication", error_description="Fresh token required""#;
    assert_eq!(response.challenge(), Some(challenge));
    assert_eq!(app.get("/", &mint(&logged_in_ago(1_000_000, user()))).await.text, "alice");
}

#[actix_web::test]
async fn a_fresh_route_with_a_limit_requires_recent_authentication() {
    let app = guarded_by::<Fresh<300>>().await;

    for claims in [
        logged_in_ago(310, user()),
        modified(user(), |claims| claims.auth_time = None),
        modified(logged_in_ago(0, user()), |claims| claims.fresh = false),
    ] {
        let response = app.get("/", &mint(&claims)).await;

        assert_eq!(response.refusal(), (401, "fresh_token_required", "Fresh token required"));
        let challenge = response.challenge().unwrap();
        assert!(challenge.starts_with(r#"Bearer error="insufficient_user_authentication", "#), "{challenge}");
        assert!(challenge.ends_with(r#", max_age="300""#), "{challenge}");
    }
    assert_eq!(app.get("/", &mint(&logged_in_ago(290, user()))).await.text, "alice");
}

#[actix_web::test]
async fn a_pair_of_rules_requires_both() {
    let app = guarded_by::<(Admin, Fresh)>().await;
    let code_for = async |claims: Claims| app.get("/", &mint(&claims)).await.refusal().1.to_owned();

    assert_eq!(code_for(user()).await, "forbidden");
    assert_eq!(code_for(modified(admin(), |claims| claims.fresh = false)).await, "fresh_token_required");
    assert_eq!(app.get("/", &mint(&admin())).await.text, "root");
}

#[actix_web::test]
async fn a_custom_rule_protects_a_route() {
    struct Accounting;
    impl Rule for Accounting {
        fn check(claims: &Claims, _: &RuleContext<'_>) -> Result<(), AuthError> {
            let department = claims.other("department").and_then(|value| value.as_str());
            let is_ours = department == Some("accounting") && claims.has_scope("books:read");
            is_ours.then_some(()).ok_or_else(|| AuthError::forbidden("\"Büro\\Accounting\" only\r\nX-Injected: 1"))
        }
    }
    let app = guarded_by::<Accounting>().await;

    let response = app.get("/", &mint(&user().with_other("department", "sales"))).await;

    assert_eq!(response.refusal(), (403, "forbidden", "\"Büro\\Accounting\" only\r\nX-Injected: 1"));
    let challenge = r#"Bearer error="insufficient_scope", error_description="?B?ro?Accounting? only??X-Injected: 1""#;
    assert_eq!(response.challenge(), Some(challenge), "characters that cannot be quoted are replaced");
    let insider = modified(user(), |claims| claims.scope = Some("books:write books:read".to_owned()));
    assert_eq!(app.get("/", &mint(&insider.with_other("department", "accounting"))).await.text, "alice");
}

#[actix_web::test]
async fn an_optional_token_may_be_missing_but_not_invalid() {
    let app = TestApp::verifying(verifier(), |app| {
        let greet =
            async |jwt: MaybeJwt| jwt.into_inner().map_or("anonymous".to_owned(), |jwt| jwt.identity().to_owned());
        app.route("/", web::get().to(greet));
    })
    .await;
    let expired = modified(user(), |claims| claims.exp = UnixTime::from_seconds(1));

    assert_eq!(app.send(get("/")).await.text, "anonymous");
    assert_eq!(app.get("/", &mint(&user())).await.text, "alice");
    assert_eq!(app.get("/", "rubbish").await.refusal(), (401, "invalid_token", "Invalid token"));
    assert_eq!(app.get("/", &mint(&expired)).await.refusal(), (401, "token_expired", "Token has expired"));
}

#[actix_web::test]
async fn the_current_user_can_be_read_from_the_claims() {
    let app = TestApp::verifying(verifier(), |app| {
        let show = async |user: CurrentUser| format!("{} {} {}", user.id, user.username, user.role);
        app.app_data(user_lookup(ClaimsLookup)).route("/", web::get().to(show));
    })
    .await;

    let unknown = app.get("/", &mint(&modified(user(), |claims| claims.uid = None))).await;

    assert_eq!(app.get("/", &mint(&user())).await.text, "1 alice user");
    assert_eq!(unknown.refusal(), (401, "user_not_found", "User not found"));
    assert_eq!(unknown.challenge(), Some(r#"Bearer error="invalid_token", error_description="User not found""#));
    assert_eq!(app.send(get("/")).await.refusal(), MISSING);
}

#[actix_web::test]
async fn a_custom_user_lookup_provides_the_current_user() {
    struct Member {
        shelf: u8,
    }
    struct Members;
    impl UserLookup for Members {
        type User = Member;

        fn find<'a>(&'a self, claims: &'a Claims, _: &'a str) -> BoxFuture<'a, Result<Option<Member>, AuthError>> {
            ready(match &*claims.sub {
                "alice" => Ok(Some(Member { shelf: 7 })),
                "unlucky" => Err(AuthError::LookupUnavailable),
                _ => Ok(None),
            })
            .boxed()
        }
    }
    let app = TestApp::verifying(verifier(), |app| {
        let show = async |jwt: Jwt, member: CurrentUser<Member>| format!("{} {}", jwt.identity(), member.shelf);
        app.app_data(user_lookup(Members)).route("/", web::get().to(show));
    })
    .await;

    let unlucky = app.get("/", &mint(&claims("unlucky", "user"))).await;

    assert_eq!(app.get("/", &mint(&user())).await.text, "alice 7");
    assert_eq!(app.get("/", &mint(&claims("bob", "user"))).await.refusal().1, "user_not_found");
    assert_eq!(unlucky.refusal().1, "user_lookup_unavailable");
    assert_eq!((unlucky.status, unlucky.challenge(), unlucky.header("Retry-After")), (503, None, Some("1")));
}

#[actix_web::test]
async fn a_misconfigured_service_reveals_nothing_to_callers() {
    let routes = |app: &mut ServiceConfig| {
        app.route("/jwt", web::get().to(async |_: Jwt| "allowed"))
            .route("/maybe", web::get().to(async |_: MaybeJwt| "allowed"))
            .route("/user", web::get().to(async |_: CurrentUser| "allowed"));
    };
    let without_verifier = TestApp::new(routes).await;
    let without_lookup = TestApp::verifying(verifier(), routes).await;

    for (app, path) in [
        (&without_verifier, "/jwt"),
        (&without_verifier, "/maybe"),
        (&without_verifier, "/user"),
        (&without_lookup, "/user"),
    ] {
        let response = app.get(path, &mint(&user())).await;

        assert_eq!(response.refusal(), (500, "internal", "internal error"), "{path}");
        assert_eq!(response.challenge(), None, "{path}");
    }
}

#[actix_web::test]
async fn without_keys_every_token_gets_503() {
    let keys = Arc::new(JwksCache::refreshed(Duration::from_hours(1)));
    let verifier = TokenVerifier::new(AUDIENCE).trust(TrustedIssuer::new(ISSUER, keys));
    assert!(!verifier.is_ready(UnixTime::now()));
    let app = TestApp::verifying(verifier, |app| {
        app.route("/", web::get().to(async |_: Jwt| "allowed"));
    })
    .await;

    let response = app.get("/", &mint(&user())).await;

    let message = "The issuer's keys are temporarily unavailable";
    assert_eq!(response.refusal(), (503, "keys_unavailable", message));
    assert_eq!((response.challenge(), response.header("Retry-After")), (None, Some("1")));
}

#[test]
fn a_role_is_a_short_lowercase_name() {
    for good in ["user", "admin", "editor-in-chief", "a", "level_2"] {
        assert_eq!(good.parse::<Role>().unwrap().as_str(), good);
    }
    for bad in ["", "Admin", "2nd", "-", "with space", "é", "longer-than-20-letters"] {
        assert!(bad.parse::<Role>().is_err(), "{bad:?}");
    }
}

shared::role! {
    Editor = "editor";
}

#[actix_web::test]
async fn a_custom_role_protects_a_route() {
    let app = TestApp::verifying(verifier(), |app| {
        app.route("/", web::get().to(async |jwt: Jwt<HasRole<Editor>>| jwt.identity().to_owned()));
    })
    .await;

    assert_eq!(app.get("/", &mint(&claims("alice", "editor"))).await.text, "alice");
    assert_eq!(app.get("/", &mint(&claims("bob", "user"))).await.refusal().1, "forbidden");
}

#[actix_web::test]
async fn any_of_requires_only_one_of_its_rules() {
    let app = TestApp::verifying(verifier(), |app| {
        app.route("/", web::get().to(async |jwt: Jwt<AnyOf<Admin, HasRole<Editor>>>| jwt.identity().to_owned()));
    })
    .await;

    for role in ["admin", "editor"] {
        assert_eq!(app.get("/", &mint(&claims("alice", role))).await.text, "alice", "{role}");
    }
    assert_eq!(app.get("/", &mint(&claims("bob", "user"))).await.refusal().1, "forbidden");
}

#[actix_web::test]
async fn an_optional_token_must_satisfy_the_rule_if_present() {
    let app = TestApp::verifying(verifier(), |app| {
        let greet = async |jwt: MaybeJwt<Admin>| jwt.into_inner().map_or("anonymous".to_owned(), |jwt| jwt.sub.clone());
        app.route("/", web::get().to(greet));
    })
    .await;

    assert_eq!(app.send(get("/")).await.text, "anonymous");
    assert_eq!(app.get("/", &mint(&claims("alice", "admin"))).await.text, "alice");
    assert_eq!(app.get("/", &mint(&claims("bob", "user"))).await.refusal().1, "forbidden");
}

#[actix_web::test]
async fn a_handler_can_forward_the_raw_token() {
    let app = TestApp::verifying(verifier(), |app| {
        app.route("/", web::get().to(async |jwt: Jwt| jwt.raw().to_owned()));
    })
    .await;
    let token = mint(&claims("alice", "user"));

    assert_eq!(app.get("/", &token).await.text, token);
}
