//! A user logs in to an application on the pages of the issuer, with and without scripts.

use crate::{
    demo_cluster::DemoCluster,
    in_a_browser,
    screen::{DESKTOP, PHONE, Screen, assert_is_sound},
    web_driver::Browser,
};

const USERNAME: &str = "user_01";
const PASSWORD: &str = "1234";

#[actix_web::test]
async fn a_user_logs_in_to_an_application_and_out_of_it_on_a_phone() {
    in_a_browser(async |browser| with_and_without_scripts(browser, PHONE).await).await;
}

#[actix_web::test]
async fn a_user_logs_in_to_an_application_and_out_of_it_on_a_desktop() {
    in_a_browser(async |browser| with_and_without_scripts(browser, DESKTOP).await).await;
}

async fn with_and_without_scripts(browser: &Browser, screen: Screen) {
    let cluster = DemoCluster::start().await;
    for has_scripts in [false, true] {
        browser.forget_cookies().await;
        browser.run_scripts(has_scripts).await;
        story(browser, &cluster, screen, if has_scripts { "scripts" } else { "no-scripts" }).await;
    }
}

/// From the front page of the application to a logout.
async fn story(browser: &Browser, cluster: &DemoCluster, screen: Screen, mode: &str) {
    let DemoCluster { demo, .. } = cluster;
    let check = async |moment: &str| assert_is_sound(browser, screen, &format!("login-{moment}-{mode}")).await;
    browser.look(screen, "light").await;
    browser.go_to(&format!("{demo}/")).await;
    check("1-front").await;

    // The login page, which has the keyboard in its first field.
    browser.click("a[href='/login']").await;
    browser.until_text("main", "to continue to demo").await;
    assert_eq!(browser.focused().await, "username");
    check("2-page").await;

    // A wrong password: the name stays, and the password is typed again.
    browser.type_into("#username", USERNAME).await;
    browser.type_into("#password", "a wrong password").await;
    browser.click("main form .primary").await;
    browser.until_text("[role=alert]", "Wrong username or password.").await;
    assert_eq!(browser.focused().await, "password");
    assert_eq!(browser.run("return document.querySelector('#username').value").await, USERNAME);
    check("3-wrong").await;

    browser.type_into("#password", PASSWORD).await;
    browser.click("main form .primary").await;
    if mode == "no-scripts" {
        // Asked once: the answer is remembered for the user.
        let asked = browser.until_text("main", "asks for access to your account").await;
        assert!(asked.contains("demo") && asked.contains("localhost") && asked.contains(USERNAME), "{asked}");
        check("4-consent").await;
        browser.click("[value=allow]").await;
    }
    let account = browser.until_text("main", &format!("Hello {USERNAME}")).await;
    assert!(account.contains("Welcome to your dashboard!") && account.contains("auth_time"), "{account}");
    assert_eq!(browser.url().await, format!("{demo}/account"));
    check("5-account").await;

    // The application has forgotten its user, but the issuer has not: no password is asked for.
    browser.forget_cookies_named("app_").await;
    browser.go_to(&format!("{demo}/")).await;
    browser.click("a[href='/login']").await;
    browser.until_text("main", &format!("Hello {USERNAME}")).await;
    browser.go_to(&format!("{demo}/")).await;
    browser.until_text("main", &format!("You are logged in as {USERNAME}")).await;
    check("6-front-again").await;

    // A logout at the application is one at the issuer, which asks for the password the next time.
    browser.click("form[action='/logout'] button").await;
    browser.until("return !!document.querySelector(\"a[href='/login']\")").await;
    assert_eq!(browser.url().await, format!("{demo}/"));
    check("7-logged-out").await;
    browser.go_to(&format!("{demo}/account")).await;
    browser.until_text("main", "to continue to demo").await;
}
