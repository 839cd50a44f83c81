//! The command line, as types. Nothing happens here.

pub(crate) mod announce;
pub(crate) mod convert;
mod iam_policy;
pub(crate) mod iam_users;
pub(crate) mod policy;
pub(crate) mod retire;
mod sandbox;
pub(crate) mod trail;
pub(crate) mod verdicts;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

pub(crate) use iam_policy::{IamPolicyArguments, PolicyScope};
pub(crate) use sandbox::{DemoArguments, SandboxArguments};

/// Runs all human access to a company's AWS accounts: declared in files, planned, checked, applied to IAM Identity
/// Center, verified.
#[derive(Debug, Parser)]
#[command(name = "sekisho", version, max_term_width = 100, propagate_version = true, disable_help_subcommand = true)]
#[command(after_help = "\
Exit codes: 0 nothing to do, or done · 1 error · 2 changes are pending (plan, drift) · 3 refused by a guard

Examples:
  sekisho demo                        a tour with a sample company; needs no AWS account
  sekisho import access               write what Identity Center holds today as a catalog
  sekisho plan                        what would change
  sekisho apply                       show it, ask, do it, verify it")]
pub(crate) struct Cli {
    /// When to colour the output; `NO_COLOR` is honoured.
    #[arg(long, global = true, value_enum, default_value_t = ColorWhen::Auto, value_name = "WHEN", help_heading = "Output")]
    pub(crate) color: ColorWhen,
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// When to colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ColorWhen {
    /// On a terminal.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Write a new catalog to start from.
    ///
    /// The folder must not exist, or be empty. Edit the files, then run `sekisho plan`.
    /// To start from what Identity Center holds today, use `sekisho import`.
    #[command(after_help = "Examples:\n  sekisho init access")]
    Init(InitArguments),
    /// Write a catalog from what Identity Center holds; the plan right after is empty.
    ///
    /// Nothing is changed in AWS. The folder must not exist, or be empty. What could not be read is not written, and
    /// is said.
    #[command(
        after_help = "Examples:\n  sekisho import access\n  sekisho import access --profile delegated-admin --region ap-northeast-1"
    )]
    Import(ImportArguments),
    /// Put the catalog's files into their one form; comments stay.
    #[command(
        after_help = "Examples:\n  sekisho fmt\n  sekisho fmt --check        in CI: exit code 1 if a file would change"
    )]
    Fmt(FmtArguments),
    /// Look for mistakes in the catalog, without AWS.
    ///
    /// With `--online` names of groups, users, accounts and OUs are looked up, too.
    #[command(
        after_help = "Examples:\n  sekisho check\n  sekisho check --online\n  sekisho check --format json | jq '.diagnostics[].message'"
    )]
    Check(CheckArguments),
    /// Show what would change in AWS. Changes nothing.
    ///
    /// Exit code 0 when there is nothing to change, 2 when there is, 3 when a guard refuses the plan.
    #[command(
        after_help = "Examples:\n  sekisho plan\n  sekisho plan --out plan.json && sekisho apply plan.json\n  sekisho plan --format markdown > comment.md        for a pull request"
    )]
    Plan(PlanArguments),
    /// Apply a plan: the one in FILE, or a new one that is shown and asked about.
    ///
    /// Every step is written to the journal before and after, and success is claimed only after reading it again from
    /// AWS. It may be interrupted at any point and run again. A plan file that no longer fits what AWS holds is refused.
    #[command(
        after_help = "Examples:\n  sekisho apply\n  sekisho apply --yes                        in CI\n  sekisho apply plan.json                    exactly the plan that was looked at"
    )]
    Apply(ApplyArguments),
    /// Take a run back: shows the plan that does it, asks, applies it.
    ///
    /// Only what is still as the run left it is taken back; the rest is listed. `sekisho runs` lists the runs.
    #[command(
        after_help = "Examples:\n  sekisho undo run-20261122T010203Z-1f2e3d\n  sekisho undo run-20261122T010203Z-1f2e3d --out undo.json"
    )]
    Undo(UndoArguments),
    /// List the runs in the journal, newest first.
    #[command(after_help = "Examples:\n  sekisho runs\n  sekisho runs --limit 100 --format json")]
    Runs(RunsArguments),
    /// Show where AWS differs from what is declared, in both directions.
    ///
    /// Exit code 0 when they agree, 2 when they differ.
    #[command(after_help = "Examples:\n  sekisho drift\n  sekisho drift --format json | jq '.in_aws_only'")]
    Drift(DriftArguments),
    /// Who can enter an account, with which permission set, through which path.
    #[command(after_help = "Examples:\n  sekisho who minimo-prod\n  sekisho who 111122223333 --format json")]
    Who(WhoArguments),
    /// Why a person can enter an account: every path, and the line that declares it.
    #[command(after_help = "Examples:\n  sekisho why hanako@example.com minimo-prod\n  sekisho why 山田 minimo-prod")]
    Why(WhyArguments),
    /// Check, compare, merge, simulate, explain IAM policies; needs no AWS account.
    #[command(
        after_help = "Examples:\n  sekisho policy check policies/*.json\n  sekisho policy compare old.json new.json\n  sekisho policy merge a.json b.json > one.json"
    )]
    Policy(policy::PolicyArguments),
    /// Read CloudTrail: who really does what, and what of the log was there.
    #[command(
        after_help = "Examples:\n  sekisho trail scan AWSLogs\n  sekisho trail show AKIAIOSFODNN7EXAMPLE AWSLogs\n  sekisho trail coverage AWSLogs"
    )]
    Trail(trail::TrailArguments),
    /// IAM users of all accounts: take stock, whose they are, person or machine, how far their farewell has come.
    #[command(
        after_help = "Examples:\n  sekisho iam-users list --role audit/SekishoInspection --save stock.json\n  sekisho iam-users show taro --from stock.json\n  sekisho iam-users export --from stock.json --format csv --bom --output iam-users.csv"
    )]
    IamUsers(iam_users::IamUsersArguments),
    /// Write what people are to be told before they sign in through the access portal: a text for each person or team, in English and
    /// Japanese, for engineers and for everybody.
    #[command(
        after_help = "Examples:\n  sekisho announce --out texts --begins 2026-12-01 --ends 2027-01-15 --contact \"Slack #aws-help\"\n  sekisho announce --out texts --team minimo-dev --language ja --format html"
    )]
    Announce(announce::AnnounceArguments),
    /// From IAM users to permission sets: what people may do, as files of a catalog, and a rehearsal of what they did.
    #[command(
        after_help = "Examples:\n  sekisho convert --inventory stock.json --evidence evidence --out access-new\n  sekisho convert --inventory stock.json --evidence evidence --out fewer --gain-reading 40\n  sekisho convert --inventory stock.json --evidence evidence --out one --user hanako"
    )]
    Convert(convert::ConvertArguments),
    /// Print the least IAM policy an executor needs.
    #[command(
        after_help = "Examples:\n  sekisho iam-policy --scope delegated > delegated.json\n  sekisho iam-policy --scope management\n  sekisho iam-policy --scope inventory --inspection-role audit/SekishoInspection"
    )]
    IamPolicy(IamPolicyArguments),
    /// A tour in under a minute, with a sample company on this machine; needs no AWS account.
    #[command(
        after_help = "Examples:\n  sekisho demo\n  sekisho demo --keep        leaves the sandbox running for your own commands"
    )]
    Demo(DemoArguments),
    /// Run a local AWS (Identity Center with sign-in, Identity Store, Organizations, IAM, STS, CloudTrail, a little S3) to try things on.
    #[command(
        after_help = "Examples:\n  sekisho sandbox --listen 127.0.0.1:4566\n  sekisho sandbox --listen 127.0.0.1:0 --empty --speed 20\n  sekisho sandbox --company wild:7 --people people.json --truth truth.json"
    )]
    Sandbox(SandboxArguments),
    /// Print shell completions.
    #[command(
        after_help = "Examples:\n  sekisho completions bash > /etc/bash_completion.d/sekisho\n  sekisho completions fish > ~/.config/fish/completions/sekisho.fish"
    )]
    Completions(CompletionsArguments),
    /// What the build needs.
    #[command(hide = true)]
    Internal(InternalArguments),
}

