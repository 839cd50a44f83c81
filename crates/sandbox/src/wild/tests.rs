//! The generator itself.

use super::*;

fn config(seed: u64) -> WildConfig {
    let log = Some(LogState::WHOLE);
    WildConfig { seed, users: 60, accounts: 3, days: 40, log, thinning: 1, now_s: None, inventories_a_day: 0 }
}

#[test]
fn a_seed_makes_the_same_company_and_log() {
    let make = |seed| {
        let (mut objects, mut size) = (Vec::new(), 0);
        let company = wild(&config(seed), &mut |name, text| {
            serde_json::from_slice::<serde_json::Value>(text).unwrap();
            objects.push(name.to_owned());
            size += text.len();
        });
        (company.users, objects, size)
    };
    let (one, other) = (make(1), make(2));
    assert_eq!(one, make(1));
    assert_ne!(one.0, other.0);
    assert_eq!(one.0.len(), 60);
}

#[test]
fn what_aws_tells_is_what_was_done() {
    let company = wild(&config(7), &mut |_, _| {});
    for user in &company.users {
        let used = user.keys.iter().filter_map(|key| key.last_use.as_ref()).map(|(time_s, ..)| *time_s);
        let last = used.chain(user.password.flatten()).max();
        match user.habit {
            Habit::NeverUsed | Habit::BreakGlass => assert_eq!(last, None, "{user:?}"),
            _ => assert!(last.is_none_or(|last| last > user.created_s && last < company.inventory_s), "{user:?}"),
        }
    }
}

#[test]
fn earlier_inventories_tell_what_was_done_before_and_change_nothing_else() {
    let without = wild(&config(7), &mut |_, _| {});
    let with = wild(&WildConfig { inventories_a_day: 2, ..config(7) }, &mut |_, _| {});
    assert_eq!(without.records, with.records);
    for (one, other) in without.users.iter().zip(&with.users) {
        let silent = WildUser { earlier: Vec::new(), ..other.clone() };
        assert_eq!(one, &silent);
        assert!((75..=80).contains(&other.earlier.len()), "{}", other.earlier.len());
        for pair in other.earlier.windows(2) {
            let [before, after] = pair else { continue };
            assert!(before.at_s < after.at_s);
            assert!(before.services.iter().all(|(name, last_s)| after.services.get(name) >= Some(last_s)));
            assert!(after.services.values().chain(after.keys.iter().flatten()).all(|last_s| *last_s <= after.at_s));
        }
    }
}
