//! `sekisho policy translate`

use std::collections::BTreeMap;
use std::path::Path;

use ::policy::Policy;
use ::policy::translate::{Finding, Outcome, Translated, UserFacts, statements_naming_user, translate};
use serde::Serialize;
use serde_json::value::RawValue;

use super::input::{self, Loaded, Reader};
use super::merge::raw;
use crate::cli::Format;
use crate::cli::policy::TranslatePolicyArguments;
use crate::console::Console;
use crate::error::{CommandError, Exit};
use crate::folder;
use crate::render::layout::Line;
use crate::render::style::{Ink, Text};
use crate::render::words::count;

pub(super) fn run(arguments: &TranslatePolicyArguments, console: &Console) -> Result<Exit, CommandError> {
    let user = user(arguments)?;
    let mut reader = Reader::default();
    let loaded = reader.policies(&arguments.files, console)?;
    input::refuse_principals(&loaded, "translated; give others by `--resource-policy`")?;
    let naming = naming(&reader.policies(&arguments.resource_policies, console)?, &user);
    let policies: Vec<Policy> = loaded.iter().map(|one| one.policy.clone()).collect();
    let translated = translate(&policies, &user);
    if let Some(out) = &arguments.out {
        folder::write_new(out, &files(&loaded, &translated))?;
    }
    match arguments.format.format {
        Format::Json => console.json(&v1(&user, &loaded, &translated, &naming)?)?,
        Format::Text => {
            let mut told = lines(&user, &loaded, &translated);
            if !arguments.resource_policies.is_empty() {
                told.extend(naming_lines(&user, &naming));
            }
            console.lines(&told)?;
        }
    }
    if let Some(out) = &arguments.out {
        let written = files(&loaded, &translated).len();
        console.say(Text::plain(format!("{} written to `{}`", count(written, "policy"), folder::shown(out))));
    }
    Ok(Exit::Done)
}

fn user(arguments: &TranslatePolicyArguments) -> Result<UserFacts, CommandError> {
    let arn = arguments.user.as_str();
    let name = arn
        .split_once(":user/")
        .filter(|(before, _)| before.starts_with("arn:") && before.contains(":iam::"))
        .and_then(|(_, path)| path.rsplit('/').next())
        .filter(|name| !name.is_empty());
    let Some(name) = name else {
        return Err(CommandError::new(format!("`--user {arn}` is not the ARN of an IAM user"))
            .hint("such as `arn:aws:iam::111122223333:user/taro`"));
    };
    let tags = if arguments.tags.is_empty() && !arguments.no_tags {
        None
    } else {
        let pairs = arguments.tags.iter().map(|text| input::pair("--tag", text));
        let pairs = pairs.collect::<Result<Vec<_>, _>>()?;
        Some(pairs.into_iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect::<BTreeMap<_, _>>())
    };
    Ok(UserFacts { arn: arn.to_owned(), name: name.to_owned(), id: arguments.user_id.clone(), tags })
}

/// A statement of a resource's policy that names the user.
#[derive(Serialize)]
struct NamingV1 {
    source: String,
    line: usize,
    statement: usize,
    by: String,
}

fn naming(policies: &[Loaded], user: &UserFacts) -> Vec<NamingV1> {
    let of = |one: &Loaded| {
        let found = statements_naming_user(&one.policy, user).into_iter();
        let told = found.map(|(number, by)| NamingV1 {
            source: one.source.name.clone(),
            line: one
                .policy
                .statements
                .get(number)
                .map_or(1, |statement| ::policy::line_column(&one.source.text, statement.place.span.start).0),
            statement: number + 1,
            by,
        });
        told.collect::<Vec<_>>()
    };
    policies.iter().flat_map(of).collect()
}

fn naming_lines(user: &UserFacts, naming: &[NamingV1]) -> Vec<Line> {
    let head = match naming.len() {
        0 => format!("no statement of the resources' policies names {}", user.name),
        number => format!("{} of the resources' policies must name the role afterwards", count(number, "statement")),
    };
    let mut lines = vec![Line::empty(), Line::from(Text::new().with(Ink::Strong, head))];
    for one in naming {
        let place = Text::new().with(Ink::Faint, format!("{}:{}", one.source, one.line));
        let text = Text::plain(format!("  statement {} by {}", one.statement, one.by));
        lines.push(Line::from(text).aside(Some(place)));
    }
    lines
}

/// File name → text of each translated policy that still says something.
fn files(loaded: &[Loaded], translated: &Translated) -> BTreeMap<String, String> {
    let mut files = BTreeMap::new();
    for (one, policy) in loaded.iter().zip(&translated.policies).filter(|(_, policy)| !policy.statements.is_empty()) {
        let stem = Path::new(&one.source.name).file_stem().and_then(|stem| stem.to_str()).unwrap_or("policy");
        let stem = stem.replace([':', ' '], "-");
        let mut name = format!("{stem}.json");
        let mut number = 2;
        while files.contains_key(&name) {
            name = format!("{stem}-{number}.json");
            number += 1;
        }
        files.insert(name, format!("{}\n", policy.to_json_pretty().trim_end()));
    }
    files
}

