//! `sekisho trail coverage`

use std::collections::BTreeMap;

use serde::Serialize;
use trail::selectors::Recorded;
use trail::{Findings, Unread, Visibility, visibility};

use super::input::{self, Asks, Known};
use super::{day, size};
use crate::cli::Format;
use crate::cli::trail::CoverageArguments;
use crate::console::Console;
use crate::error::{CommandError, Exit};
use crate::render::layout::{Line, table};
use crate::render::style::{Ink, Text, harmless};
use crate::render::words::{count, duration_ms, thousands};

/// Names shown of what could not be read.
const SHOWN: usize = 20;

pub(super) fn run(arguments: &CoverageArguments, console: &Console) -> Result<Exit, CommandError> {
    let known = input::evidence(&arguments.inputs, Asks::WhatIsRecorded, console)?;
    match arguments.format.format {
        Format::Json => console.json(&v1(&known))?,
        Format::Text => console.lines(&lines(&known))?,
    }
    Ok(Exit::Done)
}

#[derive(Serialize)]
struct CoverageV1 {
    schema_version: u32,
    places: Vec<PlaceV1>,
    gaps: Vec<GapV1>,
    classes_seen_since: BTreeMap<String, String>,
    classes: Vec<ClassV1>,
    findings: Findings,
    unread: Unread,
    unfinished: Vec<String>,
}

#[derive(Serialize)]
struct ClassV1 {
    class: String,
    /// `whole`, `partly`, `no`, `unknown`
    recorded: &'static str,
    narrowed_by: Vec<String>,
    seen_since: Option<String>,
    visible_since: Option<String>,
}

#[derive(Serialize)]
struct PlaceV1 {
    account: String,
    region: String,
    first_day: String,
    last_day: String,
    days: usize,
    records: u64,
    longest_delay_s: u64,
}

#[derive(Serialize)]
struct GapV1 {
    account: String,
    region: String,
    from_day: String,
    to_day: String,
}

fn class_v1(found: Visibility) -> ClassV1 {
    let (recorded, narrowed_by) = match found.recorded {
        Recorded::Whole => ("whole", Vec::new()),
        Recorded::Partly(reasons) => ("partly", reasons.into_iter().collect()),
        Recorded::No => ("no", Vec::new()),
        Recorded::Unknown => ("unknown", Vec::new()),
    };
    ClassV1 {
        class: found.class,
        recorded,
        narrowed_by,
        seen_since: found.seen_since.map(day),
        visible_since: found.visible_since.map(day),
    }
}

/// What "never used" means for a class of events.
pub(super) fn sentence(found: &Visibility) -> String {
    let class = &found.class;
    let since = match (found.visible_since, found.seen_since) {
        (Some(since), _) => format!("could have been seen since {}", day(since)),
        (None, _) => "was not seen, and since when it is recorded is not known".to_owned(),
    };
    match &found.recorded {
        Recorded::Unknown => format!("{class}: {since}"),
        Recorded::Whole => format!("{class}: {since}; recorded"),
        Recorded::Partly(reasons) => {
            let reasons: Vec<&str> = reasons.iter().map(String::as_str).collect();
            format!("{class}: {since}; recorded in part ({})", reasons.join("; "))
        }
        Recorded::No => format!("{class}: not recorded any more; {since} until then"),
    }
}

