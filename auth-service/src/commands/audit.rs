//! `auth-service audit …`.

use std::{io, path::PathBuf, time::Duration};

use actix_web::rt::signal::unix::{Signal, SignalKind, signal};
use clap::{Args, Subcommand, value_parser};
use service_kit::error_chain;
use shared::UnixTime;
use tokio::time::sleep;

use super::{
    archive, open,
    output::{Failure, printable, say, try_say},
};
use crate::{
    audit::{
        actor::Actor,
        event::Action,
        filter::Filter,
        line::AuditLine,
        store::{self, newest, next},
    },
    config::Config,
    db::{Abort, Db, DbError},
    times,
    unit_of_work::UnitOfWork,
};

/// Filters. By default, the last hundred events are shown.
#[derive(Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    /// Only events with this actor.
    #[arg(long, value_name = "NAME")]
    actor: Option<String>,
    /// Only events with this subject.
    #[arg(long, value_name = "NAME")]
    subject: Option<String>,
    /// Only events with this action.
    #[arg(long)]
    action: Option<Action>,
    /// Only events from this time on: a time, a date, or seconds since 1970.
    #[arg(long, value_name = "TIME", value_parser = times::parse)]
    since: Option<UnixTime>,
    /// Only events before this time.
    #[arg(long, value_name = "TIME", value_parser = times::parse)]
    until: Option<UnixTime>,
    /// Maximum number of events; the newest are shown.
    #[arg(long, value_name = "NUMBER", default_value_t = 100, value_parser = value_parser!(u32).range(1..))]
    limit: u32,
    /// Keep printing new events until Ctrl-C.
    #[arg(long, conflicts_with = "until")]
    follow: bool,
    /// Print JSON, one object per line.
    #[arg(long)]
    json: bool,
}

#[derive(Subcommand)]
enum Command {
    /// Write events older than a time to a file, and then delete them: exactly those that were written.
    Archive(ArchiveArguments),
    /// Delete events older than a time. To keep a copy, use `archive`.
    Prune(PruneArguments),
}

#[derive(Args)]
struct ArchiveArguments {
    /// A time, a date, or seconds since 1970.
    #[arg(long, value_name = "TIME", value_parser = times::parse)]
    before: UnixTime,
    /// A new file, which only its owner can read: JSON, one object per line, the oldest event first.
    #[arg(long, value_name = "FILE")]
    to: PathBuf,
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
    match command {
        Some(Command::Prune(PruneArguments { before })) => return prune(before, &db).await,
        Some(Command::Archive(ArchiveArguments { before, to })) => return archive::run(before, &to, &db).await,
        None => {}
    }
    let filter = Filter { actor, subject, action, since, until };
    // Before anything is printed, so that Ctrl-C ends it cleanly from then on.
    let interrupts = follow.then(|| signal(SignalKind::interrupt())).transpose().map_err(Failure::refused)?;
    let shown = filter.clone();
    let lines = db.run(move |conn| newest(conn, &shown, i64::MAX, limit.into())).await.map_err(Failure::of)?;
    let last = lines.first().map_or(0, |line| line.id);
    match (say_lines(lines.into_iter().rev(), json)?, interrupts) {
        (Output::Open, Some(interrupts)) => follow_log(interrupts, filter, last, json, &db).await,
        _ => Ok(()),
    }
}

/// Prints new lines after the line `last`, until Ctrl-C or until standard output is closed.
async fn follow_log(mut interrupts: Signal, filter: Filter, mut last: i64, json: bool, db: &Db) -> Result<(), Failure> {
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
            // The next attempt may succeed.
            Err(error) => log::warn!("cannot read the audit log: {}", error_chain(&error)),
        }
    }
}

/// The deletion is itself recorded in the log.
async fn prune(before: UnixTime, db: &Db) -> Result<(), Failure> {
    let work = UnitOfWork::new(db.clone());
    let pruned = work.run(UnixTime::now(), move |tx| {
        let pruned = store::prune(tx, before, i64::MAX)?;
        if pruned > 0 {
            let event = Actor::command_line().did(Action::AuditPruned, "audit_log");
            tx.audit(event.with_detail(format!("lines: {pruned}, before {}", times::utc(before))));
        }
        Ok::<_, Abort<DbError>>(pruned)
    });
    say(format!("Events deleted: {}.", pruned.await.map_err(Failure::of)?));
    Ok(())
}

#[derive(PartialEq, Eq)]
enum Output {
    Open,
    /// The reader has closed it.
    Closed,
}

fn say_lines(lines: impl Iterator<Item = AuditLine>, json: bool) -> Result<Output, Failure> {
    for line in lines {
        let text = if json { serde_json::to_string(&line).map_err(Failure::refused)? } else { plain(&line) };
        match try_say(&printable(&text)) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => return Ok(Output::Closed),
            said => said.map_err(Failure::refused)?,
        }
    }
    Ok(Output::Open)
}

/// `2026-11-24T15:00:00Z #7 role_changed actor="ann" subject="bob" from="192.0.2.1" detail="user -> admin"`.
fn plain(line: &AuditLine) -> String {
    let head = format!("{} #{} {}", times::utc(line.at), line.id, line.action);
    let parts = [("actor", &line.actor), ("subject", &line.subject), ("from", &line.address), ("detail", &line.detail)];
    let parts = parts.into_iter().filter_map(|(name, value)| {
        let value = value.as_ref()?.replace('\\', r"\\").replace('"', "\\\"");
        Some(format!("{name}=\"{value}\""))
    });
    std::iter::once(head).chain(parts).collect::<Vec<_>>().join(" ")
}
