//! Verdicts on IAM users, as types.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::iam_users::PageLanguage;
use super::{CatalogFlags, FormatFlag};

/// Questions about who or what is behind an IAM user.
#[derive(Debug, Subcommand)]
pub(crate) enum VerdictsCommand {
    /// Whose each user is, and whether people or machines use it: person, machine, mixed, unused, or unknown, each with its reasons.
    ///
    /// Reads an inventory (`iam-users list --save FILE`) and evidence (`trail scan --out FOLDER`), and nothing else. Leavers who still hold a user come
    /// first. What a job could hide behind is never called a person's or unused: it is unknown, and the reasons say what would settle it.
    #[command(
        after_help = "Examples:\n  sekisho iam-users verdicts --inventory stock.json --evidence evidence\n  sekisho iam-users verdicts --inventory stock.json --evidence evidence --people access/people.yaml --only mixed,machine\n  sekisho iam-users verdicts --inventory stock.json --evidence evidence --format json | jq '.users[] | select(.verdict == \"unknown\")'"
    )]
    Verdicts(VerdictsArguments),
    /// Settle whose an IAM user is: a line in the catalog's iam-users.yaml.
    #[command(
        after_help = "Examples:\n  sekisho iam-users assign-owner yamada-h hanako@example.com\n  sekisho iam-users assign-owner deploy --account 111122223333 --system --note \"Jenkins of team web\""
    )]
    AssignOwner(AssignOwnerArguments),
    /// Write down, to be reviewed, the role that would take the place of a machine's key: trust policy, least policy, what is missing.
    ///
    /// Nothing is changed in AWS. The folder must not exist, or be empty.
    #[command(
        after_help = "Examples:\n  sekisho iam-users replacement deploy --inventory stock.json --evidence evidence --out deploy-role --repository example/app --branch main\n  sekisho iam-users replacement AKIAIOSFODNN7EXAMPLE --inventory stock.json --evidence evidence --out role"
    )]
    Replacement(ReplacementArguments),
}

/// What is judged by.
#[derive(Debug, Args)]
pub(crate) struct VerdictInputs {
    /// The inventory that `iam-users list --save` wrote.
    #[arg(long, value_name = "FILE")]
    pub(crate) inventory: PathBuf,
    /// Inventories of earlier days, each a file that `iam-users list --save` wrote, or folders of such files: what each tells of last uses is held against the
    /// evidence, so that more people with keys are recognised.
    #[arg(long, value_name = "PATH")]
    pub(crate) earlier: Vec<PathBuf>,
    /// A folder that `trail scan --out` wrote.
    #[arg(long, value_name = "DIR")]
    pub(crate) evidence: PathBuf,
    /// People: a people.yaml, or JSON with `user_name`, `given_name`, `family_name`, `display_name`, `email`, `standing`, `groups`. Else the catalog's people.yaml.
    #[arg(long, value_name = "FILE")]
    pub(crate) people: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) catalog: CatalogFlags,
}

/// `iam-users verdicts`
#[derive(Debug, Args)]
pub(crate) struct VerdictsArguments {
    #[command(flatten)]
    pub(crate) inputs: VerdictInputs,
    /// These verdicts only: `person`, `machine`, `mixed`, `unused`, `unknown`, with commas between.
    #[arg(long, value_name = "VERDICTS", value_delimiter = ',', value_parser = verdict)]
    pub(crate) only: Vec<plan::iam_users::Verdict>,
    /// This user only, by name, ARN or key.
    #[arg(long, value_name = "USER|KEY")]
    pub(crate) user: Option<String>,
    /// Language of the text; JSON is in English.
    #[arg(long, value_enum, value_name = "LANGUAGE", default_value_t = PageLanguage::En, help_heading = "Output")]
    pub(crate) language: PageLanguage,
    #[command(flatten)]
    pub(crate) format: FormatFlag,
}

/// `iam-users assign-owner`
#[derive(Debug, Args)]
pub(crate) struct AssignOwnerArguments {
    /// Name of the IAM user.
    #[arg(value_name = "USER")]
    pub(crate) user: String,
    /// User name or e-mail address of the owner.
    #[arg(value_name = "OWNER", required_unless_present = "system", conflicts_with = "system")]
    pub(crate) owner: Option<String>,
    /// It is nobody's: a system.
    #[arg(long)]
    pub(crate) system: bool,
    /// In this account only, by its id.
    #[arg(long, value_name = "ID")]
    pub(crate) account: Option<String>,
    /// Why, for people.
    #[arg(long, value_name = "TEXT")]
    pub(crate) note: Option<String>,
    #[command(flatten)]
    pub(crate) catalog: CatalogFlags,
}

/// `iam-users replacement`
#[derive(Debug, Args)]
pub(crate) struct ReplacementArguments {
    /// The user (all its keys) or one key.
    #[arg(value_name = "USER|KEY")]
    pub(crate) who: String,
    #[command(flatten)]
    pub(crate) inputs: VerdictInputs,
    /// Where to write the files.
    #[arg(long, value_name = "DIR")]
    pub(crate) out: PathBuf,
    /// Where it runs, where you know better: `github-actions`, `ec2`, `ecs`, `lambda`, `on-premises`, `vendor`.
    #[arg(long, value_name = "HOME", value_parser = home)]
    pub(crate) home: Option<plan::iam_users::Home>,
    /// GitHub repository whose workflows take the role: `owner/name`.
    #[arg(long, value_name = "OWNER/NAME")]
    pub(crate) repository: Option<String>,
    /// Branch on which these run.
    #[arg(long, value_name = "BRANCH", default_value = "main")]
    pub(crate) branch: String,
    /// Account of the vendor that takes the role.
    #[arg(long, value_name = "ID")]
    pub(crate) vendor_account: Option<String>,
    /// External id that the vendor gave.
    #[arg(long, value_name = "TEXT")]
    pub(crate) external_id: Option<String>,
    /// Language of the README.
    #[arg(long, value_enum, value_name = "LANGUAGE", default_value_t = PageLanguage::En, help_heading = "Output")]
    pub(crate) language: PageLanguage,
}

fn verdict(text: &str) -> Result<plan::iam_users::Verdict, String> {
    let found = plan::iam_users::Verdict::ALL.into_iter().find(|verdict| verdict.word() == text);
    found.ok_or_else(|| "it is one of person, machine, mixed, unused, unknown".to_owned())
}

fn home(text: &str) -> Result<plan::iam_users::Home, String> {
    let found = plan::iam_users::Home::ALL.into_iter().find(|home| home.word() == text);
    found.ok_or_else(|| "it is one of github-actions, ec2, ecs, lambda, on-premises, vendor".to_owned())
}
