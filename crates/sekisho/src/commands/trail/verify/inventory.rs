//! What is there to be verified: digests, logs, and signatures beside them.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use aws::Storage;
use engine::objects::{Found, Prefetch, PrefetchLimits, RemoteObject, Walk, walk};
use ports::{AwsErrorKind, ListedObject, ObjectStorage};
use tokio::task::JoinSet;
use trail::digest::{is_digest, place};
use trail::{Filter, ObjectKind, ObjectPath, Wanted};

use super::remote::{self, Location};
use crate::cli::trail::VerifyArguments;
use crate::commands::trail::files::Files;
use crate::error::CommandError;
use crate::wiring::aws_error;

/// Extension of a file that holds a digest's signature, where the metadata of its object is lost.
const SIGNATURE: &str = ".signature";
/// A digest of an hour is delivered in the next.
const HOUR_S: i64 = 3600;

/// A file or object.
#[derive(Debug)]
pub(super) struct Item {
    pub(super) name: String,
    /// By what digests name it.
    pub(super) place: String,
    pub(super) size_bytes: u64,
    origin: Origin,
}

#[derive(Debug)]
enum Origin {
    File(PathBuf),
    Object(ListedObject),
}

impl Item {
    /// A digest that ends within this time, or an hour later.
    pub(super) fn is_digest_of(&self, from: Option<i64>, to: Option<i64>) -> bool {
        is_digest(&self.name).is_some() && self.is_within(from, to.map(|to| to.saturating_add(HOUR_S)))
    }

    /// A log file that was delivered within this time.
    pub(super) fn is_log_of(&self, from: Option<i64>, to: Option<i64>) -> bool {
        ObjectPath::parse(&self.name).kind == ObjectKind::Log && self.is_within(from, to)
    }

    fn is_within(&self, from: Option<i64>, to: Option<i64>) -> bool {
        let Some(at) = ObjectPath::parse(&self.name).delivered_s else { return true };
        from.is_none_or(|from| at >= from) && to.is_none_or(|to| at <= to)
    }
}

/// A digest's bytes and signature, or why there are none.
type Signed = Result<(Vec<u8>, Option<String>), String>;

/// What is there.
pub(super) struct Inventory {
    pub(super) items: Vec<Item>,
    /// Hexadecimal texts of signatures, by the digest's name.
    signatures: BTreeMap<String, PathBuf>,
    bucket: Option<(Storage, Location)>,
    limits: PrefetchLimits,
}

impl Inventory {
    /// Looks.
    pub(super) fn find(arguments: &VerifyArguments) -> Result<Self, CommandError> {
        let mut found = Self {
            items: Vec::new(),
            signatures: BTreeMap::new(),
            bucket: None,
            limits: PrefetchLimits { in_flight: usize::from(arguments.bucket.parallel), ..PrefetchLimits::default() },
        };
        let filter = Filter {
            accounts: arguments.accounts.clone(),
            regions: arguments.regions.clone(),
            since_s: arguments.from,
            until_s: arguments.to.map(|to| to.saturating_add(HOUR_S)),
        };
        match Location::parse(&arguments.path) {
            Some(location) => found.list(location?, arguments, filter)?,
            None => found.walk(arguments, &filter)?,
        }
        Ok(found)
    }

    /// Whether it is the log as it lies in its bucket.
    pub(super) fn in_bucket(&self) -> bool {
        self.bucket.is_some()
    }

    /// How the bucket is reached.
    pub(super) fn storage(&self) -> Option<&Storage> {
        self.bucket.as_ref().map(|(storage, _)| storage)
    }

    fn walk(&mut self, arguments: &VerifyArguments, filter: &Filter) -> Result<(), CommandError> {
        let files = Files::find(std::slice::from_ref(&arguments.path))?;
        for log in files.into_logs() {
            let Some(path) = log.path else { continue };
            if let Some(of) = log.name.strip_suffix(SIGNATURE) {
                self.signatures.insert(of.to_owned(), path);
            } else if filter.can_hold(&ObjectPath::parse(&log.name)) {
                let (place, size_bytes) = (place(None, &log.name), log.size_bytes);
                self.items.push(Item { name: log.name, place, size_bytes, origin: Origin::File(path) });
            }
        }
        Ok(())
    }

