//! Sekisho, decompression alone, ClickHouse and DuckDB side by side, and what was wanted.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;
use std::{env, process};

use clap::Args;

use crate::corpus::{self, Size};

pub(crate) const SEED: u64 = 20_260_301;

/// A comparison.
#[derive(Debug, Clone, Args)]
pub(crate) struct Comparison {
    /// A smaller corpus.
    #[arg(long)]
    quick: bool,
    /// Read this folder of log files instead of a corpus made for the run.
    #[arg(long)]
    folder: Option<PathBuf>,
    /// An interpreter that has `chdb` and `duckdb` (`pip install chdb duckdb`).
    #[arg(long, env = "SEKISHO_BENCH_PYTHON", default_value = "python3")]
    python: PathBuf,
    /// Threads.
    #[arg(long, default_value_t = 2)]
    threads: usize,
}

/// A figure of one program.
#[derive(Debug, Clone, Copy)]
struct Figure {
    seconds: f64,
    peak_mib: f64,
    rows: f64,
}

const PROGRAMS: [&str; 5] = ["inflate", "core", "whole", "clickhouse", "duckdb"];

/// Prints the tables and goals; true when every goal is met.
pub(crate) fn run(comparison: &Comparison) -> Result<bool, String> {
    let started = Instant::now();
    let work = env::temp_dir().join(format!("sekisho-bench-trail-{}", process::id()));
    let result = tables(comparison, &work);
    if work.exists() {
        fs::remove_dir_all(&work).map_err(|error| format!("{}: {error}", work.display()))?;
    }
    let missed = result?;
    println!("\n{missed} goals missed. The run took {:.0} s.", started.elapsed().as_secs_f64());
    Ok(missed == 0)
}

fn tables(comparison: &Comparison, work: &Path) -> Result<usize, String> {
    fs::create_dir_all(work).map_err(|error| error.to_string())?;
    let rounds = if comparison.quick { 2 } else { 3 };
    if let Some(folder) = &comparison.folder {
        let figures = measure(comparison, folder, work, rounds)?;
        return Ok(print(&folder.display().to_string(), &figures, (2.5, 5.0), true));
    }
    let share = if comparison.quick { 10 } else { 1 };
    let large = Size { files: 2000 / share, bytes: 3_000_000_000 / share as u64, times: 1, is_even: false };
    let small = Size { files: 20_000 / share, bytes: 300_000_000 / share as u64, times: 1, is_even: false };
    let mut missed = 0;
    for (name, size, wanted, is_whole_judged) in
        [("large", large, (2.5, 5.0), true), ("small", small, (4.0, 6.0), false)]
    {
        let folder = work.join(name);
        let made = corpus::write(&folder, size, SEED, comparison.threads)?;
        let title = format!(
            "{} files, {} MB, {} MB decompressed",
            size.files,
            made.stored_bytes / 1_000_000,
            made.text_bytes / 1_000_000
        );
        let figures = measure(comparison, &folder, work, rounds)?;
        missed += print(&title, &figures, wanted, is_whole_judged);
        fs::remove_dir_all(&folder).map_err(|error| error.to_string())?;
    }
    missed += growth(comparison, work, share)?;
    Ok(missed)
}

/// Memory of whole evidence: a log, and one of ten times as many objects of the same sizes and the same principals.
fn growth(comparison: &Comparison, work: &Path, share: usize) -> Result<usize, String> {
    let mut peaks = Vec::new();
    println!(
        "\nwhole evidence of the same principals\n\n  {:<22}{:>9}{:>12}{:>11}",
        "", "events", "principals", "peak MiB"
    );
    for times in [1, 10] {
        let folder = work.join("growth");
        let (files, bytes) = (200 / share * times, 300_000_000 / share as u64 * times as u64);
        corpus::write(&folder, Size { files, bytes, times, is_even: true }, SEED, comparison.threads)?;
        let (mut peak_mib, mut rows): (f64, f64) = (0.0, 0.0);
        for _ in 0..2 {
            let figure = once(comparison, "whole", &folder, work)?.ok_or("nothing was measured")?;
            (peak_mib, rows) = (peak_mib.max(figure.peak_mib), figure.rows);
        }
        println!("  {:<22}{:>9}{rows:>12}{peak_mib:>11.0}", format!("{files} files"), format!("× {times}"));
        peaks.push(peak_mib);
        fs::remove_dir_all(&folder).map_err(|error| error.to_string())?;
    }
    println!();
    let ratio = peaks.first().zip(peaks.last()).map(|(first, last)| last / first);
    Ok(goal("peak memory of a log ten times as long, ×", ratio, 1.2, true))
}

