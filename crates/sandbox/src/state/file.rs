//! The state file: everything that AWS would remember, as one JSON text with the version of its format in front.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::center::Center;
use super::credential::Credentials;
use super::directory::Directory;
use super::entitlement::Entitlements;
use super::form;
use super::former_account::FormerAccount;
use super::iam::AccountIam;
use super::id::AccountId;
use super::membership::Others;
use super::organization::Organization;
use super::query::Queries;
use super::sign_in::SignIn;
use super::storage::Storage;
use super::task::Tasks;
use super::trail::Trail;
use super::world::World;
use crate::cloudtrail::SavedRecords;
use crate::effect::Effects;
use crate::state::version::Lag;

/// The format that this program writes, and the newest it reads.
pub(crate) const FORMAT: u32 = 2;

/// Why a state cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// It was written by a later version of the program.
    #[error("it was written by a newer version: its format is {found}, and this one reads up to {FORMAT}")]
    Newer {
        /// The format of the file.
        found: u32,
    },
    /// It is no state of a sandbox, or not all of it.
    #[error("it is no state of a sandbox, or is damaged: {0}")]
    Broken(String),
    /// It could not be written.
    #[error("the state cannot be written: {0}")]
    Unwritten(String),
}

/// What stands in front.
#[derive(Debug, Deserialize)]
struct Head {
    sekisho_sandbox_state: u32,
}

/// A state as it is read.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Saved<W, C, R = SavedRecords> {
    pub(crate) sekisho_sandbox_state: u32,
    pub(crate) saved_at: Timestamp,
    /// Calls so far.
    pub(crate) number: u64,
    /// Where chance goes on.
    pub(crate) chance: u64,
    pub(crate) world: W,
    pub(crate) credentials: C,
    pub(crate) records: Option<R>,
}

/// The world without what belongs to one process.
#[derive(Debug, Serialize)]
pub(crate) struct Written<'a> {
    region: &'a str,
    organization: &'a Organization,
    others: &'a Others,
    standalone: &'a BTreeMap<AccountId, FormerAccount>,
    // before the roles, which share the contents of its sets
    center: &'a Center,
    iam: &'a BTreeMap<AccountId, AccountIam>,
    directory: &'a Directory,
    storage: &'a Storage,
    trails: &'a [Trail],
    sign_in: &'a SignIn,
    entitlements: &'a Entitlements,
    queries: &'a Queries,
    tasks: &'a Tasks,
}

/// The same as it is read.
#[derive(Debug, Deserialize)]
pub(crate) struct Read {
    pub(crate) region: String,
    organization: Organization,
    #[serde(default)]
    others: Others,
    #[serde(default)]
    standalone: BTreeMap<AccountId, FormerAccount>,
    center: Center,
    iam: BTreeMap<AccountId, AccountIam>,
    directory: Directory,
    storage: Storage,
    trails: Vec<Trail>,
    sign_in: SignIn,
    entitlements: Entitlements,
    /// Not in files of before there was an engine.
    #[serde(default)]
    queries: Queries,
    tasks: Tasks,
}

impl<'a> Written<'a> {
    pub(crate) fn of(world: &'a World) -> Self {
        let World {
            region,
            organization,
            others,
            standalone,
            iam,
            center,
            directory,
            storage,
            trails,
            sign_in,
            entitlements,
            queries,
            tasks,
            ..
        } = world;
        Self {
            region,
            organization,
            others,
            standalone,
            center,
            iam,
            directory,
            storage,
            trails,
            sign_in,
            entitlements,
            queries,
            tasks,
        }
    }
}

impl Read {
    pub(crate) fn into_world(mut self, chance: u64) -> World {
        self.standalone.append(&mut self.organization.former);
        let mut world = World {
            region: self.region,
            organization: self.organization,
            others: self.others,
            standalone: self.standalone,
            memberships: Vec::new(),
            iam: self.iam,
            center: self.center,
            directory: self.directory,
            storage: self.storage,
            trails: self.trails,
            sign_in: self.sign_in,
            entitlements: self.entitlements,
            queries: self.queries,
            tasks: self.tasks,
            rng: fastrand::Rng::with_seed(chance),
            actor: "sandbox".into(),
            effects: Effects::default(),
            lag: Lag::default(),
        };
        world.organization.index();
        world.others.values_mut().for_each(Organization::index);
        world.center.index();
        world.directory.index();
        world
    }
}

pub(crate) fn write<R: Serialize>(saved: &Saved<Written<'_>, &Credentials, R>) -> Result<Vec<u8>, StateError> {
    form::content::forget();
    let text = serde_json::to_vec(saved).map_err(|error| StateError::Unwritten(error.to_string()));
    form::content::forget();
    text
}

pub(crate) fn read(bytes: &[u8]) -> Result<Saved<Read, Credentials>, StateError> {
    let broken = |error: serde_json::Error| StateError::Broken(error.to_string());
    let head: Head = serde_json::from_slice(bytes).map_err(broken)?;
    if head.sekisho_sandbox_state > FORMAT {
        return Err(StateError::Newer { found: head.sekisho_sandbox_state });
    }
    form::content::forget();
    let saved = serde_json::from_slice(bytes).map_err(broken);
    form::content::forget();
    saved
}
