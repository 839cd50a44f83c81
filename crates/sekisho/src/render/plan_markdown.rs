//! A plan as a comment on a pull request: one table of contents for the eye, the rest as a diff.

use model::finding::Severity;

use super::markup::{fence, prose};
use super::people;
use super::plan_text::{self, Fold};
use super::plan_view::Named;
use super::style::Screen;
use super::words::count;

/// GitHub's limit on a comment, in characters.
pub(crate) const LIMIT: usize = 65_536;

/// A diff longer than this is folded away.
const OPEN_LINES: usize = 40;

/// The plan, in as much detail as the limit allows.
pub(crate) fn render(named: &Named<'_>) -> String {
    for fold in [Fold::FULL, Fold::NORMAL, Fold { sets: 400, ..Fold::BRIEF }, Fold::BRIEF] {
        let text = with(named, fold);
        if text.chars().count() <= LIMIT {
            return text;
        }
    }
    shortest(named)
}

fn with(named: &Named<'_>, fold: Fold) -> String {
    let mut text = head(named);
    let body = diff(named, fold);
    let fence = fence(&body);
    if body.lines().count() > OPEN_LINES {
        text.push_str(&format!(
            "\n<details><summary>Details ({})</summary>\n\n{fence}diff\n{body}{fence}\n\n</details>\n",
            count(body.lines().count(), "line")
        ));
    } else {
        text.push_str(&format!("\n{fence}diff\n{body}{fence}\n"));
    }
    text
}

/// The answer in a few lines: what the plan does, what refuses it, what to look at.
fn head(named: &Named<'_>) -> String {
    let counts = named.counts();
    let refused = named.plan.findings.iter().any(|finding| finding.severity == Severity::Refusal);
    let mut text = String::from("### Sekisho: ");
    text.push_str(match (refused, named.plan.is_empty()) {
        (true, _) => "this plan is refused",
        (false, true) => "nothing to change",
        (false, false) => "changes to access",
    });
    text.push_str(&format!("\n\n**Plan: {}. {} unresolved.**\n", counts.sentence(), counts.unresolved));
    if let Some(sentence) = people::of(named.plan, named.observed).sentence() {
        text.push_str(&format!("\n{sentence}.\n"));
    }
    let mut bullets = Vec::new();
    for finding in &named.plan.findings {
        let sign = match finding.severity {
            Severity::Refusal => "⛔",
            Severity::Warning => "⚠️",
            Severity::Note => continue,
        };
        bullets.push(format!("- {sign} {} (`{}`)", prose(&finding.message), finding.rule));
    }
    for unresolved in &named.plan.unresolved {
        bullets.push(format!(
            "- ⚠️ `{}` {}",
            named.place(&unresolved.source).replace('`', "'"),
            prose(&unresolved.message)
        ));
    }
    let hidden = bullets.len().saturating_sub(20);
    bullets.truncate(20);
    if hidden > 0 {
        bullets.push(format!("- … and {hidden} more"));
    }
    if !bullets.is_empty() {
        text.push('\n');
        text.push_str(&bullets.join("\n"));
        text.push('\n');
    }
    text
}

/// The text form; `+` and `-` move to the first column, where a diff has them, and `!` marks what changes.
fn diff(named: &Named<'_>, fold: Fold) -> String {
    let screen = Screen { color: false, width: 110, wrap: false, terminal: false, zone: jiff::tz::TimeZone::UTC };
    let text = plan_text::render(named, fold, None, &screen);
    text.lines()
        .map(|line| {
            let bare = line.trim_start();
            let mark = match bare.split(' ').next() {
                Some("+") => '+',
                Some("-") => '-',
                Some("~") => '!',
                _ => ' ',
            };
            let rest = if mark == ' ' { line.to_owned() } else { line.replacen(['+', '-', '~'], " ", 1) };
            format!("{mark}{}\n", rest.get(1..).filter(|_| rest.starts_with(' ')).unwrap_or(&rest))
        })
        .collect()
}

/// What is said when even the shortest form is too long.
fn shortest(named: &Named<'_>) -> String {
    let mut text = head(named);
    text.push_str("\nThe plan is too long for a comment; `sekisho plan --full` shows it.\n");
    if text.chars().count() > LIMIT {
        text = text.chars().take(LIMIT).collect();
    }
    text
}
