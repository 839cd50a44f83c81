//! Verdicts on IAM users against companies of which the truth is known: `cargo xtask bench retire`.
#![expect(clippy::print_stdout, reason = "a bench prints its tables")]

mod count;
mod large;
mod world;

use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use clap::{Parser, Subcommand};
use count::{Counts, Owners, TRUTHS, percent};
use plan::iam_users::{EarlierUse, Settings, Verdict, VerdictInput, find_owners, judge};
use sandbox::wild::{Habit, LogState, Truth, WildConfig};

#[derive(Parser)]
#[command(name = "retirebench", about = "Measures verdicts on IAM users")]
struct Arguments {
    #[command(subcommand)]
    task: Option<Task>,
    /// Companies of each kind of log.
    #[arg(long, default_value_t = 50)]
    companies: u64,
    /// The first seed.
    #[arg(long, default_value_t = 1)]
    from: u64,
    /// Users of each company.
    #[arg(long, default_value_t = 200)]
    users: usize,
    /// Days of log.
    #[arg(long, default_value_t = 190)]
    days: i64,
    /// Calls of machines that never rest are divided by this; they remain at all hours
    #[arg(long, default_value_t = 3)]
    thinning: u32,
    /// So many inventories a day were taken before, for the second way of judging
    #[arg(long, default_value_t = 1)]
    inventories: i64,
    /// So many of the three kinds of log only
    #[arg(long, default_value_t = 3)]
    logs: usize,
    /// Fewer companies, and no large one
    #[arg(long)]
    quick: bool,
    /// Verdicts by habit as well
    #[arg(long)]
    habits: bool,
    /// Reasons for users of this habit (`ConsoleAndCli`), in the first company
    #[arg(long)]
    show: Option<String>,
}

#[derive(Subcommand)]
enum Task {
    /// Judges the large company in a process of its own, so that its memory can be told from everything else's
    #[command(hide = true)]
    Large(large::Case),
}

/// Of people whose use is wholly in the log, so many percent must be recognised: an engine that always says "unknown" is safe and of no use.
/// Below a hundred stay those whose own scripts look like jobs, which is right.
const PERSON_RECALL: f64 = 80.0;
/// The same for machines, whichever way they are told from people.
const MACHINE_RECALL: f64 = 70.0;
/// When one owner is named, it is the right one.
const OWNER_PRECISION: f64 = 97.0;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let result = match &arguments.task {
        Some(Task::Large(case)) => large::judge_in_here(case).map(|()| true),
        None => run(&arguments),
    };
    match result {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(message) => {
            println!("error: {message}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> Result<bool, String> {
    let companies = if arguments.quick { arguments.companies.min(6) } else { arguments.companies };
    let logs = [
        ("whole log, data events recorded", Some(LogState::WHOLE)),
        ("a default trail: no data events", Some(LogState::DEFAULT_TRAIL)),
        ("logs as they come: gaps, delays, Regions missing, unknown selectors", None),
    ];
    let mut met = true;
    for (number, (name, log)) in logs.into_iter().take(arguments.logs).enumerate() {
        let [counts, watched] = companies_of(arguments, companies, log)?;
        println!(
            "## {name}\n\n{} companies of {} users, {} days, {} records\n",
            counts.companies, arguments.users, arguments.days, counts.records
        );
        show(&counts, arguments.habits);
        show_owners(&counts.owners, &counts);
        met &= harmless(&counts);
        println!("\n### the same, and {} inventories of each day\n", arguments.inventories);
        show(&watched, arguments.habits);
        met &= harmless(&watched);
        if number == 0 {
            let persons = counts.recall(Truth::Person, Verdict::Person);
            met &= goal("recall of persons", format!("{persons:.1} %"), "≥ 80 %", persons >= PERSON_RECALL);
            let persons = watched.recall(Truth::Person, Verdict::Person);
            met &= goal("with inventories", format!("{persons:.1} %"), "≥ 80 %", persons >= PERSON_RECALL);
            let machines = counts.recall(Truth::Machine, Verdict::Machine);
            met &= goal("recall of machines", format!("{machines:.1} %"), "≥ 70 %", machines >= MACHINE_RECALL);
            let owners = percent(counts.owners.right, counts.owners.named + counts.owners.invented);
            met &= goal("owners named rightly", format!("{owners:.1} %"), "≥ 97 %", owners >= OWNER_PRECISION);
        }
        println!();
    }
    if !arguments.quick {
        met &= large::measure()?;
    }
    Ok(met)
}

fn harmless(counts: &Counts) -> bool {
    let found = counts.dangerous.len();
    let is_met = goal("mixed or machine called person or unused", found.to_string(), "0", found == 0);
    for one in counts.dangerous.iter().take(10) {
        println!("- {one}");
    }
    is_met
}

fn goal(what: &str, found: String, wanted: &str, is_met: bool) -> bool {
    println!("{} {what}: {found} (goal {wanted})", if is_met { "ok  " } else { "MISS" });
    is_met
}

/// Each company is judged twice: by one inventory, and by those of the days before as well.
fn companies_of(arguments: &Arguments, companies: u64, log: Option<LogState>) -> Result<[Counts; 2], String> {
    let next = AtomicU64::new(arguments.from);
    let end = arguments.from + companies;
    let total = Mutex::new(Ok(<[Counts; 2]>::default()));
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(2, usize::from).min(4) {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= end {
                        return;
                    }
                    let counts = company(arguments, seed, log);
                    let Ok(mut total) = total.lock() else { return };
                    match (&mut *total, counts) {
                        (Ok(total), Ok(counts)) => {
                            total.iter_mut().zip(counts).for_each(|(total, counts)| total.add(counts))
                        }
                        (total, Err(error)) => *total = Err(error),
                        (Err(_), Ok(_)) => {}
                    }
                }
            });
        }
    });
    total.into_inner().map_err(|error| error.to_string())?
}

