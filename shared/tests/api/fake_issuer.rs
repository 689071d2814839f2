//! An issuer whose responses are set by the test.

use std::{
    collections::{HashMap, VecDeque},
    io,
    net::TcpListener,
    sync::{Arc, Mutex},
    time::Duration,
};

use actix_web::{
    App, HttpRequest, HttpResponse, HttpServer,
    dev::ServerHandle,
    http::StatusCode,
    rt,
    web::{self, Bytes, Data},
};
use futures_util::stream;
use serde_json::{Value, json};
use shared::client::IssuerUrl;
use tokio::{
    sync::{Semaphore, watch},
    time::timeout,
};

pub(crate) const METADATA: &str = "/.well-known/oauth-authorization-server";
pub(crate) const JWKS: &str = "/.well-known/jwks.json";
pub(crate) const LIST_JWKS: &str = "/.well-known/status-list-jwks.json";
pub(crate) const LISTS: &str = "/status-lists";
pub(crate) const LIST: &str = "/status-lists/1";
pub(crate) const NEXT_LIST: &str = "/status-lists/2";
pub(crate) const ME: &str = "/me";

/// Stops when dropped.
pub(crate) struct FakeIssuer {
    pub(crate) url: String,
    state: Arc<State>,
    server: ServerHandle,
}

/// The responses of each path, and all requests so far.
struct State {
    responses: Mutex<HashMap<&'static str, VecDeque<FakeResponse>>>,
    requests: watch::Sender<Vec<RecordedRequest>>,
}

/// A request that the issuer has received.
#[derive(Clone, Debug)]
pub(crate) struct RecordedRequest {
    path: String,
    headers: HashMap<String, String>,
    pub(crate) body: String,
}

#[derive(Clone)]
pub(crate) struct FakeResponse {
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: Vec<u8>,
    is_cut_off: bool,
    gate: Option<Arc<Semaphore>>,
}

impl FakeIssuer {
    /// An issuer on a free port that serves only its metadata.
    pub(crate) fn start() -> Self {
        Self::start_at(TcpListener::bind("127.0.0.1:0").unwrap())
    }

    pub(crate) fn start_at(listener: TcpListener) -> Self {
        let url = format!("http://{}", listener.local_addr().unwrap());
        let state = Arc::new(State { responses: Mutex::default(), requests: watch::Sender::default() });
        let data = Data::from(Arc::clone(&state));
        let app = move || App::new().app_data(data.clone()).default_service(web::to(respond));
        listener.set_nonblocking(true).unwrap();
        let server = HttpServer::new(app).workers(1).disable_signals().listen(listener).unwrap().run();
        let issuer = Self { state, server: server.handle(), url };
        rt::spawn(server);
        let aggregation = issuer.at(LISTS);
        let metadata = json!({ "issuer": issuer.url, "jwks_uri": issuer.at(JWKS), "status_list_aggregation_endpoint": aggregation });
        issuer.respond_with(METADATA, FakeResponse::json(&metadata));
        issuer
    }

    pub(crate) fn address(&self) -> IssuerUrl {
        IssuerUrl::parse(&self.url, false).unwrap()
    }

    pub(crate) fn at(&self, path: &str) -> String {
        format!("{}{path}", self.url)
    }

    /// Sets the response at `path`.
    pub(crate) fn respond_with(&self, path: &'static str, response: FakeResponse) {
        self.respond_in_turn(path, [response]);
    }

    /// Sets the responses at `path`: each is used once, the last one repeatedly.
    pub(crate) fn respond_in_turn(&self, path: &'static str, in_turn: impl IntoIterator<Item = FakeResponse>) {
        self.state.responses.lock().unwrap().insert(path, in_turn.into_iter().collect());
    }

    /// The requests to `path` so far.
    pub(crate) fn requests_to(&self, path: &str) -> Vec<RecordedRequest> {
        self.state.requests.borrow().iter().filter(|request| request.path == path).cloned().collect()
    }

    /// The number of requests to any path so far.
    pub(crate) fn request_count(&self) -> usize {
        self.state.requests.borrow().len()
    }

    /// Waits for `count` more requests to `path`. A client that sends one request at a time has then processed all
    /// responses but the last.
    pub(crate) async fn wait_for_requests_to(&self, path: &str, count: usize) {
        let before = self.requests_to(path).len();
        let mut requests = self.state.requests.subscribe();
        let is_enough =
            |all: &Vec<RecordedRequest>| all.iter().filter(|request| request.path == path).count() >= before + count;
        timeout(Duration::from_secs(10), requests.wait_for(is_enough)).await.expect("no more requests").unwrap();
    }
}

impl Drop for FakeIssuer {
    fn drop(&mut self) {
        drop(self.server.stop(false));
    }
}

impl RecordedRequest {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }
}

impl FakeResponse {
    pub(crate) fn new(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self { status, headers: Vec::new(), body: body.into(), is_cut_off: false, gate: None }
    }

    pub(crate) fn json(body: &Value) -> Self {
        Self::new(200, body.to_string())
    }

    /// The response to `If-None-Match` with this `ETag` is 304.
    pub(crate) fn with_etag(self, etag: &str) -> Self {
        self.with_header("ETag", etag)
    }

    /// The issuer processes the request, but its response is lost.
    pub(crate) fn cut_off(mut self) -> Self {
        self.is_cut_off = true;
        self
    }

    /// Delays the response until the gate has a permit.
    pub(crate) fn gated_by(mut self, gate: &Arc<Semaphore>) -> Self {
        self.gate = Some(Arc::clone(gate));
        self
    }

    pub(crate) fn with_header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }
}

impl State {
    fn next(&self, path: &str) -> Option<FakeResponse> {
        let mut responses = self.responses.lock().unwrap();
        let in_turn = responses.get_mut(path)?;
        if in_turn.len() > 1 { in_turn.pop_front() } else { in_turn.front().cloned() }
    }
}

async fn respond(req: HttpRequest, body: Bytes, state: Data<State>) -> HttpResponse {
    let text = |value: &actix_web::http::header::HeaderValue| value.to_str().unwrap_or_default().to_owned();
    let headers = req.headers().iter().map(|(name, value)| (name.to_string(), text(value))).collect();
    let body = String::from_utf8(body.to_vec()).unwrap();
    state.requests.send_modify(|all| all.push(RecordedRequest { path: req.path().to_owned(), headers, body }));
    let Some(response) = state.next(req.path()) else {
        return HttpResponse::NotFound().finish();
    };
    if let Some(gate) = &response.gate {
        gate.acquire().await.unwrap().forget();
    }
    let known = req.headers().get("If-None-Match").map(text);
    if response.headers.iter().any(|(name, value)| *name == "ETag" && Some(value) == known.as_ref()) {
        return HttpResponse::NotModified().finish();
    }
    let mut builder = HttpResponse::build(StatusCode::from_u16(response.status).unwrap());
    response.headers.into_iter().for_each(|header| {
        builder.append_header(header);
    });
    if response.is_cut_off {
        return builder.streaming(stream::iter([Err::<Bytes, _>(io::Error::other("cut off"))]));
    }
    builder.body(response.body)
}
