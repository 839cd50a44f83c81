//! `sekisho policy match`

use ::policy::managed::{self, ManagedPolicy};
use ::policy::{ActionSet, Policy, Relation, match_managed};
use serde::Serialize;

use super::input::{self, Reader};
use crate::cli::Format;
use crate::cli::policy::MatchPolicyArguments;
use crate::console::Console;
use crate::error::{CommandError, Exit};
use crate::render::layout::{self, Line};
use crate::render::style::{Ink, Text};
use crate::render::words::{count, thousands};

/// Farther away than this share of one's own actions, a policy is no neighbour.
const NEAR_PERCENT: usize = 25;

pub(super) fn run(arguments: &MatchPolicyArguments, console: &Console) -> Result<Exit, CommandError> {
    input::use_catalogue(&arguments.catalogue)?;
    let loaded = Reader::default().listed(&arguments.file, console)?;
    input::refuse_principals(&loaded, "matched")?;
    let policies: Vec<Policy> = loaded.iter().map(|one| one.policy.clone()).collect();
    let found = match_managed(&policies, arguments.limit);
    let known: Vec<&str> = found.iter().map(|one| one.managed.name).collect();
    let near = near(&policies, &known, arguments.limit);
    let equal = |equal: bool| found.iter().filter(move |one| (one.relation == Relation::Equal) == equal);
    if arguments.format.format == Format::Json {
        let match_v1 = |one: &::policy::ManagedMatch| MatchV1 {
            name: one.managed.name,
            arn: one.managed.arn(),
            extra_actions: one.extra_actions,
        };
        console.json(&MatchesV1 {
            schema_version: 1,
            equal: equal(true).map(match_v1).collect(),
            containing: equal(false).map(match_v1).collect(),
            near: near.iter().map(Near::v1).collect(),
            managed_policies_date: managed::DATE,
        })?;
        return Ok(Exit::Done);
    }
    let names = loaded.iter().map(|one| one.source.name.as_str()).collect::<Vec<_>>().join(" + ");
    let first = match (equal(true).next(), equal(false).next()) {
        (Some(one), _) => format!("{names} allows exactly what {} allows: proven", one.managed.name),
        (None, Some(_)) => format!("no AWS managed policy equals {names}; {} all of it", contains(found.len())),
        (None, None) => format!("no AWS managed policy is proven to allow all of {names}"),
    };
    let mut lines = vec![Line::from(Text::new().with(Ink::Strong, first))];
    section(&mut lines, "equal", equal(true).map(|one| vec![name(one.managed), Text::plain("")]).collect());
    section(
        &mut lines,
        "contain it",
        equal(false).map(|one| vec![name(one.managed), Text::plain(more(one.extra_actions))]).collect(),
    );
    section(&mut lines, "near, by the actions named", near.iter().map(Near::row).collect());
    let date = format!("of {} AWS managed policies known on {}", thousands(managed::all().len()), managed::DATE);
    lines.extend([Line::empty(), Line::from(Text::plain("  ").with(Ink::Faint, date))]);
    console.lines(&lines)?;
    Ok(Exit::Done)
}

fn more(actions: usize) -> String {
    if actions == 0 {
        return "the same actions, on more resources or under fewer conditions".to_owned();
    }
    format!("{} more", count(actions, "action"))
}

fn contains(number: usize) -> String {
    if number == 1 { "1 contains".to_owned() } else { format!("{number} contain") }
}

fn name(managed: ManagedPolicy) -> Text {
    Text::plain(managed.name)
}

fn section(lines: &mut Vec<Line>, heading: &str, rows: Vec<Vec<Text>>) {
    if rows.is_empty() {
        return;
    }
    lines.extend([Line::empty(), Line::from(Text::plain("  ").with(Ink::Faint, heading))]);
    lines.extend(layout::table(rows, 4));
}

/// A policy that is about nearly the same actions; nothing is proven of it.
struct Near {
    managed: ManagedPolicy,
    more: usize,
    fewer: usize,
}

impl Near {
    fn row(&self) -> Vec<Text> {
        let said = format!("{} more, {} fewer", thousands(self.more), thousands(self.fewer));
        vec![name(self.managed), Text::plain(said)]
    }

    fn v1(&self) -> NearV1 {
        NearV1 { name: self.managed.name, arn: self.managed.arn(), more_actions: self.more, fewer_actions: self.fewer }
    }
}

fn near(policies: &[Policy], known: &[&str], limit: usize) -> Vec<Near> {
    let own = ActionSet::possible(policies);
    let mut found: Vec<Near> = Vec::new();
    for managed in managed::all().iter().filter(|managed| !known.contains(&managed.name)) {
        let Some(policy) = managed.policy() else { continue };
        let theirs = ActionSet::possible(&[policy]);
        let (more, fewer) = (theirs.without(&own).len(), own.without(&theirs).len());
        if (more + fewer) * 100 <= own.len() * NEAR_PERCENT {
            found.push(Near { managed: *managed, more, fewer });
        }
    }
    found.sort_by_key(|one| (one.more + one.fewer, one.managed.name));
    found.truncate(limit);
    found
}

#[derive(Serialize)]
struct MatchesV1 {
    schema_version: u32,
    equal: Vec<MatchV1>,
    containing: Vec<MatchV1>,
    near: Vec<NearV1>,
    managed_policies_date: &'static str,
}

#[derive(Serialize)]
struct MatchV1 {
    name: &'static str,
    arn: String,
    /// Actions of the catalogue that it adds.
    extra_actions: usize,
}

#[derive(Serialize)]
struct NearV1 {
    name: &'static str,
    arn: String,
    more_actions: usize,
    fewer_actions: usize,
}
