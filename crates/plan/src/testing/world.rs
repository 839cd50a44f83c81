//! A small world to change piece by piece.

use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr;

use jiff::Timestamp;
use model::observed::{Caller, CallerRole, InstanceKey, ReadingCost};
use model::permission_set::{Attributes, ProvisionedAccount};
use model::rules::{OwnershipMode, OwnershipRule, Rules};
use model::{
    Account, AccountId, AccountState, AssignmentTable, Declared, DeclaredPermissionSet, Group, GroupId,
    ManagedPolicyArn, Observed, ObservedPermissionSet, Organization, OrganizationalUnit, Pattern, PermissionSetArn,
    PermissionSetName, Plan, PrincipalId, Reading, Source, User, UserId,
};

use crate::PlanInput;

/// An assignment by name.
pub type Row = (PermissionSetName, AccountId, PrincipalId);

/// What is observed, declared and ruled, to be changed by short names: accounts by name, `group:…`, `user:…`.
#[derive(Debug, Clone)]
pub struct World {
    /// What AWS holds.
    pub observed: Observed,
    /// What shall be.
    pub declared: Declared,
    /// Limits.
    pub rules: Rules,
    pub(crate) observed_rows: BTreeSet<Row>,
    pub(crate) declared_rows: BTreeMap<Row, Source>,
    lines: u32,
}

/// Parses what is known to be right.
pub(crate) fn id<T: FromStr>(text: &str) -> T {
    text.parse().unwrap_or_else(|_| unreachable!("`{text}` is written right"))
}

