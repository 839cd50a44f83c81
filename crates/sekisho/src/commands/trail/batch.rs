//! Objects of folders and buckets, some at a time: found, read once, remembered.

use std::collections::{BTreeMap, VecDeque};
use std::fs::{self, File};
use std::io::Read;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use aws::Storage;
use engine::objects::{Found, Prefetch, PrefetchLimits, RemoteObject, Walk, walk};
use ports::ListedObject;
use tokio::sync::{Semaphore, mpsc};
use trail::{Before, Filter, ObjectKind, ObjectPath, SeenObjects, Skipped, Source, Unread, Wanted};

use super::files::LogFile;
use super::input::LIMIT_BYTES;
use super::remote::{self, Location};
use crate::error::CommandError;
use crate::wiring::aws_error;

/// Larger files are read in pieces. CloudTrail's own are a few megabytes.
const WHOLE_BYTES: u64 = 24 << 20;

/// How much is read at a time.
#[derive(Debug, Clone, Copy)]
pub(super) struct BatchLimits {
    /// Objects.
    pub(super) objects: usize,
    /// Their bytes as they lie there.
    pub(super) bytes: u64,
}

impl BatchLimits {
    /// Everything at once.
    pub(super) const NONE: Self = Self { objects: usize::MAX, bytes: u64::MAX };
    /// What a bucket's objects are held of in memory: while these are read, as many more are on their way.
    pub(super) const HELD: Self = Self { objects: 8_000, bytes: 64 << 20 };
    /// What is read again at most after the program was ended.
    pub(super) const KEPT: Self = Self { objects: 20_000, bytes: 512 << 20 };
}

/// Objects that are read together.
#[derive(Debug, Default)]
pub(super) struct Batch {
    entries: Vec<Entry>,
    ahead: Option<Prefetch>,
    /// What it holds, so that nothing is read twice before it is done.
    pending: SeenObjects,
    /// Those that could not be read, and why.
    failed: Mutex<BTreeMap<usize, String>>,
}

#[derive(Debug)]
struct Entry {
    name: String,
    /// By what it is remembered.
    known_as: String,
    mark: String,
    size_bytes: u64,
    origin: Origin,
}

#[derive(Debug)]
enum Origin {
    StandardInput,
    File(PathBuf),
    /// Its number among those of the buckets.
    Bucket(usize),
}

impl Batch {
    /// How many objects.
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// Size of all objects.
    pub(super) fn total_bytes(&self) -> u64 {
        self.entries.iter().map(|entry| entry.size_bytes).sum()
    }
}

impl Source for Batch {
    fn count(&self) -> usize {
        self.entries.len()
    }

    fn name(&self, number: usize) -> &str {
        self.entries.get(number).map_or("", |entry| &entry.name)
    }

    fn size_bytes(&self, number: usize) -> u64 {
        self.entries.get(number).map_or(0, |entry| entry.size_bytes)
    }

    fn reads_ahead(&self) -> bool {
        self.ahead.is_some()
    }

    fn open(&self, number: usize) -> Result<Option<Box<dyn Read + '_>>, String> {
        let entry = self.entries.get(number).ok_or("no such file")?;
        match &entry.origin {
            Origin::StandardInput => Ok(Some(Box::new(std::io::stdin().lock()))),
            Origin::File(path) if entry.size_bytes > WHOLE_BYTES => match File::open(path) {
                Ok(file) => Ok(Some(Box::new(file))),
                Err(error) => {
                    let reason = error.to_string();
                    self.failed.lock().unwrap_or_else(PoisonError::into_inner).insert(number, reason.clone());
                    Err(reason)
                }
            },
            _ => Ok(None),
        }
    }

    fn read(&self, number: usize, into: &mut Vec<u8>) -> Result<(), String> {
        let entry = self.entries.get(number).ok_or("no such file")?;
        let read = match &entry.origin {
            Origin::File(path) => File::open(path)
                .and_then(|mut file| file.read_to_end(into))
                .map(drop)
                .map_err(|error| error.to_string()),
            Origin::StandardInput => {
                std::io::stdin().lock().read_to_end(into).map(drop).map_err(|error| error.to_string())
            }
            Origin::Bucket(number) => match self.ahead.as_ref().map(|ahead| ahead.take(*number)) {
                Some(Ok(bytes)) => {
                    *into = bytes;
                    Ok(())
                }
                Some(Err(error)) => Err(error.to_string()),
                None => Err("no such object".to_owned()),
            },
        };
        if let Err(reason) = &read {
            self.failed.lock().unwrap_or_else(PoisonError::into_inner).insert(number, reason.clone());
        }
        read
    }
}

