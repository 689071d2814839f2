//! `auth-service keys …`.

use std::{
    fmt::Display,
    fs::{self, OpenOptions},
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    time::Duration,
};

use clap::{Args, Subcommand};
use service_kit::StartError;
use shared::UnixTime;
use zeroize::Zeroizing;

use super::{
    open,
    output::{Failure, say, say_json, say_table},
};
use crate::{
    audit::actor::Actor,
    authority::authority::Authority,
    config::Config,
    db::Db,
    keys::{
        error::KeyError,
        key_ring::KeyRing,
        key_safe::KeyCreationError,
        managed_keys::ManagedKeys,
        private_key_pem::{pem_from_pkcs8, pkcs8_from_pem},
        report::KeyReport,
        rotation::{Rotated, Withdrawn},
    },
    times::utc,
};

#[derive(Subcommand)]
pub(super) enum Command {
    /// List keys, their stages, and the live verifiers that lack them.
    List(ListArguments),
    /// Publish a next key; if there is one already, activate it.
    Rotate(ForceArguments),
    /// Activate the next key.
    Activate(ForceArguments),
    /// Remove a key from the JWKS immediately; verifiers reject its tokens once they have refreshed the JWKS.
    Withdraw(KidArguments),
    /// Export a private key as PEM, to a file that only its owner can read.
    Export(ExportArguments),
    /// Import a private key and publish it as the next key.
    Import(ImportArguments),
    /// Re-encrypt every key under `AUTH__MASTER_KEY`, from `AUTH__PREVIOUS_MASTER_KEY`.
    Rewrap,
}

