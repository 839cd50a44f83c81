//! Worlds to run in, and an engine in them.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::Mutex;

use engine::{ApplyError, ApplyEvent, ApplyOptions, ApplyProgress, Engine, Executors, Limits, Outcome, RunSummary};
use model::{AccountState, Change, OperationId, Plan, Reading};
use plan::testing::{World, managed_policy};
use ports::{AwsRead as _, StateStore};

use crate::cloud::{Cloud, Settings};

/// A world with accounts `a00…`, sets `S0…` and groups `g0…`; nothing assigned, nothing declared.
pub(crate) fn world(accounts: usize, sets: usize, groups: usize) -> World {
    let mut world = World::empty();
    for number in 0..accounts {
        world.add_account(&format!("a{number:02}"), &format!("1{number:011}"), AccountState::Active);
    }
    for number in 0..groups {
        world.add_user(&format!("u{number}"));
        world.add_group(&format!("g{number}"), &[&format!("u{number}")]);
    }
    for number in 0..sets {
        let as_of = world.observed.as_of;
        world.observe_set(&format!("S{number}")).managed_policies =
            Reading::known([managed_policy("ReadOnlyAccess")].into(), as_of);
    }
    world.exclusive();
    let guards = &mut world.rules.guards;
    guards.max_withdrawals = 10_000;
    guards.max_withdrawals_percent = 100;
    guards.max_withdrawals_per_account = 10_000;
    guards.max_withdrawals_per_principal = 10_000;
    guards.max_permission_set_deletions = 100;
    world
}

/// A company that changes a good deal: about two hundred operations of all kinds.
pub(crate) fn busy_world() -> World {
    let mut world = world(12, 8, 8);
    for account in 0..12 {
        for set in 0..4 {
            // Held today; every third is no longer wanted.
            world.observe(&format!("S{set}"), &format!("a{account:02}"), &format!("group:g{set}"));
        }
        world.observe("S7", &format!("a{account:02}"), "user:u7");
    }
    world.declare_observed();
    for account in 0..12 {
        let name = format!("a{account:02}");
        for set in 0..4 {
            if (account + set) % 3 == 0 {
                world.undeclare(&format!("S{set}"), &name, &format!("group:g{set}"));
            }
        }
        world.undeclare("S7", &name, "user:u7");
        for set in 0..6 {
            for group in 4..6 {
                world.declare(&format!("S{set}"), &name, &format!("group:g{group}"));
            }
        }
        world.declare("New", &name, "group:g6");
    }
    world.undeclare_set("S7");
    world.declare_set("New");
    world.change_set("New", |set| {
        set.managed_policies = [managed_policy("ViewOnlyAccess"), managed_policy("AWSBillingReadOnlyAccess")].into();
        set.inline_policy = Some(r#"{"Version":"2012-10-17","Statement":[]}"#.into());
    });
    world.change_set("S1", |set| {
        set.managed_policies = [managed_policy("PowerUserAccess")].into();
        set.attributes.description = Some("changed".into());
    });
    world
}

pub(crate) fn engine(cloud: &Arc<Cloud>, store: Option<Arc<dyn StateStore>>) -> Engine {
    Engine {
        read: cloud.clone(),
        write: Executors { delegated: cloud.clone(), management: None },
        store,
        clock: cloud.clock.clone(),
        limits: Limits::default(),
        version: "test".into(),
    }
}

/// Plans from what the cloud shows now.
pub(crate) async fn replan(world: &mut World, cloud: &Cloud, store: Option<&dyn StateStore>) -> Plan {
    world.observed = cloud.observe(&()).await.unwrap();
    world.rules.owned = match store {
        Some(store) => Some(store.owned(&world.observed.instance).await.unwrap()),
        None => None,
    };
    plan::plan(&plan::PlanInput {
        observed: &world.observed,
        declared: &world.declared,
        rules: &world.rules,
        created: world.observed.as_of,
        sekisho_version: "test",
    })
}

pub(crate) fn options() -> ApplyOptions {
    ApplyOptions { who: "tester".into(), ..ApplyOptions::default() }
}

/// A world, its cloud, a journal and an engine.
pub(crate) struct Scene {
    pub(crate) world: World,
    pub(crate) cloud: Arc<Cloud>,
    pub(crate) store: Arc<dyn StateStore>,
    pub(crate) engine: Engine,
}

impl Scene {
    pub(crate) async fn new(world: World, settings: Settings) -> Self {
        let cloud = Cloud::new(&world.observed, settings);
        let store: Arc<dyn StateStore> = store::open("memory:").await.unwrap();
        let engine = engine(&cloud, Some(store.clone()));
        Self { world, cloud, store, engine }
    }

    pub(crate) async fn plan(&mut self) -> Plan {
        replan(&mut self.world, &self.cloud, Some(self.store.as_ref())).await
    }

    pub(crate) async fn apply(&mut self) -> (Plan, RunSummary) {
        let plan = self.plan().await;
        let summary = self.engine.apply(&plan, &options(), &()).await.unwrap();
        (plan, summary)
    }

    /// Plans and applies until nothing is left to do, as somebody would who tries again; at most four times.
    pub(crate) async fn converge(&mut self) {
        for _ in 0..6 {
            let plan = self.plan().await;
            match self.engine.apply(&plan, &options(), &()).await {
                Ok(summary) if plan.is_empty() => {
                    assert!(summary.is_complete());
                    return;
                }
                Ok(_) | Err(ApplyError::PlanAgain { .. }) => {}
                Err(error) => panic!("{error}"),
            }
        }
        panic!("not at rest after six tries: {:#?}", self.plan().await.operations);
    }
}

/// The operation of a plan that fits.
pub(crate) fn find(plan: &Plan, fits: impl Fn(&Change) -> bool) -> OperationId {
    plan.operations.iter().find(|operation| fits(&operation.change)).expect("such an operation").id.clone()
}

pub(crate) fn outcome<'a>(summary: &'a RunSummary, id: &OperationId) -> &'a Outcome {
    &summary.operations.iter().find(|operation| operation.operation == *id).unwrap().outcome
}

/// How many operations ended how.
pub(crate) fn outcomes(summary: &RunSummary) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for operation in &summary.operations {
        let text = format!("{:?}", operation.outcome);
        let word = text.split([' ', '{']).next().unwrap().to_owned();
        *counts.entry(word).or_default() += 1;
    }
    counts
}

/// Writes down what it hears.
#[derive(Debug, Default)]
pub(crate) struct Heard(pub(crate) Mutex<Vec<String>>);

impl ApplyProgress for Heard {
    fn event(&self, event: &ApplyEvent<'_>) {
        let text = match event {
            ApplyEvent::WaitingForLease { holder, .. } => format!("waiting for {holder}"),
            ApplyEvent::Recovering { operations, .. } => format!("recovering {operations}"),
            ApplyEvent::RunStarted { operations, .. } => format!("run of {operations}"),
            ApplyEvent::Started { operation, .. } => format!("started {}", operation.id),
            ApplyEvent::Accepted { operation, .. } => format!("accepted {}", operation.id),
            ApplyEvent::Finished { operation, outcome, snapshot } => {
                let counts = snapshot.counts;
                assert_eq!(
                    counts.waiting + counts.in_flight + counts.unverified + counts.finished(),
                    counts.operations,
                    "{counts:?}"
                );
                format!("finished {} {outcome:?}", operation.id)
            }
            ApplyEvent::Paused { reason, .. } => format!("paused: {reason}"),
            ApplyEvent::Stopping { reason, in_flight } => format!("stopping: {reason}, {in_flight} in flight"),
        };
        self.0.lock().unwrap().push(text);
    }
}
