//! Tests that need software from elsewhere.

use std::{
    env,
    io::{self, Write},
};

/// Says that tests are skipped because this software is missing. With `SKIP_NOTHING`, which `.ci/run` sets, that is a failure.
pub fn skip(missing: &str) {
    assert!(env::var_os("SKIP_NOTHING").is_none(), "missing: {missing}");
    // Not `eprintln!`: its output is not shown for tests that pass.
    let _ = writeln!(io::stderr(), "skipped: {missing}");
}
