//! Lists and file names as an import writes them.

use std::collections::BTreeSet;

use crate::yaml::{comment, flow_list, scalar};

/// Longest line that is written, in characters, where there is a choice.
const LINE: usize = 100;

/// An item of a list, and what to say of it in a comment.
pub(crate) struct Item {
    pub(crate) text: String,
    pub(crate) about: String,
}

/// `key: [a, b]`, or one item a line where that is too long or has comments.
pub(crate) fn list(out: &mut String, indent: &str, key: &str, items: &[Item]) {
    let line = format!("{indent}{key}: {}", flow_list(items.iter().map(|item| item.text.as_str())));
    let spaces = indent.replace('-', " ");
    if line.chars().count() <= LINE && items.iter().all(|item| item.about.is_empty()) {
        out.push_str(&line);
        out.push('\n');
        return;
    }
    out.push_str(&format!("{indent}{key}:\n"));
    for item in items {
        out.push_str(&format!("{spaces}  - {}{}\n", scalar(&item.text), comment(&item.about)));
    }
}

/// The same without comments.
pub(crate) fn plain_list(out: &mut String, indent: &str, key: &str, items: impl IntoIterator<Item = String>) {
    let items: Vec<Item> = items.into_iter().map(|text| Item { text, about: String::new() }).collect();
    list(out, indent, key, &items);
}

/// A file name made of a name of AWS: lower case, without what file systems mind.
pub(crate) fn slug(name: &str) -> String {
    let mut slug = String::new();
    for character in name.to_lowercase().chars() {
        let kept = if character.is_alphanumeric() || "_+=,@.".contains(character) { character } else { '-' };
        if !(kept == '-' && slug.ends_with('-')) {
            slug.push(kept);
        }
    }
    let slug = slug.trim_matches(['-', '.']);
    if slug.is_empty() { "other".to_owned() } else { slug.chars().take(80).collect() }
}

/// A name that no other has: with a number behind it if need be.
pub(crate) fn unique(taken: &mut BTreeSet<String>, name: String) -> String {
    let mut candidate = name.clone();
    let mut number = 2;
    while !taken.insert(candidate.clone()) {
        candidate = format!("{name}-{number}");
        number += 1;
    }
    candidate
}
