//! What readers see of what was written a moment ago.

use std::sync::Arc;

use jiff::Timestamp;
use policy::Permissions;

use super::Sandbox;
use crate::authorize::rights;
use crate::call::Caller;
use crate::faults::is_reading;
use crate::state::tree::Earlier;
use crate::state::version::{Entity, Version};
use crate::wire::route::{Route, Service};

impl Sandbox {
    /// Older versions that this call sees in the place of what is so. Identity Center's and accounts lag each for itself, IAM's of an account
    /// and the rest of the organization as one.
    pub(super) fn past(&self, route: &Route, caller: &Caller) -> Vec<(Entity, Version)> {
        if !is_reading(&route.operation) || self.world.lag.is_empty() {
            return Vec::new();
        }
        let own = Entity::Iam(caller.identity.account);
        match route.service {
            Service::Iam if is_late(&route.operation) => self.world.lag.seen(|entity| entity == own),
            Service::Iam => Vec::new(),
            Service::Organizations => self.world.lag.seen(Entity::is_of_organization),
            _ => self.world.lag.seen(|entity| !(entity.is_of_organization() || matches!(entity, Entity::Iam(_)))),
        }
    }

    /// The IAM that this call is about to change, where readers are to see it for a while.
    pub(super) fn iam_before(&self, route: &Route, caller: &Caller) -> Option<(Entity, Version)> {
        let lags = !self.config.lag.most.is_zero();
        let writes = route.service == Service::Iam && !is_reading(&route.operation);
        let account = caller.identity.account;
        (lags && writes)
            .then(|| (Entity::Iam(account), Version::Iam(self.world.iam.get(&account).cloned().map(Box::new))))
    }

    /// The organization that this call may change.
    pub(super) fn organization_before(&self, route: &Route) -> Option<Earlier> {
        let writes = route.service == Service::Organizations && !is_reading(&route.operation);
        (writes && !self.config.lag.most.is_zero()).then(|| self.world.organization.earlier())
    }

    /// Readers see this version for a while.
    pub(super) fn keep_older(&mut self, (entity, version): (Entity, Version), now: Timestamp) {
        self.world.lag.keep(entity, version, now, self.config.lag, &mut self.world.rng);
    }

    /// What decides about the calls of this key: always what is so.
    pub(super) fn permissions_of(&mut self, caller: &Caller, key: &str) -> Arc<Permissions> {
        if let Some(known) = self.permissions.get(key) {
            return Arc::clone(known);
        }
        let fresh = Arc::new(rights::permissions(&self.world, &caller.identity));
        self.permissions.insert(key.to_owned(), Arc::clone(&fresh));
        fresh
    }
}

/// Whether an operation of IAM reads what was written. Jobs and reports are asked after where they were ordered.
fn is_late(operation: &str) -> bool {
    let reads = ["Get", "List", "Simulate"].iter().any(|start| operation.starts_with(start));
    reads && !operation.starts_with("GetServiceLastAccessed") && operation != "GetCredentialReport"
}
