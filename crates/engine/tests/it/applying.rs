//! Runs that go well.

use std::collections::HashMap;
use std::time::Duration;

use model::Change;
use model::journal::{JournalEvent, StepState};

use crate::cloud::Settings;
use crate::scene::{Heard, Scene, busy_world, find, options, outcomes, world};

#[tokio::test(start_paused = true)]
async fn a_busy_plan_is_applied_and_verified() {
    let mut scene = Scene::new(busy_world(), Settings { lag_ms: (0, 2_000), ..Settings::default() }).await;
    let plan = scene.plan().await;
    assert!((190..=230).contains(&plan.operations.len()), "{}", plan.operations.len());
    let refused = |finding: &model::Finding| finding.severity == model::Severity::Refusal;
    assert_eq!(scene.world.check(&plan).into_iter().find(refused), None);
    let heard = Heard::default();
    let summary = scene.engine.apply(&plan, &options(), &heard).await.unwrap();
    assert!(summary.is_complete(), "{:#?}", summary.problems().collect::<Vec<_>>());
    assert_eq!(outcomes(&summary), [("Verified".to_owned(), plan.operations.len())].into());
    {
        let state = scene.cloud.state();
        assert!(state.counters.starts.values().all(|count| *count == 1));
        assert_eq!(state.counters.collisions, 0, "one role update of an account at a time");
        assert!(state.counters.most_assignments <= 15 && state.counters.most_assignments > 10);
        assert!(state.counters.most_provisionings <= 3);
    }
    assert!(scene.plan().await.is_empty());
    let record = scene.store.run(&plan.instance, &summary.run).await.unwrap().unwrap();
    assert_eq!(record.outcome, Some(format!("{} verified", plan.operations.len())));
    assert!(summary.run.as_str().starts_with("run-20261122T"), "{}", summary.run);
    let heard = heard.0.into_inner().unwrap();
    assert_eq!(heard.first().unwrap(), &format!("run of {}", plan.operations.len()));
    assert_eq!(heard.iter().filter(|line| line.starts_with("finished")).count(), plan.operations.len());
}

/// No call before its entry is durable, no operation before what it needs was verified.
#[tokio::test(start_paused = true)]
async fn the_journal_tells_every_step_in_order() {
    let mut scene = Scene::new(busy_world(), Settings::default()).await;
    let (plan, _) = scene.apply().await;
    let entries = scene.store.entries(&plan.instance, 0, 100_000).await.unwrap();
    let mut steps: HashMap<String, Vec<(u64, StepState)>> = HashMap::new();
    for entry in &entries {
        if let JournalEvent::Step { operation, state, .. } = &entry.event {
            steps.entry(operation.to_string()).or_default().push((entry.sequence, state.clone()));
        }
    }
    for operation in &plan.operations {
        let told = &steps[operation.id.as_str()];
        let words: Vec<&str> = told
            .iter()
            .map(|(_, state)| match state {
                StepState::Started { .. } => "started",
                StepState::Accepted { .. } => "accepted",
                StepState::Succeeded { .. } => "succeeded",
                StepState::Verified { .. } => "verified",
                other => panic!("{other:?}"),
            })
            .collect();
        let wanted: &[&str] = match operation.change.lane() {
            model::Lane::Direct => &["started", "succeeded", "verified"],
            _ => &["started", "accepted", "succeeded", "verified"],
        };
        assert_eq!(words, wanted);
        for need in &operation.needs {
            let verified = steps[need.as_str()].last().unwrap().0;
            assert!(verified < told[0].0, "{} began before {need} was verified", operation.id);
        }
    }
    assert!(matches!(entries.first().unwrap().event, JournalEvent::RunStarted { .. }));
    assert!(matches!(entries.last().unwrap().event, JournalEvent::RunFinished { .. }));
}

#[tokio::test(start_paused = true)]
async fn what_is_taken_away_does_not_wait_behind_grants() {
    let mut world = world(30, 3, 40);
    for account in 0..30 {
        world.observe("S0", &format!("a{account:02}"), "user:u0");
    }
    world.declare_observed();
    for account in 0..30 {
        world.undeclare("S0", &format!("a{account:02}"), "user:u0");
        // Not the groups of the one who loses something: their grants would come first.
        for group in 1..13 {
            world.declare("S1", &format!("a{account:02}"), &format!("group:g{group}"));
        }
    }
    let mut scene = Scene::new(world, Settings::default()).await;
    let plan = scene.plan().await;
    let heard = Heard::default();
    let summary = scene.engine.apply(&plan, &options(), &heard).await.unwrap();
    assert!(summary.is_complete());
    let heard = heard.0.into_inner().unwrap();
    let begun: Vec<&String> = heard.iter().filter(|line| line.starts_with("started")).collect();
    assert!(begun[..30].iter().all(|line| line.contains("withdraw")), "{:?}", &begun[..31]);
}

/// One reading verifies all operations of a pair.
#[tokio::test(start_paused = true)]
async fn readings_are_shared() {
    let mut world = world(4, 2, 40);
    world.declare_observed();
    for account in 0..4 {
        for group in 0..30 {
            world.declare("S1", &format!("a{account:02}"), &format!("group:g{group}"));
        }
    }
    let mut scene = Scene::new(world, Settings::default()).await;
    scene.engine.limits.verify_hold = Duration::from_secs(3_600);
    let (plan, summary) = scene.apply().await;
    assert!(summary.is_complete());
    assert_eq!(plan.operations.len(), 120);
    assert_eq!(scene.cloud.state().counters.reads, 4);
}

#[tokio::test(start_paused = true)]
async fn an_empty_plan_leaves_no_run_behind() {
    let mut scene = Scene::new(world(2, 2, 2), Settings::default()).await;
    scene.world.declare_observed();
    let (plan, summary) = scene.apply().await;
    assert!(plan.is_empty() && summary.is_complete());
    assert_eq!(scene.store.entries(&plan.instance, 0, 10).await.unwrap().len(), 0);
}

#[tokio::test(start_paused = true)]
async fn names_are_recorded_once_all_went_well() {
    let mut scene = Scene::new(world(2, 2, 2), Settings::default()).await;
    scene.world.declare_observed();
    scene.world.declare("S1", "a00", "group:g0");
    let names: std::collections::BTreeMap<_, _> =
        [("group:g0".to_owned(), std::collections::BTreeSet::from(["g-g0".to_owned()]))].into();
    scene.world.declared.bindings.entries = names.clone();
    let plan = scene.plan().await;
    let id = find(&plan, |change| matches!(change, Change::Assign { .. }));
    scene.cloud.fault(&id, vec![Some(crate::cloud::Fault::Ends("no".into()))]);
    let summary = scene.engine.apply(&plan, &options(), &()).await.unwrap();
    assert!(!summary.is_complete());
    assert!(scene.store.bindings(&plan.instance).await.unwrap().entries.is_empty());
    let (_, summary) = scene.apply().await;
    assert!(summary.is_complete());
    assert_eq!(scene.store.bindings(&plan.instance).await.unwrap().entries, names);
}

#[tokio::test(start_paused = true)]
async fn without_a_journal_it_works_all_the_same() {
    let mut scene = Scene::new(busy_world(), Settings::default()).await;
    scene.engine.store = None;
    let (_, summary) = scene.apply().await;
    assert!(summary.is_complete(), "{:#?}", summary.problems().collect::<Vec<_>>());
    assert!(scene.plan().await.is_empty());
}
