//! The command line of `sekisho convert`, as types.

use std::path::PathBuf;

use clap::Args;

use super::FormatFlag;
use super::iam_users::PageLanguage;
use super::verdicts::VerdictInputs;

/// `convert`
#[derive(Debug, Args)]
pub(crate) struct ConvertArguments {
    #[command(flatten)]
    pub(crate) inputs: VerdictInputs,
    /// Folder to write permission sets, policies, assignments and the report to: a new or empty one.
    #[arg(long, value_name = "DIR")]
    pub(crate) out: PathBuf,
    /// This user only, by name, ARN or key; else all whose verdict is person or mixed. May be repeated.
    #[arg(long = "user", value_name = "USER")]
    pub(crate) users: Vec<String>,
    /// Join sets as long as nobody gains more than so many reading actions. Without this and the next two, everybody keeps exactly what is there.
    #[arg(long, value_name = "COUNT", help_heading = "Fewer sets")]
    pub(crate) gain_reading: Option<usize>,
    /// … more than so many writing actions.
    #[arg(long, value_name = "COUNT", help_heading = "Fewer sets")]
    pub(crate) gain_writing: Option<usize>,
    /// … more than so many actions that hand out rights.
    #[arg(long, value_name = "COUNT", help_heading = "Fewer sets")]
    pub(crate) gain_permissions: Option<usize>,
    /// Name of the read-only set that whoever may change something gets besides, where it gives nothing new.
    #[arg(long, value_name = "NAME", default_value = "ReadOnly")]
    pub(crate) companion: String,
    /// No read-only set besides.
    #[arg(long, conflicts_with = "companion")]
    pub(crate) no_companion: bool,
    /// Rehearse what was done in the last so many days before the inventory; else all that the evidence holds.
    #[arg(long, value_name = "DAYS")]
    pub(crate) days: Option<u32>,
    /// Language of the comments in the YAML files; the report is in English.
    #[arg(long, value_enum, value_name = "LANGUAGE", default_value_t = PageLanguage::En, help_heading = "Output")]
    pub(crate) language: PageLanguage,
    #[command(flatten)]
    pub(crate) format: FormatFlag,
}