/// What was left out.
#[derive(Debug, Default)]
pub(super) struct LeftOut {
    /// Files that are there under another name as well.
    pub(super) repeated: usize,
    /// Those that the filter leaves out by their path.
    pub(super) pruned: usize,
    /// Digests and Insights.
    pub(super) other_kinds: usize,
    /// Folders of other services' logs.
    pub(super) other_services: usize,
    /// Those that an earlier scan read.
    pub(super) read_before: usize,
    /// Those of them that have another content now.
    pub(super) changed: Vec<String>,
}

/// All that is to be read, batch by batch.
pub(super) struct Batches {
    filter: Filter,
    limits: BatchLimits,
    ahead: PrefetchLimits,
    gate: Arc<Semaphore>,
    /// The batch that follows: its objects are on their way.
    upcoming: Option<Batch>,
    /// What the batch holds that is being read.
    pending: SeenObjects,
    local: VecDeque<LogFile>,
    buckets: VecDeque<Location>,
    storage: Option<Storage>,
    listing: Option<Listing>,
    /// Found and not yet in a batch.
    found: VecDeque<(Location, ListedObject)>,
    /// Whether objects are remembered: between buckets, and between scans.
    remembers: bool,
    /// What was read.
    pub(super) seen: SeenObjects,
    /// What could not be.
    pub(super) unread: Unread,
    /// What was left out.
    pub(super) left_out: LeftOut,
}

struct Listing {
    location: Location,
    found: mpsc::Receiver<Found>,
    is_first: bool,
}

impl Batches {
    /// Of these files and buckets. `seen` is what was read before.
    pub(super) fn new(
        local: Vec<LogFile>,
        buckets: Vec<Location>,
        storage: Option<Storage>,
        filter: Filter,
        seen: Option<SeenObjects>,
    ) -> Self {
        Self {
            filter,
            limits: BatchLimits::NONE,
            ahead: PrefetchLimits::default(),
            gate: Arc::new(Semaphore::new(PrefetchLimits::default().in_flight)),
            upcoming: None,
            pending: SeenObjects::default(),
            local: local.into(),
            remembers: seen.is_some() || !buckets.is_empty(),
            buckets: buckets.into(),
            storage,
            listing: None,
            found: VecDeque::new(),
            seen: seen.unwrap_or_default(),
            unread: Unread::default(),
            left_out: LeftOut::default(),
        }
    }

    /// With other limits.
    pub(super) fn limited(mut self, limits: BatchLimits, ahead: PrefetchLimits) -> Self {
        self.limits = limits;
        self.ahead = ahead;
        self.gate = Arc::new(Semaphore::new(ahead.in_flight));
        self
    }

    /// The next objects; none when all were read. Those that follow are on their way from now on.
    pub(super) fn next(&mut self) -> Result<Option<Batch>, CommandError> {
        let mut batch = match self.upcoming.take() {
            Some(batch) => batch,
            None => self.collect()?,
        };
        if batch.entries.is_empty() {
            return Ok(None);
        }
        self.pending = std::mem::take(&mut batch.pending);
        self.upcoming = Some(self.collect()?);
        Ok(Some(batch))
    }

    fn collect(&mut self) -> Result<Batch, CommandError> {
        let mut batch = Batch::default();
        let mut remote = Vec::new();
        let mut bytes = 0_u64;
        while batch.entries.len() < self.limits.objects && bytes < self.limits.bytes {
            let Some((mut entry, object)) = self.candidate()? else { break };
            if self.remembers {
                let is_pending = self.pending.before(&entry.known_as, &entry.mark) != Before::New;
                match self.seen.before(&entry.known_as, &entry.mark) {
                    Before::New if !is_pending && batch.pending.insert(&entry.known_as, &entry.mark) => {}
                    Before::New => {
                        self.left_out.repeated += 1;
                        continue;
                    }
                    Before::Read => {
                        self.left_out.read_before += 1;
                        continue;
                    }
                    Before::Changed => {
                        self.left_out.changed.push(entry.name);
                        continue;
                    }
                }
            }
            if let Some(object) = object {
                entry.origin = Origin::Bucket(remote.len());
                remote.push(object);
            }
            bytes = bytes.saturating_add(entry.size_bytes);
            batch.entries.push(entry);
        }
        if let (Some(storage), false) = (&self.storage, remote.is_empty()) {
            let (storage, gate) = (Arc::new(storage.clone()), Arc::clone(&self.gate));
            batch.ahead = Some(Prefetch::start_behind(storage, remote, self.ahead, gate));
        }
        Ok(batch)
    }

