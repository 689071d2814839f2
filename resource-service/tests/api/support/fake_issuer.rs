//! An issuer that publishes the fixed key and one status list, and knows one user.

use std::{
    net::TcpListener,
    sync::{
        Mutex,
        atomic::{AtomicI64, AtomicUsize, Ordering::Relaxed},
    },
    time::{Duration, UNIX_EPOCH},
};

use actix_web::{
    App, HttpResponse, HttpServer,
    http::header::Date,
    rt,
    web::{self, Data},
};
use serde_json::{Map, Value, json};
use service_kit::testing::Response;
use shared::{
    Claims, UnixTime,
    status::{StatusBits, StatusList, TokenStatus},
    testing,
};
use tokio::sync::watch;

/// A running issuer, stopped on drop.
pub struct FakeIssuer {
    url: String,
    state: Data<State>,
    server: rt::task::JoinHandle<()>,
}

struct State {
    url: String,
    is_available: Mutex<bool>,
    /// The number of requests for the metadata.
    metadata_requests: watch::Sender<usize>,
    /// The number of all requests.
    all_requests: AtomicUsize,
    /// Members of the metadata that are added or replaced.
    metadata: Mutex<Map<String, Value>>,
    keys: Mutex<Value>,
    /// How far its clock is ahead, in seconds.
    clock: AtomicI64,
    list: Mutex<StatusList>,
    /// The response of `/me`: status and body.
    me: Mutex<(u16, Value)>,
}

impl FakeIssuer {
    /// Starts publishing the fixed key.
    pub fn up() -> Self {
        Self::start(true)
    }

    /// Responds with 503 until it becomes available.
    pub fn down() -> Self {
        Self::start(false)
    }

    /// Starts or stops responding.
    pub fn set_available(&self, is_available: bool) {
        *self.state.is_available.lock().unwrap() = is_available;
    }

    /// Adds or replaces a member of the metadata.
    pub fn set_metadata(&self, member: &str, value: Value) {
        self.state.metadata.lock().unwrap().insert(member.to_owned(), value);
    }

    /// Publishes this JWK set.
    pub fn set_keys(&self, keys: Value) {
        *self.state.keys.lock().unwrap() = keys;
    }

    /// Sets its clock so many seconds ahead.
    pub fn set_clock(&self, ahead: i64) {
        self.state.clock.store(ahead, Relaxed);
    }

    /// Sets the response of `/me`.
    pub fn set_me_response(&self, status: u16, body: Value) {
        *self.state.me.lock().unwrap() = (status, body);
    }

    /// Waits until the metadata has been requested this many times.
    pub async fn metadata_requested(&self, times: usize) {
        self.state.metadata_requests.subscribe().wait_for(|count| *count >= times).await.unwrap();
    }

    /// Its URL, which is its name in tokens.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The claims of a token of this issuer, with the first entry of the list.
    pub fn claims(&self, username: &str, role: &str) -> Claims {
        self.claims_with_entry(0, username, role)
    }

    /// The claims of a token with this entry.
    pub fn claims_with_entry(&self, idx: u64, username: &str, role: &str) -> Claims {
        let mut claims = testing::claims(username, role);
        claims.iss.clone_from(&self.url);
        claims.status = testing::status(&self.state.list_uri(), idx);
        claims
    }

    /// Sets the status of the token with this entry.
    pub fn set_status(&self, idx: u64, status: TokenStatus) {
        self.state.list.lock().unwrap().set(idx, status.value()).unwrap();
    }

    /// The number of all requests.
    pub fn request_count(&self) -> usize {
        self.state.all_requests.load(Relaxed)
    }

    /// The value of a metric about this issuer, without its fraction.
    pub fn sample(&self, metrics: &Response, name: &str) -> i64 {
        let value = metrics.sample(&format!("{name}{{issuer=\"{}\"}}", self.url)).unwrap();
        value.split('.').next().unwrap().parse().unwrap()
    }

    fn start(is_available: bool) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let me = (200, json!({ "id": 1, "username": "john", "role": "user" }));
        let metadata_requests = watch::Sender::new(0);
        let state = Data::new(State {
            url: url.clone(),
            is_available: Mutex::new(is_available),
            metadata_requests,
            all_requests: AtomicUsize::new(0),
            metadata: Mutex::default(),
            keys: Mutex::new(testing::jwks()),
            clock: AtomicI64::new(0),
            list: Mutex::new(StatusList::new(StatusBits::Two, 64)),
            me: Mutex::new(me),
        });
        let app_state = state.clone();
        let server = HttpServer::new(move || {
            App::new()
                .app_data(app_state.clone())
                .route("/.well-known/oauth-authorization-server", web::get().to(metadata))
                .route("/keys", web::get().to(keys))
                .route("/status-lists", web::get().to(lists))
                .route("/status-lists/1", web::get().to(list))
                .route("/me", web::get().to(show_me))
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

    fn response(&self, status: u16, body: &Value) -> HttpResponse {
        self.all_requests.fetch_add(1, Relaxed);
        if !*self.is_available.lock().unwrap() {
            return HttpResponse::ServiceUnavailable().finish();
        }
        let mut response = HttpResponse::build(status.try_into().unwrap());
        let ahead = self.clock.load(Relaxed);
        if ahead != 0 {
            let seconds = UnixTime::now().seconds() + ahead;
            let date = UNIX_EPOCH + Duration::from_secs(seconds.try_into().unwrap());
            response.insert_header(Date(date.into()));
        }
        response.json(body)
    }
}

async fn metadata(state: Data<State>) -> HttpResponse {
    state.metadata_requests.send_modify(|count| *count += 1);
    let url = &state.url;
    let lists = format!("{url}/status-lists");
    let mut document =
        json!({ "issuer": url, "jwks_uri": format!("{url}/keys"), "status_list_aggregation_endpoint": lists });
    document.as_object_mut().unwrap().extend(state.metadata.lock().unwrap().clone());
    state.response(200, &document)
}

async fn keys(state: Data<State>) -> HttpResponse {
    let keys = state.keys.lock().unwrap().clone();
    state.response(200, &keys)
}

async fn lists(state: Data<State>) -> HttpResponse {
    state.response(200, &json!({ "status_lists": [state.list_uri()] }))
}

async fn list(state: Data<State>) -> HttpResponse {
    let available = state.response(200, &Value::Null);
    if available.status() != 200 {
        return available;
    }
    let claims = testing::status_list_claims(&state.list_uri(), &state.list.lock().unwrap());
    HttpResponse::Ok().content_type("application/statuslist+jwt").body(testing::mint_status_list(&claims))
}

async fn show_me(state: Data<State>) -> HttpResponse {
    let (status, body) = state.me.lock().unwrap().clone();
    state.response(status, &body)
}
