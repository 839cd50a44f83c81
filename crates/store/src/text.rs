//! Texts of the database ⇄ values.

use std::str::FromStr;

use jiff::Timestamp;
use model::id::{GroupId, ParseIdError, UserId};
use model::journal::{JournalEntry, JournalEvent};
use model::observed::InstanceKey;
use model::principal::PrincipalId;
use ports::StoreError;

use crate::error::{Place, out_of_range, unwritable};
use crate::projection::{AssignmentName, Delta};
use crate::sql::EntryRow;

/// The text by which an instance is found.
pub(crate) fn key(instance: &InstanceKey) -> Result<String, StoreError> {
    serde_json::to_string(instance).map_err(unwritable)
}

pub(crate) fn instant(place: &Place, text: &str) -> Result<Timestamp, StoreError> {
    text.parse().map_err(|_| place.damaged(format!("`{text}` is no instant")))
}

pub(crate) fn event(place: &Place, text: &str) -> Result<JournalEvent, StoreError> {
    serde_json::from_str(text)
        .map_err(|error| place.damaged(format!("an entry of the journal cannot be read: {error}")))
}

pub(crate) fn id<T: FromStr<Err = ParseIdError>>(place: &Place, text: String) -> Result<T, StoreError> {
    text.parse().map_err(|error: ParseIdError| place.damaged(error.to_string()))
}

pub(crate) fn assignment(
    place: &Place,
    (set, account, kind, principal): (String, String, String, String),
) -> Result<AssignmentName, StoreError> {
    let principal = match kind.as_str() {
        "user" => PrincipalId::User(id::<UserId>(place, principal)?),
        "group" => PrincipalId::Group(id::<GroupId>(place, principal)?),
        other => return Err(place.damaged(format!("`{other}` is no kind of principal"))),
    };
    Ok((id(place, set)?, id(place, account)?, principal))
}

pub(crate) fn entry(
    place: &Place,
    instance: &InstanceKey,
    (sequence, at, text, previous, hash): EntryRow,
) -> Result<JournalEntry, StoreError> {
    Ok(JournalEntry {
        sequence: u64::try_from(sequence).map_err(out_of_range)?,
        at: instant(place, &at)?,
        instance: instance.clone(),
        event: event(place, &text)?,
        previous,
        hash,
    })
}

/// Entries as rows.
pub(crate) fn rows(entries: &[JournalEntry]) -> Result<Vec<EntryRow>, StoreError> {
    entries
        .iter()
        .map(|entry| {
            Ok((
                i64::try_from(entry.sequence).map_err(out_of_range)?,
                entry.at.to_string(),
                serde_json::to_string(&entry.event).map_err(unwritable)?,
                entry.previous.clone(),
                entry.hash.clone(),
            ))
        })
        .collect()
}

/// An assignment as texts: set, account, kind of principal, principal.
pub(crate) type AssignmentRow = (String, String, &'static str, String);

/// A [`Delta`] as rows.
#[derive(Debug, Default)]
pub(crate) struct Rows {
    pub(crate) runs_started: Vec<(String, i64)>,
    /// Run, operation, first started, last.
    pub(crate) steps: Vec<(String, String, Option<i64>, i64)>,
    pub(crate) runs_finished: Vec<(String, i64)>,
    pub(crate) sets_gone: Vec<String>,
    pub(crate) sets_added: Vec<String>,
    pub(crate) sets_removed: Vec<String>,
    pub(crate) assignments_added: Vec<AssignmentRow>,
    pub(crate) assignments_removed: Vec<AssignmentRow>,
    /// Name and ids as a JSON array.
    pub(crate) bindings: Vec<(String, String)>,
}

impl Rows {
    pub(crate) fn of(delta: Delta) -> Result<Self, StoreError> {
        let mut rows = Self::default();
        let number = |sequence: u64| i64::try_from(sequence).map_err(out_of_range);
        for (run, sequence) in delta.runs_started {
            rows.runs_started.push((run.into(), number(sequence)?));
        }
        for ((run, operation), touch) in delta.steps {
            let started = touch.started.map(number).transpose()?;
            rows.steps.push((run.into(), operation.into(), started, number(touch.last)?));
        }
        for (run, sequence) in delta.runs_finished {
            rows.runs_finished.push((run.into(), number(sequence)?));
        }
        rows.sets_gone = delta.sets_gone.into_iter().map(String::from).collect();
        for (arn, owned) in delta.sets {
            if owned { &mut rows.sets_added } else { &mut rows.sets_removed }.push(arn.into());
        }
        for ((set, account, principal), owned) in delta.assignments {
            let row = (set.into(), account.into(), principal.kind(), principal.as_str().to_owned());
            if owned { &mut rows.assignments_added } else { &mut rows.assignments_removed }.push(row);
        }
        for (name, ids) in delta.bindings {
            rows.bindings.push((name, serde_json::to_string(&ids).map_err(unwritable)?));
        }
        Ok(rows)
    }
}
