//! A plan as a few lines, for snapshots.

use std::fmt::Write as _;

use model::operation::{Because, Inverse};
use model::{Observed, Plan, Scope};

/// Operations with scope, what they need by number, and why; then what is left alone.
#[must_use]
pub fn text(plan: &Plan, observed: &Observed) -> String {
    let mut out = String::new();
    let number = |id: &model::OperationId| {
        plan.operations.iter().position(|operation| operation.id == *id).map_or(0, |at| at + 1)
    };
    for (operation, at) in plan.operations.iter().zip(1..) {
        let change = &operation.change;
        let place =
            change.account().map_or_else(String::new, |account| format!(" in {}", observed.account_label(account)));
        let who = change.principal().map_or_else(String::new, |who| format!(" for {}", observed.principal_label(who)));
        let _ = write!(out, "{at}. {} {}{place}{who}", change.kind(), change.set().map_or("", |set| set.name.as_str()));
        if operation.scope == Scope::Management {
            out.push_str(" [management]");
        }
        if !operation.needs.is_empty() {
            let needs: Vec<String> = operation.needs.iter().map(|id| number(id).to_string()).collect();
            let _ = write!(out, " needs {}", needs.join(" "));
        }
        let _ = match &operation.because {
            Because::Declared { source } => writeln!(out, "  ({source})"),
            Because::Undeclared => writeln!(out, "  (undeclared)"),
            Because::Outdated => writeln!(out, "  (outdated)"),
            Because::Undo { run } => writeln!(out, "  (undo {run})"),
            Because::Retirement { why } => writeln!(out, "  ({why})"),
        };
        let _ = writeln!(out, "     {}", operation.meaning.summary);
        for warning in &operation.meaning.warnings {
            let _ = writeln!(out, "     ! {warning}");
        }
        if let Inverse::Approximate { differs, .. } = &operation.inverse {
            let _ = writeln!(out, "     ~ back: {differs}");
        }
    }
    for frozen in &plan.frozen {
        let _ = writeln!(out, "frozen: {}\n     {}", frozen.what, frozen.reason);
    }
    for undeclared in &plan.undeclared {
        let _ = writeln!(out, "undeclared: {}\n     {}", undeclared.what, undeclared.reason);
    }
    for finding in &plan.findings {
        let _ = writeln!(out, "{:?} {}: {}", finding.severity, finding.rule, finding.message);
    }
    out
}
