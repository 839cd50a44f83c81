//! Requests aimed at what was compared: none may contradict what the comparison claimed. `cargo xtask bench policy` asks more of them.

use std::slice::from_ref;

use policy::merge::{Level, merge_at};
use policy::{Policy, PolicyComparison, compare, managed};

use crate::aimed::policies::{changed, generated};
use crate::aimed::random::Random;
use crate::aimed::requests::Pair;

/// Asks so many requests; how many were asked.
fn ask(
    first: &[Policy],
    second: &[Policy],
    comparison: &PolicyComparison,
    requests: usize,
    random: &mut Random,
) -> usize {
    let Some(pair) = Pair::of(first, second) else { return 0 };
    for _ in 0..requests {
        let request = pair.request(random);
        let broken = pair.contradiction(comparison, &request);
        assert!(broken.is_none(), "{}", broken.unwrap());
    }
    requests
}

#[test]
fn no_request_contradicts_what_is_claimed_of_generated_policies() {
    let mut random = Random::new(1);
    let (mut asked, mut apart) = (0, 0);
    for _ in 0..1_500 {
        let first = generated(&mut random);
        let mut second = changed(&first, &mut random);
        if random.chance(40) {
            second = changed(&second, &mut random);
        }
        let comparison = compare(from_ref(&first), from_ref(&second));
        let (first, second) = ([first], [second]);
        asked += ask(&first, &second, &comparison, 40, &mut random);
        let pair = Pair::of(&first, &second).unwrap();
        apart += (0..10).filter(|_| pair.tells_apart(&pair.request(&mut random))).count();
    }
    assert!(asked > 50_000, "{asked}");
    // requests that both sides take alike would show little
    assert!(apart > 500, "{apart}");
}

#[test]
fn no_request_contradicts_what_is_claimed_of_changed_managed_policies() {
    let mut random = Random::new(2);
    for entry in managed::all().iter().step_by(12) {
        let first = entry.policy().unwrap();
        let second = changed(&first, &mut random);
        let comparison = compare(from_ref(&first), from_ref(&second));
        ask(&[first], &[second], &comparison, 100, &mut random);
    }
}

#[test]
fn no_request_contradicts_the_proof_of_a_merge() {
    let mut random = Random::new(3);
    let mut merges = 0;
    for _ in 0..200 {
        let sources = [generated(&mut random), generated(&mut random), generated(&mut random)];
        if let Ok(merged) = merge_at(&sources, Level::L0) {
            ask(&sources, from_ref(&merged.policy), &merged.proof, 60, &mut random);
            merges += 1;
        }
    }
    assert!(merges > 150, "{merges}");
    let all: Vec<Policy> = managed::all().iter().step_by(31).filter_map(|managed| managed.policy()).collect();
    for sources in all.chunks(5) {
        for level in [Level::L0, Level::L1Char] {
            if let Ok(merged) = merge_at(sources, level) {
                ask(sources, from_ref(&merged.policy), &merged.proof, 200, &mut random);
            }
        }
    }
}
