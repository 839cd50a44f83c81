//! The files: a part of a catalog, and a report for those who review it.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use catalog::selector::AccountSelector;
use catalog::{ProposedAssignment, ProposedSet, proposed};
use model::iam_user::IamUserRef;
use model::id::AccountId;
use plan::conversion::{ConvertedSet, RehearsedOutcome};

use super::{Converted, Need};
use crate::cli::iam_users::PageLanguage;
use crate::render::markup;

/// All files by their path in the folder.
pub(super) fn files(converted: &Converted<'_>) -> BTreeMap<String, String> {
    let mut sets: Vec<ProposedSet> = converted.conversion.sets.iter().map(|one| set(one, converted.language)).collect();
    if let Some(companion) = &converted.companion {
        sets.push(ProposedSet {
            name: companion.clone(),
            description: "Looks, and changes nothing".to_owned(),
            comments: vec![said(
                converted.language,
                || {
                    "For days on which nothing is to be changed. It gives nobody anything that the other set does not."
                        .to_owned()
                },
                || "何も変更しない日のためのセット。もう一方のセットにない権限は誰にも与えない。".to_owned(),
            )],
            managed_policies: vec!["arn:aws:iam::aws:policy/ReadOnlyAccess".to_owned()],
            ..ProposedSet::default()
        });
    }
    let mut files = proposed(&sets, &assignments(converted), "converted").files;
    files.insert("translation.md".to_owned(), report(converted));
    files
}

/// A comment in the language that was asked for.
fn said(language: PageLanguage, english: impl FnOnce() -> String, japanese: impl FnOnce() -> String) -> String {
    match language {
        PageLanguage::En => english(),
        PageLanguage::Ja => japanese(),
    }
}

fn set(set: &ConvertedSet, language: PageLanguage) -> ProposedSet {
    let boundary = set.boundary.as_ref().map(|boundary| boundary.arn.as_str());
    let aws = boundary.filter(|arn| arn.split(':').nth(4) == Some("aws")).map(str::to_owned);
    let customer = boundary.filter(|_| aws.is_none()).map(name_and_path);
    let mut comments = Vec::new();
    if let Some((name, path)) = &customer {
        comments.push(said(
            language,
            || format!("The boundary `{path}{name}` has to be in every account in which this set is assigned."),
            || format!("アクセス許可の境界 `{path}{name}` は、このセットを割り当てるすべてのアカウントに必要。"),
        ));
    }
    if let Some(merged) = &set.merged {
        comments.push(said(
            language,
            || {
                format!(
                    "Merged into one, its policies take {} of 10,240 bytes, proven to allow the same ({}).",
                    merged.size, merged.level
                )
            },
            || {
                format!(
                    "ポリシーを一つにまとめると 10,240 バイト中 {} バイト。同じ操作を許可することは証明済み（{}）。",
                    merged.size, merged.level
                )
            },
        ));
    }
    ProposedSet {
        name: set.name.clone(),
        description: set.description.clone(),
        comments,
        managed_policies: set.managed_policies.clone(),
        inline_policies: set.inline.iter().map(|source| (source.file.clone(), source.policy.to_json())).collect(),
        boundary: aws,
        customer_boundary: customer,
    }
}

/// Of `arn:aws:iam::111122223333:policy/team/limit`.
fn name_and_path(arn: &str) -> (String, String) {
    let rest = arn.split_once(":policy").map_or(arn, |(_, rest)| rest);
    let (path, name) = rest.rsplit_once('/').unwrap_or(("", rest));
    (name.to_owned(), format!("{path}/"))
}

fn assignments(converted: &Converted<'_>) -> Vec<ProposedAssignment> {
    let needs = converted.needs();
    let assignment = |need: &Need<'_>| {
        let set = converted.conversion.sets.iter().find(|set| set.name == need.set);
        let companion = converted.companion.iter().filter(|_| set.is_some_and(ConvertedSet::takes_companion)).cloned();
        let people = || {
            need.people.iter().map(|(owner, users)| {
                let users: Vec<String> =
                    users.iter().map(|user| format!("{} ({})", user.name, converted.reason(user))).collect();
                let users = users.join(", ");
                let about =
                    said(converted.language, || format!("IAM user {users}"), || format!("IAM ユーザー {users}"));
                (format!("user:{owner}"), about)
            })
        };
        let principals = match &need.found.group {
            Some(group) => {
                let names: Vec<&str> = need.people.keys().copied().collect();
                let (count, names) = (names.len(), names.join(", "));
                let about = said(
                    converted.language,
                    || format!("its {count} members: {names}"),
                    || format!("メンバー {count} 人: {names}"),
                );
                vec![(format!("group:{group}"), about)]
            }
            None => people().collect(),
        };
        ProposedAssignment {
            principals,
            permission_sets: std::iter::once(need.set.to_owned()).chain(companion).collect(),
            account: account(converted, need.account),
        }
    };
    needs.iter().map(assignment).collect()
}

/// As the catalog names it: by its name where no other account has the same, else by its id.
fn account(converted: &Converted<'_>, id: &AccountId) -> (String, String) {
    let names = &converted.known.account_names;
    match names.get(id) {
        Some(name) if names.values().filter(|other| *other == name).count() == 1 => {
            (AccountSelector::Name(name.clone()).to_string(), id.to_string())
        }
        Some(name) => (id.to_string(), name.clone()),
        None => (id.to_string(), String::new()),
    }
}

