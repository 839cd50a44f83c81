//! How many reads a second one core answers.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use bench::figure::count;
use bench::goal::Goal;
use bench::table::Table;

use crate::connection::Connection;
use crate::process::cpu_time;
use crate::question::{self, Question, Signer};
use crate::server::Server;

/// Reads of the mix that are wanted for each second of processor time.
const LEAST_PER_SECOND: f64 = 3_000.0;
/// Connections that ask at the same time.
const CONNECTIONS: usize = 4;

/// What one operation cost.
#[derive(Clone, Copy, Default)]
struct Cost {
    requests: usize,
    processor: Duration,
    wall: Duration,
}

impl Cost {
    fn and(self, other: Self) -> Self {
        Self {
            requests: self.requests + other.requests,
            processor: self.processor + other.processor,
            wall: self.wall + other.wall,
        }
    }

    fn per_second(self, time: Duration) -> f64 {
        f64::from(u32::try_from(self.requests).unwrap_or(u32::MAX)) / time.as_secs_f64().max(f64::MIN_POSITIVE)
    }
}

/// Measures and prints.
pub(crate) fn run(quick: bool) -> Result<Vec<Goal>, String> {
    let (rounds, requests) = if quick { (3, 2_500) } else { (5, 15_000) };
    println!("2. Reads\n");
    println!(
        "  The sample company (--declared), {rounds} rounds of {} requests of each operation over {CONNECTIONS} connections that stay open; the client is\n  \
         another process. Signatures are verified, rights decided and records kept of every call. `a core` is for each second of processor\n  \
         time of the server, all its threads and the system's work for it included: what one core does when it does nothing else. (A server bound\n  \
         to a core would have to share it with everything else here.) `wall` is what the client saw, with its own work in it.\n",
        count(requests as u64)
    );
    let server = Server::start(&["--declared"])?;
    let questions = question::all(&Signer::new(), &mut Connection::open(server.address)?)?;
    for question in &questions {
        measure(&server, question, requests / 10)?;
    }
    let mut costs: Vec<Vec<Cost>> = vec![Vec::new(); questions.len()];
    for _ in 0..rounds {
        for (question, costs) in questions.iter().zip(&mut costs) {
            costs.push(measure(&server, question, requests)?);
        }
    }
    let mut table = Table::new(&["operation", "a core", "least", "most", "wall"]);
    for (question, costs) in questions.iter().zip(&costs) {
        table.row(row(question.name, costs).0);
    }
    let mixes: Vec<Cost> = (0..rounds)
        .map(|round| {
            costs.iter().filter_map(|costs| costs.get(round)).fold(Cost::default(), |sum, cost| sum.and(*cost))
        })
        .collect();
    let (cells, found) = row("all twelve in equal parts", &mixes);
    table.row(cells);
    println!("{table}");
    Ok(vec![Goal::new(
        "reads a second on one core",
        format!("{found:.0} (median of {rounds} rounds of the mix), at least {LEAST_PER_SECOND:.0}"),
        found >= LEAST_PER_SECOND,
    )])
}

/// The cells of a row, and the median rate of a core.
fn row(name: &str, costs: &[Cost]) -> ([String; 5], f64) {
    let sorted = |of: fn(&Cost) -> f64| {
        let mut rates: Vec<f64> = costs.iter().map(of).collect();
        rates.sort_by(f64::total_cmp);
        rates
    };
    let at = |rates: &[f64], at: usize| rates.get(at).copied().unwrap_or(f64::NAN);
    let (core, wall) = (sorted(|cost| cost.per_second(cost.processor)), sorted(|cost| cost.per_second(cost.wall)));
    let median = at(&core, core.len() / 2);
    let figures = [median, at(&core, 0), at(&core, core.len().saturating_sub(1)), at(&wall, wall.len() / 2)];
    let [median_text, least, most, wall] = figures.map(|rate| count(rate.round() as u64));
    ([name.to_owned(), median_text, least, most, wall], median)
}

/// Asks so many times, over all connections together.
fn measure(server: &Server, question: &Question, requests: usize) -> Result<Cost, String> {
    let each = requests.div_ceil(CONNECTIONS);
    let (before, began) = (cpu_time(server.pid())?, Instant::now());
    ask(server.address, question, each)?;
    let (wall, after) = (began.elapsed(), cpu_time(server.pid())?);
    Ok(Cost { requests: each * CONNECTIONS, processor: after.saturating_sub(before), wall })
}

/// Each of the connections asks `each` times. An answer that is none, or a refusal, ends the bench.
pub(crate) fn ask(address: SocketAddr, question: &Question, each: usize) -> Result<(), String> {
    let client = |start: usize| -> Result<(), String> {
        let mut connection = Connection::open(address)?;
        for request in question.requests.iter().cycle().skip(start).take(each) {
            connection.ask(request).map_err(|why| format!("{}: {why}", question.name))?;
        }
        Ok(())
    };
    std::thread::scope(|scope| {
        let clients: Vec<_> = (0..CONNECTIONS).map(|number| scope.spawn(move || client(number))).collect();
        let ended = clients.into_iter().map(|client| client.join().map_err(|_| "a client has failed".to_owned()));
        ended.collect::<Result<Result<(), String>, String>>()?
    })
}
