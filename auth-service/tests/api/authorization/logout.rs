//! Logouts that an application asks for.

use super::{CALLBACK, app, log_in, member, request, tokens, use_token};
use crate::support::{Browser, Database, form_of};

on_both_databases!(
    row_57_the_user_goes_back_to_a_registered_uri_only,
    row_58_without_the_id_token_of_this_session_the_user_is_asked,
    row_59_a_logout_ends_the_session_and_all_beneath_it,
    row_59_without_the_cookie_an_application_still_ends_its_own_session,
    a_hint_whose_key_is_gone_asks_the_user,
    a_password_change_ends_the_sessions_of_browsers_too,
);

fn logout(more: &[(&str, &str)]) -> String {
    format!("/oauth/logout?{}", serde_urlencoded::to_string(more).unwrap())
}

async fn row_57_the_user_goes_back_to_a_registered_uri_only(database: Database) {
    let app = app(&database).await;
    let mut browser = Browser::new(&app);
    let tokens = tokens(&app, &mut browser, "openid").await;
    let hint = ("id_token_hint", tokens["id_token"].as_str().unwrap());

    for uri in
        ["https://evil.example/", "https://shop.example/callback/", "https://shop.example", "javascript:alert(1)"]
    {
        let answer = browser.open(&logout(&[hint, ("post_logout_redirect_uri", uri)])).await;
        assert_eq!((answer.status, answer.header("location")), (400, None), "{uri}");
    }
    for more in [[("client_id", "own"), hint], [("state", "x"), ("id_token_hint", "a.b.c")]] {
        let answer = browser.open(&logout(&[&more[..], &[("post_logout_redirect_uri", CALLBACK)]].concat())).await;
        assert_eq!((answer.status, answer.header("location")), (400, None), "{more:?}");
    }
    assert_eq!(use_token(&app, &tokens).await, 200);
    let fields = [hint, ("post_logout_redirect_uri", CALLBACK), ("state", "a b")];
    let answer = browser.post("/oauth/logout", &fields).await;
    assert_eq!((answer.status, member(&answer, "state")), (303, "a b".into()));
    assert!(answer.header("location").unwrap().starts_with(CALLBACK));
    assert_eq!((browser.cookie("auth_session"), use_token(&app, &tokens).await), (None, 401));
}

async fn row_58_without_the_id_token_of_this_session_the_user_is_asked(database: Database) {
    let app = app(&database).await;
    let (mut browser, mut other) = (Browser::new(&app), Browser::new(&app));
    let here = tokens(&app, &mut browser, "openid").await;
    let elsewhere = tokens(&app, &mut other, "openid").await;
    let foreign = ("id_token_hint", elsewhere["id_token"].as_str().unwrap());

    for more in [&[][..], &[("client_id", "shop")], &[foreign]] {
        let page = browser.open(&logout(more)).await;
        assert_eq!((page.status, form_of(&page).action), (200, "/oauth/logout/confirm".into()), "{more:?}");
        assert_eq!(use_token(&app, &here).await, 200);
    }
    let page = browser.open(&logout(&[("client_id", "shop"), ("post_logout_redirect_uri", CALLBACK)])).await;
    let stayed = browser.submit(&page, &[("decision", "deny")]).await;
    assert_eq!((stayed.header("location"), use_token(&app, &here).await), (Some(CALLBACK), 200));
    let forged = other.submit(&page, &[("decision", "allow")]).await;
    assert_eq!((forged.status, use_token(&app, &elsewhere).await), (400, 200));
    let left = browser.submit(&page, &[("decision", "allow")]).await;
    assert_eq!((left.header("location"), use_token(&app, &here).await), (Some(CALLBACK), 401));
}

async fn row_59_a_logout_ends_the_session_and_all_beneath_it(database: Database) {
    let app = app(&database).await;
    let mut browser = Browser::new(&app);
    let shop = tokens(&app, &mut browser, "openid offline_access").await;
    let direct = app.log_in("alice").await.json();

    let answer = browser.open(&logout(&[("id_token_hint", shop["id_token"].as_str().unwrap())])).await;

    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!((use_token(&app, &shop).await, use_token(&app, &direct).await), (401, 200));
    let refreshed = super::refresh(&app, Some("shop"), shop["refresh_token"].as_str().unwrap(), &[]).await;
    assert_eq!(refreshed.status, 400);
    let page = browser.open(&request(&[])).await;
    assert_eq!(form_of(&page).action, "/authorize/login");
}

async fn row_59_without_the_cookie_an_application_still_ends_its_own_session(database: Database) {
    let app = app(&database).await;
    let shop = tokens(&app, &mut Browser::new(&app), "openid offline_access").await;

    let hint = [("id_token_hint", shop["id_token"].as_str().unwrap()), ("post_logout_redirect_uri", CALLBACK)];
    let answer = Browser::new(&app).open(&logout(&hint)).await;

    assert_eq!((answer.header("location"), use_token(&app, &shop).await), (Some(CALLBACK), 401));
}

async fn a_hint_whose_key_is_gone_asks_the_user(database: Database) {
    let app = app(&database).await;
    let mut browser = Browser::new(&app);
    let shop = tokens(&app, &mut browser, "openid").await;

    let page = browser.open(&logout(&[("id_token_hint", "a.b.c"), ("client_id", "shop")])).await;

    assert_eq!((form_of(&page).action, use_token(&app, &shop).await), ("/oauth/logout/confirm".into(), 200));
}

async fn a_password_change_ends_the_sessions_of_browsers_too(database: Database) {
    let app = app(&database).await;
    let mut browser = Browser::new(&app);
    let shop = tokens(&app, &mut browser, "openid").await;
    let token = app.token_of("alice").await;

    let body =
        serde_json::json!({ "current_password": crate::support::PASSWORD, "new_password": "another long password" });
    let changed = service_kit::testing::send(app.request("PUT", "/me/password").bearer_auth(&token).json(&body)).await;

    assert_eq!((changed.status, use_token(&app, &shop).await), (200, 401), "{changed:?}");
    let page = browser.open(&request(&[])).await;
    assert_eq!(form_of(&page).action, "/authorize/login");
    let wrong = log_in(&mut browser, &page).await;
    assert_eq!(wrong.status, 401);
}
