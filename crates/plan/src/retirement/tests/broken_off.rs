//! A switching off that broke off, wherever it did, is taken up again: by the journal, entry by entry.

use jiff::{SignedDuration, Timestamp};
use model::iam_user::{AccessKey, AccessKeyStatus, LastUse};
use model::id::{IdentityStoreId, InstanceArn};
use model::journal::{JournalEntry, JournalEvent, StepState};
use model::observed::{Caller, CallerRole, InstanceKey};
use model::retirement::{DENIAL_POLICY, RetirementNote, inverse};
use model::{Change, IamClaim, IamStep, Operation, RunId};

use super::world::{KEY, World, account, days_ago, now, taro};
use crate::iam_users::Verdict;
use crate::retirement::{Ground, Next, Reason, restoration, retirement_plan, switching_off, taking_up};

const SECOND_KEY: &str = "AKIAI44QH8DHBEXAMPLE";
const SSH_KEY: &str = "APKA1";

/// What becomes of the step at which a run breaks off.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Break {
    /// It was not sent.
    Before,
    /// Sent, and done, which nobody heard.
    Unheard,
    /// Sent, and lost.
    Lost,
    /// AWS refused it.
    Refused,
    /// No answer, tried until it was given up; it was done.
    GivenUp,
}

const BREAKS: [Break; 5] = [Break::Before, Break::Unheard, Break::Lost, Break::Refused, Break::GivenUp];

impl World {
    fn instance() -> InstanceKey {
        InstanceKey {
            partition: "aws".to_owned(),
            instance: InstanceArn::new("arn:aws:sso:::instance/ssoins-1").unwrap(),
            identity_store: IdentityStoreId::new("d-1").unwrap(),
            primary_region: "us-east-1".to_owned(),
        }
    }

    fn tell(&mut self, at: Timestamp, event: JournalEvent) {
        let instance = Self::instance();
        let entry = JournalEntry { sequence: 1, at, instance, event, previous: String::new(), hash: String::new() };
        self.cases.add(&entry);
    }

    fn note(&mut self, at: Timestamp, note: RetirementNote) {
        let user_id = self.user.id.clone();
        self.tell(at, JournalEvent::Retirement { user: taro(), user_id, who: String::new(), note });
    }

    /// Two keys and an SSH key; its owner is ready.
    fn ready() -> Self {
        let mut world = Self::new();
        world.note(days_ago(31), RetirementNote::Announced { parallel_until: days_ago(1) });
        let second = AccessKey {
            id: SECOND_KEY.to_owned(),
            status: AccessKeyStatus::Active,
            created: days_ago(300),
            last_use: LastUse::Never,
            last_region: None,
            last_service: None,
        };
        world.user.access_keys.value_mut().unwrap().push(second);
        world.signed_in_at(days_ago(2));
        world
    }

    fn step(&mut self, at: Timestamp, run: &RunId, operation: &Operation, state: StepState) {
        self.tell(at, JournalEvent::Step { run: run.clone(), operation: operation.id.clone(), state });
    }

    /// A run that does these operations, a minute each, and breaks off at one of them.
    fn run(&mut self, name: &str, began: Timestamp, operations: &[Operation], broken: Option<(usize, Break)>) {
        let run = RunId::new(name).unwrap();
        let caller = Caller { account: account(), arn: String::new(), role: CallerRole::Unknown };
        let (instance, now) = (Self::instance(), now());
        let ground = Ground { instance: &instance, caller: &caller, now, sekisho_version: "1" };
        let plan = Box::new(retirement_plan(&ground, operations.to_vec()));
        self.tell(began, JournalEvent::RunStarted { run: run.clone(), who: String::new(), plan });
        for (number, operation) in operations.iter().enumerate() {
            let at = began + SignedDuration::from_mins(i64::try_from(number).unwrap() + 1);
            let how = broken.filter(|(place, _)| *place == number).map(|(_, how)| how);
            if how == Some(Break::Before) {
                break;
            }
            self.step(at, &run, operation, StepState::Started { attempt: 1 });
            let failed = |refused| StepState::Failed { reason: "no".to_owned(), refused };
            match how {
                None => {
                    self.make(&operation.change);
                    let change = Box::new(operation.change.clone());
                    self.step(at, &run, operation, StepState::Verified { change, set_arn: None });
                    continue;
                }
                Some(Break::Unheard) => self.make(&operation.change),
                Some(Break::Lost | Break::Before) => {}
                Some(Break::Refused) => self.step(at, &run, operation, failed(true)),
                Some(Break::GivenUp) => {
                    self.make(&operation.change);
                    self.step(at, &run, operation, failed(false));
                }
            }
            break;
        }
        let outcome = String::new();
        self.tell(began, JournalEvent::RunFinished { run, outcome, verified: 0, failed: 0, skipped: 0 });
    }

