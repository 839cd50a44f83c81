//! What is looked at once more right before a user is switched off or deleted.

use jiff::SignedDuration;
use model::iam_change::IamPartValue;
use model::iam_user::{IamUser, LastUse};
use model::retirement::StepMade;
use model::{Change, IamClaim, IamStep, RunId};

use super::world::{KEY, World, days_ago, now};
use super::*;
use crate::iam_users::Verdict;

/// Whether the user is switched off where AWS tells this last use of its key right before.
fn goes_on(world: &World, last: LastUse) -> bool {
    assert_eq!(world.next(), (Next::SwitchOff, vec![]));
    let first = world.switching_off().remove(0);
    let looks = first.before.iter().filter_map(|claim| match claim {
        model::Claim::Iam { says: says @ IamClaim::NotUsedAfter { key: Some(key), .. }, .. } if key == KEY => {
            Some(says)
        }
        _ => None,
    });
    let looks: Vec<_> = looks.collect();
    assert_eq!(looks.len(), 1);
    looks[0].holds(&IamPartValue::LastUse(last)).unwrap()
}

fn at(at: Timestamp) -> LastUse {
    LastUse::At { at }
}

fn hours_ago(hours: i64) -> Timestamp {
    now() - SignedDuration::from_hours(hours)
}

#[test]
fn a_key_used_since_the_inventory_keeps_its_user() {
    // The period is over: nothing may have run through it for seven days.
    let mut over = World::new().announced(days_ago(31));
    over.signed_in_at(days_ago(2));
    assert!(goes_on(&over, at(days_ago(30))) && goes_on(&over, at(days_ago(8))));
    assert!(!goes_on(&over, at(days_ago(6))) && !goes_on(&over, at(hours_ago(0))));
    assert!(!goes_on(&over, LastUse::NotTold));
    // The owner said so an hour ago: an earlier use is theirs, if the log reaches so far.
    let mut ready = World::new().announced(days_ago(10));
    ready.case().confirmed = Some((hours_ago(1), "taro@example.com".to_owned()));
    assert!(goes_on(&ready, at(hours_ago(2))) && !goes_on(&ready, at(hours_ago(0))));
    ready.used.coverage.values_mut().for_each(|log| log.end_s = hours_ago(30).as_second());
    assert!(!goes_on(&ready, at(hours_ago(2))), "nobody knows what that was");
    // Whoever has left may have used it, as long as the log tells what that was.
    let mut leaver = World::new();
    leaver.has_left = true;
    leaver.used.coverage.values_mut().for_each(|log| log.end_s = hours_ago(30).as_second());
    assert!(goes_on(&leaver, at(days_ago(2))) && !goes_on(&leaver, at(hours_ago(29))));
    // What is unused must not begin to be used at all.
    let mut unused = World::new().announced(days_ago(31));
    unused.verdict = Verdict::Unused;
    assert!(goes_on(&unused, at(days_ago(30))) && !goes_on(&unused, at(days_ago(29))));
    unused.user.access_keys.value_mut().unwrap()[0].last_use = LastUse::Never;
    assert!(goes_on(&unused, LastUse::Never) && !goes_on(&unused, at(days_ago(300))));
}

#[test]
fn the_first_step_looks_and_the_others_wait_for_it() {
    let mut ready = World::new().announced(days_ago(31));
    ready.signed_in_at(days_ago(2));
    let whole = ready.switching_off();
    let first = &whole[0].id;
    assert!(whole.len() > 2 && whole.iter().skip(1).all(|operation| operation.needs == [first.clone()]));
    for claim in 0..whole[0].before.len() - 1 {
        let mut operations = whole.clone();
        operations[0].before.remove(claim);
        assert!(!ready.refused(operations).is_empty(), "{:?}", whole[0].before[claim]);
    }
    let mut loose = whole.clone();
    loose[1].needs.clear();
    assert_eq!(ready.refused(loose), ["retirement-order"]);
    let mut later = whole;
    for claim in &mut later[0].before {
        if let model::Claim::Iam { says: IamClaim::NotUsedAfter { until, .. }, .. } = claim {
            *until = days_ago(6);
        }
    }
    assert_eq!(ready.refused(later), ["retirement-look"]);
}

