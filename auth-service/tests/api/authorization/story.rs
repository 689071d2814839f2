//! One login, from the application's button to the end of its session.

use serde_json::{Value, json};
use service_kit::testing::send;

use super::{
    CALLBACK, app, exchange, follow, insert_application, log_in, log_in_as, member, members, request, tokens, use_token,
};
use crate::support::{Browser, Database, PASSWORD as ADMIN_PASSWORD, claims_of};

on_both_databases!(
    an_application_logs_a_user_in,
    one_login_serves_several_applications_whose_sessions_end_with_it,
    a_user_who_registers_on_the_page_is_logged_in,
    a_wrong_password_is_reported_on_the_page,
    a_foreign_application_may_not_act_on_the_account,
    a_foreign_application_does_not_get_the_rights_of_an_admin,
    a_client_of_the_same_name_inherits_no_consent,
    a_head_request_issues_nothing,
);

async fn an_application_logs_a_user_in(database: Database) {
    let app = app(&database).await;
    let mut browser = Browser::new(&app);

    let page = browser.open(&request(&[])).await;
    assert_eq!(page.status, 200, "{page:?}");
    let consent = log_in(&mut browser, &page).await;
    let answer = browser.submit(&consent, &[("decision", "allow")]).await;

    let location = answer.header("location").unwrap();
    assert!(location.starts_with(&format!("{CALLBACK}?code=ac1.")), "{location}");
    let names: Vec<_> = members(&answer).into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["code", "state", "iss"]);
    assert_eq!((member(&answer, "state"), member(&answer, "iss")), ("st-1".into(), "http://localhost:5000".into()));
    let tokens = exchange(&app, &member(&answer, "code")).await;
    assert_eq!((tokens.status, tokens.header("cache-control")), (200, Some("no-store")));
    let body = tokens.json();
    let claims = claims_of(body["access_token"].as_str().unwrap());
    assert_eq!((&*claims.sub, claims.client_id.as_deref()), ("alice", Some("shop")));
    assert_eq!(claims.scope.as_deref(), Some("openid"));
    assert_eq!(
        (&body["token_type"], &body["scope"], &body["refresh_token"]),
        (&"Bearer".into(), &"openid".into(), &().into())
    );
    assert_eq!(use_token(&app, &body).await, 200);
}

async fn one_login_serves_several_applications_whose_sessions_end_with_it(database: Database) {
    let app = app(&database).await;
    let mut browser = Browser::new(&app);
    let shop = tokens(&app, &mut browser, "openid").await;

    let answer =
        browser.open(&request(&[("client_id", "own"), ("redirect_uri", "https://own.example/callback")])).await;

    let fields = [("redirect_uri", "https://own.example/callback"), ("code_verifier", super::VERIFIER)];
    let own = super::exchange_as(&app, Some("own"), &member(&answer, "code"), &fields).await.json();
    let listed = app.get_as(own["access_token"].as_str().unwrap(), "/sessions").await.json();
    let mut kinds: Vec<_> =
        listed["sessions"].as_array().unwrap().iter().map(|it| it["kind"].as_str().unwrap()).collect();
    kinds.sort_unstable();
    assert_eq!(kinds, ["application", "application", "browser"], "{listed}");
    let session = listed["sessions"].as_array().unwrap().iter().find(|it| it["kind"] == "browser").unwrap();
    let ended = service_kit::testing::send(
        app.request("DELETE", &format!("/sessions/{}", session["id"].as_str().unwrap()))
            .bearer_auth(own["access_token"].as_str().unwrap()),
    )
    .await;
    assert_eq!(ended.status, 204, "{ended:?}");
    assert_eq!((use_token(&app, &shop).await, use_token(&app, &own).await), (401, 401));
    let page = browser.open(&request(&[])).await;
    assert!(page.body.contains("/authorize/login"), "{page:?}");
}

