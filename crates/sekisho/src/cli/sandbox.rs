//! Arguments of the commands that bring an AWS of their own.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;
use sandbox::FaultRate;

/// `demo`
#[derive(Debug, Args)]
pub(crate) struct DemoArguments {
    /// Leave the sandbox running at the end and print how to reach it.
    #[arg(long)]
    pub(crate) keep: bool,
    /// Folder for the sample catalog; must not exist, or be empty. Else a new folder for temporary files.
    #[arg(long, value_name = "DIR")]
    pub(crate) dir: Option<PathBuf>,
}

/// `sandbox`
#[derive(Debug, Args)]
pub(crate) struct SandboxArguments {
    /// Address to listen on: loopback only; port 0 picks a free one.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:4566")]
    pub(crate) listen: SocketAddr,
    /// Company to start with: `sample`, or `wild:SEED`, a random one with 200 IAM users (people's, machines', mixed, shared, leavers') and half a year of
    /// CloudTrail in its bucket.
    #[arg(long, value_name = "NAME", default_value = "sample", conflicts_with = "empty")]
    pub(crate) company: String,
    /// With `wild`: write the people of the directory to this file, for `iam-users verdicts --people`.
    #[arg(long, value_name = "FILE")]
    pub(crate) people: Option<PathBuf>,
    /// With `wild`: write what each IAM user truly is to this file, to hold verdicts against.
    #[arg(long, value_name = "FILE")]
    pub(crate) truth: Option<PathBuf>,
    /// Start with an organization of two accounts and nothing else.
    #[arg(long)]
    pub(crate) empty: bool,
    /// Start with the sample catalog already applied, instead of the state before.
    #[arg(long, conflicts_with = "empty")]
    pub(crate) declared: bool,
    /// Seed of all random choices.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) seed: u64,
    /// How much faster than the wall its clock runs.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub(crate) speed: u32,
    /// Something that goes wrong by chance with each call, as in `throttle=0.05`; can be given again for other kinds (docs/sandbox.md).
    #[arg(long, value_name = "KIND=RATE")]
    pub(crate) fault: Vec<FaultRate>,
    /// How long reads lag behind writes at most, in milliseconds.
    #[arg(long, value_name = "MS", default_value_t = 0, value_parser = clap::value_parser!(u64).range(..=3_600_000))]
    pub(crate) lag: u64,
    /// File that keeps the state: what is in it goes on, and every change is written to it. Where it holds a state, the options that say what to
    /// start with have no effect.
    #[arg(long, value_name = "FILE")]
    pub(crate) state: Option<PathBuf>,
    /// How late CloudTrail's records are, in seconds; by default 120 to 300, as on AWS.
    #[arg(long, value_name = "S", value_parser = clap::value_parser!(u64).range(..=3_600))]
    pub(crate) trail_delay: Option<u64>,
    /// Access key id of the administrator of the management account.
    #[arg(long, value_name = "ID", requires = "secret_key")]
    pub(crate) access_key: Option<String>,
    /// Its secret.
    #[arg(long, value_name = "SECRET", requires = "access_key")]
    pub(crate) secret_key: Option<String>,
}
