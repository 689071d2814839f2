//! Guess budgets in the database, so that all nodes count together.

use std::net::IpAddr;

use diesel::{
    BoolExpressionMethods, ExpressionMethods, IntoSql, OptionalExtension, QueryDsl, QueryResult, RunQueryDsl,
    TextExpressionMethods,
    dsl::{case_when, exists},
    select, sql_query,
    sql_types::{BigInt, Text},
};
use shared::UnixTime;

use super::{
    budget::{Budget, MANY_FAILURES, MAX_DEVICE_FAILURES, SLOW_PERIOD},
    lane::Lane,
    network::network_of,
    sender::Sender,
};
use crate::{
    db::{DbConnection, Prepare},
    ids::{SessionId, UserId},
    rate::Rate,
    schema::{guess_budgets, sessions},
};

const DAY: i64 = 24 * 3600;
/// Sessions whose address is compared.
const MAX_SESSIONS: i64 = 100;

/// The budget of a sender's guesses at this user's password. The number of a user who does not exist takes as long.
pub fn budget_of(conn: &mut DbConnection, user: UserId, sender: Sender, now: UnixTime) -> QueryResult<Budget> {
    Ok(Budget { user_id: user.number(), lane: lane_to(conn, user, sender, now)? })
}

fn lane_to(conn: &mut DbConnection, user: UserId, sender: Sender, now: UnixTime) -> QueryResult<Lane> {
    if let Some(session) = sender.session {
        return Ok(Lane::Session(browser_of(conn, session)?.unwrap_or(session)));
    }
    if let Some(device) = sender.device.filter(|device| device.user == user) {
        let lane = Lane::Device(device.id);
        let row = guess_budgets::table.find((user.number(), lane.to_string()));
        let failures: Option<(i64,)> = row.select((guess_budgets::failures,)).get_result(conn).optional()?;
        if failures.is_none_or(|(failures,)| failures < MAX_DEVICE_FAILURES) {
            return Ok(lane);
        }
    }
    let Some(address) = sender.address else { return Ok(Lane::Stranger) };
    let is_known = has_session_in(conn, user, address, now)?;
    Ok(if is_known { Lane::Network(network_of(address)) } else { Lane::Stranger })
}

/// The browser session that an application's session belongs to. Applications get as many sessions as they like beneath it without
/// a password.
fn browser_of(conn: &mut DbConnection, session: SessionId) -> QueryResult<Option<SessionId>> {
    let found: Option<(Option<SessionId>,)> =
        sessions::table.find(session).select((sessions::browser_id,)).get_result(conn).optional()?;
    Ok(found.and_then(|(browser,)| browser))
}

/// Whether the user has a live session in the network of this address.
fn has_session_in(conn: &mut DbConnection, user: UserId, address: IpAddr, now: UnixTime) -> QueryResult<bool> {
    let live = sessions::table
        .filter(sessions::user_id.eq(user).and(sessions::revoked_at.is_null()))
        .filter(sessions::idle_ends_at.gt(now).and(sessions::ends_at.gt(now)));
    let here = live.filter(sessions::address.eq(address.to_string()));
    if select(exists(here)).get_result(conn)? {
        return Ok(true);
    }
    if address.to_canonical().is_ipv4() {
        return Ok(false);
    }
    let network = network_of(address);
    let recent = live.order(sessions::last_used_at.desc()).limit(MAX_SESSIONS);
    let addresses: Vec<(String,)> = recent.select((sessions::address,)).load(conn)?;
    Ok(addresses.iter().any(|(address,)| address.parse().is_ok_and(|address| network_of(address) == network)))
}

