//! The whole state as bytes, and back.

use std::collections::HashMap;

use jiff::Timestamp;

use super::{Sandbox, founding};
use crate::cloudtrail::Recorder;
use crate::config::Config;
use crate::faults::{Faults, Weather};
use crate::ledger::Calls;
use crate::state::file::{self, FORMAT, Saved, StateError, Written};
use crate::state::id::upper;
use crate::throttle::Buckets;

impl Sandbox {
    /// The state as the text of a state file: organization, Identity Center, IAM, work under way, sessions, records, objects. The log
    /// of calls, the ledger, faults, throttling and what readers do not see yet belong to the process and are not in it.
    ///
    /// # Errors
    /// [`StateError::Unwritten`], which nothing is known to cause.
    pub fn save(&self) -> Result<Vec<u8>, StateError> {
        file::write(&Saved {
            sekisho_sandbox_state: FORMAT,
            saved_at: self.latest,
            number: self.number,
            chance: self.world.rng.get_seed(),
            world: Written::of(&self.world),
            credentials: &self.credentials,
            records: self.trail.as_ref().map(Recorder::saved),
        })
    }

    /// A sandbox that goes on where [`Sandbox::save`] was called. The Region is that of the state; keys of the configuration that the
    /// state does not know are added.
    ///
    /// # Errors
    /// The bytes are no state, or one of a newer format.
    pub fn restore(mut config: Config, bytes: &[u8]) -> Result<Self, StateError> {
        let saved = file::read(bytes)?;
        config.region.clone_from(&saved.world.region);
        let mut world = saved.world.into_world(saved.chance);
        let mut credentials = saved.credentials;
        let owners = [
            (config.administrator.clone(), world.organization.management),
            (config.delegated.clone(), world.delegated_account()),
        ];
        for (pair, account) in owners {
            if !credentials.keys.contains_key(&pair.access_key_id) {
                let id = format!("AIDA{}", upper(&mut world.rng, 17));
                founding::add_administrator(&mut world, &mut credentials, account, id, pair);
            }
        }
        let trail = config.trail.clone().map(|settings| {
            let mut recorder = Recorder::new(settings, config.seed);
            if let Some(records) = saved.records {
                recorder.take_up(records);
            }
            recorder
        });
        world.effects.limit = config.call_log_limit;
        if config.call_log_limit > 0 || !config.lag.most.is_zero() {
            world.center.touched.watch();
            world.directory.touched.watch();
        }
        Ok(Self {
            calls: Calls::new(config.call_log_limit),
            config,
            world,
            credentials,
            buckets: Buckets::default(),
            faults: Faults::default(),
            weather: Weather::default(),
            number: saved.number,
            latest: saved.saved_at,
            changes: 0,
            trail,
            signing_keys: HashMap::new(),
            permissions: HashMap::new(),
        })
    }

    /// The latest time it was told.
    pub(crate) fn latest(&self) -> Timestamp {
        self.latest
    }

    /// Something has changed by another way than a call.
    pub(crate) fn note_change(&mut self) {
        self.changes += 1;
    }

    /// Rises with everything that is worth being kept.
    pub(crate) fn changes(&self) -> u64 {
        self.changes
    }
}
