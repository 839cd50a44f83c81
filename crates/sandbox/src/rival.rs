//! Somebody else who administers the same IAM Identity Center: does one thing, at once and without asking anybody.

use jiff::Timestamp;

use crate::state::center::{PermissionSet, Principal, PrincipalKind, SetContent};
use crate::state::id::{AccountId, SetId};
use crate::state::task::{Family, Row};
use crate::state::world::{World, reserved_name};

/// Managed policies the rival attaches.
const POLICIES: [&str; 3] = ["AWSSupportAccess", "SecurityAudit", "job-function/Billing"];
/// Inline policies the rival writes.
const INLINE: [&str; 2] = [
    r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:ListAllMyBuckets","Resource":"*"}]}"#,
    r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"iam:*","Resource":"*"}]}"#,
];

/// Does one thing by chance; nothing where there is nothing to do it to.
pub(crate) fn meddle(world: &mut World, now: Timestamp, dice: &mut fastrand::Rng) {
    let done = match dice.u8(..100) {
        0..30 => withdraw(world, dice),
        30..60 => assign(world, now, dice),
        60..90 => change(world, dice),
        90..94 => create(world, now, dice),
        _ => delete(world, dice),
    };
    debug_assert!(done.is_none_or(|()| true), "whether anything was done does not matter");
}

fn choose<T>(dice: &mut fastrand::Rng, all: Vec<T>) -> Option<T> {
    if all.is_empty() {
        return None;
    }
    let at = dice.usize(..all.len());
    all.into_iter().nth(at)
}

fn any_set(world: &World, dice: &mut fastrand::Rng) -> Option<SetId> {
    choose(dice, world.center.sets.keys().copied().collect())
}

fn withdraw(world: &mut World, dice: &mut fastrand::Rng) -> Option<()> {
    let rows = world.center.pairs().flat_map(|(account, set, pair)| {
        pair.principals.iter().map(move |principal| Row { account, set, principal: *principal })
    });
    let row = choose(dice, rows.collect())?;
    world.withdraw(row).ok()
}

fn assign(world: &mut World, now: Timestamp, dice: &mut fastrand::Rng) -> Option<()> {
    let active = |id: &AccountId| world.organization.is_active(*id) && *id != world.organization.management;
    let account = choose(dice, world.organization.accounts.keys().copied().filter(active).collect())?;
    let set = any_set(world, dice)?;
    let users = world.directory.users.keys().map(|id| Principal { kind: PrincipalKind::User, id: *id });
    let groups = world.directory.groups.keys().map(|id| Principal { kind: PrincipalKind::Group, id: *id });
    let principal = choose(dice, users.chain(groups).collect())?;
    world.assign(Row { account, set, principal }, now).ok()
}

fn change(world: &mut World, dice: &mut fastrand::Rng) -> Option<()> {
    let id = any_set(world, dice)?;
    match dice.u8(..6) {
        0 => {
            let policy = format!("arn:aws:iam::aws:policy/{}", dice.choice(POLICIES)?);
            let has = world.center.sets.get(&id)?.content.managed.contains(&policy);
            if !has {
                world.center.edit(id, |content| content.managed.push(policy));
            }
        }
        1 => {
            let count = world.center.sets.get(&id)?.content.managed.len();
            if count > 0 {
                let at = dice.usize(..count);
                world.center.edit(id, |content| {
                    content.managed.remove(at);
                });
            }
        }
        2 => {
            let text = dice.choice(INLINE)?.to_owned();
            world.center.edit(id, |content| content.inline = Some(text));
        }
        3 => world.center.edit(id, |content| content.inline = None),
        4 => {
            let hours = dice.u64(1..=12);
            world.center.edit(id, |content| {
                content.session_duration = format!("PT{hours}H");
                content.session_seconds = hours * 3_600;
            });
        }
        _ => {
            let value = format!("rival-{}", dice.u8(..));
            world.center.set_mut(id)?.tags.insert("owner".to_owned(), value);
        }
    }
    Some(())
}

fn create(world: &mut World, now: Timestamp, dice: &mut fastrand::Rng) -> Option<()> {
    let name = format!("Rival{:04x}", dice.u16(..));
    if world.center.set_named(&name).is_some() {
        return None;
    }
    let content = SetContent { session_duration: "PT1H".to_owned(), session_seconds: 3_600, ..SetContent::default() };
    let set = PermissionSet {
        name,
        description: None,
        relay_state: None,
        created_at: now,
        tags: Default::default(),
        content: content.into(),
        version: 1,
    };
    world.center.add_set(SetId(dice.u64(..)), set);
    Some(())
}

/// Deletes a set nobody is assigned.
fn delete(world: &mut World, dice: &mut fastrand::Rng) -> Option<()> {
    let families = [Family::Creation, Family::Deletion, Family::Provisioning];
    let idle = |id: &SetId| {
        !world.center.is_in_use(*id) && !world.tasks.open(&families).any(|task| task.kind.set() == Some(*id))
    };
    let id = choose(dice, world.center.sets.keys().copied().filter(idle).collect())?;
    let name = world.center.sets.get(&id)?.name.clone();
    for (account, role) in world.center.remove_set(id) {
        world.destroy_role_named(account, &reserved_name(&name, role.suffix));
    }
    Some(())
}
