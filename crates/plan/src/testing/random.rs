//! Small random worlds, full of corners: stale accounts, deleted principals, suspended accounts, reserved names.

use std::collections::BTreeSet;

use model::observed::IncompletePair;
use model::permission_set::ProvisionedAccount;
use model::rules::{Owned, OwnershipMode};
use model::{
    AccountState, Change, CustomerManagedPolicy, Extent, Footprint, ManagedPolicyArn, Observed, Operation,
    PermissionSetName, PermissionsBoundary, PrincipalId, Reading, SessionDuration, Source, Unresolved,
};

use super::world::{Row, World, group_id, id, managed_policy, now, user_id};

/// A small generator of random numbers (SplitMix64): the same seed, the same numbers, on every machine.
#[derive(Debug, Clone)]
pub struct Random(u64);

impl Random {
    /// Begins at a seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Any number.
    pub fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut value = self.0;
        value = (value ^ (value >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        value = (value ^ (value >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        value ^ (value >> 31)
    }

    /// A number below `bound`, which is not 0.
    pub fn below(&mut self, bound: u32) -> u32 {
        u32::try_from(self.number() % u64::from(bound.max(1))).unwrap_or_default()
    }

    /// True in so many of a hundred cases.
    pub fn percent(&mut self, percent: u32) -> bool {
        self.below(100) < percent
    }

    /// One of them.
    pub fn pick<'t, T>(&mut self, items: &'t [T]) -> Option<&'t T> {
        if items.is_empty() {
            return None;
        }
        items.get(self.below(u32::try_from(items.len()).unwrap_or(u32::MAX)) as usize)
    }
}

/// What may occur in a random world.
#[derive(Debug, Clone, Copy)]
pub struct RandomShape {
    /// Suspended accounts, reserved names, protected things, footprints, pairs without assignments, other ownership modes,
    /// no executor of the management account.
    pub obstacles: bool,
    /// Ownership where nothing else is said.
    pub ownership: OwnershipMode,
}

const ACCOUNTS: [&str; 6] = ["management", "prod", "stg", "dev", "tools", "sandbox"];
const SETS: [&str; 7] = ["Admin", "Audit", "Billing", "Developer", "Operator", "ReadOnly", "Support"];
const POLICIES: [&str; 4] = ["AdministratorAccess", "PowerUserAccess", "ReadOnlyAccess", "SecurityAudit"];
const USERS: [&str; 6] = ["aiko", "daichi", "hanako", "ken", "sato", "taro"];
const GROUPS: [&str; 5] = ["admins", "all", "billing", "dev", "ops"];

/// A random world.
#[must_use]
pub fn random_world(seed: u64, shape: RandomShape) -> World {
    let mut random = Random::new(seed);
    let mut world = World::empty();
    for (name, at) in ACCOUNTS.iter().zip(1..).skip(1) {
        let state = if shape.obstacles && random.percent(15) { AccountState::Suspended } else { AccountState::Active };
        world.add_account(name, &format!("{at:012}"), state);
    }
    // Not everybody exists: some assignments are those of deleted principals.
    for user in USERS {
        if random.percent(85) {
            world.add_user(user);
        }
    }
    let mut groups = GROUPS.to_vec();
    if shape.obstacles {
        groups.push("AWSControlTowerAdmins");
    }
    for group in &groups {
        if random.percent(85) {
            let members: Vec<&str> = USERS.into_iter().filter(|_| random.percent(40)).collect();
            world.add_group(group, &members);
        }
    }
    let mut sets = SETS.to_vec();
    if shape.obstacles {
        sets.push("AWSAdministratorAccess");
    }
    for set in &sets {
        if random.percent(70) {
            random_set(&mut world, set, &mut random, shape);
        }
    }
    random_rows(&mut world, &groups, &mut random);
    stale_accounts(&mut world, &mut random, shape);
    world.declare_observed();
    random_declaration(&mut world, &sets, &groups, &mut random);
    random_rules(&mut world, &mut random, shape);
    world.rebuild();
    world
}

fn random_set(world: &mut World, name: &str, random: &mut Random, shape: RandomShape) {
    let attributes = random_attributes(random);
    let managed = random_policies(random);
    let customer = random_customer(random);
    let inline = random_inline(random);
    let boundary = random_boundary(random);
    let set = world.observe_set(name);
    set.attributes = attributes;
    set.managed_policies = Reading::known(managed, now());
    set.customer_managed_policies = Reading::known(customer, now());
    set.inline_policy = Reading::known(inline, now());
    set.permissions_boundary = Reading::known(boundary, now());
    let mut tags = std::collections::BTreeMap::new();
    if random.percent(30) {
        tags.insert("team".to_owned(), "minimo".to_owned());
    }
    if shape.obstacles && random.percent(10) {
        tags.insert("managed-by".to_owned(), "control-tower".to_owned());
    }
    if shape.obstacles && random.percent(10) {
        tags.insert(model::Rules::DEPLOYMENT_TAG.to_owned(), "another".to_owned());
    }
    set.tags = Reading::known(tags, now());
}

fn random_attributes(random: &mut Random) -> model::permission_set::Attributes {
    let hours = [60, 240, 480];
    model::permission_set::Attributes {
        description: random.percent(50).then(|| format!("description {}", random.below(3))),
        session_duration: random
            .pick(&hours)
            .and_then(|minutes| SessionDuration::from_minutes(*minutes))
            .unwrap_or_default(),
        relay_state: random.percent(20).then(|| "https://console.aws.amazon.com/s3".to_owned()),
    }
}

fn random_policies(random: &mut Random) -> BTreeSet<ManagedPolicyArn> {
    POLICIES.iter().filter(|_| random.percent(35)).map(|name| managed_policy(name)).collect()
}

fn random_customer(random: &mut Random) -> BTreeSet<CustomerManagedPolicy> {
    ["deploy", "trial"]
        .iter()
        .filter(|_| random.percent(20))
        .map(|name| CustomerManagedPolicy { name: (*name).to_owned(), path: "/".to_owned() })
        .collect()
}

fn random_inline(random: &mut Random) -> Option<String> {
    let action = ["s3:GetObject", "s3:PutObject", "dynamodb:Query"];
    random.percent(40).then(|| {
        let action = random.pick(&action).copied().unwrap_or_default();
        format!(r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":"{action}","Resource":"*"}}]}}"#)
    })
}

fn random_boundary(random: &mut Random) -> Option<PermissionsBoundary> {
    random.percent(20).then(|| PermissionsBoundary::Managed(managed_policy("PowerUserAccess")))
}

fn random_row(world: &World, sets: &[&str], groups: &[&str], random: &mut Random) -> Option<Row> {
    let set = random.pick(sets)?;
    let account = random.pick(&ACCOUNTS)?;
    let principal = if random.percent(50) {
        format!("user:{}", random.pick(&USERS)?)
    } else {
        format!("group:{}", random.pick(groups)?)
    };
    Some(world.row(set, account, &principal))
}

fn random_rows(world: &mut World, groups: &[&str], random: &mut Random) {
    let names: Vec<String> = world.observed.permission_sets.keys().map(ToString::to_string).collect();
    let sets: Vec<&str> = names.iter().map(String::as_str).collect();
    for _ in 0..random.below(30) {
        if let Some(row) = random_row(world, &sets, groups, random) {
            world.observe_row(row);
        }
    }
}

fn stale_accounts(world: &mut World, random: &mut Random, shape: RandomShape) {
    for set in world.observed.permission_sets.values_mut() {
        let Some(provisioned) = set.provisioned.value_mut() else { continue };
        if shape.obstacles && random.percent(15) {
            let account = id("000000000006");
            if let Err(at) = provisioned.binary_search_by(|entry| entry.account.cmp(&account)) {
                provisioned.insert(at, ProvisionedAccount { account, latest: true });
            }
        }
        for entry in provisioned {
            entry.latest = !random.percent(15);
        }
    }
}

fn random_declaration(world: &mut World, sets: &[&str], groups: &[&str], random: &mut Random) {
    for set in sets {
        if random.percent(20) {
            world.undeclare_set(set);
        } else if random.percent(15) {
            world.declare_set(set);
        }
        if random.percent(40) {
            let (attributes, managed) = (random_attributes(random), random_policies(random));
            let (customer, inline) = (random_customer(random), random_inline(random));
            let (boundary, tag) = (random_boundary(random), random.percent(50));
            world.change_set(set, |declared| {
                declared.attributes = attributes;
                declared.managed_policies = managed;
                declared.customer_managed_policies = customer;
                declared.inline_policy = inline;
                declared.permissions_boundary = boundary;
                declared.tags.clear();
                if tag {
                    declared.tags.insert("team".into(), "other".into());
                }
            });
        }
    }
    let keep = random.below(100);
    world.declared_rows.retain(|_, _| random.percent(keep));
    let declared: Vec<String> = world.declared.permission_sets.keys().map(ToString::to_string).collect();
    let declared: Vec<&str> = declared.iter().map(String::as_str).collect();
    for _ in 0..random.below(20) {
        if let Some(row) = random_row(world, &declared, groups, random) {
            world.declare_row(row);
        }
    }
}

fn random_rules(world: &mut World, random: &mut Random, shape: RandomShape) {
    world.rules.management_executor = !shape.obstacles || random.percent(50);
    if shape.obstacles {
        if random.percent(20) {
            world.own(OwnershipMode::Observe, "*", "prod", "*");
        }
        if random.percent(20) {
            world.own(OwnershipMode::Observe, "Audit", "*", "*");
        }
        if random.percent(20) {
            world.own(OwnershipMode::Exclusive, "*", "*", "user:*");
        }
        if random.percent(20) {
            world.rules.protected.principals.push(model::Pattern::new("group:admins"));
        }
        if random.percent(20) {
            world.rules.protected.accounts.push(model::Pattern::new("tools"));
        }
        if random.percent(20) {
            world.rules.protected.permission_sets.push(model::Pattern::new("Support"));
        }
        if random.percent(20) {
            world.rules.protected.adopted_permission_sets.push(model::Pattern::new("AWS*"));
        }
        if random.percent(30) {
            world.declared.unresolved.push(random_unresolved(world, random));
        }
        if random.percent(20)
            && let Some(set) = random.pick(&SETS)
        {
            world.declared.frozen_sets.insert(id(set), "the file could not be read".to_owned());
        }
    }
    if shape.ownership != OwnershipMode::Additive {
        world.own(shape.ownership, "*", "*", "*");
    }
    if random.percent(70) {
        let assignments = world.observed_rows.iter().filter(|_| random.percent(50)).cloned().collect();
        let sets = world.observed.permission_sets.values().filter(|_| random.percent(50));
        world.rules.owned = Some(Owned { assignments, permission_sets: sets.map(|set| set.arn.clone()).collect() });
    }
}

fn random_unresolved(world: &World, random: &mut Random) -> Unresolved {
    let sets = random.pick(&SETS).map_or(Extent::All, |set| Extent::Only([id(set)].into()));
    let account = random.pick(&ACCOUNTS).map(|name| world.account(name));
    let accounts = account.map_or(Extent::All, |account| Extent::Only([account].into()));
    let principals = match random.below(3) {
        0 => Extent::All,
        1 => Extent::Only([PrincipalId::Group(group_id("dev"))].into()),
        _ => Extent::Only([PrincipalId::User(user_id("taro"))].into()),
    };
    Unresolved {
        source: Source { origin: "assignments/lost.yaml".into(), line: 1, column: 1 },
        message: "no group named `lost`".into(),
        help: None,
        footprint: Footprint { sets, accounts, principals },
    }
}

/// The same world, not seen in full: random parts become unknown, random assignments are not seen.
#[must_use]
pub fn blind(observed: &Observed, seed: u64) -> Observed {
    const WHY: &str = "AWS refused";
    let mut random = Random::new(seed);
    let mut blind = observed.clone();
    let chance = [5, 20, 60].get(random.below(3) as usize).copied().unwrap_or_default();
    if random.percent(chance) {
        blind.organization = Reading::unknown(WHY);
    }
    if random.percent(chance) {
        blind.users =
            if random.percent(50) { Reading::unknown(WHY) } else { Reading::known(Default::default(), now()) };
    }
    if random.percent(chance) {
        blind.groups =
            if random.percent(50) { Reading::unknown(WHY) } else { Reading::known(Default::default(), now()) };
    }
    for members in blind.memberships.values_mut() {
        if random.percent(chance) {
            *members = Reading::unknown(WHY);
        }
    }
    if random.percent(chance) {
        blind.permission_set_listing = Reading::unknown(WHY);
    }
    let mut gone: BTreeSet<PermissionSetName> = BTreeSet::new();
    for set in observed.permission_sets.values() {
        if random.percent(chance / 2) {
            blind.permission_sets.remove(&set.name);
            gone.insert(set.name.clone());
            // Without a listing a set may be missing without a trace.
            if blind.permission_set_listing.is_known() || random.percent(50) {
                blind.unreadable_sets.insert(set.arn.clone(), WHY.to_owned());
            }
        }
    }
    let mut unseen_pairs = BTreeSet::new();
    let mut unseen_sets = gone.clone();
    for set in blind.permission_sets.values_mut() {
        if random.percent(chance) {
            set.managed_policies = Reading::unknown(WHY);
        }
        if random.percent(chance) {
            set.customer_managed_policies = Reading::unknown(WHY);
        }
        if random.percent(chance) {
            set.inline_policy = Reading::unknown(WHY);
        }
        if random.percent(chance) {
            set.permissions_boundary = Reading::unknown(WHY);
        }
        if random.percent(chance) {
            set.tags = Reading::unknown(WHY);
        }
        if random.percent(chance) {
            set.provisioned = Reading::unknown(WHY);
            unseen_sets.insert(set.name.clone());
        }
        for entry in set.provisioned.value().into_iter().flatten() {
            if random.percent(chance) {
                unseen_pairs.insert((set.name.clone(), entry.account.clone()));
            }
        }
    }
    let seen: Vec<Row> = observed
        .assignments
        .iter()
        .filter(|(set, account, _)| {
            let whole = !unseen_sets.contains(*set) && !unseen_pairs.contains(&((*set).clone(), (*account).clone()));
            !gone.contains(*set) && (whole || random.percent(30))
        })
        .map(|(set, account, principal)| (set.clone(), account.clone(), principal.clone()))
        .collect();
    blind.assignments = model::AssignmentTable::from_names(seen.iter().map(|(set, account, who)| (set, account, who)));
    blind.incomplete_pairs = unseen_pairs
        .into_iter()
        .map(|(set, account)| IncompletePair { set, account, reason: WHY.to_owned(), only_of_deleted: false })
        .collect();
    blind
}

/// What the journal says Sekisho owns after these operations, which led to `after`.
#[must_use]
pub fn owned_after(before: Option<&Owned>, operations: &[Operation], after: &Observed) -> Owned {
    let mut owned = before.cloned().unwrap_or_default();
    for operation in operations {
        match &operation.change {
            Change::CreatePermissionSet { set, .. } => {
                owned.permission_sets.extend(after.permission_sets.get(&set.name).map(|found| found.arn.clone()));
            }
            Change::Assign { set, account, principal } => {
                owned.assignments.insert((set.name.clone(), account.clone(), principal.clone()));
            }
            Change::Withdraw { set, account, principal } => {
                owned.assignments.remove(&(set.name.clone(), account.clone(), principal.clone()));
            }
            _ => {}
        }
    }
    owned
}