#[derive(Args)]
pub(super) struct ListArguments {
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
pub(super) struct ForceArguments {
    /// Proceed even if live verifiers lack the key.
    #[arg(long)]
    force: bool,
}

#[derive(Args)]
pub(super) struct KidArguments {
    /// The key id, as `keys list` shows it.
    // One in 64 begins with a hyphen.
    #[arg(allow_hyphen_values = true)]
    kid: String,
}

#[derive(Args)]
pub(super) struct ExportArguments {
    /// The key id, as `keys list` shows it.
    // One in 64 begins with a hyphen.
    #[arg(allow_hyphen_values = true)]
    kid: String,
    /// The output file, which must not exist yet.
    #[arg(long, value_name = "FILE")]
    to: PathBuf,
}

#[derive(Args)]
pub(super) struct ImportArguments {
    /// A file with an RSA private key in PEM.
    file: PathBuf,
}

pub(super) async fn run(command: Command, config: &Config) -> Result<(), Failure> {
    if config.keys.private_key.is_some() {
        return Err(Failure::refused(KeyError::FromSettings));
    }
    let db = open::connected(config)?;
    let keys = open::managed_keys(db.clone(), config)?;
    let (by, now) = (Authority::operator(), UnixTime::now());
    match command {
        Command::List(arguments) => list(&arguments, &db, &keys, config).await,
        Command::Rotate(ForceArguments { force }) => say_rotated(keys.rotate(force, by, now).await.map_err(failed)?),
        Command::Activate(ForceArguments { force }) => {
            say_rotated(keys.activate(force, by, now).await.map_err(failed)?)
        }
        Command::Withdraw(KidArguments { kid }) => match keys.withdraw(kid, by, now).await.map_err(failed)? {
            Withdrawn::Done { current } => {
                say(format!("Withdrawn; {current} signs now."));
                Ok(())
            }
            Withdrawn::NoSuchKey => Err(Failure::refused("this key is not published")),
        },
        Command::Export(ExportArguments { kid, to }) => export(&keys, kid, &to).await,
        Command::Import(ImportArguments { file }) => {
            let private_key = read_private_key(&file)?;
            say_rotated(keys.import(&private_key, Actor::command_line(), now).await.map_err(failed)?)
        }
        Command::Rewrap => {
            let count = keys.rewrap(Actor::command_line(), now).await.map_err(failed)?;
            say(format!("{count} keys are encrypted under the current master key."));
            Ok(())
        }
    }
}

async fn list(arguments: &ListArguments, db: &Db, keys: &ManagedKeys, config: &Config) -> Result<(), Failure> {
    let ring = keys.ring(&KeyRing::default()).await.map_err(failed)?;
    let ttl = Duration::from_secs(config.keys.verifier_ttl_secs);
    let report = db.run(move |conn| KeyReport::make(conn, &ring, ttl, UnixTime::now())).await;
    let report = report.map_err(|error| failed(error.into()))?;
    if arguments.json {
        return say_json(&report);
    }
    let rows: Vec<_> = report
        .keys
        .iter()
        .map(|key| {
            let forget_at = key.forget_at.map(utc).unwrap_or_default();
            let stage = format!("{:?}", key.stage).to_lowercase();
            [key.kid.clone(), stage, utc(key.active_from), forget_at, key.lacking.join(", ")]
        })
        .collect();
    say_table(["KEY ID", "STAGE", "SIGNS FROM", "PUBLISHED UNTIL", "LACKED BY"], &rows);
    let names: Vec<_> = report.verifiers.iter().map(|verifier| verifier.instance.as_str()).collect();
    say(format!("\nLive verifiers: {}", if names.is_empty() { "none".to_owned() } else { names.join(", ") }));
    Ok(())
}

async fn export(keys: &ManagedKeys, kid: String, to: &Path) -> Result<(), Failure> {
    let private_key = keys.export(kid, Actor::command_line(), UnixTime::now()).await.map_err(failed)?;
    let private_key = private_key.ok_or_else(|| Failure::refused("there is no key with this id"))?;
    let pem = Zeroizing::new(pem_from_pkcs8(&private_key).map_err(Failure::refused)?);
    let write = || -> io::Result<()> {
        OpenOptions::new().write(true).create_new(true).mode(0o600).open(to)?.write_all(pem.as_bytes())
    };
    write().map_err(|error| Failure::refused(format!("{}: {error}", to.display())))?;
    say(format!("Private key written to {}.", to.display()));
    Ok(())
}

fn read_private_key(file: &Path) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let refused = |reason: &dyn Display| Failure::refused(format!("{}: {reason}", file.display()));
    let bytes = Zeroizing::new(fs::read(file).map_err(|error| refused(&error))?);
    let to_pem = "it is not text: convert a binary key with `openssl pkey -inform DER -in FILE -out COPY`";
    let text = str::from_utf8(&bytes).map_err(|_| refused(&to_pem))?;
    pkcs8_from_pem(text).map_err(|error| refused(&error))
}

fn say_rotated(rotated: Rotated) -> Result<(), Failure> {
    match rotated {
        Rotated::Published { kid, active_from } => {
            say(format!("{kid} is published, and signs from {}.", utc(active_from)));
        }
        Rotated::Activated { kid } => say(format!("{kid} signs now.")),
        Rotated::Refused { kid, lacking } => {
            let lacking = lacking.join(", ");
            return Err(Failure::refused(format!(
                "these verifiers lack {kid}: {lacking}\n  Wait for them, or use --force."
            )));
        }
        Rotated::NextExists { kid } => {
            return Err(Failure::refused(format!("{kid} is already the next key\n  Activate or withdraw it first.")));
        }
        Rotated::Known { kid } => {
            return Err(Failure::refused(format!("{kid} already exists\n  See `keys list`.")));
        }
        Rotated::TooManyKeys => {
            return Err(Failure::refused(
                "verifiers accept no more published keys\n  Wait until the old ones have expired.",
            ));
        }
        Rotated::NothingNext => {
            return Err(Failure::refused("there is no next key\n  Publish one with `keys rotate`."));
        }
    }
    Ok(())
}

fn failed(error: KeyError) -> Failure {
    match error {
        KeyError::Creation(KeyCreationError::Invalid(error)) => Failure::refused(error),
        error => StartError::from(error).into(),
    }
}
