//! Documents of the repository, and the parts of them that programs write.

use std::{
    env, fs,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

const PAGE: &str = "docs/settings.md";

/// Tests run at the same time, and each writes its part.
static WRITING: Mutex<()> = Mutex::new(());

/// The root of the repository.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// Compares a part of the page, between its two comments. With `UPDATE_DOCS` it is written.
pub fn assert_page_has(part: &str, expected: &str) {
    let _turn = WRITING.lock().unwrap_or_else(PoisonError::into_inner);
    let path = root().join(PAGE);
    let page = fs::read_to_string(&path).unwrap();
    let (begin, end) = (format!("<!-- begin {part} -->\n"), format!("<!-- end {part} -->"));
    let (before, rest) = page.split_once(&begin).unwrap();
    let (found, after) = rest.split_once(&end).unwrap();
    if env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&path, [before, &begin, expected, &end, after].concat()).unwrap();
        return;
    }
    let command = "UPDATE_DOCS=1 cargo test -p local-cluster --test settings";
    let differing = found.lines().zip(expected.lines()).find(|(found, expected)| found != expected);
    assert!(found == expected, "{PAGE} is not what the code says: {differing:#?}. To write it: {command}");
}

/// README.md and the pages in `docs`, with their text. The changelog names settings that no longer exist.
pub fn documents() -> Vec<(PathBuf, String)> {
    let mut documents = vec![root().join("README.md")];
    for folder in ["docs", "docs/security"] {
        let files = fs::read_dir(root().join(folder)).unwrap().map(|file| file.unwrap().path());
        documents.extend(files.filter(|path| path.extension().is_some_and(|extension| extension == "md")));
    }
    documents.into_iter().map(|path| (path.clone(), fs::read_to_string(path).unwrap())).collect()
}
