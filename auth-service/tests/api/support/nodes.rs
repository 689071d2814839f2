//! Nodes that start at the very same time, each in a thread, as programs of their own would.

use std::{
    sync::{Arc, Barrier, mpsc},
    thread,
};

use actix_web::rt::System;
use auth_service::{App, Config};
use futures_util::future::{Either, select};
use service_kit::{StartError, testing::Api};
use tokio::sync::oneshot;

/// A running auth-service; it ends when this is dropped.
pub struct Node {
    /// How to talk to it.
    pub api: Api,
    _stop: oneshot::Sender<()>,
}

/// Starts as many nodes as there are settings, at once.
pub fn start_at_once(configs: Vec<Config>) -> Vec<Result<Node, StartError>> {
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
