//! Other tools at similar work, where npm and PyPI have them.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use bench::table::Table;
use policy::{Kind, Subject, managed, review};
use serde_json::{Value, json};

use crate::evaluating;

/// Times how long iam-simulate takes for each request; policies are given as objects, as its users do.
const SIMULATE: &str = r#"
import { runSimulation } from '@cloud-copilot/iam-simulate'
import { readFileSync } from 'node:fs'
const { policies, requests } = JSON.parse(readFileSync(0, 'utf8'))
const identityPolicies = policies.map((policy, number) => ({ name: 'p' + number, policy }))
const ask = request => runSimulation({ request: { principal: 'arn:aws:iam::111122223333:user/hanako', action: request.action,
  resource: { resource: request.resource, accountId: '111122223333' }, contextVariables: {} }, identityPolicies,
  serviceControlPolicies: [], resourceControlPolicies: [] }, {})
for (const request of requests.slice(0, 50)) await ask(request)
const started = process.hrtime.bigint()
let allowed = 0
for (const request of requests) { const answer = await ask(request); if ((answer.overallResult ?? answer.analysis?.result) === 'Allowed') allowed += 1 }
console.log(JSON.stringify({ nanoseconds: Number(process.hrtime.bigint() - started) / requests.length, allowed }))
"#;

/// Times how long parliament takes to look through each policy.
const PARLIAMENT: &str = r"
import json, sys, time
from parliament import analyze_policy_string
policies = json.load(sys.stdin)['policies']
analyze_policy_string(json.dumps(policies[0]))
started = time.perf_counter()
for policy in policies:
    analyze_policy_string(json.dumps(policy))
print(json.dumps({'nanoseconds': (time.perf_counter() - started) * 1e9 / len(policies)}))
";

const GROUP: [&str; 3] = ["AmazonS3ReadOnlyAccess", "AmazonDynamoDBReadOnlyAccess", "AWSLambda_ReadOnlyAccess"];

pub(crate) fn run(npm: Option<&Path>, python: Option<&Path>) {
    println!("Beside others, on the same machine\n");
    let mut table = Table::new(&["work", "tool", "time each"]);
    table.words_last = false;
    let document = |name: &&str| serde_json::from_str::<Value>(managed::resolve(name)?.document()).ok();
    let requests = evaluating::plain_requests(200);
    let held: Vec<Value> = GROUP.iter().filter_map(document).collect();
    let asked: Vec<Value> =
        requests.iter().map(|request| json!({"action": request.action(), "resource": request.resource})).collect();
    let own = evaluating::time_of(&GROUP, &requests);
    table.row(["a request on three policies", "Sekisho (policies prepared once)", &time(own)]);
    let simulated = npm.map_or_else(
        || Err("not installed".to_owned()),
        |npm| {
            let mut node = Command::new("node");
            node.args(["--input-type=module", "--eval", SIMULATE]).current_dir(npm);
            peer(node, &json!({"policies": held, "requests": asked}))
        },
    );
    table.row(["", "@cloud-copilot/iam-simulate", &simulated.unwrap_or_else(|why| why)]);

    let some: Vec<_> = managed::all().iter().step_by(40).collect();
    let started = Instant::now();
    for managed in &some {
        if let Some(policy) = policy::parse(managed.document()).policy {
            std::hint::black_box(review(&Subject { policy: &policy, kind: Kind::Identity, limit: None }));
        }
    }
    let each = started.elapsed() / u32::try_from(some.len()).unwrap_or(1).max(1);
    table.row(["a review of a managed policy", "Sekisho", &time(each)]);
    let documents: Vec<Value> =
        some.iter().filter_map(|managed| serde_json::from_str(managed.document()).ok()).collect();
    let looked = python.map_or_else(
        || Err("not installed".to_owned()),
        |python| {
            let mut command = Command::new(python);
            command.args(["-c", PARLIAMENT]);
            peer(command, &json!({"policies": documents}))
        },
    );
    table.row(["", "parliament", &looked.unwrap_or_else(|why| why)]);
    println!("{table}");
    println!("  @cloud-copilot/iam-shrink is not measured: the npm registry had no such package in November 2026.\n");
}

/// Runs a tool with this on its standard input, and reads the time it tells.
fn peer(mut command: Command, input: &Value) -> Result<String, String> {
    let failed = |error: &dyn std::fmt::Display| format!("failed: {error}");
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| failed(&error))?;
    if let Some(mut stdin) = child.stdin.take() {
        stdin.write_all(input.to_string().as_bytes()).map_err(|error| failed(&error))?;
    }
    let output = child.wait_with_output().map_err(|error| failed(&error))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr).lines().last().unwrap_or_default().to_owned();
        return Err(failed(&said));
    }
    let answer: Value = serde_json::from_slice(&output.stdout).map_err(|error| failed(&error))?;
    let nanoseconds = answer.get("nanoseconds").and_then(Value::as_f64).unwrap_or_default();
    Ok(time(Duration::from_secs_f64(nanoseconds / 1e9)))
}

fn time(duration: Duration) -> String {
    match duration.as_nanos() {
        nanoseconds @ ..10_000 => format!("{nanoseconds} ns"),
        nanoseconds @ ..10_000_000 => format!("{} µs", nanoseconds / 1_000),
        nanoseconds => format!("{} ms", nanoseconds / 1_000_000),
    }
}
