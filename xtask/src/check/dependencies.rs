//! Doors between the rooms: which crate may use which. The table is ARCHITECTURE.md's, read by a machine.

use super::Verdict;
use crate::workspace::{Graph, Member};

/// Crates that are functions only: no async, clock, environment, files, network or randomness.
pub(super) const PURE: [&str; 5] = ["policy", "model", "catalog", "plan", "trail"];

/// For each room: what it may use of this workspace, and what the room is.
const ROOMS: [(&str, &[&str], &str); 19] = [
    ("policy", &[], "the policy language stands alone"),
    ("model", &["policy"], "the vocabulary knows policies and nothing else"),
    ("catalog", &["model", "policy"], "text to declared access, pure"),
    ("plan", &["model", "policy"], "planner and checker, pure"),
    ("trail", &["model"], "evidence out of log bytes, pure"),
    ("columns", &["trail"], "evidence as tables, behind a library that is not pure"),
    ("ports", &["model"], "traits of the shell; it names no implementation"),
    ("aws", &["model", "ports"], "an adapter behind the traits of `ports`"),
    ("connect", &["model", "ports"], "adapters behind the traits of `ports`"),
    ("store", &["model", "ports"], "an adapter behind the traits of `ports`"),
    (
        "engine",
        &["model", "policy", "catalog", "plan", "trail", "ports"],
        "it sees AWS, SQL and connectors only through the traits of `ports`",
    ),
    ("server", &["engine", "model", "ports"], "pages and webhooks in front of the engine"),
    ("sandbox", &["model", "policy"], "an AWS of its own, which must not learn from the client it tests"),
    (
        "sekisho",
        &[
            "model", "policy", "catalog", "plan", "trail", "columns", "ports", "aws", "connect", "store", "engine",
            "server", "sandbox",
        ],
        "the binary wires everything",
    ),
    (
        "xtask",
        &[
            "model", "policy", "catalog", "plan", "trail", "ports", "aws", "connect", "store", "engine", "server",
            "sandbox",
        ],
        "tools",
    ),
    (
        "bench",
        &[
            "model", "policy", "catalog", "plan", "trail", "ports", "aws", "connect", "store", "engine", "server",
            "sandbox",
        ],
        "it measures any of the others",
    ),
    (
        "simulation",
        &["model", "catalog", "plan", "ports", "aws", "store", "engine", "sandbox"],
        "it runs Sekisho itself against the sandbox",
    ),
    (
        "trailbench",
        &["trail"],
        "it measures the reader of CloudTrail, and its memory, without the weight of the others",
    ),
    (
        "retirebench",
        &["model", "plan", "trail", "engine", "sandbox"],
        "it holds verdicts against companies of which the truth is known",
    ),
];

/// Libraries with one owner (a trailing `*` stands for any ending), and why.
const OWNED: [(&str, &[&str], &str); 10] = [
    ("parquet", &["columns"], "tables are written in one place, and chrono comes with it"),
    ("aws-*", &["aws"], "the AWS SDK has one user"),
    ("sqlx*", &["store"], "SQL has one home"),
    ("granit-parser", &["catalog"], "YAML is spoken in the catalog only, so that its library can be changed"),
    ("hyper*", &["sandbox", "server"], "only servers speak raw HTTP"),
    ("axum*", &["server"], "pages have one home"),
    ("reqwest", &["connect"], "other systems are reached through the connectors"),
    (
        "clap*",
        &["sekisho", "xtask", "bench", "trailbench", "retirebench", "simulation"],
        "libraries do not parse command lines",
    ),
    ("indicatif", &["sekisho"], "libraries do not draw on the terminal"),
    ("anstream", &["sekisho"], "libraries do not print"),
];

/// What a pure crate must not be linked with, directly or through others.
const IMPURE: [&str; 14] = [
    "tokio",
    "mio",
    "async-std",
    "smol",
    "futures",
    "async-trait",
    "hyper",
    "reqwest",
    "sqlx-core",
    "rand",
    "fastrand",
    "getrandom",
    "tempfile",
    "aws-*",
];

