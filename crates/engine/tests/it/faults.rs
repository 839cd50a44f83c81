//! What goes wrong at AWS.

use std::time::Duration;

use engine::{ApplyError, Outcome};
use model::{Change, Lane};
use ports::AwsErrorKind;

use crate::cloud::{Fault, Settings};
use crate::scene::{Heard, Scene, busy_world, find, options, outcome, outcomes, world};

/// A world in which ten groups get a set in two accounts.
fn grants() -> plan::testing::World {
    let mut world = world(2, 2, 10);
    world.declare_observed();
    for group in 0..10 {
        for account in 0..2 {
            world.declare("S0", &format!("a{account:02}"), &format!("group:g{group}"));
        }
    }
    world
}

async fn with_fault(faults: Vec<Option<Fault>>) -> (Scene, Outcome, u32) {
    let mut scene = Scene::new(grants(), Settings::default()).await;
    let plan = scene.plan().await;
    let id = plan.operations[7].id.clone();
    scene.cloud.fault(&id, faults);
    let summary = scene.engine.apply(&plan, &options(), &()).await.unwrap();
    let others = summary.operations.iter().filter(|operation| operation.operation != id);
    assert!(others.map(|operation| &operation.outcome).all(|outcome| *outcome == Outcome::Verified));
    let sent = scene.cloud.state().counters.starts.get(&id).copied().unwrap_or(0);
    let result = outcome(&summary, &id).clone();
    (scene, result, sent)
}

#[tokio::test(start_paused = true)]
async fn passing_errors_pass() {
    for kind in [AwsErrorKind::Throttled, AwsErrorKind::Transient, AwsErrorKind::Conflict] {
        let (_, outcome, sent) = with_fault(vec![Some(Fault::Before(kind)); 3]).await;
        assert_eq!((outcome, sent), (Outcome::Verified, 1), "{kind:?}");
    }
}

/// The answer was lost, and it happened: it is found, and not sent again.
#[tokio::test(start_paused = true)]
async fn a_lost_answer_is_not_a_second_request() {
    let (_, outcome, sent) = with_fault(vec![Some(Fault::After(AwsErrorKind::Transient))]).await;
    assert_eq!((outcome, sent), (Outcome::Verified, 1));
}

