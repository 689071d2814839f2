//! The listener and the server.

use std::{
    io,
    net::{SocketAddr, TcpListener},
    rc::Rc,
    sync::Arc,
    thread::available_parallelism,
    time::Duration,
};

use actix_http::{HttpService, error::DispatchError};
use actix_server::ServerBuilder;
use actix_service::{IntoServiceFactory, ServiceFactoryExt, fn_service, map_config};
use actix_web::{
    App, Error,
    body::MessageBody,
    dev::{AppConfig, Server, ServiceFactory, ServiceRequest, ServiceResponse},
    rt::net::TcpStream,
};
use socket2::{Domain, Protocol, Socket, Type};
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;

use crate::{
    connections::{Connections, PacedStream},
    open_files::raise_open_files,
    portions::Portions,
    start_error::StartError,
    tls::{Tls, Transport},
};

/// Settings of the server.
#[derive(Clone, Debug)]
pub struct ServerSettings {
    /// Worker threads; by default one per core.
    pub workers: Option<usize>,
    /// Threads for blocking work, such as the database, of each worker. They are started when they are needed.
    pub blocking_threads: usize,
    /// How long an idle connection is kept.
    pub keep_alive: Duration,
    /// Its connections, with their limits.
    pub connections: Arc<Connections>,
    /// With TLS, or plain HTTP.
    pub tls: Option<Tls>,
}

impl ServerSettings {
    /// The maximum number of workers. actix-server panics above it.
    pub const MAX_WORKERS: u64 = 512;
    /// How long an idle connection is kept by default, in seconds: longer than most balancers keep theirs.
    pub const KEEP_ALIVE_SECS: u64 = 75;
}

/// Connections that may wait to be accepted. The standard library has 128, and a client beyond that retries after a
/// second. The system may allow fewer (`net.core.somaxconn`).
const BACKLOG: i32 = 2048;
/// How much of a response the system takes before it can be sent, in bytes. Otherwise it is up to 4 MiB per connection, for a
/// client that may never read.
#[cfg(target_os = "linux")]
const NOT_SENT: u32 = 128 * 1024;
/// How long a client may take to close its connection after the last response.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(1);
/// How long requests in progress may take to finish after SIGTERM.
const SHUTDOWN_SECS: u64 = 10;

/// Binds a listener to `address`.
///
/// # Errors
/// [`StartError`] that names `setting`, if the address is in use or not one of this machine.
pub fn bind(address: SocketAddr, setting: &str) -> Result<TcpListener, StartError> {
    listen(address).map_err(|error: io::Error| match error.kind() {
        io::ErrorKind::AddrInUse => StartError::new(
            setting,
            format!("{address} is already in use"),
            format!("Stop the other program, or set {setting} to another address; port 0 picks a free one."),
        ),
        _ => StartError::new(
            setting,
            format!("cannot listen on {address}: {error}"),
            format!("Set {setting} to an address of this machine, such as 127.0.0.1:5000."),
        ),
    })
}

fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    // As the standard library does: a restarted service need not wait for old connections to time out.
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    // The connections inherit it.
    #[cfg(target_os = "linux")]
    socket.set_tcp_notsent_lowat(NOT_SENT)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}

/// A server for the listener, ready to be awaited.
///
/// # Errors
/// If the listener cannot be used.
pub fn serve<F, T, B>(listener: TcpListener, settings: ServerSettings, app: F) -> io::Result<Server>
where
    F: Fn() -> App<T> + Send + Clone + 'static,
    T: ServiceFactory<ServiceRequest, Config = (), Response = ServiceResponse<B>, Error = Error, InitError = ()>
        + 'static,
    B: MessageBody + 'static,
    AppConfig: Clone,
{
    let ServerSettings { workers, blocking_threads, keep_alive, connections, tls } = settings;
    let acceptor = tls.map(|tls| tls.acceptor()).transpose().map_err(io::Error::other)?;
    let workers = workers.or_else(|| available_parallelism().ok().map(Into::into)).unwrap_or(1);
    let address = listener.local_addr()?;
    raise_open_files(connections.config().max);
    let server = ServerBuilder::new()
        .workers(workers)
        .worker_max_blocking_threads(blocking_threads)
        .max_concurrent_connections(connections.config().max.div_ceil(workers))
        .shutdown_timeout(SHUTDOWN_SECS)
        .disable_signals();
    let stopping = server.graceful_shutdown_signal();
    // `actix_web::HttpServer` does the same, but for connections of its own.
    let server = server.listen("http", listener, move || {
        let app = app().into_factory().map(in_portions).map_err(|error| error.error_response());
        let stopping = stopping.clone();
        let http = HttpService::build()
            .keep_alive(keep_alive)
            .client_request_timeout(connections.config().for_headers())
            .client_disconnect_timeout(CLOSE_TIMEOUT)
            .local_addr(address)
            .graceful_shutdown_signal(move || {
                let stopping = stopping.clone();
                async move { stopping.notified().await }
            })
            .on_connect_ext(|stream: &PacedStream<Transport>, data| {
                data.insert(Rc::clone(stream.pace()));
            })
            .h1(map_config(app, |()| AppConfig::default()));
        let (connections, acceptor) = (Arc::clone(&connections), acceptor.clone());
        fn_service(move |stream: TcpStream| {
            let (connections, acceptor) = (Arc::clone(&connections), acceptor.clone());
            async move {
                let peer = stream.peer_addr().map_err(DispatchError::Io)?;
                let Some(admitted) = connections.admit(peer.ip()) else {
                    return Err(DispatchError::Io(io::ErrorKind::ConnectionRefused.into()));
                };
                let transport = match acceptor {
                    None => Transport::Plain(stream),
                    Some(acceptor) => shake_hands(&acceptor, stream, &connections).await.map_err(DispatchError::Io)?,
                };
                Ok((PacedStream::new(transport, connections, admitted, keep_alive), Some(peer)))
            }
        })
        .and_then(http)
    })?;
    Ok(server.run())
}

fn in_portions<B>(response: ServiceResponse<B>) -> ServiceResponse<Portions<B>> {
    response.map_body(|_, body| Portions::new(body))
}

/// The handshake of TLS, which may take as long as the headers of a request.
async fn shake_hands(acceptor: &TlsAcceptor, stream: TcpStream, connections: &Connections) -> io::Result<Transport> {
    let limit = connections.config().for_headers();
    let accepted = timeout(limit, acceptor.accept(stream)).await.unwrap_or_else(|late| Err(late.into()));
    let stream = accepted.inspect_err(|error| {
        log::debug!("TLS handshake failed: {error}");
        connections.count_closed(Connections::HANDSHAKE);
    })?;
    Ok(Transport::Tls(Box::new(stream)))
}