/// Where the catalog is.
#[derive(Debug, Args)]
pub(crate) struct CatalogFlags {
    /// Folder of the catalog.
    #[arg(long, value_name = "DIR", default_value = "access")]
    pub(crate) catalog: PathBuf,
}

/// How AWS is reached.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "AWS")]
pub(crate) struct AwsFlags {
    /// Profile of the AWS configuration; else the standard chain of credentials.
    #[arg(long, value_name = "NAME")]
    pub(crate) profile: Option<String>,
    /// Primary Region of the Identity Center instance; else the catalog's, else the AWS configuration's.
    #[arg(long, value_name = "REGION")]
    pub(crate) region: Option<String>,
    /// Another endpoint than AWS's own, as `AWS_ENDPOINT_URL`.
    #[arg(long, value_name = "URL")]
    pub(crate) endpoint_url: Option<String>,
    /// Profile of the second executor, in the management account: does what a delegated administrator may not.
    #[arg(long, value_name = "NAME", env = "SEKISHO_MANAGEMENT_PROFILE")]
    pub(crate) management_profile: Option<String>,
    /// How assignments are listed. Per principal needs the management account and never shows what deleted principals
    /// still hold; it is chosen by itself where it saves half a minute.
    #[arg(long, value_enum, value_name = "WAY")]
    pub(crate) reading: Option<Reading>,
    /// How much faster than AWS allows to call; for sandboxes.
    #[arg(long, value_name = "FACTOR", env = "SEKISHO_RATE_FACTOR", hide = true, value_parser = rate_factor)]
    pub(crate) rate_factor: Option<f64>,
    /// Keys of a sandbox, instead of the standard chain; no flag, so that no key stands on a command line.
    #[arg(skip)]
    pub(crate) credentials: Option<aws::Credentials>,
    /// How accounts are entered to change IAM users: from the catalog and other flags.
    #[arg(skip)]
    pub(crate) doors: aws::Doors,
}

