//! Metrics of auth-service.

use std::{sync::Arc, time::Duration};

use service_kit::{EventCounter, Scrape};
use shared::UnixTime;

use crate::{
    backchannel::delivery::LogoutDelivery,
    counters::{
        AUDIT_FAILURES, LOGOUT_NOTICES_ABANDONED, LOGOUT_NOTICES_FAILED, LOGOUT_NOTICES_SENT, SWEEP_FAILURES,
        SWEPT_SESSIONS, SWEPT_STATUS_LISTS,
    },
    db::Db,
    keys::{key_keeper::KeyKeeper, key_ring::Stage},
    status::list_keeper::ListKeeper,
    users::password_hasher::PasswordHasher,
};

/// Logins and refreshes by result. Any other result is counted as `error`.
#[derive(Clone)]
pub struct AuthEvents {
    /// `POST /login`.
    pub logins: EventCounter,
    /// `POST /refresh`.
    pub refreshes: EventCounter,
}

impl Default for AuthEvents {
    fn default() -> Self {
        let logins = [
            "success",
            "invalid_credentials",
            "user_disabled",
            "mfa_required",
            "too_many_requests",
            "invalid_request",
            "busy",
            "error",
        ];
        let refreshes = ["success", "token_reused", "token_revoked", "token_expired", "invalid_token", "busy", "error"];
        Self { logins: EventCounter::new(logins), refreshes: EventCounter::new(refreshes) }
    }
}

impl AuthEvents {
    /// Logins and refreshes.
    pub fn collect(&self, scrape: &mut Scrape<'_>) {
        scrape.counters("logins", "Login attempts by result.", self.logins.samples("result"));
        let help = "Refresh token requests by result; token_reused is a replayed token, whose session is revoked.";
        scrape.counters("refreshes", help, self.refreshes.samples("result"));
    }
}

/// Audit log and sweeps.
pub fn upkeep_metrics(scrape: &mut Scrape<'_>) {
    scrape.counter(
        "audit_failures",
        "Records that could not be written and are missing from the audit log.",
        AUDIT_FAILURES.get(),
    );
    scrape.counter("sweep_failures", "Failed sweeps for expired rows.", SWEEP_FAILURES.get());
    let swept = [("session", SWEPT_SESSIONS.get()), ("status_list", SWEPT_STATUS_LISTS.get())];
    let swept = swept.map(|(kind, count)| ([("kind", kind)], count));
    scrape.counters("swept", "Expired objects that sweeps deleted, by kind.", swept);
}

/// Database connections.
pub fn database_metrics(db: Db) -> impl Fn(&mut Scrape<'_>) + Send + Sync + 'static {
    move |scrape| {
        let (open, idle) = db.connections();
        scrape.gauge("db_connections_open", "Open connections to the database.", open);
        scrape.gauge("db_connections_idle", "Open connections to the database that are not in use.", idle);
        scrape.gauge("db_connections_max", "Maximum number of connections to the database.", db.max_connections());
        let help = "Requests for a database connection that timed out.";
        scrape.counter("db_acquire_timeouts", help, db.acquire_timeouts());
        let help = "Writes waiting for a shared commit; always 0 on PostgreSQL.";
        scrape.gauge("db_commit_queue_length", help, db.commit_queue_length());
    }
}

/// Password hashing.
pub fn hashing_metrics(hasher: PasswordHasher) -> impl Fn(&mut Scrape<'_>) + Send + Sync + 'static {
    move |scrape| {
        scrape.gauge("password_hashes_waiting", "Password hashes waiting for a thread.", hasher.waiting());
        scrape.gauge("password_hashes_under_way", "Password hashes being computed.", hasher.under_way());
        let help = "Maximum number of waiting password hashes; further ones are rejected.";
        scrape.gauge("password_hash_queue_capacity", help, hasher.queue_capacity());
        let help = "Password hashes rejected because the queue was full.";
        scrape.counter("password_hash_rejections", help, hasher.rejections());
        scrape.counter("password_hash_panics", "Password hashes that panicked.", hasher.panics());
        scrape.gauge("password_hash_memory_bytes", "Memory that one password hash uses.", hasher.memory_per_hash());
    }
}

/// Signing keys. `rotate_every` is set if keys are rotated automatically.
pub fn key_metrics(
    keys: Arc<KeyKeeper>,
    rotate_every: Option<Duration>,
) -> impl Fn(&mut Scrape<'_>) + Send + Sync + 'static {
    move |scrape| {
        let (ring, now) = (keys.ring(), UnixTime::now());
        let count = |stage| ring.keys().iter().filter(|timed| ring.stage(timed, now) == stage).count();
        let stages = [("next", Stage::Next), ("current", Stage::Current), ("previous", Stage::Previous)];
        let stages = stages.map(|(name, stage)| ([("stage", name)], count(stage)));
        scrape.gauges("signing_keys", "Published signing keys by stage.", stages);
        let due = ring.current(now).ok().zip(rotate_every);
        if let Some((current, rotate_every)) = due {
            let due = current.active_from.plus(rotate_every).seconds();
            let help = "When the rotation of the current signing key is due, as a Unix timestamp.";
            scrape.gauge("signing_key_rotation_due_timestamp_seconds", help, due);
        }
        let help = "Time since the signing keys were last read from the database; -1 before that.";
        scrape.gauge("signing_keys_age_seconds", help, seconds_or_none(keys.own_keys().age(now)));
    }
}

/// Status lists as this node publishes them.
pub fn status_list_metrics(lists: Arc<ListKeeper>) -> impl Fn(&mut Scrape<'_>) + Send + Sync + 'static {
    move |scrape| {
        let snapshot = lists.last_snapshot();
        let reserved: i64 = snapshot.rows().iter().map(|row| row.reserved).sum();
        scrape.gauge("status_lists", "Status lists that valid tokens may reference.", snapshot.rows().len());
        scrape.gauge("status_list_entries_reserved", "Status list entries reserved by nodes.", reserved);
        let help = "Duration of the last build of changed status lists.";
        scrape.gauge("status_list_build_duration_seconds", help, lists.last_build());
        let help = "Time since the status lists were last read from the database; -1 before that.";
        scrape.gauge("status_lists_age_seconds", help, seconds_or_none(lists.age()));
    }
}

/// Back-channel logout.
pub fn logout_notice_metrics(delivery: Arc<LogoutDelivery>) -> impl Fn(&mut Scrape<'_>) + Send + Sync + 'static {
    move |scrape| {
        let help = "Logout notices that applications have accepted.";
        scrape.counter("logout_notices_sent", help, LOGOUT_NOTICES_SENT.get());
        let help = "Failed attempts to send a logout notice; it is retried for a day.";
        scrape.counter("logout_notices_failed", help, LOGOUT_NOTICES_FAILED.get());
        let help = "Logout notices that could not be delivered within a day.";
        scrape.counter("logout_notices_abandoned", help, LOGOUT_NOTICES_ABANDONED.get());
        let help = "Logout notices in the database that have not been delivered yet.";
        scrape.gauge("logout_notices_waiting", help, delivery.waiting());
    }
}

/// -1 for an age that is not known yet.
fn seconds_or_none(age: Option<Duration>) -> f64 {
    age.map_or(-1.0, |age| age.as_secs_f64())
}
