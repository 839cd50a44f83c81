//! How long 1,200 assignments take in virtual time, held against what AWS's limits allow at best.

use std::collections::BTreeSet;
use std::time::Duration;

use plan::testing::World;

use crate::cloud::Settings;
use crate::scene::{Scene, world};

struct Measured {
    took: Duration,
    bound: Duration,
    line: String,
}

async fn measure(name: &str, world: World, settings: Settings) -> Measured {
    let mut scene = Scene::new(world, settings).await;
    let (plan, summary) = scene.apply().await;
    assert!(summary.is_complete(), "{:#?}", summary.problems().next());
    assert!(scene.plan().await.is_empty());
    let took = summary.duration();
    let state = scene.cloud.state();
    let counters = &state.counters;
    let operations = u64::try_from(plan.operations.len()).unwrap();
    let parts: BTreeSet<_> = plan.operations.iter().map(|operation| operation.after.part()).collect();
    let removals: BTreeSet<_> = plan
        .operations
        .iter()
        .filter(|operation| operation.change.is_removal())
        .flat_map(|operation| operation.before.iter().map(model::Claim::part))
        .collect();
    // Each is sent once, asked about once, and each pair read once after (and once before a removal).
    let mandatory = 2 * operations + u64::try_from(parts.len() + removals.len()).unwrap();
    #[allow(clippy::cast_precision_loss)]
    let by_calls = Duration::from_secs_f64(mandatory as f64 / 20.0);
    let by_places = counters.work / 15;
    let by_account = counters.work_by_account.values().max().copied().unwrap_or_default();
    let bound = by_calls.max(by_places).max(by_account);
    let line = format!(
        "{name}: {operations} operations in {:.1} s, at best {:.1} s (calls {:.1}, places {:.1}, longest account {:.1}): {:+.1} %; \
         {} calls, {:.2} polls an operation, {} lists, {} readings",
        took.as_secs_f64(),
        bound.as_secs_f64(),
        by_calls.as_secs_f64(),
        by_places.as_secs_f64(),
        by_account.as_secs_f64(),
        (took.as_secs_f64() / bound.as_secs_f64() - 1.0) * 100.0,
        counters.calls(),
        counters.polls as f64 / operations as f64,
        counters.lists,
        counters.reads,
    );
    eprintln!("{line}");
    if std::env::var_os("SEKISHO_TEST_TIMELINE").is_some() {
        let mut timeline = std::collections::BTreeMap::<i64, u32>::new();
        for at in &counters.calls_at {
            *timeline.entry(at.duration_since(summary.started).as_secs() / 10).or_default() += 1;
        }
        eprintln!("calls in each ten seconds: {:?}", timeline.values().collect::<Vec<_>>());
    }
    assert_eq!(counters.collisions, 0);
    assert!(counters.most_assignments <= 15);
    Measured { took, bound, line }
}

/// `accounts` accounts with `per_pair` groups in each of `sets` sets.
fn wide(accounts: usize, sets: usize, per_pair: usize) -> World {
    let mut world = world(accounts, sets, per_pair);
    world.declare_observed();
    for account in 0..accounts {
        for set in 0..sets {
            for group in 0..per_pair {
                world.declare(&format!("S{set}"), &format!("a{account:02}"), &format!("group:g{group}"));
            }
        }
    }
    world
}

fn near_the_bound(measured: &Measured) {
    assert!(measured.took.as_secs_f64() <= measured.bound.as_secs_f64() * 1.05, "{}", measured.line);
}

#[tokio::test(start_paused = true)]
async fn places_are_the_limit() {
    near_the_bound(&measure("wide", wide(60, 4, 5), Settings::default()).await);
}

#[tokio::test(start_paused = true)]
async fn calls_are_the_limit() {
    let settings = Settings { work_ms: (300, 900), ..Settings::default() };
    near_the_bound(&measure("quick", wide(60, 4, 5), settings).await);
}

#[tokio::test(start_paused = true)]
async fn one_account_is_the_limit() {
    let mut world = wide(50, 4, 4);
    for set in 0..4 {
        for group in 4..100 {
            if group >= 5 {
                world.add_group(&format!("g{group}"), &[]);
            } else {
                world.add_group("g4", &[]);
            }
            world.declare(&format!("S{set}"), "a00", &format!("group:g{group}"));
        }
    }
    near_the_bound(&measure("chain", world, Settings::default()).await);
}

#[tokio::test(start_paused = true)]
async fn grants_and_removals_mixed() {
    let mut world = wide(60, 4, 10);
    let mut at = 0;
    for account in 0..60 {
        for set in 0..4 {
            for group in 0..10 {
                at += 1;
                let (set, account, group) = (format!("S{set}"), format!("a{account:02}"), format!("group:g{group}"));
                if at % 2 == 0 {
                    world.undeclare(&set, &account, &group);
                    if at % 4 == 0 {
                        world.observe(&set, &account, &group);
                    }
                } else if at % 4 == 1 {
                    world.observe(&set, &account, &group);
                }
            }
        }
    }
    // Removals go first, so that pairs with both are read twice.
    let measured = measure("mixed", world, Settings::default()).await;
    near_the_bound(&measured);
}

/// Without lists each request is asked about on its own: slower.
#[tokio::test(start_paused = true)]
async fn without_lists_questions_stay_few() {
    let settings = Settings { lists: false, ..Settings::default() };
    let measured = measure("no lists", wide(60, 4, 5), settings).await;
    assert!(measured.took.as_secs_f64() <= measured.bound.as_secs_f64() * 1.20, "{}", measured.line);
}

/// Every operation in a pair of its own: each needs a reading, and little is left over to notice at once that a place is
/// free.
#[tokio::test(start_paused = true)]
async fn each_in_a_pair_of_its_own() {
    let settings = Settings { call_ms: 0, ..Settings::default() };
    let measured = measure("spread", wide(120, 10, 1), settings).await;
    near_the_bound(&measured);
}
