//! The answer: how many sets for how many users, and what anybody would lose.

use std::collections::BTreeMap;

use model::iam_user::IamUserRef;
use model::id::AccountId;
use plan::conversion::{GroupProposal, Left, Rehearsed, RehearsedOutcome, TranslationNote};
use serde::Serialize;

use super::Converted;
use crate::render::layout::{Line, table, warning};
use crate::render::style::{Ink, Text, harmless};
use crate::render::words::{count, list};

/// Losses of one user that are told; the file has all.
const SHOWN: usize = 8;

pub(super) fn lines(converted: &Converted<'_>) -> Vec<Line> {
    let conversion = &converted.conversion;
    let users: usize = conversion.sets.iter().map(|set| set.members.len()).sum();
    let head = format!("{} for {}", count(conversion.sets.len(), "permission set"), count(users, "IAM user"));
    let mut lines = vec![Line::from(Text::new().with(Ink::Strong, head)), Line::from(Text::new())];
    let faint = |text: &str| Text::new().with(Ink::Faint, text);
    let mut rows = vec![["set", "users", "managed", "inline", "proof"].map(faint).to_vec()];
    for set in &conversion.sets {
        let inline = set.merged.as_ref().map_or("–".to_owned(), |merged| format!("{} bytes", merged.size));
        let proof = set.merged.as_ref().map_or("–".to_owned(), |merged| format!("equal ({})", merged.level));
        let gained: usize = set.members.iter().map(|member| member.gained.len()).max().unwrap_or(0);
        let is_broader = set.members.iter().any(|member| member.example.is_some());
        let proof = match gained {
            0 if is_broader => "the same actions on more".to_owned(),
            0 => proof,
            _ => format!("{} more at most", count(gained, "action")),
        };
        rows.push(vec![
            Text::plain(&set.name),
            Text::plain(set.members.len().to_string()),
            Text::plain(set.managed_policies.len().to_string()),
            Text::plain(inline),
            Text::plain(proof),
        ]);
    }
    lines.extend(table(rows, 2));
    lines.extend(losses(converted));
    let has_left = |user: &&IamUserRef| converted.known.owners.get(user).is_some_and(|found| found.has_left);
    let members = || conversion.sets.iter().flat_map(|set| &set.members).map(|member| &member.user);
    let leavers: Vec<String> = members().filter(has_left).map(|user| harmless(&user.name)).collect();
    if !leavers.is_empty() {
        let told =
            format!("of people who left, and in no assignment: {}", list(leavers.iter().map(String::as_str), SHOWN));
        lines.push(Line::from(Text::new()));
        lines.push(warning(0, &told));
    }
    let ownerless: Vec<&IamUserRef> =
        members().filter(|user| !has_left(user) && converted.owner(user).is_none()).collect();
    if !ownerless.is_empty() {
        lines.push(Line::from(Text::new()));
        let names: Vec<String> = ownerless.iter().map(|user| harmless(&user.name)).collect();
        let names = list(names.iter().map(String::as_str), SHOWN);
        let told = format!("nobody is known for {}: {names}", count(ownerless.len(), "user"));
        lines.push(warning(0, &format!("{told}; settle it with `sekisho iam-users assign-owner`")));
    }
    lines.extend(groups(converted));
    for (user, left) in &conversion.left {
        lines.push(warning(0, &format!("{} in {} is not converted: {left}", harmless(&user.name), user.account)));
    }
    lines
}

/// Whether people's functions could be used.
fn groups(converted: &Converted<'_>) -> Vec<Line> {
    let needs = converted.needs();
    let by_group = needs.iter().filter(|need| need.found.group.is_some()).count();
    let proposed = needs.iter().filter(|need| !need.found.proposals.is_empty()).count();
    let told = if converted.known.memberships.is_empty() {
        "Groups: the directory names none, so that every assignment names a person".to_owned()
    } else {
        format!("Groups: {by_group} of {} to a group that is just these people", count(needs.len(), "assignment"))
    };
    let told = match proposed {
        0 => told,
        some => format!("{told}; {some} to people, because their group would let others in as well (translation.md)"),
    };
    vec![Line::from(Text::new()), Line::from(Text::plain(told))]
}

