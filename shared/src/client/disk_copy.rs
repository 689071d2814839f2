//! A copy of the issuer's documents on disk, so that a verifier can start while the issuer is down.

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

/// A file with the last key set, or the last status lists, of one issuer. Whoever may write to it may choose the keys, so it is its owner's alone.
#[derive(Clone, Debug)]
pub struct DiskCopy {
    issuer: String,
    file: PathBuf,
}

/// What the file holds. No entity tag: with one, a `304` would confirm whatever else stands here, and a copy is to be trusted
/// only until the issuer first answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Copied {
    issuer: String,
    /// When the issuer last said that this is how it is: what the age is counted from.
    pub(super) confirmed_at: UnixTime,
    /// The JWK set as it was published, or the status lists.
    pub(super) document: String,
}

impl DiskCopy {
    /// The copy of this issuer's keys in `folder`, which is made when missing.
    ///
    /// # Errors
    /// If the folder cannot be made.
    pub fn of_keys(folder: &Path, issuer: &str) -> io::Result<Self> {
        Self::named("keys", folder, issuer)
    }

    /// The copy of this issuer's status lists in `folder`, which is made when missing.
    ///
    /// # Errors
    /// If the folder cannot be made.
    pub fn of_status_lists(folder: &Path, issuer: &str) -> io::Result<Self> {
        Self::named("status-lists", folder, issuer)
    }

    fn named(what: &str, folder: &Path, issuer: &str) -> io::Result<Self> {
        DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        let name = URL_SAFE_NO_PAD.encode(digest(&SHA256, issuer.as_bytes()));
        Ok(Self { issuer: issuer.to_owned(), file: folder.join(format!("{what}-{name}.json")) })
    }

    /// The last copy written, if it exists and is intact. A copy from the future is treated as current.
    pub(super) fn read(&self, now: UnixTime) -> Option<Copied> {
        let text = fs::read(&self.file).ok()?;
        let copied: Copied = serde_json::from_slice(&text)
            .inspect_err(|error| log::warn!("ignoring {}: {error}", self.file.display()))
            .ok()?;
        (copied.issuer == self.issuer).then(|| Copied { confirmed_at: copied.confirmed_at.min(now), ..copied })
    }

    /// Puts this in the place of what was written last, in one step.
    pub(super) fn write(&self, document: &str, confirmed_at: UnixTime) -> io::Result<()> {
        let copied = Copied { issuer: self.issuer.clone(), confirmed_at, document: document.to_owned() };
        // Replicas may share the folder; a draft is the work of one.
        let mut number = [0; 8];
        rand::fill(&mut number).map_err(|_| io::Error::other("no randomness"))?;
        let draft = self.file.with_extension(format!("{}.draft", u64::from_le_bytes(number)));
        let written = write_whole(&draft, &serde_json::to_vec(&copied)?).and_then(|()| fs::rename(&draft, &self.file));
        // Drafts must not heap up where the disk is full.
        written.inspect_err(|_| drop(fs::remove_file(&draft)))
    }
}

fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}