/// Ways to list assignments.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Reading {
    /// Each account of each permission set.
    PerPair,
    /// Each user and each group.
    PerPrincipal,
}

/// Where the state is.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "State")]
pub(crate) struct StateFlags {
    /// Where the journal is kept: `sqlite:///path/to/state.db` or `postgres://…`. Else the catalog's `state_url`, else a
    /// file of this user (`$XDG_STATE_HOME/sekisho/state.db`). Runners that come and go need a shared one.
    #[arg(long = "state", value_name = "URL", env = "SEKISHO_STATE_URL", hide_env_values = true)]
    pub(crate) state_url: Option<String>,
}

/// Text for people, or JSON for programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people.
    Text,
    /// For programs: versioned, snake_case, RFC 3339 times.
    Json,
}

/// [`Format`] as a flag.
#[derive(Debug, Args)]
#[command(next_help_heading = "Output")]
pub(crate) struct FormatFlag {
    /// Form of the output.
    #[arg(long, value_enum, default_value_t = Format::Text, value_name = "FORMAT")]
    pub(crate) format: Format,
}

/// Forms of a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum PlanFormat {
    /// For people at a terminal.
    Text,
    /// For programs: versioned, snake_case, RFC 3339 times.
    Json,
    /// For a comment on a pull request.
    Markdown,
}

/// What goes into a plan.
#[derive(Debug, Args)]
pub(crate) struct PlanInputs {
    #[command(flatten)]
    pub(crate) catalog: CatalogFlags,
    /// Confirms that a name of the catalog (`group:minimo-dev`, `user:taro@example.com`, `account:minimo-prod`) may mean
    /// somebody or something else than at the last run. May be repeated.
    #[arg(long = "confirm", value_name = "NAME")]
    pub(crate) confirmed: Vec<String>,
    #[command(flatten)]
    pub(crate) aws: AwsFlags,
    #[command(flatten)]
    pub(crate) state: StateFlags,
}

/// `init`
#[derive(Debug, Args)]
pub(crate) struct InitArguments {
    /// Folder to write.
    #[arg(value_name = "DIR")]
    pub(crate) folder: PathBuf,
}

/// `import`
#[derive(Debug, Args)]
pub(crate) struct ImportArguments {
    /// Folder to write.
    #[arg(value_name = "DIR")]
    pub(crate) folder: PathBuf,
    #[command(flatten)]
    pub(crate) aws: AwsFlags,
}

/// `fmt`
#[derive(Debug, Args)]
pub(crate) struct FmtArguments {
    #[command(flatten)]
    pub(crate) catalog: CatalogFlags,
    /// Write nothing; exit code 1 if a file would change.
    #[arg(long)]
    pub(crate) check: bool,
}

/// `check`
#[derive(Debug, Args)]
pub(crate) struct CheckArguments {
    #[command(flatten)]
    pub(crate) catalog: CatalogFlags,
    /// Look up names in AWS, too.
    #[arg(long)]
    pub(crate) online: bool,
    #[command(flatten)]
    pub(crate) format: FormatFlag,
    #[command(flatten)]
    pub(crate) aws: AwsFlags,
    #[command(flatten)]
    pub(crate) state: StateFlags,
}

