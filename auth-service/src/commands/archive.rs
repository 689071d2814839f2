//! `auth-service audit archive`.

use std::{
    fs::{File, OpenOptions},
    io::{self, BufWriter, Write},
    os::unix::fs::OpenOptionsExt,
    path::Path,
};

use shared::UnixTime;

use super::output::{Failure, say};
use crate::{
    audit::{actor::Actor, event::Action, filter::Filter, line::AuditLine, store},
    db::{Abort, Db, DbError},
    times,
    unit_of_work::UnitOfWork,
};

/// Lines that are read at a time.
const BATCH: i64 = 1000;

/// Writes the events before that time to a new file, and deletes them once they are on the disk. The deletion is itself recorded
/// in the log.
pub(super) async fn run(before: UnixTime, to: &Path, db: &Db) -> Result<(), Failure> {
    let cannot_write = |error: io::Error| Failure::refused(format!("{}: {error}", to.display()));
    let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(to).map_err(cannot_write)?;
    let mut archive = BufWriter::new(file);
    let filter = Filter { until: Some(before), ..Filter::default() };
    let (mut count, mut last) = (0_usize, 0);
    loop {
        let wanted = filter.clone();
        let lines = db.run(move |conn| store::next(conn, &wanted, last, BATCH)).await.map_err(Failure::of)?;
        let Some(newest) = lines.last() else { break };
        last = newest.id;
        count += lines.len();
        write_lines(&mut archive, &lines).map_err(cannot_write)?;
    }
    let file = archive.into_inner().map_err(|error| cannot_write(error.into_error()))?;
    sync(&file, to).map_err(cannot_write)?;
    let detail = format!("lines: {count}, before {}, archived", times::utc(before));
    let work = UnitOfWork::new(db.clone());
    let deleted = work.run(UnixTime::now(), move |tx| {
        let deleted = store::prune(tx, before, last)?;
        if deleted > 0 {
            tx.audit(Actor::command_line().did(Action::AuditPruned, "audit_log").with_detail(detail));
        }
        Ok::<_, Abort<DbError>>(deleted)
    });
    let deleted = deleted.await.map_err(Failure::of)?;
    say(format!("Events archived: {count}, deleted: {deleted}."));
    Ok(())
}

fn write_lines(archive: &mut impl Write, lines: &[AuditLine]) -> io::Result<()> {
    for line in lines {
        serde_json::to_writer(&mut *archive, line)?;
        archive.write_all(b"\n")?;
    }
    Ok(())
}

/// The file and its name in the directory.
fn sync(file: &File, path: &Path) -> io::Result<()> {
    file.sync_all()?;
    let directory = path.parent().filter(|directory| !directory.as_os_str().is_empty());
    File::open(directory.unwrap_or(Path::new(".")))?.sync_all()
}
