//! Nodes that start at exactly the same time, each in its own thread, like separate processes.

use std::{
    sync::{Arc, Barrier, mpsc},
    thread,
};

use actix_web::rt::System;
use auth_service::{App, Config};
use futures_util::future::{Either, select};
use service_kit::{StartError, testing::Api};
use tokio::sync::oneshot;

/// A running auth-service, stopped on drop.
pub struct Node {
    /// Its HTTP client.
    pub api: Api,
    _stop: oneshot::Sender<()>,
}

/// Starts one node per configuration, all at the same time.
pub fn start_concurrently(configs: Vec<Config>) -> Vec<Result<Node, StartError>> {
    let barrier = Arc::new(Barrier::new(configs.len()));
    let starting: Vec<_> = configs.into_iter().map(|config| start(config, Arc::clone(&barrier))).collect();
    starting.into_iter().map(|started| started.recv().unwrap()).collect()
}

fn start(config: Config, barrier: Arc<Barrier>) -> mpsc::Receiver<Result<Node, StartError>> {
    let (tell, started) = mpsc::channel();
    thread::spawn(move || {
        System::new().block_on(async move {
            barrier.wait();
            let (app, stopped) = match App::build(config).await {
                Err(error) => return tell.send(Err(error)).unwrap(),
                Ok(app) => {
                    let (stop, stopped) = oneshot::channel::<()>();
                    tell.send(Ok(Node { api: Api::at(app.url()), _stop: stop })).unwrap();
                    (app, stopped)
                }
            };
            match select(Box::pin(app.run()), stopped).await {
                Either::Left((ended, _)) => ended.unwrap(),
                Either::Right(_) => {}
            }
        });
    });
    started
}
