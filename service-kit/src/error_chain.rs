//! Errors with their causes, for operators.

use std::{error::Error, iter::successors};

/// An error and its causes on one line: `no such column: database is locked`.
pub fn error_chain(error: &dyn Error) -> String {
    let mut chain = String::new();
    for cause in successors(Some(error), |error: &&dyn Error| (*error).source()).map(ToString::to_string) {
        // A transparent error repeats its cause.
        if !chain.ends_with(&cause) {
            if !chain.is_empty() {
                chain.push_str(": ");
            }
            chain.push_str(&cause);
        }
    }
    chain
}
