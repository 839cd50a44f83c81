//! Policies as arguments: a file, `-`, or an AWS managed policy by name.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use ::policy::{Kind, Policy, Problem, Severity, did_you_mean, managed};
use catalog::{CatalogFiles, Diagnostic, Related, RenderOptions};

use crate::cli::policy::{ActionCatalogueFlag, PolicyKind};
use crate::console::Console;
use crate::error::CommandError;
use crate::render::words::count;

/// Largest file that is read, in bytes; the longest policy AWS stores has 32 KiB.
const MAX_FILE_BYTES: usize = ::policy::MAX_TEXT_BYTES;
/// Largest catalogue of actions, in bytes; the one inside the program has 2 MB.
const MAX_CATALOGUE_BYTES: usize = 64 << 20;
/// Stands before the name of a managed policy.
const MANAGED: &str = "aws:";

/// A text and what it is called.
#[derive(Debug, Clone)]
pub(super) struct Source {
    /// The path, `standard input`, or the managed policy's name.
    pub(super) name: String,
    /// The text, without a byte order mark.
    pub(super) text: String,
}

/// A policy and the text it was read from.
#[derive(Debug, Clone)]
pub(super) struct Loaded {
    pub(super) source: Source,
    pub(super) policy: Policy,
}

/// Reads texts; standard input at most once.
#[derive(Debug, Default)]
pub(super) struct Reader {
    standard_input_was_read: bool,
}

impl Reader {
    /// The text an argument means.
    pub(super) fn source(&mut self, argument: &str) -> Result<Source, CommandError> {
        if argument == "-" {
            return self.standard_input(MAX_FILE_BYTES);
        }
        if let Some(managed) = managed_policy(argument)? {
            // its own layout is one long line
            let text = managed.policy().map_or_else(|| managed.document().to_owned(), |policy| policy.to_json_pretty());
            return Ok(Source { name: format!("{MANAGED}{}", managed.name), text });
        }
        let text = text(Path::new(argument), MAX_FILE_BYTES).map_err(|error| {
            let known = if Path::new(argument).exists() { None } else { managed::resolve(argument) };
            match known {
                Some(known) => error.hint(format!("`{MANAGED}{}` names AWS's managed policy", known.name)),
                None => error,
            }
        })?;
        Ok(Source { name: argument.to_owned(), text })
    }

    /// A large text that is no policy.
    pub(super) fn large(&mut self, argument: &str) -> Result<Source, CommandError> {
        if argument == "-" {
            return self.standard_input(MAX_CATALOGUE_BYTES);
        }
        Ok(Source { name: argument.to_owned(), text: text(Path::new(argument), MAX_CATALOGUE_BYTES)? })
    }

    fn standard_input(&mut self, most: usize) -> Result<Source, CommandError> {
        if std::mem::replace(&mut self.standard_input_was_read, true) {
            return Err(CommandError::new("`-` stands twice, and standard input can be read once only"));
        }
        let text = bounded(std::io::stdin().lock(), "standard input", most)?;
        if text.trim().is_empty() {
            return Err(CommandError::new("standard input is empty; a policy was expected")
                .hint("pipe one in: `aws iam get-role-policy … --query PolicyDocument | sekisho policy … -`"));
        }
        Ok(Source { name: "standard input".to_owned(), text })
    }

    /// The policies of arguments. What is wrong with them is shown, and ends the command.
    pub(super) fn policies(&mut self, arguments: &[String], console: &Console) -> Result<Vec<Loaded>, CommandError> {
        let sources = arguments.iter().map(|argument| self.source(argument)).collect::<Result<Vec<_>, _>>()?;
        read(sources, console)
    }

    /// The policies of an argument that may name several, with commas between.
    pub(super) fn listed(&mut self, argument: &str, console: &Console) -> Result<Vec<Loaded>, CommandError> {
        // a comma may also be a part of a file's name
        if Path::new(argument).exists() {
            return self.policies(&[argument.to_owned()], console);
        }
        let arguments: Vec<String> = argument.split(',').filter(|part| !part.is_empty()).map(str::to_owned).collect();
        if arguments.is_empty() {
            return Err(CommandError::new("an argument that should name a policy is empty"));
        }
        self.policies(&arguments, console)
    }
}

