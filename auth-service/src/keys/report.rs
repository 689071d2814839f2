//! The report of `GET /keys` and `auth-service keys list`.

use std::time::Duration;

use diesel::QueryResult;
use serde::Serialize;
use shared::UnixTime;
use utoipa::ToSchema;

use super::key_ring::{KeyRing, Stage};
use crate::{
    db::DbConnection,
    verifiers::store::{self, VerifierRow},
};

/// The keys and the verifiers.
#[derive(Debug, Serialize, ToSchema)]
pub struct KeyReport {
    /// In the order in which they begin to sign.
    pub keys: Vec<KeyLine>,
    /// Those that have recently requested the key set.
    pub verifiers: Vec<VerifierLine>,
}

/// One key. Times are seconds since the epoch.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Key)]
pub struct KeyLine {
    /// The key id.
    pub kid: String,
    /// Its current stage.
    pub stage: Stage,
    /// When it is published.
    pub created_at: UnixTime,
    /// When it starts to sign.
    pub active_from: UnixTime,
    /// When it is no longer published, if known.
    #[schema(required = true)]
    pub forget_at: Option<UnixTime>,
    /// Live verifiers that lack it.
    pub lacking: Vec<String>,
}

/// One verifier.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Verifier)]
pub struct VerifierLine {
    /// Its instance name.
    pub instance: String,
    /// When it last requested the key set, in seconds since the epoch.
    pub seen_at: UnixTime,
    /// The keys that it has.
    pub holds: Vec<String>,
}

impl KeyReport {
    /// The report at `now`, with the verifiers that requested the key set at most `verifier_ttl` ago.
    pub fn make(conn: &mut DbConnection, ring: &KeyRing, verifier_ttl: Duration, now: UnixTime) -> QueryResult<Self> {
        let live = store::live(conn, now.minus(verifier_ttl))?;
        let holds = |verifier: &VerifierRow, kid: &str| ring.is_in_set(kid, &verifier.etag, now);
        let keys = ring.keys().iter().map(|timed| {
            let kid = timed.key.kid().to_owned();
            let stage = ring.stage(timed, now);
            let lacking = live.iter().filter(|verifier| stage != Stage::Gone && !holds(verifier, &kid));
            KeyLine {
                lacking: lacking.map(|verifier| verifier.instance.clone()).collect(),
                kid,
                stage,
                created_at: timed.created_at,
                active_from: timed.active_from,
                forget_at: timed.forget_at,
            }
        });
        let verifiers = live.iter().map(|verifier| VerifierLine {
            instance: verifier.instance.clone(),
            seen_at: verifier.seen_at,
            holds: ring.kids(now).filter(|kid| holds(verifier, kid)).map(str::to_owned).collect(),
        });
        Ok(Self { keys: keys.collect(), verifiers: verifiers.collect() })
    }
}
