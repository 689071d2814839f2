//! Parameters that may have no effect, but must not fail.

use super::Suite;
use crate::support::Database;

on_both_databases!(
    oidcc_display_page,
    oidcc_display_popup,
    oidcc_ensure_request_with_unknown_parameter_succeeds,
    oidcc_login_hint,
    oidcc_ui_locales,
    oidcc_claims_locales,
    oidcc_ensure_request_with_acr_values_succeeds,
);

async fn oidcc_display_page(database: Database) {
    succeeds_with(&database, ("display", "page")).await;
}

async fn oidcc_display_popup(database: Database) {
    succeeds_with(&database, ("display", "popup")).await;
}

async fn oidcc_ensure_request_with_unknown_parameter_succeeds(database: Database) {
    succeeds_with(&database, ("extra", "foobar")).await;
}

async fn oidcc_login_hint(database: Database) {
    let mut suite = Suite::start(&database).await;

    let page = suite.open(&[("login_hint", "buffy@login.example.com")]).await;
    suite.log_in(&[("login_hint", "buffy@login.example.com")]).await;

    assert!(page.body.contains("value=\"buffy@login.example.com\""), "{page:?}");
}

async fn oidcc_ui_locales(database: Database) {
    let mut suite = Suite::start(&database).await;

    let supported = suite.open(&[("ui_locales", "se de")]).await;
    let other = suite.open(&[("ui_locales", "se")]).await;
    suite.log_in(&[("ui_locales", "se")]).await;

    let languages = [supported, other].map(|page| page.header("content-language").unwrap().to_owned());
    assert_eq!(languages, ["de", "en"]);
}

async fn oidcc_claims_locales(database: Database) {
    succeeds_with(&database, ("claims_locales", "se")).await;
}

async fn oidcc_ensure_request_with_acr_values_succeeds(database: Database) {
    let mut suite = Suite::start(&database).await;
    let supported = suite.metadata["acr_values_supported"].as_array().unwrap().clone();
    let values: Vec<_> = supported.iter().map(|value| value.as_str().unwrap()).collect();

    let tokens = suite.log_in(&[("acr_values", &values.join(" "))]).await;

    assert!(supported.contains(&tokens.claims["acr"]), "{tokens:?}");
}

async fn succeeds_with(database: &Database, parameter: (&str, &str)) {
    let mut suite = Suite::start(database).await;

    let tokens = suite.log_in(&[parameter]).await;

    assert_eq!(tokens.body["scope"], "openid");
}