/// From user to set, statement by statement where something does not stay as it is.
fn report(converted: &Converted<'_>) -> String {
    let mut out = "# From IAM users to permission sets\n".to_owned();
    for set in &converted.conversion.sets {
        let _ = writeln!(out, "\n## {}\n", set.name);
        for policy in &set.managed_policies {
            let _ = writeln!(out, "- managed policy `{policy}`, as it is");
        }
        for source in &set.inline {
            let from: Vec<&str> = source.origins.iter().map(plan::conversion::Origin::name).collect();
            let _ = writeln!(out, "- `policies/{}.json`, from {}", source.file, code(&from));
        }
        for wildcard in set.merged.iter().flat_map(|merged| &merged.wildcards) {
            let _ = writeln!(out, "- `{}` stands for {} actions", wildcard.pattern, wildcard.replaces.len());
        }
        for member in &set.members {
            let owner = converted.owner(&member.user).map_or("nobody known".to_owned(), markup::code);
            let _ = writeln!(out, "\n### {} in {} → {owner}\n", name(&member.user), member.user.account);
            if !member.gained.is_empty() {
                let _ = writeln!(out, "- gains {}", code(&member.gained));
            }
            if let Some(example) = &member.example {
                let _ = writeln!(out, "- may more than before, for example {}", code(&[example]));
            }
            for note in converted.conversion.notes.get(&member.user).into_iter().flatten() {
                let changes = if note.changes_meaning { " **Look at this.**" } else { "" };
                let (name, reasons) = (note.origin.name(), note.reasons.join("; "));
                let reasons = markup::prose(&reasons);
                let _ = writeln!(
                    out,
                    "- {}: {}, {}: {reasons}.{changes}",
                    note.outcome,
                    markup::code(name),
                    markup::prose(&note.statement)
                );
            }
            for lost in converted.rehearsals.get(&member.user).into_iter().flatten() {
                match &lost.outcome {
                    RehearsedOutcome::Denied { action, resources, because } => {
                        let on = code(resources);
                        let _ = writeln!(
                            out,
                            "- **would be denied**: `{action}` on {on}, done {} times: {}",
                            lost.events,
                            markup::prose(because)
                        );
                    }
                    RehearsedOutcome::Open { action, because } => {
                        let _ =
                            writeln!(out, "- open: `{action}`, done {} times: {}", lost.events, markup::prose(because));
                    }
                    RehearsedOutcome::UnknownEvent | RehearsedOutcome::Allowed => {}
                }
            }
        }
    }
    groups(converted, &mut out);
    if !converted.conversion.left.is_empty() {
        out.push_str("\n## Not converted\n\n");
        for (user, left) in &converted.conversion.left {
            let _ = writeln!(out, "- {} in {}: {}", name(user), user.account, markup::prose(&left.to_string()));
        }
    }
    out
}

/// Which groups took the place of people, and which could.
fn groups(converted: &Converted<'_>, out: &mut String) {
    out.push_str("\n## Groups\n\n");
    if converted.known.memberships.is_empty() {
        out.push_str(
            "The directory that was given names no groups, so that every assignment names a person. With `groups` of each person in `people.yaml` those of \
             one function get their set through its group.\n",
        );
        return;
    }
    let needs = converted.needs();
    let proposed: Vec<&Need<'_>> = needs.iter().filter(|need| !need.found.proposals.is_empty()).collect();
    for need in needs.iter().filter(|need| need.found.group.is_some()) {
        let group = need.found.group.as_deref().unwrap_or_default();
        let people: Vec<&str> = need.people.keys().copied().collect();
        let _ = writeln!(
            out,
            "- {} in {}: {}, whose members are {}. Who joins it later gets the set, and who leaves it loses the set.",
            markup::code(need.set),
            need.account,
            markup::code(&format!("group:{group}")),
            code(&people)
        );
    }
    for need in &proposed {
        for proposal in &need.found.proposals {
            let _ = writeln!(
                out,
                "- {} in {} stays with {}: {} holds them all, and **would give the set to {} more**: {}.",
                markup::code(need.set),
                need.account,
                code(&need.people.keys().copied().collect::<Vec<_>>()),
                markup::code(&format!("group:{}", proposal.group)),
                proposal.gains.len(),
                code(&proposal.gains)
            );
        }
    }
    if proposed.is_empty() && needs.iter().all(|need| need.found.group.is_none()) {
        out.push_str("No group of the directory holds all who need a set in an account.\n");
    }
    out.push_str("\nMembers are those of the directory that was given: see that Identity Center has the same.\n");
}

fn name(user: &IamUserRef) -> String {
    markup::prose(&markup::without_ticks(&user.name))
}

fn code<T: AsRef<str>>(names: &[T]) -> String {
    let shown: Vec<String> = names.iter().take(20).map(|name| markup::code(name.as_ref())).collect();
    let more = names.len().saturating_sub(shown.len());
    if more > 0 { format!("{} and {more} more", shown.join(", ")) } else { shown.join(", ") }
}
