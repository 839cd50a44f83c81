use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use ports::{
    AwsError, AwsErrorKind, Clock, ListObjects, ListedObject, ObjectPage, ObjectStorage, StoredObject, TokioClock,
};
use trail::{Filter, Skipped, Wanted};

use super::{Found, Prefetch, PrefetchLimits, RemoteObject, Walk, walk};

/// A bucket in memory, with pages of two.
struct Shelf {
    objects: BTreeMap<String, Vec<u8>>,
    clock: TokioClock,
    calls: Mutex<Vec<ListObjects>>,
    in_flight: AtomicUsize,
    most: AtomicUsize,
}

impl Shelf {
    fn of(keys: impl IntoIterator<Item = String>) -> Arc<Self> {
        let content = |key: &String| if key.ends_with('/') { Vec::new() } else { key.clone().into_bytes() };
        let objects = keys.into_iter().map(|key| (key.clone(), content(&key)));
        Arc::new(Self {
            objects: objects.collect(),
            clock: TokioClock::starting_at("2026-11-22T00:00:00Z".parse().unwrap()),
            calls: Mutex::default(),
            in_flight: AtomicUsize::new(0),
            most: AtomicUsize::new(0),
        })
    }
}

fn refused(message: &str) -> AwsError {
    AwsError { kind: AwsErrorKind::AccessDenied, operation: "s3:List".into(), message: message.into(), code: None }
}

#[async_trait]
impl ObjectStorage for Shelf {
    async fn list(&self, wanted: &ListObjects) -> Result<ObjectPage, AwsError> {
        self.calls.lock().unwrap().push(wanted.clone());
        if wanted.prefix.contains("secret") {
            return Err(refused("no"));
        }
        let after = wanted.token.as_ref().max(wanted.start_after.as_ref());
        let mut page = ObjectPage::default();
        let mut folders = BTreeSet::new();
        for (key, bytes) in &self.objects {
            let Some(rest) = key.strip_prefix(&wanted.prefix) else { continue };
            if let Some((folder, _)) = rest.split_once('/').filter(|_| wanted.folder_only) {
                folders.insert(format!("{}{folder}/", wanted.prefix));
                continue;
            }
            if after.is_some_and(|after| key <= after) {
                continue;
            }
            if page.objects.len() == 2 {
                page.next = page.objects.last().map(|last: &ListedObject| last.key.clone());
                break;
            }
            page.objects.push(ListedObject { key: key.clone(), size_bytes: bytes.len() as u64, etag: String::new() });
        }
        if wanted.token.is_none() {
            page.folders = folders.into_iter().collect();
        }
        Ok(page)
    }

