//! The master key, which encrypts the signing keys.

use std::{
    collections::HashSet,
    fs,
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use aws_lc_rs::{
    aead::{AES_256_GCM, Aad, Nonce, RandomizedNonceKey},
    rand,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use service_kit::StartError;
use shared::Secret;
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::{config::SETTINGS, db::DatabaseUrl};

/// 32 bytes that encrypt secrets in the database: AES-256-GCM with a random nonce.
pub struct MasterKey(RandomizedNonceKey);

/// Why decryption failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnsealError {
    /// Malformed ciphertext, which no key can decrypt.
    #[error("malformed ciphertext")]
    Malformed,
    /// Another master key, another name, or tampered data.
    #[error("decryption failed")]
    Rejected,
}

/// Encryption failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("encryption failed")]
pub struct SealError;

const LEN: usize = 32;
const NONCE_LEN: usize = 12;
const HOW_TO_MAKE: &str = "Generate one with `openssl rand -base64 32`, keep it safe, and set it on every node.";

impl MasterKey {
    /// The key from the settings; with SQLite, if none is set, from `master.key` next to the database, which is generated if it
    /// is missing and nothing `is_sealed` yet.
    ///
    /// # Errors
    /// [`StartError`] that says how to generate one.
    pub fn load(configured: Option<&Secret>, database: &DatabaseUrl, is_sealed: bool) -> Result<Self, StartError> {
        let setting = SETTINGS.variable("master_key");
        match (configured, database) {
            (Some(key), _) => Self::from_setting(key, "master_key"),
            (None, DatabaseUrl::Sqlite(file)) => Self::read_or_make(&file.with_file_name("master.key"), is_sealed),
            (None, DatabaseUrl::Postgres(_)) => {
                Err(StartError::new(setting, "it is not set, but PostgreSQL requires it", HOW_TO_MAKE))
            }
        }
    }

    /// A key given in the settings.
    ///
    /// # Errors
    /// [`StartError`] that says how to generate one.
    pub fn from_setting(key: &Secret, setting: &str) -> Result<Self, StartError> {
        Self::decode(key.expose())
            .ok_or_else(|| StartError::new(SETTINGS.variable(setting), "it is not 32 bytes in base64", HOW_TO_MAKE))
    }

    /// Encrypts `plain`. Only this key can decrypt it, and only under the same name.
    ///
    /// # Errors
    /// [`SealError`] if the system provides no randomness.
    pub fn seal(&self, name: &str, plain: &[u8]) -> Result<String, SealError> {
        let mut sealed = plain.to_vec();
        let nonce = self.0.seal_in_place_append_tag(Aad::from(name), &mut sealed).map_err(|_| SealError)?;
        Ok(STANDARD.encode([nonce.as_ref().as_slice(), &sealed].concat()))
    }

    /// Decrypts what was encrypted under this name.
    ///
    /// # Errors
    /// [`UnsealError`].
    pub fn open(&self, name: &str, sealed: &str) -> Result<Zeroizing<Vec<u8>>, UnsealError> {
        let bytes = Zeroizing::new(STANDARD.decode(sealed).map_err(|_| UnsealError::Malformed)?);
        let (nonce, sealed) = bytes.split_at_checked(NONCE_LEN).ok_or(UnsealError::Malformed)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| UnsealError::Malformed)?;
        let mut plain = Zeroizing::new(sealed.to_vec());
        let len = self.0.open_in_place(nonce, Aad::from(name), &mut plain).map_err(|_| UnsealError::Rejected)?.len();
        plain.truncate(len);
        Ok(plain)
    }

    /// Whether this key was typed in rather than generated: it is text, or has few different bytes. Fewer than one in 10^13
    /// random keys looks like that.
    pub fn is_typed_in(text: &str) -> bool {
        const FEW: usize = 12;
        let Some(key) = decoded(text) else { return false };
        let different: HashSet<_> = key.iter().collect();
        key.iter().all(u8::is_ascii_graphic) || different.len() <= FEW
    }

    fn decode(text: &str) -> Option<Self> {
        RandomizedNonceKey::new(&AES_256_GCM, &decoded(text)?).ok().map(Self)
    }

    fn read_or_make(file: &Path, is_sealed: bool) -> Result<Self, StartError> {
        let setting = SETTINGS.variable("master_key");
        let shown = file.display();
        let text = match fs::read_to_string(file) {
            Err(error) if error.kind() == io::ErrorKind::NotFound && is_sealed => {
                let problem =
                    format!("{shown} is missing, but the signing keys in the database are encrypted under it");
                return Err(StartError::new(&setting, problem, "Restore that file, or set the master key."));
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => make_if_missing(file).inspect(|_| {
                log::info!("master key generated in {shown}: without it the signing keys in the database are lost");
            }),
            read => read,
        };
        let text = Zeroizing::new(text.map_err(|error| {
            StartError::new(
                &setting,
                format!("{shown}: {error}"),
                "Allow this user to write to that directory, or set the master key.",
            )
        })?);
        Self::decode(&text).ok_or_else(|| {
            StartError::new(&setting, format!("{shown} does not contain 32 bytes in base64"), "Restore that file.")
        })
    }
}

/// The bytes of a key.
fn decoded(text: &str) -> Option<Zeroizing<Vec<u8>>> {
    // Editors and environment files leave these around it.
    let text = text.trim_matches(|c: char| c.is_whitespace() || matches!(c, '\u{feff}' | '"' | '\''));
    let key = Zeroizing::new(STANDARD.decode(text).ok()?);
    (key.len() == LEN).then_some(key)
}

/// Generates a key atomically in a file that only its owner can read, and returns the key in the file: an existing one, if
/// there was one or another process was faster.
///
/// # Errors
/// If the file cannot be written.
pub fn make_if_missing(file: &Path) -> io::Result<String> {
    make_with(file, |draft, file| fs::hard_link(draft, file))
}

fn make_with(file: &Path, link: impl Fn(&Path, &Path) -> io::Result<()>) -> io::Result<String> {
    if file.exists() {
        return fs::read_to_string(file);
    }
    let mut key = Zeroizing::new([0; LEN]);
    rand::fill(&mut *key).map_err(|_| io::Error::other("no randomness"))?;
    // A unique name: in containers that share a folder every process has the id 1.
    let draft: PathBuf = file.with_extension(format!("{}.draft", Uuid::new_v4()));
    let text = Zeroizing::new(STANDARD.encode(*key));
    write_new(&draft, &text)?;
    let linked = link(&draft, file);
    fs::remove_file(&draft)?;
    let made = match linked {
        // A file system without hard links. A process that reads the file at this moment finds no key in it, and fails.
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => write_new(file, &text),
        linked => linked,
    };
    match made {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ => fs::read_to_string(file),
    }
}

/// Writes a file that did not exist, or leaves none.
fn write_new(file: &Path, text: &str) -> io::Result<()> {
    let mut created = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(file)?;
    created.write_all(text.as_bytes()).and_then(|()| created.sync_all()).inspect_err(|_| {
        // The first error says more than one of the removal.
        let _ = fs::remove_file(file);
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(byte: u8) -> MasterKey {
        MasterKey::decode(&STANDARD.encode([byte; LEN])).unwrap()
    }

    #[test]
    fn a_key_is_made_once_also_without_hard_links() {
        let folder = tempfile::TempDir::new().unwrap();
        let file = folder.path().join("master.key");
        let no_links = |_: &Path, _: &Path| Err(io::Error::from(io::ErrorKind::PermissionDenied));

        let made = make_with(&file, no_links).unwrap();
        let found = make_with(&file, no_links).unwrap();

        assert!(MasterKey::decode(&made).is_some());
        assert_eq!(made, found);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "no draft is left");
    }

    #[test]
    fn a_sealed_secret_opens_only_with_the_same_key_and_name() {
        let sealed = key(1).seal("kid-1", b"secret").unwrap();

        assert_eq!(&**key(1).open("kid-1", &sealed).unwrap(), b"secret");
        assert_eq!(key(2).open("kid-1", &sealed), Err(UnsealError::Rejected));
        assert_eq!(key(1).open("kid-2", &sealed), Err(UnsealError::Rejected));
        assert_eq!(key(1).open("kid-1", &sealed[4..]), Err(UnsealError::Rejected));
        assert_eq!(key(1).open("kid-1", ""), Err(UnsealError::Malformed));
    }

    #[test]
    fn a_master_key_is_read_with_what_editors_leave_around_it() {
        let text = STANDARD.encode([1; LEN]);
        let sealed = key(1).seal("kid-1", b"secret").unwrap();

        for written in [format!("{text}\r\n"), format!("\u{feff}{text}"), format!(" \"{text}\" "), format!("'{text}'")]
        {
            let read = MasterKey::decode(&written).unwrap();

            assert_eq!(&**read.open("kid-1", &sealed).unwrap(), b"secret", "{written}");
        }
    }

    #[test]
    fn a_missing_master_key_that_encrypted_something_is_not_replaced() {
        let database = DatabaseUrl::Sqlite("/nowhere/auth.db".into());

        let refusal = MasterKey::load(None, &database, true).map(drop).unwrap_err().to_string();

        assert!(refusal.contains("/nowhere/master.key is missing"), "{refusal}");
    }

    #[test]
    fn a_key_that_was_typed_in_is_noticed() {
        for typed_in in [&b"0123456789abcdef0123456789abcdef"[..], b"change-me-change-me-change-me-ok", &[7; LEN]] {
            assert!(MasterKey::is_typed_in(&STANDARD.encode(typed_in)), "{typed_in:?}");
        }
        for _ in 0..100 {
            let mut generated = [0; LEN];
            rand::fill(&mut generated).unwrap();

            assert!(!MasterKey::is_typed_in(&STANDARD.encode(generated)), "{generated:?}");
        }
    }

    #[test]
    fn sealing_twice_gives_different_ciphertexts() {
        assert_ne!(key(1).seal("kid-1", b"secret"), key(1).seal("kid-1", b"secret"));
    }
}
