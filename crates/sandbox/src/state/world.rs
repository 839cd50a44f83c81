//! The whole state, and the changes that touch several parts of it: reserved roles and assignments.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;

use super::center::{Boundary, Center, PolicyName, Principal, PrincipalKind, ReservedRole, SetContent};
use super::credential::{IamPrincipal, Identity};
use super::directory::Directory;
use super::entitlement::Entitlements;
use super::former_account::FormerAccount;
use super::iam::{AccountIam, Rights, Role};
use super::iam_user::LastUse;
use super::id::{AccountId, SetId, upper};
use super::membership::{Membership, Others, Way};
use super::organization::{Organization, Tags};
use super::query::Queries;
use super::sign_in::SignIn;
use super::storage::Storage;
use super::task::{Job, Kind, Row, Tasks};
use super::trail::Trail;
use super::tree::Earlier;
use super::version::{Entity, Lag, Version};
use crate::config::Span;
use crate::effect::{self, Effects};
use crate::faults::Faults;

/// AWS's reason for what fails late by order.
const LATE_FAILURE: &str = "Received a 500 status error: Internal Failure";

#[derive(Debug, Clone)]
pub(crate) struct World {
    pub(crate) region: String,
    /// The first organization, whose instance of Identity Center it is; while a call of another organization's account on Organizations is
    /// served, that organization.
    pub(crate) organization: Organization,
    pub(crate) others: Others,
    /// Accounts in no organization.
    pub(crate) standalone: BTreeMap<AccountId, FormerAccount>,
    /// Who joined and departed, until CloudTrail has it.
    pub(crate) memberships: Vec<Membership>,
    pub(crate) iam: BTreeMap<AccountId, AccountIam>,
    pub(crate) center: Center,
    pub(crate) directory: Directory,
    pub(crate) storage: Storage,
    /// CloudTrail's trails, all of the organization.
    pub(crate) trails: Vec<Trail>,
    pub(crate) sign_in: SignIn,
    pub(crate) entitlements: Entitlements,
    pub(crate) queries: Queries,
    pub(crate) tasks: Tasks,
    pub(crate) rng: fastrand::Rng,
    /// Who changes something at this moment.
    pub(crate) actor: Arc<str>,
    pub(crate) effects: Effects,
    pub(crate) lag: Lag,
}

impl World {
    /// Does all work that is due; tells whether there was any.
    pub(crate) fn advance(&mut self, now: Timestamp, faults: &Faults, lag: Span) -> bool {
        let mut worked = false;
        while let Some((at, job, kind)) = self.tasks.next_due(now) {
            if let Some(task) = self.tasks.get(job.task) {
                self.actor = Arc::clone(&task.by);
            }
            let organization =
                (kind.changes_organization() && !lag.most.is_zero()).then(|| self.organization.earlier());
            let failure = job.fails.then(|| LATE_FAILURE.to_owned());
            let outcome = match failure.or_else(|| self.ordered_failure(&job, &kind, faults)) {
                Some(reason) => Err(reason),
                None => self.perform(&job, kind, at),
            };
            self.tasks.finish(job.task, outcome, at);
            self.settle(at, lag);
            if let Some(earlier) = organization {
                self.keep_organization(earlier, at, lag);
            }
            worked = true;
        }
        worked
    }

    /// Writes down what was changed, and lets readers see it later.
    pub(crate) fn settle(&mut self, now: Timestamp, lag: Span) {
        let touched = self.center.touched.take().into_iter().chain(self.directory.touched.take());
        let touched: Vec<(Entity, Version)> = touched.collect();
        for (at, (entity, before)) in touched.iter().enumerate() {
            let later = touched.iter().skip(at + 1).find(|(other, _)| other == entity).map(|(_, version)| version);
            self.tell(&touched, *entity, before, later, now);
        }
        for (entity, before) in touched {
            self.lag.keep(entity, before, now, lag, &mut self.rng);
        }
    }

    /// Readers see what has changed in the organization later.
    pub(crate) fn keep_organization(&mut self, earlier: Earlier, now: Timestamp, lag: Span) {
        for (entity, before) in self.organization.changed_since(earlier) {
            self.lag.keep(entity, before, now, lag, &mut self.rng);
        }
    }

