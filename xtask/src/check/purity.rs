//! Pure crates are functions: time, seeds and text come in as parameters.

use super::Verdict;
use super::dependencies::PURE;
use crate::rust_text::{without_comments_and_literals, without_tests};
use crate::workspace::{self, Graph};

/// What a pure crate must not name, and why.
const FORBIDDEN: [(&str, &str); 12] = [
    ("std::env", "the environment is read by the binary and handed in"),
    ("std::fs", "files are read by the binary; a pure crate takes text or bytes"),
    ("std::net::TcpStream", "the network belongs to `aws`, `connect` and `sandbox`"),
    ("std::net::TcpListener", "the network belongs to `aws`, `connect` and `sandbox`"),
    ("std::net::UdpSocket", "the network belongs to `aws`, `connect` and `sandbox`"),
    ("std::process", "programs are started by nobody but tools"),
    ("std::time::SystemTime", "the time is a parameter"),
    ("std::time::Instant", "the time is a parameter"),
    ("Timestamp::now", "the time is a parameter"),
    ("Zoned::now", "the time is a parameter"),
    ("std::thread", "a pure function does not wait, and what it costs is its caller's to spread"),
    ("tokio", "pure crates are not async"),
];
/// `trail` reads from what it is given and owns its worker threads.
const TRAIL_MAY: [&str; 1] = ["std::thread"];

pub(super) fn check() -> Result<Verdict, String> {
    let graph = Graph::read()?;
    let mut problems = Vec::new();
    let mut count = 0;
    for name in PURE {
        let Some(member) = graph.members.get(name) else {
            continue;
        };
        for file in workspace::rust_files(&member.folder.join("src"))? {
            if file.path.ends_with("/tests.rs") || file.path.contains("/tests/") {
                continue;
            }
            count += 1;
            let code = without_tests(&without_comments_and_literals(&file.text));
            for (line, path) in named_paths(&code) {
                let found = FORBIDDEN.iter().find(|(forbidden, _)| names(&path, forbidden));
                if let Some((forbidden, why)) =
                    found.filter(|(forbidden, _)| !(name == "trail" && TRAIL_MAY.contains(forbidden)))
                {
                    problems.push(format!("{}:{line}: `{forbidden}` in the pure crate `{name}`: {why}", file.path));
                }
            }
        }
    }
    problems.dedup();
    if problems.is_empty() {
        return Ok(Verdict::Passed(format!("{count} files of {}", PURE.join(", "))));
    }
    Ok(Verdict::Failed(problems.join("\n")))
}

/// `forbidden` as whole segments: at the start of the path, or anywhere when it begins with a type.
fn names(path: &str, forbidden: &str) -> bool {
    let matches_at =
        |rest: &str| rest.strip_prefix(forbidden).is_some_and(|after| after.is_empty() || after.starts_with("::"));
    let anywhere = forbidden.starts_with(char::is_uppercase);
    matches_at(path) || (anywhere && path.match_indices("::").any(|(at, _)| path.get(at + 2..).is_some_and(matches_at)))
}

/// Every path in the text, with its line; `a::{b, c::d}` becomes `a::b` and `a::c::d`.
fn named_paths(code: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut prefixes: Vec<Option<String>> = Vec::new();
    let mut path = String::new();
    let mut line = 1;
    let mut characters = code.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            'a'..='z' | 'A'..='Z' | '0'..='9' | '_' => path.push(character),
            ':' if characters.peek() == Some(&':') && !path.is_empty() => {
                characters.next();
                path.push_str("::");
            }
            '{' if path.ends_with("::") => prefixes.push(Some(full(&prefixes, &std::mem::take(&mut path)))),
            _ => {
                if !path.is_empty() {
                    found.push((line, full(&prefixes, &std::mem::take(&mut path))));
                }
                match character {
                    '\n' => line += 1,
                    '{' => prefixes.push(None),
                    '}' => drop(prefixes.pop()),
                    _ => {}
                }
            }
        }
    }
    if !path.is_empty() {
        found.push((line, path));
    }
    found
}

/// The path with the prefix of the group it stands in.
fn full(prefixes: &[Option<String>], path: &str) -> String {
    match prefixes.last() {
        Some(Some(prefix)) => format!("{prefix}{path}"),
        _ => path.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::{FORBIDDEN, named_paths, names};

    fn forbidden_in(code: &str) -> Vec<(usize, &'static str)> {
        let mut all = Vec::new();
        for (line, path) in named_paths(code) {
            all.extend(
                FORBIDDEN
                    .iter()
                    .filter(|(forbidden, _)| names(&path, forbidden))
                    .map(|(forbidden, _)| (line, *forbidden)),
            );
        }
        all
    }

    #[test]
    fn forbidden_paths_are_found_however_they_are_written() {
        for (code, expected) in [
            ("use std::env;", vec![(1, "std::env")]),
            ("use std::{\n  collections::BTreeMap,\n  fs,\n};", vec![(3, "std::fs")]),
            ("fn f() { let now = jiff::Timestamp::now(); }", vec![(1, "Timestamp::now")]),
            ("use std::{time::{Duration, Instant}};", vec![(1, "std::time::Instant")]),
            ("std::net::TcpStream::connect(x)", vec![(1, "std::net::TcpStream")]),
            ("use tokio::time;", vec![(1, "tokio")]),
        ] {
            assert_eq!(forbidden_in(code), expected, "{code}");
        }
    }

    #[test]
    fn what_only_looks_alike_is_left_alone() {
        for code in [
            "std::environment()",
            "let tokio_like = 1;",
            "use std::time::Duration;",
            "use std::net::IpAddr;",
            "my::std::fsx",
            "env!(\"X\")",
        ] {
            assert_eq!(forbidden_in(code), vec![], "{code}");
        }
    }
}
