//! `sekisho trail show`

use serde::Serialize;
use trail::evidence::{Bounded, Evidence, Hours, Openings, Period, PrincipalKey, Use};
use trail::visibility;

use super::input::Asks;
use super::{at, coverage, input, size};
use crate::cli::Format;
use crate::cli::trail::ShowArguments;
use crate::console::Console;
use crate::error::{CommandError, Exit};
use crate::render::layout::Line;
use crate::render::style::{Ink, Text, harmless};
use crate::render::words::{count, thousands};

/// Entries shown of each list.
const SHOWN: usize = 12;

pub(super) fn run(arguments: &ShowArguments, console: &Console) -> Result<Exit, CommandError> {
    let known = input::evidence(&arguments.inputs, Asks::WhatIsRecorded, console)?;
    let total = &known.total;
    let found: Vec<(&PrincipalKey, &Evidence)> = total.of(&arguments.who).collect();
    if found.is_empty() {
        // Not seen is not unused: what could have been seen is said with it.
        let told = CommandError::new(format!("`{}` is not in what was read of the log", arguments.who));
        let classes = visibility(&total.coverage, &known.recordings, None);
        let told = classes.iter().take(2 * SHOWN).fold(told, |told, class| told.cause(coverage::sentence(class)));
        let told = if known.unread.count > 0 {
            told.cause(format!("{} could not be read", count(size(known.unread.count), "object")))
        } else {
            told
        };
        return Err(told.hint(if known.recordings.is_empty() {
            "classes of events that are not named here are not recorded, or nobody used them; `--event-selectors` tells which"
        } else {
            "classes of events that are not named here are not recorded: who uses nothing else is not seen"
        }));
    }
    match arguments.format.format {
        Format::Json => {
            let rows = found.iter().map(|(principal, evidence)| RowV1 {
                principal,
                evidence,
                openings: total.openings.get(&principal.principal),
            });
            console.json(&ShowV1 { schema_version: 1, found: rows.collect() })?;
        }
        Format::Text => {
            for (number, (key, evidence)) in found.into_iter().enumerate() {
                if number > 0 {
                    console.lines(&[Line::empty()])?;
                }
                console.lines(&page(key, evidence, total, console))?;
            }
        }
    }
    Ok(Exit::Done)
}

#[derive(Serialize)]
struct ShowV1<'a> {
    schema_version: u32,
    found: Vec<RowV1<'a>>,
}

#[derive(Serialize)]
struct RowV1<'a> {
    principal: &'a PrincipalKey,
    evidence: &'a Evidence,
    openings: Option<&'a Openings>,
}

