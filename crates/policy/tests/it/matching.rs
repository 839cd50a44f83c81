use policy::{
    ActionSet, Difference, ExtraLimits, Policy, PrincipalPolicies, Relation, cluster, managed, match_managed,
    near_identical,
};

fn read(statements: &str) -> Policy {
    format!("{{\"Version\": \"2012-10-17\", \"Statement\": {statements}}}").parse().unwrap()
}

#[test]
fn a_managed_policy_is_found_by_what_it_says() {
    let queue = managed::resolve("AmazonSQSReadOnlyAccess").unwrap().policy().unwrap();
    // the same in other words: one statement per action
    let mut words = Policy::new(Vec::new());
    for statement in &queue.statements {
        for action in &statement.action.values {
            let mut single = statement.clone();
            single.sid = None;
            single.action.values = vec![action.clone()];
            words.statements.push(single);
        }
    }
    let found = match_managed(&[words], 3);
    assert_eq!(found[0].managed.name, "AmazonSQSReadOnlyAccess");
    assert_eq!(found[0].relation, Relation::Equal);
    assert_eq!(found[0].extra_actions, 0);

    let less = read(r#"{"Effect": "Allow", "Action": "sqs:ListQueues", "Resource": "*"}"#);
    let found = match_managed(&[less], 2);
    assert_eq!(found.len(), 2);
    assert!(found.iter().all(|found| found.relation == Relation::Broader), "{found:?}");
    assert!(found[0].extra_actions <= found[1].extra_actions);

    let unheard = read(r#"{"Effect": "Allow", "Action": "nowhere:Known", "Resource": "arn:aws:nowhere:::x"}"#);
    assert!(
        match_managed(&[unheard], 3).iter().all(|found| found.relation == Relation::Broader),
        "only what allows everything"
    );
}

#[test]
fn action_sets_count_by_level() {
    let set = ActionSet::possible(&[read(
        r#"[{"Effect": "Allow", "Action": ["sqs:*", "nowhere:Known"], "Resource": "*"}, {"Effect": "Deny", "Action": "sqs:Add*", "Resource": "*"}]"#,
    )]);
    assert_eq!(set.len(), policy::catalogue::actions("sqs").len());
    let certain = ActionSet::certain(&[read(
        r#"[{"Effect": "Allow", "Action": "sqs:*", "Resource": "*"}, {"Effect": "Deny", "Action": "sqs:Add*", "Resource": "*"}]"#,
    )]);
    assert_eq!(set.without(&certain).iter().map(|(name, _)| name).collect::<Vec<_>>(), ["sqs:AddPermission"]);
    let everything = ActionSet::possible(&[read(r#"{"Effect": "Allow", "NotAction": "nowhere:*", "Resource": "*"}"#)]);
    assert_eq!(everything.len(), 22_091);
    assert_eq!(everything.by_level().values().sum::<usize>(), 22_091);
}

#[test]
fn near_identical_policies_are_paired() {
    let policies = [
        read(r#"{"Effect": "Allow", "Action": ["sqs:SendMessage", "sqs:GetQueueUrl"], "Resource": "*"}"#),
        read(r#"{"Effect": "Allow", "Action": "ec2:*", "Resource": "*"}"#),
        read(r#"{"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "*"}"#),
    ];
    assert_eq!(near_identical(&policies, 3), [(0, 2, 1)]);
}

#[test]
fn people_who_hold_much_the_same_share_a_set() {
    let person = |name: &str, actions: &str| PrincipalPolicies {
        name: name.to_owned(),
        policies: vec![read(&format!(r#"{{"Effect": "Allow", "Action": {actions}, "Resource": "*"}}"#))],
    };
    let people = [
        person("taro", r#"["s3:GetObject", "s3:ListBucket"]"#),
        person("hanako", r#"["s3:GetObject", "s3:ListBucket", "s3:GetBucketLocation"]"#),
        person("jiro", r#"["ec2:*", "s3:GetObject"]"#),
        person("saburo", r#"["s3:GetObject", "s3:PutObject", "s3:ListBucket"]"#),
    ];
    let (sets, left_out) = cluster(&people, &ExtraLimits { reading: 5, writing: 0, permissions: 0 });
    assert!(left_out.is_empty());
    let mut out = String::new();
    for set in &sets {
        out.push_str(&format!("{}\n", set.merged.policy.to_json()));
        for member in &set.members {
            assert_eq!(member.change.all_strings.lost, Difference::Never);
            let extra: Vec<String> = member.extra.iter().map(|(name, _)| name).collect();
            out.push_str(&format!(
                "  {}: {} {}\n",
                people[member.principal].name,
                member.change.all_strings.relation,
                extra.join(" ")
            ));
        }
    }
    insta::assert_snapshot!(out);
}
