//! The generated IAM policies: they read well, name real actions, and allow what is called.

use std::collections::BTreeSet;

use aws::{PolicyOptions, iam_actions, iam_policy, retirement_policy};
use model::change::Scope;

fn options() -> PolicyOptions {
    PolicyOptions {
        partition: "aws".into(),
        instance_arn: Some("arn:aws:sso:::instance/ssoins-1111222233334444".parse().unwrap()),
        kms_key_arn: Some("arn:aws:kms:ap-northeast-1:111111111111:key/1234".into()),
        inspection_role: Some("/audit/sekisho-inspection".into()),
    }
}

#[test]
fn policies_read_well() {
    insta::assert_snapshot!("delegated_policy", iam_policy(&Scope::Delegated, &PolicyOptions::default()));
    insta::assert_snapshot!("management_policy", iam_policy(&Scope::Management, &options()));
    insta::assert_snapshot!("retirement_policy", retirement_policy(&options()));
}

#[test]
fn policies_name_real_actions_once_and_cover_the_table() {
    for scope in [Scope::Delegated, Scope::Management] {
        let policy: serde_json::Value = serde_json::from_str(&iam_policy(&scope, &PolicyOptions::default())).unwrap();
        let mut named = BTreeSet::new();
        for statement in policy["Statement"].as_array().unwrap() {
            for action in statement["Action"].as_array().unwrap() {
                let action = action.as_str().unwrap();
                assert!(policy::catalogue::contains(action), "{action} is no action of IAM");
                assert!(named.insert(action.to_owned()), "{action} twice");
            }
        }
        let missing: Vec<_> = iam_actions(&scope).into_iter().filter(|action| !named.contains(action)).collect();
        assert!(missing.is_empty(), "{missing:?}");
    }
    let only_management: Vec<_> =
        iam_actions(&Scope::Management).difference(&iam_actions(&Scope::Delegated)).cloned().collect();
    assert_eq!(only_management, ["sso:ListAccountAssignmentsForPrincipal"]);
}

#[test]
fn resources_are_those_each_action_knows() {
    let text = iam_policy(&Scope::Management, &PolicyOptions::default());
    let policy: serde_json::Value = serde_json::from_str(&text).unwrap();
    for statement in policy["Statement"].as_array().unwrap() {
        let Some(resources) = statement["Resource"].as_array() else { continue };
        for action in statement["Action"].as_array().unwrap() {
            let action = policy::catalogue::find(action.as_str().unwrap()).unwrap();
            let known: Vec<_> = action.resources().collect();
            // each resource type the action takes is among the statement's, or the action could never be allowed
            let missing: Vec<_> = known
                .iter()
                .filter(|known| !known.contains(":application/") && !known.contains(":trustedTokenIssuer/"))
                .filter(|known| {
                    let kind = known.rsplit(':').next().unwrap().split('/').next().unwrap();
                    !resources.iter().any(|resource| resource.as_str().unwrap().contains(&format!("{kind}/")))
                })
                .collect();
            assert!(missing.is_empty() && !known.is_empty(), "{}: {missing:?}", action.name);
        }
    }
}
