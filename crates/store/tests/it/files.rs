//! What is particular to databases: files, rights, damage, processes that died, old schemas.
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use crate::support::*;
use ports::{StateStore as _, StoreError};
use sqlx::sqlite::{SqliteConnectOptions, SqlitePool};

async fn raw(path: &Path) -> SqlitePool {
    SqlitePool::connect_with(SqliteConnectOptions::new().filename(path).create_if_missing(true)).await.unwrap()
}

fn url(path: &Path) -> String {
    format!("sqlite://{}", path.display())
}

#[tokio::test]
async fn a_new_file_is_its_owners_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.db");
    let store = store::open(&url(&path)).await.unwrap();
    let lease = store.acquire_lease(&instance(), "x", at(0), LEASE).await;
    assert!(lease.is_ok());
    for entry in std::fs::read_dir(folder.path()).unwrap() {
        let entry = entry.unwrap();
        let mode = entry.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "{:?}", entry.file_name());
    }
}

#[tokio::test]
async fn a_folder_is_made_for_the_default_place_only() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a/b/state.db");
    let error = store::open(&url(&path)).await.unwrap_err().to_string();
    assert!(error.contains("does not exist; create it first"), "{error}");
    assert!(!folder.path().join("a").exists());
    store::open_with(&url(&path), store::Options { create_folder: true }).await.unwrap();
    assert!(path.exists());
}

#[tokio::test]
async fn a_file_that_is_no_database_is_said_to_be_damaged() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.db");
    std::fs::write(&path, "this is a letter to my grandmother, and no database at all. ".repeat(100)).unwrap();
    let before = std::fs::read(&path).unwrap();
    let error = store::open(&url(&path)).await.unwrap_err();
    assert!(matches!(error, StoreError::Damaged { .. }), "{error}");
    assert_eq!(std::fs::read(&path).unwrap(), before, "it was not ours to change");
}

/// A run killed on this machine gives way at once; one that lives does not.
#[tokio::test]
async fn the_dead_need_not_be_waited_for() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.db");
    let instance = instance();
    let first = store::open(&url(&path)).await.unwrap();
    let second = store::open(&url(&path)).await.unwrap();
    let lease = first.acquire_lease(&instance, "first", at(0), LEASE).await.unwrap();
    assert!(matches!(second.acquire_lease(&instance, "second", at(1), LEASE).await, Err(StoreError::Leased { .. })));
    drop(first);
    let taken = second.acquire_lease(&instance, "second", at(1), LEASE).await.unwrap();
    assert!(taken.token > lease.token);
    // Another in the same process does not take it for dead.
    assert!(matches!(second.acquire_lease(&instance, "third", at(2), LEASE).await, Err(StoreError::Leased { .. })));
}

async fn written(path: &Path) -> model::observed::InstanceKey {
    let instance = instance();
    let store = store::open(&url(path)).await.unwrap();
    let lease = store.acquire_lease(&instance, "x", at(0), LEASE).await.unwrap();
    let changes: Vec<_> = (0..5).map(|who| assign("Dev", who)).collect();
    let mut events = vec![began(&run(1), &plan(&instance, changes.clone()))];
    events.extend(changes.iter().map(|change| verified(&run(1), change)));
    events.push(ended(&run(1)));
    store.append(&instance, &lease, at(1), events).await.unwrap();
    assert_eq!(store.verify_chain(&instance).await.unwrap(), 7);
    instance
}

#[tokio::test]
async fn the_database_itself_refuses_to_change_the_journal() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.db");
    written(&path).await;
    let pool = raw(&path).await;
    for statement in ["UPDATE sekisho_journal SET at = ''", "DELETE FROM sekisho_journal"] {
        let error = sqlx::query(statement).execute(&pool).await.unwrap_err().to_string();
        assert!(error.contains("append-only"), "{error}");
    }
}

