//! Graceful shutdown, without a failed request.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};

use actix_web::{
    dev::{Server, ServerHandle},
    rt::{
        self,
        signal::unix::{SignalKind, signal},
    },
};
use tokio::time::sleep;

/// Whether the service is shutting down. Load balancers learn of it from readiness, clients from `Connection: close`.
#[derive(Clone, Debug, Default)]
pub struct Lifecycle(Arc<AtomicBool>);

impl Lifecycle {
    /// Whether new requests should go to another instance.
    pub fn is_draining(&self) -> bool {
        self.0.load(Relaxed)
    }

    /// Serves until SIGTERM or SIGINT. SIGTERM: for `drain` the service reports not ready and keeps serving; then it accepts
    /// no more connections, finishes the requests in progress and returns. SIGINT skips the drain.
    ///
    /// # Errors
    /// If the listener fails, or signal handlers cannot be installed.
    pub async fn run(self, server: Server, drain: Duration) -> io::Result<()> {
        let (handle, lifecycle) = (server.handle(), self);
        let (terminate, interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
        let ending = rt::spawn(lifecycle.end(handle, drain, terminate, interrupt));
        let served = server.await;
        ending.abort();
        served
    }

    async fn end(
        self,
        handle: ServerHandle,
        drain: Duration,
        mut terminate: rt::signal::unix::Signal,
        mut interrupt: rt::signal::unix::Signal,
    ) {
        tokio::select! {
            _ = terminate.recv() => {
                log::info!("SIGTERM received, draining: not ready, no new connections in {drain:?}");
                self.0.store(true, Relaxed);
                tokio::select! {
                    () = sleep(drain) => {}
                    _ = interrupt.recv() => {}
                }
            }
            _ = interrupt.recv() => self.0.store(true, Relaxed),
        }
        handle.stop(true).await;
    }
}
