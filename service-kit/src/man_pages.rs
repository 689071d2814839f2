//! The command `man-pages`.

use std::{fs, path::PathBuf};

use clap::{Args, CommandFactory};
use clap_mangen::generate_to;

use crate::output::Failure;

/// Write manual pages for the program and each of its commands.
#[derive(Args)]
pub struct ManPages {
    /// Directory to write them to, created if missing; `man` finds them in /usr/local/share/man/man1.
    #[arg(value_name = "DIR")]
    directory: PathBuf,
}

impl ManPages {
    /// Writes those of the program `P`.
    ///
    /// # Errors
    /// [`Failure`] if the directory cannot be written.
    pub fn run<P: CommandFactory>(&self) -> Result<(), Failure> {
        let shown = self.directory.display();
        let written = fs::create_dir_all(&self.directory).and_then(|()| generate_to(P::command(), &self.directory));
        written.map_err(|error| Failure::refused(format!("cannot write to {shown}: {error}")))
    }
}
