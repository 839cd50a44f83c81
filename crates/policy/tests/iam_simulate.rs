//! A second opinion on the evaluator: @cloud-copilot/iam-simulate decides over the same requests.
//!
//! `SEKISHO_TEST_NODE` names node and `SEKISHO_TEST_IAM_SIMULATE` the folder `node_modules` that holds the package; `./test` installs
//! both. Without them the test says that it is skipped, unless `SEKISHO_TEST_REQUIRE_ALL` is set. The package is under the AGPL: it
//! runs beside the test as a process of its own, and nothing of it is in this repository or in the program.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::allow_attributes,
    clippy::disallowed_methods,
    clippy::print_stderr,
    missing_docs,
    reason = "tests may fail loudly, read the environment, and say why they are skipped"
)]

#[path = "iam_simulate/cases.rs"]
mod cases;

use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;
use std::process::Command;

use cases::{Case, Numbers};
use policy::{Decision, Permissions, Prepared, Reading, glob, managed};
use serde_json::Value;

const GENERATED: usize = 6_000;
/// Requests about each AWS managed policy that is looked at.
const PER_MANAGED: usize = 8;

fn from_environment(name: &str) -> Option<PathBuf> {
    match std::env::var_os(name) {
        Some(path) => Some(path.into()),
        None if std::env::var_os("SEKISHO_TEST_REQUIRE_ALL").is_some() => panic!("{name} is not set; run ./test"),
        None => {
            eprintln!("skipped: {name} is not set; ./test sets it");
            None
        }
    }
}

/// In the other program's words. Its reading of wildcards is the one that keeps to the parts of an ARN.
fn decide(case: &Case, reading: Reading) -> &'static str {
    let prepare = |document: &Value| {
        let policy: policy::Policy = document.to_string().parse().unwrap();
        Prepared::with_reading("", &policy, reading).unwrap()
    };
    let permissions = Permissions {
        identity: case.policies.iter().map(prepare).collect(),
        boundary: case.boundary.as_ref().map(prepare),
        service_control: case.service_control.iter().map(|document| vec![prepare(document)]).collect(),
        session: case.session.iter().map(prepare).collect(),
    };
    match permissions.evaluate(&case.request()) {
        Decision::Allowed(_) => "Allowed",
        Decision::Denied(_) => "ExplicitlyDenied",
        Decision::NotAllowed(_) => "ImplicitlyDenied",
    }
}

fn their_answers(node: &PathBuf, modules: &PathBuf, cases: &[Case]) -> Vec<String> {
    let mut file = std::env::temp_dir();
    file.push(format!("sekisho-iam-simulate-{}.jsonl", std::process::id()));
    let mut out = std::io::BufWriter::new(std::fs::File::create(&file).unwrap());
    for case in cases {
        writeln!(out, "{}", case.line()).unwrap();
    }
    out.into_inner().unwrap().sync_all().unwrap();
    let script = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/iam_simulate/simulate.mjs");
    let output = Command::new(node).arg(script).arg(modules).arg(&file).output().unwrap();
    std::fs::remove_file(&file).unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let answers: Vec<String> = String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect();
    assert_eq!(answers.len(), cases.len());
    answers
}

/// What it is known to see otherwise. Each says which cases it is about, and how to ask so that the difference is no matter.
const DIFFERENCES: [Difference; 8] = [
    Difference {
        // AWS's guide does not speak of such ARNs
        name: "an incomplete ARN in a policy (`arn:aws:sqs`): it completes it with wildcards, here it is a text as any other",
        concerns: |case| case.rewrite_resources(|pattern, _| is_incomplete(pattern), complete),
        neutral: |case| {
            case.rewrite_resources(|pattern, _| is_incomplete(pattern), complete);
        },
    },
    Difference {
        name: "a wildcard in the resource-type segment (`*/*`): it matches nothing there",
        concerns: |case| {
            case.rewrite_resources(|pattern, _| has_wildcard_type(pattern), |_, resource| resource.to_owned())
        },
        neutral: |case| {
            case.rewrite_resources(
                |pattern, resource| has_wildcard_type(pattern) && glob::matches(pattern, resource),
                |_, resource| resource.to_owned(),
            );
        },
    },
    Difference {
        name: "the request resource `*`: it takes it for any resource, here it is one that only `*` names",
        concerns: |case| case.resource == "*",
        neutral: |case| NOTHING.clone_into(&mut case.resource),
    },
    Difference {
        // AWS speaks of a key "that has no value or is not present"; whether an empty text is a value it does not say
        name: "a variable whose key is an empty text: there it is as if absent, here it is a text",
        concerns: |case| case.context.iter().any(|(_, values)| values.iter().any(String::is_empty)),
        neutral: |case| {
            let texts = case.context.iter_mut().flat_map(|(_, values)| values);
            texts.filter(|text| text.is_empty()).for_each(|text| *text = "somebody-else".to_owned());
        },
    },
    Difference {
        name: "KMS: it also asks for a key policy, which a request here has none of",
        concerns: |case| case.action.starts_with("kms:"),
        neutral: |case| case.policies.clear(),
    },
    Difference {
        // IAM user guide, "Policy variables with no value": inverted operators do match against a null value, and an element of `Resource`
        // or `NotResource` with such a variable matches no resource
        name: "a variable without value in a negated place: to AWS it equals nothing, so the negation holds",
        concerns: |case| !case.absent_variables().is_empty(),
        neutral: |case| {
            for key in case.absent_variables() {
                case.context.push((key, vec!["somebody-else".to_owned()]));
            }
        },
    },
    Difference {
        // AWS's guide says of IfExists that an absent key makes the condition true, and of ForAnyValue that it makes it false; of both
        // together it says nothing. iam-simulate's author holds that ForAnyValue wins.
        name: "ForAnyValue:…IfExists without the key: AWS does not say; here IfExists wins, there ForAnyValue",
        concerns: |case| case.drop_conditions(|operator, key, _, case| is_any_if_exists(operator) && !case.has(key)),
        neutral: |case| {
            case.drop_conditions(|operator, key, _, case| is_any_if_exists(operator) && !case.has(key));
        },
    },
    Difference {
        name: "NotIpAddress of one IP version and an address of the other: the address is not in the range",
        concerns: |case| {
            case.drop_conditions(|operator, _, values, case| {
                operator.starts_with("NotIpAddress") && case.other_ip_version(values)
            })
        },
        neutral: |case| {
            case.drop_conditions(|operator, _, values, case| {
                operator.starts_with("NotIpAddress") && case.other_ip_version(values)
            });
        },
    },
];

