//! What the journal knows of IAM users that are retired.

use model::iam_user::IamUserRef;
use model::journal::JournalEvent;
use model::observed::InstanceKey;
use model::retirement::{RetirementCases, RetirementNote};
use model::retirement_history::RetirementHistory;
use ports::{StateStore, StoreError};

use crate::apply::{ApplyOptions, Session, stopped};
use crate::engine::Engine;
use crate::error::ApplyError;
use crate::progress::ApplyProgress;

/// Entries read at once.
const PAGE: u32 = 1_000;

/// How the retirement of IAM users went over time: the whole journal, read once.
///
/// # Errors
/// When it cannot be read.
pub async fn retirement_history(
    store: &dyn StateStore,
    instance: &InstanceKey,
) -> Result<RetirementHistory, StoreError> {
    let mut history = RetirementHistory::default();
    let mut after = 0;
    loop {
        let entries = store.entries(instance, after, PAGE).await?;
        let Some(last) = entries.last() else { return Ok(history) };
        after = last.sequence;
        entries.iter().for_each(|entry| history.add(entry));
    }
}

impl Engine {
    /// How far the retirement of each IAM user has come: the whole journal, read once.
    ///
    /// # Errors
    /// [`ApplyError::NoJournal`] without one, or when it cannot be read.
    pub async fn retirement_cases(&self, instance: &InstanceKey) -> Result<RetirementCases, ApplyError> {
        let store = self.store.as_ref().ok_or(ApplyError::NoJournal)?;
        let mut cases = RetirementCases::default();
        let mut after = 0;
        loop {
            let entries = store.entries(instance, after, PAGE).await?;
            let Some(last) = entries.last() else { return Ok(cases) };
            after = last.sequence;
            entries.iter().for_each(|entry| cases.add(entry));
        }
    }

    /// Writes notes into the journal, all or none.
    ///
    /// # Errors
    /// [`ApplyError::NoJournal`] without one; when another run holds the lease, or it cannot be written.
    pub async fn note_retirement(
        &self,
        instance: &InstanceKey,
        options: &ApplyOptions,
        notes: Vec<(IamUserRef, String, RetirementNote)>,
        progress: &dyn ApplyProgress,
    ) -> Result<(), ApplyError> {
        if self.store.is_none() {
            return Err(ApplyError::NoJournal);
        }
        let session = Session::open(self, instance, options, progress).await?;
        let events = notes.into_iter().map(|(user, user_id, note)| JournalEvent::Retirement {
            user,
            user_id,
            who: options.who.clone(),
            note,
        });
        let written = session.append(events.collect(), self.clock.now()).await;
        let outcome = written.map_err(|()| stopped(session.halt()));
        session.close().await;
        outcome
    }
}