    async fn get(&self, _bucket: &str, listed: &ListedObject) -> Result<StoredObject, AwsError> {
        self.most.fetch_max(self.in_flight.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
        self.clock.sleep(Duration::from_millis(2)).await;
        self.in_flight.fetch_sub(1, Ordering::SeqCst);
        let bytes = self.objects.get(&listed.key).cloned().ok_or_else(|| refused("gone"))?;
        Ok(StoredObject { bytes, ..StoredObject::default() })
    }
}

fn log(account: &str, region: &str, day: u32, number: u32) -> String {
    format!(
        "p/AWSLogs/{account}/CloudTrail/{region}/2026/03/{day:02}/{account}_CloudTrail_{region}_202603{day:02}T1105Z_{number:016}.json.gz"
    )
}

fn bucket() -> Arc<Shelf> {
    let mut keys =
        vec!["p/".to_owned(), "p/readme.txt".to_owned(), "p/AWSLogs/111122223333/vpcflowlogs/a.gz".to_owned()];
    for account in ["111122223333", "444455556666"] {
        for region in ["eu-west-1", "us-east-1"] {
            for day in 1..=9 {
                keys.extend((0..3).map(|number| log(account, region, day, number)));
            }
            keys.push(log(account, region, 1, 0).replace("/CloudTrail/", "/CloudTrail-Digest/"));
        }
    }
    Shelf::of(keys)
}

async fn all(shelf: &Arc<Shelf>, root: &str, filter: Filter) -> (BTreeSet<String>, Vec<Skipped>, usize) {
    let storage: Arc<dyn ObjectStorage> = Arc::clone(shelf) as _;
    let wanted = Walk { bucket: "b".into(), root: root.into(), filter, wanted: Wanted::Logs };
    let mut found = walk(storage, wanted);
    let (mut keys, mut skipped, mut failed) = (BTreeSet::new(), Vec::new(), 0);
    while let Some(found) = found.recv().await {
        match found {
            Found::Objects(objects) => {
                for object in objects {
                    assert!(keys.insert(object.key.clone()), "{} twice", object.key);
                }
            }
            Found::Skipped(_, why) => skipped.push(why),
            Found::Failed(..) => failed += 1,
        }
    }
    (keys, skipped, failed)
}

#[tokio::test]
async fn everything_is_found_once_and_other_services_are_left_out() {
    let shelf = bucket();
    let (keys, skipped, failed) = all(&shelf, "", Filter::default()).await;
    let expected: BTreeSet<String> = shelf
        .objects
        .keys()
        .filter(|key| !key.ends_with('/') && !key.contains("Digest") && !key.contains("flow"))
        .cloned()
        .collect();
    assert_eq!((keys, failed), (expected, 0));
    assert_eq!(skipped.iter().filter(|why| **why == Skipped::OtherService).count(), 1);
    assert_eq!(skipped.iter().filter(|why| **why == Skipped::OtherKind).count(), 2);
    // One object, one folder without its slash.
    assert_eq!(all(&shelf, "p/readme.txt", Filter::default()).await.0.len(), 1);
    assert_eq!(all(&shelf, "p/AWSLogs/111122223333", Filter::default()).await.0.len(), 54);
    assert_eq!(all(&shelf, "p/AWSLogs/11112222333", Filter::default()).await.0.len(), 0);
}

#[tokio::test]
async fn filters_cost_few_calls() {
    let shelf = bucket();
    let day = 20_513 * 86_400;
    let filter = Filter {
        accounts: vec!["444455556666".into()],
        regions: vec!["eu-west-1".into()],
        since_s: Some(day + 4 * 86_400),
        until_s: Some(day + 5 * 86_400),
    };
    let (keys, ..) = all(&shelf, "p/AWSLogs/", filter).await;
    // The fifth of March, and a day on either side for what is delivered late or counted early.
    let days: BTreeSet<&str> = keys.iter().map(|key| key.split('/').nth(7).unwrap()).collect();
    assert_eq!(days, ["04", "05", "06"].into());
    assert!(keys.iter().all(|key| key.contains("444455556666") && key.contains("eu-west-1")));
    // Nine objects in pages of two, one page that goes too far, and three levels of folders.
    assert!(shelf.calls.lock().unwrap().len() <= 9, "{:#?}", shelf.calls.lock().unwrap());
}

#[tokio::test]
async fn a_folder_that_cannot_be_listed_is_named_and_the_rest_goes_on() {
    let shelf = Shelf::of(["a/secret/x", "a/open/y"].map(str::to_owned));
    let (keys, _, failed) = all(&shelf, "a/", Filter::default()).await;
    assert_eq!((keys.len(), failed), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn objects_come_in_any_order_and_never_too_many_at_once() {
    let shelf = Shelf::of((0..200).map(|number| "x".repeat(1 + number * 7 % 50) + &number.to_string()));
    let objects: Vec<RemoteObject> = shelf
        .objects
        .iter()
        .map(|(key, bytes)| RemoteObject {
            bucket: "b".into(),
            listed: ListedObject { key: key.clone(), size_bytes: bytes.len() as u64, etag: String::new() },
        })
        .chain([RemoteObject {
            bucket: "b".into(),
            listed: ListedObject { key: "gone".into(), size_bytes: 9, etag: String::new() },
        }])
        .collect();
    for reverse in [false, true] {
        let limits = PrefetchLimits { in_flight: 5, bytes: 100, largest_bytes: 1000 };
        let prefetch = Prefetch::start(Arc::clone(&shelf) as _, objects.clone(), limits);
        let objects = objects.clone();
        tokio::task::spawn_blocking(move || {
            std::thread::scope(|scope| {
                for thread in 0..4 {
                    let (prefetch, objects) = (&prefetch, &objects);
                    scope.spawn(move || {
                        let mut numbers: Vec<usize> =
                            (0..objects.len()).filter(|number| number % 4 == thread).collect();
                        if reverse {
                            numbers.reverse();
                        }
                        for number in numbers {
                            let key = &objects[number].listed.key;
                            match prefetch.take(number) {
                                Ok(bytes) => assert_eq!(bytes, key.as_bytes()),
                                Err(error) => assert_eq!((key.as_str(), error.message.as_str()), ("gone", "gone")),
                            }
                        }
                    });
                }
            });
        })
        .await
        .unwrap();
    }
    // Five ahead, and one for each of four that asked out of turn.
    assert!(shelf.most.load(Ordering::SeqCst) <= 9, "{}", shelf.most.load(Ordering::SeqCst));
}
