//! Authorization without actix-web.

use std::time::Duration;

use shared::{
    Admin, AuthError, CustomResponse, UnixTime,
    errors::Flaw,
    rules::{Access, RequestParts},
    testing::{claims, mint, verifier},
    verifier::parse_bearer,
};

use crate::support::modified;

struct Request {
    authorization: Option<String>,
}

impl Request {
    fn bearing(token: &str) -> Self {
        Self { authorization: Some(format!("Bearer {token}")) }
    }

    fn token(&self) -> Option<&[u8]> {
        self.authorization.as_ref().and_then(|header| parse_bearer(header.as_bytes()).unwrap())
    }
}

impl RequestParts for Request {
    fn method(&self) -> &'static str {
        "GET"
    }

    fn path(&self) -> &'static str {
        "/reports"
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.authorization.as_deref().filter(|_| name.eq_ignore_ascii_case("authorization"))
    }
}

/// Multi-threaded frameworks need `Send` futures.
fn is_send<T: Send>(future: T) -> T {
    future
}

#[tokio::test]
async fn requests_of_other_frameworks_are_authorized_like_those_of_actix() {
    let verifier = verifier();
    let (admin, user) =
        (Request::bearing(&mint(&claims("root", "admin"))), Request::bearing(&mint(&claims("bob", "user"))));
    let expired = modified(claims("bob", "user"), |claims| claims.exp = UnixTime::now().minus(Duration::from_secs(1)));
    let expired = Request::bearing(&mint(&expired));
    let anonymous = Request { authorization: None };
    let admitted = async |request: &Request| {
        is_send(verifier.authorize::<Admin>(request.token(), request)).await.map(|token| token.sub.clone())
    };

    assert_eq!(admitted(&admin).await, Ok("root".to_owned()));
    assert_eq!(admitted(&user).await.unwrap_err().status_and_code(), (403, "forbidden"));
    assert_eq!(admitted(&expired).await, Err(AuthError::Expired));
    assert_eq!(admitted(&Request::bearing("rubbish")).await, Err(AuthError::Invalid(Flaw::NotCompact)));
    let missing = admitted(&anonymous).await.unwrap_err();
    assert_eq!(missing.status_and_code(), (401, "missing_token"));
    assert_eq!(missing.challenge().as_deref(), Some(r#"Bearer realm="access token""#));
}

#[tokio::test]
async fn the_error_hook_applies_to_other_frameworks() {
    let verifier = verifier().with_error_hook(|_, context| {
        Some(CustomResponse::redirect(format!("/login?next={}", context.request().path())))
    });
    let request = Request { authorization: None };

    let error = verifier.authorize::<Access>(None, &request).await.err().unwrap();

    let AuthError::WithResponse { cause, response } = error else { panic!("{error:?}") };
    assert!(matches!(*cause, AuthError::Missing(_)));
    assert_eq!((response.status(), response.headers().next()), (303, Some(("Location", "/login?next=/reports"))));
}

#[test]
fn the_authentication_scheme_is_case_insensitive() {
    for (header, token) in [
        ("Bearer abc", Ok(Some(&b"abc"[..]))),
        ("bearer   abc", Ok(Some(&b"abc"[..]))),
        ("Basic abc", Ok(None)),
        ("", Ok(None)),
        ("Bearer", Err(AuthError::Invalid(Flaw::NotCompact))),
        ("Bearer ", Err(AuthError::Invalid(Flaw::NotCompact))),
        ("Bearer\tabc", Err(AuthError::Invalid(Flaw::NotCompact))),
    ] {
        assert_eq!(parse_bearer(header.as_bytes()), token, "{header:?}");
    }
}
