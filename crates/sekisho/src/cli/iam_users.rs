//! The command line of `sekisho iam-users`, as types.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::{AwsFlags, CatalogFlags, FormatFlag, StateFlags};

/// `iam-users`
#[derive(Debug, Args)]
pub(crate) struct IamUsersArguments {
    /// What.
    #[command(subcommand)]
    pub(crate) command: IamUsersCommand,
}

/// Questions about IAM users.
#[derive(Debug, Subcommand)]
pub(crate) enum IamUsersCommand {
    /// List the IAM users of all accounts, with what they sign in with and when it was used last, and each account's root.
    ///
    /// Reads every active account of the organization through a role in it (`--role`, else `inspection_role` of sekisho.yaml; the caller's own
    /// account needs none), or the accounts that accounts.yaml names with a role or profile. What cannot be read is said, and the exit code is 1.
    #[command(
        after_help = "Examples:\n  sekisho iam-users list --role audit/SekishoInspection\n  sekisho iam-users list --account minimo-prod --skip-services\n  sekisho iam-users list --save stock.json && sekisho iam-users list --from stock.json --format json"
    )]
    List(ListIamUsersArguments),
    /// Everything about one user: name, ARN, id, or id of an access key.
    #[command(
        after_help = "Examples:\n  sekisho iam-users show taro --account minimo-prod\n  sekisho iam-users show AKIAIOSFODNN7EXAMPLE --from stock.json"
    )]
    Show(ShowIamUserArguments),
    /// Write the list to a file: CSV, JSON, or one HTML page.
    ///
    /// In CSV a cell that a spreadsheet would take for a formula has an apostrophe in front.
    #[command(
        after_help = "Examples:\n  sekisho iam-users export --format html --language ja --output iam-users.html --from stock.json\n  sekisho iam-users export --format csv --bom --output iam-users.csv        for Excel"
    )]
    Export(ExportIamUsersArguments),
    /// How far the farewell to IAM users has come: inventories of several days beside each other.
    ///
    /// The users of the first inventory are followed by their ids, from one that can sign in to one that is switched off and one that is deleted.
    /// An account that could not be read is not known, and never counts as done.
    #[command(
        after_help = "Examples:\n  sekisho iam-users progress september.json october.json november.json\n  sekisho iam-users progress *.json --production minimo-prod --format html --language ja --output progress.html\n  sekisho iam-users progress --journal"
    )]
    Progress(ProgressArguments),
    #[command(flatten)]
    Verdicts(super::verdicts::VerdictsCommand),
    #[command(flatten)]
    Retire(Box<super::retire::RetireCommand>),
}

/// Where the inventory comes from.
#[derive(Debug, Args)]
pub(crate) struct InventoryFlags {
    /// This account only, by name or id. May be repeated.
    #[arg(long = "account", value_name = "ACCOUNT")]
    pub(crate) accounts: Vec<String>,
    /// Name (with its path) of the role through which accounts are entered; else `inspection_role` of sekisho.yaml.
    #[arg(long, value_name = "NAME", conflicts_with = "from")]
    pub(crate) role: Option<String>,
    /// Do not ask when each user called which service last: two slow calls and more for each user.
    #[arg(long, conflicts_with = "from")]
    pub(crate) skip_services: bool,
    /// Write the inventory to FILE, for `--from`.
    #[arg(long, value_name = "FILE", conflicts_with = "from")]
    pub(crate) save: Option<PathBuf>,
    /// Read the inventory that `--save` wrote, and not AWS.
    #[arg(long, value_name = "FILE")]
    pub(crate) from: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) catalog: CatalogFlags,
    #[command(flatten)]
    pub(crate) reach: ReachFlags,
}

/// How AWS is reached.
#[derive(Debug, Args)]
#[command(next_help_heading = "AWS")]
pub(crate) struct ReachFlags {
    /// Profile of the AWS configuration; else the standard chain of credentials.
    #[arg(long, value_name = "NAME")]
    pub(crate) profile: Option<String>,
    /// Any Region of the partition; IAM is the same in all of them.
    #[arg(long, value_name = "REGION")]
    pub(crate) region: Option<String>,
    /// Another endpoint than AWS's own, as `AWS_ENDPOINT_URL`.
    #[arg(long, value_name = "URL")]
    pub(crate) endpoint_url: Option<String>,
    /// How much faster than AWS allows to call; for sandboxes.
    #[arg(long, value_name = "FACTOR", env = "SEKISHO_RATE_FACTOR", hide = true, value_parser = super::rate_factor)]
    pub(crate) rate_factor: Option<f64>,
}

