//! Differences between what is declared and what AWS has, in both directions.

use std::collections::BTreeSet;

use jiff::Timestamp;
use model::Observed;
use model::change::Change;
use model::operation::{Because, Operation};
use serde::Serialize;

use super::layout::{Line, table, warning};
use super::plan_text::Fold;
use super::plan_view::{Named, account_with_id, principal_words};
use super::policy_change;
use super::style::{Ink, Screen, Text};
use super::words::{count, thousands};

const INLINE_POLICY: &str = "inline policy";

/// In which direction something differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Direction {
    /// AWS has it, nobody declares it.
    InAwsOnly,
    /// It is declared, AWS does not have it.
    MissingInAws,
    /// Both have it, not alike.
    Different,
}

/// One difference.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Difference {
    /// In which direction.
    pub(crate) direction: Direction,
    /// The permission set; none where only words are known.
    pub(crate) permission_set: Option<String>,
    /// The account's name, or what of the set differs.
    pub(crate) place: String,
    /// Who, or how it differs.
    pub(crate) what: String,
    /// How many people, or a person's name.
    pub(crate) people: Option<String>,
    /// The declaration; none where there is none.
    pub(crate) declared_in: Option<String>,
    /// What becomes of it.
    pub(crate) next: String,
}

/// All differences of a plan.
pub(crate) fn differences(named: &Named<'_>) -> Vec<Difference> {
    let mut found = Vec::new();
    let created: BTreeSet<&str> = named
        .plan
        .operations
        .iter()
        .filter(|operation| matches!(operation.change, Change::CreatePermissionSet { .. }))
        .filter_map(|operation| Some(operation.change.set()?.name.as_str()))
        .collect();
    let mut outdated: Vec<(String, usize)> = Vec::new();
    for operation in &named.plan.operations {
        if let Change::Provision { set, .. } = &operation.change {
            let name = set.name.to_string();
            match outdated.iter_mut().find(|(known, _)| *known == name) {
                Some((_, number)) => *number += 1,
                None => outdated.push((name, 1)),
            }
        } else if operation.change.account().is_some()
            || matches!(operation.change, Change::CreatePermissionSet { .. })
            || !operation.change.set().is_some_and(|set| created.contains(set.name.as_str()))
        {
            // What a missing set holds is missing with it, and not told part by part.
            found.extend(difference(named, operation));
        }
    }
    found.extend(outdated.into_iter().map(|(set, number)| Difference {
        direction: Direction::Different,
        permission_set: Some(set),
        place: count(number, "account"),
        what: "without the newest version of the set".to_owned(),
        people: None,
        declared_in: None,
        next: "apply provisions it again".to_owned(),
    }));
    for left in &named.plan.undeclared {
        found.push(Difference {
            direction: Direction::InAwsOnly,
            permission_set: None,
            place: String::new(),
            what: left.what.clone(),
            people: None,
            declared_in: None,
            next: format!("stays: {}", left.reason),
        });
    }
    for left in &named.plan.frozen {
        found.push(Difference {
            direction: Direction::Different,
            permission_set: None,
            place: String::new(),
            what: left.what.clone(),
            people: None,
            declared_in: None,
            next: format!("frozen: {}", left.reason),
        });
    }
    found.sort_by(|left, right| {
        (left.direction, &left.permission_set, &left.place, &left.what).cmp(&(
            right.direction,
            &right.permission_set,
            &right.place,
            &right.what,
        ))
    });
    found
}

