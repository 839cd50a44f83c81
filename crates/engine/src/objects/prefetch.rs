//! Reads objects ahead of whoever asks for them, as many at a time and as many bytes as are allowed.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use ports::{AwsError, AwsErrorKind, ListedObject, ObjectStorage};
use tokio::runtime::Handle;
use tokio::sync::Semaphore;
use tokio::task::AbortHandle;

/// An object to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemoteObject {
    /// Its bucket.
    pub bucket: Arc<str>,
    /// What the listing said.
    pub listed: ListedObject,
}

/// How much is read ahead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PrefetchLimits {
    /// Objects in flight.
    pub in_flight: usize,
    /// Bytes in flight, and read and not yet taken. One object may be larger.
    pub bytes: u64,
    /// Objects larger than this are read only when asked for.
    pub largest_bytes: u64,
}

impl Default for PrefetchLimits {
    fn default() -> Self {
        Self { in_flight: 64, bytes: 64 << 20, largest_bytes: 4 << 30 }
    }
}

/// Objects that are read in the background. Asked for in the order in which they are read (the largest first, as
/// [`trail::read_all`] does), nobody waits long; in any other order nothing goes wrong.
#[derive(Clone)]
pub struct Prefetch {
    inner: Arc<Inner>,
}

struct Inner {
    storage: Arc<dyn ObjectStorage>,
    objects: Vec<RemoteObject>,
    limits: PrefetchLimits,
    gate: Arc<Semaphore>,
    runtime: Handle,
    state: Mutex<State>,
    came: Condvar,
}

#[derive(Default)]
struct State {
    order: VecDeque<usize>,
    begun: HashMap<usize, AbortHandle>,
    came: HashMap<usize, Result<Vec<u8>, AwsError>>,
    in_flight: usize,
    held_bytes: u64,
    is_over: bool,
}

impl std::fmt::Debug for Prefetch {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Prefetch").field("objects", &self.inner.objects.len()).finish_non_exhaustive()
    }
}

impl Prefetch {
    /// Begins to read. To be called within a runtime, whose threads do the work.
    #[must_use]
    pub fn start(storage: Arc<dyn ObjectStorage>, objects: Vec<RemoteObject>, limits: PrefetchLimits) -> Self {
        Self::start_behind(storage, objects, limits, Arc::new(Semaphore::new(limits.in_flight)))
    }

    /// The same behind a gate that several share: so many objects are in flight of all of them together.
    #[must_use]
    pub fn start_behind(
        storage: Arc<dyn ObjectStorage>,
        objects: Vec<RemoteObject>,
        limits: PrefetchLimits,
        gate: Arc<Semaphore>,
    ) -> Self {
        let mut order: Vec<usize> = (0..objects.len()).collect();
        order.retain(|number| {
            objects.get(*number).is_some_and(|object| object.listed.size_bytes <= limits.largest_bytes)
        });
        order.sort_by_key(|number| {
            (std::cmp::Reverse(objects.get(*number).map(|object| object.listed.size_bytes)), *number)
        });
        let state = Mutex::new(State { order: order.into(), ..State::default() });
        let inner = Inner { storage, objects, limits, gate, runtime: Handle::current(), state, came: Condvar::new() };
        let this = Self { inner: Arc::new(inner) };
        Inner::fill(&this.inner, &mut this.inner.lock());
        this
    }

    /// Takes an object, waiting for it if need be. Not to be called on a thread of the runtime. An object can be taken once.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn take(&self, number: usize) -> Result<Vec<u8>, AwsError> {
        let inner = &self.inner;
        let mut state = inner.lock();
        if !state.begun.contains_key(&number) {
            Inner::begin(inner, &mut state, number);
        }
        loop {
            if let Some(result) = state.came.remove(&number) {
                state.held_bytes = state.held_bytes.saturating_sub(inner.size(number));
                Inner::fill(inner, &mut state);
                return result;
            }
            if state.is_over || inner.objects.get(number).is_none() {
                return Err(lost("the reading was given up"));
            }
            state = inner.came.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        for task in self.lock().begun.values() {
            task.abort();
        }
    }
}

impl Inner {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn size(&self, number: usize) -> u64 {
        self.objects.get(number).map_or(0, |object| object.listed.size_bytes)
    }

    /// Begins what there is room for.
    fn fill(this: &Arc<Self>, state: &mut State) {
        while state.in_flight < this.limits.in_flight
            && let Some(number) = state.order.front().copied()
        {
            if state.begun.contains_key(&number) {
                state.order.pop_front();
                continue;
            }
            if state.held_bytes > 0 && state.held_bytes.saturating_add(this.size(number)) > this.limits.bytes {
                return;
            }
            state.order.pop_front();
            Self::begin(this, state, number);
        }
    }

    fn begin(this: &Arc<Self>, state: &mut State, number: usize) {
        let Some(object) = this.objects.get(number).cloned() else { return };
        state.in_flight += 1;
        state.held_bytes = state.held_bytes.saturating_add(object.listed.size_bytes);
        let (storage, gate, weak) = (Arc::clone(&this.storage), Arc::clone(&this.gate), Arc::downgrade(this));
        let guard = Guard { inner: weak, number, result: None };
        let task = this.runtime.spawn(async move {
            // A gate is never closed.
            let _place = gate.acquire().await;
            let got = storage.get(&object.bucket, &object.listed).await;
            guard.finish(got.map(|stored| stored.bytes));
        });
        state.begun.insert(number, task.abort_handle());
    }
}

/// Tells the result, also when the task is ended or panics: nobody waits for ever.
struct Guard {
    inner: std::sync::Weak<Inner>,
    number: usize,
    result: Option<Result<Vec<u8>, AwsError>>,
}

impl Guard {
    fn finish(mut self, result: Result<Vec<u8>, AwsError>) {
        self.result = Some(result);
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        let Some(inner) = self.inner.upgrade() else { return };
        let mut state = inner.lock();
        let result = self.result.take();
        state.is_over |= result.is_none();
        state.came.insert(self.number, result.unwrap_or_else(|| Err(lost("the reading was ended"))));
        state.in_flight = state.in_flight.saturating_sub(1);
        Inner::fill(&inner, &mut state);
        drop(state);
        inner.came.notify_all();
    }
}

fn lost(message: &str) -> AwsError {
    AwsError {
        kind: AwsErrorKind::Transient,
        operation: "s3:GetObject".to_owned(),
        message: message.to_owned(),
        code: None,
    }
}
