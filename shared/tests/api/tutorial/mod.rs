//! The examples of README.md, run. Each file has the code of one section; a test compares the two.

mod calling_another_service;
mod cookies;
mod current_user;
mod errors;
mod optional_tokens;
mod own_claims;
mod own_rule;
mod roles_and_scopes;

const README: &str = include_str!("../../../README.md");

/// Requires that the file contains each item of the section's example. Imports differ, and so do statements that build the
/// server, which the test does without a network.
fn assert_shown_in(section: &str, file: &str) {
    let start = README.find(&format!("## {section}\n")).expect("the section exists");
    let (_, example) = README[start..].split_once("```rust\n").unwrap();
    let (example, _) = example.split_once("```").unwrap();
    let items = example.split("\n\n").filter(|part| !part.starts_with("use ") && !part.starts_with("let "));
    let file = unindented(file);
    for item in items {
        assert!(file.contains(&unindented(item)), "not in the test of {section:?}: {item}");
    }
}

fn unindented(code: &str) -> String {
    code.trim().lines().map(str::trim).collect::<Vec<_>>().join("\n")
}