    fn tell(
        &mut self,
        touched: &[(Entity, Version)],
        entity: Entity,
        before: &Version,
        later: Option<&Version>,
        now: Timestamp,
    ) {
        match (entity, before) {
            (Entity::Set(id), Version::Set(before)) => {
                let after = match later {
                    Some(Version::Set(later)) => later.as_deref(),
                    _ => self.center.sets.get(&id),
                };
                let deed = effect::of_set(id, self.center.set_arn(id), before.as_deref(), after);
                if let Some(deed) = deed {
                    self.effects.add(now, &self.actor, deed);
                }
            }
            (Entity::Pair(account, set), Version::Pair(before)) => {
                let after = match later {
                    Some(Version::Pair(later)) => later.as_ref(),
                    _ => self.center.pair(account, set),
                };
                let gone = touched.iter().find_map(|(other, version)| match version {
                    Version::Set(Some(version)) if *other == Entity::Set(set) => Some(version.name.clone()),
                    _ => None,
                });
                let name = self.center.sets.get(&set).map(|set| set.name.clone()).or(gone).unwrap_or_default();
                for deed in effect::of_pair(account, &name, before.as_ref(), after) {
                    self.effects.add(now, &self.actor, deed);
                }
            }
            _ => {}
        }
    }

    /// Turns the world to what readers see at `now`, or back again: what is handed back undoes it.
    pub(crate) fn turn(&mut self, versions: Vec<(Entity, Version)>) -> Vec<(Entity, Version)> {
        let of_organization = versions.iter().any(|(entity, _)| entity.is_of_organization());
        let swapped = versions.into_iter().map(|(entity, version)| {
            let other = match (entity, version) {
                (Entity::Set(id), Version::Set(version)) => {
                    Version::Set(self.center.replace_set(id, version.map(|version| *version)).map(Box::new))
                }
                (Entity::Pair(account, set), Version::Pair(version)) => {
                    Version::Pair(self.center.replace_pair(account, set, version))
                }
                (Entity::User(id), Version::User(version)) => {
                    Version::User(self.directory.replace_user(id, version.map(|version| *version)).map(Box::new))
                }
                (Entity::Group(id), Version::Group(version)) => {
                    Version::Group(self.directory.replace_group(id, version))
                }
                (Entity::Membership(id), Version::Membership(version)) => {
                    Version::Membership(self.directory.replace_membership(id, version))
                }
                (Entity::Iam(account), Version::Iam(version)) => Version::Iam(
                    match version {
                        Some(version) => self.iam.insert(account, *version),
                        None => self.iam.remove(&account),
                    }
                    .map(Box::new),
                ),
                (Entity::Account(id), Version::Account(version)) => Version::Account(
                    self.organization.replace_account(id, version.map(|version| *version)).map(Box::new),
                ),
                (Entity::Tree, Version::Tree(version)) => {
                    Version::Tree(Box::new(self.organization.replace_tree(*version)))
                }
                // a version is always kept under its own entity
                (_, version) => version,
            };
            (entity, other)
        });
        let swapped = swapped.collect();
        if of_organization {
            self.organization.index();
        }
        swapped
    }

    fn ordered_failure(&self, job: &Job, kind: &Kind, faults: &Faults) -> Option<String> {
        let set = self.center.sets.get(&kind.set()?)?;
        faults.fail.get(&(job.account, set.name.clone())).cloned()
    }

    fn perform(&mut self, job: &Job, kind: Kind, at: Timestamp) -> Result<(), String> {
        match kind {
            Kind::Assign(row) => self.assign(row, at),
            Kind::Withdraw(row) => self.withdraw(row),
            Kind::Provision { set, .. } => self.provision(job.account, set, at),
            Kind::CloseAccount { account } => {
                if let Some(account) = self.member_mut(account) {
                    account.state = super::organization::AccountState::Suspended;
                }
                Ok(())
            }
            Kind::CreateAccount { name, email, account, organization, .. } => {
                let other = organization.filter(|id| self.others.contains_key(id));
                self.trade_places(other.as_deref());
                let (root, management) = (self.organization.root.clone(), self.organization.management);
                let organization = self.organization.id.clone();
                self.add_account(account, name, email, root, at);
                self.memberships.push(Membership { management, organization, account, way: Way::Created, at });
                self.trade_places(other.as_deref());
                if let Some(task) = self.tasks.get_mut(job.task)
                    && let Kind::CreateAccount { completed_at, .. } = &mut task.kind
                {
                    *completed_at = Some(at);
                }
                Ok(())
            }
        }
    }

    /// Gives the principal the set in the account, making the role where it is not there yet. A role that is there
    /// stays as it is, however old: only provisioning renews it.
    pub(crate) fn assign(&mut self, row: Row, at: Timestamp) -> Result<(), String> {
        let Row { account, set, principal } = row;
        if !self.principal_exists(principal) {
            return Err(format!("Principal {} does not exist in the identity store.", principal.id));
        }
        self.check_active(account)?;
        if !self.center.is_provisioned(account, set) {
            self.provision(account, set, at)?;
        }
        self.center.insert(account, set, principal);
        Ok(())
    }

