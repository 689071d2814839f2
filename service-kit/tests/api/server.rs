//! A small service on a real socket, with the middleware of every service.

use std::{ops::Deref, sync::Arc, time::Duration};

use actix_web::{
    App,
    dev::ServerHandle,
    rt,
    web::{self, Data},
};
use serde::Deserialize;
use service_kit::{
    ApiError, ConnectionConfig, Connections, Envelope, Instance, JsonBody, Lifecycle, Metrics, RequestContext,
    ServerSettings, TrustedProxies, at, bind, no_such_route, serve, show_metrics, testing::Api,
};
use shared::{Jwt, testing::verifier};

pub(crate) const INSTANCE: &str = "replica-1";

/// A running service, stopped on drop. It dereferences to its [`Api`].
pub(crate) struct Server {
    api: Api,
    handle: ServerHandle,
}

#[derive(Deserialize)]
struct Note {
    text: String,
    #[serde(default)]
    stars: u8,
}

async fn log_twice() -> &'static str {
    log::info!("on the worker");
    let context = RequestContext::current();
    let logged = web::block(move || {
        let _entered = context.enter();
        log::info!("on another thread");
    });
    logged.await.unwrap();
    "logged"
}

impl Server {
    pub(crate) fn start() -> Self {
        Self::start_with(ConnectionConfig::default())
    }

    pub(crate) fn start_with(connections: ConnectionConfig) -> Self {
        let listener = bind("127.0.0.1:0".parse().unwrap(), "LISTEN").unwrap();
        let api = Api::at(format!("http://{}", listener.local_addr().unwrap()));
        let connections = Connections::new(connections, TrustedProxies::default());
        let counted = Arc::clone(&connections);
        let keep_alive = Duration::from_secs(75);
        let settings = ServerSettings { workers: Some(1), blocking_threads: 1, keep_alive, connections, tls: None };
        let app = move || {
            let read = async |JsonBody(note): JsonBody<Note>| format!("{} {}", note.text, note.stars);
            let (metrics, proxies) = (
                Data::new(Metrics::new("notes", "0.1.0").collect(counted.metrics())),
                Data::new(TrustedProxies::default()),
            );
            let shown = metrics.clone();
            let envelope = Envelope::new(&Instance::from(INSTANCE.to_owned()), metrics, Lifecycle::default(), proxies);
            App::new()
                .app_data(Data::new(verifier()))
                .app_data(shown)
                .wrap(envelope)
                .service(at("/metrics").get(show_metrics))
                .service(at("/large").get(async || "x".repeat(32 * 1024 * 1024)))
                .service(at("/notes").get(async || "all notes").post(read))
                .service(at("/logs").get(log_twice))
                .service(at("/fault").get(async || Err::<&str, _>(ApiError::internal("no such table"))))
                .service(at("/protected").get(async |_: Jwt| "let in"))
                .default_service(web::to(no_such_route))
        };
        let server = serve(listener, settings, app).unwrap();
        let handle = server.handle();
        rt::spawn(server);
        Self { api, handle }
    }
}

impl Deref for Server {
    type Target = Api;

    fn deref(&self) -> &Api {
        &self.api
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.handle.stop(false));
    }
}
