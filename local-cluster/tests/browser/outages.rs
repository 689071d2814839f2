//! Servers that are stopped and started from the page.

use service_kit::testing::eventually;

use crate::{
    screen::{DESKTOP, assert_is_sound},
    support::RunningCluster,
    web_driver::Browser,
};

/// Stops the issuer and a replica, and starts them again.
pub async fn outages(browser: &Browser, cluster: &RunningCluster) {
    browser.look(DESKTOP, "light").await;
    browser.open(&format!("{}/", cluster.auth.url())).await;
    browser.click("[data-sample=user_01]").await;
    browser.until_text("#login-result", "Logged in as user_01").await;

    browser.click("button[data-server=auth-1]").await;
    browser.until_text("#plug-result", "auth-1 is stopped").await;
    browser.until_text("div[data-server=auth-1]", "no answer").await;
    assert!(cluster.auth.request("GET", "/health/live").send().await.is_err());
    browser.click("button[data-server=resource-2]").await;
    browser.until_text("#plug-result", "resource-2 is stopped").await;
    browser.until_text("div[data-server=resource-2]", "no answer").await;
    for name in ["resource-1", "resource-3"] {
        browser.until_text(&format!("div[data-server={name}]"), "/dashboard: 3 accepted").await;
    }

    browser.keep_screenshot("outages").await;

    for name in ["auth-1", "resource-2"] {
        browser.click(&format!("button[data-server={name}]")).await;
        browser.until_text("#plug-result", &format!("{name} runs again")).await;
        browser.until(&format!("return document.querySelector('div[data-server={name}].good')")).await;
    }
    eventually(async || (cluster.auth.get("/health/ready").await.status == 200).then_some(())).await;
    assert_is_sound(browser, DESKTOP, "after-outages").await;
}
