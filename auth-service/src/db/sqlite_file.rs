//! The file of a SQLite database.

use std::{
    fs, io,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
};

use super::DbError;

/// The file of a SQLite database, as it was when it was opened. What is written once it has been deleted or replaced is lost,
/// although SQLite reports success.
#[derive(Clone)]
pub(super) struct SqliteFile {
    path: PathBuf,
    device_and_inode: (u64, u64),
    is_gone: Arc<AtomicBool>,
}

impl SqliteFile {
    /// The file that is there now.
    ///
    /// # Errors
    /// If there is none.
    pub(super) fn opened(path: &Path) -> io::Result<Self> {
        let device_and_inode = identity(path)?;
        Ok(Self { path: path.to_owned(), device_and_inode, is_gone: Arc::default() })
    }

    /// Fails once the file has been deleted or replaced, until the process is restarted.
    ///
    /// # Errors
    /// [`DbError::NotWritable`].
    pub(super) fn check(&self) -> Result<(), DbError> {
        let found = identity(&self.path);
        let is_gone = match &found {
            Ok(found) => *found != self.device_and_inode,
            Err(error) => error.kind() == io::ErrorKind::NotFound,
        };
        if is_gone && !self.is_gone.swap(true, Relaxed) {
            log::error!(
                "{} was deleted or replaced while it was in use: changes are refused until a restart",
                self.path.display()
            );
        }
        if self.is_gone.load(Relaxed) {
            return Err(DbError::NotWritable("its file was deleted or replaced".to_owned()));
        }
        found.map(drop).map_err(|error| DbError::NotWritable(error.to_string()))
    }
}

fn identity(path: &Path) -> io::Result<(u64, u64)> {
    fs::metadata(path).map(|file| (file.dev(), file.ino()))
}
