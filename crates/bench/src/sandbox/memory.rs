//! Memory with a large company.

use std::fs;
use std::path::Path;

use bench::figure::count;
use bench::goal::Goal;
use bench::table::Table;
use sandbox::{Company, Config, Sandbox, Start};

use crate::connection::Connection;
use crate::process::{Memory, memory};
use crate::question::{self, Signer};
use crate::rate::ask;
use crate::server::Server;

const ACCOUNTS: usize = 500;
const ASSIGNMENTS: usize = 50_000;
const SETS: usize = 300;
const GROUPS: usize = 400;
const PEOPLE: usize = 2_000;
/// The most that is wanted, in bytes.
const MOST_BYTES: u64 = 300_000_000;

/// Measures and prints.
pub(crate) fn run(quick: bool) -> Result<Vec<Goal>, String> {
    let requests = if quick { 1_500 } else { 9_000 };
    println!("3. Memory\n");
    println!(
        "  {ACCOUNTS} accounts, {} assignments, {SETS} permission sets, {GROUPS} groups, {} people, read from a file (--state): resident memory of the\n  \
         server after its first answer, and after {} requests of each operation, whose records it keeps. The most it ever had (VmHWM) holds\n  \
         the text of the file besides, when it is read and when it is written again.\n",
        count(ASSIGNMENTS as u64),
        count(PEOPLE as u64),
        count(requests as u64)
    );
    let folder = tempfile::tempdir().map_err(|error| format!("no folder for the state: {error}"))?;
    let file = folder.path().join("state.json");
    write(&file)?;
    let path = file.to_str().ok_or("the folder for temporary files has a name that is no text")?;
    let server = Server::start(&["--state", path])?;
    let mut connection = Connection::open(server.address)?;
    let questions = question::all(&Signer::new(), &mut connection)?;
    let first = memory(server.pid())?;
    for question in &questions {
        ask(server.address, question, requests / 4)?;
    }
    let last = memory(server.pid())?;
    let mut table = Table::new(&["", "resident", "the most so far"]);
    for (name, Memory { resident_kib, peak_kib }) in [("after the first answers", first), ("after the reads", last)] {
        table.row([name.to_owned(), megabytes(resident_kib), megabytes(peak_kib)]);
    }
    println!("{table}");
    let most = first.resident_kib.max(last.resident_kib);
    Ok(vec![Goal::new(
        format!("memory of {ACCOUNTS} accounts with {} assignments", count(ASSIGNMENTS as u64)),
        format!("{} resident, at most {} MB", megabytes(most), MOST_BYTES / 1_000_000),
        most * 1_024 <= MOST_BYTES,
    )])
}

/// A company of this size as a state file.
fn write(file: &Path) -> Result<(), String> {
    let company = Company::synthetic(ACCOUNTS, SETS, GROUPS, PEOPLE, ASSIGNMENTS, 1);
    let made =
        Sandbox::with_company(Config::default(), &company, Start::Declared).map_err(|error| error.to_string())?;
    let assigned = made.assigned().len();
    if assigned != ASSIGNMENTS {
        return Err(format!("the company has {assigned} assignments"));
    }
    let state = made.save().map_err(|error| error.to_string())?;
    fs::write(file, state).map_err(|error| format!("{}: {error}", file.display()))
}

fn megabytes(kib: u64) -> String {
    format!("{} MB", kib * 1_024 / 1_000_000)
}
