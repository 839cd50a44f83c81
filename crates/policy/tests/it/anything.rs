//! Whatever can be written: no function panics, and none claims what a request refutes.

use policy::merge::{Level, MergeError, merge_at};
use policy::translate::{UserFacts, translate};
use policy::{Difference, Kind, Permissions, Policy, Prepared, Request, Subject, compare, review};
use proptest::prelude::*;

use crate::strategy;

/// The policy without what makes it no identity policy, so that more than the refusal is exercised.
fn identity(mut policy: Policy) -> Policy {
    for statement in &mut policy.statements {
        statement.principal = None;
        statement.conditions.retain(|condition| condition.parsed_operator().is_some());
    }
    policy
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]
    #[test]
    fn odd_policies_are_compared_merged_and_translated(one in strategy::policy(), other in strategy::policy(), plain in any::<bool>()) {
        let (one, other) = if plain { (identity(one), identity(other)) } else { (one, other) };
        let pair = [one, other];
        let comparison = compare(&pair[..1], &pair[1..]);
        let permissions = |policy: &Policy| Prepared::new("p", policy).map(|prepared| Permissions::of(vec![prepared]));
        if let (Ok(first), Ok(second)) = (permissions(&pair[0]), permissions(&pair[1])) {
            let texts = pair.iter().flat_map(|policy| &policy.statements);
            for statement in texts.clone() {
                for (action, resource) in statement.action.patterns().zip(statement.resource.iter().flat_map(|clause| clause.patterns())) {
                    let request = Request::new(action, resource);
                    let (before, after) = (first.allows(&request), second.allows(&request));
                    // an action has a name, and a resource is not the empty text
                    if !resource.is_empty() && action.split_once(':').is_some_and(|(_, name)| !name.is_empty()) {
                        prop_assert!(!(after && !before && comparison.all_strings.gained == Difference::Never), "{:?}", request);
                        prop_assert!(!(before && !after && comparison.all_strings.lost == Difference::Never), "{:?}", request);
                    }
                }
            }
        }
        for level in Level::ALL {
            match merge_at(&pair, level) {
                Ok(merged) => prop_assert!(merged.policy.to_json().parse::<Policy>().is_ok()),
                Err(MergeError::Nothing | MergeError::Unproven { .. }) => {}
                Err(error) => prop_assert!(false, "{}", error),
            }
        }
        let user = UserFacts { arn: "arn:aws:iam::1:user/x".to_owned(), name: "*${?".to_owned(), id: None, tags: None };
        prop_assert_eq!(translate(&pair, &user).policies.len(), 2);
        for policy in &pair {
            for kind in [Kind::Identity, Kind::Resource, Kind::Trust, Kind::ServiceControl] {
                review(&Subject { policy, kind, limit: Some(1) }).iter().for_each(|problem| drop(problem.render("")));
            }
        }
    }
}

#[test]
fn what_grows_fast_reaches_a_bound_and_says_so() {
    // every combination of twenty infixes is a class of its own
    let infixes: Vec<String> = (0..20)
        .map(|number| format!("\"arn:aws:s3:::*{}*\"", char::from(b'a' + number).to_string().repeat(3)))
        .collect();
    let statements: Vec<String> = infixes
        .iter()
        .enumerate()
        .map(|(number, resource)| {
            format!(r#"{{"Effect": "Allow", "Action": "s3:GetObject", "Resource": {resource}, "Condition": {{"StringEquals": {{"k:{number}": "x"}}}}}}"#)
        })
        .collect();
    let text = format!(r#"{{"Version": "2012-10-17", "Statement": [{}]}}"#, statements.join(","));
    let policy: Policy = text.parse().unwrap();
    let mut changed = policy.clone();
    changed
        .statements
        .iter_mut()
        .for_each(|statement| statement.conditions[0].operator.value = "StringLike".to_owned());
    let started = std::time::Instant::now();
    let comparison = compare(&[policy], &[changed]);
    assert!(matches!(comparison.all_strings.relation, policy::Relation::Unknown | policy::Relation::Equal));
    // half a second in a release build; this is not one
    assert!(started.elapsed().as_secs() < 60, "{:?}", started.elapsed());
}
