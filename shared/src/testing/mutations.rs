//! Random inputs that are the same in every run.

use std::{fs, path::Path};

/// A source of numbers that are random enough for tests and follow from a seed (`SplitMix64`).
pub struct Dice(u64);

impl Dice {
    /// Dice that roll the same numbers for the same seed.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Any number.
    pub fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `end`, or 0.
    pub fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.roll() % u64::try_from(end.max(1)).unwrap_or(1)).unwrap_or(0)
    }

    /// One of these.
    pub fn choose<'a, T>(&mut self, from: &'a [T]) -> Option<&'a T> {
        from.get(self.below(from.len()))
    }
}

/// Runs `body` with the seeds in `fuzz/seeds/<target>`, and with `count` inputs that are made from them by small changes, the
/// same ones in every run. What a fuzzer does for hours, for a moment in every test run.
///
/// # Panics
/// If there are no seeds; where `body` panics, after printing the input.
pub fn run_mutations(target: &str, count: u64, body: impl Fn(&[u8])) {
    let seeds = seeds(target);
    assert!(!seeds.is_empty(), "no seeds for {target}");
    for seed in &seeds {
        run(seed, &body);
    }
    for number in 0..count {
        run(&mutated(&seeds, &mut Dice::new(number)), &body);
    }
}

fn seeds(target: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../fuzz/seeds")).join(target);
    let mut files: Vec<_> = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    // The order of a folder differs from machine to machine.
    files.sort();
    files.iter().filter_map(|file| fs::read(file).ok()).collect()
}

/// Prints the input only if the body panics.
struct Shown<'a>(&'a [u8]);

impl Drop for Shown<'_> {
    #[expect(clippy::print_stderr, reason = "a failing test says for which input")]
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("input: {}", self.0.escape_ascii());
        }
    }
}

fn run(input: &[u8], body: &impl Fn(&[u8])) {
    let shown = Shown(input);
    body(shown.0);
}

/// What parsers trip over: delimiters, ends of ranges, quotes and escapes.
const FRAGMENTS: [&[u8]; 24] = [
    b"",
    b"\0",
    b"\"",
    b"\\",
    b"\\n",
    b"\\u0000",
    b"{",
    b"}",
    b"[",
    b",",
    b":",
    b".",
    b"=",
    b"%",
    b"-1",
    b"0",
    b"18446744073709551616",
    b"null",
    b" ",
    b"\r\n",
    b"\xff",
    "\u{feff}".as_bytes(),
    "\u{202e}".as_bytes(),
    b"-----",
];

fn mutated(seeds: &[Vec<u8>], dice: &mut Dice) -> Vec<u8> {
    let mut bytes = dice.choose(seeds).cloned().unwrap_or_default();
    for _ in 0..=dice.below(4) {
        let (from, to) = (dice.below(bytes.len() + 1), dice.below(bytes.len() + 1));
        let range = from.min(to)..from.max(to);
        match dice.below(6) {
            0 => drop(bytes.drain(range)),
            1 => {
                let again: Vec<_> = bytes.get(range).unwrap_or_default().to_vec();
                drop(bytes.splice(from..from, again));
            }
            2 => {
                if let Some(byte) = bytes.get_mut(from) {
                    *byte ^= 1 << dice.below(8);
                }
            }
            3 => {
                let other = dice.choose(seeds).map(Vec::as_slice).unwrap_or_default();
                let part = other.get(dice.below(other.len() + 1)..).unwrap_or_default();
                drop(bytes.splice(from.., part.iter().copied()));
            }
            _ => {
                let end = (from + dice.below(3)).min(bytes.len());
                let fragment = dice.choose(&FRAGMENTS).copied().unwrap_or_default();
                drop(bytes.splice(from..end, fragment.iter().copied()));
            }
        }
    }
    bytes.truncate(64 * 1024);
    bytes
}