pub(crate) fn now() -> Timestamp {
    Timestamp::from_second(1_795_305_600).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// ARN of an AWS managed policy.
#[must_use]
pub fn managed_policy(name: &str) -> ManagedPolicyArn {
    id(&format!("arn:aws:iam::aws:policy/{name}"))
}

pub(crate) fn set_arn(name: &str) -> PermissionSetArn {
    id(&format!("arn:aws:sso:::permissionSet/ssoins-7223000000000000/ps-{}", model::id::short_hash([name])))
}

impl World {
    /// Nothing but an organization with a management account.
    #[must_use]
    pub fn empty() -> Self {
        let root: model::OrganizationalUnitId = id("r-root");
        let unit = OrganizationalUnit { id: root.clone(), name: "Root".into(), parent: None };
        let organization = Organization {
            management_account: Some(id("000000000001")),
            units: [(root, unit)].into(),
            accounts: BTreeMap::new(),
        };
        let as_of = now();
        let observed = Observed {
            instance: InstanceKey {
                partition: "aws".into(),
                instance: id("arn:aws:sso:::instance/ssoins-7223000000000000"),
                identity_store: id("d-0000000000"),
                primary_region: "ap-northeast-1".into(),
            },
            caller: Caller {
                account: id("333333333333"),
                arn: "arn:aws:sts::333333333333:assumed-role/sekisho/run".into(),
                role: CallerRole::DelegatedAdministrator,
            },
            as_of,
            organization: Reading::known(organization, as_of),
            users: Reading::known(BTreeMap::new(), as_of),
            groups: Reading::known(BTreeMap::new(), as_of),
            memberships: BTreeMap::new(),
            permission_set_listing: Reading::known((), as_of),
            permission_sets: BTreeMap::new(),
            unreadable_sets: BTreeMap::new(),
            assignments: AssignmentTable::default(),
            incomplete_pairs: Vec::new(),
            cost: ReadingCost::default(),
        };
        let mut world = Self {
            observed,
            declared: Declared { version: "test".into(), ..Declared::default() },
            rules: Rules { deployment: "test".into(), ..Rules::default() },
            observed_rows: BTreeSet::new(),
            declared_rows: BTreeMap::new(),
            lines: 0,
        };
        world.add_account("management", "000000000001", AccountState::Active);
        world
    }

    /// Five accounts, three people, three groups, five sets, six assignments; all declared as it is.
    #[must_use]
    pub fn sample() -> Self {
        let mut world = Self::empty();
        for (name, number, state) in [
            ("minimo-prod", "111111111111", AccountState::Active),
            ("minimo-stg", "222222222222", AccountState::Active),
            ("tools", "333333333333", AccountState::Active),
            ("old", "444444444444", AccountState::Suspended),
        ] {
            world.add_account(name, number, state);
        }
        for user in ["hanako", "sato", "taro"] {
            world.add_user(user);
        }
        world.add_group("minimo-dev", &["hanako", "taro"]);
        world.add_group("platform-admins", &["sato"]);
        world.add_group("AWSControlTowerAdmins", &["sato"]);
        for (name, policy) in [
            ("Developer", "PowerUserAccess"),
            ("Admin", "AdministratorAccess"),
            ("ReadOnly", "ReadOnlyAccess"),
            ("Unused", "ReadOnlyAccess"),
            ("AWSAdministratorAccess", "AdministratorAccess"),
        ] {
            world.observe_set(name).managed_policies = Reading::known([managed_policy(policy)].into(), now());
        }
        for (set, account, principal) in [
            ("Developer", "minimo-prod", "group:minimo-dev"),
            ("Developer", "minimo-stg", "group:minimo-dev"),
            ("Admin", "minimo-prod", "user:taro"),
            ("Admin", "minimo-prod", "group:platform-admins"),
            ("ReadOnly", "minimo-prod", "user:hanako"),
            ("AWSAdministratorAccess", "tools", "group:AWSControlTowerAdmins"),
        ] {
            world.observe(set, account, principal);
        }
        world.declare_observed();
        world
    }

    /// Declares everything as it is observed, like an import.
    pub fn declare_observed(&mut self) {
        let names: Vec<PermissionSetName> = self.observed.permission_sets.keys().cloned().collect();
        for name in names {
            let declared = self.declaration_of(&name);
            self.declared.permission_sets.insert(name, declared);
        }
        for row in self.observed_rows.clone() {
            self.declare_row(row);
        }
        self.rebuild();
    }

    fn declaration_of(&mut self, name: &PermissionSetName) -> DeclaredPermissionSet {
        let source = self.next_source(&format!("permission-sets/{name}.yaml"));
        let found = self.observed.permission_sets.get(name);
        DeclaredPermissionSet {
            name: name.clone(),
            title: None,
            attributes: found.map(|set| set.attributes.clone()).unwrap_or_default(),
            managed_policies: found.and_then(|set| set.managed_policies.value()).cloned().unwrap_or_default(),
            customer_managed_policies: found
                .and_then(|set| set.customer_managed_policies.value())
                .cloned()
                .unwrap_or_default(),
            inline_policy: found.and_then(|set| set.inline_policy.value()).cloned().unwrap_or_default(),
            permissions_boundary: found.and_then(|set| set.permissions_boundary.value()).cloned().unwrap_or_default(),
            tags: found.and_then(|set| set.tags.value()).cloned().unwrap_or_default(),
            owners: Vec::new(),
            source,
        }
    }

    /// Adds an account.
    pub fn add_account(&mut self, name: &str, number: &str, state: AccountState) {
        let account = Account {
            id: id(number),
            name: name.into(),
            email: format!("{name}@example.com"),
            state,
            parent: id("r-root"),
            tags: Reading::known(BTreeMap::new(), now()),
        };
        if let Some(organization) = self.observed.organization.value_mut() {
            organization.accounts.insert(account.id.clone(), account);
        }
    }

    /// Adds a person.
    pub fn add_user(&mut self, name: &str) {
        let user = User {
            id: user_id(name),
            user_name: name.into(),
            display_name: None,
            email: Some(format!("{name}@example.com")),
        };
        if let Some(users) = self.observed.users.value_mut() {
            users.insert(user.id.clone(), user);
        }
    }

    /// Adds a group, or replaces it.
    pub fn add_group(&mut self, name: &str, members: &[&str]) {
        let group = Group { id: group_id(name), display_name: name.into() };
        let members = members.iter().map(|member| user_id(member)).collect();
        self.observed.memberships.insert(group.id.clone(), Reading::known(members, now()));
        if let Some(groups) = self.observed.groups.value_mut() {
            groups.insert(group.id.clone(), group);
        }
    }

    /// Adds an empty set to AWS.
    pub fn observe_set(&mut self, name: &str) -> &mut ObservedPermissionSet {
        let as_of = now();
        self.observed.permission_sets.entry(id(name)).or_insert_with(|| ObservedPermissionSet {
            arn: set_arn(name),
            name: id(name),
            created: None,
            attributes: Attributes::default(),
            managed_policies: Reading::known(BTreeSet::new(), as_of),
            customer_managed_policies: Reading::known(BTreeSet::new(), as_of),
            inline_policy: Reading::known(None, as_of),
            permissions_boundary: Reading::known(None, as_of),
            tags: Reading::known(BTreeMap::new(), as_of),
            provisioned: Reading::known(Vec::new(), as_of),
        })
    }

    /// A set AWS holds, to be changed there.
    pub fn observed_set(&mut self, name: &str) -> &mut ObservedPermissionSet {
        self.observe_set(name)
    }

    /// Declares a set: as observed, or empty.
    pub fn declare_set(&mut self, name: &str) {
        let declared = self.declaration_of(&id(name));
        self.declared.permission_sets.insert(id(name), declared);
    }

    /// Declares it no longer.
    pub fn undeclare_set(&mut self, name: &str) {
        self.declared.permission_sets.remove(&id::<PermissionSetName>(name));
    }

    /// Changes a set's declaration.
    pub fn change_set(&mut self, name: &str, change: impl FnOnce(&mut DeclaredPermissionSet)) {
        if let Some(set) = self.declared.permission_sets.get_mut(&id::<PermissionSetName>(name)) {
            change(set);
        }
    }

    /// Id of an account by name.
    #[must_use]
    pub fn account(&self, name: &str) -> AccountId {
        let accounts = self.observed.organization.value().map(|organization| organization.accounts.values());
        accounts
            .into_iter()
            .flatten()
            .find(|account| account.name == name)
            .map_or_else(|| id(name), |account| account.id.clone())
    }

    /// An assignment by short names.
    #[must_use]
    pub fn row(&self, set: &str, account: &str, principal: &str) -> Row {
        let principal = match principal.split_once(':') {
            Some(("group", name)) => PrincipalId::Group(group_id(name)),
            Some((_, name)) => PrincipalId::User(user_id(name)),
            None => PrincipalId::User(user_id(principal)),
        };
        (id(set), self.account(account), principal)
    }

    /// AWS holds this assignment.
    pub fn observe(&mut self, set: &str, account: &str, principal: &str) {
        let row = self.row(set, account, principal);
        self.observe_row(row);
        self.rebuild();
    }

    pub(crate) fn observe_row(&mut self, row: Row) {
        let found = self.observed.permission_sets.get_mut(&row.0);
        if let Some(provisioned) = found.and_then(|found| found.provisioned.value_mut())
            && let Err(at) = provisioned.binary_search_by(|entry| entry.account.cmp(&row.1))
        {
            provisioned.insert(at, ProvisionedAccount { account: row.1.clone(), latest: true });
        }
        self.observed_rows.insert(row);
    }

    /// The catalog declares this assignment, on a line of its own.
    pub fn declare(&mut self, set: &str, account: &str, principal: &str) {
        let row = self.row(set, account, principal);
        self.declare_row(row);
        self.rebuild();
    }

    pub(crate) fn declare_row(&mut self, row: Row) {
        let source = self.next_source("assignments/all.yaml");
        self.declared_rows.insert(row, source);
    }

    /// It declares it no longer.
    pub fn undeclare(&mut self, set: &str, account: &str, principal: &str) {
        self.declared_rows.remove(&self.row(set, account, principal));
        self.rebuild();
    }

    /// Changes the state of an account.
    pub fn set_state(&mut self, account: &str, state: AccountState) {
        let number = self.account(account);
        if let Some(organization) = self.observed.organization.value_mut()
            && let Some(found) = organization.accounts.get_mut(&number)
        {
            found.state = state;
        }
    }

    /// Ownership becomes exclusive everywhere.
    pub fn exclusive(&mut self) {
        self.own(OwnershipMode::Exclusive, "*", "*", "*");
    }

    /// Adds an ownership rule.
    pub fn own(&mut self, mode: OwnershipMode, sets: &str, accounts: &str, principals: &str) {
        self.rules.ownership.push(OwnershipRule {
            mode,
            permission_sets: Pattern::new(sets),
            accounts: Pattern::new(accounts),
            principals: Pattern::new(principals),
        });
    }

    /// The plan.
    #[must_use]
    pub fn plan(&self) -> Plan {
        crate::plan(&PlanInput {
            observed: &self.observed,
            declared: &self.declared,
            rules: &self.rules,
            created: now(),
            sekisho_version: "test",
        })
    }

    /// What the checker says of a plan.
    #[must_use]
    pub fn check(&self, plan: &Plan) -> Vec<model::Finding> {
        crate::check(plan, &self.observed, &self.declared, &self.rules)
    }

    fn next_source(&mut self, origin: &str) -> Source {
        self.lines += 1;
        Source { origin: origin.into(), line: self.lines, column: 3 }
    }

    pub(crate) fn rebuild(&mut self) {
        self.observed.assignments =
            AssignmentTable::from_names(self.observed_rows.iter().map(|(set, account, who)| (set, account, who)));
        place_declared(&mut self.declared, &self.declared_rows);
    }
}

/// Puts assignments with their sources into a declaration.
pub fn place_declared(declared: &mut Declared, rows: &BTreeMap<Row, Source>) {
    declared.assignments = AssignmentTable::from_names(rows.keys().map(|(set, account, who)| (set, account, who)));
    // The table's order is that of the map's keys.
    declared.sources = rows.values().cloned().collect();
    declared.assignment_sources = (0..u32::try_from(rows.len()).unwrap_or(u32::MAX)).collect();
}

pub(crate) fn user_id(name: &str) -> UserId {
    id(&format!("u-{name}"))
}

pub(crate) fn group_id(name: &str) -> GroupId {
    id(&format!("g-{name}"))
}