async fn a_user_who_registers_on_the_page_is_logged_in(database: Database) {
    let app = app(&database).await;
    let mut browser = Browser::new(&app);
    let page = browser.open(&request(&[("prompt", "create")])).await;
    assert!(page.body.contains("/authorize/register"), "{page:?}");

    let taken = browser.submit(&page, &[("username", "alice"), ("password", "a password of hers")]).await;
    let answer = browser.submit(&page, &[("username", "berta"), ("password", "a password of hers")]).await;

    assert_eq!((taken.status, answer.status), (400, 303), "{answer:?}");
    let consent = follow(&mut browser, answer).await;
    let answer = browser.submit(&consent, &[("decision", "allow")]).await;
    assert!(member(&answer, "code").starts_with("ac1."), "{answer:?}");
}

async fn a_wrong_password_is_reported_on_the_page(database: Database) {
    let app = app(&database).await;
    let mut browser = Browser::new(&app);
    let page = browser.open(&request(&[])).await;

    let answer = browser.submit(&page, &[("username", "alice"), ("password", "wrong")]).await;

    assert_eq!((answer.status, browser.cookie("auth_session")), (401, None));
    let again = log_in(&mut browser, &answer).await;
    assert!(again.body.contains("/authorize/consent"), "{again:?}");
}

async fn a_foreign_application_may_not_act_on_the_account(database: Database) {
    let app = app(&database).await;
    let shop = tokens(&app, &mut Browser::new(&app), "openid").await;
    let token = shop["access_token"].as_str().unwrap();

    let sessions = app.get_as(token, "/sessions").await;
    let user_info = app.get_as(token, "/userinfo").await;

    assert_eq!(sessions.code(), (403, "forbidden"));
    assert_eq!((user_info.status, user_info.json()["sub"].as_str()), (200, Some("2")));
}

async fn a_foreign_application_does_not_get_the_rights_of_an_admin(database: Database) {
    let app = app(&database).await;
    let mut browser = Browser::new(&app);
    let page = browser.open(&request(&[("scope", "openid offline_access")])).await;
    let consent = log_in_as(&mut browser, &page, "admin", ADMIN_PASSWORD).await;
    let answer = browser.submit(&consent, &[("decision", "allow")]).await;

    let shop = exchange(&app, &member(&answer, "code")).await.json();
    let next = super::refresh(&app, Some("shop"), shop["refresh_token"].as_str().unwrap(), &[]).await.json();
    let own = [("client_id", "own"), ("redirect_uri", "https://own.example/callback")];
    let answer = browser.open(&request(&own)).await;
    let own =
        super::exchange_as(&app, Some("own"), &member(&answer, "code"), &[own[1], ("code_verifier", super::VERIFIER)])
            .await
            .json();

    let role = |tokens: &Value| claims_of(tokens["access_token"].as_str().unwrap()).role.unwrap().as_str().to_owned();
    assert_eq!([role(&shop), role(&next), role(&own)], ["user", "user", "admin"]);
    let password = json!({ "password": ADMIN_PASSWORD });
    let reauthenticated = app.post_as(shop["access_token"].as_str().unwrap(), "/reauthenticate", &password).await;
    assert_eq!(reauthenticated.code(), (403, "forbidden"));
}

async fn a_client_of_the_same_name_inherits_no_consent(database: Database) {
    let app = app(&database).await;
    let mut browser = Browser::new(&app);
    tokens(&app, &mut browser, "openid").await;
    let admin = app.token_of("admin").await;

    let deleted = send(app.request("DELETE", "/clients/shop").bearer_auth(&admin)).await;
    insert_application(&database, "shop", "web", CALLBACK, "");

    assert_eq!(deleted.status, 204, "{deleted:?}");
    let answer = browser.open(&request(&[("prompt", "none")])).await;
    assert_eq!(member(&answer, "error"), "consent_required");
}

async fn a_head_request_issues_nothing(database: Database) {
    let app = app(&database).await;
    let mut browser = Browser::new(&app);
    tokens(&app, &mut browser, "openid").await;

    let head = browser.request(reqwest::Method::HEAD, &request(&[]));

    assert_eq!(browser.send(head).await.status, 405);
}
