//! Looking into the state without the wire: for tests and benches of what talks to the sandbox.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::client::Client;
use crate::cloudtrail::Origin;
use crate::company::Assigned;
use crate::config::KeyPair;
use crate::effect::{Assignment, Effect, SetState};
use crate::machine::Sandbox;
use crate::state::center::{Principal, PrincipalKind};
use crate::state::credential::{IamPrincipal, Identity, Session};
use crate::state::id::AccountId;
use crate::state::organization::AccountState;
use crate::state::task::{Family, Kind, Row, Status};
use crate::state::world::reserved_name;

/// How long the console keeps somebody signed in.
const CONSOLE_SESSION: SignedDuration = SignedDuration::from_hours(12);

/// A provisioned pair.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fact {
    /// The account's name.
    pub account: String,
    /// The set's name.
    pub permission_set: String,
    /// The role's name in the account.
    pub role: String,
    /// Whether the role is of the set's latest version.
    pub latest: bool,
}

/// Work that somebody asked for and that takes its time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// The id of the request.
    pub id: String,
    /// ARN of the caller.
    pub by: Arc<str>,
    /// The number of the call ([`crate::CallRecord::number`]).
    pub call: u64,
    /// When it was accepted.
    pub at: Timestamp,
    /// When it ended, and AWS's reason where it failed; none while it is in progress.
    pub ended: Option<(Timestamp, Option<String>)>,
    /// What was asked for.
    pub request: Request,
}

/// What can be asked for and takes its time.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Request {
    /// CreateAccountAssignment
    Assign(Assignment),
    /// DeleteAccountAssignment
    Withdraw(Assignment),
    /// ProvisionPermissionSet
    Provision {
        /// The set's name.
        set: String,
        /// The account; none for all that have it.
        account: Option<AccountId>,
    },
}

impl Sandbox {
    /// What really happened in Identity Center, oldest first: as much of it as the log of calls keeps.
    pub fn effects(&self) -> impl Iterator<Item = &Effect> {
        self.world.effects.iter()
    }

    /// Work on assignments and provisioning that was accepted, oldest first.
    pub fn asked(&self) -> Vec<Asked> {
        let families = [Family::Creation, Family::Deletion, Family::Provisioning];
        let tasks = families.iter().flat_map(|family| self.world.tasks.family(*family));
        let mut asked: Vec<Asked> = tasks
            .filter_map(|(id, task)| {
                let failure = match &task.status {
                    Status::Failed(reason) => Some(reason.clone()),
                    Status::InProgress | Status::Succeeded => None,
                };
                let request = self.request_of(&task.kind)?;
                let ended = task.ended_at.map(|at| (at, failure));
                let (id, by) = (id.to_string(), Arc::clone(&task.by));
                Some(Asked { id, by, call: task.call, at: task.created_at, ended, request })
            })
            .collect();
        asked.sort_by(|left, right| (left.at, &left.id).cmp(&(right.at, &right.id)));
        asked
    }

    fn request_of(&self, kind: &Kind) -> Option<Request> {
        let row =
            |row: &Row| Assignment { account: row.account, set: self.set_name(row.set), principal: row.principal };
        match kind {
            Kind::Assign(asked) => Some(Request::Assign(row(asked))),
            Kind::Withdraw(asked) => Some(Request::Withdraw(row(asked))),
            Kind::Provision { set, account } => {
                Some(Request::Provision { set: self.set_name(*set), account: *account })
            }
            Kind::CreateAccount { .. } | Kind::CloseAccount { .. } => None,
        }
    }

    /// Everything about each permission set, by name.
    pub fn permission_sets(&self) -> BTreeMap<String, SetState> {
        let center = &self.world.center;
        center.sets.iter().map(|(id, set)| (set.name.clone(), SetState::of(center.set_arn(*id), set))).collect()
    }

    /// Every assignment there is, in order.
    pub fn assignments(&self) -> BTreeSet<Assignment> {
        let pairs = self.world.center.pairs();
        let rows = pairs.flat_map(|(account, set, pair)| {
            let set = self.set_name(set);
            let row = move |principal: &Principal| Assignment { account, set: set.clone(), principal: *principal };
            pair.principals.iter().map(row).collect::<Vec<_>>()
        });
        rows.collect()
    }

    /// Whether the role of a set in an account is of the set's latest version; none where there is no role.
    pub fn is_latest(&self, account: AccountId, set: &str) -> Option<bool> {
        self.world.center.is_latest(account, self.world.center.set_named(set)?)
    }

    /// `arn:aws:sso:::instance/ssoins-…`
    pub fn instance_arn(&self) -> String {
        self.world.center.arn()
    }

    /// `d-…`
    pub fn identity_store_id(&self) -> String {
        self.world.directory.id()
    }

    /// The account that owns the organization.
    pub fn management_account(&self) -> AccountId {
        self.world.organization.management
    }

    /// The account that administers Identity Center; the management account where there is no delegation.
    pub fn delegated_account(&self) -> AccountId {
        self.world.delegated_account()
    }

    /// The id of the account with this name.
    pub fn account_id(&self, name: &str) -> Option<AccountId> {
        let accounts = self.world.organization.accounts.values();
        accounts.filter(|account| account.name == name).map(|account| account.id).next()
    }

