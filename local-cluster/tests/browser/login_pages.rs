//! The pages of logins that few users see.

use auth_service::Config;
use service_kit::testing::Api;
use shared::Secret;
use tempfile::TempDir;

use crate::{
    demo_cluster::DemoCluster,
    in_a_browser,
    screen::{DESKTOP, PHONE, assert_is_sound},
    web_driver::Browser,
};

#[actix_web::test]
async fn a_user_registers_on_the_way_to_an_application_and_cancels_a_login() {
    in_a_browser(async |browser| {
        let cluster = DemoCluster::start().await;
        browser.look(PHONE, "light").await;
        browser.run_scripts(false).await;
        browser.go_to(&format!("{}/login", cluster.demo)).await;
        browser.click("main .other a").await;
        browser.until_text("h1", "Create an account").await;
        browser.type_into("#username", "mary").await;
        browser.type_into("#password", "password1").await;
        browser.click("main form .primary").await;
        browser.until_text("[role=alert]", "most common").await;
        on_both_screens(browser, "register").await;

        browser.type_into("#password", "a fine long pass").await;
        browser.click("main form .primary").await;
        browser.until_text("main", "asks for access to your account").await;
        browser.click("[value=deny]").await;
        browser.until_text("main", "cancelled").await;
        on_both_screens(browser, "cancelled").await;

        browser.forget_cookies().await;
        browser.go_to(&format!("{}/login", cluster.demo)).await;
        browser.click("[value=deny]").await;
        browser.until_text("main", "cancelled").await;
    })
    .await;
}

#[actix_web::test]
async fn a_page_says_what_is_wrong_with_a_request() {
    in_a_browser(async |browser| {
        let cluster = DemoCluster::start().await;
        let issuer = cluster.issuer.url();
        for (name, path, title) in [
            ("unknown-client", "/authorize?client_id=nobody", "Unknown application"),
            (
                "unknown-redirect",
                "/authorize?client_id=demo&redirect_uri=https%3A%2F%2Fevil.example",
                "cannot be trusted",
            ),
            ("expired", "/authorize/login?interaction=old", "This page has expired"),
            ("logged-out", "/oauth/logout", "You are logged out"),
        ] {
            browser.go_to(&format!("{issuer}{path}")).await;
            browser.until_text("h1", title).await;
            on_both_screens(browser, name).await;
        }
    })
    .await;
}

#[actix_web::test]
async fn a_user_is_asked_before_a_logout_that_somebody_else_may_have_asked_for() {
    in_a_browser(async |browser| {
        let cluster = DemoCluster::start().await;
        browser.look(PHONE, "light").await;
        browser.go_to(&format!("{}/login", cluster.demo)).await;
        browser.type_into("#username", "user_01").await;
        browser.type_into("#password", "1234").await;
        browser.click("main form .primary").await;
        browser.until_text("h1", "Allow access?").await;

        browser.go_to(&format!("{}/oauth/logout?client_id=demo", cluster.issuer.url())).await;
        browser.until_text("h1", "Log out?").await;
        on_both_screens(browser, "logout").await;
        browser.click("[value=allow]").await;
        browser.until_text("h1", "You are logged out").await;
    })
    .await;
}

#[actix_web::test]
async fn the_home_page_says_what_the_service_is() {
    in_a_browser(async |browser| {
        let folder = TempDir::new().unwrap();
        let mut config = Config::default();
        config.listen.set_port(0);
        config.database.url = Secret::new(format!("sqlite://{}", folder.path().join("auth.db").display()));
        let app = auth_service::App::build(config).await.unwrap();
        let url = app.url();
        let server = actix_web::rt::spawn(async { app.run().await.unwrap() });
        Api::at(&*url).until("/health/ready", 200).await;

        browser.go_to(&format!("{url}/")).await;
        on_both_screens(browser, "home").await;
        server.abort();
    })
    .await;
}

async fn on_both_screens(browser: &Browser, moment: &str) {
    for screen in [PHONE, DESKTOP] {
        assert_is_sound(browser, screen, &format!("login-{moment}")).await;
    }
    browser.look(PHONE, "light").await;
}
