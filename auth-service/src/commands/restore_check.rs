//! `auth-service restore-check`.

use std::time::Duration;

use clap::Args;
use shared::UnixTime;

use super::{
    open,
    output::{Failure, say, say_json},
};
use crate::{
    administration::restored::{Extent, Restored, settle},
    config::Config,
    unit_of_work::UnitOfWork,
};

/// Run it once on a database that was restored from a backup, before the first node starts.
#[derive(Args)]
pub(super) struct Arguments {
    /// Only show what would be done.
    #[arg(long)]
    dry_run: bool,
    /// Print JSON.
    #[arg(long)]
    json: bool,
    /// How many ids of users, status lists and audit events to skip: more than can have been issued since the backup.
    #[arg(long, value_name = "COUNT", default_value_t = 1_000_000, value_parser = clap::value_parser!(u32).range(1..))]
    skip: u32,
}

pub(super) async fn run(arguments: Arguments, config: &Config) -> Result<(), Failure> {
    let work = UnitOfWork::new(open::connected(config)?);
    let token_ttl = Duration::from_secs(config.tokens.access_ttl_secs.into());
    let extent = Extent { skip: arguments.skip.into(), token_ttl };
    let restored = settle(&work, extent, arguments.dry_run, UnixTime::now()).await.map_err(Failure::of)?;
    if arguments.json {
        return say_json(&restored);
    }
    say_restored(&restored, arguments.dry_run);
    Ok(())
}

fn say_restored(restored: &Restored, is_dry_run: bool) {
    if is_dry_run {
        say("Nothing has been changed (--dry-run). These changes would be made:");
    }
    let lists: Vec<_> = restored.lists_revoked.iter().map(ToString::to_string).collect();
    let lists = if lists.is_empty() { "none".to_owned() } else { lists.join(", ") };
    say(format!("Sessions ended: {}", restored.sessions_ended));
    say(format!("Logout notices to applications: {}", restored.logout_notices));
    say(format!("Status lists with all entries revoked: {lists}"));
    say(format!("Password reset tokens deleted: {}", restored.password_resets_deleted));
    say(format!("Next user: {}", restored.last_user + 1));
    say(format!("Next status list: {}", restored.last_list + 1));
    say(format!("Next audit event: {}", restored.last_audit_event + 1));
}
