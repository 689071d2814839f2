//! `auth-service users export`.

use std::{
    fs::OpenOptions,
    io::{self, BufWriter},
    os::unix::fs::OpenOptionsExt,
    path::PathBuf,
};

use clap::Args;
use shared::UnixTime;

use super::output::{Failure, say};
use crate::{
    db::Db,
    transfer::{
        export::{Export, ExportError},
        format::Format,
    },
};

/// What is written where.
#[derive(Args)]
pub(super) struct Arguments {
    /// `csv` or `jsonl`. Default: by the ending of the file's name, otherwise `csv`.
    #[arg(long)]
    format: Option<Format>,
    /// A new file, which only its owner can read. Default: standard output.
    #[arg(long, value_name = "FILE")]
    to: Option<PathBuf>,
    /// Include the password hashes, without which no import accepts the users. Keep them as you keep passwords.
    #[arg(long)]
    password_hashes: bool,
}

pub(super) async fn run(arguments: Arguments, db: Db) -> Result<(), Failure> {
    let Arguments { format, to, password_hashes } = arguments;
    let format = format.or_else(|| to.as_deref().and_then(Format::of_file)).unwrap_or(Format::Csv);
    let (export, now) = (Export::new(db, format, password_hashes), UnixTime::now());
    let Some(path) = to else {
        return match export.write(&mut BufWriter::new(io::stdout()), now).await {
            // A reader that has seen enough, such as `head`, is no failure.
            Err(ExportError::Io(error)) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            Err(ExportError::Io(error)) => Err(Failure::refused(format!("cannot write to standard output: {error}"))),
            written => written.map(drop).map_err(Failure::of),
        };
    };
    let cannot_write = |error: io::Error| Failure::refused(format!("{}: {error}", path.display()));
    let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path).map_err(cannot_write)?;
    let mut file = BufWriter::new(file);
    let count = export.write(&mut file, now).await.map_err(|error| match error {
        ExportError::Io(error) => cannot_write(error),
        ExportError::Db(error) => Failure::of(error),
    })?;
    file.get_ref().sync_all().map_err(cannot_write)?;
    say(format!("Users exported to {}: {count}.", path.display()));
    Ok(())
}
