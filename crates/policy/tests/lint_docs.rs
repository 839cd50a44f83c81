//! `docs/policy-lint.md` has a section for every rule, and its examples are true.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "tests may fail loudly"
)]

use policy::{Kind, Subject, lint, parse, review};

const DOCUMENT: &str = include_str!("../../../docs/policy-lint.md");
/// What the examples of `size` are checked with.
const LIMIT: usize = 150;

/// The texts between fences, with what stands behind "json" of each.
fn examples(section: &str) -> Vec<(&str, &str)> {
    let fenced = section.split("```json").skip(1).map(|rest| rest.split("```").next().unwrap());
    fenced.map(|block| block.split_once('\n').unwrap()).collect()
}

fn breaks(rule: &str, kind: &str, text: &str) -> bool {
    let kind = match kind.trim() {
        "" | "identity" => Kind::Identity,
        "resource" => Kind::Resource,
        "trust" => Kind::Trust,
        other => panic!("no kind `{other}`"),
    };
    let policy = parse(text).policy.unwrap_or_else(|| panic!("{rule}: the example cannot be read: {text}"));
    let limit = (rule == "size").then_some(LIMIT);
    review(&Subject { policy: &policy, kind, limit }).iter().any(|problem| problem.rule == rule)
}

#[test]
fn every_rule_has_a_section_with_examples_that_are_true() {
    for rule in lint::RULES {
        let heading = format!("\n## {}\n", rule.name);
        let (_, section) = DOCUMENT.split_once(&heading).unwrap_or_else(|| panic!("no section for `{}`", rule.name));
        let section = section.split("\n## ").next().unwrap();
        let examples = examples(section);
        let (kind, text) = *examples.first().unwrap_or_else(|| panic!("`{}` has no example", rule.name));
        assert!(breaks(rule.name, kind, text), "the first example of `{}` does not break it: {text}", rule.name);
        for (kind, text) in examples.iter().skip(1) {
            assert!(!breaks(rule.name, kind, text), "the second example of `{}` breaks it: {text}", rule.name);
        }
        assert!(DOCUMENT.contains(&format!("[{0}](#{0})", rule.name)), "`{}` is not in the list above", rule.name);
    }
}

#[test]
fn every_section_is_about_a_rule() {
    for heading in DOCUMENT.lines().filter_map(|line| line.strip_prefix("## ")) {
        let known = lint::RULES.iter().any(|rule| rule.name == heading);
        assert!(known || heading == "Reading", "no rule is named `{heading}`");
    }
}

#[test]
fn every_problem_of_reading_is_told() {
    let sources = [
        include_str!("../src/json/reader.rs"),
        include_str!("../src/json/string.rs"),
        include_str!("../src/parse.rs"),
        include_str!("../src/parse/statement.rs"),
    ];
    let mut found = 0;
    for source in sources {
        for (at, _) in source.match_indices("Problem::error(") {
            let after = source[at..].split('"').nth(1).unwrap();
            assert!(DOCUMENT.contains(&format!("`{after}`")), "`{after}` is not in the table under Reading");
            found += 1;
        }
    }
    assert!(found >= 15, "{found}");
}