    /// AWS does it.
    fn make(&mut self, change: &Change) {
        let Change::IamUser { step, .. } = change else { panic!("of a user") };
        match step {
            IamStep::SetKeyStatus { key, to, .. } => self.set_key(key, *to),
            IamStep::SetCredentialStatus { active, .. } => {
                self.user.other_credentials.value_mut().unwrap()[0].active = *active;
            }
            IamStep::SetPolicy { name, to: Some(text), .. } => {
                self.user.inline_policies.insert(name.clone(), text.clone());
            }
            IamStep::SetPolicy { name, to: None, .. } => _ = self.user.inline_policies.remove(name),
            other => panic!("{other:?}"),
        }
    }

    fn set_key(&mut self, key: &str, to: AccessKeyStatus) {
        let keys = self.user.access_keys.value_mut().unwrap();
        keys.iter_mut().find(|held| held.id == key).unwrap().status = to;
    }

    /// What the next wave would do.
    fn wave(&self) -> Vec<Operation> {
        let standing = self.standing();
        assert_eq!(standing.next, Next::SwitchOff, "{:?}", standing.reasons);
        match standing.left.as_slice() {
            [] => switching_off(&taro(), &self.user, &standing.rests_on, "ready"),
            left => taking_up(&taro(), &self.user, left, &standing.rests_on, "ready"),
        }
    }

    /// Broke off yesterday, after the policy and the first key.
    fn half() -> Self {
        let mut world = Self::ready();
        let operations = world.wave();
        world.run("run-1", days_ago(1), &operations, Some((2, Break::Refused)));
        world
    }

    fn works(&self) -> usize {
        let keys = self.user.access_keys.value().unwrap().iter();
        let others = self.user.other_credentials.value().unwrap().iter();
        let denied = self.user.inline_policies.contains_key(DENIAL_POLICY);
        keys.filter(|key| key.status == AccessKeyStatus::Active).count()
            + others.filter(|one| one.active).count()
            + usize::from(!denied)
    }
}

fn steps(operations: &[Operation]) -> Vec<IamStep> {
    let step = |operation: &Operation| match &operation.change {
        Change::IamUser { step, .. } => step.clone(),
        other => panic!("{other:?}"),
    };
    operations.iter().map(step).collect()
}

#[test]
fn wherever_it_breaks_off_the_next_wave_does_the_rest_and_restore_takes_back_both() {
    let whole = World::ready().wave();
    assert_eq!(whole.len(), 4);
    for place in 0..whole.len() {
        for how in BREAKS {
            let mut world = World::ready();
            let before = world.user.clone();
            world.run("run-1", days_ago(1), &whole, Some((place, how)));
            let done = usize::from(matches!(how, Break::Unheard | Break::GivenUp));
            let what = format!("{place} {how:?}");
            assert_eq!(world.works(), whole.len() - place - done, "{what}");
            if world.works() > 0 {
                let rest = world.wave();
                assert_eq!(steps(&rest), steps(&whole)[place + done..], "{what}");
                assert_eq!(world.refused(rest.clone()), Vec::<String>::new(), "{what}");
                assert_eq!(world.standing().reasons.is_empty(), place == 0, "told as broken off: {what}");
                world.run("run-2", now() - SignedDuration::from_hours(2), &rest, None);
            } else {
                // All is off, and nobody heard of the last step: it is watched from when that was seen.
                let standing = world.standing();
                let until = now() + SignedDuration::from_hours(14 * 24);
                assert!(standing.is_only_seen_off, "{what}");
                assert_eq!((standing.next, standing.reasons), (Next::Wait, vec![Reason::Quiet { until }]), "{what}");
                world.note(now(), RetirementNote::SeenOff);
            }
            assert_eq!(world.works(), 0, "{what}");
            let standing = world.standing();
            assert!(!standing.is_only_seen_off, "{what}");
            let last = world.cases.by_user[&taro()].switched_off().unwrap();
            let until = last + SignedDuration::from_hours(14 * 24);
            assert_eq!((standing.next, standing.reasons), (Next::Wait, vec![Reason::Quiet { until }]), "{what}");
            assert!(last >= now() - SignedDuration::from_hours(2), "from the last step on: {what}");
            // All of it comes back, the last first.
            let back = restoration(&taro(), &world.cases.by_user[&taro()], "restored");
            let mut expected: Vec<IamStep> = steps(&whole).iter().map(|step| inverse(step).unwrap()).collect();
            expected.reverse();
            // What was lost without a trace is looked at as well; it was done by the second run.
            assert_eq!(steps(&back), expected, "{what}");
            world.run("run-3", now(), &back, None);
            world.note(now(), RetirementNote::CalledOff);
            assert_eq!((world.user.clone(), world.works()), (before, 4), "{what}");
            assert_eq!(world.next().0, Next::Announce, "it begins anew: {what}");
        }
    }
}

