//! Broken catalogs and what they are told: `tests/broken/*.txt`, one snapshot each.
//!
//! A case is a list of files, each after a line `=== path`. `=== previous` holds bindings of an earlier run
//! (`name: id id`). Where parsing finds no error, the catalog is resolved against the sample company.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use catalog::{CatalogFiles, RenderOptions, Severity};
use model::declared::Bindings;

use super::company;

fn cases() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/broken");
    let mut cases: Vec<(String, String)> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| {
            let path = entry.unwrap().path();
            let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
            (name, std::fs::read_to_string(path).unwrap())
        })
        .collect();
    cases.sort();
    cases
}

fn sections(text: &str) -> BTreeMap<String, String> {
    let mut sections: BTreeMap<String, String> = BTreeMap::new();
    let mut current = String::new();
    for line in text.split_inclusive('\n') {
        match line.strip_prefix("=== ") {
            Some(path) => {
                current = path.trim().to_owned();
                sections.insert(current.clone(), String::new());
            }
            None => sections.get_mut(&current).expect("a case begins with `=== path`").push_str(line),
        }
    }
    sections
}

/// Fixtures cannot hold some characters well: `<TAB>`, `<CR>`, `<U+…>` stand for them; `<REPEAT n text>` repeats.
fn unescape(text: &str) -> String {
    let mut text = text.replace("<TAB>", "\t").replace("<CR>", "\r");
    while let Some(start) = text.find("<U+") {
        let end = start + text[start..].find('>').unwrap();
        let code = u32::from_str_radix(&text[start + 3..end], 16).unwrap();
        text.replace_range(start..=end, &char::from_u32(code).unwrap().to_string());
    }
    while let Some(start) = text.find("<REPEAT ") {
        let end = start + text[start..].find(">").unwrap();
        let (number, what) = text[start + 8..end].split_once(' ').unwrap();
        let what = what.repeat(number.parse().unwrap());
        text.replace_range(start..=end, &what);
    }
    text
}

fn run(text: &str) -> (String, bool) {
    let mut sections = sections(text);
    let previous = sections.remove("previous").unwrap_or_default();
    let entries = previous.lines().map(|line| {
        let (name, ids) = line.rsplit_once(": ").unwrap();
        (name.to_owned(), ids.split(' ').map(str::to_owned).collect::<BTreeSet<String>>())
    });
    let previous = Bindings { entries: entries.collect() };
    let mut files = CatalogFiles::new(sections.into_iter().map(|(path, text)| (path, unescape(&text))));
    if !files.files.keys().any(|path| path.starts_with("sekisho")) {
        files.files.insert("sekisho.yaml".into(), "deployment: minimo\n".into());
    }
    let parsed = catalog::parse(&files);
    let mut diagnostics = parsed.diagnostics.clone();
    let resolved = catalog::resolve(&parsed.catalog, &company::observed(), &previous, &BTreeSet::new());
    if !parsed.has_errors() {
        diagnostics.extend(resolved.diagnostics);
    }
    for diagnostic in &diagnostics {
        let text = files.files.get(&diagnostic.file);
        let end = text.map_or(0, String::len);
        assert!(diagnostic.span.end <= end, "{diagnostic:?}");
        assert!(
            diagnostic.help.is_some()
                || diagnostic.severity != Severity::Error
                || diagnostic.code.starts_with("policy-"),
            "{diagnostic:?}"
        );
        assert!(!diagnostic.message.ends_with('.'), "{diagnostic:?}");
    }
    let options = RenderOptions { path_prefix: "access/".into(), ..RenderOptions::default() };
    let quiet = diagnostics.is_empty();
    (catalog::render(&diagnostics, &files, &options), quiet)
}

#[test]
fn every_broken_catalog_is_told_what_is_wrong() {
    let cases = cases();
    assert!(cases.len() >= 60, "{}", cases.len());
    insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true, snapshot_path => "../snapshots/broken" }, {
        for (name, text) in cases {
            let (rendered, quiet) = run(&text);
            assert!(!quiet, "{name} is told nothing");
            insta::assert_snapshot!(name, rendered);
        }
    });
}
