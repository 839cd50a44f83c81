//! A plan for people at a terminal.

use model::finding::{Finding, Severity};
use model::observed::CallerRole;

use super::layout::{Line, warning, write};
use super::people;
use super::plan_view::{Block, Counts, Named, PartChange, SetView, Sign};
use super::style::{Ink, Screen, Text};
use super::words::{count, duration_ms, list, thousands};

/// How much of long lists is shown.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fold {
    /// Blocks of assignments under one set.
    pub(crate) blocks: usize,
    /// Principals in one block.
    pub(crate) rows: usize,
    /// Accounts named in one line.
    pub(crate) accounts: usize,
    /// Lines on one inline policy.
    pub(crate) details: usize,
    /// Lines in the sections on what is left alone.
    pub(crate) listed: usize,
    /// Sets shown with their contents; the others get one line each.
    pub(crate) sets: usize,
}

impl Fold {
    /// A plan one can read through.
    pub(crate) const NORMAL: Self = Self { blocks: 12, rows: 12, accounts: 5, details: 8, listed: 6, sets: 60 };
    /// A plan at a glance.
    pub(crate) const BRIEF: Self = Self { blocks: 2, rows: 3, accounts: 3, details: 2, listed: 2, sets: 5 };
    /// Everything.
    pub(crate) const FULL: Self = Self {
        blocks: usize::MAX,
        rows: usize::MAX,
        accounts: usize::MAX,
        details: usize::MAX,
        listed: usize::MAX,
        sets: usize::MAX,
    };
}

/// The whole plan. `next` is what to do with it, in a line of its own.
pub(crate) fn render(named: &Named<'_>, fold: Fold, next: Option<&str>, screen: &Screen) -> String {
    let sets = named.sets();
    let mut lines = vec![headline(named)];
    if let Some(sentence) = people::of(named.plan, named.observed).sentence() {
        lines.push(Line::from(Text::plain(sentence)));
    }
    lines.push(Line::empty());
    lines.extend(not_read(named, fold));
    let (shown, rest) = worth_showing(&sets, fold.sets);
    for set in shown {
        lines.extend(set_lines(set, fold));
        lines.push(Line::empty());
    }
    if !rest.is_empty() {
        lines.extend(rest.into_iter().map(set_in_one_line));
        lines.push(Line::empty());
    }
    lines.extend(unresolved(named));
    lines.extend(frozen(named, fold));
    lines.extend(undeclared(named, fold));
    lines.extend(findings(named));
    let shortened = sets.len() > fold.sets
        || sets
            .iter()
            .any(|set| set.blocks.len() > fold.blocks || set.blocks.iter().any(|block| block.rows.len() > fold.rows));
    lines.push(footer(&named.counts()));
    if shortened {
        lines.push(Line::from(Text::new().with(Ink::Faint, "Long lists are shortened; --full shows all.")));
    }
    lines.extend(next.map(|next| Line::from(Text::plain(next))));
    write(&lines, screen)
}

/// The sets shown with their contents, and those that get one line: where somebody loses something comes first, then
/// sets that change, then new ones. Both in the order of names.
fn worth_showing(sets: &[SetView], most: usize) -> (Vec<&SetView>, Vec<&SetView>) {
    let removes =
        |set: &SetView| set.sign == Some(Sign::Remove) || set.blocks.iter().any(|block| block.sign != Sign::Add);
    let mut ranked: Vec<(u8, usize)> = sets
        .iter()
        .enumerate()
        .map(|(at, set)| match set.sign {
            _ if removes(set) => (0, at),
            Some(Sign::Change) => (1, at),
            Some(_) => (2, at),
            None => (3, at),
        })
        .collect();
    ranked.sort_unstable();
    let chosen: std::collections::BTreeSet<usize> = ranked.into_iter().take(most).map(|(_, at)| at).collect();
    let pick = |wanted: bool| {
        let sets = sets.iter().enumerate().filter(|(at, _)| chosen.contains(at) == wanted);
        sets.map(|(_, set)| set).collect()
    };
    (pick(true), pick(false))
}

