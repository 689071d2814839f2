//! Copies of an issuer's documents on disk, so that a verifier can start while the issuer is down.

use std::{
    fs::{self, DirBuilder, OpenOptions},
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use aws_lc_rs::{
    digest::{SHA256, digest},
    rand,
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};

use crate::time::UnixTime;

/// A file with an issuer's last key sets or status lists. Write access to it allows replacing the trusted keys, so only its
/// owner has any.
#[derive(Clone, Debug)]
pub struct DiskCopy {
    issuer: String,
    file: PathBuf,
}

/// The content of the file. It has no entity tag: a `304` would confirm a manipulated copy, which must be trusted only
/// until the issuer's first response.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct StoredDocument {
    issuer: String,
    /// When the issuer last confirmed the document; its age is measured from then.
    pub(super) confirmed_at: UnixTime,
    /// The JWK set, or the status lists.
    pub(super) document: String,
}

impl DiskCopy {
    /// The copy of the issuer's keys in `folder`, which is created if missing.
    ///
    /// # Errors
    /// If the folder cannot be created.
    pub fn of_keys(folder: &Path, issuer: &str) -> io::Result<Self> {
        Self::named("keys", folder, issuer)
    }

    /// The copy of the keys of the issuer's status lists in `folder`, which is created if missing.
    ///
    /// # Errors
    /// If the folder cannot be created.
    pub fn of_status_list_keys(folder: &Path, issuer: &str) -> io::Result<Self> {
        Self::named("status-list-keys", folder, issuer)
    }

    /// The copy of the issuer's status lists in `folder`, which is created if missing.
    ///
    /// # Errors
    /// If the folder cannot be created.
    pub fn of_status_lists(folder: &Path, issuer: &str) -> io::Result<Self> {
        Self::named("status-lists", folder, issuer)
    }

    fn named(what: &str, folder: &Path, issuer: &str) -> io::Result<Self> {
        DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        let name = URL_SAFE_NO_PAD.encode(digest(&SHA256, issuer.as_bytes()));
        Ok(Self { issuer: issuer.to_owned(), file: folder.join(format!("{what}-{name}.json")) })
    }

    /// Reads the copy, if it exists and is intact. A time in the future is treated as `now`.
    pub(super) fn read(&self, now: UnixTime) -> Option<StoredDocument> {
        let text = fs::read(&self.file).ok()?;
        let copied: StoredDocument = serde_json::from_slice(&text)
            .inspect_err(|error| log::warn!("ignoring {}: {error}", self.file.display()))
            .ok()?;
        (copied.issuer == self.issuer).then(|| StoredDocument { confirmed_at: copied.confirmed_at.min(now), ..copied })
    }

    /// Replaces the copy atomically.
    pub(super) fn write(&self, document: &str, confirmed_at: UnixTime) -> io::Result<()> {
        let copied = StoredDocument { issuer: self.issuer.clone(), confirmed_at, document: document.to_owned() };
        // Replicas may share the folder, so the name of the temporary file is random.
        let mut number = [0; 8];
        rand::fill(&mut number).map_err(|_| io::Error::other("no randomness"))?;
        let draft = self.file.with_extension(format!("{}.draft", u64::from_le_bytes(number)));
        let written = write_whole(&draft, &serde_json::to_vec(&copied)?).and_then(|()| fs::rename(&draft, &self.file));
        // Temporary files must not accumulate when the disk is full.
        written.inspect_err(|_| drop(fs::remove_file(&draft)))
    }
}

fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}
