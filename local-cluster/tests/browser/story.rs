//! What the page is for: a login, what replicas accept, and what they reject within seconds.

use std::time::{Duration, Instant};

use actix_web::rt;
use futures_util::future::join_all;
use service_kit::testing::Api;

use crate::{
    screen::{DESKTOP, Screen, assert_is_light, assert_is_sound, requests_per_replica},
    support::RunningCluster,
    web_driver::Browser,
};

/// How much the seconds on the page may differ from what the replicas did.
const TOLERANCE: Duration = Duration::from_millis(300);

/// From a registration to a logout.
pub async fn story(browser: &Browser, cluster: &RunningCluster, screen: Screen) {
    browser.look(screen, "light").await;
    browser.open(&format!("{}/", cluster.auth.url())).await;
    assert_is_light(browser).await;
    assert_is_sound(browser, screen, "before-login").await;

    // Register, which logs in.
    browser.type_into("#username", "mary").await;
    browser.type_into("#password", "a fine long pass").await;
    browser.click("#register").await;
    browser.until_text("#login-result", "Logged in as mary").await;
    assert!(browser.text("#token-claims").await.contains("Subject: the username"));
    assert!(browser.text("#expiry-text").await.starts_with("Expires in 14:"));

    // Protected routes.
    for (path, status) in [("/dashboard", "200"), ("/profile", "200"), ("/admin", "403"), ("/users", "403")] {
        browser.click(&format!("[data-path='{path}']")).await;
        let answer = browser.until_text("#answer", &format!("GET {path}")).await;
        let server = if path == "/users" { "from auth-1" } else { "from resource-" };
        assert!(answer.starts_with(status) && answer.contains(server) && answer.contains("curl -s '"), "{answer}");
    }

    // How requests spread over the replicas.
    browser.click("#spread").await;
    browser.until_text("#spread-hint", "30 requests, all accepted").await;
    let counts = requests_per_replica(browser).await;
    assert_eq!((counts.len(), counts.iter().sum::<u64>()), (3, 30));
    browser.click("#compare").await;
    browser.until("return document.querySelectorAll('#comparison .tile.good').length === 3").await;
    if screen.name == DESKTOP.name {
        browser.picture("#call", "playground").await;
    }

    // A role change makes the token stale, and a refresh returns the new role.
    browser.click("#revoke .as-admin").await;
    browser.until("return !document.querySelector('#change-role').disabled").await;
    assert_seconds_are_right(browser, cluster, ("#change-role", "mary is editor now"), "claims_stale").await;
    browser.click("#refresh").await;
    let is_editor = "return [...document.querySelectorAll('#tiles .tile.good')].filter((tile) => \
                     tile.innerText.includes('role: editor')).length === 3";
    browser.until(is_editor).await;

    // A rotation under load.
    browser.click("#rotate").await;
    let result = browser.until_text("#keys-result", "Rotated: ").await;
    assert!(result.ends_with(" 0 failed."), "{result}");
    browser.click("#stop-load").await;
    let ages = browser.text("#key-table").await;
    assert!(ages.contains("previous") && ages.contains("current"), "{ages}");

    // A logout.
    assert_seconds_are_right(browser, cluster, ("#logout", "The session has ended"), "token_revoked").await;

    assert_is_sound(browser, screen, "story").await;
}

/// Clicks a button that ends the validity of the token, and compares the seconds in the tiles with what replicas say.
async fn assert_seconds_are_right(
    browser: &Browser,
    cluster: &RunningCluster,
    (button, result): (&str, &str),
    code: &str,
) {
    let token = browser.text("#raw-token").await;
    let watches = cluster.replicas.iter().map(|replica| rt::spawn(rejection(replica.clone(), token.clone())));
    let watches: Vec<_> = watches.collect();

    // The change happens between these two times.
    let before = Instant::now();
    browser.click(button).await;
    browser.until_text("#revoke-result", result).await;
    let after = Instant::now();
    let rejections = join_all(watches).await;
    browser.until("return document.querySelectorAll('#tiles [data-took]').length === 3").await;

    for (number, rejected) in (1..).zip(rejections) {
        let (at, found) = rejected.unwrap();
        let tile = format!("[data-replica=resource-{number}]");
        let (shown, precision) = (seconds(browser, &tile, "took").await, seconds(browser, &tile, "precision").await);
        // On a busy machine, the browser itself may wait for longer than that between two requests.
        let tolerance = TOLERANCE.max(precision);
        let (least, most) = (at.saturating_duration_since(after), at.saturating_duration_since(before));
        let is_right = shown + tolerance >= least && shown <= most + tolerance;
        assert!(is_right, "{tile}: {shown:?} on the page, {least:?} to {most:?} at the replica");
        assert_eq!(found, code);
        assert!(browser.text(&tile).await.contains(code), "{tile}");
    }
}

/// A duration among the data of an element.
async fn seconds(browser: &Browser, selector: &str, name: &str) -> Duration {
    let found = browser.run(&format!("return +document.querySelector('{selector}').dataset.{name}")).await;
    Duration::from_secs_f64(found.as_f64().unwrap())
}

/// When a replica rejected the token, and why.
async fn rejection(replica: Api, token: String) -> (Instant, String) {
    let response = replica.until_as(&token, "/dashboard", 401).await;
    (Instant::now(), response.code().code)
}
