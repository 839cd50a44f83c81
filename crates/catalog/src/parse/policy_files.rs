//! `policies/*.json`: read once, complained about at their own place.

use std::collections::{BTreeMap, BTreeSet};

use policy::{Kind, Policy, Problem, Severity as PolicySeverity, Subject};

use crate::diagnostic::{Diagnostic, Place, Severity, SourceFile, Span};

/// The policy files of a catalog.
#[derive(Debug, Default)]
pub(super) struct PolicyFiles {
    /// Path → policy; none when it is broken.
    files: BTreeMap<String, Option<Policy>>,
    used: BTreeSet<String>,
}

impl PolicyFiles {
    pub(super) fn read(files: &[(&str, &str)], diagnostics: &mut Vec<Diagnostic>) -> Self {
        let mut policies = Self::default();
        for (path, text) in files {
            // A byte order mark is no part of JSON, and editors on Windows write it.
            let file = SourceFile::new(path, text);
            let skipped = text.len() - text.trim_start_matches('\u{feff}').len();
            let parsed = policy::parse(text.get(skipped..).unwrap_or_default());
            let mut problems = parsed.problems;
            if let Some(policy) = &parsed.policy {
                problems.extend(lint(policy));
            }
            let broken = problems.iter().any(Problem::is_error);
            for problem in problems {
                let place = |span: policy::Span| file.place(Span::new(span.start + skipped, span.end + skipped));
                diagnostics.push(diagnostic(&problem, place));
            }
            policies.files.insert((*path).to_owned(), if broken { None } else { parsed.policy });
        }
        policies
    }

    /// The policy of a file; outer none when there is no such file.
    pub(super) fn take(&mut self, path: &str) -> Option<Option<&Policy>> {
        let policy = self.files.get(path)?;
        self.used.insert(path.to_owned());
        Some(policy.as_ref())
    }

    pub(super) fn paths(&self) -> impl Iterator<Item = &str> {
        self.files.keys().map(String::as_str)
    }

    pub(super) fn note_unused(&self, diagnostics: &mut Vec<Diagnostic>) {
        for path in self.files.keys().filter(|path| !self.used.contains(*path)) {
            let message = format!("no permission set uses `{path}`");
            let problem = Diagnostic::new(Severity::Note, "unused-policy", &Place::file(path), message);
            diagnostics.push(problem.help("name it under `inline_policies` of a set, or delete it"));
        }
    }
}

/// What AWS would refuse, and advice.
pub(super) fn lint(policy: &Policy) -> Vec<Problem> {
    policy::lint(&Subject { policy, kind: Kind::Identity, limit: None })
}

/// A problem of the policy language at its place in a file of the catalog.
pub(super) fn diagnostic(problem: &Problem, place: impl Fn(policy::Span) -> Place) -> Diagnostic {
    let severity = match problem.severity {
        PolicySeverity::Error => Severity::Error,
        PolicySeverity::Warning => Severity::Warning,
        PolicySeverity::Advice => Severity::Note,
    };
    let code = format!("policy-{}", problem.rule);
    let mut found = Diagnostic::new(severity, &code, &place(problem.span), problem.message.clone());
    found.help.clone_from(&problem.help);
    match &problem.related {
        Some((span, what)) => found.related(&place(*span), what.clone()),
        None => found,
    }
}
