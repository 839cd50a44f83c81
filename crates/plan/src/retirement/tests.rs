mod broken_off;
mod last_look;
mod world;

use std::collections::BTreeMap;

use model::iam_user::{AccessKeyStatus, IamRole};
use model::{Change, Claim, IamClaim, IamStep, Pattern, Reading};
use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::iam_users::{Ownership, Verdict};
use world::{ARN, KEY, World, days_ago, taro};

#[test]
fn the_way_out_has_its_stages() {
    let world = World::new();
    assert_eq!(world.next(), (Next::Announce, vec![]));
    let mut announced = world.clone().announced(days_ago(10));
    assert!(matches!(announced.next(), (Next::Wait, reasons) if matches!(reasons[0], Reason::Parallel { .. })));
    // The owner may be done before the period ends.
    announced.case().confirmed = Some((days_ago(1), "taro@example.com".to_owned()));
    assert_eq!(announced.next(), (Next::SwitchOff, vec![]));
    let mut over = world.clone().announced(days_ago(31));
    let owner = "taro@example.com".to_owned();
    assert_eq!(over.next(), (Next::Hold, vec![Reason::NotSignedIn { owner }]));
    over.signed_in_at(days_ago(32));
    assert_eq!(over.next().0, Next::Hold, "before it was announced does not count");
    over.signed_in_at(days_ago(2));
    assert_eq!(over.next(), (Next::SwitchOff, vec![]));
    over.used_at(days_ago(6));
    assert!(matches!(over.next(), (Next::Hold, reasons) if matches!(reasons[0], Reason::StillUsed { .. })));
    let off = world.clone().announced(days_ago(60)).switched_off(days_ago(5));
    assert!(matches!(off.next(), (Next::Wait, reasons) if matches!(reasons[0], Reason::Quiet { .. })));
    assert_eq!(world.announced(days_ago(60)).switched_off(days_ago(15)).next(), (Next::Delete, vec![]));
}

/// The same, with an owner that is only likely.
fn unsure_owner(input: &RetirementInput<'_>) -> Standing {
    let ownership = Ownership::Matched { owner: "taro".to_owned(), confidence: 80 };
    let finding = OwnerFinding { ownership, has_left: true, reasons: Vec::new(), named_for: None };
    standings(&RetirementInput { owners: &[(taro(), finding)].into(), ..*input }).remove(0)
}

#[test]
fn leavers_are_switched_off_at_once_and_the_unused_need_no_owner() {
    let mut leaver = World::new();
    leaver.has_left = true;
    leaver.ways = Ways::default();
    assert_eq!(leaver.next(), (Next::SwitchOff, vec![]));
    // Whose it is has to be beyond doubt then.
    for world in [leaver.clone(), leaver.announced(days_ago(3))] {
        let unsure = world.with(unsure_owner);
        assert!(matches!(unsure.reasons.as_slice(), [Reason::OwnerUnsure { confidence: 80, .. }]), "{unsure:?}");
        assert_eq!(unsure.next, Next::Hold);
    }
    let mut unused = World::new();
    (unused.verdict, unused.owner, unused.ways) = (Verdict::Unused, None, Ways::default());
    assert_eq!(unused.next(), (Next::Announce, vec![]));
    assert_eq!(unused.announced(days_ago(31)).next(), (Next::SwitchOff, vec![]));
}

