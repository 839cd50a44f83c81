use super::*;
use crate::id::{AccountId, IdentityStoreId, InstanceArn};
use crate::observed::InstanceKey;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn taro() -> IamUserRef {
    IamUserRef { account: AccountId::new("111122223333").unwrap(), name: "taro".to_owned() }
}

fn entry(second: i64, event: JournalEvent) -> JournalEntry {
    let instance = InstanceKey {
        partition: "aws".to_owned(),
        instance: InstanceArn::new("arn:aws:sso:::instance/ssoins-1").unwrap(),
        identity_store: IdentityStoreId::new("d-1").unwrap(),
        primary_region: "us-east-1".to_owned(),
    };
    JournalEntry { sequence: 1, at: at(second), instance, event, previous: String::new(), hash: String::new() }
}

fn made(second: i64, step: IamStep) -> JournalEntry {
    let change = Box::new(Change::IamUser { user: taro(), step });
    entry(
        second,
        JournalEvent::Step {
            run: RunId::new("run-1").unwrap(),
            operation: OperationId::new("operation").unwrap(),
            state: StepState::Verified { change, set_arn: None },
        },
    )
}

fn off(key: &str) -> IamStep {
    IamStep::SetKeyStatus { key: key.to_owned(), from: AccessKeyStatus::Active, to: AccessKeyStatus::Inactive }
}

#[test]
fn what_is_taken_back_leaves_nothing() {
    let mut cases = RetirementCases::default();
    cases.add(&made(10, off("AKIA1")));
    cases.add(&made(20, off("AKIA2")));
    assert_eq!(cases.by_user[&taro()].switched_off(), Some(at(20)));
    cases.add(&made(30, inverse(&off("AKIA2")).unwrap()));
    assert_eq!(cases.by_user[&taro()].switched_off(), Some(at(10)));
    cases.add(&made(40, inverse(&off("AKIA1")).unwrap()));
    assert_eq!(cases.by_user[&taro()].switched_off(), None);
    assert!(cases.by_user[&taro()].steps.is_empty());
}

#[test]
fn what_was_sent_and_never_seen_is_taken_back_as_well() {
    let run = RunId::new("run-1").unwrap();
    let step = off("AKIA1");
    let mut cases = RetirementCases::default();
    let id = OperationId::new("operation").unwrap();
    cases.planned.insert((run.clone(), id.clone()), (taro(), step.clone()));
    let started = |run: &RunId| {
        entry(
            5,
            JournalEvent::Step { run: run.clone(), operation: id.clone(), state: StepState::Started { attempt: 1 } },
        )
    };
    cases.add(&started(&run));
    cases.add(&started(&run));
    let case = &cases.by_user[&taro()];
    assert_eq!((case.steps.len(), case.switched_off()), (1, None), "nobody saw it");
    // What takes it back is sent, and heard of: then nothing is left.
    cases.planned.insert((RunId::new("run-2").unwrap(), id.clone()), (taro(), inverse(&step).unwrap()));
    cases.add(&started(&RunId::new("run-2").unwrap()));
    assert_eq!(cases.by_user[&taro()].steps.len(), 1);
    cases.add(&made(30, inverse(&step).unwrap()));
    assert!(cases.by_user[&taro()].steps.is_empty());
    // Sent and in vain: that it is as before is enough.
    cases.add(&started(&run));
    let so = StepState::Skipped { reason: StepState::ALREADY_SO.to_owned() };
    let run_2 = RunId::new("run-2").unwrap();
    cases.add(&entry(35, JournalEvent::Step { run: run_2, operation: id.clone(), state: so }));
    assert!(cases.by_user[&taro()].steps.is_empty());
    // Sent, then seen: once.
    cases.add(&started(&run));
    cases.add(&made(40, step));
    let case = &cases.by_user[&taro()];
    assert_eq!((case.steps.len(), case.switched_off()), (1, Some(at(40))));
}

