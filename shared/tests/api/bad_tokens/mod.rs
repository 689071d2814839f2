//! Tokens that must be rejected: the verifier says why, the response does not.

mod claims;
mod encoding;
mod headers;
mod json;
mod lifetimes;
mod tampering;

use actix_web::web;
use shared::{
    AuthError::{self, Expired, Invalid},
    Jwt, UnixTime,
    errors::Flaw,
    testing::{claims, mint, verifier},
};

use crate::support::TestApp;

/// Each token is rejected with its error by the verifier, and over HTTP if a header can contain it.
async fn assert_rejected(cases: impl IntoIterator<Item = (String, String, AuthError)>) {
    let verifier = verifier();
    let app = TestApp::verifying(self::verifier(), |app| {
        app.route("/", web::get().to(async |_: Jwt| "allowed"));
    })
    .await;
    for (case, token, expected) in cases {
        assert_eq!(verifier.verify(&token, UnixTime::now()).map(|_| ()), Err(expected.clone()), "{case}");
        if !token.bytes().all(|b| b.is_ascii_graphic()) {
            continue;
        }
        let response = app.get("/", &token).await;
        let (code, message) = match expected {
            Expired => ("token_expired", "Token has expired"),
            _ => ("invalid_token", "Invalid token"),
        };
        assert_eq!(response.refusal(), (401, code, message), "{case}");
        assert_eq!(response.header("Cache-Control"), Some("no-store"), "{case}");
        let challenge = format!(r#"Bearer error="invalid_token", error_description="{message}""#);
        assert_eq!(response.challenge(), Some(&*challenge), "{case}");
    }
}

fn invalid(case: impl Into<String>, token: impl Into<String>, flaw: Flaw) -> (String, String, AuthError) {
    (case.into(), token.into(), Invalid(flaw))
}

fn good_token() -> String {
    mint(&claims("alice", "user"))
}

fn now_and(seconds: i64) -> i64 {
    UnixTime::now().seconds() + seconds
}