struct Difference {
    name: &'static str,
    /// Whether a case may be decided otherwise because of it; asked of a copy.
    concerns: fn(&mut Case) -> bool,
    /// Takes it out of a case. What is decided here stays the same; there it becomes the same.
    neutral: fn(&mut Case),
}

/// Only `*` names it.
const NOTHING: &str = "arn:aws:nothing:nowhere:000000000000:nothing/nothing";

fn is_incomplete(pattern: &str) -> bool {
    pattern != "*" && pattern.split(':').count() < 6
}

fn complete(pattern: &str, _resource: &str) -> String {
    format!("{pattern}{}", ":*".repeat(6 - pattern.split(':').count()))
}

/// What stands before the first `/` or `:` of an ARN's last part has a wildcard, and something follows.
fn has_wildcard_type(pattern: &str) -> bool {
    let last = pattern.splitn(6, ':').nth(5).unwrap_or_default();
    last.split_once(['/', ':']).is_some_and(|(kind, _)| kind.contains(['*', '?']))
}

fn is_any_if_exists(operator: &str) -> bool {
    operator.starts_with("ForAnyValue:") && operator.ends_with("IfExists")
}

#[test]
fn another_simulator_decides_the_same() {
    let Some(node) = from_environment("SEKISHO_TEST_NODE") else { return };
    let Some(modules) = from_environment("SEKISHO_TEST_IAM_SIMULATE") else { return };
    let mut numbers = Numbers::new(20_261_122);
    let mut cases: Vec<Case> = (0..GENERATED).map(|_| cases::generated(&mut numbers)).collect();
    for entry in managed::all().iter().step_by(2) {
        cases.extend(cases::about_managed(entry, &mut numbers, PER_MANAGED));
    }
    for (what, has) in [
        ("boundary", (|case| case.boundary.is_some()) as fn(&Case) -> bool),
        ("service control policy", |case| case.service_control.is_some()),
        ("session policy", |case| case.session.is_some()),
    ] {
        let number = cases.iter().filter(|case| has(case)).count();
        assert!(number >= 1_500, "only {number} with a {what}");
    }
    let answers = their_answers(&node, &modules, &cases);
    let mut decided: BTreeMap<&str, usize> = BTreeMap::new();
    let mut known: BTreeMap<&str, usize> = BTreeMap::new();
    let mut neutral = Vec::new();
    for (case, theirs) in cases.iter().zip(&answers) {
        let ours = decide(case, Reading::Segments);
        *decided.entry(ours).or_default() += 1;
        if ours == theirs {
            continue;
        }
        let mut altered = case.clone();
        for difference in &DIFFERENCES {
            if (difference.concerns)(&mut case.clone()) {
                *known.entry(difference.name).or_default() += 1;
                (difference.neutral)(&mut altered);
            }
        }
        neutral.push((ours, theirs, case, altered));
    }
    eprintln!("{} requests: {decided:?}; {} seen otherwise", cases.len(), neutral.len());
    known.iter().for_each(|(name, number)| eprintln!("  {number:>3}  {name}"));
    let altered: Vec<Case> = neutral.iter().map(|(_, _, _, altered)| altered.clone()).collect();
    let again = their_answers(&node, &modules, &altered);
    let mut unexplained = Vec::new();
    for ((ours, theirs, case, altered), again) in neutral.iter().zip(&again) {
        if decide(altered, Reading::Segments) != again {
            let (before, after) = (case.line(), altered.line());
            unexplained.push(format!(
                "ours {ours}, theirs {theirs}: {before}\n  without what is known, theirs {again}: {after}"
            ));
        }
    }
    let shown = unexplained.iter().take(20).map(String::as_str).collect::<Vec<_>>().join("\n");
    assert!(unexplained.is_empty(), "{} disagree for no known reason:\n{shown}", unexplained.len());
    // a difference that is gone is to be struck from the list
    assert_eq!(known.len(), DIFFERENCES.len(), "{known:?}");
}
