//! How logout tokens are sent.

use std::net::{Ipv4Addr, TcpListener};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use service_kit::testing::eventually;

use super::{Receiver, app, insert_notices, log_in, make_due, sids, until_waiting, uuid_of};
use crate::support::{Database, TestApp, config_for, payload_of};

on_both_databases!(
    row_60_an_application_gets_a_logout_token_in_a_form,
    row_60_two_nodes_send_each_notice_once,
    row_60_a_refused_notice_is_sent_again,
    row_60_a_notice_waits_for_an_application_that_is_away,
    row_60_no_redirect_is_followed,
    row_60_a_notice_is_given_up_after_a_day,
    a_client_that_expects_no_logout_tokens_any_more_gets_none,
);

async fn row_60_an_application_gets_a_logout_token_in_a_form(database: Database) {
    let receiver = Receiver::start();
    let app = app(&database, &receiver.uri("127.0.0.1")).await;
    let tokens = log_in(&app).await;
    let id_token = payload_of(tokens["id_token"].as_str().unwrap());

    let token = app.token_of("alice").await;
    assert_eq!(app.post_as(&token, "/logout-all", &json!({})).await.status, 200);
    let received = eventually(async || receiver.received().pop()).await;
    until_waiting(&database, &[]).await;

    assert_eq!(received.path, "/backchannel-logout");
    let header = URL_SAFE_NO_PAD.decode(received.token().split('.').next().unwrap()).unwrap();
    let header: Value = serde_json::from_slice(&header).unwrap();
    assert_eq!((&header["typ"], &header["alg"]), (&json!("logout+jwt"), &json!("RS256")));
    let claims = received.claims();
    for name in ["iss", "sub", "aud", "sid"] {
        assert_eq!(claims[name], id_token[name], "{name}");
    }
    assert_eq!(claims["events"], json!({ "http://schemas.openid.net/event/backchannel-logout": {} }));
    assert!(claims["jti"].is_string() && claims["iat"].is_i64() && claims["nonce"].is_null(), "{claims}");
    assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 120);
    assert_eq!(receiver.received().len(), 1);
}

async fn row_60_two_nodes_send_each_notice_once(database: Database) {
    const COUNT: usize = 50;
    let receiver = Receiver::start();
    let app = app(&database, &receiver.uri("127.0.0.1")).await;
    let mut config = config_for(&database);
    config.backchannel.private_addresses = true;
    let _other = TestApp::spawn_with(database.clone(), config).await;

    insert_notices(&database, COUNT);
    until_waiting(&database, &[]).await;

    let expected: Vec<_> = (0..COUNT).map(uuid_of).collect();
    assert_eq!(sids(&receiver.received()), expected);
    let metrics = app.until_matching("/metrics", |it| it.sample("logout_notices_waiting") == Some("0")).await;
    assert!(metrics.sample("logout_notices_sent_total").is_some(), "{metrics:?}");
}

async fn row_60_a_refused_notice_is_sent_again(database: Database) {
    let receiver = Receiver::start();
    let app = app(&database, &receiver.uri("127.0.0.1")).await;
    receiver.respond(&[500, 400, 204]);

    insert_notices(&database, 1);
    until_waiting(&database, &["1"]).await;
    app.until_matching("/metrics", |it| it.sample("logout_notices_waiting") == Some("1")).await;
    make_due(&database);
    until_waiting(&database, &["2"]).await;
    make_due(&database);
    until_waiting(&database, &[]).await;

    assert_eq!(sids(&receiver.received()), [uuid_of(0), uuid_of(0), uuid_of(0)]);
    let ids: Vec<_> = receiver.received().iter().map(|it| it.claims()["jti"].clone()).collect();
    assert!(ids[0] != ids[1] && ids[1] != ids[2] && ids[0] != ids[2], "{ids:?}");
}

async fn row_60_a_notice_waits_for_an_application_that_is_away(database: Database) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let _app = app(&database, &format!("http://{address}/backchannel-logout")).await;

    insert_notices(&database, 1);
    until_waiting(&database, &["1"]).await;
    let receiver = Receiver::start_on(TcpListener::bind(address).unwrap());
    make_due(&database);
    until_waiting(&database, &[]).await;

    assert_eq!(sids(&receiver.received()), [uuid_of(0)]);
}

async fn row_60_no_redirect_is_followed(database: Database) {
    let receiver = Receiver::start();
    let _app = app(&database, &receiver.uri("127.0.0.1")).await;
    receiver.respond(&[302, 307]);

    insert_notices(&database, 1);
    until_waiting(&database, &["1"]).await;
    make_due(&database);
    until_waiting(&database, &["2"]).await;

    let paths: Vec<_> = receiver.received().into_iter().map(|it| it.path).collect();
    assert_eq!(paths, ["/backchannel-logout", "/backchannel-logout"]);
}

async fn row_60_a_notice_is_given_up_after_a_day(database: Database) {
    let receiver = Receiver::start();
    let _app = app(&database, &receiver.uri("127.0.0.1")).await;
    receiver.respond(&[500, 500]);
    insert_notices(&database, 1);
    until_waiting(&database, &["1"]).await;

    database.execute("UPDATE logout_notices SET created_at = created_at - 86400, due_at = 0");
    until_waiting(&database, &[]).await;

    assert_eq!(receiver.received().len(), 2);
}

async fn a_client_that_expects_no_logout_tokens_any_more_gets_none(database: Database) {
    let receiver = Receiver::start();
    let _app = app(&database, &receiver.uri("127.0.0.1")).await;
    database.execute("UPDATE clients SET backchannel_logout_uri = NULL");

    insert_notices(&database, 1);
    until_waiting(&database, &[]).await;

    assert!(receiver.received().is_empty());
}