/// Reads all of them as policies, or shows what stands against it.
pub(super) fn read(sources: Vec<Source>, console: &Console) -> Result<Vec<Loaded>, CommandError> {
    let mut loaded = Vec::new();
    let mut broken: Vec<(Source, Vec<Problem>)> = Vec::new();
    for source in sources {
        let parsed = ::policy::parse(&source.text);
        match parsed.policy {
            Some(policy) => loaded.push(Loaded { source, policy }),
            None => {
                broken.push((source, parsed.problems.into_iter().filter(Problem::is_error).collect()));
            }
        }
    }
    let Some((first, _)) = broken.first() else { return Ok(loaded) };
    let errors: usize = broken.iter().map(|(_, problems)| problems.len()).sum();
    let told = match broken.len() {
        1 => format!("`{}` is no policy: {}", first.name, count(errors, "problem")),
        several => format!("{several} of {} are no policies: {}", loaded.len() + several, count(errors, "problem")),
    };
    for (source, _) in &broken {
        refuse_wrapped(source)?;
    }
    show(&broken, console);
    Err(CommandError::new(told))
}

/// An error for an answer of AWS CLI that has a policy within: all its members would be mistakes.
pub(super) fn refuse_wrapped(source: &Source) -> Result<(), CommandError> {
    let Some(query) = wrapped(&source.text) else { return Ok(()) };
    Err(CommandError::new(format!("`{}` is an answer of AWS CLI around a policy", source.name))
        .hint(format!("ask AWS CLI for the policy itself: `{query}`")))
}

/// AWS CLI's answers hold the policy within; gives the flags that get at it.
fn wrapped(text: &str) -> Option<String> {
    let value: serde_json::Value = serde_json::from_str(text).ok()?;
    if value.get("Statement").is_some() {
        return None;
    }
    let paths =
        ["PolicyDocument", "PolicyVersion.Document", "Role.AssumeRolePolicyDocument", "Policy.Content", "Policy"];
    let within = |path: &&str| path.split('.').try_fold(&value, |value, part| value.get(part));
    let path = paths.into_iter().find(|path| within(path).is_some())?;
    // where the answer holds it as a string, only text output is JSON again
    let text = within(&path).is_some_and(serde_json::Value::is_string);
    Some(format!("--query {path}{}", if text { " --output text" } else { "" }))
}

/// Refuses policies with principals: whom they concern is no part of what is asked, and an answer would not be true.
pub(super) fn refuse_principals(policies: &[Loaded], what: &str) -> Result<(), CommandError> {
    for one in policies {
        if let Some(statement) = one.policy.statements.iter().find(|statement| statement.principal.is_some()) {
            let (line, _) = ::policy::line_column(&one.source.text, statement.place.span.start);
            let name = &one.source.name;
            return Err(CommandError::new(format!(
                "`{name}` is a policy of a resource or a role: line {line} names principals"
            ))
            .hint(format!("only identity policies can be {what}")));
        }
    }
    Ok(())
}

/// The AWS managed policy an argument names; none when it names something else.
fn managed_policy(argument: &str) -> Result<Option<managed::ManagedPolicy>, CommandError> {
    let named = argument.strip_prefix(MANAGED).filter(|_| !Path::new(argument).exists());
    let wanted = match named {
        Some(name) => name,
        None if argument.starts_with("arn:") => argument,
        None => return Ok(None),
    };
    if let Some(found) = managed::resolve(wanted) {
        return Ok(Some(found));
    }
    let error = CommandError::new(format!("no AWS managed policy `{wanted}` is known (as of {})", managed::DATE));
    let nearest: Vec<String> = managed::nearest(wanted, 3).iter().map(|name| format!("{MANAGED}{name}")).collect();
    let nearest: Vec<&str> = nearest.iter().map(String::as_str).collect();
    Err(match did_you_mean(&nearest) {
        Some(help) => error.hint(help),
        None if wanted.starts_with("arn:") => error.hint("policies of your own are given as files"),
        None => error,
    })
}

fn text(path: &Path, most: usize) -> Result<String, CommandError> {
    let shown = path.display();
    if path.is_dir() {
        return Err(CommandError::new(format!("`{shown}` is a folder, not a file"))
            .hint(format!("name its files: `{}/*.json`", shown.to_string().trim_end_matches('/'))));
    }
    let file = File::open(path).map_err(|error| CommandError::new(format!("cannot read `{shown}`")).because(&error))?;
    bounded(file, &format!("`{shown}`"), most)
}