#[test]
fn nobody_is_touched_of_whom_something_is_not_known() {
    let off = World::new().announced(days_ago(60)).switched_off(days_ago(20));
    type Change = fn(&mut World);
    let changes: [(&str, Change); 16] = [
        ("reduced", |world| world.case().reduced = Some((days_ago(90), "until March".to_owned()))),
        ("a region that stopped", |world| {
            let user = world.used.users.get_mut(ARN).unwrap();
            user.keyless.regions.insert("eu-west-1".to_owned(), Default::default());
            let log = world.used.coverage.values_mut().next().unwrap();
            let (_, last) = log.days.span().unwrap();
            log.regions.insert("eu-west-1".to_owned(), (last - 90..last - 5).collect::<Vec<i32>>().into());
        }),
        ("protected", |world| world.settings.protected = vec![Pattern::new("minimo-dev/t*")]),
        ("machine", |world| world.verdict = Verdict::Machine),
        ("mixed", |world| world.verdict = Verdict::Mixed),
        ("unknown", |world| world.verdict = Verdict::Unknown),
        ("old inventory", |world| world.as_of = days_ago(2)),
        ("keys unread", |world| world.user.access_keys = Reading::unknown("AWS refused")),
        ("password unread", |world| world.user.password = Reading::unknown("AWS refused")),
        ("no evidence", |world| world.used.coverage.clear()),
        ("old evidence", |world| {
            world.used.coverage.values_mut().for_each(|log| log.end_s = days_ago(3).as_second());
        }),
        ("flawed evidence", |world| {
            world.used.coverage.values_mut().for_each(|log| _ = log.flaws.insert("2 objects".to_owned()));
        }),
        ("CloudFormation", |world| drop(world.user.tags.insert("aws:cloudformation:stack-name".into(), "s".into()))),
        ("Terraform", |world| {
            let state = json!({"version": 4, "resources": [{"mode": "managed", "type": "aws_iam_user", "name": "taro",
                "instances": [{"attributes": {"arn": ARN}}]}]});
            world.files.terraform_states.push(("prod.tfstate".to_owned(), state));
        }),
        ("trust policy", |world| {
            let trust =
                json!({"Statement": [{"Effect": "Allow", "Principal": {"AWS": [ARN]}, "Action": "sts:AssumeRole"}]});
            let role = IamRole { arn: String::new(), trust_policy: trust.to_string(), tags: BTreeMap::new() };
            world.roles.insert("Deploy".to_owned(), role);
        }),
        ("resource policy", |world| {
            let policy = json!({"Policy": json!({"Statement": [{"Principal": {"AWS": "AIDATARO"}}]}).to_string()});
            world.files.policies.push(("bucket.json".to_owned(), policy));
        }),
    ];
    for (what, change) in changes {
        for (stage, world) in [("in use", World::new()), ("off", off.clone())] {
            let mut world = world;
            change(&mut world);
            let (next, reasons) = world.next();
            assert_eq!((next, reasons.is_empty()), (Next::Refuse, false), "{what}, {stage}: {reasons:?}");
        }
    }
}

#[test]
fn a_region_that_stopped_keeps_those_who_were_used_there_and_those_of_whom_nothing_is_known() {
    let mut world = World::new();
    let log = world.used.coverage.values_mut().next().unwrap();
    let (_, last) = log.days.span().unwrap();
    log.regions.insert("eu-west-1".to_owned(), (last - 90..last - 5).collect::<Vec<i32>>().into());
    log.regions.insert("us-east-1".to_owned(), (last - 90..=last).collect::<Vec<i32>>().into());
    let stopped = |world: &World| world.next().0 == Next::Refuse;
    assert!(stopped(&world), "no region is known of it");
    world.user.access_keys.value_mut().unwrap()[0].last_region = Some("us-east-1".to_owned());
    assert_eq!(world.next(), (Next::Announce, vec![]));
    world.user.access_keys.value_mut().unwrap()[0].last_region = Some("eu-west-1".to_owned());
    assert!(stopped(&world));
}

