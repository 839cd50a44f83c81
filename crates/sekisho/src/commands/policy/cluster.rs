//! `sekisho policy cluster`

use std::path::Path;

use ::policy::catalogue::AccessLevel;
use ::policy::{ExtraLimits, Member, PrincipalPolicies, ProposedSet, Relation, cluster};
use serde::Serialize;
use serde_json::value::RawValue;

use super::input::{self, Reader};
use super::merge::raw;
use crate::cli::Format;
use crate::cli::policy::ClusterPolicyArguments;
use crate::console::Console;
use crate::error::{CommandError, Exit};
use crate::render::layout::{self, Line};
use crate::render::style::{Ink, Text};
use crate::render::words::{count, list, thousands};

/// Most files of one principal: 10 groups of 10 policies, and then some.
const MAX_FILES: usize = 1_000;

pub(super) fn run(arguments: &ClusterPolicyArguments, console: &Console) -> Result<Exit, CommandError> {
    input::use_catalogue(&arguments.catalogue)?;
    let mut reader = Reader::default();
    let principals =
        arguments.principals.iter().map(|one| principal(one, &mut reader, console)).collect::<Result<Vec<_>, _>>()?;
    let limits = ExtraLimits {
        reading: arguments.extra_reading,
        writing: arguments.extra_writing,
        permissions: arguments.extra_permissions,
    };
    let (sets, left_out) = cluster(&principals, &limits);
    match arguments.format.format {
        Format::Json => console.json(&v1(&principals, &sets, &left_out)?)?,
        Format::Text => console.lines(&lines(&principals, &sets, &left_out))?,
    }
    Ok(Exit::Done)
}

fn principal(argument: &str, reader: &mut Reader, console: &Console) -> Result<PrincipalPolicies, CommandError> {
    let path = Path::new(argument);
    let files = if path.is_dir() { json_files(path)? } else { vec![argument.to_owned()] };
    let name = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or(argument).to_owned();
    let loaded = reader.policies(&files, console)?;
    input::refuse_principals(&loaded, "joined into sets")?;
    let policies = loaded.into_iter().map(|one| one.policy).collect();
    Ok(PrincipalPolicies { name, policies })
}

fn json_files(folder: &Path) -> Result<Vec<String>, CommandError> {
    let failed =
        |error: &std::io::Error| CommandError::new(format!("cannot read `{}`", folder.display())).because(error);
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(|error| failed(&error))? {
        let path = entry.map_err(|error| failed(&error))?.path();
        if path.extension().is_some_and(|extension| extension == "json") && files.len() < MAX_FILES {
            files.push(path.to_string_lossy().into_owned());
        }
    }
    files.sort();
    if files.is_empty() {
        return Err(CommandError::new(format!("there is no *.json in `{}`", folder.display()))
            .hint("the folder of a principal holds its policies, one a file"));
    }
    Ok(files)
}

fn lines(principals: &[PrincipalPolicies], sets: &[ProposedSet], left_out: &[usize]) -> Vec<Line> {
    let name = |number: &usize| principals.get(*number).map_or("", |one| one.name.as_str());
    let first = format!("{} for {}", count(sets.len(), "permission set"), count(principals.len(), "principal"));
    let mut lines = vec![Line::from(Text::new().with(Ink::Strong, first))];
    for (number, set) in sets.iter().enumerate() {
        let members = list(set.members.iter().map(|member| name(&member.principal)), 6);
        let size = format!("{} bytes at {}", thousands(set.merged.size), set.merged.level);
        let head = Text::plain("  ").with(Ink::Strong, format!("set {}", number + 1)).and(format!("  {members}"));
        lines.extend([Line::empty(), Line::from(head).aside(Some(Text::new().with(Ink::Faint, size)))]);
        let rows = set.members.iter().map(|member| vec![Text::plain(name(&member.principal)), change(member)]);
        lines.extend(layout::table(rows.collect(), 4));
    }
    if !left_out.is_empty() {
        let names = list(left_out.iter().map(name), 12);
        lines.extend([
            Line::empty(),
            layout::warning(2, &format!("left out, because no merge could be proven: {names}")),
        ]);
    }
    lines
}

fn change(member: &Member) -> Text {
    let relation = member.change.all_strings.relation;
    if relation == Relation::Equal {
        return Text::new().with(Ink::Good, "gains and loses nothing: proven");
    }
    let by_level = member.extra.by_level();
    let of = |levels: &[AccessLevel]| levels.iter().filter_map(|level| by_level.get(level)).sum::<usize>();
    let counts = [
        (of(&[AccessLevel::List, AccessLevel::Read]), "reading"),
        (of(&[AccessLevel::Write, AccessLevel::Tagging]), "changing"),
        (of(&[AccessLevel::PermissionsManagement]), "managing permissions"),
    ];
    let gained: Vec<String> =
        counts.iter().filter(|(number, _)| *number > 0).map(|(number, what)| format!("{number} {what}")).collect();
    let gained = match gained.is_empty() {
        true => "further resources or conditions of actions it has".to_owned(),
        false => format!("actions: {}", gained.join(", ")),
    };
    match relation {
        Relation::Broader => Text::new().with(Ink::Add, "gains ").and(gained).and("; loses nothing: proven"),
        other => Text::new()
            .with(Ink::Warning, format!("{}: ", other.name().replace('_', " ")))
            .and(member.change.all_strings.to_string()),
    }
}

#[derive(Serialize)]
struct ClusterV1<'a> {
    schema_version: u32,
    sets: Vec<SetV1<'a>>,
    left_out: Vec<&'a str>,
    catalogue_date: &'static str,
}

#[derive(Serialize)]
struct SetV1<'a> {
    size_bytes: usize,
    level: &'static str,
    policy: Box<RawValue>,
    members: Vec<MemberV1<'a>>,
}

#[derive(Serialize)]
struct MemberV1<'a> {
    principal: &'a str,
    /// What the set is, seen from what the principal holds.
    relation_all_strings: &'static str,
    relation_catalogue: &'static str,
    /// Actions of the catalogue that the principal does not hold in any form today.
    extra_actions: Vec<String>,
}

fn v1<'a>(
    principals: &'a [PrincipalPolicies],
    sets: &[ProposedSet],
    left_out: &[usize],
) -> Result<ClusterV1<'a>, CommandError> {
    let name = |number: usize| principals.get(number).map_or("", |one| one.name.as_str());
    let member = |member: &Member| MemberV1 {
        principal: name(member.principal),
        relation_all_strings: member.change.all_strings.relation.name(),
        relation_catalogue: member.change.catalogue.relation.name(),
        extra_actions: member.extra.iter().map(|(action, _)| action).collect(),
    };
    let set = |set: &ProposedSet| {
        Ok(SetV1 {
            size_bytes: set.merged.size,
            level: set.merged.level.name(),
            policy: raw(&set.merged.policy)?,
            members: set.members.iter().map(member).collect(),
        })
    };
    Ok(ClusterV1 {
        schema_version: 1,
        sets: sets.iter().map(set).collect::<Result<_, CommandError>>()?,
        left_out: left_out.iter().map(|number| name(*number)).collect(),
        catalogue_date: ::policy::catalogue::date(),
    })
}
