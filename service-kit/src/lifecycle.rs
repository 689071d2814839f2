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
        signal::unix::{Signal, SignalKind, signal},
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

    /// Serves until SIGTERM, SIGHUP or SIGINT. For `drain` the service reports not ready and keeps serving; then it accepts
    /// no new connections, finishes the requests in progress and returns. SIGINT skips the drain.
    ///
    /// # Errors
    /// If the listener fails, or signal handlers cannot be installed.
    pub async fn run(self, server: Server, drain: Duration) -> io::Result<()> {
        let (handle, lifecycle) = (server.handle(), self);
        let signals = Signals {
            terminate: signal(SignalKind::terminate())?,
            hang_up: signal(SignalKind::hangup())?,
            interrupt: signal(SignalKind::interrupt())?,
        };
        let ending = rt::spawn(lifecycle.end(handle, drain, signals));
        let served = server.await;
        ending.abort();
        served
    }

    async fn end(self, handle: ServerHandle, drain: Duration, mut signals: Signals) {
        let name = tokio::select! {
            _ = signals.terminate.recv() => "SIGTERM",
            // The terminal was closed; an unhandled SIGHUP would cut requests off.
            _ = signals.hang_up.recv() => "SIGHUP",
            _ = signals.interrupt.recv() => "SIGINT",
        };
        self.0.store(true, Relaxed);
        if name != "SIGINT" {
            log::info!("{name} received, draining: not ready, no new connections in {drain:?}");
            tokio::select! {
                () = sleep(drain) => {}
                _ = signals.interrupt.recv() => {}
            }
        }
        handle.stop(true).await;
    }
}

struct Signals {
    terminate: Signal,
    hang_up: Signal,
    interrupt: Signal,
}
