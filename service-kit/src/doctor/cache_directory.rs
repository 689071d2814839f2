//! The directory with the copies of an issuer's documents.

use std::{fs, io, path::Path};

use rustix::fs::{Access, access};

use super::{check::Check, file_access::has_mode};

/// Whether the service can use it, and nobody else can write to it: anyone who can write to it chooses the trusted keys.
pub fn check_cache_directory(directory: &Path) -> Check {
    const NAME: &str = "cache directory";
    let shown = directory.display();
    let existing = directory.ancestors().find(|it| !it.as_os_str().is_empty() && it.exists()).unwrap_or(Path::new("."));
    // The service creates it, with those above it.
    let found = fs::metadata(existing).map_err(|error| error.to_string()).and_then(|found| {
        if !found.is_dir() {
            return Err(io::Error::from(io::ErrorKind::NotADirectory).to_string());
        }
        access(existing, Access::WRITE_OK | Access::EXEC_OK).map_err(|error| error.to_string())
    });
    match found {
        Err(error) => {
            let remedy = "Choose a directory that this user can write to; with this one, the service does not start.";
            Check::error(NAME, format!("{}: {error}", existing.display()), remedy)
        }
        Ok(()) if existing != directory => Check::ok(NAME, format!("{shown} will be created")),
        Ok(()) if has_mode(directory, 0o022) => Check::warning(
            NAME,
            format!("other users can write to {shown}, and so can replace the trusted keys"),
            format!("chmod 700 '{shown}'"),
        ),
        Ok(()) => Check::ok(NAME, format!("only this user can write to {shown}")),
    }
}
