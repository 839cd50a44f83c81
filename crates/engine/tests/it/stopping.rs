//! Runs that are stopped, refused, or lose their lease.

use std::sync::Arc;
use std::time::Duration;

use engine::{ApplyError, ApplyEvent, ApplyOptions, ApplyProgress, Cancellation, Outcome};
use model::{Finding, Severity};
use ports::StoreError;

use crate::cloud::Settings;
use crate::scene::{Heard, Scene, busy_world, engine, options, outcomes};

/// Asks a run to stop after a number of operations have finished.
struct StopAfter {
    finished: std::sync::atomic::AtomicU64,
    at: u64,
    how: fn(&Cancellation),
    cancellation: Cancellation,
}

impl ApplyProgress for StopAfter {
    fn event(&self, event: &ApplyEvent<'_>) {
        if let ApplyEvent::Finished { .. } = event {
            let finished = self.finished.fetch_add(1, std::sync::atomic::Ordering::SeqCst) + 1;
            if finished == self.at {
                (self.how)(&self.cancellation);
            }
        }
    }
}

async fn stopped(how: fn(&Cancellation)) -> (Scene, engine::RunSummary, Duration) {
    let mut scene = Scene::new(busy_world(), Settings::default()).await;
    let plan = scene.plan().await;
    let cancellation = Cancellation::new();
    let progress = StopAfter { finished: 0.into(), at: 40, how, cancellation: cancellation.clone() };
    let options = ApplyOptions { cancellation, ..options() };
    let summary = scene.engine.apply(&plan, &options, &progress).await.unwrap();
    let took = summary.duration();
    (scene, summary, took)
}

#[tokio::test(start_paused = true)]
async fn asked_to_finish_it_waits_for_what_is_in_flight() {
    let (mut scene, summary, _) = stopped(Cancellation::finish).await;
    let counts = outcomes(&summary);
    assert!(counts["NotStarted"] > 50 && counts["Verified"] >= 40, "{counts:?}");
    assert_eq!(summary.counts.left_in_flight, 0);
    assert_eq!(summary.stopped.as_deref(), Some("stopped on request"));
    assert!(scene.store.unfinished_runs(&scene.world.observed.instance).await.unwrap().is_empty());
    scene.converge().await;
    assert!(scene.cloud.state().counters.starts.values().all(|count| *count == 1));
}

#[tokio::test(start_paused = true)]
async fn asked_to_park_it_leaves_what_is_in_flight() {
    let (mut scene, summary, _) = stopped(Cancellation::park).await;
    assert!(summary.counts.left_in_flight > 0, "{:?}", summary.counts);
    assert_eq!(scene.store.unfinished_runs(&scene.world.observed.instance).await.unwrap().len(), 1);
    scene.converge().await;
    assert!(scene.cloud.state().counters.starts.values().all(|count| *count == 1));
}

/// The store is taken over in mid-run: the first run must not send anything more.
#[tokio::test(start_paused = true)]
async fn a_run_that_lost_its_lease_touches_nothing() {
    let mut scene = Scene::new(busy_world(), Settings::default()).await;
    let plan = scene.plan().await;
    let store = scene.store.clone();
    let instance = plan.instance.clone();
    let clock = scene.cloud.clock.clone();
    let thief = tokio::spawn(async move {
        use ports::Clock as _;
        clock.sleep(Duration::from_secs(12)).await;
        // As if the first run had slept for an hour.
        let later = clock.now().checked_add(jiff::SignedDuration::from_secs(3_600)).unwrap();
        store.acquire_lease(&instance, "thief", later, Duration::from_secs(30)).await.unwrap()
    });
    let summary = scene.engine.apply(&plan, &options(), &()).await.unwrap();
    let lease = thief.await.unwrap();
    assert!(summary.stopped.is_some());
    assert!(summary.counts.not_started > 50, "{:?}", summary.counts);
    let sent: u32 = scene.cloud.state().counters.starts.values().sum();
    scene.engine.clock.sleep(Duration::from_secs(600)).await;
    assert_eq!(scene.cloud.state().counters.starts.values().sum::<u32>(), sent);
    scene.store.release_lease(&plan.instance, &lease).await.unwrap();
    scene.converge().await;
    assert!(scene.cloud.state().counters.starts.values().all(|count| *count == 1));
}