/// The same for changes that AWS answers at once, also when they show late.
#[tokio::test(start_paused = true)]
async fn a_lost_answer_to_a_direct_change_is_found_too() {
    for lag_ms in [(0, 0), (2_000, 6_000)] {
        let mut scene = Scene::new(busy_world(), Settings { lag_ms, ..Settings::default() }).await;
        let plan = scene.plan().await;
        let direct: Vec<_> =
            plan.operations.iter().filter(|operation| operation.change.lane() == Lane::Direct).collect();
        assert!(direct.len() >= 6);
        for operation in &direct {
            scene.cloud.fault(&operation.id, vec![Some(Fault::After(AwsErrorKind::Transient))]);
        }
        let summary = scene.engine.apply(&plan, &options(), &()).await.unwrap();
        assert!(summary.is_complete(), "{lag_ms:?}: {:#?}", summary.problems().collect::<Vec<_>>());
        assert!(scene.plan().await.is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn final_errors_end_the_operation_and_the_rest_goes_on() {
    for (fault, said, advised) in [
        (Fault::Before(AwsErrorKind::AccessDenied), "AccessDenied", "sekisho iam-policy"),
        (Fault::Ends("the account 100000000001 is suspended".into()), "suspended", "`except`"),
        (
            Fault::Ends("customer managed policy `deploy` does not exist in this account".into()),
            "does not exist",
            "create that policy in account 100000000001 first",
        ),
    ] {
        let (mut scene, result, _) = with_fault(vec![Some(fault)]).await;
        let Outcome::Failed { reason, advice, .. } = result else { panic!("{result:?}") };
        assert!(reason.contains(said), "{reason}");
        let advice = advice.unwrap();
        assert!(advice.contains(advised) || advised.contains("100000000001"), "{advice}");
        // The next run does what is left.
        let (plan, summary) = scene.apply().await;
        assert_eq!(plan.operations.len(), 1);
        assert!(summary.is_complete());
    }
}

#[tokio::test(start_paused = true)]
async fn what_needs_a_failed_operation_is_not_tried() {
    let mut scene = Scene::new(busy_world(), Settings::default()).await;
    let plan = scene.plan().await;
    let create = find(&plan, |change| matches!(change, Change::CreatePermissionSet { .. }));
    scene.cloud.fault(&create, vec![Some(Fault::Before(AwsErrorKind::Invalid))]);
    let summary = scene.engine.apply(&plan, &options(), &()).await.unwrap();
    let counts = outcomes(&summary);
    assert_eq!(counts["Failed"], 1);
    // Attaching, the inline policy, and twelve assignments of the set that is not there.
    assert!(counts["Skipped"] >= 15, "{counts:?}");
    for operation in summary.problems() {
        if let Outcome::Skipped { reason } = &operation.outcome {
            assert!(reason.starts_with("needs “") && reason.ends_with("”, which was not done"), "{reason}");
        }
    }
    let (_, summary) = scene.apply().await;
    assert!(summary.is_complete());
    assert!(scene.plan().await.is_empty());
}

/// Success is claimed only after reading again.
#[tokio::test(start_paused = true)]
async fn a_success_that_does_not_show_is_a_contradiction() {
    let (scene, outcome, _) = with_fault(vec![Some(Fault::Lies)]).await;
    let Outcome::Contradicted { found } = &outcome else { panic!("{outcome:?}") };
    assert!(found.starts_with("AWS says it is done, but group g-"), "{found}");
    let instance = &scene.world.observed.instance;
    assert!(scene.store.unfinished_runs(instance).await.unwrap().is_empty());
    assert_eq!(scene.store.owned(instance).await.unwrap().assignments.len(), 19, "what does not show is not ours");
}

#[tokio::test(start_paused = true)]
async fn late_effects_are_waited_for() {
    let mut scene = Scene::new(grants(), Settings { lag_ms: (5_000, 40_000), ..Settings::default() }).await;
    let (_, summary) = scene.apply().await;
    assert!(summary.is_complete(), "{:#?}", summary.problems().collect::<Vec<_>>());
}

/// A request without end is left in flight; the next run waits for it rather than send it again.
#[tokio::test(start_paused = true)]
async fn what_does_not_end_is_left_to_the_next_run() {
    let (mut scene, result, _) = with_fault(vec![Some(Fault::Hangs)]).await;
    assert!(matches!(result, Outcome::InFlight { .. }), "{result:?}");
    let instance = scene.world.observed.instance.clone();
    assert_eq!(scene.store.unfinished_runs(&instance).await.unwrap().len(), 1);
    // Still in flight: not sent again, and said so.
    let (plan, summary) = scene.apply().await;
    assert_eq!(plan.operations.len(), 1);
    assert_eq!(summary.recovered[0].still_in_flight().count(), 1);
    let Outcome::Skipped { reason } = &summary.operations[0].outcome else { panic!("{summary:?}") };
    assert!(reason.contains("still in flight"), "{reason}");
    // Eleven days later it has ended.
    scene.engine.clock.sleep(Duration::from_secs(1_000_000)).await;
    let plan = scene.plan().await;
    assert!(matches!(
        scene.engine.apply(&plan, &options(), &()).await,
        Err(ApplyError::PlanAgain { recovered }) if recovered[0].operations[0].outcome == Outcome::Verified
    ));
    assert!(scene.store.unfinished_runs(&instance).await.unwrap().is_empty());
    assert!(scene.plan().await.is_empty());
    assert!(scene.cloud.state().counters.starts.values().all(|count| *count == 1));
}

#[tokio::test(start_paused = true)]
async fn credentials_that_come_back_are_waited_for() {
    let mut scene = Scene::new(grants(), Settings::default()).await;
    let plan = scene.plan().await;
    let id = &plan.operations[0].id;
    scene.cloud.fault(id, vec![Some(Fault::Before(AwsErrorKind::Credentials)); 2]);
    let heard = Heard::default();
    let summary = scene.engine.apply(&plan, &options(), &heard).await.unwrap();
    assert!(summary.is_complete());
    assert_eq!(heard.0.into_inner().unwrap().iter().filter(|line| line.starts_with("paused")).count(), 2);
}

#[tokio::test(start_paused = true)]
async fn credentials_that_do_not_come_back_end_the_run() {
    let mut scene = Scene::new(grants(), Settings::default()).await;
    let plan = scene.plan().await;
    let id = &plan.operations[0].id;
    scene.cloud.fault(id, vec![Some(Fault::Before(AwsErrorKind::Credentials)); 9]);
    let summary = scene.engine.apply(&plan, &options(), &()).await.unwrap();
    assert!(summary.stopped.as_ref().unwrap().contains("credentials"), "{:?}", summary.stopped);
    assert!(summary.counts.left_in_flight == 0 && summary.counts.failed == 1, "{:?}", summary.counts);
    scene.converge().await;
}

#[tokio::test(start_paused = true)]
async fn what_was_changed_meanwhile_is_left_alone() {
    let mut scene = Scene::new(busy_world(), Settings::default()).await;
    let plan = scene.plan().await;
    // Somebody else withdraws one, and detaches a policy the plan would detach.
    let withdraw = plan.operations.iter().find(|one| matches!(one.change, Change::Withdraw { .. })).unwrap();
    let detach = plan.operations.iter().find(|one| matches!(one.change, Change::DetachManagedPolicy { .. })).unwrap();
    scene.cloud.meddle(&withdraw.change);
    scene.cloud.meddle(&detach.change);
    let summary = scene.engine.apply(&plan, &options(), &()).await.unwrap();
    assert_eq!(*outcome(&summary, &withdraw.id), Outcome::AlreadySo);
    assert_eq!(*outcome(&summary, &detach.id), Outcome::AlreadySo);
    assert!(summary.is_complete());
    assert!(!scene.cloud.state().counters.starts.contains_key(&withdraw.id));
    assert!(scene.plan().await.is_empty());
}

/// What somebody else added meanwhile is so, and is not ours.
#[tokio::test(start_paused = true)]
async fn what_somebody_else_added_is_not_ours() {
    let mut scene = Scene::new(grants(), Settings::default()).await;
    let plan = scene.plan().await;
    scene.cloud.meddle(&plan.operations[3].change);
    let kept = engine::ApplyOptions { kept: true, ..options() };
    let summary = scene.engine.apply(&plan, &kept, &()).await.unwrap();
    assert_eq!(summary.operations[3].outcome, Outcome::AlreadySo);
    assert!(summary.is_complete());
    assert_eq!(scene.store.owned(&plan.instance).await.unwrap().assignments.len(), 19);
}

#[tokio::test(start_paused = true)]
async fn a_removal_whose_ground_is_gone_is_skipped() {
    let mut scene = Scene::new(busy_world(), Settings::default()).await;
    let plan = scene.plan().await;
    let update = plan.operations.iter().find(|one| matches!(one.change, Change::DeletePermissionSet { .. })).unwrap();
    let Change::DeletePermissionSet { set } = &update.change else { panic!() };
    // Somebody assigns the set that is about to be deleted.
    let added = Change::Assign {
        set: set.clone(),
        account: "100000000003".parse().unwrap(),
        principal: model::PrincipalId::Group("g-g1".parse().unwrap()),
    };
    scene.cloud.meddle(&added);
    let summary = scene.engine.apply(&plan, &options(), &()).await.unwrap();
    let result = outcome(&summary, &update.id);
    assert!(matches!(result, Outcome::Skipped { reason } if reason.contains("changed meanwhile")), "{result:?}");
}

#[tokio::test(start_paused = true)]
async fn readings_that_fail_for_a_while_do_no_harm() {
    let mut scene = Scene::new(busy_world(), Settings::default()).await;
    let plan = scene.plan().await;
    scene.cloud.read_fault(vec![AwsErrorKind::Transient; 30]);
    let summary = scene.engine.apply(&plan, &options(), &()).await.unwrap();
    assert!(summary.is_complete(), "{:#?}", summary.problems().collect::<Vec<_>>());
}

/// What cannot be read is not removed, and what cannot be verified is not called done.
#[tokio::test(start_paused = true)]
async fn readings_that_are_denied_stop_removals_and_claims() {
    let mut scene = Scene::new(busy_world(), Settings::default()).await;
    let plan = scene.plan().await;
    scene.cloud.read_fault(vec![AwsErrorKind::AccessDenied; 100_000]);
    let summary = scene.engine.apply(&plan, &options(), &()).await.unwrap();
    assert_eq!(summary.counts.verified, 0);
    for operation in &plan.operations {
        if operation.change.is_removal() {
            assert!(!scene.cloud.state().counters.starts.contains_key(&operation.id));
        }
    }
    scene.cloud.read_fault(vec![]);
    scene.converge().await;
    assert!(scene.cloud.state().counters.starts.values().all(|count| *count == 1));
}

/// How requests ended is learnt for many at once; those that failed are asked about, and told with AWS's reason.
#[tokio::test(start_paused = true)]
async fn failures_among_many_are_found() {
    let mut world = world(20, 2, 10);
    world.declare_observed();
    for account in 0..20 {
        for group in 0..10 {
            world.declare("S0", &format!("a{account:02}"), &format!("group:g{group}"));
        }
    }
    let mut scene = Scene::new(world, Settings::default()).await;
    let plan = scene.plan().await;
    assert_eq!(plan.operations.len(), 200);
    let bad: Vec<_> = [20, 90, 91, 150].map(|at: usize| plan.operations[at].id.clone()).into();
    for id in &bad {
        scene.cloud.fault(id, vec![Some(Fault::Ends("the role could not be created".into()))]);
    }
    let summary = scene.engine.apply(&plan, &options(), &()).await.unwrap();
    for operation in &summary.operations {
        if bad.contains(&operation.operation) {
            let Outcome::Failed { reason, .. } = &operation.outcome else { panic!("{operation:?}") };
            assert_eq!(reason, "the role could not be created");
        } else {
            assert_eq!(operation.outcome, Outcome::Verified);
        }
    }
    let polls = scene.cloud.state().counters.polls;
    assert!((4..120).contains(&polls), "{polls}");
}
