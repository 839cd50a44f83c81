//! `sekisho trail coverage`

use std::collections::BTreeMap;

use serde::Serialize;
use trail::evidence::{Coverage, Keep};

use super::{day, input, size};
use crate::cli::Format;
use crate::cli::trail::CoverageArguments;
use crate::console::Console;
use crate::error::{CommandError, Exit};
use crate::render::layout::{Line, table};
use crate::render::style::{Ink, Text, harmless};
use crate::render::words::{count, duration_ms, thousands};

pub(super) fn run(arguments: &CoverageArguments, console: &Console) -> Result<Exit, CommandError> {
    let (evidences, _) = input::evidence(&arguments.inputs, Keep::Total, console)?;
    let coverage = evidences.total().coverage;
    match arguments.format.format {
        Format::Json => console.json(&v1(&coverage))?,
        Format::Text => console.lines(&lines(&coverage))?,
    }
    Ok(Exit::Done)
}

#[derive(Serialize)]
struct CoverageV1 {
    schema_version: u32,
    places: Vec<PlaceV1>,
    gaps: Vec<GapV1>,
    classes_seen_since: BTreeMap<String, String>,
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

fn v1(coverage: &Coverage) -> CoverageV1 {
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
    }
}

fn lines(coverage: &Coverage) -> Vec<Line> {
    let told = v1(coverage);
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
    for (class, since) in &told.classes_seen_since {
        lines.push(Line::from(Text::plain(format!("  {}", harmless(class)))).aside(Some(Text::plain(since))));
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