/// `Identity Center ssoins-7223…  (delegated administrator, 40 accounts, read 412 calls in 3.1 s, complete)`
pub(crate) fn headline(named: &Named<'_>) -> Line {
    let observation = &named.plan.observation;
    let instance = named.plan.instance.instance.as_str().rsplit('/').next().unwrap_or_default();
    let role = match observation.caller.role {
        CallerRole::Management => "management account",
        CallerRole::DelegatedAdministrator => "delegated administrator",
        CallerRole::Unknown => "role of the caller unknown",
    };
    let accounts = match observation.accounts {
        Some(accounts) => count(usize::try_from(accounts).unwrap_or(usize::MAX), "account"),
        None => "accounts unknown".to_owned(),
    };
    let calls = count(usize::try_from(observation.cost.calls).unwrap_or(usize::MAX), "call");
    let complete = match observation.unknown.len() {
        0 => "complete".to_owned(),
        _ if only_deleted_hidden(named) => "complete but for deleted people and groups".to_owned(),
        unknown => format!("partial: {} could not be read", count(unknown, "part")),
    };
    let aside =
        format!("({role}, {accounts}, read {calls} in {}, {complete})", duration_ms(observation.cost.elapsed_ms));
    Text::new().with(Ink::Strong, format!("Identity Center {instance}")).and("  ").with(Ink::Faint, aside).into()
}

/// Whether all was read, by the listing per principal: it cannot show assignments of principals that are gone.
fn only_deleted_hidden(named: &Named<'_>) -> bool {
    named.plan.observation.unknown.iter().all(|part| part.contains("read per principal"))
}

fn not_read(named: &Named<'_>, fold: Fold) -> Vec<Line> {
    let unknown = &named.plan.observation.unknown;
    if only_deleted_hidden(named) {
        return Vec::new();
    }
    let head = Text::plain("  ").with(Ink::Warning, "Not read").and("; nothing that depends on it is removed");
    let mut lines = vec![Line::from(head)];
    lines.extend(unknown.iter().take(fold.listed).map(|part| warning(4, part)));
    lines.extend(more(4, unknown.len(), fold.listed, ""));
    lines.push(Line::empty());
    lines
}

/// `… and 37 more`, if there are.
fn more(indent: usize, all: usize, shown: usize, what: &str) -> Option<Line> {
    let hidden = all.checked_sub(shown).filter(|hidden| *hidden > 0)?;
    let text = format!("… and {} more{what}", thousands(hidden));
    Some(Text::plain(" ".repeat(indent)).with(Ink::Faint, text).into())
}

fn ink(sign: Sign) -> Ink {
    match sign {
        Sign::Add => Ink::Add,
        Sign::Remove => Ink::Remove,
        Sign::Change => Ink::Change,
    }
}

fn signed(indent: usize, sign: Sign) -> Text {
    Text::plain(" ".repeat(indent)).with(ink(sign), sign.as_str()).and(" ")
}

fn set_lines(set: &SetView, fold: Fold) -> Vec<Line> {
    let mut lines = Vec::new();
    if let Some(sign) = set.sign {
        let kind = if set.management { "permission set, by the management executor" } else { "permission set" };
        let head = signed(2, sign).with(Ink::Strong, set.name.as_str()).padded(46).and("  ").with(Ink::Faint, kind);
        lines.push(Line::from(head).aside(aside(&set.because)));
        for part in &set.parts {
            lines.extend(part_lines(part, fold));
        }
        if !set.provisioned.is_empty() {
            lines.push(provisioned(&set.provisioned, fold).into());
        }
        lines.extend(set.warnings.iter().map(|text| warning(4, text)));
    }
    for block in set.blocks.iter().take(fold.blocks) {
        lines.extend(block_lines(set, block, fold));
    }
    if let Some(hidden) = set.blocks.get(fold.blocks..).filter(|hidden| !hidden.is_empty()) {
        let (added, removed) = tally(hidden);
        let text =
            format!("… {} → {}: {}", set.name, count(accounts_of(hidden), "more account"), tally_words(added, removed));
        lines.push(Text::plain("  ").with(Ink::Faint, text).into());
    }
    lines
}

fn provisioned(accounts: &[String], fold: Fold) -> Text {
    let names = list(accounts.iter().map(String::as_str), fold.accounts);
    signed(4, Sign::Change).and(format!("re-provisions {}: {names}", count(accounts.len(), "account")))
}

