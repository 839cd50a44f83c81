//! The command line of `sekisho announce`, as types.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::PlanInputs;

/// `announce`
#[derive(Debug, Args)]
pub(crate) struct AnnounceArguments {
    /// Folder to write the texts to: a new or empty one.
    #[arg(long, value_name = "DIR", required_unless_present = "send")]
    pub(crate) out: Option<PathBuf>,
    /// For this person: user name, e-mail address or display name. May be repeated.
    #[arg(long = "person", value_name = "PERSON")]
    pub(crate) people: Vec<String>,
    /// For this group as a whole, by name: what the group gives, and everybody's user name. May be repeated.
    #[arg(long = "team", value_name = "GROUP")]
    pub(crate) teams: Vec<String>,
    /// In this language only.
    #[arg(long, value_enum, value_name = "LANGUAGE")]
    pub(crate) language: Option<AnnouncementLanguage>,
    /// For these readers only.
    #[arg(long, value_enum, value_name = "READERS")]
    pub(crate) audience: Option<AnnouncementAudience>,
    /// Form of the texts.
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = AnnouncementFormat::Markdown)]
    pub(crate) format: AnnouncementFormat,
    /// Address of the access portal; if left out, the one every instance has.
    #[arg(long, value_name = "URL", value_parser = portal_url)]
    pub(crate) portal_url: Option<String>,
    /// The first day, as 2026-12-01; if left out, "from now on".
    #[arg(long, value_name = "DATE")]
    pub(crate) begins: Option<jiff::civil::Date>,
    /// The day on which passwords and keys of IAM users are switched off.
    #[arg(long, value_name = "DATE")]
    pub(crate) ends: Option<jiff::civil::Date>,
    /// Whom to ask: "Slack #aws-help".
    #[arg(long, value_name = "TEXT")]
    pub(crate) contact: Option<String>,
    #[command(flatten)]
    pub(crate) sending: SendFlags,
    #[command(flatten)]
    pub(crate) inputs: PlanInputs,
}

/// How letters are sent.
#[derive(Debug, Args)]
#[command(next_help_heading = "Sending")]
pub(crate) struct SendFlags {
    /// Start this program for each person and team, without a shell: it gets the letter on standard input, and SEKISHO_RECIPIENT (e-mail addresses, with commas
    /// between), SEKISHO_READER (`person`, `team`), SEKISHO_PERSON (user name, or group), SEKISHO_NAME, SEKISHO_SUBJECT, SEKISHO_LANGUAGE, SEKISHO_AUDIENCE and SEKISHO_FORMAT. What it ends with 0
    /// is noted in the journal as sent; the next call sends the rest.
    #[arg(long, value_name = "PROGRAM", requires_all = ["language", "audience"])]
    pub(crate) send: Option<PathBuf>,
    /// Send what was sent before once more.
    #[arg(long, requires = "send")]
    pub(crate) send_again: bool,
    /// How long the program may take for one letter.
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub(crate) send_limit: u64,
    /// Do not ask before letters are sent.
    #[arg(long, requires = "send")]
    pub(crate) yes: bool,
}

/// Languages of an announcement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum AnnouncementLanguage {
    /// English.
    En,
    /// Japanese.
    Ja,
}

/// Readers of an announcement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum AnnouncementAudience {
    /// The browser only.
    Everyone,
    /// The AWS CLI and programs as well.
    Engineers,
}

/// Forms of an announcement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum AnnouncementFormat {
    /// For chat, wikis and issues.
    Markdown,
    /// A page that needs nothing else.
    Html,
}

fn portal_url(text: &str) -> Result<String, String> {
    if text.starts_with("https://") || text.starts_with("http://127.0.0.1") {
        Ok(text.trim_end_matches('/').to_owned())
    } else {
        Err("an address of the portal begins with https://".to_owned())
    }
}