#[tokio::test]
async fn every_kind_of_damage_is_found() {
    for (damage, found) in [
        ("UPDATE sekisho_journal SET event = replace(event, 'user-3', 'user-4') WHERE sequence = 5", "entry 5 is not"),
        ("UPDATE sekisho_journal SET at = '2020-01-01T00:00:00Z' WHERE sequence = 2", "entry 2 is not"),
        ("UPDATE sekisho_journal SET event = '{' WHERE sequence = 2", "cannot be read"),
        ("DELETE FROM sekisho_journal WHERE sequence = 3", "entry 3 is missing"),
        ("DELETE FROM sekisho_journal WHERE sequence > 5", "ends after entry 5; 7 were written"),
        ("DELETE FROM sekisho_journal", "ends after entry 0; 7 were written"),
        ("UPDATE sekisho_journal SET sequence = 9 WHERE sequence = 4", "entry 4 is missing"),
        ("UPDATE sekisho_instance SET head_sequence = 6", "goes on after"),
        ("UPDATE sekisho_instance SET head_hash = 'x'", "goes on after"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state.db");
        let instance = written(&path).await;
        let pool = raw(&path).await;
        for statement in
            ["DROP TRIGGER sekisho_journal_is_never_updated", "DROP TRIGGER sekisho_journal_is_never_deleted"]
        {
            sqlx::query(statement).execute(&pool).await.unwrap();
        }
        sqlx::query(damage).execute(&pool).await.unwrap();
        let store = store::open(&url(&path)).await.unwrap();
        let error = store.verify_chain(&instance).await.unwrap_err();
        assert!(matches!(error, StoreError::Damaged { .. }), "{damage}: {error}");
        assert!(error.to_string().contains(found), "{damage}: {error}");
        assert!(store.rebuild(&instance).await.is_err(), "{damage}: nothing is rebuilt from a damaged chain");
        if damage.contains("sequence > 5") || damage.contains("head_hash") {
            let lease = store.acquire_lease(&instance, "x", at(100), LEASE).await.unwrap();
            let appended = store.append(&instance, &lease, at(101), vec![bound(&[])]).await;
            assert!(matches!(appended, Err(StoreError::Damaged { .. })), "{damage}: {appended:?}");
        }
    }
}

/// The schema of version 1 with data in it, as the first Sekisho wrote it: it must stay readable.
#[tokio::test]
async fn data_of_schema_one_is_still_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.db");
    std::fs::copy(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/schema-1.db"), &path).unwrap();
    let store = store::open(&url(&path)).await.unwrap();
    let instance: model::observed::InstanceKey =
        serde_json::from_str(include_str!("../data/schema-1-instance.json")).unwrap();
    assert_eq!(store.verify_chain(&instance).await.unwrap(), 9);
    let runs = store.runs(&instance, 10).await.unwrap();
    assert_eq!(runs.len(), 1);
    assert_eq!(runs[0].steps.len(), 5);
    assert_eq!(store.owned(&instance).await.unwrap().assignments.len(), 5);
    assert_eq!(store.bindings(&instance).await.unwrap().entries.len(), 1);
    let before = (store.owned(&instance).await.unwrap(), store.runs(&instance, 10).await.unwrap());
    store.rebuild(&instance).await.unwrap();
    assert_eq!((store.owned(&instance).await.unwrap(), store.runs(&instance, 10).await.unwrap()), before);
}

/// Writes the file that the test above reads. Run by hand when a new schema gets its own file:
/// `cargo test -p store --test files -- --ignored writes`.
#[tokio::test]
#[ignore = "writes a file of the repository"]
async fn writes_data_of_the_present_schema() {
    let data = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data"));
    std::fs::create_dir_all(data).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.db");
    let instance = written(&path).await;
    let store = store::open(&url(&path)).await.unwrap();
    let lease = store.acquire_lease(&instance, "x", at(2), LEASE).await.unwrap();
    let names = bound(&[("group:dev", &["g-1"])]);
    store.append(&instance, &lease, at(3), vec![names.clone(), names]).await.unwrap();
    store.release_lease(&instance, &lease).await.unwrap();
    drop(store);
    let pool = raw(&path).await;
    sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").execute(&pool).await.unwrap();
    sqlx::query("VACUUM").execute(&pool).await.unwrap();
    sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").execute(&pool).await.unwrap();
    pool.close().await;
    std::fs::copy(&path, data.join("schema-1.db")).unwrap();
    std::fs::write(data.join("schema-1-instance.json"), serde_json::to_string(&instance).unwrap()).unwrap();
}

#[tokio::test]
async fn passwords_stay_out_of_errors() {
    // Nothing listens on port 1.
    let error = store::open("postgres://sekisho:hunter2@127.0.0.1:1/state").await.unwrap_err().to_string();
    assert!(!error.contains("hunter2"), "{error}");
    assert!(error.contains("127.0.0.1"), "{error}");
}