fn lines(user: &UserFacts, loaded: &[Loaded], translated: &Translated) -> Vec<Line> {
    let of = |outcome: Outcome| translated.findings.iter().filter(move |finding| finding.outcome == outcome).count();
    let all: usize = loaded.iter().map(|one| one.policy.statements.len()).sum();
    let silent = all - translated.findings.len();
    let first = match of(Outcome::Review) {
        0 => format!("{}: {} can move to a role", user.name, count(all, "statement")),
        number => format!("{}: {} of {} need a decision of yours first", user.name, number, count(all, "statement")),
    };
    let mut counts: Vec<String> =
        [(Outcome::Rewrite, "rewritten"), (Outcome::Drop, "dropped"), (Outcome::Review, "to decide")]
            .into_iter()
            .filter(|(outcome, _)| of(*outcome) > 0)
            .map(|(outcome, word)| format!("{} {word}", of(outcome)))
            .collect();
    counts.insert(0, format!("{} kept as they are", silent + of(Outcome::Keep)));
    let mut lines = vec![
        Line::from(Text::new().with(Ink::Strong, first)),
        Line::from(Text::plain(format!("  {}", counts.join(", ")))),
    ];
    for finding in &translated.findings {
        lines.push(Line::empty());
        lines.extend(finding_lines(finding, loaded));
    }
    if user.tags.is_none() && says_principal_tag(loaded) {
        let text = "conditions on aws:PrincipalTag were left open: give the user's tags by `--tag`, or say `--no-tags`";
        lines.extend([Line::empty(), crate::render::layout::warning(2, text)]);
    }
    lines
}

fn says_principal_tag(loaded: &[Loaded]) -> bool {
    loaded.iter().any(|one| one.source.text.to_lowercase().contains("aws:principaltag/"))
}

fn finding_lines(finding: &Finding, loaded: &[Loaded]) -> Vec<Line> {
    let ink = match finding.outcome {
        Outcome::Keep => Ink::Plain,
        Outcome::Rewrite => Ink::Change,
        Outcome::Drop => Ink::Remove,
        Outcome::Review => Ink::Warning,
    };
    let place = loaded.get(finding.policy).map(|one| {
        let (line, _) = ::policy::line_column(&one.source.text, finding.span.start);
        Text::new().with(Ink::Faint, format!("{}:{line}", one.source.name))
    });
    let head = Text::plain("  ").with(ink, finding.outcome.name()).padded(11).and(&finding.label);
    let mut lines = vec![Line::from(head).aside(place)];
    for reason in &finding.reasons {
        lines.push(Line::from(Text::plain("    ").and(reason)).hanging(4));
    }
    if finding.changes_meaning {
        lines.push(crate::render::layout::warning(4, "the role's rights differ from the user's in this"));
    }
    lines
}

#[derive(Serialize)]
struct TranslateV1<'a> {
    schema_version: u32,
    user: &'a str,
    policies: Vec<PolicyV1<'a>>,
    findings: Vec<FindingV1<'a>>,
    /// Statements of resources' policies that name the user.
    naming_user: &'a [NamingV1],
}

#[derive(Serialize)]
struct PolicyV1<'a> {
    source: &'a str,
    /// Null when no statement is left.
    policy: Option<Box<RawValue>>,
}

#[derive(Serialize)]
struct FindingV1<'a> {
    source: &'a str,
    line: usize,
    statement: usize,
    outcome: &'static str,
    reasons: &'a [String],
    changes_meaning: bool,
}

fn v1<'a>(
    user: &'a UserFacts,
    loaded: &'a [Loaded],
    translated: &'a Translated,
    naming: &'a [NamingV1],
) -> Result<TranslateV1<'a>, CommandError> {
    let policies = loaded.iter().zip(&translated.policies).map(|(one, policy)| {
        let policy = if policy.statements.is_empty() { None } else { Some(raw(policy)?) };
        Ok(PolicyV1 { source: &one.source.name, policy })
    });
    let findings = translated.findings.iter().filter_map(|finding| {
        let source = &loaded.get(finding.policy)?.source;
        Some(FindingV1 {
            source: &source.name,
            line: ::policy::line_column(&source.text, finding.span.start).0,
            statement: finding.statement + 1,
            outcome: finding.outcome.name(),
            reasons: &finding.reasons,
            changes_meaning: finding.changes_meaning,
        })
    });
    Ok(TranslateV1 {
        schema_version: 1,
        user: &user.arn,
        policies: policies.collect::<Result<_, CommandError>>()?,
        findings: findings.collect(),
        naming_user: naming,
    })
}
