//! Brief fuzzing with libFuzzer, on the stable toolchain: coverage by LLVM's own pass, no sanitizer (it would need a nightly one to
//! watch the unsafe code of `trail`). A panic, an endless loop or a memory hog is a finding.

use crate::process::{capture, cargo, environment, watch};
use crate::workspace::{self, Graph};
use std::fs;
use std::path::Path;

/// What libFuzzer needs in the code under test.
const FLAGS: [&str; 10] = [
    "--cfg=fuzzing",
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
    "-Ccodegen-units=1",
    "-Cdebug-assertions=on",
    "-Coverflow-checks=on",
    "-Cdebuginfo=line-tables-only",
];

/// Builds and runs the targets; true when none found anything.
///
/// # Errors
/// When a target does not exist or cannot be built.
pub(crate) fn run(seconds: u32, only: &[String]) -> Result<bool, String> {
    let folder = workspace::root().join("fuzz");
    let targets = targets()?;
    if let Some(unknown) = only.iter().find(|name| !targets.contains(name)) {
        return Err(format!("no fuzz target named `{unknown}`; there are {}", targets.join(", ")));
    }
    let build = Graph::read()?.target.join("fuzz");
    let build_text = build.to_string_lossy().into_owned();
    let host = host_triple()?;
    // A target triple keeps the flags away from build scripts and macros.
    let variables = [("CARGO_TARGET_DIR", build_text.as_str()), ("CARGO_ENCODED_RUSTFLAGS", &FLAGS.join("\u{1f}"))];
    let arguments = ["build", "--release", "--quiet", "--locked", "--target", &host, "--bins"];
    if !watch(&folder, &cargo(), &arguments, &variables)? {
        return Err("the fuzz targets do not build".to_owned());
    }
    let mut clean = true;
    for target in targets.iter().filter(|name| only.is_empty() || only.contains(name)) {
        clean &= run_one(&build, &host, target, seconds)?;
    }
    Ok(clean)
}

fn run_one(build: &Path, host: &str, target: &str, seconds: u32) -> Result<bool, String> {
    let folder = workspace::root().join("fuzz");
    // What is learnt is kept beside the build products; the seeds stay as they are.
    let corpus = build.join("corpus").join(target);
    let findings = folder.join("artifacts").join(target);
    for wanted in [&corpus, &findings] {
        fs::create_dir_all(wanted).map_err(|error| format!("{}: {error}", wanted.display()))?;
    }
    let binary = build.join(host).join("release").join(target).to_string_lossy().into_owned();
    let corpus = corpus.to_string_lossy().into_owned();
    let seeds = folder.join("seeds").join(target).to_string_lossy().into_owned();
    let time = format!("-max_total_time={seconds}");
    let prefix = format!("-artifact_prefix={}/", findings.display());
    let mut arguments = vec![corpus.as_str(), seeds.as_str(), time.as_str(), prefix.as_str()];
    arguments.extend(["-timeout=10", "-rss_limit_mb=2048", "-max_len=8192", "-print_final_stats=1", "-verbosity=0"]);
    let answer = capture(&folder, &binary, &arguments)?;
    let statistic = |name: &str| {
        let line = answer.stderr.lines().find_map(|line| line.strip_prefix("stat::")?.strip_prefix(name));
        line.map_or("?", |rest| rest.trim_start_matches(':').trim()).to_owned()
    };
    let inputs = statistic("number_of_executed_units");
    if answer.success {
        println!(
            "ok    {target:<13} {seconds:>4} s  {inputs} inputs, {} of them new ground",
            statistic("new_units_added")
        );
    } else {
        println!("FAIL  {target:<13} the input is in fuzz/artifacts/{target}/\n{}", answer.stderr.trim_end());
    }
    Ok(answer.success)
}

/// A target is a file in `fuzz/targets`.
fn targets() -> Result<Vec<String>, String> {
    let folder = workspace::root().join("fuzz").join("targets");
    let mut names = Vec::new();
    for file in workspace::rust_files(&folder)? {
        names.extend(file.path.rsplit('/').next().and_then(|name| name.strip_suffix(".rs")).map(str::to_owned));
    }
    Ok(names)
}

fn host_triple() -> Result<String, String> {
    let rustc = environment("RUSTC").unwrap_or_else(|| "rustc".to_owned());
    let answer = capture(&workspace::root(), &rustc, &["--version", "--verbose"])?;
    let host = answer.stdout.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned).ok_or_else(|| "`rustc --version --verbose` names no host".to_owned())
}
