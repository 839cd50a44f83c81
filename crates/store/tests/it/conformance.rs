//! What every store must do, whichever it is.
use std::time::Duration;

use crate::support::*;
use model::journal::{PendingRequest, StepState};
use ports::{StateStore as _, StoreError};

#[tokio::test]
async fn one_run_at_a_time_holds_the_lease() {
    for kind in kinds().await {
        let (store, instance) = (&kind.store, instance());
        let first = store.acquire_lease(&instance, "first", at(0), LEASE).await.unwrap();
        assert_eq!(first.until, at(30), "{}", kind.url);
        match store.acquire_lease(&instance, "second", at(29), LEASE).await {
            Err(StoreError::Leased { holder, until }) => assert_eq!((holder.as_str(), until), ("first", at(30))),
            other => panic!("{}: {other:?}", kind.url),
        }
        let renewed = store.renew_lease(&instance, &first, at(20), LEASE).await.unwrap();
        assert_eq!((renewed.until, renewed.token), (at(50), first.token));
        assert!(matches!(
            store.acquire_lease(&instance, "second", at(31), LEASE).await,
            Err(StoreError::Leased { .. })
        ));
        store.release_lease(&instance, &renewed).await.unwrap();
        let second = store.acquire_lease(&instance, "second", at(31), LEASE).await.unwrap();
        assert!(second.token > first.token);
        // Another instance is another matter.
        let other = crate::support::instance();
        store.acquire_lease(&other, "other", at(31), LEASE).await.unwrap();
    }
}

#[tokio::test]
async fn a_late_writer_is_refused() {
    for kind in kinds().await {
        let (store, instance) = (&kind.store, instance());
        let late = store.acquire_lease(&instance, "late", at(0), LEASE).await.unwrap();
        let plan = plan(&instance, vec![assign("Dev", 1)]);
        store.append(&instance, &late, at(1), vec![began(&run(1), &plan)]).await.unwrap();
        // Expired, and nobody took it: still the only writer.
        store.append(&instance, &late, at(60), vec![verified(&run(1), &assign("Dev", 1))]).await.unwrap();
        let newer = store.acquire_lease(&instance, "newer", at(61), LEASE).await.unwrap();
        for outcome in [
            store.append(&instance, &late, at(62), vec![ended(&run(1))]).await.err(),
            store.renew_lease(&instance, &late, at(62), LEASE).await.err(),
        ] {
            assert!(matches!(outcome, Some(StoreError::LeaseLost)), "{}: {outcome:?}", kind.url);
        }
        // Giving back what is another's changes nothing.
        store.release_lease(&instance, &late).await.unwrap();
        store.append(&instance, &newer, at(63), vec![ended(&run(1))]).await.unwrap();
        store.release_lease(&instance, &newer).await.unwrap();
        assert!(matches!(store.append(&instance, &newer, at(64), vec![bound(&[])]).await, Err(StoreError::LeaseLost)));
        assert_eq!(store.verify_chain(&instance).await.unwrap(), 3);
    }
}

#[tokio::test]
async fn ownership_follows_what_was_verified() {
    for kind in kinds().await {
        let (store, instance) = (&kind.store, instance());
        let lease = store.acquire_lease(&instance, "x", at(0), LEASE).await.unwrap();
        let create = model::Change::CreatePermissionSet {
            set: model::PermissionSetRef { name: "New".parse().unwrap(), arn: None },
            attributes: Default::default(),
            tags: Default::default(),
        };
        let changes = vec![create.clone(), assign("Dev", 1), assign("Dev", 2), assign("New", 1), withdraw("Dev", 1)];
        let plan = plan(&instance, changes);
        let id = run(1);
        let created = StepState::Verified { change: Box::new(create.clone()), set_arn: Some(arn("New")) };
        let failed = StepState::Failed { reason: "no".into(), refused: false };
        store
            .append(
                &instance,
                &lease,
                at(1),
                vec![
                    began(&id, &plan),
                    step(&id, &create, created),
                    verified(&id, &assign("Dev", 1)),
                    verified(&id, &assign("New", 1)),
                    step(&id, &assign("Dev", 2), failed),
                    // The same assignment again, the other way, in one batch.
                    verified(&id, &withdraw("Dev", 1)),
                    ended(&id),
                ],
            )
            .await
            .unwrap();
        let owned = store.owned(&instance).await.unwrap();
        assert_eq!(owned.permission_sets, [arn("New")].into(), "{}", kind.url);
        let new = ("New".parse().unwrap(), "111122223333".parse().unwrap(), principal(1));
        assert_eq!(owned.assignments, [new].into());

        let delete = model::Change::DeletePermissionSet { set: set("New") };
        let second = crate::support::plan(&instance, vec![delete.clone()]);
        store
            .append(&instance, &lease, at(2), vec![began(&run(2), &second), verified(&run(2), &delete), ended(&run(2))])
            .await
            .unwrap();
        assert_eq!(store.owned(&instance).await.unwrap(), Default::default());
    }
}

