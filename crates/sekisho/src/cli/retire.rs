//! The command line of the retirement of IAM users, as types.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::iam_users::PageLanguage;
use super::verdicts::VerdictInputs;
use super::{AwsFlags, CatalogFlags, FormatFlag, StateFlags};

/// Steps of the farewell to IAM users.
#[derive(Debug, Subcommand)]
pub(crate) enum RetireCommand {
    /// Take the next step with each IAM user that is ready: announce, switch off, delete; the others stay, with the reason.
    ///
    /// From announced (30 days in which both ways are open) to switched off (keys inactive, everything denied; `restore` takes it back
    /// within seconds) to deleted, after 14 days in which nothing was tried. Only what is a person's alone, or unused, is touched: machines, mixed
    /// and unknown users, users that CloudFormation or Terraform owns, that a policy names, or that are protected stay. Announcing is noted in the
    /// journal; what people are told writes `sekisho announce`.
    #[command(
        after_help = "Examples:\n  sekisho iam-users retire --inventory stock.json --evidence evidence --dry-run\n  sekisho iam-users retire --inventory stock.json --evidence evidence --account minimo-dev --risk low\n  sekisho iam-users retire --inventory stock.json --evidence evidence --team minimo-dev --only announce"
    )]
    Retire(RetireArguments),
    /// Note what somebody says about a user that is to be retired.
    #[command(
        after_help = "Examples:\n  sekisho iam-users note taro --account 111122223333 --confirmed-by taro@example.com\n  sekisho iam-users note taro --account 111122223333 --complaint \"the weekly report did not come\"\n  sekisho iam-users note taro --account 111122223333 --settled"
    )]
    Note(NoteArguments),
    /// Take back everything that Sekisho did to an IAM user, within seconds: keys work again, nothing is denied any more.
    ///
    /// Needs the journal and nothing else: no inventory, no evidence. Its retirement starts again with an announcement. A user that
    /// was deleted does not return this way: see `recreate`.
    #[command(
        after_help = "Examples:\n  sekisho iam-users restore taro\n  sekisho iam-users restore taro --account 111122223333 --yes"
    )]
    Restore(RestoreArguments),
    /// Make a deleted IAM user again: path, tags, boundary, groups and policies as they were.
    ///
    /// It has another id, and neither password nor MFA; with `--new-key` a new access key is made, whose secret is printed once, on standard output: as two
    /// lines of text, or with `--format json` as JSON and nothing else.
    #[command(
        after_help = "Examples:\n  sekisho iam-users recreate taro\n  sekisho iam-users recreate taro --account 111122223333 --new-key"
    )]
    Recreate(RecreateArguments),
    /// Leave IAM users that stay with less: reading, their own MFA, and the roles they may take with a second factor.
    ///
    /// The roles are those that the matrix in the catalog's `switch-roles/` gives the functions (groups) of the user's owner; `--may-assume` adds others by
    /// hand. Where the matrix gives none nothing is changed, unless `--may-assume` or `--no-matrix` says what is meant. Whose user it is decides as for `retire`: one that a machine uses, or a machine as well, is refused. `restore` takes it back. `retire` leaves
    /// it alone from then on.
    #[command(
        after_help = "Examples:\n  sekisho iam-users reduce vendor --inventory stock.json --evidence evidence --account 111122223333 --may-assume arn:aws:iam::111122223333:role/Operator --reason \"contract until March\"\n  sekisho iam-users reduce sato suzuki tanaka --inventory stock.json --evidence evidence --account 111122223333 --reason \"no account in the directory\""
    )]
    Reduce(ReduceArguments),
}

/// Which steps are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum RetireStep {
    /// Owners are told, and the parallel period begins.
    Announce,
    /// Keys become inactive, everything is denied.
    SwitchOff,
    /// The user is deleted.
    Delete,
}

/// How much breaks if the decision is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum RiskFlag {
    /// Nothing used it for 90 days.
    Low,
    /// Only the console was used.
    Medium,
    /// Keys were used.
    High,
}

/// How accounts are entered to change IAM users.
#[derive(Debug, Args)]
pub(crate) struct DoorFlags {
    /// Name (with its path) of the role through which accounts are entered; else `retirement.role` or `inspection_role` of sekisho.yaml.
    #[arg(long, value_name = "NAME")]
    pub(crate) role: Option<String>,
}

/// Who is meant.
#[derive(Debug, Args)]
#[command(next_help_heading = "Wave")]
pub(crate) struct WaveFlags {
    /// These users only, by name, ARN or key. May be repeated.
    #[arg(long = "user", value_name = "USER")]
    pub(crate) users: Vec<String>,
    /// Users of these accounts only, by name or id. May be repeated.
    #[arg(long = "account", value_name = "ACCOUNT")]
    pub(crate) accounts: Vec<String>,
    /// Users whose owners are in this group of Identity Center. May be repeated.
    #[arg(long = "team", value_name = "GROUP")]
    pub(crate) teams: Vec<String>,
    /// Users of this risk at most.
    #[arg(long, value_enum, value_name = "RISK")]
    pub(crate) risk: Option<RiskFlag>,
    /// Users that were reduced because they stay as well.
    #[arg(long)]
    pub(crate) also_reduced: bool,
    /// These steps only, with commas between.
    #[arg(long, value_enum, value_name = "STEPS", value_delimiter = ',')]
    pub(crate) only: Vec<RetireStep>,
}