    /// Takes it away again; the last one takes the role with it.
    pub(crate) fn withdraw(&mut self, row: Row) -> Result<(), String> {
        let Row { account, set, principal } = row;
        self.check_active(account)?;
        if let Some(role) = self.center.remove(account, set, principal) {
            self.destroy_role(account, set, role);
        }
        Ok(())
    }

    /// Makes the role of the set in the account, or brings it up to date.
    pub(crate) fn provision(&mut self, account: AccountId, set: SetId, at: Timestamp) -> Result<(), String> {
        self.check_active(account)?;
        let Some(definition) = self.center.sets.get(&set) else {
            return Err(format!("Permission set {set} does not exist."));
        };
        let (content, version, name) = (definition.content.clone(), definition.version, definition.name.clone());
        let tagged = definition.description.clone();
        self.check_customer_policies(account, &content)?;
        let current = self.center.pair(account, set).and_then(|pair| pair.role);
        let suffix = current.map_or_else(|| self.rng.u64(..), |role| role.suffix);
        let role_name = reserved_name(&name, suffix);
        self.put_role(account, role_name, content, tagged, at);
        self.center.set_role(account, set, ReservedRole { suffix, version });
        Ok(())
    }

    /// Deletes the role of a pair that is gone.
    pub(crate) fn destroy_role(&mut self, account: AccountId, set: SetId, role: ReservedRole) {
        let Some(name) = self.center.sets.get(&set).map(|set| reserved_name(&set.name, role.suffix)) else { return };
        self.destroy_role_named(account, &name);
    }

    pub(crate) fn destroy_role_named(&mut self, account: AccountId, name: &str) {
        if let Some(iam) = self.iam.get_mut(&account) {
            iam.roles.remove(name);
        }
    }

    pub(crate) fn principal_exists(&self, principal: Principal) -> bool {
        match principal.kind {
            PrincipalKind::User => self.directory.users.contains_key(&principal.id),
            PrincipalKind::Group => self.directory.groups.contains_key(&principal.id),
        }
    }

    /// A new active account with the role that the management account enters it by.
    pub(crate) fn add_account(&mut self, id: AccountId, name: String, email: String, parent: String, at: Timestamp) {
        use super::organization::{Account, AccountState};
        let account = Account {
            id,
            name,
            email,
            state: AccountState::Active,
            joined_at: at,
            invited: false,
            parent,
            tags: Tags::new(),
        };
        self.organization.add_account(account);
        self.iam.entry(id).or_default();
        if id != self.organization.management {
            self.add_access_role(id, "OrganizationAccountAccessRole", at);
        }
    }

    /// The account that administers Identity Center for the organization; without one, the management account.
    pub(crate) fn delegated_account(&self) -> AccountId {
        let mut delegations = self.organization.delegations.iter();
        let found = delegations.find(|row| row.service_principal == "sso.amazonaws.com");
        found.map_or(self.organization.management, |delegation| delegation.account)
    }

    /// Trusts the management account, and the one that administers Identity Center for it.
    pub(crate) fn trust_of_access_roles(&self) -> Arc<str> {
        let mut trusted = vec![self.organization.management, self.delegated_account()];
        trusted.dedup();
        let trusted: Vec<String> = trusted.iter().map(|account| format!("\"arn:aws:iam::{account}:root\"")).collect();
        format!(
            "{{\"Version\":\"2012-10-17\",\"Statement\":[{{\"Effect\":\"Allow\",\"Principal\":{{\"AWS\":[{}]}},\
             \"Action\":\"sts:AssumeRole\"}}]}}",
            trusted.join(",")
        )
        .into()
    }

    /// Makes the roles of these names trust the management and the delegated administrator account.
    pub(crate) fn trust_access_roles(&mut self, names: &[String]) {
        let trust = self.trust_of_access_roles();
        for iam in self.iam.values_mut() {
            for name in names {
                if let Some(role) = iam.roles.get_mut(name) {
                    role.trust = Arc::clone(&trust);
                }
            }
        }
    }

    /// The ARN of the role behind a role's session.
    pub(crate) fn role_arn(&self, identity: &Identity) -> Option<String> {
        let IamPrincipal::Role(name) = &identity.principal else { return None };
        let role = self.iam.get(&identity.account)?.roles.get(name)?;
        Some(role.arn(identity.account, name))
    }