/// From when on something is remarked on.
#[derive(Debug, Args)]
#[command(next_help_heading = "Limits")]
pub(crate) struct LimitFlags {
    /// Remark on active keys older than this.
    #[arg(long, value_name = "DAYS", default_value_t = 90, value_parser = clap::value_parser!(u32).range(0..=36_500))]
    pub(crate) key_age: u32,
    /// Remark on keys and passwords that were not used for longer than this.
    #[arg(long, value_name = "DAYS", default_value_t = 90, value_parser = clap::value_parser!(u32).range(0..=36_500))]
    pub(crate) unused: u32,
}

/// `iam-users list`
#[derive(Debug, Args)]
pub(crate) struct ListIamUsersArguments {
    #[command(flatten)]
    pub(crate) inventory: InventoryFlags,
    #[command(flatten)]
    pub(crate) limits: LimitFlags,
    #[command(flatten)]
    pub(crate) format: FormatFlag,
}

/// `iam-users show`
#[derive(Debug, Args)]
pub(crate) struct ShowIamUserArguments {
    /// Name, ARN or id of the user, or id of one of its access keys.
    #[arg(value_name = "USER")]
    pub(crate) user: String,
    #[command(flatten)]
    pub(crate) inventory: InventoryFlags,
    #[command(flatten)]
    pub(crate) limits: LimitFlags,
    #[command(flatten)]
    pub(crate) format: FormatFlag,
}

/// Forms of an exported list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ExportFormat {
    /// For spreadsheets: a row for each user, and one for each account's root.
    Csv,
    /// For programs: what `list --format json` prints.
    Json,
    /// For people: one page that needs nothing else.
    Html,
}

/// Languages of a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum PageLanguage {
    /// English.
    En,
    /// Japanese.
    Ja,
}

/// `iam-users export`
#[derive(Debug, Args)]
pub(crate) struct ExportIamUsersArguments {
    #[command(flatten)]
    pub(crate) inventory: InventoryFlags,
    #[command(flatten)]
    pub(crate) limits: LimitFlags,
    /// Form of the file.
    #[arg(long, value_enum, value_name = "FORMAT", help_heading = "Output")]
    pub(crate) format: ExportFormat,
    /// File to write; what is there is replaced. Else standard output.
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    pub(crate) output: Option<PathBuf>,
    /// Begin the CSV with a byte order mark: without it Excel takes Japanese text for another encoding.
    #[arg(long, help_heading = "Output")]
    pub(crate) bom: bool,
    /// Language of the HTML page.
    #[arg(long, value_enum, value_name = "LANGUAGE", default_value_t = PageLanguage::En, help_heading = "Output")]
    pub(crate) language: PageLanguage,
}

/// Forms of the progress.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ProgressFormat {
    /// A table.
    Text,
    /// For programs.
    Json,
    /// One page with charts that needs nothing else.
    Html,
}

/// `iam-users progress`
#[derive(Debug, Args)]
pub(crate) struct ProgressArguments {
    /// Inventories that `--save` wrote, in any order.
    #[arg(value_name = "FILE", required_unless_present = "journal")]
    pub(crate) inventories: Vec<PathBuf>,
    /// Tell besides from the journal how many users were in which stage of their retirement on which day, and what keeps the others.
    #[arg(long)]
    pub(crate) journal: bool,
    /// An account that is production, by name or id: who can enter it is counted. May be repeated.
    #[arg(long, value_name = "ACCOUNT")]
    pub(crate) production: Vec<String>,
    #[command(flatten)]
    pub(crate) limits: LimitFlags,
    /// Form of the answer.
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = ProgressFormat::Text, help_heading = "Output")]
    pub(crate) format: ProgressFormat,
    /// Language of the page, and of what the journal tells.
    #[arg(long, value_enum, value_name = "LANGUAGE", default_value_t = PageLanguage::En, help_heading = "Output")]
    pub(crate) language: PageLanguage,
    /// Write the page to FILE instead of standard output.
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    pub(crate) output: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) catalog: CatalogFlags,
    #[command(flatten)]
    pub(crate) aws: AwsFlags,
    #[command(flatten)]
    pub(crate) state: StateFlags,
}