/// `plan`
#[derive(Debug, Args)]
pub(crate) struct PlanArguments {
    #[command(flatten)]
    pub(crate) inputs: PlanInputs,
    /// Write the plan to FILE, for `sekisho apply FILE`.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// Show long lists in full.
    #[arg(long, help_heading = "Output")]
    pub(crate) full: bool,
    /// Form of the output.
    #[arg(long, value_enum, default_value_t = PlanFormat::Text, value_name = "FORMAT", help_heading = "Output")]
    pub(crate) format: PlanFormat,
    /// How much is shown, for whoever calls this from inside.
    #[arg(skip)]
    pub(crate) fold: Option<crate::render::plan_text::Fold>,
}

/// `apply`
#[derive(Debug, Args)]
pub(crate) struct ApplyArguments {
    /// A plan written by `sekisho plan --out FILE`; without it a new plan is made, shown and asked about.
    #[arg(value_name = "FILE")]
    pub(crate) file: Option<PathBuf>,
    /// Do not ask.
    #[arg(long)]
    pub(crate) yes: bool,
    #[command(flatten)]
    pub(crate) inputs: PlanInputs,
    /// Show long lists in full.
    #[arg(long, help_heading = "Output")]
    pub(crate) full: bool,
    #[command(flatten)]
    pub(crate) format: FormatFlag,
}

/// `undo`
#[derive(Debug, Args)]
pub(crate) struct UndoArguments {
    /// The run, as `sekisho runs` names it.
    #[arg(value_name = "RUN")]
    pub(crate) run: String,
    /// Do not ask.
    #[arg(long)]
    pub(crate) yes: bool,
    /// Write the plan to FILE instead of applying it.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) catalog: CatalogFlags,
    /// Show long lists in full.
    #[arg(long, help_heading = "Output")]
    pub(crate) full: bool,
    #[command(flatten)]
    pub(crate) format: FormatFlag,
    #[command(flatten)]
    pub(crate) aws: AwsFlags,
    #[command(flatten)]
    pub(crate) state: StateFlags,
}

/// `runs`
#[derive(Debug, Args)]
pub(crate) struct RunsArguments {
    /// How many.
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub(crate) limit: u32,
    #[command(flatten)]
    pub(crate) catalog: CatalogFlags,
    #[command(flatten)]
    pub(crate) format: FormatFlag,
    #[command(flatten)]
    pub(crate) aws: AwsFlags,
    #[command(flatten)]
    pub(crate) state: StateFlags,
}

/// `drift`
#[derive(Debug, Args)]
pub(crate) struct DriftArguments {
    #[command(flatten)]
    pub(crate) inputs: PlanInputs,
    /// Show long lists in full.
    #[arg(long, help_heading = "Output")]
    pub(crate) full: bool,
    #[command(flatten)]
    pub(crate) format: FormatFlag,
}

/// `who`
#[derive(Debug, Args)]
pub(crate) struct WhoArguments {
    /// Name or id of the account.
    #[arg(value_name = "ACCOUNT")]
    pub(crate) account: String,
    #[command(flatten)]
    pub(crate) inputs: PlanInputs,
    #[command(flatten)]
    pub(crate) format: FormatFlag,
}

/// `why`
#[derive(Debug, Args)]
pub(crate) struct WhyArguments {
    /// User name, e-mail address, or display name (a part of it, if that is clear).
    #[arg(value_name = "PERSON")]
    pub(crate) person: String,
    /// Name or id of the account.
    #[arg(value_name = "ACCOUNT")]
    pub(crate) account: String,
    #[command(flatten)]
    pub(crate) inputs: PlanInputs,
    #[command(flatten)]
    pub(crate) format: FormatFlag,
}

/// `completions`
#[derive(Debug, Args)]
pub(crate) struct CompletionsArguments {
    /// The shell.
    #[arg(value_enum, value_name = "SHELL")]
    pub(crate) shell: clap_complete::Shell,
}

/// `internal`
#[derive(Debug, Args)]
pub(crate) struct InternalArguments {
    /// What.
    #[command(subcommand)]
    pub(crate) command: InternalCommand,
}

/// What the build needs.
#[derive(Debug, Subcommand)]
pub(crate) enum InternalCommand {
    /// Print a JSON Schema file.
    Schema {
        /// Its name: `sekisho`, `permission-set`, …
        name: String,
    },
    /// Print the reference of the command line.
    CliReference,
}

fn rate_factor(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(factor) if factor.is_finite() && (0.01..=10_000.0).contains(&factor) => Ok(factor),
        _ => Err("a number from 0.01 to 10000".to_owned()),
    }
}

#[cfg(test)]
mod tests;
