//! Applications, requests, responses, tokens and time for the tests.

use std::{
    fs,
    path::{Path, PathBuf},
    rc::Rc,
    time::Duration,
};

use actix_web::{
    App,
    body::to_bytes,
    http::header::HeaderMap,
    test::{TestRequest, call_service, init_service},
    web::{Data, ServiceConfig},
};
use futures_util::future::{FutureExt, LocalBoxFuture};
use serde_json::{Value, json};
use service_kit::testing::eventually;
use shared::{
    Claims, TokenVerifier,
    errors::ErrorBody,
    testing::{KID, claims, jwks, mint_raw},
};
use tokio::time;

/// An application without a network.
pub(crate) struct TestApp(Box<dyn Fn(TestRequest) -> LocalBoxFuture<'static, Response>>);

/// A response with its whole body.
#[derive(Debug)]
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
    error: Option<ErrorBody>,
}

impl TestApp {
    /// An application with the routes and data of `configure`.
    pub(crate) async fn new(configure: impl FnOnce(&mut ServiceConfig)) -> Self {
        let service = Rc::new(init_service(App::new().configure(configure)).await);
        Self(Box::new(move |request| {
            let service = Rc::clone(&service);
            async move {
                let response = call_service(&*service, request.to_request()).await;
                let (status, headers) = (response.status().as_u16(), response.headers().clone());
                let body = to_bytes(response.into_body()).await.unwrap();
                Response::new(status, headers, String::from_utf8(body.to_vec()).unwrap())
            }
            .boxed_local()
        }))
    }

    /// An application that verifies tokens with `verifier`.
    pub(crate) async fn verifying(verifier: TokenVerifier, configure: impl FnOnce(&mut ServiceConfig)) -> Self {
        Self::new(|app| configure(app.app_data(Data::new(verifier)))).await
    }

    pub(crate) async fn send(&self, request: TestRequest) -> Response {
        (self.0)(request).await
    }

    pub(crate) async fn get(&self, path: &str, token: &str) -> Response {
        self.send(get(path).insert_header(bearer(token))).await
    }
}

impl Response {
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

    /// Status, code and message of an error response.
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

/// The claims with one change.
pub(crate) fn modified(mut claims: Claims, change: impl FnOnce(&mut Claims)) -> Claims {
    change(&mut claims);
    claims
}

/// The header of a valid token.
pub(crate) fn header() -> Value {
    json!({ "alg": "RS256", "typ": "at+jwt", "kid": KID })
}

/// The claims of a valid token.
pub(crate) fn payload() -> Value {
    serde_json::to_value(claims("alice", "user")).unwrap()
}

/// The object with this member set.
pub(crate) fn with(mut object: Value, name: &str, value: impl Into<Value>) -> Value {
    object[name] = value.into();
    object
}

/// The object without this member.
pub(crate) fn without(mut object: Value, name: &str) -> Value {
    object.as_object_mut().unwrap().remove(name).unwrap();
    object
}

/// A token with this header and payload, always signed with the fixed key, whatever the header says.
pub(crate) fn token(header: &Value, payload: &Value) -> String {
    mint_raw(header.to_string(), payload.to_string())
}

/// The fixed key under this key id.
pub(crate) fn jwks_with(kid: &str) -> Value {
    let mut jwks = jwks();
    jwks["keys"][0]["kid"] = kid.into();
    jwks
}

/// The disk copy of that kind in this folder, once there is one: `keys`, `status-list-keys` or `status-lists`. Temporary files
/// are ignored.
pub(crate) async fn disk_copy_in(folder: &Path, kind: &str) -> PathBuf {
    // The name goes on with 43 characters that tell issuers apart.
    let is_of_kind = |name: &str| name.strip_prefix(kind).is_some_and(|rest| rest.len() == 1 + 43 + ".json".len());
    eventually(async || {
        let mut paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        paths.find(|path| path.file_name().and_then(|name| name.to_str()).is_some_and(is_of_kind))
    })
    .await
}

/// Advances this thread's clock. Between calls time passes normally, because responses of the fake issuer take real time.
pub(crate) async fn advance_clock(span: Duration) {
    time::pause();
    time::advance(span).await;
    time::resume();
}
