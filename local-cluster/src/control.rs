//! Stops and starts servers of the cluster for the playground: on loopback, and for pages of the issuer's origin only.

use std::{
    io,
    net::TcpListener,
    sync::atomic::{AtomicBool, Ordering::Relaxed},
    time::Duration,
};

use actix_web::{
    App, Error,
    body::{EitherBody, MessageBody},
    dev::{Server, ServiceRequest, ServiceResponse},
    http::StatusCode,
    middleware::{Next, from_fn},
    web::{self, Data, Json, Path},
};
use serde::Serialize;
use service_kit::{
    ApiError, ConnectionConfig, Connections, Cors, Origin, ServerSettings, TrustedProxies, allow_origins, at,
    no_such_route, serve,
};

use crate::member::Switch;

/// The servers that can be stopped and started, and whether they run.
pub struct Control {
    servers: Vec<(Switch, AtomicBool)>,
}

#[derive(Serialize)]
struct Servers {
    servers: Vec<ServerState>,
}

#[derive(Serialize)]
struct ServerState {
    name: String,
    is_running: bool,
}

impl Control {
    /// For these servers, which run.
    pub fn new(servers: Vec<Switch>) -> Self {
        Self { servers: servers.into_iter().map(|switch| (switch, AtomicBool::new(true))).collect() }
    }

    /// Serves it to pages of these origins.
    ///
    /// # Errors
    /// If the listener is unusable.
    pub fn serve(self, listener: TcpListener, origins: Vec<Origin>) -> io::Result<Server> {
        let (control, cors) = (Data::new(self), Data::new(Cors::new(origins)));
        let connections = Connections::new(ConnectionConfig::default(), TrustedProxies::default());
        let keep_alive = Duration::from_secs(ServerSettings::KEEP_ALIVE_SECS);
        let settings = ServerSettings { workers: Some(1), blocking_threads: 1, keep_alive, connections, tls: None };
        serve(listener, settings, move || {
            App::new()
                .app_data(control.clone())
                .app_data(cors.clone())
                .wrap(from_fn(refuse_others))
                .wrap(from_fn(allow_origins))
                .service(at("/servers").get(list))
                .service(at("/servers/{name}/stop").post(stop))
                .service(at("/servers/{name}/start").post(start))
                .default_service(web::to(no_such_route))
        })
    }

    fn states(&self) -> Vec<ServerState> {
        let state = |(switch, is_running): &(Switch, AtomicBool)| ServerState {
            name: switch.name().to_owned(),
            is_running: is_running.load(Relaxed),
        };
        self.servers.iter().map(state).collect()
    }

    async fn set(&self, name: &str, should_run: bool) -> Result<Json<ServerState>, ApiError> {
        let unknown = || ApiError::not_found("no_such_server", "No such server");
        let (switch, is_running) = self.servers.iter().find(|(switch, _)| switch.name() == name).ok_or_else(unknown)?;
        let unavailable = |message: String| ApiError::new(StatusCode::CONFLICT, "not_started", message);
        let done = switch.set(should_run).await.ok_or_else(|| unavailable("Shutting down".to_owned()))?;
        done.map_err(|error| unavailable(error.problem()))?;
        is_running.store(should_run, Relaxed);
        Ok(Json(ServerState { name: name.to_owned(), is_running: should_run }))
    }
}

/// Other pages and programs have no business here. Browsers send `Origin` with every request to another origin.
async fn refuse_others<B: MessageBody>(
    cors: Data<Cors>,
    req: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, Error> {
    if cors.allows(req.headers()) {
        return Ok(next.call(req).await?.map_into_left_body());
    }
    let refused = ApiError::forbidden("forbidden", "For the playground only");
    Ok(req.error_response(refused).map_into_right_body())
}

/// `GET /servers`: the servers, and whether they run.
async fn list(control: Data<Control>) -> Json<Servers> {
    Json(Servers { servers: control.states() })
}

/// `POST /servers/{name}/stop`: stops a server at once, as if it had crashed.
async fn stop(name: Path<String>, control: Data<Control>) -> Result<Json<ServerState>, ApiError> {
    control.set(&name, false).await
}

/// `POST /servers/{name}/start`: starts it again, at the same address.
async fn start(name: Path<String>, control: Data<Control>) -> Result<Json<ServerState>, ApiError> {
    control.set(&name, true).await
}
