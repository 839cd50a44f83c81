//! Ten thousand users in two hundred accounts: time and memory from inventory to verdicts.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use clap::Args;
use engine::iam_evidence::IamEvidence;
use jiff::Timestamp;
use model::iam_user::IamInventory;
use plan::iam_users::{Directory, DirectoryPerson, EarlierUse, Settings, VerdictInput, find_owners, judge};
use sandbox::wild::{LogState, WildConfig};
use serde::{Deserialize, Serialize};
use trail::Bookmark;
use trail::evidence::{read_period, write_period};

use super::{goal, world};

/// Where inventory and evidence lie.
#[derive(Args)]
pub(crate) struct Case {
    folder: PathBuf,
}

#[derive(Serialize, Deserialize)]
struct Given {
    inventory: IamInventory,
    people: Vec<DirectoryPerson>,
    now: Timestamp,
}

fn file_error(path: &Path, error: impl std::fmt::Display) -> String {
    format!("{}: {error}", path.display())
}

/// Makes the company, writes it down, and has another process judge it.
pub(crate) fn measure() -> Result<bool, String> {
    let folder = std::env::temp_dir().join(format!("sekisho-retirebench-{}", std::process::id()));
    fs::create_dir_all(&folder).map_err(|error| file_error(&folder, error))?;
    let result = measure_in(&folder);
    fs::remove_dir_all(&folder).map_err(|error| file_error(&folder, error))?;
    result
}

fn measure_in(folder: &Path) -> Result<bool, String> {
    let config = WildConfig {
        seed: 1,
        users: 10_000,
        accounts: 200,
        days: 90,
        log: Some(LogState::WHOLE),
        thinning: 6,
        now_s: None,
        inventories_a_day: 0,
    };
    let world = world::make(&config)?;
    let records = world.company.records;
    for (day, period) in world.evidences.periods {
        let path = folder.join(format!("{}.skev", day.unwrap_or(0)));
        fs::write(&path, write_period(period, 1).map_err(|error| error.to_string())?)
            .map_err(|error| file_error(&path, error))?;
    }
    let path = folder.join("bookmark.skbm");
    fs::write(&path, world.bookmark.write().map_err(|error| error.to_string())?)
        .map_err(|error| file_error(&path, error))?;
    let given = Given { inventory: world.inventory, people: world.directory.people, now: world.now };
    let path = folder.join("given.json");
    fs::write(&path, serde_json::to_vec(&given).map_err(|error| error.to_string())?)
        .map_err(|error| file_error(&path, error))?;
    drop(given);
    let program = std::env::current_exe().map_err(|error| error.to_string())?;
    let output = Command::new(program).arg("large").arg(folder).output().map_err(|error| error.to_string())?;
    let text = String::from_utf8_lossy(&output.stdout);
    println!(
        "## 10,000 users in 200 accounts\n\n{records} records in 90 days; inventory and evidence are read from files\n\n{text}"
    );
    let number = |name: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(name));
        line.and_then(|rest| rest.trim().split(' ').next()?.parse::<u64>().ok())
    };
    let (time_ms, peak_mb) = (number("time_ms").unwrap_or(u64::MAX), number("peak_mb").unwrap_or(u64::MAX));
    let in_time = goal("time from inventory to verdicts", format!("{time_ms} ms"), "≤ 60 s", time_ms <= 60_000);
    Ok(goal("peak memory", format!("{peak_mb} MB"), "≤ 500 MB", peak_mb <= 500) && in_time)
}

/// Reads, judges, tells time and memory.
pub(crate) fn judge_in_here(case: &Case) -> Result<(), String> {
    let began = Instant::now();
    let path = case.folder.join("given.json");
    let text = fs::read(&path).map_err(|error| file_error(&path, error))?;
    let given: Given = serde_json::from_slice(&text).map_err(|error| file_error(&path, error))?;
    drop(text);
    let path = case.folder.join("bookmark.skbm");
    let bookmark = Bookmark::read(&fs::read(&path).map_err(|error| file_error(&path, error))?)
        .map_err(|error| error.to_string())?;
    let mut evidence = IamEvidence::of(&given.inventory);
    let entries = fs::read_dir(&case.folder).map_err(|error| file_error(&case.folder, error))?;
    for entry in entries {
        let path = entry.map_err(|error| error.to_string())?.path();
        if path.extension().is_some_and(|extension| extension == "skev") {
            let day = path.file_stem().and_then(|stem| stem.to_str()?.parse().ok());
            let period = read_period(&fs::read(&path).map_err(|error| file_error(&path, error))?)
                .map_err(|error| error.to_string())?;
            evidence.add(day, &period);
        }
    }
    let used = evidence.finish(&bookmark);
    let read_ms = began.elapsed().as_millis();
    let directory = Directory { people: given.people, settled: Vec::new() };
    let owners = find_owners(&given.inventory, &directory);
    let input = VerdictInput {
        inventory: &given.inventory,
        used: &used,
        owners: &owners,
        earlier: &EarlierUse::default(),
        now: given.now,
    };
    let verdicts = judge(&input, &Settings::default());
    println!("users {}", verdicts.len());
    println!("reading_ms {read_ms}");
    println!("time_ms {}", began.elapsed().as_millis());
    println!("peak_mb {}", peak_mb());
    Ok(())
}

/// The most memory this process ever had, as Linux tells it.
fn peak_mb() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|rest| rest.trim().split(' ').next()?.parse::<u64>().ok())
        .map_or(u64::MAX, |kilobytes| kilobytes / 1024)
}