/// Files that may name users.
#[derive(Debug, Args)]
#[command(next_help_heading = "What else names users")]
pub(crate) struct TieFlags {
    /// A state of Terraform (`terraform state pull`): users in it are left to it. May be repeated.
    #[arg(long = "terraform-state", value_name = "FILE")]
    pub(crate) terraform_states: Vec<PathBuf>,
    /// Resources of stacks (`aws cloudformation describe-stack-resources`): users in it are left to it. May be repeated.
    #[arg(long = "stack-resources", value_name = "FILE")]
    pub(crate) stack_resources: Vec<PathBuf>,
    /// A folder of policies of resources (buckets, keys, queues) as JSON files: users they name are left alone. May be repeated.
    #[arg(long = "policies", value_name = "DIR")]
    pub(crate) policies: Vec<PathBuf>,
}

/// `iam-users retire`
#[derive(Debug, Args)]
pub(crate) struct RetireArguments {
    #[command(flatten)]
    pub(crate) inputs: VerdictInputs,
    #[command(flatten)]
    pub(crate) wave: WaveFlags,
    #[command(flatten)]
    pub(crate) ties: TieFlags,
    /// Show what would be done, and do nothing; exit code 2 if there is something.
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Do not ask.
    #[arg(long, conflicts_with = "dry_run")]
    pub(crate) yes: bool,
    /// Language of the reasons.
    #[arg(long, value_enum, value_name = "LANGUAGE", default_value_t = PageLanguage::En, help_heading = "Output")]
    pub(crate) language: PageLanguage,
    #[command(flatten)]
    pub(crate) format: FormatFlag,
    #[command(flatten)]
    pub(crate) door: DoorFlags,
    #[command(flatten)]
    pub(crate) aws: AwsFlags,
    #[command(flatten)]
    pub(crate) state: StateFlags,
}

/// Which user, for those who name one.
#[derive(Debug, Args)]
pub(crate) struct NamedUser {
    /// Name of the user.
    #[arg(value_name = "USER")]
    pub(crate) user: String,
    /// Its account, by id, where several have a user of that name.
    #[arg(long, value_name = "ID")]
    pub(crate) account: Option<String>,
    #[command(flatten)]
    pub(crate) catalog: CatalogFlags,
    #[command(flatten)]
    pub(crate) door: DoorFlags,
    #[command(flatten)]
    pub(crate) aws: AwsFlags,
    #[command(flatten)]
    pub(crate) state: StateFlags,
}

/// `iam-users note`
#[derive(Debug, Args)]
pub(crate) struct NoteArguments {
    #[command(flatten)]
    pub(crate) named: NamedUser,
    #[command(flatten)]
    pub(crate) what: NoteFlags,
}

/// What is noted.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(crate) struct NoteFlags {
    /// The owner does not need it any more; says who says so.
    #[arg(long, value_name = "WHO")]
    pub(crate) confirmed_by: Option<String>,
    /// Somebody misses something; nothing more happens to the user until `--settled`.
    #[arg(long, value_name = "TEXT")]
    pub(crate) complaint: Option<String>,
    /// What was missed is there.
    #[arg(long)]
    pub(crate) settled: bool,
}

/// `iam-users restore`
#[derive(Debug, Args)]
pub(crate) struct RestoreArguments {
    #[command(flatten)]
    pub(crate) named: NamedUser,
    /// Do not ask.
    #[arg(long)]
    pub(crate) yes: bool,
}

/// `iam-users recreate`
#[derive(Debug, Args)]
pub(crate) struct RecreateArguments {
    #[command(flatten)]
    pub(crate) named: NamedUser,
    /// Make a new access key and print it once.
    #[arg(long)]
    pub(crate) new_key: bool,
    #[command(flatten)]
    pub(crate) format: FormatFlag,
    /// Do not ask.
    #[arg(long)]
    pub(crate) yes: bool,
}

/// `iam-users reduce`
#[derive(Debug, Args)]
pub(crate) struct ReduceArguments {
    /// Names of the users. What refuses one of them leaves all as they are.
    #[arg(value_name = "USER", required = true)]
    pub(crate) users: Vec<String>,
    /// Their account, by id, where several have a user of that name.
    #[arg(long, value_name = "ID")]
    pub(crate) account: Option<String>,
    #[command(flatten)]
    pub(crate) inputs: VerdictInputs,
    /// You know that no machine uses it, although what is known does not tell. One that a machine is seen to use is refused all the same.
    #[arg(long)]
    pub(crate) although_unknown: bool,
    #[command(flatten)]
    pub(crate) door: DoorFlags,
    #[command(flatten)]
    pub(crate) aws: AwsFlags,
    #[command(flatten)]
    pub(crate) state: StateFlags,
    /// ARN of a role they may take, with a second factor, besides those of the matrix. May be repeated.
    #[arg(long = "may-assume", value_name = "ARN")]
    pub(crate) roles: Vec<String>,
    /// Leave the matrix of `switch-roles/` out: only the roles of `--may-assume`, or none.
    #[arg(long)]
    pub(crate) no_matrix: bool,
    /// Why they stay, for the journal.
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: String,
    /// Do not ask.
    #[arg(long)]
    pub(crate) yes: bool,
}