#[tokio::test(start_paused = true)]
async fn a_second_run_waits_its_turn() {
    let mut scene = Scene::new(busy_world(), Settings::default()).await;
    let plan = scene.plan().await;
    let first = engine(&scene.cloud, Some(scene.store.clone()));
    let second = engine(&scene.cloud, Some(scene.store.clone()));
    let heard = Heard::default();
    let options = options();
    let (one, other) = tokio::join!(first.apply(&plan, &options, &()), async {
        first.clock.sleep(Duration::from_secs(1)).await;
        second.apply(&plan, &options, &heard).await
    });
    assert!(one.unwrap().is_complete());
    // The same plan, applied twice: everything was so already. The busy world takes less than a minute.
    match other {
        // Provisioning the newest version once more changes nothing.
        Ok(other) => assert!(other.operations.iter().all(|operation| {
            operation.outcome == Outcome::AlreadySo || operation.operation.as_str().starts_with("provision-")
        })),
        Err(error) => assert!(matches!(error, ApplyError::Store(StoreError::Leased { .. })), "{error}"),
    }
    assert!(heard.0.into_inner().unwrap()[0].starts_with("waiting for tester"));
    let state = scene.cloud.state();
    let sent = state.counters.starts.iter().filter(|(id, _)| !id.as_str().starts_with("provision-"));
    assert!(sent.map(|(_, count)| *count).all(|count| count == 1));
}

#[tokio::test(start_paused = true)]
async fn somebody_elses_lease_is_not_waited_for_forever() {
    let mut scene = Scene::new(busy_world(), Settings::default()).await;
    let plan = scene.plan().await;
    let hour = Duration::from_secs(3_600);
    scene.store.acquire_lease(&plan.instance, "somebody", scene.engine.clock.now(), hour).await.unwrap();
    let error = scene.engine.apply(&plan, &options(), &()).await.unwrap_err();
    assert!(error.to_string().starts_with("another run holds the lease: somebody, until 2026-"), "{error}");
    assert!(scene.cloud.state().counters.starts.is_empty());
}

#[tokio::test(start_paused = true)]
async fn an_edited_or_refused_plan_is_not_applied() {
    let mut scene = Scene::new(busy_world(), Settings::default()).await;
    let plan = scene.plan().await;
    let mut edited = plan.clone();
    edited.operations.pop();
    let error = scene.engine.apply(&edited, &options(), &()).await.unwrap_err();
    assert!(error.to_string().contains("changed after it was made"), "{error}");
    let mut newer = plan.clone();
    newer.format_version += 1;
    plan::seal(&mut newer);
    assert!(matches!(scene.engine.apply(&newer, &options(), &()).await, Err(ApplyError::Unusable { .. })));
    let mut refused = plan.clone();
    let finding = Finding {
        rule: "guard-withdrawals".into(),
        severity: Severity::Refusal,
        message: "too many".into(),
        help: None,
        source: None,
    };
    plan::add_findings(&mut refused, vec![finding]);
    assert!(matches!(scene.engine.apply(&refused, &options(), &()).await, Err(ApplyError::Refused { .. })));
    assert!(scene.cloud.state().counters.starts.is_empty());
    assert!(scene.store.entries(&plan.instance, 0, 10).await.unwrap().is_empty());
}

/// Ctrl-C before the first write.
#[tokio::test(start_paused = true)]
async fn stopped_before_it_begins() {
    let mut scene = Scene::new(busy_world(), Settings::default()).await;
    let plan = scene.plan().await;
    let cancellation = Cancellation::new();
    cancellation.interrupt();
    let options = ApplyOptions { cancellation, ..options() };
    assert!(matches!(scene.engine.apply(&plan, &options, &()).await, Err(ApplyError::Stopped { .. })));
    assert!(scene.store.runs(&plan.instance, 10).await.unwrap().is_empty());
}

/// A run under way tells what happened without waiting for the journal of a store that has failed.
#[tokio::test(start_paused = true)]
async fn outcomes_are_told_when_the_journal_is_lost() {
    let mut scene = Scene::new(busy_world(), Settings::default()).await;
    let plan = scene.plan().await;
    let crashing = crate::it::crashes::CrashingStore::new(scene.store.clone(), 12, false);
    scene.engine.store = Some(Arc::new(crashing));
    let summary = scene.engine.apply(&plan, &options(), &()).await.unwrap();
    assert!(summary.stopped.as_ref().unwrap().contains("the journal cannot be written"), "{:?}", summary.stopped);
    assert!(summary.operations.iter().any(|operation| matches!(operation.outcome, Outcome::InFlight { .. })));
    scene.engine.store = Some(scene.store.clone());
    scene.engine.clock.sleep(Duration::from_secs(60)).await;
    scene.converge().await;
    assert!(scene.cloud.state().counters.starts.values().all(|count| *count == 1));
}
