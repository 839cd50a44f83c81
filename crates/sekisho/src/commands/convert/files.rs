//! The files: a part of a catalog, and a report for those who review it.

use std::collections::BTreeMap;

use catalog::selector::AccountSelector;
use catalog::{ProposedAssignment, ProposedSet, proposed};
use model::id::AccountId;
use plan::conversion::ConvertedSet;

use super::translation::translation;
use super::{Converted, Need};
use crate::cli::iam_users::PageLanguage;

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
    files.insert("translation.md".to_owned(), translation(converted));
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