    /// The ARN of the permission set with this name.
    pub fn permission_set_arn(&self, name: &str) -> Option<String> {
        self.world.center.set_named(name).map(|set| self.world.center.set_arn(set))
    }

    /// The principal of `group:NAME` or `user:NAME`.
    pub fn principal(&self, name: &str) -> Option<Principal> {
        let directory = &self.world.directory;
        if let Some(group) = name.strip_prefix("group:") {
            return directory.group_named(group).map(|id| Principal { kind: PrincipalKind::Group, id });
        }
        let user = directory.user_named(name.strip_prefix("user:")?)?;
        Some(Principal { kind: PrincipalKind::User, id: user })
    }

    /// Every assignment by name, in order. Principals that are gone appear as `user-id:…` and `group-id:…`.
    pub fn assigned(&self) -> Vec<Assigned> {
        let mut rows: Vec<Assigned> = Vec::new();
        for (account, set, pair) in self.world.center.pairs() {
            rows.extend(pair.principals.iter().map(|principal| Assigned {
                account: self.account_name(account),
                permission_set: self.set_name(set),
                principal: self.principal_name(*principal),
            }));
        }
        rows.sort();
        rows
    }

    /// Every provisioned pair by name, in order.
    pub fn provisioned(&self) -> Vec<Fact> {
        let center = &self.world.center;
        let pairs = center.pairs().filter_map(|(account, set, pair)| Some((account, set, pair.role?)));
        let mut facts: Vec<Fact> = pairs
            .map(|(account, set, role)| Fact {
                account: self.account_name(account),
                role: reserved_name(&self.set_name(set), role.suffix),
                permission_set: self.set_name(set),
                latest: center.is_latest(account, set) == Some(true),
            })
            .collect();
        facts.sort();
        facts
    }

    /// How long all asynchronous work accepted so far takes, by account. Roles of one account are changed one at a time, so
    /// no run that did it can have been shorter than the longest of these.
    pub fn work_accepted(&self) -> BTreeMap<AccountId, Duration> {
        self.world.tasks.work().collect()
    }

    /// An IAM user signs in to the console with the password: what a browser does, which no API here can. `false` where there is
    /// no such user, or the user has no password.
    pub fn console_sign_in(&mut self, account: AccountId, name: &str, now: Timestamp) -> bool {
        self.signed_in(account, name, now).is_some()
    }

    /// The same, and what the browser then calls with: a session of the user, with MFA where the user has a device. None where there is no
    /// such user, or the user has no password.
    pub fn console_session(&mut self, account: AccountId, name: &str, now: Timestamp) -> Option<Client> {
        let (identity, with_mfa) = self.signed_in(account, name, now)?;
        let session = Session { with_mfa, from_console: true, ..Session::default() };
        let identity = Identity { session: Some(session), ..identity };
        let origin = Origin { opened_at: now, user: None };
        let opened = self.credentials.open(&mut self.world.rng, &self.config, identity, origin, CONSOLE_SESSION);
        Some(Client::with_session(KeyPair::new(opened.key, opened.secret), opened.token, &self.config.region))
    }

    /// Who has signed in, and whether with MFA.
    fn signed_in(&mut self, account: AccountId, name: &str, now: Timestamp) -> Option<(Identity, bool)> {
        if self.world.is_closed(account) {
            return None;
        }
        let user = self.world.iam.get_mut(&account)?.users.get_mut(name).filter(|user| user.login.is_some())?;
        user.password_last_used = Some(now);
        let with_mfa = !user.devices.is_empty();
        let identity = Identity {
            account,
            arn: user.arn(account, name),
            user_id: user.id.clone(),
            principal: IamPrincipal::User(name.to_owned()),
            session: None,
        };
        self.note_console(&identity, name, with_mfa, now);
        self.note_change();
        Some((identity, with_mfa))
    }

    /// Lets the rival do one thing, drawn from this seed: between calls, when the `rival` fault has nothing to strike.
    pub fn meddle(&mut self, now: Timestamp, seed: u64) {
        self.advance(now);
        self.rival_acts(now, &mut fastrand::Rng::with_seed(seed));
    }

    /// Suspends an account, or brings it back.
    pub fn set_suspended(&mut self, account: AccountId, suspended: bool) {
        if let Some(account) = self.world.member_mut(account) {
            account.state = if suspended { AccountState::Suspended } else { AccountState::Active };
        }
        self.note_change();
    }

    fn account_name(&self, id: AccountId) -> String {
        self.world.organization.accounts.get(&id).map_or_else(|| id.to_string(), |account| account.name.clone())
    }

    fn set_name(&self, id: crate::state::id::SetId) -> String {
        self.world.center.sets.get(&id).map_or_else(|| id.to_string(), |set| set.name.clone())
    }

    fn principal_name(&self, principal: Principal) -> String {
        let directory = &self.world.directory;
        match principal.kind {
            PrincipalKind::User => directory
                .users
                .get(&principal.id)
                .map_or_else(|| format!("user-id:{}", principal.id), |user| format!("user:{}", user.user_name())),
            PrincipalKind::Group => directory
                .groups
                .get(&principal.id)
                .map_or_else(|| format!("group-id:{}", principal.id), |group| format!("group:{}", group.display_name)),
        }
    }
}