fn losses(converted: &Converted<'_>) -> Vec<Line> {
    let mut lines = vec![Line::from(Text::new())];
    let all = || converted.rehearsals.values().flatten();
    let unknown = all().filter(|one| one.outcome == RehearsedOutcome::UnknownEvent).count();
    let rehearsed = all().count() - unknown;
    let mut denied = 0;
    let mut told = Vec::new();
    for (user, rehearsal) in &converted.rehearsals {
        let lost: Vec<(&Rehearsed, &String, &Vec<String>)> = rehearsal
            .iter()
            .filter_map(|one| match &one.outcome {
                RehearsedOutcome::Denied { action, resources, .. } => Some((one, action, resources)),
                _ => None,
            })
            .collect();
        denied += lost.len();
        let set = converted.set_of(user).map_or("", |set| set.name.as_str());
        for (one, action, resources) in lost.iter().take(SHOWN) {
            let on = resources.first().map_or("", String::as_str);
            let more = if resources.len() > 1 { format!(" and {} more", resources.len() - 1) } else { String::new() };
            let text = format!(
                "{} in {}: {action} on {}{more}, done {} times, is not in {set}",
                harmless(&user.name),
                user.account,
                harmless(on),
                one.events
            );
            told.push(warning(2, &text));
        }
        if lost.len() > SHOWN {
            told.push(warning(2, &format!("{}: … and {} more", harmless(&user.name), lost.len() - SHOWN)));
        }
    }
    let open = all().filter(|one| matches!(one.outcome, RehearsedOutcome::Open { .. })).count();
    let summary = match denied {
        0 => format!("Rehearsal: of {} that were seen none would be denied", count(rehearsed, "action")),
        some => format!("Rehearsal: of {} that were seen {some} would be denied", count(rehearsed, "action")),
    };
    let summary = if open > 0 { format!("{summary}; {open} hang on what the log does not tell") } else { summary };
    lines.push(Line::from(Text::new().with(Ink::Strong, summary)));
    lines.extend(told);
    if unknown > 0 {
        let text =
            format!("{} could not be asked for: nobody here knows which actions they need", count(unknown, "event"));
        lines.push(warning(2, &text));
    }
    let unseen: Vec<String> = converted
        .conversion
        .sets
        .iter()
        .flat_map(|set| &set.members)
        .filter(|member| !converted.rehearsals.contains_key(&member.user))
        .map(|member| harmless(&member.user.name))
        .collect();
    if !unseen.is_empty() {
        lines.push(warning(2, &format!("the log shows nothing of {}", list(unseen.iter().map(String::as_str), SHOWN))));
    }
    lines
}

/// The answer for programs.
#[derive(Serialize)]
pub(super) struct ConversionV1<'a> {
    schema_version: u32,
    sets: Vec<SetV1<'a>>,
    not_converted: Vec<NotConvertedV1<'a>>,
    assignments: Vec<AssignmentV1<'a>>,
}

/// Who gets a set in an account.
#[derive(Serialize)]
struct AssignmentV1<'a> {
    set: &'a str,
    account: &'a AccountId,
    people: Vec<&'a str>,
    /// The group that is these people and nobody else.
    group: Option<String>,
    /// Groups that are more.
    proposals: Vec<GroupProposal>,
}

#[derive(Serialize)]
struct SetV1<'a> {
    name: &'a str,
    managed_policies: &'a [String],
    inline_policies: Vec<String>,
    inline_bytes: Option<usize>,
    merge_level: Option<&'static str>,
    permissions_boundary: Option<&'a str>,
    can_change: bool,
    users: Vec<MemberV1<'a>>,
}

#[derive(Serialize)]
struct MemberV1<'a> {
    user: &'a IamUserRef,
    owner: Option<&'a str>,
    gained: &'a [String],
    example: Option<&'a str>,
    notes: &'a [TranslationNote],
    rehearsal: &'a [Rehearsed],
}

#[derive(Serialize)]
struct NotConvertedV1<'a> {
    user: &'a IamUserRef,
    #[serde(flatten)]
    left: &'a Left,
}

pub(super) fn v1<'a>(converted: &'a Converted<'_>) -> ConversionV1<'a> {
    let conversion = &converted.conversion;
    let slice = |map: &'a BTreeMap<IamUserRef, Vec<Rehearsed>>, user| map.get(user).map_or(&[][..], Vec::as_slice);
    ConversionV1 {
        schema_version: 1,
        sets: conversion
            .sets
            .iter()
            .map(|set| SetV1 {
                name: &set.name,
                managed_policies: &set.managed_policies,
                inline_policies: set.inline.iter().map(|source| format!("policies/{}.json", source.file)).collect(),
                inline_bytes: set.merged.as_ref().map(|merged| merged.size),
                merge_level: set.level().map(policy::merge::Level::name),
                permissions_boundary: set.boundary.as_ref().map(|boundary| boundary.arn.as_str()),
                can_change: set.is_strong,
                users: set
                    .members
                    .iter()
                    .map(|member| MemberV1 {
                        user: &member.user,
                        owner: converted.owner(&member.user),
                        gained: &member.gained,
                        example: member.example.as_deref(),
                        notes: conversion.notes.get(&member.user).map_or(&[][..], Vec::as_slice),
                        rehearsal: slice(&converted.rehearsals, &member.user),
                    })
                    .collect(),
            })
            .collect(),
        not_converted: conversion.left.iter().map(|(user, left)| NotConvertedV1 { user, left }).collect(),
        assignments: converted
            .needs()
            .into_iter()
            .map(|need| AssignmentV1 {
                set: need.set,
                account: need.account,
                people: need.people.into_keys().collect(),
                group: need.found.group,
                proposals: need.found.proposals,
            })
            .collect(),
    }
}