#[test]
fn what_happens_in_the_quiet_time_holds_it_back() {
    let off = World::new().announced(days_ago(60)).switched_off(days_ago(20));
    let mut tried = off.clone();
    tried.used_at(days_ago(3));
    let (next, reasons) = tried.next();
    assert_eq!(next, Next::Hold);
    let Reason::UsedSince { credential, actions, .. } = &reasons[0] else { panic!("{reasons:?}") };
    assert_eq!((credential.as_str(), actions.len()), (KEY, 1));
    let mut on_again = off.clone();
    on_again.user.access_keys.value_mut().unwrap()[0].status = AccessKeyStatus::Active;
    assert_eq!(on_again.next(), (Next::Hold, vec![Reason::SwitchedOnAgain { what: KEY.to_owned() }]));
    let mut allowed = off.clone();
    allowed.user.inline_policies.remove(model::retirement::DENIAL_POLICY);
    assert_eq!(allowed.next(), (Next::Hold, vec![Reason::SwitchedOnAgain { what: "everything".to_owned() }]));
    let mut missed = off.clone();
    missed.case().complaint = Some((days_ago(1), "a report".to_owned()));
    assert!(matches!(missed.next(), (Next::Hold, reasons) if matches!(reasons[0], Reason::Complaint { .. })));
    let mut gap = off.clone();
    let log = gap.used.coverage.values_mut().next().unwrap();
    let days: Vec<i32> = log.days.iter().filter(|day| *day != log.days.span().unwrap().1 - 4).collect();
    log.days = days.into();
    assert_eq!(gap.next(), (Next::Refuse, vec![Reason::EvidenceGap { days: 1 }]));
}

#[test]
fn whoever_would_be_locked_out_is_not_announced() {
    let mut world = World::new();
    world.ways = Ways::default();
    assert!(matches!(world.next(), (Next::Hold, reasons) if matches!(reasons[0], Reason::NoOtherWay { .. })));
    world.owner = None;
    assert_eq!(world.next(), (Next::Hold, vec![Reason::NoOwner]));
}

#[test]
fn the_checker_lets_pass_what_is_planned_and_nothing_else() {
    let mut ready = World::new().announced(days_ago(31));
    ready.signed_in_at(days_ago(2));
    let off = World::new().announced(days_ago(60)).switched_off(days_ago(20));
    assert_eq!(ready.refused(ready.switching_off()), Vec::<String>::new());
    assert_eq!(off.refused(off.deletion()), Vec::<String>::new());
    // Deleted too early, or without having been switched off.
    let early = World::new().announced(days_ago(60)).switched_off(days_ago(13));
    assert_eq!(early.refused(early.deletion()), ["retirement-look", "retirement-quiet"]);
    assert!(!ready.refused(ready.deletion()).is_empty());
    // Every operation left out, or told wrong, is noticed.
    let whole = off.deletion();
    for left_out in 0..whole.len() - 1 {
        let mut operations = whole.clone();
        operations.remove(left_out);
        assert!(!off.refused(operations).is_empty(), "{left_out}");
    }
    for broken in 0..whole.len() {
        for claim in 0..whole[broken].before.len() {
            let mut operations = whole.clone();
            operations[broken].before.remove(claim);
            let Claim::Iam { says, .. } = &whole[broken].before[claim] else { panic!("of a user") };
            let identity = matches!(says, IamClaim::UserIs { .. });
            let look = broken == 0 && !matches!(says, IamClaim::PolicyIs { .. } | IamClaim::KeyIs { .. });
            assert_eq!(!off.refused(operations).is_empty(), identity || look, "{broken} {says:?}");
        }
    }
    type Damage = fn(&mut World);
    let damages: [Damage; 6] = [
        |world| world.case().complaint = Some((days_ago(1), "a report".to_owned())),
        |world| world.used_at(days_ago(3)),
        |world| world.verdict = Verdict::Mixed,
        |world| world.settings.protected = vec![Pattern::new("taro")],
        |world| world.user.id = "AIDAOTHER".to_owned(),
        |world| world.user.groups.push("late".to_owned()),
    ];
    for (at, damage) in damages.into_iter().enumerate() {
        let mut world = off.clone();
        damage(&mut world);
        assert!(!world.refused(whole.clone()).is_empty(), "{at}");
    }
}