pub(super) fn check() -> Result<Verdict, String> {
    let graph = Graph::read()?;
    let mut problems = Vec::new();
    for (name, member) in &graph.members {
        problems.extend(doors(&graph, name, member));
        problems.extend(owners(name, member));
        if PURE.contains(&name.as_str())
            && let Some(way) = graph.path_to(member, |package| IMPURE.iter().any(|pattern| matches(pattern, package)))
        {
            problems.push(format!(
                "the pure crate `{name}` reaches `{}`: {}",
                way.last().map_or("", String::as_str),
                way.join(" → ")
            ));
        }
    }
    if problems.is_empty() {
        return Ok(Verdict::Passed(format!("{} crates keep to their doors", graph.members.len())));
    }
    Ok(Verdict::Failed(problems.join("\n")))
}

/// Rules between the rooms. Tests may use more: whatever helps to try a shell crate, but pure crates are tried with pure ones.
fn doors(graph: &Graph, name: &str, member: &Member) -> Vec<String> {
    let Some((_, allowed, reason)) = ROOMS.iter().find(|(room, ..)| *room == name) else {
        return vec![format!("`{name}` has no row in the table of rooms (xtask/src/check/dependencies.rs)")];
    };
    let is_own = |used: &&String| graph.members.contains_key(*used);
    let mut problems: Vec<String> = member
        .uses
        .iter()
        .filter(is_own)
        .filter(|used| !allowed.contains(&used.as_str()))
        .map(|used| format!("`{name}` uses `{used}`, which is forbidden: {reason}; allowed: {}", join(allowed)))
        .collect();
    if PURE.contains(&name) {
        let impure = member.uses_in_tests.iter().filter(is_own).filter(|used| !PURE.contains(&used.as_str()));
        problems.extend(impure.map(|used| format!("tests of the pure crate `{name}` use `{used}`, which is not pure")));
    }
    problems
}

fn owners(name: &str, member: &Member) -> Vec<String> {
    let mut problems = Vec::new();
    for (pattern, owners, reason) in OWNED {
        if owners.contains(&name) {
            continue;
        }
        let used = member.uses.iter().filter(|used| matches(pattern, used));
        problems
            .extend(used.map(|used| format!("`{name}` uses `{used}`, which belongs to {}: {reason}", join(owners))));
    }
    problems
}

fn matches(pattern: &str, name: &str) -> bool {
    pattern.strip_suffix('*').map_or(pattern == name, |start| name.starts_with(start))
}

fn join(names: &[&str]) -> String {
    if names.is_empty() { "nothing of this workspace".to_owned() } else { names.join(", ") }
}

#[cfg(test)]
mod tests {
    use super::{OWNED, PURE, ROOMS, matches};

    #[test]
    fn patterns_match_whole_names_or_beginnings() {
        assert!(matches("aws-*", "aws-sdk-iam") && matches("sqlx*", "sqlx") && matches("reqwest", "reqwest"));
        assert!(!matches("aws-*", "aws") && !matches("reqwest", "reqwest-middleware"));
    }

    #[test]
    fn the_table_is_consistent() {
        let rooms: Vec<&str> = ROOMS.iter().map(|(room, ..)| *room).collect();
        for (room, allowed, _) in ROOMS {
            for used in allowed {
                assert!(rooms.contains(used), "{room} may use {used}, which is no room");
                assert!(!PURE.contains(&room) || PURE.contains(used), "pure {room} may use {used}");
            }
        }
        for (_, owners, _) in OWNED {
            assert!(owners.iter().all(|owner| rooms.contains(owner)));
        }
    }

    #[test]
    fn no_two_rooms_may_use_each_other() {
        for (left, left_uses, _) in ROOMS {
            for (right, right_uses, _) in ROOMS {
                assert!(!(left_uses.contains(&right) && right_uses.contains(&left)), "{left} and {right}");
            }
        }
    }
}
