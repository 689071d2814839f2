//! A user without a mouse: every control of a login page is reached by the Tab key, and shows that it has the focus.

use crate::{
    demo_cluster::DemoCluster,
    in_a_browser,
    screen::DESKTOP,
    web_driver::{Browser, ENTER, TAB},
};

/// What has the focus: its id or its text.
const FOCUSED: &str = "const one = document.activeElement; return one.id || one.innerText";
/// Whether it can be seen that an element has the focus: an outline around it, and the element itself on the screen.
const IS_MARKED: &str = "const one = document.activeElement; \
    const { outlineStyle, outlineWidth } = getComputedStyle(one); \
    const { top, bottom } = one.getBoundingClientRect(); \
    return outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2 && top >= 0 && bottom <= innerHeight";

#[actix_web::test]
async fn a_user_without_a_mouse_registers_consents_and_logs_out() {
    in_a_browser(async |browser| {
        let cluster = DemoCluster::start().await;
        browser.look(DESKTOP, "light").await;
        browser.run_scripts(false).await;
        browser.go_to(&format!("{}/login", cluster.demo)).await;
        tabs_through(browser, &["username", "password", "Log in", "Cancel", "Create an account"]).await;

        browser.press(ENTER).await;
        browser.until("return !!document.querySelector(\"form[action$='/authorize/register']\")").await;
        tabs_through(browser, &["username", "password", "Create account", "Cancel", "Log in"]).await;
        browser.go_to(&format!("{}/login", cluster.demo)).await;
        browser.press(&format!("user_01{TAB}a wrong password{ENTER}")).await;
        browser.until("return !!document.querySelector('[role=alert]')").await;
        assert_eq!(browser.focused().await, "password");

        browser.press(&format!("1234{ENTER}")).await;
        browser.until("return !!document.querySelector(\"form[action$='/authorize/consent']\")").await;
        browser.press(TAB).await;
        tabs_through(browser, &["Allow", "Deny"]).await;
        browser.go_to(&format!("{}/account", cluster.demo)).await;
        browser.press(&format!("{TAB}{ENTER}")).await;
        browser.until_text("main", "Hello user_01").await;

        browser.go_to(&format!("{}/oauth/logout?client_id=demo", cluster.issuer.url())).await;
        browser.press(TAB).await;
        tabs_through(browser, &["Log out", "Stay logged in"]).await;
        browser.go_to(&format!("{}/oauth/logout?client_id=demo", cluster.issuer.url())).await;
        browser.press(&format!("{TAB}{ENTER}")).await;
        browser.until_text("h1", "You are logged out").await;
        assert_eq!(browser.messages().await, [""; 0]);
    })
    .await;
}

/// From the control that has the focus, by the Tab key through these, each of which shows it.
async fn tabs_through(browser: &Browser, controls: &[&str]) {
    for (number, control) in controls.iter().enumerate() {
        if number > 0 {
            browser.press(TAB).await;
        }
        assert_eq!(browser.run(FOCUSED).await, *control);
        assert_eq!(browser.run(IS_MARKED).await, true, "{control}");
    }
}
