//! The generator itself.

use super::*;

fn config(seed: u64) -> WildConfig {
    WildConfig { seed, users: 60, accounts: 3, days: 40, log: Some(LogState::WHOLE), thinning: 1, now_s: None }
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
