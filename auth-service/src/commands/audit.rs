//! `auth-service audit …`.

use std::{io, time::Duration};

use actix_web::rt::signal::unix::{Signal, SignalKind, signal};
use clap::{Args, Subcommand, value_parser};
use shared::UnixTime;
use tokio::time::sleep;

use super::{
    open,
    output::{Failure, printable, say, try_say},
    times,
};
use crate::{
    Config,
    audit::{
        actor::Actor,
        event::Action,
        filter::Filter,
        line::AuditLine,
        store::{self, newest, next},
    },
    db::{Db, DbError},
};

/// Which lines to show. Without any of these it is the last hundred.
#[derive(Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    /// What this one did.
    #[arg(long, value_name = "NAME")]
    actor: Option<String>,
    /// What was done to this one.
    #[arg(long, value_name = "NAME")]
    subject: Option<String>,
    /// What is of this kind.
    #[arg(long)]
    action: Option<Action>,
    /// From then on: a time, a date, or seconds since 1970.
    #[arg(long, value_name = "TIME", value_parser = times::parse)]
    since: Option<UnixTime>,
    /// Before then.
    #[arg(long, value_name = "TIME", value_parser = times::parse)]
    until: Option<UnixTime>,
    /// So many at most, the newest of them.
    #[arg(long, value_name = "NUMBER", default_value_t = 100, value_parser = value_parser!(u32).range(1..))]
    limit: u32,
    /// Go on with what is written from now on, until Ctrl-C.
    #[arg(long, conflicts_with = "until")]
    follow: bool,
    /// As JSON, one object a line.
    #[arg(long)]
    json: bool,
}

#[derive(Subcommand)]
enum Command {
    /// Delete the lines from before a time.
    Prune(PruneArguments),
}

#[derive(Args)]
struct PruneArguments {
    /// A time, a date, or seconds since 1970.
    #[arg(long, value_name = "TIME", value_parser = times::parse)]
    before: UnixTime,
}

pub(super) async fn run(arguments: Arguments, config: &Config) -> Result<(), Failure> {
    let db = open::connected(config)?;
    let Arguments { command, actor, subject, action, since, until, limit, follow, json } = arguments;
    if let Some(Command::Prune(PruneArguments { before })) = command {
        return prune(before, &db).await;
    }
    let filter = Filter { actor, subject, action, since, until };
    // Before anything is shown, so that Ctrl-C ends it well from then on.
    let interrupts = follow.then(|| signal(SignalKind::interrupt())).transpose().map_err(Failure::refused)?;
    let shown = filter.clone();
    let lines = db.run(move |conn| newest(conn, &shown, i64::MAX, limit.into())).await.map_err(failed)?;
    let last = lines.first().map_or(0, |line| line.id);
    match (say_lines(lines.into_iter().rev(), json)?, interrupts) {
        (Output::Open, Some(interrupts)) => go_on(interrupts, filter, last, json, &db).await,
        _ => Ok(()),
    }
}

/// Shows what is written after the line `last`, until Ctrl-C, or until nobody reads it any more.
async fn go_on(mut interrupts: Signal, filter: Filter, mut last: i64, json: bool, db: &Db) -> Result<(), Failure> {
    const PAUSE: Duration = Duration::from_millis(500);
    const AT_ONCE: i64 = 1000;
    loop {
        tokio::select! {
            () = sleep(PAUSE) => {}
            _ = interrupts.recv() => return Ok(()),
        }
        let shown = filter.clone();
        match db.run(move |conn| next(conn, &shown, last, AT_ONCE)).await {
            Ok(lines) => {
                last = lines.last().map_or(last, |line| line.id);
                if say_lines(lines.into_iter(), json)? == Output::Closed {
                    return Ok(());
                }
            }
            // It may be back the next time.
            Err(error) => log::warn!("the audit log cannot be read: {error:?}"),
        }
    }
}

/// What has been deleted is told by the log itself.
async fn prune(before: UnixTime, db: &Db) -> Result<(), Failure> {
    let pruned = db.write(move |conn| {
        let pruned = store::prune(conn, before)?;
        if pruned > 0 {
            let event = Actor::command_line().did(Action::AuditPruned, "audit_log");
            let detail = format!("lines: {pruned}, before {}", times::utc(before));
            store::insert(conn, &event.with_detail(detail), UnixTime::now())?;
        }
        Ok::<_, DbError>(pruned)
    });
    say(format!("Lines deleted: {}.", pruned.await.map_err(failed)?));
    Ok(())
}

#[derive(PartialEq, Eq)]
enum Output {
    Open,
    /// Whoever read it has gone away.
    Closed,
}

fn say_lines(lines: impl Iterator<Item = AuditLine>, json: bool) -> Result<Output, Failure> {
    for line in lines {
        let text = if json { serde_json::to_string(&line).map_err(Failure::refused)? } else { in_words(&line) };
        match try_say(&printable(&text)) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => return Ok(Output::Closed),
            said => said.map_err(Failure::refused)?,
        }
    }
    Ok(Output::Open)
}

/// `2026-11-24T15:00:00Z #7 role_changed actor="ann" subject="bob" from="192.0.2.1" detail="user -> admin"`.
fn in_words(line: &AuditLine) -> String {
    let told = format!("{} #{} {}", times::utc(UnixTime::from_seconds(line.at)), line.id, line.action);
    let parts = [("actor", &line.actor), ("subject", &line.subject), ("from", &line.address), ("detail", &line.detail)];
    let parts = parts.into_iter().filter_map(|(name, value)| {
        let value = value.as_ref()?.replace('\\', r"\\").replace('"', "\\\"");
        Some(format!("{name}=\"{value}\""))
    });
    std::iter::once(told).chain(parts).collect::<Vec<_>>().join(" ")
}

fn failed(error: DbError) -> Failure {
    Failure::refused(format!("{error:?}"))
}
