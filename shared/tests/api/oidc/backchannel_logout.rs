//! Row 60, from the application's side.

use serde_json::{Value, json};
use shared::UnixTime;

use super::{Login, id_token, signed};
use crate::support::{Response, post, with, without};

const LOGOUT: &str = "logout+jwt";

impl Login {
    async fn announce(&self, token: &str) -> Response {
        let form = post("/backchannel-logout").insert_header(("Content-Type", "application/x-www-form-urlencoded"));
        self.app.send(form.set_payload(format!("logout_token={token}"))).await
    }
}

#[actix_web::test]
async fn row_60_a_logout_at_the_issuer_ends_the_session() {
    for other in ["sub", "sid"] {
        let app = Login::new().await;
        app.log_in(900).await;

        let response = app.announce(&signed(LOGOUT, &without(app.logout_claims(), other))).await;

        assert_eq!((response.status, response.header("Cache-Control")), (200, Some("no-store")));
        assert!(!app.is_signed_in().await, "without {other}");
    }
}

#[actix_web::test]
async fn row_60_other_sessions_go_on() {
    let app = Login::new().await;
    app.log_in(900).await;

    for (claim, value) in [("sid", "another-session"), ("sub", "8")] {
        let claims = with(with(app.logout_claims(), claim, value), "jti", value);
        assert_eq!(app.announce(&signed(LOGOUT, &claims)).await.status, 200);
    }

    assert!(app.is_signed_in().await);
}

#[actix_web::test]
async fn row_60_a_logout_token_is_used_once() {
    let app = Login::new().await;
    let token = signed(LOGOUT, &app.logout_claims());
    let first = app.announce(&token).await;
    app.log_in(900).await;

    let second = app.announce(&token).await;

    assert_eq!((first.status, second.refusal().0, second.refusal().1), (200, 400, "invalid_request"));
    assert!(app.is_signed_in().await);
}

#[actix_web::test]
async fn row_60_whatever_is_no_logout_token_of_the_issuer_for_this_client_is_refused() {
    let app = Login::new().await;
    app.log_in(900).await;
    let good = app.logout_claims();
    let now = UnixTime::now().seconds();
    let event = "http://schemas.openid.net/event/backchannel-logout";
    let changed: Vec<Value> = [
        ("iss", json!("https://evil.example")),
        ("aud", json!("another-client")),
        ("exp", json!(now - 1)),
        ("iat", json!(now + 120)),
        ("nonce", json!("a-nonce")),
        ("events", json!({})),
        ("events", json!({ event: true })),
        ("events", json!([event])),
        ("jti", json!("")),
        ("jti", json!(7)),
        ("sid", json!(7)),
    ]
    .into_iter()
    .map(|(claim, value)| with(good.clone(), claim, value))
    .chain(["iss", "aud", "exp", "iat", "jti", "events"].map(|claim| without(good.clone(), claim)))
    .chain([without(without(good.clone(), "sub"), "sid")])
    .collect();

    for claims in changed {
        assert_eq!(app.announce(&signed(LOGOUT, &claims)).await.status, 400, "{claims}");
    }
    for token in ["", "a.b.c", &*signed("JWT", &good), &*signed("at+jwt", &good), &*id_token(&good)] {
        assert_eq!(app.announce(token).await.status, 400, "{token}");
    }
    assert_eq!(app.app.send(post("/backchannel-logout")).await.status, 400);
    assert_eq!(app.announce(&"a".repeat(30_000)).await.status, 400);
    assert!(app.is_signed_in().await);
}
