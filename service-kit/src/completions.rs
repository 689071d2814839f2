//! The command `completions`.

use clap::{Args, CommandFactory};
use clap_complete::{Shell, generate};

use crate::output::say;

/// Print shell completions.
#[derive(Args)]
pub struct Completions {
    /// The shell.
    shell: Shell,
}

impl Completions {
    /// Prints those of the program `P`.
    pub fn run<P: CommandFactory>(&self) {
        let mut program = P::command();
        let name = program.get_name().to_owned();
        // `generate` panics if a write fails.
        let mut script = Vec::new();
        generate(self.shell, &mut program, name, &mut script);
        say(String::from_utf8_lossy(&script).trim_end());
    }
}