#[test]
fn what_aws_refused_was_not_made() {
    let (first, second) = (RunId::new("run-1").unwrap(), RunId::new("run-2").unwrap());
    let id = OperationId::new("operation").unwrap();
    let mut cases = RetirementCases::default();
    for run in [&first, &second] {
        cases.planned.insert((run.clone(), id.clone()), (taro(), off("AKIA1")));
    }
    let step = |run: &RunId, state| entry(5, JournalEvent::Step { run: run.clone(), operation: id.clone(), state });
    let failed = |refused| StepState::Failed { reason: "no".to_owned(), refused };
    cases.add(&step(&first, StepState::Started { attempt: 1 }));
    cases.add(&step(&first, failed(true)));
    assert!(cases.by_user[&taro()].steps.is_empty(), "AWS answered: nothing was changed");
    // Without an answer it stays open, and a later refusal says nothing about the earlier run.
    cases.add(&step(&first, StepState::Started { attempt: 1 }));
    cases.add(&step(&first, failed(false)));
    cases.add(&step(&second, StepState::Started { attempt: 1 }));
    cases.add(&step(&second, failed(true)));
    assert_eq!(cases.by_user[&taro()].steps.len(), 1);
    // Entries of earlier versions do not tell: it may have been made.
    let told: StepState = serde_json::from_str(r#"{"state":"failed","reason":"no"}"#).unwrap();
    assert_eq!(told, failed(false));
}

#[test]
fn what_makes_a_user_again_is_nothing_to_take_back() {
    let mut cases = RetirementCases::default();
    cases.add(&made(10, off("AKIA1")));
    cases.add(&made(
        20,
        IamStep::CreateUser { path: "/".to_owned(), tags: BTreeMap::new(), boundary: None, mark: "AIDA1".to_owned() },
    ));
    cases.add(&made(30, IamStep::JoinGroup { group: "developers".to_owned() }));
    assert!(cases.by_user[&taro()].steps.is_empty());
    // Its own way out begins anew.
    let event = JournalEvent::Retirement {
        user: taro(),
        user_id: "AIDA2".to_owned(),
        who: String::new(),
        note: RetirementNote::Begun,
    };
    cases.add(&entry(40, event));
    let case = &cases.by_user[&taro()];
    assert_eq!((case.recreated.is_none(), case.definition(), case.user_id.as_deref()), (true, None, Some("AIDA2")));
}

#[test]
fn another_user_of_the_same_name_begins_anew() {
    let mut cases = RetirementCases::default();
    let note = |id: &str, second, note| {
        let event = JournalEvent::Retirement { user: taro(), user_id: id.to_owned(), who: String::new(), note };
        entry(second, event)
    };
    cases.add(&note("AIDA1", 1, RetirementNote::Announced { parallel_until: at(100) }));
    cases.add(&note("AIDA2", 2, RetirementNote::Complaint { text: "gone".to_owned() }));
    let case = &cases.by_user[&taro()];
    assert_eq!((case.announced, case.complaint.is_some()), (None, true));
}

#[test]
fn a_run_tells_step_by_step_how_far_it_came() {
    let run = RunId::new("run-1").unwrap();
    let steps = [off("AKIA1"), off("AKIA2"), off("AKIA3"), off("AKIA4"), off("AKIA5")];
    let mut cases = RetirementCases::default();
    let mut case = RetirementCase::NOTHING;
    case.begins(at(1), &run, &steps.iter().collect::<Vec<_>>());
    cases.by_user.insert(taro(), case);
    let id = |step: &IamStep| OperationId::new(step.object()).unwrap();
    for step in &steps {
        cases.planned.insert((run.clone(), id(step)), (taro(), step.clone()));
    }
    let mut tell = |step: &IamStep, state| {
        cases.add(&entry(5, JournalEvent::Step { run: run.clone(), operation: id(step), state }));
    };
    let verified = |step: &IamStep| StepState::Verified {
        change: Box::new(Change::IamUser { user: taro(), step: step.clone() }),
        set_arn: None,
    };
    tell(&steps[0], StepState::Started { attempt: 1 });
    tell(&steps[0], verified(&steps[0]));
    tell(&steps[1], StepState::Skipped { reason: StepState::ALREADY_SO.to_owned() });
    tell(&steps[2], StepState::Started { attempt: 1 });
    tell(&steps[2], StepState::Failed { reason: "no".to_owned(), refused: true });
    tell(&steps[3], StepState::Started { attempt: 1 });
    // Seen once is seen, whatever is tried again.
    tell(&steps[0], StepState::Started { attempt: 2 });
    let case = &cases.by_user[&taro()];
    let states: Vec<OffState> = case.off_runs[0].steps.iter().map(|one| one.state).collect();
    assert_eq!(states, [OffState::Done, OffState::FoundSo, OffState::Refused, OffState::Perhaps, OffState::NotSent]);
    assert_eq!((case.left().count(), case.is_broken_off()), (3, true));
    // What is begun to be taken back is nobody's wish any more.
    let mut case = case.clone();
    let back = inverse(&steps[0]).unwrap();
    case.begins(at(9), &RunId::new("run-2").unwrap(), &[&back]);
    assert_eq!((case.left().count(), case.unheard().count(), case.off_runs.len()), (0, 3, 1));
    // Nor what was seen to be off.
    let mut case = cases.by_user[&taro()].clone();
    case.note(at(20), &RetirementNote::SeenOff);
    assert_eq!((case.left().count(), case.switched_off()), (0, Some(at(20))));
    case.note(at(30), &RetirementNote::CalledOff);
    assert!(case.off_runs.is_empty());
}
