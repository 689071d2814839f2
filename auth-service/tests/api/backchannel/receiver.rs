//! An application's server, to which logout tokens are posted.

use std::{
    collections::VecDeque,
    net::{Ipv4Addr, TcpListener},
    sync::{Arc, Mutex},
};

use actix_web::{
    App, HttpRequest, HttpResponse, HttpServer,
    http::{StatusCode, header::LOCATION},
    rt,
    web::{self, Data},
};
use serde_json::Value;

use crate::support::payload_of;

/// A request that the application received.
#[derive(Clone, Debug)]
pub struct Received {
    pub path: String,
    pub content_type: String,
    pub body: String,
}

impl Received {
    /// The logout token, which must be the only field of the form.
    pub fn token(&self) -> &str {
        assert_eq!(self.content_type, "application/x-www-form-urlencoded");
        self.body.strip_prefix("logout_token=").unwrap()
    }

    /// The claims of the token.
    pub fn claims(&self) -> Value {
        payload_of(self.token())
    }
}

#[derive(Default)]
struct State {
    received: Mutex<Vec<Received>>,
    /// The next responses; then 200.
    responses: Mutex<VecDeque<u16>>,
}

/// An application's server on this machine, stopped on drop.
pub struct Receiver {
    state: Arc<State>,
    port: u16,
    server: rt::task::JoinHandle<()>,
}

impl Receiver {
    /// On a free port.
    pub fn start() -> Self {
        Self::start_on(TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap())
    }

    /// On a port that was reserved before.
    pub fn start_on(listener: TcpListener) -> Self {
        let state = Arc::<State>::default();
        let (shared, port) = (Data::from(Arc::clone(&state)), listener.local_addr().unwrap().port());
        let app = move || App::new().app_data(shared.clone()).default_service(web::to(receive));
        let server = HttpServer::new(app).workers(1).disable_signals().listen(listener).unwrap().run();
        let server = rt::spawn(async move { server.await.unwrap() });
        Self { state, port, server }
    }

    /// Where logout tokens are posted, by this host.
    pub fn uri(&self, host: &str) -> String {
        format!("http://{host}:{}/backchannel-logout", self.port)
    }

    /// Responds with these, one after the other, before it accepts anything.
    pub fn respond(&self, statuses: &[u16]) {
        self.state.responses.lock().unwrap().extend(statuses);
    }

    /// What it has received so far.
    pub fn received(&self) -> Vec<Received> {
        self.state.received.lock().unwrap().clone()
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn receive(req: HttpRequest, body: String, state: Data<State>) -> HttpResponse {
    let content_type = req.headers().get("content-type").unwrap().to_str().unwrap().to_owned();
    state.received.lock().unwrap().push(Received { path: req.path().to_owned(), content_type, body });
    let status = state.responses.lock().unwrap().pop_front().unwrap_or(200);
    let mut response = HttpResponse::build(StatusCode::from_u16(status).unwrap());
    if (300..400).contains(&status) {
        response.insert_header((LOCATION, "/elsewhere"));
    }
    response.finish()
}
