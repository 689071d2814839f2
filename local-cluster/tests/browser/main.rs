//! The playground, Swagger UI and the login pages in Chromium, on the local cluster and behind the load balancer of
//! docker-compose.yml.
//!
//! Screenshots are kept in `target/tmp/screenshots`; `UPDATE_DOCS=1 cargo test -p local-cluster --test browser` also writes those of
//! README.md. Without chromedriver and axe-core (`.ci/interop-venv` installs it) the tests are skipped.
#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests may panic")]

mod balancer;
mod demo_cluster;
mod form_action;
mod keyboard;
mod login;
mod login_pages;
mod outages;
mod screen;
mod story;
#[path = "../support/mod.rs"]
mod support;
mod swagger;
mod web_driver;

use std::rc::Rc;

use actix_web::rt;
use balancer::BalancedCluster;
use screen::{DESKTOP, PHONE};
use support::RunningCluster;
use tokio::sync::Mutex;
use web_driver::Browser;

#[actix_web::test]
async fn the_playground_tells_its_story_on_a_phone() {
    in_a_browser(async |browser| {
        let cluster = RunningCluster::start().await;
        story::story(browser, &cluster, PHONE).await;
    })
    .await;
}

#[actix_web::test]
async fn the_playground_tells_its_story_on_a_desktop() {
    in_a_browser(async |browser| {
        let cluster = RunningCluster::start().await;
        story::story(browser, &cluster, DESKTOP).await;
    })
    .await;
}

#[actix_web::test]
async fn the_playground_shows_that_replicas_outlive_the_issuer_and_one_another() {
    in_a_browser(async |browser| {
        let cluster = RunningCluster::start().await;
        outages::outages(browser, &cluster).await;
    })
    .await;
}

#[actix_web::test]
async fn the_playground_works_behind_the_load_balancer() {
    in_a_browser(async |browser| {
        let Some(cluster) = BalancedCluster::start().await else { return };
        balancer::story(browser, &cluster).await;
    })
    .await;
}

/// Several browsers at a time would slow each other down.
static ONE_AT_A_TIME: Mutex<()> = Mutex::const_new(());

/// Runs a test in a browser, which is ended also if the test fails.
async fn in_a_browser(test: impl AsyncFnOnce(&Browser) + 'static) {
    let _turn = ONE_AT_A_TIME.lock().await;
    let Some(browser) = Browser::start().await.map(Rc::new) else { return };
    let used = Rc::clone(&browser);
    let ended = rt::spawn(async move { test(&used).await }).await;
    browser.quit().await;
    ended.unwrap();
}