fn page(key: &PrincipalKey, evidence: &Evidence, total: &Period, console: &Console) -> Vec<Line> {
    let mut title = Text::new().with(Ink::Strong, harmless(&key.principal));
    for (what, part) in [("key", &key.access_key), ("opened by", &key.opened_by)] {
        if let Some(part) = part {
            title = title.and(format!("  {what} {}", harmless(part)));
        }
    }
    let mut lines = vec![Line::from(title)];
    let fact =
        |name: &str, text: String| Line::from(Text::plain("  ").with(Ink::Faint, format!("{name:<14}")).and(text));
    lines.push(fact("account", harmless(&key.account)));
    lines.push(fact("last", console.out.time(at(evidence.all.last))));
    if evidence.succeeded.events > 0 {
        lines.push(fact("last success", console.out.time(at(evidence.succeeded.last))));
    }
    lines.push(fact("first", console.out.time(at(evidence.first))));
    lines.push(fact(
        "events",
        format!(
            "{} ({} failed, {} read, {} written, {} from the console)",
            thousands(size(evidence.all.events)),
            thousands(size(evidence.failed())),
            thousands(size(evidence.reads)),
            thousands(size(evidence.writes)),
            thousands(size(evidence.from_console))
        ),
    ));
    let sign_ins = &evidence.sign_ins;
    if sign_ins.with_mfa.events + sign_ins.without_mfa.events + sign_ins.failed.events > 0 {
        let numbers = [sign_ins.with_mfa.events, sign_ins.without_mfa.events, sign_ins.failed.events]
            .map(|number| thousands(size(number)));
        let [with, without, failed] = numbers;
        lines.push(fact("sign-ins", format!("{with} with MFA, {without} without, {failed} failed")));
    }
    for (weekday, day) in (0..7).zip(["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]) {
        let name = if weekday == 0 { "hours (UTC)" } else { "" };
        lines.push(fact(name, format!("{day} {}", sparkline(&evidence.hours, weekday))));
    }
    let mut actions: Vec<_> = evidence.actions.sorted().into_iter().collect();
    actions.sort_by_key(|(name, action)| (std::cmp::Reverse(action.all.events), *name));
    lines.push(Line::from(Text::plain(format!("  {}", counted(&evidence.actions, "action")))));
    for (name, action) in actions.iter().take(SHOWN) {
        let denied = if action.denied.events > 0 {
            format!(", {} denied", thousands(size(action.denied.events)))
        } else {
            String::new()
        };
        let aside =
            format!("{}{denied}, last {}", thousands(size(action.all.events)), console.out.time(at(action.all.last)));
        lines.push(Line::from(Text::plain(format!("    {}", harmless(name)))).aside(Some(Text::plain(aside))));
    }
    list("error code", &evidence.errors, console, &mut lines);
    list("source", &evidence.addresses, console, &mut lines);
    list("program", &evidence.agents, console, &mut lines);
    list("region", &evidence.regions, console, &mut lines);
    list("calling service", &evidence.invoked_by, console, &mut lines);
    list("session", &evidence.sessions, console, &mut lines);
    list("resource", &evidence.resources, console, &mut lines);
    if let Some(openings) = total.openings.get(&key.principal) {
        list("session opener", &openings.callers, console, &mut lines);
    }
    list("event kind", &evidence.classes, console, &mut lines);
    lines
}

fn list<const LIMIT: usize>(noun: &str, entries: &Bounded<Use, LIMIT>, console: &Console, lines: &mut Vec<Line>) {
    if entries.is_empty() {
        return;
    }
    lines.push(Line::from(Text::plain(format!("  {}", counted(entries, noun)))));
    let mut sorted: Vec<_> = entries.sorted().into_iter().collect();
    sorted.sort_by_key(|(name, used)| (std::cmp::Reverse(used.events), *name));
    for (name, used) in sorted.iter().take(SHOWN) {
        let aside = format!("{}, last {}", thousands(size(used.events)), console.out.time(at(used.last)));
        lines.push(Line::from(Text::plain(format!("    {}", harmless(name)))).aside(Some(Text::plain(aside))));
    }
    if sorted.len() > SHOWN {
        lines.push(Line::from(
            Text::new().with(Ink::Faint, format!("    … and {} more", thousands(sorted.len() - SHOWN))),
        ));
    }
}

fn counted<V: trail::evidence::Sum, const LIMIT: usize>(entries: &Bounded<V, LIMIT>, noun: &str) -> String {
    let more = if entries.is_truncated() { "more than " } else { "" };
    format!("{more}{}", count(entries.len(), noun))
}

/// A day, hour by hour.
fn sparkline(hours: &Hours, weekday: u8) -> String {
    const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let most = (0..7)
        .flat_map(|weekday| (0..24).map(move |hour| (weekday, hour)))
        .map(|(weekday, hour)| hours.get(weekday, hour))
        .max();
    let most = most.unwrap_or(0).max(1);
    let bar = |hour: u8| match hours.get(weekday, hour) {
        0 => '·',
        events => BARS.get(size(events.saturating_mul(7) / most)).copied().unwrap_or('█'),
    };
    (0..24).map(bar).collect()
}
