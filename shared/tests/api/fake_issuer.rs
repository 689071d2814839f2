//! An issuer whose every answer is set by the test.

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
pub(crate) const LISTS: &str = "/status-lists";
pub(crate) const LIST: &str = "/status-lists/1";
pub(crate) const NEXT_LIST: &str = "/status-lists/2";
pub(crate) const ME: &str = "/me";

/// It stops when this is dropped.
pub(crate) struct FakeIssuer {
    pub(crate) url: String,
    answers: Arc<Answers>,
    server: ServerHandle,
}

/// What is answered at which path, and what has been asked so far.
struct Answers {
    by_path: Mutex<HashMap<&'static str, VecDeque<FakeAnswer>>>,
    asked: watch::Sender<Vec<Asked>>,
}

/// One request to the issuer.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    path: String,
    headers: HashMap<String, String>,
    pub(crate) body: String,
}

#[derive(Clone)]
pub(crate) struct FakeAnswer {
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: Vec<u8>,
    is_cut_off: bool,
    held_by: Option<Arc<Semaphore>>,
}

impl FakeIssuer {
    /// An issuer at any free port, with metadata and nothing else.
    pub(crate) fn start() -> Self {
        Self::start_at(TcpListener::bind("127.0.0.1:0").unwrap())
    }

    pub(crate) fn start_at(listener: TcpListener) -> Self {
        let url = format!("http://{}", listener.local_addr().unwrap());
        let answers = Arc::new(Answers { by_path: Mutex::default(), asked: watch::Sender::default() });
        let data = Data::from(Arc::clone(&answers));
        let app = move || App::new().app_data(data.clone()).default_service(web::to(answer));
        listener.set_nonblocking(true).unwrap();
        let server = HttpServer::new(app).workers(1).disable_signals().listen(listener).unwrap().run();
        let issuer = Self { answers, server: server.handle(), url };
        rt::spawn(server);
        let aggregation = issuer.at(LISTS);
        let metadata = json!({ "issuer": issuer.url, "jwks_uri": issuer.at(JWKS), "status_list_aggregation_endpoint": aggregation });
        issuer.answers_with(METADATA, FakeAnswer::json(&metadata));
        issuer
    }

    pub(crate) fn address(&self) -> IssuerUrl {
        IssuerUrl::parse(&self.url, false).unwrap()
    }

    pub(crate) fn at(&self, path: &str) -> String {
        format!("{}{path}", self.url)
    }

    /// Sets the response at `path`.
    pub(crate) fn answers_with(&self, path: &'static str, answer: FakeAnswer) {
        self.answers_in_turn(path, [answer]);
    }

    /// Sets the responses at `path`: each is used once, the last one repeatedly.
    pub(crate) fn answers_in_turn(&self, path: &'static str, in_turn: impl IntoIterator<Item = FakeAnswer>) {
        self.answers.by_path.lock().unwrap().insert(path, in_turn.into_iter().collect());
    }

    /// What has been asked at `path` so far.
    pub(crate) fn asked(&self, path: &str) -> Vec<Asked> {
        self.answers.asked.borrow().iter().filter(|asked| asked.path == path).cloned().collect()
    }

    /// How often anything has been asked so far.
    pub(crate) fn times_asked(&self) -> usize {
        self.answers.asked.borrow().len()
    }

    /// Waits until `path` has been asked for `times` more times. Who asks one after the other has by then digested
    /// all answers but the last.
    pub(crate) async fn is_asked_again(&self, path: &str, times: usize) {
        let already = self.asked(path).len();
        let mut asked = self.answers.asked.subscribe();
        let is_enough = |all: &Vec<Asked>| all.iter().filter(|asked| asked.path == path).count() >= already + times;
        timeout(Duration::from_secs(10), asked.wait_for(is_enough)).await.expect("nobody asks any more").unwrap();
    }
}

impl Drop for FakeIssuer {
    fn drop(&mut self) {
        drop(self.server.stop(false));
    }
}

impl Asked {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }
}

impl FakeAnswer {
    pub(crate) fn new(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self { status, headers: Vec::new(), body: body.into(), is_cut_off: false, held_by: None }
    }

    pub(crate) fn json(body: &Value) -> Self {
        Self::new(200, body.to_string())
    }

    /// A request that brings this `ETag` back is answered with 304.
    pub(crate) fn with_etag(self, etag: &str) -> Self {
        self.with_header("ETag", etag)
    }

    /// The issuer does as asked, but its answer gets lost on the way.
    pub(crate) fn cut_off(mut self) -> Self {
        self.is_cut_off = true;
        self
    }

    /// It is kept back until the gate has a permit for it.
    pub(crate) fn held_by(mut self, gate: &Arc<Semaphore>) -> Self {
        self.held_by = Some(Arc::clone(gate));
        self
    }

    pub(crate) fn with_header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }
}

impl Answers {
    fn next(&self, path: &str) -> Option<FakeAnswer> {
        let mut by_path = self.by_path.lock().unwrap();
        let in_turn = by_path.get_mut(path)?;
        if in_turn.len() > 1 { in_turn.pop_front() } else { in_turn.front().cloned() }
    }
}

async fn answer(req: HttpRequest, body: Bytes, answers: Data<Answers>) -> HttpResponse {
    let text = |value: &actix_web::http::header::HeaderValue| value.to_str().unwrap_or_default().to_owned();
    let headers = req.headers().iter().map(|(name, value)| (name.to_string(), text(value))).collect();
    let body = String::from_utf8(body.to_vec()).unwrap();
    answers.asked.send_modify(|all| all.push(Asked { path: req.path().to_owned(), headers, body }));
    let Some(answer) = answers.next(req.path()) else {
        return HttpResponse::NotFound().finish();
    };
    if let Some(gate) = &answer.held_by {
        gate.acquire().await.unwrap().forget();
    }
    let known = req.headers().get("If-None-Match").map(text);
    if answer.headers.iter().any(|(name, value)| *name == "ETag" && Some(value) == known.as_ref()) {
        return HttpResponse::NotModified().finish();
    }
    let mut builder = HttpResponse::build(StatusCode::from_u16(answer.status).unwrap());
    answer.headers.into_iter().for_each(|header| {
        builder.append_header(header);
    });
    if answer.is_cut_off {
        return builder.streaming(stream::iter([Err::<Bytes, _>(io::Error::other("cut off"))]));
    }
    builder.body(answer.body)
}
