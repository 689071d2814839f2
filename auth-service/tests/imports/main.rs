//! Imports only go down: there are no import cycles, and no feature of auth-service imports one above it. The order is in
//! docs/architecture.md.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "tests may panic")]

mod import_graph;
mod source;

use std::{collections::BTreeSet, fs, path::PathBuf};

use import_graph::{cycles, import_graph, upward};
use source::{Sources, parse, read};

const CRATES: [&str; 5] = ["shared", "service-kit", "auth-service", "resource-service", "local-cluster"];

fn workspace() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// The folders of a crate from the bottom up, as docs/architecture.md lists them under this heading.
fn documented_order(heading: &str) -> Vec<String> {
    let document = fs::read_to_string(workspace().join("docs/architecture.md")).unwrap();
    let (_, list) = document.split_once(&format!("```{heading}\n")).expect("the document has the order");
    let (list, _) = list.split_once("```").unwrap();
    list.split('<').map(|folder| folder.trim().to_owned()).collect()
}

#[test]
fn there_are_no_import_cycles() {
    for name in CRATES {
        let graph = import_graph(&read(&workspace().join(name).join("src")));

        assert_eq!(cycles(&graph), [""; 0], "{name}");
    }
}

/// The crates whose folders have an order, and its heading.
const ORDERED: [(&str, &str); 2] = [("auth-service", "order"), ("shared", "order of shared")];

#[test]
fn no_folder_imports_one_above_it() {
    for (name, heading) in ORDERED {
        let graph = import_graph(&read(&workspace().join(name).join("src")));

        assert_eq!(upward(&graph, &documented_order(heading)), [""; 0], "{name}");
    }
}

#[test]
fn every_folder_is_in_the_documented_order() {
    for (name, heading) in ORDERED {
        let folders = fs::read_dir(workspace().join(name).join("src")).unwrap().map(Result::unwrap);
        let folders: BTreeSet<_> = folders.filter(|it| it.path().is_dir()).map(|it| it.file_name()).collect();

        let order = documented_order(heading);

        for folder in folders {
            assert!(order.iter().any(|listed| **listed == *folder), "{name}: {folder:?} is not in the order");
        }
    }
}

fn sources(files: &[(&str, &str)]) -> Sources {
    let module = |file: &str| {
        let path = file.trim_end_matches(".rs").trim_end_matches("/mod").split('/').map(str::to_owned);
        path.filter(|name| name != "lib").collect()
    };
    files.iter().map(|(file, text)| (module(file), parse((*file).to_owned(), text))).collect()
}

fn order() -> Vec<String> {
    ["low", "middle", "high"].map(str::to_owned).into()
}

#[test]
fn an_upward_import_is_found_in_any_form() {
    for planted in [
        "use crate::high::thing::Thing;",
        "use crate::{high::thing::Thing, low};",
        "use crate::high;\nfn f() { high::thing::f(); }",
        "fn f() { crate::high::thing::f(); }",
        "use super::super::high::thing;",
        "use crate::high::Thing;",
        "use crate::Thing;",
        "use crate::between::Thing;",
    ] {
        let sources = sources(&[
            ("lib.rs", "pub use high::Thing;"),
            ("between.rs", "use crate::high::thing;"),
            ("low/mod.rs", "pub mod thing;"),
            ("low/thing.rs", planted),
            ("high/mod.rs", "pub mod thing;\npub use thing::Thing;"),
            ("high/thing.rs", "use crate::low;"),
        ]);

        assert_eq!(upward(&import_graph(&sources), &order()), ["low/thing.rs -> high/thing.rs"], "{planted}");
    }
}

#[test]
fn downward_imports_are_allowed() {
    let sources = sources(&[
        ("lib.rs", "pub use low::Thing;"),
        ("low/mod.rs", "mod thing;\npub use thing::Thing;"),
        ("low/thing.rs", "// use crate::high::thing;\n#[cfg(test)]\nmod tests {\n    use crate::high;\n}"),
        ("middle/mod.rs", "pub mod thing;"),
        ("middle/thing.rs", "use crate::{low::{self, Thing}, Thing as Other};\nfn f() { low::f(); }"),
    ]);

    assert_eq!(upward(&import_graph(&sources), &order()), [""; 0]);
    assert_eq!(cycles(&import_graph(&sources)), [""; 0]);
}

#[test]
fn a_cycle_is_found_even_through_a_re_export() {
    for planted in ["use crate::one::One;", "use super::one;", "use crate::One;", "use crate::{One};"] {
        let sources = sources(&[
            ("lib.rs", "mod one;\nmod two;\npub use one::One;\npub use two::{Two, two};"),
            ("one.rs", "use crate::Two;"),
            ("two.rs", planted),
        ]);

        assert_eq!(cycles(&import_graph(&sources)), ["one.rs -> two.rs", "two.rs -> one.rs"], "{planted}");
    }
}
