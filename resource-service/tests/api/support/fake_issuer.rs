//! An issuer that publishes the fixed key and knows one user.

use std::{net::TcpListener, sync::Mutex};

use actix_web::{
    App, HttpResponse, HttpServer, rt,
    web::{self, Data},
};
use serde_json::{Value, json};
use shared::{Claims, testing};
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
    /// What `/me` answers: a status and a body.
    me: Mutex<(u16, Value)>,
}

impl FakeIssuer {
    /// Publishes the fixed key from now on.
    pub fn up() -> Self {
        Self::start(true)
    }

    /// Answers 503 for the time being.
    pub fn down() -> Self {
        Self::start(false)
    }

    /// Answers from now on, or no longer.
    pub fn set_up(&self, is_up: bool) {
        *self.state.is_up.lock().unwrap() = is_up;
    }

    /// What `/me` answers from now on.
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

    /// The claims of a token of this issuer.
    pub fn claims(&self, username: &str, role: &str) -> Claims {
        Claims { iss: self.url.clone(), ..testing::claims(username, role) }
    }

    fn start(is_up: bool) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let me = (200, json!({ "id": 1, "username": "john", "role": "user" }));
        let times_asked = watch::Sender::new(0);
        let state = Data::new(State { url: url.clone(), is_up: Mutex::new(is_up), times_asked, me: Mutex::new(me) });
        let of_app = state.clone();
        let server = HttpServer::new(move || {
            App::new()
                .app_data(of_app.clone())
                .route("/.well-known/oauth-authorization-server", web::get().to(metadata))
                .route("/keys", web::get().to(keys))
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
    fn answer(&self, status: u16, body: &Value) -> HttpResponse {
        if !*self.is_up.lock().unwrap() {
            return HttpResponse::ServiceUnavailable().finish();
        }
        HttpResponse::build(status.try_into().unwrap()).json(body)
    }
}

async fn metadata(state: Data<State>) -> HttpResponse {
    state.times_asked.send_modify(|asked| *asked += 1);
    let url = &state.url;
    state.answer(200, &json!({ "issuer": url, "jwks_uri": format!("{url}/keys") }))
}

async fn keys(state: Data<State>) -> HttpResponse {
    state.answer(200, &testing::jwks())
}

async fn me_now(state: Data<State>) -> HttpResponse {
    let (status, body) = state.me.lock().unwrap().clone();
    state.answer(status, &body)
}