    fn list(&mut self, location: Location, arguments: &VerifyArguments, filter: Filter) -> Result<(), CommandError> {
        let storage = remote::connect(&arguments.bucket);
        let (bucket, root) = (location.bucket.clone(), location.prefix.clone());
        let wanted = Walk { bucket, root, filter: filter.clone(), wanted: Wanted::LogsAndDigests };
        let mut found = remote::wait(async { walk(Arc::new(storage.clone()), wanted) });
        while let Some(found) = remote::wait(found.recv()) {
            match found {
                Found::Objects(objects) => {
                    for object in objects {
                        let path = ObjectPath::parse(&object.key);
                        if path.kind == ObjectKind::Insight || !filter.can_hold(&path) {
                            continue;
                        }
                        self.items.push(Item {
                            name: location.name(&object.key),
                            place: place(Some(&location.bucket), &object.key),
                            size_bytes: object.size_bytes,
                            origin: Origin::Object(object),
                        });
                    }
                }
                Found::Skipped(..) => {}
                Found::Failed(folder, error) => {
                    let name = location.name(&folder);
                    // What is there is not known, so that everything expected would seem to be missing.
                    return Err(aws_error(
                        &format!("cannot list `{name}`, so that nothing is known of its files"),
                        &error,
                    ));
                }
            }
        }
        self.bucket = Some((storage, location));
        Ok(())
    }

    /// Reads some digests, each with the signature that lies with it.
    pub(super) fn read_with_signature<'a>(&self, items: &[&'a Item]) -> Vec<(&'a Item, Signed)> {
        let mut read: BTreeMap<usize, Signed> = BTreeMap::new();
        let mut tasks = JoinSet::new();
        let _runtime = tokio::runtime::Handle::current().enter();
        for (number, item) in items.iter().enumerate() {
            match (&item.origin, &self.bucket) {
                (Origin::File(path), _) => {
                    let signature = self.signatures.get(&item.name).map(fs::read_to_string).transpose();
                    let both = fs::read(path).and_then(|bytes| Ok((bytes, signature?)));
                    read.insert(number, both.map_err(|error| error.to_string()));
                }
                (Origin::Object(object), Some((storage, location))) => {
                    let (storage, bucket, object) = (storage.clone(), location.bucket.clone(), object.clone());
                    tasks.spawn(async move { (number, storage.get(&bucket, &object).await) });
                }
                (Origin::Object(_), None) => {}
            }
        }
        while let Some(done) = remote::wait(tasks.join_next()) {
            if let Ok((number, got)) = done {
                let got = got.map(|mut stored| (stored.bytes, stored.metadata.remove("signature")));
                read.insert(number, got.map_err(|error| error.to_string()));
            }
        }
        let of = |number: usize| read.remove(&number).unwrap_or_else(|| Err("the reading was ended".to_owned()));
        let numbers: Vec<_> = (0..items.len()).map(of).collect();
        items.iter().copied().zip(numbers).collect()
    }

    /// Reads these, ahead of whoever asks.
    pub(super) fn reading<'a>(&self, items: impl Iterator<Item = &'a Item>) -> Reading<'a> {
        let items: Vec<&Item> = items.collect();
        let mut numbers = BTreeMap::new();
        let mut objects = Vec::new();
        for (number, item) in items.iter().enumerate() {
            if let (Origin::Object(listed), Some((_, location))) = (&item.origin, &self.bucket) {
                numbers.insert(number, objects.len());
                objects.push(RemoteObject { bucket: location.bucket.as_str().into(), listed: listed.clone() });
            }
        }
        let ahead = self.storage().filter(|_| !objects.is_empty()).map(|storage| {
            let _runtime = tokio::runtime::Handle::current().enter();
            Prefetch::start(Arc::new(storage.clone()), objects, self.limits)
        });
        Reading { items, numbers, ahead }
    }
}

/// Items being read.
pub(super) struct Reading<'a> {
    items: Vec<&'a Item>,
    /// Their numbers among the objects.
    numbers: BTreeMap<usize, usize>,
    ahead: Option<Prefetch>,
}

impl Reading<'_> {
    /// The content of an item.
    pub(super) fn take(&self, number: usize) -> Result<Vec<u8>, (AwsErrorKind, String)> {
        let invalid = |reason: String| (AwsErrorKind::Invalid, reason);
        match (self.items.get(number).map(|item| &item.origin), self.numbers.get(&number), &self.ahead) {
            (Some(Origin::File(path)), ..) => fs::read(path).map_err(|error| match error.kind() {
                std::io::ErrorKind::NotFound => (AwsErrorKind::NotFound, error.to_string()),
                _ => invalid(error.to_string()),
            }),
            (Some(Origin::Object(_)), Some(object), Some(ahead)) => {
                ahead.take(*object).map_err(|error| (error.kind, error.to_string()))
            }
            _ => Err(invalid("no such file".to_owned())),
        }
    }
}
