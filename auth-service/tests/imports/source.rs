//! The modules of a crate and the paths that they use, read from its source text.

use std::{collections::BTreeMap, fs, path::Path};

/// A path from the root of the crate: `["audit", "store"]`.
pub type ModulePath = Vec<String>;

/// The files of a crate's `src`, by module.
pub type Sources = BTreeMap<ModulePath, Module>;

/// A source file.
#[derive(Default)]
pub struct Module {
    /// Relative to `src`.
    pub file: String,
    /// The name of each import, and its path as written.
    pub imports: Vec<(String, Vec<String>)>,
    /// The same for `pub use`.
    pub exports: Vec<(String, Vec<String>)>,
    /// Paths of two segments and more elsewhere in the code.
    pub paths: Vec<Vec<String>>,
}

/// Reads all files below `src` except unit tests.
pub fn read(src: &Path) -> Sources {
    let mut sources = Sources::new();
    read_folder(src, &mut vec![], &mut sources);
    sources
}

fn read_folder(folder: &Path, path: &mut ModulePath, sources: &mut Sources) {
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let name = entry.file_name().into_string().unwrap();
        if entry.path().is_dir() {
            path.push(name);
            read_folder(&entry.path(), path, sources);
            path.pop();
        } else if let Some(stem) = name.strip_suffix(".rs").filter(|stem| *stem != "tests") {
            let is_root = matches!(stem, "lib" | "mod") || (stem == "main" && !folder.join("lib.rs").exists());
            let module = path.iter().map(String::as_str).chain((!is_root).then_some(stem)).map(str::to_owned).collect();
            let file = [path.as_slice(), std::slice::from_ref(&name)].concat().join("/");
            sources.insert(module, parse(file, &fs::read_to_string(entry.path()).unwrap()));
        }
    }
}

/// Parses the text of a file.
pub fn parse(file: String, text: &str) -> Module {
    let mut module = Module { file, ..Module::default() };
    let code = without_comments_and_tests(text);
    let mut rest = code.as_str();
    let mut other = String::new();
    while let Some(at) = find_use(rest) {
        let (before, statement) = rest.split_at(at);
        let is_public = before.trim_end().ends_with("pub") || before.trim_end().ends_with("pub(crate)");
        other.push_str(before);
        let (statement, after) = statement.split_once(';').unwrap_or((statement, ""));
        let tree: String = statement["use ".len()..].split_whitespace().collect::<Vec<_>>().join(" ");
        let names = if is_public { &mut module.exports } else { &mut module.imports };
        expand(&tree, &[], names);
        rest = after;
    }
    other.push_str(rest);
    module.paths = paths_in(&other);
    module
}

fn without_comments_and_tests(text: &str) -> String {
    let code = text.split("#[cfg(test)]\nmod ").next().unwrap_or(text);
    code.lines()
        .map(|line| line.split("//").next().unwrap_or(line))
        .fold(String::new(), |code, line| code + line + "\n")
}

fn find_use(code: &str) -> Option<usize> {
    code.match_indices("use ").map(|(at, _)| at).find(|at| {
        let before = code[..*at].trim_end_matches(' ');
        before.is_empty() || before.ends_with(['\n', ';', '{', '}']) || before.ends_with("pub") || before.ends_with(')')
    })
}

/// `a::{b, c as d}` is `a::b` by the name of `b`, and `a::c` by the name of `d`.
fn expand(tree: &str, prefix: &[String], names: &mut Vec<(String, Vec<String>)>) {
    let tree = tree.trim();
    if let Some((head, group)) = tree.split_once('{') {
        let segments = head.split("::").map(str::trim).filter(|segment| !segment.is_empty()).map(str::to_owned);
        let prefix: Vec<_> = prefix.iter().cloned().chain(segments).collect();
        let group = group.rsplit_once('}').map_or(group, |(group, _)| group);
        for item in split_group(group) {
            expand(item, &prefix, names);
        }
        return;
    }
    if tree.is_empty() {
        return;
    }
    let (path, alias) = tree.split_once(" as ").map_or((tree, None), |(path, alias)| (path, Some(alias.trim())));
    let segments = path.split("::").map(str::trim).filter(|segment| *segment != "self" || prefix.is_empty());
    let path: Vec<String> = prefix.iter().cloned().chain(segments.map(str::to_owned)).collect();
    if let Some(name) = alias.map(str::to_owned).or_else(|| path.last().cloned()) {
        names.push((name, path));
    }
}

fn split_group(group: &str) -> Vec<&str> {
    let (mut depth, mut begin, mut items) = (0, 0, vec![]);
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                items.push(&group[begin..at]);
                begin = at + 1;
            }
            _ => {}
        }
    }
    items.push(&group[begin..]);
    items
}

fn paths_in(code: &str) -> Vec<Vec<String>> {
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '_' | ':');
    code.split(|c| !is_part(c))
        .map(|path| {
            path.trim_matches(':').split("::").filter(|segment| !segment.is_empty()).map(str::to_owned).collect()
        })
        .filter(|path: &Vec<String>| path.len() > 1)
        .collect()
}
