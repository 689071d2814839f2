//! Which file imports which, with re-exports resolved.

use std::collections::{BTreeMap, BTreeSet};

use crate::source::{Module, ModulePath, Sources};

/// The imports of each file.
pub type ImportGraph = BTreeMap<String, BTreeSet<String>>;

/// The import graph of a crate.
pub fn import_graph(sources: &Sources) -> ImportGraph {
    sources.iter().map(|(path, module)| (module.file.clone(), imported_files(sources, path, module))).collect()
}

fn imported_files(sources: &Sources, path: &ModulePath, module: &Module) -> BTreeSet<String> {
    let mut modules = BTreeMap::new();
    let mut files = BTreeSet::new();
    for (name, written) in &module.imports {
        match resolve(sources, path, written, 0) {
            Some(Target::Module(target)) if is_folder(sources, &target) => {
                // Importing a folder imports nothing by itself; the paths that go through it do.
                modules.insert(name.clone(), target);
            }
            Some(Target::Module(target) | Target::Item(target)) => {
                files.insert(sources[&target].file.clone());
            }
            None => {}
        }
    }
    for written in &module.paths {
        let Some((first, rest)) = written.split_first() else { continue };
        let written = match modules.get(first) {
            Some(folder) => [&["crate".to_owned()], folder.as_slice(), rest].concat(),
            None => written.clone(),
        };
        if let Some(Target::Module(target) | Target::Item(target)) = resolve(sources, path, &written, 0) {
            files.insert(sources[&target].file.clone());
        }
    }
    files.remove(&module.file);
    files
}

enum Target {
    Module(ModulePath),
    /// Something that this module defines.
    Item(ModulePath),
}

fn is_folder(sources: &Sources, path: &ModulePath) -> bool {
    sources[path].file.ends_with("mod.rs")
}

/// What a path means in a module; `None` if it is outside this crate.
fn resolve(sources: &Sources, module: &ModulePath, written: &[String], depth: usize) -> Option<Target> {
    let (first, mut rest) = written.split_first()?;
    let mut at = match first.as_str() {
        "crate" => vec![],
        "self" => module.clone(),
        "super" => {
            let mut at = module.clone();
            at.pop()?;
            while let Some((_, more)) = rest.split_first().filter(|(segment, _)| *segment == "super") {
                at.pop()?;
                rest = more;
            }
            at
        }
        _ => return None,
    };
    while let Some((segment, more)) = rest.split_first() {
        let child = [at.as_slice(), std::slice::from_ref(segment)].concat();
        if !sources.contains_key(&child) {
            return Some(find_item(sources, at, segment, depth));
        }
        (at, rest) = (child, more);
    }
    sources.contains_key(&at).then_some(Target::Module(at))
}

/// The module that defines an item of `module`, which may only re-export it.
fn find_item(sources: &Sources, module: ModulePath, name: &str, depth: usize) -> Target {
    const MAX_DEPTH: usize = 8;
    let exported = sources[&module].exports.iter().find(|(exported, _)| exported == name);
    let Some((_, written)) = exported.filter(|_| depth < MAX_DEPTH) else { return Target::Item(module) };
    let relative = || [&["self".to_owned()], written.as_slice()].concat();
    let found =
        resolve(sources, &module, written, depth + 1).or_else(|| resolve(sources, &module, &relative(), depth + 1));
    found.unwrap_or(Target::Item(module))
}

/// Import cycles: the path from each file back to itself, if there is one.
pub fn cycles(graph: &ImportGraph) -> Vec<String> {
    let cycle = |start: &String| {
        let mut paths = vec![vec![start]];
        let mut seen = BTreeSet::new();
        while let Some(path) = paths.pop() {
            for next in path.last().and_then(|last| graph.get(*last)).into_iter().flatten() {
                if next == start {
                    return Some(path.iter().map(|file| file.as_str()).collect::<Vec<_>>().join(" -> "));
                }
                if seen.insert(next) {
                    paths.push([path.as_slice(), &[next]].concat());
                }
            }
        }
        None
    };
    graph.keys().filter_map(cycle).collect()
}

/// Imports from a folder to one later in `order`, also through files outside these folders.
pub fn upward(graph: &ImportGraph, order: &[String]) -> Vec<String> {
    let place = |file: &str| {
        let top = file.split('/').next().unwrap_or(file).trim_end_matches(".rs");
        order.iter().position(|folder| folder == top)
    };
    let mut found = vec![];
    for file in graph.keys() {
        let Some(from) = place(file) else { continue };
        let (mut next, mut seen) = (vec![file], BTreeSet::new());
        while let Some(at) = next.pop() {
            for to in graph.get(at).into_iter().flatten() {
                match place(to) {
                    Some(place) if place > from => found.push(format!("{file} -> {to}")),
                    None if seen.insert(to) => next.push(to),
                    Some(_) | None => {}
                }
            }
        }
    }
    found
}
