//! Logouts that applications are informed of.

use serde_json::json;
use service_kit::testing::eventually;

use super::{AFTER_LOGOUT, Suite};
use crate::authorization::members;
use crate::backchannel::Receiver;
use crate::support::Database;

on_both_databases!(oidcc_backchannel_rp_initiated_logout);

async fn oidcc_backchannel_rp_initiated_logout(database: Database) {
    let (mut suite, receiver) = (Suite::start(&database).await, Receiver::start());
    let uri = receiver.uri("127.0.0.1");
    database.execute(&format!("UPDATE clients SET backchannel_logout_uri = '{uri}' WHERE id = 'suite'"));
    let tokens = suite.log_in(&[]).await;

    let back = [("id_token_hint", &*tokens.id), ("post_logout_redirect_uri", AFTER_LOGOUT), ("state", "st-2")];
    let answer = suite.log_out(&back).await;
    let received = eventually(async || receiver.received().pop()).await;

    assert_eq!(members(&answer), [("state".to_owned(), "st-2".to_owned())]);
    // `token` checks that there is no other parameter.
    let claims = suite.verify(received.token(), "logout+jwt");
    assert_eq!(claims["events"], json!({ "http://schemas.openid.net/event/backchannel-logout": {} }));
    assert!(claims["jti"].is_string() && claims["exp"].is_i64(), "{claims}");
    for name in ["sub", "sid"] {
        assert!(claims[name].is_string() && claims[name] == tokens.claims[name], "{name}: {claims}");
    }
    assert_eq!(claims.get("nonce"), None);
    suite.assert_logged_out().await;
}
