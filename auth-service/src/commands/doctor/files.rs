//! Who can access the files of a SQLite database, which hold password hashes and encrypted keys.

use std::path::{Path, PathBuf};

use rustix::fs::{Access, access};
use service_kit::doctor::{Check, folder_of, is_open_to_others};

const NAME: &str = "files";

pub(super) fn check(file: &Path) -> Check {
    let folder = folder_of(file);
    // SQLite creates its write-ahead log next to the file.
    for path in [file, folder] {
        if let Err(error) = access(path, Access::READ_OK | Access::WRITE_OK) {
            let remedy = "Run the command as the user of the service, or make this user the owner.";
            return Check::error(NAME, format!("{}: {error}", path.display()), remedy);
        }
    }
    let of_database = |suffix: &str| PathBuf::from([file.as_os_str(), suffix.as_ref()].join("".as_ref()));
    let files = [of_database(""), of_database("-wal"), of_database("-shm"), file.with_file_name("master.key")];
    let mut open: Vec<_> = files.iter().filter(|file| is_open_to_others(file)).map(|file| ("600", &**file)).collect();
    if is_open_to_others(folder) {
        open.push(("700", folder));
    }
    if open.is_empty() {
        return Check::ok(NAME, format!("only their owner can access them and {}", folder.display()));
    }
    let names: Vec<_> = open.iter().map(|(_, path)| path.display().to_string()).collect();
    let remedies: Vec<_> = open.iter().map(|(mode, path)| format!("chmod {mode} '{}'", path.display())).collect();
    Check::warning(NAME, format!("other users can access {}", names.join(", ")), remedies.join(" && "))
}
