//! From the start of the process to its first answer.

use std::time::{Duration, Instant};

use bench::goal::Goal;
use bench::table::Table;

use crate::connection::{Connection, bytes};
use crate::question::Signer;
use crate::server::Server;

/// The longest that is wanted.
const MOST: Duration = Duration::from_millis(100);

/// Measures and prints.
pub(crate) fn run(quick: bool) -> Result<Vec<Goal>, String> {
    let starts = if quick { 7 } else { 21 };
    println!("1. Start-up\n");
    println!(
        "  From the start of the process to the answer to a signed ListInstances, {starts} starts after one that is not counted.\n  \
         Wall time: what else runs on the machine is in it.\n"
    );
    let mut table = Table::new(&["sample company", "median", "quickest", "slowest"]);
    let mut goals = Vec::new();
    for (name, arguments) in [("before the migration", &[][..]), ("with --declared", &["--declared"])] {
        once(arguments)?;
        let mut times = (0..starts).map(|_| once(arguments)).collect::<Result<Vec<_>, _>>()?;
        times.sort_unstable();
        let of = |at: usize| times.get(at).copied().unwrap_or_default();
        let (median, slowest) = (of(times.len() / 2), of(times.len().saturating_sub(1)));
        table.row([name.to_owned(), milliseconds(median), milliseconds(of(0)), milliseconds(slowest)]);
        goals.push(Goal::new(
            format!("start-up with the sample company, {name}"),
            format!("{}, at most {}", milliseconds(median), milliseconds(MOST)),
            median <= MOST,
        ));
    }
    println!("{table}");
    Ok(goals)
}

fn once(arguments: &[&str]) -> Result<Duration, String> {
    let request = bytes(&Signer::new().instances());
    let began = Instant::now();
    let server = Server::start(arguments)?;
    Connection::open(server.address)?.ask(&request)?;
    Ok(began.elapsed())
}

fn milliseconds(time: Duration) -> String {
    format!("{:.1} ms", time.as_secs_f64() * 1_000.0)
}
