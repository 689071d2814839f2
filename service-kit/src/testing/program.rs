//! Programs as child processes.
#![expect(clippy::panic, reason = "test code may panic")]

use std::{
    io::{BufRead, BufReader, Read, Write},
    process::{Child, ChildStderr, ChildStdout, Command, Stdio},
    sync::mpsc::{Receiver, channel},
    thread,
};

/// A running program with exactly the given environment, killed on drop.
pub struct Program {
    child: Child,
    errors: BufReader<ChildStderr>,
    output_lines: Receiver<String>,
    output: String,
}

/// How a program ended.
#[derive(Debug)]
pub struct Ended {
    /// The exit code; none if a signal ended it.
    pub code: Option<i32>,
    /// All its standard output.
    pub output: String,
    /// Its standard error, except what was read before.
    pub errors: String,
}

impl Program {
    /// Starts the program with these arguments and this environment.
    pub fn start(path: &str, arguments: &[&str], environment: &[(&str, &str)]) -> Self {
        Self::start_with_input(path, arguments, environment, "")
    }

    /// The same with this standard input.
    pub fn start_with_input(path: &str, arguments: &[&str], environment: &[(&str, &str)], input: &str) -> Self {
        let mut child = Command::new(path)
            .args(arguments)
            .env_clear()
            .envs(environment.iter().copied())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program can be started");
        // The program may exit without reading it.
        let _ = child.stdin.take().expect("the standard input is piped").write_all(input.as_bytes());
        let errors = BufReader::new(child.stderr.take().expect("the standard error is piped"));
        let output_lines = lines(child.stdout.take().expect("the standard output is piped"));
        Self { child, errors, output_lines, output: String::new() }
    }

    /// Reads the standard error up to a line that contains `text`.
    ///
    /// # Panics
    /// If the program exits first.
    pub fn lines_up_to(&mut self, text: &str) -> String {
        let mut read = String::new();
        loop {
            let before = read.len();
            let len = self.errors.read_line(&mut read).expect("the program writes text");
            assert!(len > 0, "the program exited without {text:?}; it wrote: {read}");
            if read.get(before..).is_some_and(|line| line.contains(text)) {
                return read;
            }
        }
    }

    /// Waits until the standard output has a line that contains `text`, and returns it.
    ///
    /// # Panics
    /// If the program exits first.
    pub fn wait_for_output(&mut self, text: &str) -> String {
        loop {
            let line = self.output_lines.recv();
            let line =
                line.unwrap_or_else(|_| panic!("the program exited without {text:?}; it wrote: {}", self.output));
            self.output += &line;
            if line.contains(text) {
                return line;
            }
        }
    }

    /// The URL that the program listens on, according to its log.
    pub fn url(&mut self) -> String {
        const PHRASE: &str = " listens on ";
        let lines = self.lines_up_to(PHRASE);
        let (_, rest) = lines.rsplit_once(PHRASE).expect("the last line has the phrase");
        format!("http://{}", rest.split(',').next().unwrap_or_default())
    }

    /// The id of its process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Sends a signal, such as `TERM`.
    pub fn signal(&self, name: &str) {
        let sent = Command::new("kill").args(["-s", name, &self.child.id().to_string()]).status();
        assert!(sent.expect("`kill` is installed").success(), "the program has already exited");
    }

    /// Waits until the program exits.
    pub fn end(mut self) -> Ended {
        let mut errors = String::new();
        self.errors.read_to_string(&mut errors).expect("the program writes text");
        let code = self.child.wait().expect("the program can be waited for").code();
        self.output.extend(self.output_lines.iter());
        Ended { code, output: std::mem::take(&mut self.output), errors }
    }
}

/// The lines, read in another thread, so that the program never blocks on its output.
fn lines(stdout: ChildStdout) -> Receiver<String> {
    let (sender, receiver) = channel();
    thread::spawn(move || {
        let mut stdout = BufReader::new(stdout);
        loop {
            let mut line = String::new();
            let len = stdout.read_line(&mut line).expect("the program writes text");
            if len == 0 || sender.send(line).is_err() {
                return;
            }
        }
    });
    receiver
}

impl Drop for Program {
    fn drop(&mut self) {
        // It may have exited already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
