//! Relations over all texts, as z3 sees them: an encoding of its own in `tests/python/z3_relations.py`.
//!
//! `SEKISHO_TEST_PYTHON` names an interpreter with `z3-solver`; `./test` installs it. Without it the test says that it is skipped, unless
//! `SEKISHO_TEST_REQUIRE_ALL` is set.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::print_stderr,
    missing_docs,
    dead_code,
    reason = "tests may fail loudly, read the environment, and say why they are skipped"
)]

#[path = "aimed/aimed.rs"]
mod aimed;

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::thread;

use policy::{Difference, Policy, PolicyComparison, compare, managed};
use serde_json::{Value, json};

use aimed::policies::{changed, generated};
use aimed::random::Random;

const PAIRS: usize = 260;

/// How many are asked at once: a solver each.
const SOLVERS: usize = 2;

fn python() -> Option<PathBuf> {
    match std::env::var_os("SEKISHO_TEST_PYTHON") {
        Some(path) => Some(path.into()),
        None if std::env::var_os("SEKISHO_TEST_REQUIRE_ALL").is_some() => {
            panic!("SEKISHO_TEST_PYTHON is not set; run ./test")
        }
        None => {
            eprintln!("skipped: SEKISHO_TEST_PYTHON is not set; ./test sets it");
            None
        }
    }
}

/// A pair and what is claimed of it.
struct Compared {
    first: Policy,
    second: Policy,
    comparison: PolicyComparison,
}

impl Compared {
    fn question(&self) -> Value {
        let read = |policy: &Policy| serde_json::from_str::<Value>(&policy.to_json()).unwrap();
        let request = |difference: &Difference| match difference {
            Difference::Witness(request) => json!({"action": request.action(), "resource": request.resource}),
            _ => Value::Null,
        };
        let verdict = &self.comparison.all_strings;
        json!({
            "first": read(&self.first),
            "second": read(&self.second),
            "gained": request(&verdict.gained),
            "lost": request(&verdict.lost),
        })
    }
}

/// Asks z3 about all pairs.
fn ask(python: &PathBuf, pairs: &[Compared]) -> Vec<Value> {
    let script = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/python/z3_relations.py");
    let mut child = Command::new(python)
        .arg(script)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let text: String = pairs.iter().map(|compared| format!("{}\n", compared.question())).collect();
    // written beside reading: neither side may wait for the other
    let writer = thread::spawn(move || stdin.write_all(text.as_bytes()));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    assert!(output.status.success());
    let answers: Vec<Value> =
        String::from_utf8(output.stdout).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(answers.len(), pairs.len());
    answers
}

/// Pairs that differ in one or two places: generated ones, and small policies of AWS's.
fn pairs() -> Vec<Compared> {
    let mut random = Random::new(11);
    let mut pairs = Vec::new();
    let small: Vec<Policy> =
        managed::all().iter().filter_map(|managed| managed.policy()).filter(|policy| policy.size() < 500).collect();
    while pairs.len() < PAIRS {
        let first = if random.chance(30) { random.pick(&small).cloned().unwrap() } else { generated(&mut random) };
        let mut second = changed(&first, &mut random);
        if random.chance(30) {
            second = changed(&second, &mut random);
        }
        if second != first && !second.statements.is_empty() {
            let comparison = compare(std::slice::from_ref(&first), std::slice::from_ref(&second));
            pairs.push(Compared { first, second, comparison });
        }
    }
    pairs
}

/// What z3 contradicts, if it does; and counts what it confirms.
fn judge(comparison: &PolicyComparison, answer: &Value, counts: &mut BTreeMap<&'static str, usize>) -> Option<String> {
    let verdict = &comparison.all_strings;
    for (direction, difference) in [("gained", &verdict.gained), ("lost", &verdict.lost)] {
        let of = |reading: &str| answer.get(format!("{direction} {reading}")).and_then(Value::as_str);
        let crossing = of("crossing").unwrap();
        let segments = of("segments").unwrap_or(crossing);
        let (what, wrong) = match (difference, crossing, segments) {
            (Difference::Never, "unsat", "unsat") => ("never: confirmed", false),
            (Difference::Never, "sat", _) | (Difference::Never, _, "sat") => ("never: contradicted", true),
            (Difference::Witness(_), "sat", "sat") => ("witness: confirmed", false),
            (Difference::Witness(_), "unsat", _) | (Difference::Witness(_), _, "unsat") => {
                ("witness: contradicted", true)
            }
            (Difference::Never | Difference::Witness(_), _, _) => ("z3 does not know", false),
            (Difference::Possibly { .. }, _, _) => ("possibly", false),
            (Difference::Unknown { .. }, _, _) => ("unknown", false),
        };
        *counts.entry(what).or_default() += 1;
        if wrong {
            return Some(format!("{direction}: claimed {difference:?}, z3: {answer}"));
        }
    }
    None
}

#[test]
fn z3_comes_to_the_same_relations() {
    let Some(python) = python() else { return };
    let pairs = pairs();
    let answers: Vec<Value> = thread::scope(|scope| {
        let parts: Vec<_> = pairs.chunks(pairs.len().div_ceil(SOLVERS)).collect();
        let asked: Vec<_> = parts.into_iter().map(|part| scope.spawn(|| ask(&python, part))).collect();
        asked.into_iter().flat_map(|asked| asked.join().unwrap()).collect()
    });
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    let (mut judged, mut wrong) = (0, Vec::new());
    for (compared, answer) in pairs.iter().zip(&answers) {
        if answer.get("skipped").is_some() {
            continue;
        }
        judged += 1;
        if let Some(why) = judge(&compared.comparison, answer, &mut counts) {
            wrong.push(format!("{}\n{}\n{why}", compared.first.to_json(), compared.second.to_json()));
        }
    }
    eprintln!("{judged} of {} pairs judged: {counts:?}", pairs.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    assert!(judged >= 200, "z3's encoding covers only {judged} pairs");
    // how much z3 finds out in its time depends on the machine: half of what a quiet one does is enough
    let of = |what: &str| counts.get(what).copied().unwrap_or(0);
    assert!(of("never: confirmed") >= 150 && of("witness: confirmed") >= 80, "{counts:?}");
}
