//! Measures the sandbox as people run it: start-up, reads a second, memory. `cargo xtask bench sandbox`.
//!
//! The server is a process of its own: this program again, which serves as `sekisho sandbox` does and is built without the AWS SDK. The client
//! is this process. Figures of the server are those that Linux tells of its process.
#![cfg_attr(
    test,
    allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::allow_attributes)
)]
#![expect(clippy::print_stdout, reason = "a bench prints its tables")]

#[path = "sandbox/connection.rs"]
mod connection;
#[path = "sandbox/memory.rs"]
mod memory;
#[path = "sandbox/process.rs"]
mod process;
#[path = "sandbox/question.rs"]
mod question;
#[path = "sandbox/rate.rs"]
mod rate;
#[path = "sandbox/server.rs"]
mod server;
#[path = "sandbox/serving.rs"]
mod serving;
#[path = "sandbox/start_up.rs"]
mod start_up;

use std::process::ExitCode;
use std::time::Instant;

use bench::goal::Goal;
use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "bench-sandbox", about = "Measures the sandbox")]
struct Arguments {
    /// Fewer starts and requests; the same tables and goals
    #[arg(long)]
    quick: bool,
    #[command(subcommand)]
    task: Option<Task>,
}

#[derive(Subcommand)]
enum Task {
    /// Serves, to be measured: a process of its own, so that its time and memory can be told from everything else's
    #[command(hide = true)]
    Serve(serving::Serving),
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let result = match arguments.task {
        Some(Task::Serve(ref serving)) => serving::run(serving).map(|()| true),
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

/// Prints all tables; true when every goal is met.
fn run(arguments: &Arguments) -> Result<bool, String> {
    let began = Instant::now();
    println!(
        "{}
",
        process::machine()
    );
    let mut goals: Vec<Goal> = start_up::run(arguments.quick)?;
    goals.extend(rate::run(arguments.quick)?);
    goals.extend(memory::run(arguments.quick)?);
    println!("Goals\n");
    for goal in &goals {
        println!("{goal}");
    }
    let missed = goals.iter().filter(|goal| goal.met == Some(false)).count();
    println!("\n{}", process::machine());
    println!(
        "{} of {} goals met. The run took {:.0} s.",
        goals.len() - missed,
        goals.len(),
        began.elapsed().as_secs_f64()
    );
    Ok(missed == 0)
}