    fn candidate(&mut self) -> Result<Option<(Entry, Option<RemoteObject>)>, CommandError> {
        if let Some(log) = self.local.pop_front() {
            return Ok(Some((entry_of(log, self.remembers), None)));
        }
        loop {
            if let Some((location, object)) = self.found.pop_front() {
                let name = location.name(&object.key);
                let entry = Entry {
                    known_as: name.clone(),
                    name,
                    mark: object.etag.clone(),
                    size_bytes: object.size_bytes,
                    origin: Origin::StandardInput,
                };
                let remote = RemoteObject { bucket: location.bucket.as_str().into(), listed: object };
                return Ok(Some((entry, Some(remote))));
            }
            if !self.list()? {
                return Ok(None);
            }
        }
    }

    /// Waits for more names; false when all are known.
    fn list(&mut self) -> Result<bool, CommandError> {
        let Some(storage) = &self.storage else { return Ok(false) };
        let Some(listing) = &mut self.listing else {
            let Some(location) = self.buckets.pop_front() else { return Ok(false) };
            let wanted = Walk {
                bucket: location.bucket.clone(),
                root: location.prefix.clone(),
                filter: self.filter.clone(),
                wanted: Wanted::Logs,
            };
            let found = walk(Arc::new(storage.clone()), wanted);
            self.listing = Some(Listing { location, found, is_first: true });
            return Ok(true);
        };
        match remote::wait(listing.found.recv()) {
            None => self.listing = None,
            Some(Found::Objects(objects)) => {
                for object in objects {
                    let path = ObjectPath::parse(&object.key);
                    if path.kind != ObjectKind::Log {
                        self.left_out.other_kinds += 1;
                    } else if !self.filter.can_hold(&path) {
                        self.left_out.pruned += 1;
                    } else {
                        self.found.push_back((listing.location.clone(), object));
                    }
                }
                listing.is_first = false;
            }
            Some(Found::Skipped(_, Skipped::OtherService)) => self.left_out.other_services += 1,
            Some(Found::Skipped(..)) => {}
            Some(Found::Failed(folder, error)) => {
                let name = listing.location.name(&folder);
                if listing.is_first && folder == listing.location.prefix {
                    return Err(aws_error(&format!("cannot list `{name}`"), &error));
                }
                self.unread.add(&format!("{name}*"), &error.to_string());
            }
        }
        Ok(true)
    }

    /// Notes which objects of a batch were read, and which were not.
    pub(super) fn done(&mut self, batch: Batch) {
        self.pending = SeenObjects::default();
        let failed = batch.failed.into_inner().unwrap_or_else(PoisonError::into_inner);
        for (number, entry) in batch.entries.into_iter().enumerate() {
            match failed.get(&number) {
                Some(reason) => self.unread.add(&entry.name, reason),
                None if matches!(entry.origin, Origin::Bucket(_)) && entry.size_bytes > LIMIT_BYTES as u64 => {
                    self.unread.add(&entry.name, "it is larger than 4 GiB");
                }
                None if self.remembers => drop(self.seen.insert(&entry.known_as, &entry.mark)),
                None => {}
            }
        }
    }
}

fn entry_of(log: LogFile, remembered: bool) -> Entry {
    let full = log.path.as_ref().filter(|_| remembered).and_then(|path| fs::canonicalize(path).ok());
    let known_as = full.map_or_else(|| log.name.clone(), |path| path.to_string_lossy().into_owned());
    Entry {
        known_as,
        mark: log.size_bytes.to_string(),
        name: log.name,
        size_bytes: log.size_bytes,
        origin: log.path.map_or(Origin::StandardInput, Origin::File),
    }
}