fn part_lines(part: &PartChange, fold: Fold) -> Vec<Line> {
    let label = format!("{:<17} ", part.part);
    let mut lines = vec![
        Line::from(match part.sign {
            Some(sign) => signed(4, sign).and(label).and(&part.text),
            None => Text::plain("      ").and(label).and(&part.text),
        })
        .hanging(8),
    ];
    lines.extend(
        part.details.iter().take(fold.details).map(|(sign, text)| Line::from(signed(8, *sign).and(text)).hanging(10)),
    );
    lines.extend(more(8, part.details.len(), fold.details, " in this policy"));
    lines
}

fn block_lines(set: &SetView, block: &Block, fold: Fold) -> Vec<Line> {
    let kind = if block.management { "assignments, by the management executor" } else { "assignments" };
    let head = signed(2, block.sign).with(Ink::Strong, set.name.as_str()).and(" → ");
    let head = match block.accounts.as_slice() {
        [one] => head.and(one),
        several => head.and(count(several.len(), "account")),
    };
    let mut lines = vec![Line::from(head.padded(46).and("  ").with(Ink::Faint, kind))];
    for row in block.rows.iter().take(fold.rows) {
        let left = signed(6, row.sign).and(&row.principal).padded(34).and("  ").with(Ink::Faint, &row.who);
        lines.push(Line::from(left).aside(aside(&row.because)));
    }
    lines.extend(more(6, block.rows.len(), fold.rows, ""));
    if block.accounts.len() > 1 {
        let names: Vec<&str> =
            block.accounts.iter().map(|account| account.split(" (").next().unwrap_or(account)).collect();
        let text = format!("in {}", list(names, fold.accounts));
        lines.push(Line::from(Text::plain("      ").with(Ink::Faint, text)).hanging(9));
    }
    lines.extend(block.warnings.iter().take(fold.listed).map(|text| warning(6, text)));
    lines.extend(more(6, block.warnings.len(), fold.listed, " warnings"));
    lines
}

/// A set of which only the numbers are told.
fn set_in_one_line(set: &SetView) -> Line {
    let (added, removed) = tally(&set.blocks);
    let accounts = accounts_of(&set.blocks);
    let sign = set.sign.unwrap_or(match (added, removed) {
        (_, 0) => Sign::Add,
        (0, _) => Sign::Remove,
        _ => Sign::Change,
    });
    let mut told = Vec::new();
    match set.sign {
        Some(Sign::Add) => told.push("new set".to_owned()),
        Some(Sign::Remove) => told.push("deleted".to_owned()),
        Some(Sign::Change) => {
            let mut parts: Vec<&str> = set.parts.iter().map(|part| part.part).collect();
            parts.dedup();
            told.extend(parts.into_iter().map(|part| format!("{part} changed")));
        }
        None => {}
    }
    if !set.provisioned.is_empty() {
        told.push(format!("re-provisions {}", count(set.provisioned.len(), "account")));
    }
    if accounts > 0 {
        told.push(format!("{} in {}", tally_words(added, removed), count(accounts, "account")));
    }
    signed(2, sign).with(Ink::Strong, set.name.as_str()).padded(34).and("  ").with(Ink::Faint, told.join(", ")).into()
}

fn accounts_of(blocks: &[Block]) -> usize {
    blocks.iter().map(|block| block.accounts.len()).sum()
}

/// Assignments added and removed.
fn tally(blocks: &[Block]) -> (usize, usize) {
    let mut totals = (0, 0);
    for block in blocks {
        for row in &block.rows {
            match row.sign {
                Sign::Remove => totals.1 += block.accounts.len(),
                _ => totals.0 += block.accounts.len(),
            }
        }
    }
    totals
}

fn tally_words(added: usize, removed: usize) -> String {
    match (added, removed) {
        (added, 0) => format!("{} added", count(added, "assignment")),
        (0, removed) => format!("{} removed", count(removed, "assignment")),
        (added, removed) => format!("{} added, {} removed", count(added, "assignment"), thousands(removed)),
    }
}

fn aside(text: &str) -> Option<Text> {
    (!text.is_empty()).then(|| Text::new().with(Ink::Faint, text))
}

fn section(title: String, explanation: &str) -> Line {
    Text::plain("  ").with(Ink::Strong, title).with(Ink::Faint, format!("  {explanation}")).into()
}