#[test]
fn an_inventory_from_between_will_do_where_it_shows_what_was_done() {
    // Settled only after the inventory was taken, which shows it.
    let mut world = World::half();
    world.as_of = days_ago(1);
    assert_eq!(world.refused(world.wave()), Vec::<String>::new());
    // One from before, of a user that is switched off in full: it is not said that somebody switched it on again.
    let mut world = World::new().announced(days_ago(60)).switched_off(now() - SignedDuration::from_hours(1));
    world.as_of = now() - SignedDuration::from_hours(2);
    world.set_key(KEY, AccessKeyStatus::Active);
    assert!(matches!(world.next(), (Next::Wait, reasons) if matches!(reasons[..], [Reason::Quiet { .. }])));
    world.settings.quiet_days = 0;
    assert!(matches!(world.next(), (Next::Hold, reasons) if matches!(reasons[..], [Reason::InventoryBefore { .. }])));
}

#[test]
fn a_second_wave_may_break_off_as_well() {
    let mut world = World::half();
    let rest = world.wave();
    world.run("run-2", now() - SignedDuration::from_hours(3), &rest, Some((1, Break::Before)));
    let last = world.wave();
    assert_eq!(steps(&last), steps(&rest)[1..]);
    assert_eq!(world.refused(last.clone()), Vec::<String>::new());
    // One that began and did nothing changes nothing.
    world.run("run-3", now() - SignedDuration::from_hours(2), &last, Some((0, Break::Before)));
    assert_eq!(steps(&world.wave()), steps(&last));
    world.run("run-4", now() - SignedDuration::from_hours(1), &last, None);
    assert!(matches!(world.next(), (Next::Wait, reasons) if matches!(reasons[..], [Reason::Quiet { .. }])));
}

#[test]
fn what_somebody_switched_on_again_is_told_and_left_alone() {
    let on_again = |what: &str| Reason::SwitchedOnAgain { what: what.to_owned() };
    // Done and verified, and on: not by us.
    let mut world = World::half();
    let rest = world.wave();
    world.set_key(KEY, AccessKeyStatus::Active);
    let (next, reasons) = world.next();
    let left = vec![SECOND_KEY.to_owned(), SSH_KEY.to_owned()];
    assert_eq!((next, &reasons[..2]), (Next::Hold, &[Reason::BrokenOff { left }, on_again(KEY)][..]));
    assert!(world.standing().left.is_empty());
    let again = taking_up(&taro(), &world.user, &steps(&rest)[..1], &[], "ready");
    assert!(world.refused(again).contains(&"retirement-look".to_owned()));
    // The checker says the same of each of them, whoever planned it.
    let key =
        IamStep::SetKeyStatus { key: KEY.to_owned(), from: AccessKeyStatus::Active, to: AccessKeyStatus::Inactive };
    let looks = World::half().standing().rests_on;
    let refused =
        |world: &World, step: IamStep| world.refused(taking_up(&taro(), &world.user, &[step], &looks, "ready"));
    assert!(refused(&world, key.clone()).contains(&"retirement-again".to_owned()));
    // A key that was made since was never meant.
    let mut world = World::half();
    let keys = world.user.access_keys.value_mut().unwrap();
    let new =
        AccessKey { id: "AKIANEW".to_owned(), created: now(), status: AccessKeyStatus::Active, ..keys[0].clone() };
    keys.push(new);
    assert!(world.next().1.contains(&on_again("AKIANEW")));
    let new = IamStep::SetKeyStatus {
        key: "AKIANEW".to_owned(),
        from: AccessKeyStatus::Active,
        to: AccessKeyStatus::Inactive,
    };
    assert!(refused(&world, new).contains(&"retirement-again".to_owned()));
    // The policy that denies everything was taken away.
    let mut world = World::half();
    world.user.inline_policies.remove(DENIAL_POLICY);
    assert!(world.next().1.contains(&on_again("everything")));
    // Found inactive at our time, and active now.
    let mut world = World::half();
    let rest = world.wave();
    let run = RunId::new("run-2").unwrap();
    world.run("run-2", now() - SignedDuration::from_hours(5), &rest, Some((0, Break::Before)));
    let caller = Caller { account: account(), arn: String::new(), role: CallerRole::Unknown };
    let instance = World::instance();
    let ground = Ground { instance: &instance, caller: &caller, now: now(), sekisho_version: "1" };
    let plan = Box::new(retirement_plan(&ground, rest.clone()));
    world.tell(days_ago(0), JournalEvent::RunStarted { run: run.clone(), who: String::new(), plan });
    let so = StepState::Skipped { reason: StepState::ALREADY_SO.to_owned() };
    world.step(days_ago(0), &run, &rest[0], so);
    assert!(world.next().1.contains(&on_again(SECOND_KEY)));
    assert!(refused(&world, steps(&rest).remove(0)).contains(&"retirement-again".to_owned()));
}

