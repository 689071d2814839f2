//! The loop that sends logout notices.

use std::{collections::BTreeSet, pin::pin, sync::Arc, time::Duration};

use futures_util::{
    StreamExt,
    future::{Either, select},
    stream::FuturesUnordered,
};
use service_kit::error_chain;
use shared::{
    UnixTime,
    tasks::{Heartbeat, SupervisedTask},
};
use tokio::time::sleep;

use super::delivery::LogoutDelivery;

const INTERVAL: Duration = Duration::from_secs(1);
/// The database may wait for locks.
const MAX_SILENCE: Duration = Duration::from_mins(2);
/// Applications that are served at the same time: one that responds slowly holds up no other.
const MAX_CLIENTS: usize = 8;

/// Starts the loop that sends logout notices. It stops when the returned task is dropped.
pub fn spawn_logout_delivery(delivery: Arc<LogoutDelivery>) -> SupervisedTask {
    SupervisedTask::spawn("logout-notices", MAX_SILENCE, move |heartbeat| run(Arc::clone(&delivery), heartbeat))
}

async fn run(delivery: Arc<LogoutDelivery>, heartbeat: Heartbeat) {
    let mut busy = BTreeSet::new();
    let mut rounds = FuturesUnordered::new();
    loop {
        heartbeat.beat();
        match delivery.clients_due(2 * MAX_CLIENTS, UnixTime::now()).await {
            Ok(clients) => {
                for client in clients {
                    if busy.len() < MAX_CLIENTS && busy.insert(client.clone()) {
                        rounds.push(delivery.run_round(client));
                    }
                }
            }
            Err(error) => log::warn!("cannot read logout notices: {}", error_chain(&error)),
        }
        let mut pause = pin!(sleep(INTERVAL));
        // A client that has got its notices may have more.
        while !rounds.is_empty() {
            match select(pause.as_mut(), rounds.next()).await {
                Either::Left(_) => break,
                Either::Right((None, _)) => {}
                Either::Right((Some((client, has_more)), _)) => {
                    busy.remove(&client);
                    if has_more {
                        break;
                    }
                }
            }
        }
        if rounds.is_empty() {
            pause.await;
        }
    }
}