fn difference(named: &Named<'_>, operation: &Operation) -> Option<Difference> {
    let observed = named.observed;
    let set = operation.change.set()?.name.to_string();
    let declared_in = match &operation.because {
        Because::Declared { source } => Some(named.place(source)),
        _ => None,
    };
    let told = |direction, place: String, what: String, verb: &str| {
        Some(Difference {
            direction,
            permission_set: Some(set.clone()),
            place,
            what,
            people: operation.change.principal().map(|principal| principal_words(observed, principal).1),
            declared_in: declared_in.clone(),
            next: format!("apply {verb} it"),
        })
    };
    match &operation.change {
        Change::Assign { account, principal, .. } => {
            told(Direction::MissingInAws, account_with_id(observed, account), who(observed, principal), "adds")
        }
        Change::Withdraw { account, principal, .. } => {
            told(Direction::InAwsOnly, account_with_id(observed, account), who(observed, principal), "removes")
        }
        Change::CreatePermissionSet { .. } => {
            told(Direction::MissingInAws, "permission set".to_owned(), String::new(), "creates")
        }
        Change::DeletePermissionSet { .. } => {
            told(Direction::InAwsOnly, "permission set".to_owned(), String::new(), "deletes")
        }
        Change::AttachManagedPolicy { policy, .. } => {
            told(Direction::MissingInAws, "managed policy".to_owned(), policy.name().to_owned(), "attaches")
        }
        Change::DetachManagedPolicy { policy, .. } => {
            told(Direction::InAwsOnly, "managed policy".to_owned(), policy.name().to_owned(), "detaches")
        }
        Change::AttachCustomerManagedPolicy { policy, .. } => {
            told(Direction::MissingInAws, "customer policy".to_owned(), policy.to_string(), "attaches")
        }
        Change::DetachCustomerManagedPolicy { policy, .. } => {
            told(Direction::InAwsOnly, "customer policy".to_owned(), policy.to_string(), "detaches")
        }
        Change::UpdatePermissionSet { from, to, .. } => {
            let mut parts = Vec::new();
            if from.session_duration != to.session_duration {
                parts.push(format!("session_duration is {}, declared {}", from.session_duration, to.session_duration));
            }
            if from.description != to.description {
                parts.push("description".to_owned());
            }
            if from.relay_state != to.relay_state {
                parts.push("relay_state".to_owned());
            }
            told(Direction::Different, "attributes".to_owned(), parts.join(", "), "puts right")
        }
        Change::SetInlinePolicy { from, to, .. } => {
            let compares = named.compares_policies();
            let what = inline_policy(to.as_deref(), from.as_deref(), compares);
            told(Direction::Different, INLINE_POLICY.to_owned(), what, "puts right")
        }
        Change::SetPermissionsBoundary { .. } => {
            told(Direction::Different, "boundary".to_owned(), String::new(), "puts right")
        }
        Change::SetTag { key, .. } => told(Direction::Different, "tag".to_owned(), key.clone(), "puts right"),
        Change::Provision { .. } | Change::IamUser { .. } => None,
    }
}

/// How AWS's inline policy stands to the declared one.
fn inline_policy(declared: Option<&str>, in_aws: Option<&str>, compares: bool) -> String {
    match (declared, in_aws) {
        (Some(_), None) => "AWS has none".to_owned(),
        (None, Some(_)) => "AWS has one, none is declared".to_owned(),
        (Some(declared), Some(in_aws)) if compares => policy_change::standing(declared, in_aws).unwrap_or_default(),
        _ => String::new(),
    }
}

fn who(observed: &Observed, principal: &model::PrincipalId) -> String {
    principal_words(observed, principal).0
}

/// The differences for people.
pub(crate) fn lines(named: &Named<'_>, differences: &[Difference], fold: Fold, screen: &Screen) -> Vec<Line> {
    let as_of = screen.time(named.plan.observation.as_of);
    let unresolved = named.plan.unresolved.len();
    let head = match (differences.len(), unresolved) {
        (0, 0) => format!("no difference between {} and Identity Center", catalog_name(named)),
        (number, _) => format!("{} between {} and Identity Center", count(number, "difference"), catalog_name(named)),
    };
    let mut lines = vec![
        Line::from(Text::new().with(Ink::Strong, head).with(Ink::Faint, format!("  as of {as_of}"))),
        Line::empty(),
    ];
    for (direction, title, ink) in [
        (Direction::InAwsOnly, "In AWS, not declared", Ink::Remove),
        (Direction::MissingInAws, "Declared, not in AWS", Ink::Add),
        (Direction::Different, "Not alike", Ink::Change),
    ] {
        lines.extend(direction_lines(differences, direction, title, ink, fold));
    }
    for one in &named.plan.unresolved {
        lines.push(warning(2, &format!("{}: {}", named.place(&one.source), one.message)));
    }
    for part in &named.plan.observation.unknown {
        lines.push(warning(2, &format!("not read, so nothing is said about it: {part}")));
    }
    lines
}