#[test]
fn a_deleted_user_is_kept_as_it_was_before_it_was_switched_off() {
    let before = World::new();
    let off = before.clone().announced(days_ago(60)).switched_off(days_ago(20));
    let operations = off.deletion();
    let Change::IamUser { step: IamStep::DeleteUser { definition }, .. } = &operations.last().unwrap().change else {
        panic!("the user goes last")
    };
    assert_eq!(definition.inline_policies, before.user.inline_policies);
    let again = recreation(&taro(), definition, "again");
    let kinds: Vec<&str> = again.iter().map(|operation| operation.change.kind()).collect();
    assert_eq!(kinds, ["create_user", "add_user_to_group", "attach_user_policy", "put_user_policy"]);
    assert!(again.iter().skip(1).all(|operation| operation.needs == [again[0].id.clone()]));
}

#[test]
fn full_policies_are_denied_by_a_policy_of_aws_and_too_many_are_refused() {
    let mut world = World::new();
    world.user.inline_policies.insert("big".to_owned(), format!("{{\"x\":\"{}\"}}", "y".repeat(1_960)));
    let kinds: Vec<String> =
        switching_off(&taro(), &world.user, &[], "ready").iter().map(|one| one.change.identity()).collect();
    assert!(kinds[0].ends_with("arn:aws:iam::aws:policy/AWSDenyAll"), "{kinds:?}");
    world.user.attached_policies = (0..10).map(|number| format!("arn:aws:iam::1:policy/{number}")).collect();
    assert_eq!(world.next(), (Next::Refuse, vec![Reason::DoesNotFit]));
}

#[test]
fn a_user_that_stays_keeps_reading_and_its_roles() {
    let world = World::new();
    let to = Reduction {
        roles: vec!["arn:aws:iam::111122223333:role/Operator".to_owned()],
        without_mfa: vec!["arn:aws:iam::111122223333:role/Costs".to_owned()],
    };
    let operations = reduction(&taro(), &world.user, &to, "contract").unwrap();
    let kinds: Vec<&str> = operations.iter().map(|operation| operation.change.kind()).collect();
    assert_eq!(kinds, ["put_user_policy", "remove_user_from_group", "delete_user_policy"]);
    let Change::IamUser { step: IamStep::SetPolicy { to: Some(document), .. }, .. } = &operations[0].change else {
        panic!("{operations:?}")
    };
    let document: serde_json::Value = serde_json::from_str(document).unwrap();
    let says = |at: usize| (&document["Statement"][at]["Resource"][0], &document["Statement"][at]["Condition"]);
    let mfa = json!({"Bool": {"aws:MultiFactorAuthPresent": "true"}});
    assert_eq!(says(1), (&json!("arn:aws:iam::111122223333:role/Operator"), &mfa));
    assert_eq!(says(2), (&json!("arn:aws:iam::111122223333:role/Costs"), &json!(null)));
    let many = Reduction {
        roles: (0..60).map(|number| format!("arn:aws:iam::111122223333:role/Role{number}")).collect(),
        ..Reduction::default()
    };
    assert!(reduction(&taro(), &world.user, &many, "contract").is_err());
}

#[test]
fn whoever_was_reduced_is_taken_up_only_when_asked() {
    let mut world = World::new();
    world.case().reduced = Some((days_ago(90), "until March".to_owned()));
    let why = Some("until March".to_owned());
    assert_eq!(world.next(), (Next::Refuse, vec![Reason::Reduced { since: days_ago(90), why }]));
    assert_eq!(world.standing().held(), (true, vec!["reduced".to_owned()]));
    world.settings.also_reduced = true;
    assert_eq!(world.next(), (Next::Announce, vec![]));
    // A journal from before this was noted.
    let mut world = World::new();
    let to = Some("{}".to_owned());
    let step = IamStep::SetPolicy { name: model::retirement::REDUCED_POLICY.to_owned(), from: None, to };
    let run = model::RunId::new("run-1").unwrap();
    world.case().steps.push(model::retirement::StepMade { at: days_ago(90), is_verified: true, run, step });
    assert!(matches!(world.next(), (Next::Refuse, reasons) if matches!(reasons[0], Reason::Reduced { why: None, .. })));
}

