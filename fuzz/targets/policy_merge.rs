//! Policies, with lines `#=>` between: merging never panics, and what it gives is proven to be equal to what it was given, or it is an
//! honest refusal.
#![no_main]

use libfuzzer_sys::fuzz_target;
use policy::merge::{Level, MergeError, merge, merge_at};
use policy::{Policy, Relation, compare, compare_denies};

/// More policies are not other policies.
const MAX_POLICIES: usize = 4;

fuzz_target!(|text: &str| {
    let read = text.split("#=>").take(MAX_POLICIES).filter_map(|document| policy::parse(document).policy);
    // whom a statement concerns is no part of an identity policy
    let policies: Vec<Policy> =
        read.filter(|policy| policy.statements.iter().all(|statement| statement.principal.is_none())).collect();
    for level in [Level::L0, Level::L1Char] {
        let Ok(merged) = merge_at(&policies, level) else { continue };
        // a proof of one's own, on what AWS would read
        let again = policy::parse(&merged.policy.to_json()).policy;
        let Some(again) = again else { panic!("its own print is refused: {}", merged.policy.to_json()) };
        let proof = compare(&policies, std::slice::from_ref(&again));
        let relation = proof.all_strings.relation;
        match level {
            Level::L0 => assert_eq!(relation, Relation::Equal, "{}", again.to_json()),
            _ => {
                assert!(matches!(relation, Relation::Equal | Relation::Broader), "{relation}: {}", again.to_json());
                assert_eq!(proof.catalogue.relation, Relation::Equal, "{}", again.to_json());
            }
        }
        assert_eq!(compare_denies(&policies, std::slice::from_ref(&again)).relation, Relation::Equal);
        assert_eq!(merged.size, merged.policy.size());
    }
    match merge(&policies, 200) {
        Ok(merged) => assert!(merged.size <= 200),
        Err(MergeError::TooLarge { smallest, limit }) => assert!(smallest.size > limit),
        Err(MergeError::Nothing | MergeError::Unproven { .. }) => {}
    }
});