#[tokio::test]
async fn a_name_that_is_not_mentioned_keeps_its_binding() {
    for kind in kinds().await {
        let (store, instance) = (&kind.store, instance());
        let lease = store.acquire_lease(&instance, "x", at(0), LEASE).await.unwrap();
        store
            .append(&instance, &lease, at(1), vec![bound(&[("group:a", &["1"]), ("ou:/x", &["2", "3"])])])
            .await
            .unwrap();
        store.append(&instance, &lease, at(2), vec![bound(&[("ou:/x", &["4"]), ("user:b", &["5"])])]).await.unwrap();
        let bindings = store.bindings(&instance).await.unwrap();
        let shown: Vec<_> = bindings.entries.iter().map(|(name, ids)| format!("{name}={ids:?}")).collect();
        assert_eq!(shown, [r#"group:a={"1"}"#, r#"ou:/x={"4"}"#, r#"user:b={"5"}"#], "{}", kind.url);
    }
}

#[tokio::test]
async fn a_run_is_told_from_its_plan_and_its_steps() {
    for kind in kinds().await {
        let (store, instance) = (&kind.store, instance());
        let lease = store.acquire_lease(&instance, "x", at(0), LEASE).await.unwrap();
        let changes = vec![assign("Dev", 1), assign("Dev", 2), assign("Dev", 3)];
        let plan = plan(&instance, changes.clone());
        let id = run(1);
        let accepted = StepState::Accepted { request: PendingRequest::AssignmentCreation("r-1".into()) };
        let started = |attempt| StepState::Started { attempt };
        store.append(&instance, &lease, at(1), vec![began(&id, &plan)]).await.unwrap();
        store
            .append(
                &instance,
                &lease,
                at(2),
                vec![step(&id, &changes[0], started(1)), step(&id, &changes[1], started(1))],
            )
            .await
            .unwrap();
        store.append(&instance, &lease, at(3), vec![step(&id, &changes[0], started(2))]).await.unwrap();
        store.append(&instance, &lease, at(4), vec![step(&id, &changes[0], accepted.clone())]).await.unwrap();
        let record = store.run(&instance, &id).await.unwrap().unwrap();
        assert_eq!((&record.plan, record.started, record.finished), (&plan, at(1), None));
        let steps: Vec<_> = record.steps.iter().map(|step| (step.state.clone(), step.at, step.started_at)).collect();
        assert_eq!(
            steps,
            [
                (Some(accepted), Some(at(4)), Some(at(2))),
                (Some(started(1)), Some(at(2)), Some(at(2))),
                (None, None, None)
            ],
            "{}",
            kind.url
        );
        assert_eq!(store.unfinished_runs(&instance).await.unwrap(), [record]);

        store.append(&instance, &lease, at(5), vec![ended(&id)]).await.unwrap();
        store.append(&instance, &lease, at(6), vec![began(&run(2), &plan)]).await.unwrap();
        let runs = store.runs(&instance, 10).await.unwrap();
        assert_eq!(runs.iter().map(|run| run.run.clone()).collect::<Vec<_>>(), [run(2), id.clone()]);
        assert_eq!(runs[1].finished, Some(at(5)));
        assert_eq!(runs[1].outcome.as_deref(), Some("all verified"));
        assert_eq!(store.runs(&instance, 1).await.unwrap().len(), 1);
        assert_eq!(store.unfinished_runs(&instance).await.unwrap().len(), 1);
        assert_eq!(store.run(&instance, &run(9)).await.unwrap(), None);
        // A run is begun once.
        assert!(store.append(&instance, &lease, at(7), vec![began(&id, &plan)]).await.is_err());
        assert_eq!(store.verify_chain(&instance).await.unwrap(), 7);
    }
}

#[tokio::test]
async fn a_refused_batch_leaves_nothing_behind() {
    for kind in kinds().await {
        let (store, instance) = (&kind.store, instance());
        let lease = store.acquire_lease(&instance, "x", at(0), LEASE).await.unwrap();
        let plan = plan(&instance, vec![assign("Dev", 1)]);
        store.append(&instance, &lease, at(1), vec![began(&run(1), &plan)]).await.unwrap();
        let refused = store
            .append(&instance, &lease, at(2), vec![verified(&run(1), &assign("Dev", 1)), began(&run(1), &plan)])
            .await;
        assert!(refused.is_err());
        assert_eq!(store.entries(&instance, 0, 10).await.unwrap().len(), 1, "{}", kind.url);
        assert_eq!(store.owned(&instance).await.unwrap(), Default::default());
        assert_eq!(store.verify_chain(&instance).await.unwrap(), 1);
    }
}

#[tokio::test]
async fn rebuilding_changes_nothing() {
    for kind in kinds().await {
        let (store, instance) = (&kind.store, instance());
        let lease = store.acquire_lease(&instance, "x", at(0), LEASE).await.unwrap();
        for number in 0..4_usize {
            let changes: Vec<_> = (0..20)
                .map(|who| if (who + number) % 3 == 0 { withdraw("Dev", who) } else { assign("Dev", who) })
                .collect();
            let id = run(u32::try_from(number).unwrap());
            let mut events = vec![began(&id, &plan(&instance, changes.clone()))];
            events.extend(changes.iter().map(|change| step(&id, change, StepState::Started { attempt: 1 })));
            events.extend(changes.iter().skip(number).map(|change| verified(&id, change)));
            if number < 3 {
                events.push(ended(&id));
                events.push(bound(&[("group:a", &[&number.to_string()])]));
            }
            store.append(&instance, &lease, at(i64::try_from(number).unwrap()), events).await.unwrap();
        }
        let before = (
            store.owned(&instance).await.unwrap(),
            store.bindings(&instance).await.unwrap(),
            store.runs(&instance, 100).await.unwrap(),
            store.unfinished_runs(&instance).await.unwrap(),
        );
        assert!(!before.0.assignments.is_empty());
        store.rebuild(&instance).await.unwrap();
        let after = (
            store.owned(&instance).await.unwrap(),
            store.bindings(&instance).await.unwrap(),
            store.runs(&instance, 100).await.unwrap(),
            store.unfinished_runs(&instance).await.unwrap(),
        );
        assert_eq!(before, after, "{}", kind.url);
    }
}

#[tokio::test]
async fn the_journal_is_read_in_pages() {
    for kind in kinds().await {
        let (store, instance) = (&kind.store, instance());
        assert_eq!(store.entries(&instance, 0, 10).await.unwrap(), []);
        let lease = store.acquire_lease(&instance, "x", at(0), LEASE).await.unwrap();
        store.append(&instance, &lease, at(1), (0..5).map(|_| bound(&[])).collect()).await.unwrap();
        store.append(&instance, &lease, at(2), vec![]).await.unwrap();
        let sequences = |entries: Vec<model::journal::JournalEntry>| -> Vec<u64> {
            entries.iter().map(|entry| entry.sequence).collect()
        };
        assert_eq!(sequences(store.entries(&instance, 0, 3).await.unwrap()), [1, 2, 3], "{}", kind.url);
        assert_eq!(sequences(store.entries(&instance, 3, 3).await.unwrap()), [4, 5]);
        assert_eq!(sequences(store.entries(&instance, 5, 3).await.unwrap()), [0_u64; 0]);
    }
}

/// Cost grows with the events, not with events × operations: a run of 5,000 operations stays far below the bound,
/// which a store that reads all steps again for each would break by a factor of hundreds.
#[tokio::test]
async fn a_large_run_is_written_in_batches() {
    for kind in kinds().await {
        let (store, instance) = (&kind.store, instance());
        let lease = store.acquire_lease(&instance, "x", at(0), LEASE).await.unwrap();
        let changes: Vec<_> = (0..5_000).map(|who| assign("Dev", who)).collect();
        let id = run(1);
        let began_at = std::time::Instant::now();
        store.append(&instance, &lease, at(1), vec![began(&id, &plan(&instance, changes.clone()))]).await.unwrap();
        for part in changes.chunks(50) {
            let started = part.iter().map(|change| step(&id, change, StepState::Started { attempt: 1 })).collect();
            store.append(&instance, &lease, at(2), started).await.unwrap();
            store
                .append(&instance, &lease, at(3), part.iter().map(|change| verified(&id, change)).collect())
                .await
                .unwrap();
        }
        store.append(&instance, &lease, at(4), vec![ended(&id)]).await.unwrap();
        assert_eq!(store.owned(&instance).await.unwrap().assignments.len(), 5_000);
        assert_eq!(store.run(&instance, &id).await.unwrap().unwrap().steps.len(), 5_000);
        let took = began_at.elapsed();
        eprintln!("{}: 10,002 entries in {took:?}", store.place());
        assert!(took < Duration::from_secs(60), "{}: {took:?}", kind.url);
    }
}
