//! `sekisho policy merge`

use ::policy::merge::{self, Level, MergeError, Merged, Proposal};
use ::policy::{PERMISSION_SET_INLINE_RAW_LIMIT, Policy};
use serde::Serialize;
use serde_json::value::RawValue;

use super::input::{self, Loaded, Reader};
use crate::cli::Format;
use crate::cli::policy::{MergeLevel, MergePolicyArguments};
use crate::console::Console;
use crate::error::{CommandError, Exit};
use crate::render::layout::{self, Line};
use crate::render::style::{Ink, Text};
use crate::render::words::{count, list, thousands};

/// How many introduced wildcards are listed in the report.
const WILDCARDS_SHOWN: usize = 40;

pub(super) fn run(arguments: &MergePolicyArguments, console: &Console) -> Result<Exit, CommandError> {
    input::use_catalogue(&arguments.catalogue)?;
    let sources = Reader::default().policies(&arguments.files, console)?;
    input::refuse_principals(&sources, "merged")?;
    let policies: Vec<Policy> = sources.iter().map(|source| source.policy.clone()).collect();
    match merged(&policies, arguments) {
        Ok(merged) => {
            give(&merged, &sources, arguments, console)?;
            Ok(Exit::Done)
        }
        Err(MergeError::TooLarge { smallest, limit }) => {
            let proposal = merge::propose(&policies, limit);
            too_large(&smallest, &proposal, &sources, arguments, console)
        }
        Err(error @ MergeError::Unproven { .. }) => Err(CommandError::new(error.to_string())
            .hint("nothing was written: a merged policy is given with its proof only")
            .hint("give fewer policies at once, or keep them apart as customer managed policies")),
        Err(error @ MergeError::Nothing) => Err(CommandError::new(error.to_string())),
    }
}

fn merged(policies: &[Policy], arguments: &MergePolicyArguments) -> Result<Merged, MergeError> {
    let level = match arguments.level {
        MergeLevel::Auto => return merge::merge(policies, arguments.limit),
        MergeLevel::L0 => Level::L0,
        MergeLevel::L1Read => Level::L1Read,
        MergeLevel::L1Word => Level::L1Word,
        MergeLevel::L1Char => Level::L1Char,
    };
    let merged = merge::merge_at(policies, level)?;
    if merged.size > arguments.limit {
        return Err(MergeError::TooLarge { smallest: Box::new(merged), limit: arguments.limit });
    }
    Ok(merged)
}

fn give(
    merged: &Merged,
    sources: &[Loaded],
    arguments: &MergePolicyArguments,
    console: &Console,
) -> Result<(), CommandError> {
    if arguments.format.format == Format::Json {
        return console.json(&v1(Some(merged), merged, None, sources, arguments)?);
    }
    console.message(&layout::write(&report(merged, sources.len(), arguments.limit), &console.messages));
    let pretty = merged.policy.to_json_pretty();
    let too_wide = pretty.len() > PERMISSION_SET_INLINE_RAW_LIMIT;
    if too_wide && !arguments.compact {
        let limit = thousands(PERMISSION_SET_INLINE_RAW_LIMIT);
        console
            .note(format!("printed without whitespace: with it, it is longer than the {limit} bytes that AWS takes"));
    }
    let text = if arguments.compact || too_wide { merged.policy.to_json() } else { pretty };
    console.data(&format!("{}\n", text.trim_end()))
}

/// What stands behind the equality.
fn proof(merged: &Merged) -> String {
    if merged.proof.all_strings.relation == ::policy::Relation::Equal {
        return "proven equal, also for actions that AWS will add".to_owned();
    }
    format!(
        "proven equal for every action known on {}; its new wildcards will also allow what AWS adds under those names",
        ::policy::catalogue::date()
    )
}

fn report(merged: &Merged, sources: usize, limit: usize) -> Vec<Line> {
    let saved = merged.plain_size.saturating_sub(merged.size) * 100 / merged.plain_size.max(1);
    let first = format!(
        "{} merged at {}: {} → {} bytes without whitespace ({saved} % saved; {} allowed)",
        count(sources, "policy"),
        merged.level,
        thousands(merged.plain_size),
        thousands(merged.size),
        thousands(limit),
    );
    let mut lines = vec![
        Line::from(Text::new().with(Ink::Good, "✓ ").and(first)).hanging(2),
        Line::from(Text::plain("  ").and(proof(merged))).hanging(2),
    ];
    if !merged.wildcards.is_empty() {
        lines.push(Line::from(Text::plain(format!("  {} introduced:", count(merged.wildcards.len(), "wildcard")))));
        for wildcard in merged.wildcards.iter().take(WILDCARDS_SHOWN) {
            let replaced = list(wildcard.replaces.iter().map(|name| short(name)), 4);
            let text = Text::plain("    ").with(Ink::Change, &wildcard.pattern).and(" for ").and(replaced);
            lines.push(Line::from(text).hanging(6));
        }
        let hidden = merged.wildcards.len().saturating_sub(WILDCARDS_SHOWN);
        if hidden > 0 {
            lines.push(Line::from(Text::plain(format!("    … and {hidden} more; `--format json` lists all"))));
        }
    }
    lines
}