/// The least time and the largest memory of some rounds, the programs in turns.
fn measure(comparison: &Comparison, folder: &Path, work: &Path, rounds: usize) -> Result<Vec<Option<Figure>>, String> {
    let mut best: Vec<Option<Figure>> = vec![None; PROGRAMS.len()];
    for _ in 0..rounds {
        for (place, program) in best.iter_mut().zip(PROGRAMS) {
            let Some(figure) = once(comparison, program, folder, work)? else { continue };
            let before = place.unwrap_or(figure);
            *place = Some(Figure {
                seconds: before.seconds.min(figure.seconds),
                peak_mib: before.peak_mib.max(figure.peak_mib),
                rows: figure.rows,
            });
        }
    }
    Ok(best)
}

/// One run; none where a peer is not installed.
fn once(comparison: &Comparison, program: &str, folder: &Path, work: &Path) -> Result<Option<Figure>, String> {
    let out = work.join("out");
    let threads = comparison.threads.to_string();
    let is_peer = matches!(program, "clickhouse" | "duckdb");
    let mut command = if is_peer {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers").join(format!("{program}.py"));
        let mut command = Command::new(&comparison.python);
        command.env("PYTHONDONTWRITEBYTECODE", "1").arg(script).arg(folder).arg(out).arg(threads);
        command
    } else {
        let own = env::current_exe().map_err(|error| error.to_string())?;
        let mut command = Command::new(own);
        command.args(["once", "--what", program, "--threads", &threads]).arg("--out").arg(out).arg(folder);
        command
    };
    let output = match command.output() {
        Ok(output) => output,
        Err(_) if is_peer => return Ok(None),
        Err(error) => return Err(error.to_string()),
    };
    let errors = String::from_utf8_lossy(&output.stderr);
    if is_peer && errors.contains("ModuleNotFoundError") {
        return Ok(None);
    }
    let text = String::from_utf8_lossy(&output.stdout);
    let line: Option<serde_json::Value> = text.lines().last().and_then(|line| serde_json::from_str(line).ok());
    let number = |name: &str| line.as_ref().and_then(|line| line.get(name)).and_then(serde_json::Value::as_f64);
    match (output.status.success(), number("seconds"), number("peak_kib")) {
        (true, Some(seconds), Some(peak)) => {
            Ok(Some(Figure { seconds, peak_mib: peak / 1024.0, rows: number("rows").unwrap_or_default() }))
        }
        _ => Err(format!("{program}: {text}{errors}")),
    }
}

/// A table and its goals; how many were missed.
fn print(title: &str, figures: &[Option<Figure>], wanted: (f64, f64), is_whole_judged: bool) -> usize {
    println!("\n{title}\n\n  {:<22}{:>9}{:>12}{:>11}", "", "seconds", "× inflate", "peak MiB");
    let names = ["decompression alone", "Sekisho, core", "Sekisho, whole", "ClickHouse, core", "DuckDB, core"];
    let inflate = figures.first().copied().flatten();
    for (name, figure) in names.iter().zip(figures) {
        match (figure, inflate) {
            (Some(figure), Some(inflate)) => println!(
                "  {name:<22}{:>9.2}{:>12.2}{:>11.0}",
                figure.seconds,
                figure.seconds / inflate.seconds,
                figure.peak_mib
            ),
            _ => println!(
                "  {name:<22}  not installed: pip install chdb duckdb, and name the interpreter with SEKISHO_BENCH_PYTHON"
            ),
        }
    }
    let [inflate, core, whole, clickhouse, duckdb] =
        [0, 1, 2, 3, 4].map(|at: usize| figures.get(at).copied().flatten());
    let ratio = |left: Option<Figure>, right: Option<Figure>| Some(left?.seconds / right?.seconds);
    let least = |what: &str, found: Option<f64>, least: f64| goal(what, found, least, false);
    let most = |what: &str, found: Option<f64>, most: f64| goal(what, found, most, true);
    println!();
    let mut missed = 0;
    if is_whole_judged {
        missed += most("core, × decompression", ratio(core, inflate), 1.6);
        missed += most("whole evidence, × decompression", ratio(whole, inflate), 2.5);
    }
    missed += least("core, times as fast as ClickHouse", ratio(clickhouse, core), wanted.0);
    missed += least("core, times as fast as DuckDB", ratio(duckdb, core), wanted.1);
    missed += most("peak memory of the core, MiB", core.map(|figure| figure.peak_mib), 300.0);
    missed += most("peak memory of whole evidence, MiB", whole.map(|figure| figure.peak_mib), 300.0);
    missed
}

fn goal(what: &str, found: Option<f64>, bound: f64, at_most: bool) -> usize {
    let relation = if at_most { "at most" } else { "at least" };
    let Some(found) = found else {
        println!("  -       {what}: not measured, wanted {relation} {bound}");
        return 0;
    };
    let is_met = if at_most { found <= bound } else { found >= bound };
    println!("  {}  {what}: {found:.2}, wanted {relation} {bound}", if is_met { "PASS  " } else { "MISSED" });
    usize::from(!is_met)
}
