//! Applications, requests, answers and tokens for the tests.

use std::rc::Rc;

use actix_web::{
    App,
    body::to_bytes,
    http::header::HeaderMap,
    test::{TestRequest, call_service, init_service},
    web::{Data, ServiceConfig},
};
use futures_util::future::{FutureExt, LocalBoxFuture};
use serde_json::{Value, json};
use shared::{
    Claims, TokenVerifier,
    errors::ErrorBody,
    testing::{KID, claims, mint_raw},
};

/// An application in memory.
pub(crate) struct TestApp(Box<dyn Fn(TestRequest) -> LocalBoxFuture<'static, Answer>>);

/// An answer, read to its end.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
    error: Option<ErrorBody>,
}

impl TestApp {
    /// An application whose routes and data `configure` puts in.
    pub(crate) async fn new(configure: impl FnOnce(&mut ServiceConfig)) -> Self {
        let service = Rc::new(init_service(App::new().configure(configure)).await);
        Self(Box::new(move |request| {
            let service = Rc::clone(&service);
            async move {
                let answer = call_service(&*service, request.to_request()).await;
                let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
                let body = to_bytes(answer.into_body()).await.unwrap();
                Answer::new(status, headers, String::from_utf8(body.to_vec()).unwrap())
            }
            .boxed_local()
        }))
    }

    /// An application that takes the tokens of `verifier`.
    pub(crate) async fn verifying(verifier: TokenVerifier, configure: impl FnOnce(&mut ServiceConfig)) -> Self {
        Self::new(|app| configure(app.app_data(Data::new(verifier)))).await
    }

    pub(crate) async fn answer(&self, request: TestRequest) -> Answer {
        (self.0)(request).await
    }

    pub(crate) async fn get(&self, path: &str, token: &str) -> Answer {
        self.answer(get(path).insert_header(bearer(token))).await
    }
}

impl Answer {
    pub(crate) fn new(status: u16, headers: HeaderMap, text: String) -> Self {
        let error = serde_json::from_str(&text).ok();
        Self { status, headers, text, error }
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    pub(crate) fn challenge(&self) -> Option<&str> {
        self.header("WWW-Authenticate")
    }

    /// Status, code and message of an answer that turns the request away.
    pub(crate) fn refusal(&self) -> (u16, &str, &str) {
        let error = self.error.as_ref().unwrap_or_else(|| panic!("no error body: {self:?}"));
        (self.status, &error.error, &error.message)
    }
}

pub(crate) fn get(path: &str) -> TestRequest {
    TestRequest::get().uri(path)
}

pub(crate) fn post(path: &str) -> TestRequest {
    TestRequest::post().uri(path)
}

pub(crate) fn bearer(token: &str) -> (&'static str, String) {
    ("Authorization", format!("Bearer {token}"))
}

/// The same claims but for one change.
pub(crate) fn but(mut claims: Claims, change: impl FnOnce(&mut Claims)) -> Claims {
    change(&mut claims);
    claims
}

/// The header of a good token.
pub(crate) fn header() -> Value {
    json!({ "alg": "RS256", "typ": "at+jwt", "kid": KID })
}

/// The claims of a good token.
pub(crate) fn payload() -> Value {
    serde_json::to_value(claims("alice", "user")).unwrap()
}

/// The same object with this member.
pub(crate) fn with(mut object: Value, name: &str, value: impl Into<Value>) -> Value {
    object[name] = value.into();
    object
}

/// The same object without this member.
pub(crate) fn without(mut object: Value, name: &str) -> Value {
    object.as_object_mut().unwrap().remove(name).unwrap();
    object
}

/// A token with this header and these claims, signed with the fixed key whatever they say.
pub(crate) fn token(header: &Value, payload: &Value) -> String {
    mint_raw(&header.to_string(), &payload.to_string())
}
