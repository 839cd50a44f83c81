//! Names of permission sets and of files, out of what users and groups are called.

use std::collections::BTreeSet;

/// AWS's limit for the name of a permission set.
const MOST: usize = 32;

/// Names given so far; letter case does not tell them apart.
#[derive(Debug, Default)]
pub(super) struct Names(BTreeSet<String>);

impl Names {
    /// Names that are taken from the beginning.
    pub(super) fn taken(names: impl IntoIterator<Item = String>) -> Self {
        Self(names.into_iter().map(|name| name.to_lowercase()).collect())
    }

    /// A free name that a permission set may have (`[\w+=,.@-]`, 32 letters at most), as near as possible to this one.
    pub(super) fn of_set(&mut self, wanted: &str) -> String {
        self.free(&allowed(wanted, "+=,.@-_"), MOST)
    }

    /// A free name of a file.
    pub(super) fn of_file(&mut self, wanted: &str) -> String {
        self.free(&allowed(wanted, "-_.").to_lowercase(), 80)
    }

    fn free(&mut self, wanted: &str, most: usize) -> String {
        let wanted = if wanted.is_empty() { "converted" } else { wanted };
        for number in 1_u32.. {
            let end = if number == 1 { String::new() } else { format!("-{number}") };
            let head: String = wanted.chars().take(most - end.len()).collect();
            let name = format!("{}{end}", head.trim_end_matches('-'));
            if self.0.insert(name.to_lowercase()) {
                return name;
            }
        }
        // Four thousand million names are taken.
        wanted.to_owned()
    }
}

fn allowed(text: &str, others: &str) -> String {
    let kept = text.chars().map(|letter| {
        let is_kept = letter.is_ascii_alphanumeric() || others.contains(letter);
        if is_kept { letter } else { '-' }
    });
    let mut name: String = kept.collect();
    while name.contains("--") {
        name = name.replace("--", "-");
    }
    // `AWS…` is kept for AWS's own sets.
    let name = name.trim_matches('-');
    if name.to_ascii_uppercase().starts_with("AWS") { format!("from-{name}") } else { name.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::Names;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn names_are_allowed_and_all_different(wanted in proptest::collection::vec(".{0,60}", 1..30)) {
            let mut names = Names::default();
            let mut seen = std::collections::BTreeSet::new();
            for text in wanted.iter().chain(&wanted) {
                let name = names.of_set(text);
                prop_assert!((1..=32).contains(&name.len()), "{}", name);
                prop_assert!(name.chars().all(|letter| letter.is_ascii_alphanumeric() || "+=,.@-_".contains(letter)));
                prop_assert!(!name.to_ascii_uppercase().starts_with("AWS"));
                prop_assert!(seen.insert(name.to_lowercase()));
            }
        }
    }

    #[test]
    fn names_stay_what_they_are_where_they_can() {
        let mut names = Names::taken(["Developers".to_owned()]);
        let given: Vec<String> =
            ["developers", "開発 team", "AWSAdmins", "a b  c", ""].iter().map(|name| names.of_set(name)).collect();
        assert_eq!(given, ["developers-2", "team", "from-AWSAdmins", "a-b-c", "converted"]);
    }
}