fn unresolved(named: &Named<'_>) -> Vec<Line> {
    let unresolved = &named.plan.unresolved;
    if unresolved.is_empty() {
        return Vec::new();
    }
    let mut lines = vec![section(
        format!("Unresolved: {}", count(unresolved.len(), "declaration")),
        "nothing they may be about is added or removed",
    )];
    for one in unresolved {
        let text = Text::plain("    ").with(Ink::Warning, "! ").and(&one.message);
        lines.push(Line::from(text).aside(aside(&named.place(&one.source))));
        let help = one.help.as_deref().map(|help| format!("help: {help}"));
        let frozen = format!("stays as it is: {}", named.footprint(one));
        for more in help.into_iter().chain([frozen]) {
            lines.push(Line::from(Text::plain("      ").with(Ink::Faint, more)).hanging(8));
        }
    }
    lines.push(Line::empty());
    lines
}

fn frozen(named: &Named<'_>, fold: Fold) -> Vec<Line> {
    let frozen = named.plan.frozen.iter().map(|frozen| (frozen.reason.as_str(), frozen.what.as_str()));
    by_reason("Frozen", "difference", "left as it is for the reason given", frozen.collect(), fold)
}

fn undeclared(named: &Named<'_>, fold: Fold) -> Vec<Line> {
    let undeclared = named.plan.undeclared.iter().map(|one| (one.reason.as_str(), one.what.as_str()));
    by_reason("Undeclared", "thing in AWS", "declared nowhere, and not Sekisho's to remove", undeclared.collect(), fold)
}

/// A section of differences that stay, grouped by the reason.
fn by_reason(title: &str, noun: &str, explanation: &str, items: Vec<(&str, &str)>, fold: Fold) -> Vec<Line> {
    if items.is_empty() {
        return Vec::new();
    }
    let number = match noun {
        "thing in AWS" if items.len() == 1 => "1 thing in AWS".to_owned(),
        "thing in AWS" => format!("{} things in AWS", thousands(items.len())),
        _ => count(items.len(), noun),
    };
    let mut lines = vec![section(format!("{title}: {number}"), explanation)];
    let mut reasons: Vec<(&str, Vec<&str>)> = Vec::new();
    for (reason, what) in items {
        match reasons.iter_mut().find(|(known, _)| *known == reason) {
            Some((_, whats)) => whats.push(what),
            None => reasons.push((reason, vec![what])),
        }
    }
    for (reason, whats) in reasons {
        lines.push(Line::from(Text::plain("    ").and(reason)).hanging(6));
        lines.extend(
            whats
                .iter()
                .take(fold.listed)
                .map(|what| Line::from(Text::plain("      · ").with(Ink::Faint, what)).hanging(10)),
        );
        lines.extend(more(8, whats.len(), fold.listed, ""));
    }
    lines.push(Line::empty());
    lines
}

fn findings(named: &Named<'_>) -> Vec<Line> {
    let mut findings: Vec<&Finding> = named.plan.findings.iter().collect();
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    let mut lines: Vec<Line> = findings.iter().flat_map(|finding| finding_lines(named, finding)).collect();
    if !lines.is_empty() {
        lines.push(Line::empty());
    }
    lines
}

/// One finding with its help.
pub(crate) fn finding_lines(named: &Named<'_>, finding: &Finding) -> Vec<Line> {
    let (ink, sign) = match finding.severity {
        Severity::Refusal => (Ink::Error, "✗ refused: "),
        Severity::Warning => (Ink::Warning, "! "),
        Severity::Note => (Ink::Faint, "· "),
    };
    let place = finding.source.as_ref().map(|source| format!("  {}", named.place(source))).unwrap_or_default();
    let beside = format!("  [{}]{place}", finding.rule);
    let text = Text::plain("  ").with(ink, sign).and(&finding.message).with(Ink::Faint, beside);
    let mut lines = vec![Line::from(text).hanging(4)];
    if let Some(help) = &finding.help {
        lines.push(Line::from(Text::plain("    ").with(Ink::Faint, format!("help: {help}"))).hanging(10));
    }
    lines
}

fn footer(counts: &Counts) -> Line {
    let unresolved = format!("{} unresolved.", thousands(counts.unresolved));
    Text::new().with(Ink::Strong, "Plan: ").and(format!("{}. {unresolved}", counts.sentence())).into()
}