/// Without the service, which the wildcard says.
fn short(action: &str) -> &str {
    action.split_once(':').map_or(action, |(_, name)| name)
}

fn too_large(
    smallest: &Merged,
    proposal: &Proposal,
    sources: &[Loaded],
    arguments: &MergePolicyArguments,
    console: &Console,
) -> Result<Exit, CommandError> {
    if arguments.format.format == Format::Json {
        console.json(&v1(None, smallest, Some(proposal), sources, arguments)?)?;
    }
    let limit = thousands(arguments.limit);
    let mut error = CommandError::new(format!(
        "nothing fits: the smallest form ({}) has {} bytes without whitespace, {limit} are allowed; no policy was written",
        smallest.level,
        thousands(smallest.size)
    ));
    if arguments.level != MergeLevel::Auto {
        error = error.hint("`--level auto` tries the other levels, too");
    }
    let name = |number: &usize| sources.get(*number).map_or("", |source| source.source.name.as_str());
    for attachment in &proposal.attachments {
        error = error.hint(format!(
            "attach {} instead of {}: it is the same",
            attachment.managed.name,
            name(&attachment.source)
        ));
    }
    let several = proposal.sets.len() > 1;
    for (number, (members, merged)) in proposal.sets.iter().enumerate() {
        let names = members.iter().map(name).collect::<Vec<_>>().join(", ");
        let into = if several { format!("permission set {}", number + 1) } else { "the inline policy".to_owned() };
        error = error.hint(format!("{into}: {names}, {} bytes at {}", thousands(merged.size), merged.level));
    }
    for source in &proposal.left {
        error = error.hint(format!(
            "{} does not fit even alone: make it a customer managed policy (6,144 bytes each)",
            name(source)
        ));
    }
    Err(error)
}

fn v1<'a>(
    given: Option<&Merged>,
    merged: &'a Merged,
    proposal: Option<&'a Proposal>,
    sources: &'a [Loaded],
    arguments: &MergePolicyArguments,
) -> Result<MergeV1<'a>, CommandError> {
    let name = |number: &usize| sources.get(*number).map_or("", |source| source.source.name.as_str());
    let proposal = match proposal {
        None => None,
        Some(proposal) => Some(ProposalV1 {
            attach: proposal
                .attachments
                .iter()
                .map(|one| AttachV1 { source: name(&one.source), managed_policy: one.managed.arn() })
                .collect(),
            sets: proposal
                .sets
                .iter()
                .map(|(members, merged)| {
                    Ok(SetV1 {
                        sources: members.iter().map(name).collect(),
                        level: merged.level.name(),
                        size_bytes: merged.size,
                        policy: raw(&merged.policy)?,
                    })
                })
                .collect::<Result<_, CommandError>>()?,
            too_large_alone: proposal.left.iter().map(name).collect(),
        }),
    };
    Ok(MergeV1 {
        schema_version: 1,
        sources: sources.iter().map(|source| source.source.name.as_str()).collect(),
        fits: given.is_some(),
        level: merged.level.name(),
        limit_bytes: arguments.limit,
        size_bytes: merged.size,
        plain_size_bytes: merged.plain_size,
        relation_all_strings: merged.proof.all_strings.relation.name(),
        relation_catalogue: merged.proof.catalogue.relation.name(),
        catalogue_date: ::policy::catalogue::date(),
        wildcards: merged
            .wildcards
            .iter()
            .map(|one| WildcardV1 { pattern: &one.pattern, replaces: &one.replaces })
            .collect(),
        policy: given.map(|merged| raw(&merged.policy)).transpose()?,
        proposal,
    })
}

/// A policy as it is printed, inside of other JSON.
pub(super) fn raw(policy: &Policy) -> Result<Box<RawValue>, CommandError> {
    RawValue::from_string(policy.to_json())
        .map_err(|error| CommandError::new("cannot write the policy as JSON").because(&error))
}

#[derive(Serialize)]
struct MergeV1<'a> {
    schema_version: u32,
    sources: Vec<&'a str>,
    fits: bool,
    level: &'static str,
    limit_bytes: usize,
    size_bytes: usize,
    plain_size_bytes: usize,
    relation_all_strings: &'static str,
    relation_catalogue: &'static str,
    catalogue_date: &'static str,
    wildcards: Vec<WildcardV1<'a>>,
    /// Null when nothing fits.
    policy: Option<Box<RawValue>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    proposal: Option<ProposalV1<'a>>,
}

#[derive(Serialize)]
struct WildcardV1<'a> {
    pattern: &'a str,
    replaces: &'a [String],
}

#[derive(Serialize)]
struct ProposalV1<'a> {
    attach: Vec<AttachV1<'a>>,
    sets: Vec<SetV1<'a>>,
    too_large_alone: Vec<&'a str>,
}

#[derive(Serialize)]
struct AttachV1<'a> {
    source: &'a str,
    managed_policy: String,
}

#[derive(Serialize)]
struct SetV1<'a> {
    sources: Vec<&'a str>,
    level: &'static str,
    size_bytes: usize,
    policy: Box<RawValue>,
}
