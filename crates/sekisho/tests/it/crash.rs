//! `kill -9` at any point, then `apply` again: nothing twice, nothing lost.

use std::time::{Duration, Instant};

use sandbox::Start;

use crate::site::Site;

/// Applies, kills after a while, and says whether the run was still going on.
fn kill_after(site: &Site, wait: Duration) -> bool {
    let mut child = site.spawn(&["apply", "--yes"]);
    std::thread::sleep(wait);
    let running = child.try_wait().unwrap().is_none();
    child.kill().unwrap();
    child.wait().unwrap();
    running
}

#[test]
fn killed_in_the_middle_and_run_again() {
    let site = Site::slow(Start::Untouched).with_sample_catalog();
    let begun = Instant::now();
    let mut life = Duration::from_millis(1_500);
    while site.server.with(|sandbox| sandbox.assigned().len()) < 100 && kill_after(&site, life) {
        assert!(begun.elapsed() < Duration::from_secs(300), "never got that far");
        // A machine that is busy takes longer to get anywhere.
        life = life * 3 / 2;
    }
    site.run(&["apply", "--yes"]).expect(0);
    site.run(&["plan"]).expect(0);
}

#[test]
fn fifty_kills_spread_over_a_run() {
    let site = Site::slow(Start::Untouched).with_sample_catalog();
    // Each life is a little longer than the one before, so that the kills fall on different steps.
    let mut kills = 0;
    for life in 0..50_u64 {
        let wait = Duration::from_millis(150 + life * 23);
        if kill_after(&site, wait) {
            kills += 1;
        }
    }
    assert!(kills >= 30, "only {kills} runs were still going on when they were killed");
    site.run(&["apply", "--yes"]).expect(0);
    site.run(&["plan"]).expect(0);
    let runs = site.run(&["runs", "--limit", "200", "--format", "json"]).expect(0).json();
    let unfinished: Vec<_> = runs["runs"].as_array().unwrap().iter().filter(|run| run["finished"].is_null()).collect();
    assert!(unfinished.is_empty(), "{unfinished:#?}");
}