    /// Whether the user or role still exists. What was deleted can no longer call.
    pub(crate) fn has_principal(&self, identity: &Identity) -> bool {
        self.iam.get(&identity.account).is_some_and(|iam| match &identity.principal {
            IamPrincipal::User(name) => iam.users.contains_key(name),
            IamPrincipal::Role(name) => iam.roles.contains_key(name),
        })
    }

    /// Remembers a call: of the key, and of the user or role for each service.
    pub(crate) fn note_call(&mut self, identity: &Identity, key: &str, last: LastUse) {
        let account = identity.account;
        let Some(iam) = self.iam.get_mut(&account) else { return };
        let arn = match &identity.principal {
            IamPrincipal::User(name) => {
                let Some(user) = iam.users.get_mut(name) else { return };
                if let Some(key) = user.keys.get_mut(key) {
                    key.last_used = Some(last.clone());
                }
                user.arn(account, name)
            }
            IamPrincipal::Role(name) => {
                let Some(role) = iam.roles.get(name) else { return };
                role.arn(account, name)
            }
        };
        iam.accessed.insert((arn, last.service), (last.at, last.region));
    }

    /// A role with all rights that the management account may assume.
    pub(crate) fn add_access_role(&mut self, account: AccountId, name: &str, at: Timestamp) {
        let trust = self.trust_of_access_roles();
        let own = super::iam::OwnRights {
            attached: vec!["arn:aws:iam::aws:policy/AdministratorAccess".to_owned()],
            ..Default::default()
        };
        let role = Role {
            id: format!("AROA{}", upper(&mut self.rng, 17)),
            path: "/".to_owned(),
            created_at: at,
            description: None,
            trust,
            max_session_seconds: 3_600,
            tags: Tags::new(),
            rights: Rights::Own(own),
        };
        self.iam.entry(account).or_default().roles.insert(name.to_owned(), role);
    }

    fn put_role(
        &mut self,
        account: AccountId,
        name: String,
        content: Arc<SetContent>,
        description: Option<String>,
        at: Timestamp,
    ) {
        let iam = self.iam.entry(account).or_default();
        if let Some(role) = iam.roles.get_mut(&name) {
            role.max_session_seconds = content.session_seconds;
            role.description = description;
            role.rights = Rights::Reserved(content);
            return;
        }
        let role = Role {
            id: format!("AROA{}", upper(&mut self.rng, 17)),
            path: format!("/aws-reserved/sso.amazonaws.com/{}/", self.region),
            created_at: at,
            description,
            trust: trust_of_identity_center(account, self.center.instance).into(),
            max_session_seconds: content.session_seconds,
            tags: Tags::new(),
            rights: Rights::Reserved(content),
        };
        iam.roles.insert(name, role);
    }

    fn check_active(&self, account: AccountId) -> Result<(), String> {
        match self.organization.accounts.get(&account) {
            None => Err(format!("Received a 404 status error: Account {account} is not in the organization.")),
            Some(_) if self.organization.is_active(account) => Ok(()),
            Some(found) => Err(format!("Received a 403 status error: Account {account} is {}.", found.state.name())),
        }
    }

    fn check_customer_policies(&self, account: AccountId, content: &SetContent) -> Result<(), String> {
        let boundary = match &content.boundary {
            Some(Boundary::Customer(policy)) => Some(policy),
            _ => None,
        };
        let missing = |policy: &&PolicyName| {
            let key = format!("{}{}", policy.path, policy.name);
            !self.iam.get(&account).is_some_and(|iam| iam.policies.contains_key(&key))
        };
        match content.customer.iter().chain(boundary).find(missing) {
            None => Ok(()),
            Some(policy) => Err(format!(
                "Received a 404 status error: Not supported policy {}. It does not exist or is not attachable.",
                policy.arn(account)
            )),
        }
    }
}

/// `AWSReservedSSO_<set>_<16 hex>`
pub(crate) fn reserved_name(set: &str, suffix: u64) -> String {
    format!("AWSReservedSSO_{set}_{suffix:016x}")
}

fn trust_of_identity_center(account: AccountId, instance: u64) -> String {
    format!(
        "{{\"Version\":\"2012-10-17\",\"Statement\":[{{\"Effect\":\"Allow\",\"Principal\":{{\"Federated\":\
         \"arn:aws:iam::{account}:saml-provider/AWSSSO_{instance:016x}_DO_NOT_DELETE\"}},\
         \"Action\":[\"sts:AssumeRoleWithSAML\",\"sts:TagSession\"],\"Condition\":{{\"StringEquals\":{{\
         \"SAML:aud\":\"https://signin.aws.amazon.com/saml\"}}}}}}]}}"
    )
}