fn company(arguments: &Arguments, seed: u64, log: Option<LogState>) -> Result<[Counts; 2], String> {
    let config = WildConfig {
        seed,
        users: arguments.users,
        accounts: 4 + usize::try_from(seed % 9).unwrap_or(0),
        days: arguments.days,
        log,
        thinning: arguments.thinning,
        now_s: None,
        inventories_a_day: arguments.inventories,
    };
    let world = world::make(&config)?;
    let owners = find_owners(&world.inventory, &world.directory);
    let used = world.used();
    let nothing = EarlierUse::default();
    let ways = [&nothing, &world.earlier].map(|earlier| {
        let inventory = &world.inventory;
        let input = VerdictInput { inventory, used: &used, owners: &owners, earlier, now: world.now };
        judge(&input, &Settings::default())
    });
    if let ([_, verdicts], Some(wanted)) = (&ways, arguments.show.as_deref().filter(|_| seed == arguments.from)) {
        world::show(&world, wanted, verdicts, &owners);
    }
    let counts = ways.map(|verdicts| {
        let mut counts = Counts::default();
        counts.judge(seed, &world.company, &verdicts);
        counts.judge_owners(&world.company, &owners);
        counts
    });
    Ok(counts)
}

fn show(counts: &Counts, by_habit: bool) {
    println!("| truth \\ verdict | person | machine | mixed | unused | unknown | recall | precision |");
    println!("|---|---|---|---|---|---|---|---|");
    for (truth, verdict) in TRUTHS {
        let cells: Vec<String> = Verdict::ALL.iter().map(|verdict| counts.of(truth, *verdict).to_string()).collect();
        println!(
            "| {truth:?} | {} | {:.1} % | {:.1} % |",
            cells.join(" | "),
            counts.recall(truth, verdict),
            counts.precision(truth, verdict)
        );
    }
    println!();
    if by_habit {
        for (habit, _) in Habit::ALL {
            let told = |verdict: &Verdict| counts.habits.get(&(*habit, *verdict)).copied().unwrap_or(0);
            let cells: Vec<String> =
                Verdict::ALL.iter().map(|verdict| format!("{} {}", verdict.word(), told(verdict))).collect();
            println!("  {:?} {habit:?}: {}", habit.truth(), cells.join(", "));
        }
        println!();
    }
    println!("| doubt about people who are unknown | users | the only doubt of |");
    println!("|---|---:|---:|");
    for (doubt, all, alone) in Counts::frequent(&counts.doubts).into_iter().take(10) {
        println!("| {doubt} | {all} | {alone} |");
    }
    println!();
    println!("| why the use itself does not look like a person's alone | users | alone |");
    println!("|---|---:|---:|");
    for (look, all, alone) in Counts::frequent(&counts.looks).into_iter().take(12) {
        println!("| {look} | {all} | {alone} |");
    }
    println!();
}

fn show_owners(owners: &Owners, counts: &Counts) {
    println!(
        "owners: {} users of people in the directory; one named for {}, rightly for {} (recall {:.1} %, precision {:.1} %); several named, the right one among them: {}; \
         {} users of others, somebody named for {}; leavers with a user told: {} of {}\n",
        owners.findable,
        owners.named,
        owners.right,
        percent(owners.right, owners.findable),
        percent(owners.right, owners.named + owners.invented),
        owners.among,
        owners.unfindable,
        owners.invented,
        owners.leavers_told,
        owners.leavers
    );
    println!("| an owner was named by | rightly | wrongly |");
    println!("|---|---:|---:|");
    let mut ways: Vec<_> = counts.ways.iter().collect();
    ways.sort_by_key(|(_, (right, wrong))| std::cmp::Reverse((*wrong, *right)));
    for (way, (right, wrong)) in ways.into_iter().take(12) {
        println!("| {way} | {right} | {wrong} |");
    }
    println!();
}
