//! `sekisho policy explain`

use ::policy::Effect;
use ::policy::explain::{ExplainedStatement, Explanation, Language, explain};
use serde::Serialize;

use super::input::{self, Loaded, Reader};
use crate::cli::Format;
use crate::cli::policy::{ExplainLanguage, ExplainPolicyArguments};
use crate::console::Console;
use crate::error::{CommandError, Exit};
use crate::render::layout::Line;
use crate::render::style::{Ink, Text};

pub(super) fn run(arguments: &ExplainPolicyArguments, console: &Console) -> Result<Exit, CommandError> {
    input::use_catalogue(&arguments.catalogue)?;
    let loaded = Reader::default().policies(std::slice::from_ref(&arguments.file), console)?;
    let language = match arguments.language {
        ExplainLanguage::En => Language::English,
        ExplainLanguage::Ja => Language::Japanese,
    };
    for one in &loaded {
        let explanation = explain(&one.policy, language);
        match arguments.format.format {
            Format::Text => console.lines(&lines(&explanation, one, words(language)))?,
            Format::Json => console.json(&v1(&explanation, one, arguments.language))?,
        }
    }
    Ok(Exit::Done)
}

/// Labels of the rows of a statement.
struct RowWords {
    allows: &'static str,
    denies: &'static str,
    who: &'static str,
    actions: &'static str,
    resources: &'static str,
    when: &'static str,
    and: &'static str,
    /// Columns of the labels.
    width: usize,
}

const fn words(language: Language) -> RowWords {
    match language {
        Language::English => RowWords {
            allows: "allows",
            denies: "denies",
            who: "to",
            actions: "what",
            resources: "on",
            when: "when",
            and: "and",
            width: 6,
        },
        Language::Japanese => RowWords {
            allows: "許可",
            denies: "拒否",
            who: "対象者",
            actions: "操作",
            resources: "対象",
            when: "条件",
            and: "かつ",
            width: 8,
        },
    }
}

fn lines(explanation: &Explanation, loaded: &Loaded, words: RowWords) -> Vec<Line> {
    let mut lines = vec![Line::from(Text::new().with(Ink::Strong, &explanation.summary)), Line::empty()];
    for statement in &explanation.statements {
        lines.extend(statement_lines(statement, loaded, &words));
        lines.push(Line::empty());
    }
    for note in &explanation.notes {
        lines.push(Line::from(Text::plain("  · ").and(note)).hanging(4));
    }
    if explanation.notes.is_empty() {
        lines.pop();
    }
    lines
}

fn statement_lines(statement: &ExplainedStatement, loaded: &Loaded, words: &RowWords) -> Vec<Line> {
    let (ink, verb) = match statement.effect {
        Effect::Allow => (Ink::Add, words.allows),
        Effect::Deny => (Ink::Remove, words.denies),
    };
    let (line, _) = ::policy::line_column(&loaded.source.text, statement.span.start);
    let place = Text::new().with(Ink::Faint, format!("{}:{line}", loaded.source.name));
    let head = Text::plain("  ").with(ink, verb).and("  ").with(Ink::Faint, &statement.label);
    let mut lines = vec![Line::from(head).aside(Some(place))];
    let mut row = |label: &str, text: &str| {
        let lead = Text::plain("    ").with(Ink::Faint, label).padded(4 + words.width);
        lines.push(Line::from(lead.and(text)).hanging(4 + words.width));
    };
    if let Some(principals) = &statement.principals {
        row(words.who, principals);
    }
    row(words.actions, &statement.actions);
    if let Some(extent) = &statement.extent {
        row("", extent);
    }
    if let Some(resources) = &statement.resources {
        row(words.resources, resources);
    }
    for (number, condition) in statement.conditions.iter().enumerate() {
        row(if number == 0 { words.when } else { words.and }, condition);
    }
    lines
}

#[derive(Serialize)]
struct ExplainV1<'a> {
    schema_version: u32,
    file: &'a str,
    language: &'static str,
    summary: &'a str,
    statements: Vec<StatementV1<'a>>,
    notes: &'a [String],
    catalogue_date: &'static str,
}

#[derive(Serialize)]
struct StatementV1<'a> {
    label: &'a str,
    line: usize,
    effect: &'static str,
    principals: Option<&'a str>,
    actions: &'a str,
    extent: Option<&'a str>,
    resources: Option<&'a str>,
    conditions: &'a [String],
}

fn v1<'a>(explanation: &'a Explanation, loaded: &'a Loaded, language: ExplainLanguage) -> ExplainV1<'a> {
    let statement = |one: &'a ExplainedStatement| StatementV1 {
        label: &one.label,
        line: ::policy::line_column(&loaded.source.text, one.span.start).0,
        effect: one.effect.name(),
        principals: one.principals.as_deref(),
        actions: &one.actions,
        extent: one.extent.as_deref(),
        resources: one.resources.as_deref(),
        conditions: &one.conditions,
    };
    ExplainV1 {
        schema_version: 1,
        file: &loaded.source.name,
        language: match language {
            ExplainLanguage::En => "en",
            ExplainLanguage::Ja => "ja",
        },
        summary: &explanation.summary,
        statements: explanation.statements.iter().map(statement).collect(),
        notes: &explanation.notes,
        catalogue_date: ::policy::catalogue::date(),
    }
}