fn v1(known: &Known) -> CoverageV1 {
    let coverage = &known.total.coverage;
    let mut places: BTreeMap<(&str, &str), PlaceV1> = BTreeMap::new();
    for (key, covered) in &coverage.parts {
        let place = places.entry((&key.account, &key.region)).or_insert_with(|| PlaceV1 {
            account: key.account.to_string(),
            region: key.region.to_string(),
            first_day: day(key.day),
            last_day: String::new(),
            days: 0,
            records: 0,
            longest_delay_s: 0,
        });
        place.last_day = day(key.day);
        place.days += 1;
        place.records += covered.records;
        place.longest_delay_s = place.longest_delay_s.max(covered.longest_delay_s);
    }
    let gaps = coverage.gaps().into_iter().map(|gap| GapV1 {
        account: gap.account.to_string(),
        region: gap.region.to_string(),
        from_day: day(gap.from_day),
        to_day: day(gap.to_day),
    });
    CoverageV1 {
        schema_version: 1,
        places: places.into_values().collect(),
        gaps: gaps.collect(),
        classes_seen_since: coverage.seen_since(None).into_iter().map(|(class, since)| (class, day(since))).collect(),
        classes: visibility(coverage, &known.recordings, None).into_iter().map(class_v1).collect(),
        findings: known.findings.clone(),
        unread: known.unread.clone(),
        unfinished: known.unfinished.clone(),
    }
}

fn lines(known: &Known) -> Vec<Line> {
    let told = v1(known);
    let head = ["account", "region", "from", "to", "days", "records", "longest delay"];
    let head = head.map(|name| Text::new().with(Ink::Faint, name)).to_vec();
    let rows = told.places.iter().map(|place| {
        vec![
            Text::new().with(Ink::Strong, harmless(&place.account)),
            Text::plain(harmless(&place.region)),
            Text::plain(&place.first_day),
            Text::plain(&place.last_day),
            Text::plain(thousands(place.days)),
            Text::plain(thousands(size(place.records))),
            Text::plain(if place.longest_delay_s == 0 {
                "-".to_owned()
            } else {
                duration_ms(place.longest_delay_s * 1000)
            }),
        ]
    });
    let mut lines = table(std::iter::once(head).chain(rows).collect(), 0);
    lines.push(Line::empty());
    lines.push(
        Text::plain(
            "Classes of events, and since when a use could have been seen; what is not here is unknown, not unused:",
        )
        .into(),
    );
    for class in visibility(&known.total.coverage, &known.recordings, None) {
        lines.push(Line::from(Text::plain(format!("  {}", harmless(&sentence(&class))))).hanging(4));
    }
    if !known.recordings.is_empty() {
        let text = "  data events of all other resources: not recorded; who uses nothing else looks unused";
        lines.push(Line::from(Text::plain(text)).hanging(4));
    }
    for (number, (flaw, flawed)) in told.findings.flaws.iter().enumerate() {
        if number == 0 {
            lines.push(Line::empty());
        }
        let place = flawed.examples.first().map_or_else(String::new, |place| format!(", first in {}", place.object));
        let text = format!("{} × {}{}", thousands(size(flawed.count)), input::words(*flaw), harmless(&place));
        lines.push(Line::from(Text::new().with(Ink::Warning, text)).hanging(2));
    }
    if told.unread.count > 0 {
        lines.push(Line::empty());
        let text =
            format!("{} that could not be read: what was in them is unknown", count(size(told.unread.count), "object"));
        lines.push(Text::new().with(Ink::Warning, text).into());
    }
    for (name, reason) in told.unread.reasons.iter().take(SHOWN) {
        lines.push(Line::from(Text::plain(format!("  {}: {}", harmless(name), harmless(reason)))).hanging(4));
    }
    if told.unread.reasons.len() > SHOWN {
        let hidden = thousands(told.unread.reasons.len() - SHOWN);
        lines.push(Text::new().with(Ink::Faint, format!("  … and {hidden} more; --format json names them")).into());
    }
    for folder in &told.unfinished {
        lines.push(Line::empty());
        let text =
            format!("the last scan into {folder} did not come to its end: run it again, it goes on where it was");
        lines.push(Text::new().with(Ink::Warning, text).into());
    }
    if !told.gaps.is_empty() {
        lines.push(Line::empty());
        let text = format!(
            "{} without anything between days with something (a quiet region looks the same):",
            count(told.gaps.len(), "gap")
        );
        lines.push(Text::new().with(Ink::Warning, text).into());
    }
    for gap in &told.gaps {
        lines.push(Text::plain(format!("  {} {}  {} – {}", gap.account, gap.region, gap.from_day, gap.to_day)).into());
    }
    lines
}
