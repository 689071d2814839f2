//! An issuer that publishes the fixed key and one status list, and knows one user.

use std::{
    net::TcpListener,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
};

use actix_web::{
    App, HttpResponse, HttpServer, rt,
    web::{self, Data},
};
use serde_json::{Value, json};
use shared::{
    Claims,
    status::{StatusBits, StatusList, TokenStatus},
    testing,
};
use tokio::sync::watch;

/// A running issuer; it ends when this is dropped.
pub struct FakeIssuer {
    url: String,
    state: Data<State>,
    server: rt::task::JoinHandle<()>,
}

struct State {
    url: String,
    is_up: Mutex<bool>,
    /// How often the metadata has been asked for.
    times_asked: watch::Sender<usize>,
    /// How often anything has been asked for.
    times_asked_at_all: AtomicUsize,
    list: Mutex<StatusList>,
    /// What `/me` answers: a status and a body.
    me: Mutex<(u16, Value)>,
}

impl FakeIssuer {
    /// Starts publishing the fixed key.
    pub fn up() -> Self {
        Self::start(true)
    }

    /// Answers 503 for the time being.
    pub fn down() -> Self {
        Self::start(false)
    }

    /// Starts or stops responding.
    pub fn set_up(&self, is_up: bool) {
        *self.state.is_up.lock().unwrap() = is_up;
    }

    /// Sets the response of `/me`.
    pub fn answer_me(&self, status: u16, body: Value) {
        *self.state.me.lock().unwrap() = (status, body);
    }

    /// Resolves when the metadata has been asked for that often.
    pub async fn until_asked(&self, times: usize) {
        self.state.times_asked.subscribe().wait_for(|asked| *asked >= times).await.unwrap();
    }

    /// Its name in tokens.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The claims of a token of this issuer, whose status is the list's first entry.
    pub fn claims(&self, username: &str, role: &str) -> Claims {
        self.claims_of_entry(0, username, role)
    }

    /// The same with another entry.
    pub fn claims_of_entry(&self, idx: u64, username: &str, role: &str) -> Claims {
        let mut claims = testing::claims(username, role);
        claims.iss.clone_from(&self.url);
        claims.status = testing::status(&self.state.list_uri(), idx);
        claims
    }

    /// What has become of the token with that entry.
    pub fn set_status(&self, idx: u64, status: TokenStatus) {
        self.state.list.lock().unwrap().set(idx, status.value()).unwrap();
    }

    /// How often anything has been asked for.
    pub fn times_asked(&self) -> usize {
        self.state.times_asked_at_all.load(Relaxed)
    }

    fn start(is_up: bool) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let me = (200, json!({ "id": 1, "username": "john", "role": "user" }));
        let times_asked = watch::Sender::new(0);
        let state = Data::new(State {
            url: url.clone(),
            is_up: Mutex::new(is_up),
            times_asked,
            times_asked_at_all: AtomicUsize::new(0),
            list: Mutex::new(StatusList::new(StatusBits::Two, 64)),
            me: Mutex::new(me),
        });
        let of_app = state.clone();
        let server = HttpServer::new(move || {
            App::new()
                .app_data(of_app.clone())
                .route("/.well-known/oauth-authorization-server", web::get().to(metadata))
                .route("/keys", web::get().to(keys))
                .route("/status-lists", web::get().to(lists))
                .route("/status-lists/1", web::get().to(list))
                .route("/me", web::get().to(me_now))
        });
        let server = server.workers(1).listen(listener).unwrap().run();
        Self { url, state, server: rt::spawn(async { server.await.unwrap() }) }
    }
}

impl Drop for FakeIssuer {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl State {
    fn list_uri(&self) -> String {
        format!("{}/status-lists/1", self.url)
    }

    fn answer(&self, status: u16, body: &Value) -> HttpResponse {
        self.times_asked_at_all.fetch_add(1, Relaxed);
        if !*self.is_up.lock().unwrap() {
            return HttpResponse::ServiceUnavailable().finish();
        }
        HttpResponse::build(status.try_into().unwrap()).json(body)
    }
}

async fn metadata(state: Data<State>) -> HttpResponse {
    state.times_asked.send_modify(|asked| *asked += 1);
    let url = &state.url;
    let lists = format!("{url}/status-lists");
    state.answer(
        200,
        &json!({ "issuer": url, "jwks_uri": format!("{url}/keys"), "status_list_aggregation_endpoint": lists }),
    )
}

async fn keys(state: Data<State>) -> HttpResponse {
    state.answer(200, &testing::jwks())
}

async fn lists(state: Data<State>) -> HttpResponse {
    state.answer(200, &json!({ "status_lists": [state.list_uri()] }))
}

async fn list(state: Data<State>) -> HttpResponse {
    let whether_up = state.answer(200, &Value::Null);
    if whether_up.status() != 200 {
        return whether_up;
    }
    let claims = testing::status_list_claims(&state.list_uri(), &state.list.lock().unwrap());
    HttpResponse::Ok().content_type("application/statuslist+jwt").body(testing::mint_status_list(&claims))
}

async fn me_now(state: Data<State>) -> HttpResponse {
    let (status, body) = state.me.lock().unwrap().clone();
    state.answer(status, &body)
}