#[test]
fn tools_are_known_by_tags_names_states_and_stacks() {
    let tied = |change: fn(&mut World)| {
        let mut world = World::new();
        change(&mut world);
        world.with(|input| input.ties.values().flatten().next().cloned())
    };
    assert_eq!(tied(|_| ()), None);
    let by_tag = tied(|world| drop(world.user.tags.insert("ManagedBy".into(), "Terraform".into())));
    assert_eq!(by_tag, Some(Tie::Tool("tag ManagedBy = Terraform".to_owned())));
    assert_eq!(tied(|world| drop(world.user.tags.insert("terraform".into(), "false".into()))), None);
    let by_key = tied(|world| {
        let state = json!({"version": 4, "resources": [{"mode": "managed", "type": "aws_iam_access_key", "name": "k",
            "module": "module.people", "instances": [{"attributes": {"user": "Taro"}}]}]});
        world.files.terraform_states.push(("prod.tfstate".to_owned(), state));
    });
    let place = "Terraform state prod.tfstate: module.people.aws_iam_access_key.k";
    assert_eq!(by_key, Some(Tie::Tool(place.to_owned())));
    let data = tied(|world| {
        let state = json!({"version": 4, "resources": [{"mode": "data", "type": "aws_iam_user", "name": "taro",
            "instances": [{"attributes": {"arn": ARN}}]}]});
        world.files.terraform_states.push(("prod.tfstate".to_owned(), state));
    });
    assert_eq!(data, None, "what a state only looks at is not its own");
    let by_stack = tied(|world| {
        let listed = json!({"StackResources": [{"StackName": "people", "ResourceType": "AWS::IAM::User", "PhysicalResourceId": "taro"}]});
        world.files.stack_resources.push(("stack.json".to_owned(), listed));
    });
    assert_eq!(by_stack, Some(Tie::Tool("CloudFormation stack people".to_owned())));
}

proptest! {
    /// Whatever the times: what may happen next is never more than the settings allow, and the checker agrees with the plan.
    #[test]
    fn nothing_is_deleted_before_its_time(
        announced in 0..100_i64, off in proptest::option::of(0..100_i64), used in 0..100_i64, portal in proptest::option::of(0..100_i64),
        confirmed in proptest::option::of(0..100_i64), verdict in 0..5_usize,
    ) {
        let mut world = World::new().announced(days_ago(announced));
        world.verdict = Verdict::ALL[verdict];
        if let Some(off) = off {
            world = world.switched_off(days_ago(off));
        }
        world.used_at(days_ago(used));
        if let Some(at) = portal {
            world.signed_in_at(days_ago(at));
        }
        if let Some(at) = confirmed {
            world.case().confirmed = Some((days_ago(at), "taro".to_owned()));
        }
        let (next, reasons) = world.next();
        let is_ours = matches!(world.verdict, Verdict::Person | Verdict::Unused);
        match next {
            Next::Delete => {
                let off = off.unwrap();
                prop_assert!(is_ours && off >= 14 && used >= off, "{off} {used}");
                prop_assert_eq!(world.refused(world.deletion()), Vec::<String>::new());
            }
            Next::SwitchOff => {
                prop_assert!(is_ours && off.is_none());
                prop_assert!(announced >= 30 || confirmed.is_some());
                prop_assert!(used >= 7 || confirmed.is_some_and(|at| used >= at));
                prop_assert_eq!(world.refused(world.switching_off()), Vec::<String>::new());
            }
            Next::Announce => prop_assert!(false, "it was announced"),
            Next::Wait | Next::Hold => prop_assert!(is_ours && !reasons.is_empty()),
            Next::Refuse => prop_assert!(!is_ours),
        }
    }

    /// No file that somebody hands over makes it fall over.
    #[test]
    fn any_file_is_looked_through(text in "\\PC{0,200}") {
        let value = serde_json::from_str(&text).unwrap_or(serde_json::Value::String(text));
        let mut world = World::new();
        world.files.terraform_states.push(("a".to_owned(), value.clone()));
        world.files.stack_resources.push(("b".to_owned(), value.clone()));
        world.files.policies.push(("c".to_owned(), value));
        world.next();
    }
}
