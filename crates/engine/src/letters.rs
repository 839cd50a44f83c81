//! What the journal knows of letters that were sent.

use jiff::Timestamp;
use model::journal::JournalEvent;
use model::letter::Letter;
use model::observed::InstanceKey;

use crate::apply::{ApplyOptions, Session, stopped};
use crate::engine::Engine;
use crate::error::ApplyError;

/// Entries read at once.
const PAGE: u32 = 1_000;

impl Engine {
    /// Letters that were sent, the earliest first.
    ///
    /// # Errors
    /// [`ApplyError::NoJournal`] without one, or when it cannot be read.
    pub async fn letters(&self, instance: &InstanceKey) -> Result<Vec<(Timestamp, Letter)>, ApplyError> {
        let store = self.store.as_ref().ok_or(ApplyError::NoJournal)?;
        let mut letters = Vec::new();
        let mut after = 0;
        loop {
            let entries = store.entries(instance, after, PAGE).await?;
            let Some(last) = entries.last() else { return Ok(letters) };
            after = last.sequence;
            letters.extend(entries.into_iter().filter_map(|entry| match entry.event {
                JournalEvent::LetterSent { letter, .. } => Some((entry.at, letter)),
                _ => None,
            }));
        }
    }

    /// Notes that a letter was sent.
    ///
    /// # Errors
    /// [`ApplyError::NoJournal`] without one; when another run holds the lease, or it cannot be written.
    pub async fn note_letter(
        &self,
        instance: &InstanceKey,
        options: &ApplyOptions,
        letter: Letter,
    ) -> Result<(), ApplyError> {
        if self.store.is_none() {
            return Err(ApplyError::NoJournal);
        }
        let session = Session::open(self, instance, options, &()).await?;
        let event = JournalEvent::LetterSent { letter, who: options.who.clone() };
        let written = session.append(vec![event], self.clock.now()).await;
        let outcome = written.map_err(|()| stopped(session.halt()));
        session.close().await;
        outcome
    }
}
