//! `sekisho policy check`

use ::policy::{Checked, Kind, Problem, Severity, Subject, problems_json, review, sarif};

use super::input::{self, Reader, Source};
use crate::cli::policy::{CheckFormat, CheckPolicyArguments};
use crate::console::Console;
use crate::error::{CommandError, Exit};
use crate::render::style::{Ink, Text};
use crate::render::words::count;

pub(super) fn run(arguments: &CheckPolicyArguments, console: &Console) -> Result<Exit, CommandError> {
    input::use_catalogue(&arguments.catalogue)?;
    let mut reader = Reader::default();
    let mut found: Vec<(Source, Vec<Problem>)> = Vec::new();
    for argument in &arguments.files {
        let source = reader.source(argument)?;
        input::refuse_wrapped(&source)?;
        let problems = problems(&source, arguments, console);
        found.push((source, problems));
    }
    let number = |severity: Severity| {
        found.iter().flat_map(|(_, problems)| problems).filter(|problem| problem.severity == severity).count()
    };
    let (errors, warnings, advice) = (number(Severity::Error), number(Severity::Warning), number(Severity::Advice));
    let checked = || -> Vec<Checked<'_>> {
        found.iter().map(|(source, problems)| Checked { path: &source.name, text: &source.text, problems }).collect()
    };
    match arguments.format {
        CheckFormat::Json => console.data(&format!("{}\n", problems_json(&checked())))?,
        CheckFormat::Sarif => {
            let uris: Vec<String> = found.iter().map(|(source, _)| uri(&source.name)).collect();
            let checked: Vec<Checked<'_>> =
                checked().into_iter().zip(&uris).map(|(one, uri)| Checked { path: uri, ..one }).collect();
            console.data(&format!("{}\n", sarif(&checked, env!("CARGO_PKG_VERSION"))))?;
        }
        CheckFormat::Text => input::show(&found, console),
    }
    let kinds = [(errors, "error"), (warnings, "warning"), (advice, "note")];
    let told: Vec<String> =
        kinds.iter().filter(|(number, _)| *number > 0).map(|(number, noun)| count(*number, noun)).collect();
    let told = told.join(", ");
    let files = count(found.len(), "policy");
    if errors > 0 || (arguments.strict && warnings > 0) {
        let wrong = found.iter().filter(|(_, problems)| !problems.is_empty()).count();
        let problems = count(errors + warnings + advice, "problem");
        return Err(CommandError::new(format!("{problems} in {wrong} of {files}: {told}")));
    }
    if arguments.format == CheckFormat::Text {
        console.say(match told.is_empty() {
            true => Text::new().with(Ink::Good, "✓ ").and(format!("no mistake in {files}")),
            false => Text::new().with(Ink::Good, "✓ ").and(format!("no error in {files}; {told}")),
        });
    }
    Ok(Exit::Done)
}

/// A path as SARIF wants it: what a URI may not hold is escaped.
fn uri(path: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/:".contains(&byte);
    path.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

fn problems(source: &Source, arguments: &CheckPolicyArguments, console: &Console) -> Vec<Problem> {
    let parsed = ::policy::parse(&source.text);
    let mut problems = parsed.problems;
    if let Some(policy) = &parsed.policy {
        let kind = input::kind(arguments.kind, policy);
        if kind != Kind::Identity && arguments.kind == crate::cli::policy::PolicyKind::Auto {
            let what = if kind == Kind::Trust { "a role's trust policy" } else { "a policy on a resource" };
            console.note(format!("`{}` has principals and is judged as {what}; `--kind` says otherwise", source.name));
        }
        problems.extend(review(&Subject { policy, kind, limit: arguments.limit }));
    }
    problems.sort_by_key(|problem| problem.span);
    problems
}