#[test]
fn what_was_seen_off_and_works_again_was_switched_on() {
    let mut world = World::ready();
    let whole = world.wave();
    world.run("run-1", days_ago(2), &whole, Some((3, Break::Unheard)));
    assert!(world.standing().is_only_seen_off);
    // As long as that is not noted, nothing is deleted on its ground.
    assert_eq!(world.refused(world.deletion())[..1], ["retirement-look"]);
    world.note(days_ago(1), RetirementNote::SeenOff);
    world.user.other_credentials.value_mut().unwrap()[0].active = true;
    assert_eq!(world.next(), (Next::Hold, vec![Reason::SwitchedOnAgain { what: SSH_KEY.to_owned() }]));
}

#[test]
fn everything_that_holds_a_switching_off_back_holds_the_rest_of_it_back() {
    type Damage = fn(&mut World);
    let damages: [(&str, Damage, Next, &str); 9] = [
        ("a complaint", |world| world.case().complaint = Some((now(), "a report".to_owned())), Next::Hold, "complaint"),
        ("used since", |world| world.used_at(now() - SignedDuration::from_hours(3)), Next::Hold, "used_since"),
        ("a machine", |world| world.verdict = Verdict::Mixed, Next::Refuse, "not_a_persons"),
        ("protected", |world| world.settings.protected = vec![model::Pattern::new("taro")], Next::Refuse, "protected"),
        (
            "an old log",
            |world| {
                world.used.coverage.values_mut().for_each(|log| log.end_s = days_ago(3).as_second());
            },
            Next::Refuse,
            "evidence_old",
        ),
        ("an old inventory", |world| world.as_of = days_ago(2), Next::Refuse, "inventory_old"),
        (
            "an inventory from before",
            |world| {
                world.as_of = days_ago(1);
                world.set_key(KEY, AccessKeyStatus::Active);
            },
            Next::Hold,
            "inventory_before",
        ),
        ("no other way", |world| world.ways = Default::default(), Next::Hold, "no_other_way"),
        ("never announced", |world| world.case().announced = None, Next::Hold, "not_announced"),
    ];
    let rest = World::half().wave();
    for (what, damage, next, reason) in damages {
        let mut world = World::half();
        damage(&mut world);
        let standing = world.standing();
        assert_eq!(standing.next, next, "{what}: {:?}", standing.reasons);
        assert!(standing.reasons.iter().any(|one| one.kind() == reason), "{what}: {:?}", standing.reasons);
        assert!(standing.left.is_empty(), "{what}");
        let by_the_checker =
            ["complaint", "used_since", "not_a_persons", "protected", "inventory_before"].contains(&reason);
        assert_eq!(!world.refused(rest.clone()).is_empty(), by_the_checker, "{what}");
    }
    // A leaver's needs no announcement, as long as that they left is known.
    let mut world = World::half();
    world.has_left = true;
    (world.case().announced, world.ways) = (None, Default::default());
    assert_eq!(world.next().0, Next::SwitchOff);
}

#[test]
fn the_last_look_before_the_rest_is_no_looser_than_before_the_whole() {
    let world = World::half();
    let rest = world.wave();
    assert_eq!(world.refused(rest.clone()), Vec::<String>::new());
    let quiet = days_ago(1) + SignedDuration::from_mins(2 + 15);
    for claim in &rest[0].before {
        let model::Claim::Iam { says, .. } = claim else { panic!("of a user") };
        if let IamClaim::NotUsedAfter { until, .. } = says {
            assert!(*until <= quiet, "{until}");
        }
        let mut operations = rest.clone();
        operations[0].before.retain(|one| one != claim);
        let is_own = matches!(says, IamClaim::KeyIs { .. });
        assert_eq!(world.refused(operations).is_empty(), is_own, "{says:?}");
    }
}

#[test]
fn what_was_begun_to_be_taken_back_is_not_taken_up() {
    let mut world = World::half();
    let back = restoration(&taro(), &world.cases.by_user[&taro()], "restored");
    // The key works again, and the policy stays: AWS refused.
    world.run("run-2", now() - SignedDuration::from_hours(1), &back, Some((1, Break::Refused)));
    let (next, reasons) = world.next();
    assert_eq!(next, Next::Hold);
    assert!(reasons.iter().all(|reason| matches!(reason, Reason::SwitchedOnAgain { .. })), "{reasons:?}");
    assert!(world.standing().left.is_empty());
}
