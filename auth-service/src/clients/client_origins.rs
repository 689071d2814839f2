//! The origins of clients' pages.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use actix_web::http::header::HeaderValue;
use arc_swap::ArcSwap;
use service_kit::Origin;
use tokio::sync::Mutex;

use super::store;
use crate::db::Db;

/// How old the origins in memory may be.
const MAX_AGE: Duration = Duration::from_secs(5);

/// The origins of all clients' pages, read from the database when one is asked for: at most once within [`MAX_AGE`], however
/// many requests there are.
pub struct ClientOrigins {
    db: Db,
    known: ArcSwap<Known>,
    /// Held by the request that reads.
    reading: Mutex<()>,
}

#[derive(Default)]
struct Known {
    origins: Vec<Origin>,
    /// When it was last tried to read them.
    tried_at: Option<Instant>,
}

impl ClientOrigins {
    /// Those in this database.
    pub fn new(db: Db) -> Self {
        Self { db, known: ArcSwap::default(), reading: Mutex::default() }
    }

    /// Whether a client has registered the origin in this header.
    pub async fn allows(&self, origin: &HeaderValue) -> bool {
        self.current().await.origins.iter().any(|known| known.is(origin))
    }

    async fn current(&self) -> Arc<Known> {
        let known = self.known.load_full();
        if known.is_recent() {
            return known;
        }
        let guard = match self.reading.try_lock() {
            Ok(guard) => guard,
            // Another request reads; only at first there is nothing to go by.
            Err(_) if known.tried_at.is_some() => return known,
            Err(_) => self.reading.lock().await,
        };
        let known = self.known.load_full();
        if known.is_recent() {
            return known;
        }
        let read = self.db.run(store::origins).await;
        let origins = read.unwrap_or_else(|error| {
            log::warn!("cannot read the origins of clients, so those of before remain: {error}");
            known.origins.clone()
        });
        let known = Arc::new(Known { origins, tried_at: Some(Instant::now()) });
        self.known.store(Arc::clone(&known));
        drop(guard);
        known
    }
}

impl Known {
    fn is_recent(&self) -> bool {
        self.tried_at.is_some_and(|at| at.elapsed() < MAX_AGE)
    }
}