fn catalog_name(named: &Named<'_>) -> String {
    if named.folder.is_empty() { "the catalog".to_owned() } else { format!("{}/", named.folder) }
}

/// How a policy differs is told under its row: it would push the column behind it off the screen.
fn is_long(difference: &Difference) -> bool {
    difference.direction == Direction::Different && difference.place == INLINE_POLICY && difference.what.contains(": ")
}

fn direction_lines(all: &[Difference], direction: Direction, title: &str, ink: Ink, fold: Fold) -> Vec<Line> {
    let these: Vec<&Difference> = all.iter().filter(|difference| difference.direction == direction).collect();
    if these.is_empty() {
        return Vec::new();
    }
    let mut lines = vec![Line::from(Text::plain("  ").with(ink, title).and(format!(": {}", thousands(these.len()))))];
    let shown = fold.listed.saturating_mul(3);
    // Those told in words alone have no columns to line up.
    let (columns, words): (Vec<&Difference>, Vec<&Difference>) =
        these.iter().take(shown).partition(|difference| difference.permission_set.is_some());
    let aside = |difference: &Difference| difference.declared_in.clone().unwrap_or_else(|| difference.next.clone());
    let rows = columns.iter().map(|difference| {
        vec![
            Text::new().with(Ink::Strong, difference.permission_set.as_deref().unwrap_or_default()),
            Text::plain(&difference.place),
            Text::plain(if is_long(difference) { "" } else { &difference.what }),
            Text::new().with(Ink::Faint, difference.people.as_deref().unwrap_or_default()),
            Text::new().with(Ink::Faint, aside(difference)),
        ]
    });
    for (line, difference) in table(rows.collect(), 4).into_iter().zip(&columns) {
        lines.push(line);
        if is_long(difference) {
            lines.push(Line::from(Text::plain(format!("      {}", difference.what))).hanging(8));
        }
    }
    let words = words
        .iter()
        .map(|difference| vec![Text::plain(&difference.what).with(Ink::Faint, format!("  {}", aside(difference)))]);
    lines.extend(table(words.collect(), 4));
    if these.len() > shown {
        let text = format!("    … and {} more (--full shows all)", thousands(these.len() - shown));
        lines.push(Line::from(Text::new().with(Ink::Faint, text)));
    }
    lines.push(Line::empty());
    lines
}

/// The differences for programs: `schema_version` 1.
#[derive(Debug, Serialize)]
pub(crate) struct DriftV1 {
    schema_version: u32,
    as_of: Timestamp,
    complete: bool,
    in_aws_only: Vec<Difference>,
    missing_in_aws: Vec<Difference>,
    different: Vec<Difference>,
    unresolved: usize,
    unknown: Vec<String>,
}

/// The differences in version 1.
pub(crate) fn v1(named: &Named<'_>, differences: Vec<Difference>) -> DriftV1 {
    let of = |direction: Direction| {
        differences.iter().filter(|difference| difference.direction == direction).cloned().collect()
    };
    DriftV1 {
        schema_version: 1,
        as_of: named.plan.observation.as_of,
        complete: named.plan.observation.unknown.is_empty(),
        in_aws_only: of(Direction::InAwsOnly),
        missing_in_aws: of(Direction::MissingInAws),
        different: of(Direction::Different),
        unresolved: named.plan.unresolved.len(),
        unknown: named.plan.observation.unknown.clone(),
    }
}
