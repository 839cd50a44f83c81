//! What the rows of the query come to.

use crate::evidence::{
    ActionUse, AddressRanges, Bounded, CoverageKey, Evidence, Period, PrincipalKey, PrincipalKind, Sum, Use,
};
use crate::time::{self, DAY_S};

/// A row of [`query`](super::query): the texts of its columns, none for null.
pub type Row = [Option<String>; 12];

/// A row that the query cannot have given.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the row is none of the query's: {0}")]
pub struct RowError(String);

/// Adds a row to evidence. Rows may come in any order.
///
/// # Errors
/// When the row is not of the query. Nothing of it was added then.
pub fn add_row(period: &mut Period, row: &Row, ranges: &AddressRanges) -> Result<(), RowError> {
    let [
        account,
        principal,
        access_key,
        opened_by,
        entry,
        events,
        first,
        last,
        ok_events,
        ok_last,
        denied_events,
        denied_last,
    ] = row;
    let text = |text: &Option<String>, what: &str| text.clone().ok_or_else(|| RowError(format!("{what} is missing")));
    let entry = text(entry, "entry")?;
    let (list, name) = entry.split_once('|').ok_or_else(|| RowError(format!("`{entry}` names no list")))?;
    let all = used(events.as_deref(), last.as_deref())?;
    let succeeded = used(ok_events.as_deref(), ok_last.as_deref())?;
    let denied = used(denied_events.as_deref(), denied_last.as_deref())?;
    let account = text(account, "account")?;
    if list == "coverage" {
        return add_coverage(period, &account, name, all);
    }
    let principal = text(principal, "principal")?;
    if list == "opening" {
        let (role, session) = pair(name).ok_or_else(|| RowError(format!("`{name}` is no opening")))?;
        let openings = period.openings.entry(role.into()).or_default();
        add(&mut openings.callers, &principal, all);
        add(&mut openings.sessions, &format!("{session}\n{principal}"), all);
        return Ok(());
    }
    let first = seconds(first.as_deref())?;
    let number = if list == "hour" { Some(hour(name)?) } else { None };
    let kind = if list == "kind" { Some(kind(name)?) } else { None };
    let key = PrincipalKey {
        account: account.into(),
        principal: principal.into(),
        access_key: access_key.as_deref().map(Into::into),
        opened_by: opened_by.as_deref().map(Into::into),
    };
    let evidence = period.principals.entry(key).or_default();
    match list {
        "all" => {
            (evidence.all, evidence.first, evidence.succeeded) = (all, first, succeeded);
        }
        "kind" => evidence.kind = evidence.kind.max(kind.unwrap_or_default()),
        "hour" => evidence.hours.add(number.unwrap_or(0), all.events),
        "action" => {
            if let Some(action) = evidence.actions.of(name) {
                action.add(&ActionUse { all, succeeded, denied });
            }
        }
        "address" => add(&mut evidence.addresses, &folded(|out| crate::evidence::fold_address(name, ranges, out)), all),
        "agent" => add(&mut evidence.agents, &folded(|out| crate::evidence::fold_agent(name, out)), all),
        _ => return add_other(evidence, list, name, all),
    }
    Ok(())
}

fn add_other(evidence: &mut Evidence, list: &str, name: &str, all: Use) -> Result<(), RowError> {
    match (list, name) {
        ("count", "reads") => evidence.reads += all.events,
        ("count", "writes") => evidence.writes += all.events,
        ("count", "sessions_with_mfa") => evidence.sessions_with_mfa += all.events,
        ("count", "sessions_without_mfa") => evidence.sessions_without_mfa += all.events,
        ("count", "from_console") => evidence.from_console += all.events,
        ("sign_in", "with_mfa") => evidence.sign_ins.with_mfa.add(&all),
        ("sign_in", "without_mfa") => evidence.sign_ins.without_mfa.add(&all),
        ("sign_in", "failed") => evidence.sign_ins.failed.add(&all),
        ("error", _) => add(&mut evidence.errors, name, all),
        ("resource", _) => add(&mut evidence.resources, name, all),
        ("region", _) => add(&mut evidence.regions, name, all),
        ("invoked_by", _) => add(&mut evidence.invoked_by, name, all),
        ("on_behalf_of", _) => add(&mut evidence.on_behalf_of, name, all),
        ("source_identity", _) => add(&mut evidence.source_identities, name, all),
        ("session", _) => add(&mut evidence.sessions, name, all),
        ("provider", _) => add(&mut evidence.providers, name, all),
        ("class", _) => add(&mut evidence.classes, name, all),
        _ => return Err(RowError(format!("there is no list `{list}` with `{name}`"))),
    }
    Ok(())
}

/// `length|text` and what follows: texts may hold whatever could part them. The length is in characters.
fn pair(text: &str) -> Option<(&str, &str)> {
    let (length, text) = text.split_once('|')?;
    let at = text.char_indices().map(|(at, _)| at).chain([text.len()]).nth(length.parse().ok()?)?;
    text.split_at_checked(at)
}

/// `day|length|region` and the class.
fn add_coverage(period: &mut Period, account: &str, name: &str, all: Use) -> Result<(), RowError> {
    let parts = name.split_once('|').and_then(|(day, rest)| Some((day, pair(rest)?)));
    let Some((day, (region, class))) = parts else {
        return Err(RowError(format!("`{name}` is no part of the log")));
    };
    let start = seconds(Some(&format!("{day}T00:00:00Z")))?;
    let key = CoverageKey { account: account.into(), region: region.into(), day: start.div_euclid(DAY_S) };
    let covered = period.coverage.parts.entry(key).or_default();
    covered.records += all.events;
    add(&mut covered.classes, class, all);
    Ok(())
}

fn add<const LIMIT: usize>(list: &mut Bounded<Use, LIMIT>, name: &str, all: Use) {
    if let Some(place) = list.of(name) {
        place.add(&all);
    }
}

fn folded(write: impl FnOnce(&mut Vec<u8>)) -> String {
    let mut out = Vec::new();
    write(&mut out);
    String::from_utf8_lossy(&out).into_owned()
}

fn used(events: Option<&str>, last: Option<&str>) -> Result<Use, RowError> {
    let events = events.unwrap_or("0");
    let events = events.parse().map_err(|_| RowError(format!("`{events}` is no number")))?;
    Ok(Use { events, last: if events == 0 { 0 } else { seconds(last)? } })
}

fn seconds(text: Option<&str>) -> Result<i64, RowError> {
    let text = text.unwrap_or_default();
    time::parse(text.as_bytes()).ok_or_else(|| RowError(format!("`{text}` is no time")))
}

fn hour(text: &str) -> Result<u8, RowError> {
    text.parse().ok().filter(|hour| *hour < 168).ok_or_else(|| RowError(format!("`{text}` is no hour of the week")))
}

fn kind(text: &str) -> Result<PrincipalKind, RowError> {
    serde_json::from_value(serde_json::Value::from(text))
        .map_err(|_| RowError(format!("`{text}` is no kind of principal")))
}
