//! What the source says of the settings. `cargo fmt` puts each field on a line of its own, so lines are enough.

use std::{collections::BTreeMap, fs};

use crate::page::root;

/// The structs and enums of the settings.
#[derive(Default)]
pub struct Source {
    structs: BTreeMap<String, Vec<Field>>,
    /// Enums, with the values as in settings.
    values: BTreeMap<String, Vec<String>>,
}

/// A field of a struct, with its doc comment.
#[derive(Clone)]
pub struct Field {
    pub name: String,
    pub type_name: String,
    pub docs: String,
}

impl Source {
    /// Reads these files of the repository.
    pub fn read(files: impl Iterator<Item = String>) -> Self {
        let mut source = Self::default();
        for file in files {
            source.add(&fs::read_to_string(root().join(&file)).unwrap());
        }
        source
    }

    /// The fields of a struct that is a section of the settings.
    pub fn fields(&self, type_name: &str) -> Option<&[Field]> {
        self.structs.get(type_name).map(Vec::as_slice)
    }

    /// The values of a setting that has a list of them.
    pub fn values(&self, type_name: &str) -> Option<&[String]> {
        self.values.get(type_name).map(Vec::as_slice)
    }

    fn add(&mut self, text: &str) {
        let mut lines = text.lines();
        while let Some(line) = lines.next() {
            let item = |keyword| line.strip_prefix(keyword)?.strip_suffix(" {");
            let body = || lines.clone().take_while(|line| *line != "}");
            if let Some(name) = item("pub struct ") {
                let known = self.structs.insert(name.to_owned(), fields(body()));
                assert!(known.is_none(), "two structs are named {name}");
            } else if let Some(name) = item("pub enum ") {
                self.values.insert(name.to_owned(), variants(body()));
            }
        }
    }
}

fn fields<'a>(lines: impl Iterator<Item = &'a str>) -> Vec<Field> {
    let (mut fields, mut docs, mut is_skipped) = (Vec::new(), Vec::new(), false);
    for line in lines.map(str::trim) {
        if let Some(text) = line.strip_prefix("/// ") {
            docs.push(text);
        } else if line == "#[serde(skip)]" {
            is_skipped = true;
        } else if let Some((name, rest)) = line.strip_prefix("pub ").and_then(|field| field.split_once(": ")) {
            if !is_skipped {
                let type_name = rest.trim_end_matches(',').to_owned();
                fields.push(Field { name: name.to_owned(), type_name, docs: docs.join(" ") });
            }
            (docs, is_skipped) = (Vec::new(), false);
        }
    }
    fields
}

fn variants<'a>(lines: impl Iterator<Item = &'a str>) -> Vec<String> {
    lines.filter_map(|line| Some(line.trim().strip_suffix(',')?.to_lowercase())).collect()
}