/// Reads UTF-8 up to a bound.
fn bounded(reader: impl Read, what: &str, most: usize) -> Result<String, CommandError> {
    let mut bytes = Vec::new();
    let limit = u64::try_from(most).unwrap_or(u64::MAX);
    reader
        .take(limit.saturating_add(1))
        .read_to_end(&mut bytes)
        .map_err(|error| CommandError::new(format!("cannot read {what}")).because(&error))?;
    if bytes.len() > most {
        let error = CommandError::new(format!("{what} is larger than {} MiB", most >> 20));
        return Err(if most == MAX_FILE_BYTES {
            error.hint("the longest policy AWS takes has 32 KiB; is it the right file?")
        } else {
            error
        });
    }
    let text = String::from_utf8(bytes)
        .map_err(|error| CommandError::new(format!("{what} is not UTF-8 text")).because(&error.utf8_error()))?;
    // editors on Windows write it, and it is no part of JSON
    Ok(text.strip_prefix('\u{feff}').map_or_else(|| text.clone(), str::to_owned))
}

/// Shows problems with the lines they are about.
pub(super) fn show(found: &[(Source, Vec<Problem>)], console: &Console) {
    let files = CatalogFiles::new(found.iter().map(|(source, _)| (source.name.clone(), source.text.clone())));
    let mut diagnostics = Vec::new();
    for (source, problems) in found {
        diagnostics.extend(problems.iter().map(|problem| diagnostic(problem, source)));
    }
    if diagnostics.is_empty() {
        return;
    }
    let options = RenderOptions {
        color: console.messages.color,
        unicode: true,
        width: console.messages.width,
        path_prefix: String::new(),
    };
    let text = catalog::render(&diagnostics, &files, &options);
    // the last line sums up what a catalog has
    let end = text.trim_end().rfind('\n').map_or(0, |at| at + 1);
    console.message(text.get(..end).unwrap_or_default());
}

fn diagnostic(problem: &Problem, source: &Source) -> Diagnostic {
    let severity = match problem.severity {
        Severity::Error => catalog::Severity::Error,
        Severity::Warning => catalog::Severity::Warning,
        Severity::Advice => catalog::Severity::Note,
    };
    let place = |span: ::policy::Span| {
        let (line, column) = ::policy::line_column(&source.text, span.start);
        let number = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        (catalog::Span::new(span.start, span.end), number(line), number(column))
    };
    let (span, line, column) = place(problem.span);
    let related = problem.related.iter().map(|(span, what)| {
        let (span, line, column) = place(*span);
        Related { file: source.name.clone(), span, line, column, label: what.clone() }
    });
    Diagnostic {
        severity,
        code: problem.rule.to_owned(),
        message: format!("{} [{}]", problem.message, problem.rule),
        file: source.name.clone(),
        span,
        line,
        column,
        label: None,
        help: problem.help.clone(),
        related: related.collect(),
    }
}

/// Takes the catalogue of actions from a file, if one is named.
pub(super) fn use_catalogue(flag: &ActionCatalogueFlag) -> Result<(), CommandError> {
    let Some(path) = &flag.catalogue else { return Ok(()) };
    let text = text(path, MAX_CATALOGUE_BYTES)?;
    ::policy::catalogue::CatalogueFile::parse(&text).and_then(::policy::catalogue::CatalogueFile::install).map_err(
        |error| {
            CommandError::new(format!("`{}` is no catalogue of actions", path.display()))
                .because(&error)
                .hint("`sekisho policy catalogue update` writes one")
        },
    )
}

/// What a policy is used as, where it is not said.
pub(super) fn kind(wanted: PolicyKind, policy: &Policy) -> Kind {
    match wanted {
        PolicyKind::Identity => Kind::Identity,
        PolicyKind::Resource => Kind::Resource,
        PolicyKind::Trust => Kind::Trust,
        PolicyKind::Scp => Kind::ServiceControl,
        PolicyKind::Auto => {
            let statements = &policy.statements;
            if !statements.iter().any(|statement| statement.principal.is_some()) {
                return Kind::Identity;
            }
            let assumes = |text: &str| text.to_lowercase().starts_with("sts:");
            let trust = statements.iter().all(|one| one.resource.is_none() && one.action.patterns().all(assumes));
            if trust { Kind::Trust } else { Kind::Resource }
        }
    }
}

/// `KEY=VALUE`.
pub(super) fn pair<'a>(flag: &str, text: &'a str) -> Result<(&'a str, &'a str), CommandError> {
    let split = text.split_once('=').filter(|(key, _)| !key.is_empty());
    split.ok_or_else(|| {
        CommandError::new(format!("`{flag} {text}` is not of the form KEY=VALUE"))
            .hint(format!("such as `{flag} {}`", if flag == "--tag" { "team=web" } else { "aws:SourceIp=203.0.113.7" }))
    })
}
