use super::super::packed::{PackedDays, Packing};
use super::{EvidenceFolder, Step, read};
use serde_json::json;
use std::path::Path;
use trail::evidence::{EvidenceTally, Evidences, Keep, Period, Spill};
use trail::{Bookmark, Filter, Options, Reader, Scope};

fn scope() -> Scope {
    Scope::new(&Filter::default(), "")
}

fn all_of(days: &[&str]) -> Period {
    gathered(days).total()
}

fn evidence(days: &[&str]) -> PackedDays {
    let packing = Packing::default();
    packing.take(gathered(days));
    packing.take_all().unwrap()
}

fn gathered(days: &[&str]) -> Evidences {
    let records: Vec<_> = days
        .iter()
        .map(|day| {
            json!({"eventTime": format!("2026-03-{day}T11:05:11Z"), "eventSource": "iam.amazonaws.com", "eventName": "GetUser",
                "awsRegion": "us-east-1", "recipientAccountId": "111122223333",
                "userIdentity": {"type": "IAMUser", "arn": "arn:aws:iam::111122223333:user/taro"}})
        })
        .collect();
    let options = Options::default();
    let mut reader = Reader::new(EvidenceTally::new(Keep::Days, std::sync::Arc::default()), &options);
    reader.read_bytes("log", json!({ "Records": records }).to_string().as_bytes());
    EvidenceTally::merge(vec![reader.finish().0])
}

/// Opens a folder that was closed just now. A test beside this one may be starting a program, whose copy of the lock lives until
/// it has begun.
fn reopen(path: &Path) -> EvidenceFolder {
    for _ in 0..1_000_000 {
        match EvidenceFolder::open(path, scope()) {
            Err(error) if error.to_string().contains("another scan") => std::thread::yield_now(),
            other => return other.unwrap(),
        }
    }
    panic!("the lock is still held");
}

fn names(path: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        std::fs::read_dir(path).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn events(found: &(Period, Bookmark)) -> (u64, usize) {
    (found.0.principals.values().map(|evidence| evidence.all.events).sum(), found.1.seen.len())
}

#[test]
fn what_is_added_adds_up() {
    let root = tempfile::tempdir().unwrap();
    let path = root.path().join("evidence");
    let mut folder = EvidenceFolder::open(&path, scope()).unwrap();
    folder.bookmark.seen.insert("one", "");
    folder.commit(evidence(&["01", "02"])).unwrap();
    assert_eq!(names(&path), ["2026-03-01.skev", "2026-03-02.skev", "bookmark.skbm", "scan.lock"]);
    let again = EvidenceFolder::open(&path, scope()).unwrap_err();
    assert!(again.to_string().contains("another scan"), "{again}");
    drop(folder);
    let mut folder = reopen(&path);
    folder.bookmark.seen.insert("two", "");
    folder.commit(evidence(&["02", "03"])).unwrap();
    assert_eq!(events(&read(&path).unwrap()), (4, 2));
    assert_eq!(read(&path).unwrap().0, all_of(&["01", "02", "02", "03"]));
    drop(folder);
    drop(reopen(&path));
    let other = Scope::new(&Filter { regions: vec!["eu-west-1".into()], ..Filter::default() }, "");
    let refused = (0..1_000_000).find_map(|_| {
        let refused = EvidenceFolder::open(&path, other.clone()).unwrap_err();
        (!refused.to_string().contains("another scan")).then_some(refused)
    });
    assert_eq!(refused.unwrap().causes(), ["regions: all there, eu-west-1 here"]);
}

#[test]
fn wherever_writing_ends_the_folder_is_as_before_or_as_after() {
    let mut seen = [0, 0];
    for stop in 0.. {
        let root = tempfile::tempdir().unwrap();
        let mut folder = EvidenceFolder::open(root.path(), scope()).unwrap();
        folder.bookmark.seen.insert("one", "");
        folder.commit(evidence(&["01", "02"])).unwrap();
        folder.bookmark.seen.insert("two", "");
        let mut steps = folder.steps(evidence(&["02", "03"])).unwrap();
        let count = steps.len();
        // The step in which it ends is half done.
        let half = match steps.get(stop) {
            Some(Step::Write(name, bytes)) => Some(Step::Write(name.clone(), bytes[..bytes.len() / 2].to_vec())),
            _ => None,
        };
        steps.truncate(stop);
        for step in steps.iter().chain(&half) {
            folder.take(step).unwrap();
        }
        drop(folder);
        let found = events(&read(root.path()).unwrap());
        assert!(found == (2, 1) || found == (4, 2), "{found:?} after {stop} steps");
        seen[usize::from(found == (4, 2))] += 1;
        // The next scan finds what is missing, and nothing is left over.
        let mut folder = reopen(root.path());
        if folder.bookmark.seen.insert("two", "") {
            folder.commit(evidence(&["02", "03"])).unwrap();
        }
        assert_eq!(read(root.path()).unwrap().0, all_of(&["01", "02", "02", "03"]));
        assert_eq!(names(root.path()).len(), 3 + 2, "{:?}", names(root.path()));
        if stop >= count {
            break;
        }
    }
    assert!(seen[0] > 5 && seen[1] > 1, "{seen:?}");
}

#[test]
fn a_first_scan_that_ended_early_is_begun_again_and_foreign_folders_are_left_alone() {
    for stop in 0..6 {
        let root = tempfile::tempdir().unwrap();
        let mut folder = EvidenceFolder::open(root.path(), scope()).unwrap();
        let steps = folder.steps(evidence(&["01", "02"])).unwrap();
        steps.iter().take(stop).for_each(|step| folder.take(step).unwrap());
        drop(folder);
        let mut folder = reopen(root.path());
        folder.commit(evidence(&["01", "02"])).unwrap();
        assert_eq!(events(&read(root.path()).unwrap()).0, 2, "{stop}");
    }
    let root = tempfile::tempdir().unwrap();
    for foreign in ["notes.txt", "2026-03-01.skev"] {
        std::fs::write(root.path().join(foreign), "mine").unwrap();
        assert!(EvidenceFolder::open(root.path(), scope()).is_err(), "{foreign}");
        assert_eq!(std::fs::read(root.path().join(foreign)).unwrap(), b"mine");
        assert_eq!(names(root.path()), [foreign], "nothing was made");
        std::fs::remove_file(root.path().join(foreign)).unwrap();
    }
    std::fs::write(root.path().join("bookmark.skbm"), "SKBM").unwrap();
    assert!(EvidenceFolder::open(root.path(), scope()).is_err());
}
