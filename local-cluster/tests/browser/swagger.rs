//! Swagger UI at `/docs` of both services.

use serde_json::json;

use crate::{in_a_browser, screen::DESKTOP, support::RunningCluster, web_driver::Browser};

#[actix_web::test]
async fn a_token_is_entered_once_and_requests_are_sent_with_it() {
    in_a_browser(async |browser| {
        let cluster = RunningCluster::start().await;
        let token = token_of_admin(&cluster).await;
        let (issuer, replica) = (cluster.auth.url(), cluster.replicas[0].url());
        for (service, operation) in [(issuer, "Own_account-me"), (replica, "Tutorial-dashboard")] {
            executes(browser, service, operation, &token).await;
        }
    })
    .await;
}

async fn token_of_admin(cluster: &RunningCluster) -> String {
    let login = cluster.auth.post("/login", &json!({ "username": "admin", "password": "admin123" })).await;
    login.json()["access_token"].as_str().unwrap().to_owned()
}

async fn executes(browser: &Browser, service: &str, operation: &str, token: &str) {
    browser.look(DESKTOP, "light").await;
    browser.go_to(&format!("{service}/docs")).await;
    browser.until("return document.querySelectorAll('.opblock').length > 5").await;

    browser.click(".auth-wrapper button.authorize").await;
    browser.until("return !!document.querySelector('.auth-container input[type=text]')").await;
    browser.type_into("#auth-bearer-value", token).await;
    browser.click(".auth-container button.authorize").await;
    browser.until("return !!document.querySelector('.auth-container .btn.modal-btn.auth:not(.authorize)')").await;
    browser.click(".auth-container .btn-done").await;

    browser.click(&format!("#operations-{operation} .opblock-summary-control")).await;
    browser.until(&format!("return !!document.querySelector('#operations-{operation} button.execute')")).await;
    browser.click(&format!("#operations-{operation} button.execute")).await;
    let response = format!("#operations-{operation} .live-responses-table");
    let shown = browser.until_text(&response, "\"admin\"").await;

    assert!(shown.contains("200"), "{shown}");
    assert_eq!(browser.messages().await, [""; 0]);
}
