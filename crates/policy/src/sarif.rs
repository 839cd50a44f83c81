//! Problems for machines: SARIF 2.1.0, which code hosts show beside the lines, and plain JSON.

use crate::json::Writer;
use crate::lint::RULES;
use crate::problem::{Problem, Severity};
use crate::span::{Span, line_column};

/// A file and what was found in it.
#[derive(Debug, Clone, Copy)]
pub struct Checked<'a> {
    /// Its path, as it is to be shown.
    pub path: &'a str,
    /// Its text, to turn spans into lines.
    pub text: &'a str,
    /// What was found.
    pub problems: &'a [Problem],
}

/// A SARIF 2.1.0 log of one run. `version` is the program's.
#[must_use]
pub fn sarif(files: &[Checked<'_>], version: &str) -> String {
    let mut writer = Writer::new(true);
    writer.open('{');
    text(&mut writer, "$schema", "https://json.schemastore.org/sarif-2.1.0.json");
    text(&mut writer, "version", "2.1.0");
    writer.name("runs");
    writer.open('[');
    writer.open('{');
    writer.name("tool");
    writer.open('{');
    writer.name("driver");
    writer.open('{');
    text(&mut writer, "name", "sekisho");
    text(&mut writer, "version", version);
    writer.name("rules");
    writer.open('[');
    for rule in RULES {
        writer.open('{');
        text(&mut writer, "id", rule.name);
        writer.name("shortDescription");
        message(&mut writer, rule.summary);
        writer.close('}');
    }
    writer.close(']');
    writer.close('}');
    writer.close('}');
    writer.name("results");
    writer.open('[');
    for file in files {
        file.problems.iter().for_each(|problem| result(&mut writer, file, problem));
    }
    writer.close(']');
    writer.close('}');
    writer.close(']');
    writer.close('}');
    writer.finish()
}

/// Problems as JSON: `{"schema_version": 1, "problems": [{path, line, column, end_line, end_column, severity, rule, message, help?}]}`.
#[must_use]
pub fn problems_json(files: &[Checked<'_>]) -> String {
    let mut writer = Writer::new(true);
    writer.open('{');
    number(&mut writer, "schema_version", 1);
    writer.name("problems");
    writer.open('[');
    for file in files {
        for problem in file.problems {
            let (line, column) = line_column(file.text, problem.span.start);
            let (end_line, end_column) = line_column(file.text, problem.span.end);
            writer.open('{');
            text(&mut writer, "path", file.path);
            number(&mut writer, "line", line);
            number(&mut writer, "column", column);
            number(&mut writer, "end_line", end_line);
            number(&mut writer, "end_column", end_column);
            text(&mut writer, "severity", problem.severity.name());
            text(&mut writer, "rule", problem.rule);
            text(&mut writer, "message", &problem.message);
            if let Some(help) = &problem.help {
                text(&mut writer, "help", help);
            }
            writer.close('}');
        }
    }
    writer.close(']');
    writer.close('}');
    writer.finish()
}

fn result(writer: &mut Writer, file: &Checked<'_>, problem: &Problem) {
    writer.open('{');
    text(writer, "ruleId", problem.rule);
    let level = match problem.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Advice => "note",
    };
    text(writer, "level", level);
    writer.name("message");
    match &problem.help {
        Some(help) => message(writer, &format!("{}. help: {help}", problem.message)),
        None => message(writer, &problem.message),
    }
    writer.name("locations");
    location(writer, file, problem.span, None);
    if let Some((span, what)) = &problem.related {
        writer.name("relatedLocations");
        location(writer, file, *span, Some(what));
    }
    writer.close('}');
}

fn location(writer: &mut Writer, file: &Checked<'_>, span: Span, what: Option<&str>) {
    writer.open('[');
    writer.open('{');
    writer.name("physicalLocation");
    writer.open('{');
    writer.name("artifactLocation");
    writer.open('{');
    text(writer, "uri", file.path);
    writer.close('}');
    writer.name("region");
    writer.open('{');
    let (line, column) = line_column(file.text, span.start);
    let (end_line, end_column) = line_column(file.text, span.end);
    number(writer, "startLine", line);
    number(writer, "startColumn", column);
    number(writer, "endLine", end_line);
    number(writer, "endColumn", end_column);
    writer.close('}');
    writer.close('}');
    if let Some(what) = what {
        writer.name("message");
        message(writer, what);
    }
    writer.close('}');
    writer.close(']');
}

fn message(writer: &mut Writer, words: &str) {
    writer.open('{');
    text(writer, "text", words);
    writer.close('}');
}

fn text(writer: &mut Writer, name: &str, value: &str) {
    writer.name(name);
    writer.string(value);
}

fn number(writer: &mut Writer, name: &str, value: usize) {
    writer.name(name);
    writer.raw(&value.to_string());
}
