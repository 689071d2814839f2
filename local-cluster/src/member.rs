//! A server of the cluster, which can be stopped and started again.

use std::io;

use actix_web::{
    dev::ServerHandle,
    rt::signal::unix::{SignalKind, signal},
};
use futures_util::future::LocalBoxFuture;
use service_kit::StartError;
use tokio::sync::{mpsc, oneshot};

/// A service that serves until SIGTERM, or until it is stopped by its handle.
pub struct Service {
    handle: ServerHandle,
    served: LocalBoxFuture<'static, io::Result<()>>,
}

impl From<auth_service::App> for Service {
    fn from(app: auth_service::App) -> Self {
        Self { handle: app.handle(), served: Box::pin(app.run()) }
    }
}

impl From<resource_service::App> for Service {
    fn from(app: resource_service::App) -> Self {
        Self { handle: app.handle(), served: Box::pin(app.run()) }
    }
}

/// Builds the service again, at the same address.
pub type Rebuild = Box<dyn Fn() -> LocalBoxFuture<'static, Result<Service, StartError>>>;

/// A server of the cluster.
pub struct Member {
    service: Service,
    rebuild: Rebuild,
    orders: mpsc::Receiver<Order>,
}

/// Whether a server should be running; the reply says that it is so, or why not.
struct Order {
    should_run: bool,
    reply: oneshot::Sender<Result<(), StartError>>,
}

/// Stops and starts a member.
#[derive(Clone)]
pub struct Switch {
    name: String,
    orders: mpsc::Sender<Order>,
}

impl Member {
    /// A running service and how to build it again.
    pub fn new(name: String, service: Service, rebuild: Rebuild) -> (Self, Switch) {
        let (sender, orders) = mpsc::channel(1);
        (Self { service, rebuild, orders }, Switch { name, orders: sender })
    }

    /// Serves until SIGTERM, except while it is stopped.
    ///
    /// # Errors
    /// If the listener fails.
    pub async fn run(mut self) -> io::Result<()> {
        loop {
            let Service { handle, mut served } = self.service;
            let reply = loop {
                tokio::select! {
                    done = &mut served => return done,
                    Some(order) = self.orders.recv() => if order.should_run { order.confirm() } else { break order },
                }
            };
            // The server stops while it is polled.
            tokio::join!(handle.stop(false), served).1?;
            reply.confirm();
            self.service = tokio::select! {
                ended = end_of_program() => return ended,
                service = until_started(&mut self.orders, &self.rebuild) => service,
            };
        }
    }
}

async fn until_started(orders: &mut mpsc::Receiver<Order>, rebuild: &Rebuild) -> Service {
    while let Some(order) = orders.recv().await {
        if !order.should_run {
            order.confirm();
            continue;
        }
        match rebuild().await {
            Ok(service) => {
                order.confirm();
                return service;
            }
            Err(error) => {
                log::error!("{error}");
                // The caller may be gone.
                let _ = order.reply.send(Err(error));
            }
        }
    }
    std::future::pending().await
}

/// SIGTERM, SIGHUP or SIGINT, as for the services that run.
async fn end_of_program() -> io::Result<()> {
    let (mut terminate, mut hang_up, mut interrupt) =
        (signal(SignalKind::terminate())?, signal(SignalKind::hangup())?, signal(SignalKind::interrupt())?);
    tokio::select! {
        _ = terminate.recv() => {}
        _ = hang_up.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}

impl Order {
    fn confirm(self) {
        // The caller may be gone.
        let _ = self.reply.send(Ok(()));
    }
}

impl Switch {
    /// The name of the server, as in `X-Served-By`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Has the server run or not, and waits until it is so. `None` if the cluster is shutting down.
    pub async fn set(&self, should_run: bool) -> Option<Result<(), StartError>> {
        let (reply, replied) = oneshot::channel();
        self.orders.send(Order { should_run, reply }).await.ok()?;
        replied.await.ok()
    }
}
