//! `auth-service users import`.

use std::{
    fs::File,
    io::{self, Read},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Instant,
};

use clap::Args;
use service_kit::StartError;
use shared::UnixTime;
use tokio::{sync::mpsc, task::spawn_blocking};

use super::{
    output::{Failure, say},
    progress::Progress,
};
use crate::{
    config::Config,
    db::Db,
    transfer::{
        batch::Batch,
        format::Format,
        import::{Import, Outcome},
        line::ReadError,
        lines::Lines,
    },
    unit_of_work::UnitOfWork,
    users::password_hasher::argon2id_params,
};

const FORMAT_HELP: &str = "\
Fields: username and password_hash; role (`user`), email (none), disabled (`false`) and created_at (now) may be missing. CSV names its columns in the first line. Hashes may be PHC strings of argon2, scrypt and
PBKDF2, bcrypt, or Werkzeug's `scrypt:…` and `pbkdf2:…`; each is replaced by argon2id when its user logs in.

Each line that is refused is reported with its number and the reason, never with its contents, and the exit code is
then 1. Existing users are never changed: to resume an import, run it again. Lines whose user is already there, with
the same data, are counted and not reported.";

/// The file.
#[derive(Args)]
#[command(after_help = FORMAT_HELP)]
pub(super) struct Arguments {
    /// The file, or - for standard input.
    file: PathBuf,
    /// `csv` or `jsonl`. Default: by the ending of the file's name.
    #[arg(long)]
    format: Option<Format>,
    /// Check all lines and change nothing.
    #[arg(long)]
    dry_run: bool,
}

/// Batches that wait for the database.
const READ_AHEAD: usize = 2;

pub(super) async fn run(arguments: Arguments, db: Db, config: &Config) -> Result<(), Failure> {
    let Arguments { file: path, format, dry_run } = arguments;
    let format = format.or_else(|| Format::of_file(&path)).ok_or_else(|| {
        let remedy = "Name the file's format: --format csv or --format jsonl.";
        StartError::new("--format", "neither given nor known by the ending of the file's name", remedy)
    })?;
    let settings = argon2id_params(&config.passwords)?;
    let unreadable = |error: ReadError| Failure::refused(format!("{}: {error}", path.display()));
    let (file, size, bytes) = open(&path).map_err(|error| unreadable(error.into()))?;
    let mut lines = Lines::open(format, file).map_err(unreadable)?;
    let (sender, mut batches) = mpsc::channel(READ_AHEAD);
    let reading = spawn_blocking(move || -> Result<(), ReadError> {
        loop {
            let batch = Batch::read(&mut lines, &settings, UnixTime::now())?;
            if batch.len() == 0 || sender.blocking_send(batch).is_err() {
                return Ok(());
            }
        }
    });
    let import = Import::new(db.clone(), UnitOfWork::new(db), dry_run);
    let (mut progress, mut total, mut count) = (Progress::new(size, Instant::now()), Totals::default(), 0);
    while let Some(batch) = batches.recv().await {
        count += batch.len();
        let outcome = import.add(batch, UnixTime::now()).await.map_err(|error| {
            progress.clear();
            total.say(dry_run);
            Failure::of(error)
        })?;
        if !outcome.refused.is_empty() {
            progress.clear();
        }
        total.add(outcome);
        progress.update(bytes.load(Relaxed), count, Instant::now());
    }
    progress.clear();
    total.say(dry_run);
    reading.await.map_err(Failure::refused)?.map_err(unreadable)?;
    if total.refused > 0 {
        return Err(Failure::refused(format!("lines refused: {}", total.refused)));
    }
    Ok(())
}

#[derive(Default)]
struct Totals {
    added: usize,
    already_there: usize,
    refused: usize,
}

impl Totals {
    fn add(&mut self, outcome: Outcome) {
        let Outcome { added, already_there, refused } = outcome;
        self.added += added;
        self.already_there += already_there;
        self.refused += refused.len();
        for (line, refusal) in refused {
            say(format!("line {line}: {refusal}"));
        }
    }

    fn say(&self, is_dry_run: bool) {
        let Self { added, already_there, refused } = self;
        let begin = if is_dry_run { "Nothing was changed. To be imported" } else { "Imported" };
        say(format!("{begin}: {added}, already there: {already_there}, refused: {refused}."));
    }
}

type Input = Counted<Box<dyn Read + Send>>;

/// The file, its size if it has one, and how much of it has been read.
fn open(path: &Path) -> io::Result<(Input, Option<u64>, Arc<AtomicU64>)> {
    let bytes = Arc::new(AtomicU64::new(0));
    let (inner, size): (Box<dyn Read + Send>, _) = if path == Path::new("-") {
        (Box::new(io::stdin()), None)
    } else {
        let file = File::open(path)?;
        let metadata = file.metadata()?;
        (Box::new(file), metadata.is_file().then_some(metadata.len()))
    };
    Ok((Counted { inner, bytes: Arc::clone(&bytes) }, size, bytes))
}

/// Counts what is read.
struct Counted<R> {
    inner: R,
    bytes: Arc<AtomicU64>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let len = self.inner.read(buf)?;
        self.bytes.fetch_add(u64::try_from(len).unwrap_or(0), Relaxed);
        Ok(len)
    }
}
