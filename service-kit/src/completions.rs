//! The command `completions`.

use std::io::{self, Write};

use clap::{Args, CommandFactory};
use clap_complete::{Shell, generate};

use crate::output::Failure;

/// Print shell completions.
#[derive(Args)]
pub struct Completions {
    /// The shell.
    shell: Shell,
}

impl Completions {
    /// Prints those of the program `P`.
    ///
    /// # Errors
    /// [`Failure`] if they cannot be printed.
    pub fn run<P: CommandFactory>(&self) -> Result<(), Failure> {
        let mut program = P::command();
        let name = program.get_name().to_owned();
        // `generate` panics if a write fails.
        let mut script = Vec::new();
        generate(self.shell, &mut program, name, &mut script);
        io::stdout().write_all(&script).map_err(Failure::of)
    }
}