#[test]
fn every_field_of_what_is_kept_is_compared() {
    let off = World::new().announced(days_ago(60)).switched_off(days_ago(20));
    type Damage = fn(&mut IamUser);
    let damages: [(&str, Damage); 12] = [
        ("id", |user| user.id.push('X')),
        ("path", |user| user.path.push('x')),
        ("tags", |user| user.tags.clear()),
        ("boundary", |user| user.permissions_boundary = None),
        ("groups", |user| user.groups.clear()),
        ("attached", |user| user.attached_policies.push("arn:aws:iam::aws:policy/Other".to_owned())),
        ("inline", |user| user.inline_policies.clear()),
        ("inline text", |user| user.inline_policies.values_mut().for_each(|text| text.push(' '))),
        ("keys", |user| user.access_keys.value_mut().unwrap().clear()),
        ("password", |user| *user.password.value_mut().unwrap() = None),
        ("MFA", |user| user.mfa_devices.value_mut().unwrap().clear()),
        ("credentials", |user| user.other_credentials.value_mut().unwrap().clear()),
    ];
    for (what, damage) in damages {
        let mut operations = off.deletion();
        let Some(Change::IamUser { step: IamStep::DeleteUser { definition }, .. }) =
            operations.last_mut().map(|operation| &mut operation.change)
        else {
            panic!("the user goes last")
        };
        damage(definition);
        assert!(off.refused(operations).contains(&"retirement-definition".to_owned()), "{what}");
    }
}

#[test]
fn whatever_differs_before_the_deletion_keeps_the_user() {
    let off = World::new().announced(days_ago(60)).switched_off(days_ago(20));
    let first = off.deletion().remove(0);
    let holds = |value: &IamPartValue| {
        let looked = first.before.iter().filter_map(|claim| match claim {
            model::Claim::Iam { says, .. } => says.holds(value),
            _ => None,
        });
        let looked: Vec<bool> = looked.collect();
        assert!(!looked.is_empty(), "{value:?}");
        looked.into_iter().all(|holds| holds)
    };
    let user = &off.user;
    let profile = |path: &str, team: &str, boundary: Option<&str>| IamPartValue::Profile {
        path: path.to_owned(),
        boundary: boundary.map(str::to_owned),
        tags: [("team".to_owned(), team.to_owned())].into(),
    };
    let boundary = user.permissions_boundary.as_deref();
    assert!(holds(&profile("/people/", "minimo", boundary)));
    for other in
        [profile("/", "minimo", boundary), profile("/people/", "x", boundary), profile("/people/", "minimo", None)]
    {
        assert!(!holds(&other), "{other:?}");
    }
    let groups = |names: &[&str]| IamPartValue::Groups(names.iter().map(|name| (*name).to_owned()).collect());
    assert!(holds(&groups(&["developers"])) && !holds(&groups(&["developers", "late"])) && !holds(&groups(&[])));
    let mut inline = user.inline_policies.clone();
    assert!(holds(&IamPartValue::Policies(inline.clone())));
    inline.insert("late".to_owned(), "{}".to_owned());
    assert!(!holds(&IamPartValue::Policies(inline)));
    assert!(!holds(&IamPartValue::Attached(Default::default())));
    assert!(holds(&IamPartValue::Password(true)) && !holds(&IamPartValue::Password(false)));
    assert!(!holds(&IamPartValue::MfaDevices(Default::default())));
    assert!(!holds(&IamPartValue::Credentials(Default::default())));
    assert!(holds(&IamPartValue::LastUse(at(days_ago(21)))) && !holds(&IamPartValue::LastUse(at(days_ago(3)))));
}

#[test]
fn what_was_changed_twice_is_kept_as_it_was_first() {
    let mut off = World::new().announced(days_ago(60)).switched_off(days_ago(20));
    let run = RunId::new("run-0").unwrap();
    let policy = |from: Option<&str>, to: &str| IamStep::SetPolicy {
        name: "SekishoReduced".to_owned(),
        from: from.map(str::to_owned),
        to: Some(to.to_owned()),
    };
    off.user.inline_policies.insert("SekishoReduced".to_owned(), r#"{"b":1}"#.to_owned());
    for (place, step) in [policy(None, r#"{"a":1}"#), policy(Some(r#"{"a":1}"#), r#"{"b":1}"#)].into_iter().enumerate()
    {
        let made = StepMade { at: days_ago(50), is_verified: true, run: run.clone(), step };
        off.case().steps.insert(place, made);
    }
    let operations = off.deletion();
    let Change::IamUser { step: IamStep::DeleteUser { definition }, .. } = &operations.last().unwrap().change else {
        panic!("the user goes last")
    };
    assert_eq!(definition.inline_policies.keys().collect::<Vec<_>>(), ["own"]);
    assert_eq!(off.refused(operations), Vec::<String>::new());
}