/// Takes one guess of a budget and counts it as a failure until it is given back. Whether there was one. One statement settles it,
/// so that guesses in parallel, at any nodes, each take their own. Of several first guesses of a budget, one succeeds; the others may
/// find none, although there is one by then.
pub fn take(conn: &mut DbConnection, budget: Budget, rate: Rate, now: UnixTime) -> QueryResult<bool> {
    let (now, period) = (now.seconds(), rate.period);
    let slowed_from = if is_slowed(budget.lane) { MANY_FAILURES } else { i64::MAX };
    // A device's failures are counted until it succeeds.
    let forgotten_since = if matches!(budget.lane, Lane::Device(_)) { i64::MIN } else { now - DAY };
    let is_over = || guess_budgets::since.le(forgotten_since);
    let is_slow = guess_budgets::failures.ge(slowed_from).and(guess_budgets::since.gt(forgotten_since));
    let begins_at = case_when(guess_budgets::full_at.gt(now), guess_budgets::full_at);
    let cost = case_when(is_slow, SLOW_PERIOD.into_sql::<BigInt>());
    let failures = case_when(is_over(), 1.into_sql::<BigInt>()).otherwise(guess_budgets::failures + 1);
    let since = case_when(is_over(), now.into_sql::<BigInt>()).otherwise(guess_budgets::since);
    let taken = (
        guess_budgets::full_at
            .eq(begins_at.otherwise(now.into_sql::<BigInt>()) + cost.otherwise(period.into_sql::<BigInt>())),
        guess_budgets::failures.eq(failures),
        guess_budgets::since.eq(since),
    );
    let row = guess_budgets::table.find((budget.user_id, budget.lane.to_string()));
    if diesel::update(row.filter(guess_budgets::full_at.le(rate.latest(now)))).set(taken).prepared().execute(conn)? > 0
    {
        return Ok(true);
    }
    let first = sql_query(
        "INSERT INTO guess_budgets (user_id, lane, full_at, failures, since) VALUES ($1, $2, $3, 1, $4) ON CONFLICT DO NOTHING",
    );
    let first = first.bind::<BigInt, _>(budget.user_id).bind::<Text, _>(budget.lane.to_string());
    Ok(first.bind::<BigInt, _>(now + period).bind::<BigInt, _>(now).prepared().execute(conn)? > 0)
}

/// Refunds the guess that was taken, since it was right or was not evaluated. A device that was right has no failures left.
pub fn refund(conn: &mut DbConnection, budget: Budget, rate: Rate, is_right: bool) -> QueryResult<()> {
    let row = guess_budgets::table.find((budget.user_id, budget.lane.to_string()));
    let many = if is_slowed(budget.lane) { MANY_FAILURES } else { i64::MAX };
    // What it has cost, by the failures before it.
    let cost = case_when(guess_budgets::failures.gt(many), guess_budgets::full_at - SLOW_PERIOD);
    let full_at = guess_budgets::full_at.eq(cost.otherwise(guess_budgets::full_at - rate.period));
    let fewer = case_when(guess_budgets::failures.gt(0), guess_budgets::failures - 1);
    if is_right && matches!(budget.lane, Lane::Device(_)) {
        diesel::update(row).set((full_at, guess_budgets::failures.eq(0))).prepared().execute(conn).map(drop)
    } else {
        let failures = guess_budgets::failures.eq(fewer.otherwise(0.into_sql::<BigInt>()));
        diesel::update(row).set((full_at, failures)).prepared().execute(conn).map(drop)
    }
}

/// Whether many failures make a lane slower.
fn is_slowed(lane: Lane) -> bool {
    matches!(lane, Lane::Session(_) | Lane::Stranger)
}

/// Deletes budgets that are full again. Failures are remembered for a day, those of devices until the devices' tokens have
/// expired. How many were deleted.
pub fn sweep(conn: &mut DbConnection, now: UnixTime) -> QueryResult<usize> {
    const DEVICE_TTL: i64 = 180 * DAY;
    let now = now.seconds();
    let is_device = guess_budgets::lane.like("device:%");
    let forgotten = guess_budgets::full_at.le(now).and(
        guess_budgets::failures
            .le(0)
            .or(guess_budgets::since.le(now - DAY).and(diesel::dsl::not(is_device)))
            .or(guess_budgets::full_at.le(now - DEVICE_TTL)),
    );
    diesel::delete(guess_budgets::table.filter(forgotten)).execute(conn)
}
