//! A cloud in memory: asynchronous, rate limited, sometimes late to show what it did, with faults on request.

mod effect;
mod reading;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use model::change::Lane;
use model::claim::{Part, PartValue};
use model::journal::PendingRequest;
use model::{
    AccountId, AssignmentTable, Change, Observed, ObservedPermissionSet, OperationId, PermissionSetArn,
    PermissionSetName, PrincipalId,
};
use plan::testing::Random;
use ports::{
    AwsError, AwsErrorKind, AwsRead, AwsWrite, Clock, CloudProgress, PollResult, RequestPage, Started, StatusList,
    TokioClock,
};

use effect::{apply, arn_of};
use reading::read_part;

pub(crate) type Row = (PermissionSetName, AccountId, PrincipalId);

/// What goes wrong with one sending of a change.
#[derive(Debug, Clone)]
pub(crate) enum Fault {
    /// An error, and nothing happens.
    Before(AwsErrorKind),
    /// It happens (or begins), and the answer is an error.
    After(AwsErrorKind),
    /// It is accepted, and ends as FAILED.
    Ends(String),
    /// It is accepted, said to have succeeded, and has no effect.
    Lies,
    /// It is accepted, and never ends.
    Hangs,
}

#[derive(Debug, Clone)]
pub(crate) struct Settings {
    /// How long asynchronous work takes: from, to.
    pub(crate) work_ms: (u64, u64),
    /// How late a change shows: from, to.
    pub(crate) lag_ms: (u64, u64),
    /// How long a call takes.
    pub(crate) call_ms: u64,
    /// Calls each second; none for no limit.
    pub(crate) rate: Option<f64>,
    /// Whether lists of requests in progress can be read.
    pub(crate) lists: bool,
    pub(crate) seed: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self { work_ms: (1_500, 5_000), lag_ms: (0, 0), call_ms: 20, rate: Some(20.0), lists: true, seed: 1 }
    }
}

#[derive(Debug, Clone)]
struct Request {
    change: Change,
    created: Timestamp,
    done: Timestamp,
    result: Result<(), String>,
    effective: bool,
    applied: bool,
}

#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(crate) starts: BTreeMap<OperationId, u32>,
    pub(crate) polls: u64,
    pub(crate) reads: u64,
    pub(crate) lists: u64,
    pub(crate) most_assignments: usize,
    pub(crate) most_provisionings: usize,
    /// Times two role updates of one account ran at once.
    pub(crate) collisions: u64,
    /// Sum of the work of assignments.
    pub(crate) work: Duration,
    pub(crate) calls_at: Vec<Timestamp>,
    pub(crate) work_by_account: BTreeMap<AccountId, Duration>,
}

impl Counters {
    pub(crate) fn calls(&self) -> u64 {
        u64::from(self.starts.values().sum::<u32>()) + self.polls + self.reads + self.lists
    }
}

#[derive(Debug)]
pub(crate) struct State {
    base: Observed,
    sets: BTreeMap<PermissionSetName, ObservedPermissionSet>,
    rows: BTreeSet<Row>,
    /// What readers see: follows `sets` and `rows` with a lag.
    seen_sets: BTreeMap<PermissionSetName, ObservedPermissionSet>,
    seen_rows: BTreeSet<Row>,
    pending_views: Vec<(Timestamp, Change)>,
    requests: BTreeMap<String, Request>,
    next_request: u64,
    next_call: Timestamp,
    random: Random,
    faults: HashMap<OperationId, Vec<Option<Fault>>>,
    read_faults: Vec<AwsErrorKind>,
    pub(crate) counters: Counters,
}

/// The cloud.
#[derive(Debug)]
pub(crate) struct Cloud {
    pub(crate) clock: Arc<TokioClock>,
    settings: Settings,
    state: Mutex<State>,
}

fn plus(at: Timestamp, ms: u64) -> Timestamp {
    at.checked_add(SignedDuration::from_millis(i64::try_from(ms).unwrap())).unwrap()
}

fn error(kind: AwsErrorKind, operation: &str) -> AwsError {
    AwsError { kind, operation: operation.to_owned(), message: format!("{kind:?} as asked for"), code: None }
}

impl Cloud {
    pub(crate) fn new(observed: &Observed, settings: Settings) -> Arc<Self> {
        let clock = Arc::new(TokioClock::starting_at(observed.as_of));
        let rows: BTreeSet<Row> = observed
            .assignments
            .iter()
            .map(|(set, account, who)| (set.clone(), account.clone(), who.clone()))
            .collect();
        let sets = observed.permission_sets.clone();
        let state = State {
            base: observed.clone(),
            seen_sets: sets.clone(),
            seen_rows: rows.clone(),
            sets,
            rows,
            pending_views: vec![],
            requests: BTreeMap::new(),
            next_request: 0,
            next_call: observed.as_of,
            random: Random::new(settings.seed),
            faults: HashMap::new(),
            read_faults: vec![],
            counters: Counters::default(),
        };
        Arc::new(Self { clock, settings, state: Mutex::new(state) })
    }

    /// Lets the first sendings of a change go wrong, one fault for each; none lets one through.
    pub(crate) fn fault(&self, operation: &OperationId, faults: Vec<Option<Fault>>) {
        self.state.lock().unwrap().faults.insert(operation.clone(), faults);
    }

    /// Lets the next readings fail.
    pub(crate) fn read_fault(&self, faults: Vec<AwsErrorKind>) {
        self.state.lock().unwrap().read_faults = faults;
    }

    /// Changes something behind everybody's back.
    pub(crate) fn meddle(&self, change: &Change) {
        let mut state = self.state();
        let state = &mut *state;
        apply(&mut state.sets, &mut state.rows, change);
        apply(&mut state.seen_sets, &mut state.seen_rows, change);
    }

    /// The cloud as it is now.
    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        let mut guard = self.state.lock().unwrap();
        let now = self.clock.now();
        let state = &mut *guard;
        let mut done: Vec<_> = state
            .requests
            .values_mut()
            .filter(|request| !request.applied && request.done <= now)
            .map(|request| {
                request.applied = true;
                (request.done, request.change.clone(), request.effective && request.result.is_ok())
            })
            .collect();
        done.sort_by_key(|(at, _, _)| *at);
        for (at, change, effective) in done {
            if effective {
                Self::take_effect(state, &change, at, &self.settings);
            }
        }
        let mut shown: Vec<(Timestamp, Change)> = vec![];
        state.pending_views.retain(|(at, change)| {
            if *at <= now {
                shown.push((*at, change.clone()));
            }
            *at > now
        });
        shown.sort_by_key(|(at, _)| *at);
        for (_, change) in shown {
            apply(&mut state.seen_sets, &mut state.seen_rows, &change);
        }
        guard
    }

    fn take_effect(state: &mut State, change: &Change, at: Timestamp, settings: &Settings) {
        apply(&mut state.sets, &mut state.rows, change);
        let lag = draw(&mut state.random, settings.lag_ms);
        // Views of one set must not overtake each other.
        let earliest = state
            .pending_views
            .iter()
            .filter(|(_, other)| other.set().unwrap().name == change.set().unwrap().name)
            .map(|(at, _)| *at);
        let shows = earliest.chain([plus(at, lag)]).max().unwrap();
        state.pending_views.push((shows, change.clone()));
    }

    async fn turn(&self) {
        let wait = {
            let mut state = self.state.lock().unwrap();
            let now = self.clock.now();
            match self.settings.rate {
                None => Duration::ZERO,
                Some(rate) => {
                    state.counters.calls_at.push(now);
                    // A bucket of five, like that of the client.
                    let burst = now.checked_sub(SignedDuration::from_millis(200)).unwrap();
                    let at = state.next_call.max(burst);
                    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
                    let gap = (1_000_000.0 / rate) as i64;
                    state.next_call = at.checked_add(SignedDuration::from_micros(gap)).unwrap();
                    let at = at.max(now);
                    Duration::try_from(at.duration_since(now)).unwrap_or_default()
                }
            }
        };
        self.clock.sleep(wait).await;
        self.clock.sleep(Duration::from_millis(self.settings.call_ms / 2)).await;
    }

    async fn answer_travels(&self) {
        self.clock.sleep(Duration::from_millis(self.settings.call_ms / 2)).await;
    }

    fn accept(&self, change: &Change, fault: Option<&Fault>) -> Started {
        let mut guard = self.state();
        let state = &mut *guard;
        let now = self.clock.now();
        let work = draw(&mut state.random, self.settings.work_ms);
        let hangs = matches!(fault, Some(Fault::Hangs));
        let done = if hangs { plus(now, 1_000_000_000) } else { plus(now, work) };
        state.next_request += 1;
        let id = format!("request-{:06}", state.next_request);
        let in_lane = |lane: Lane| {
            state.requests.values().filter(|other| other.change.lane() == lane && other.done > now).count() + 1
        };
        let (assignments, provisionings) = (in_lane(Lane::Assignment), in_lane(Lane::Provisioning));
        let collides =
            state.requests.values().any(|other| other.done > now && other.change.account() == change.account());
        let counters = &mut state.counters;
        match change.lane() {
            Lane::Assignment => {
                counters.most_assignments = counters.most_assignments.max(assignments);
                counters.work += Duration::from_millis(work);
            }
            _ => counters.most_provisionings = counters.most_provisionings.max(provisionings),
        }
        *counters.work_by_account.entry(change.account().unwrap().clone()).or_default() += Duration::from_millis(work);
        counters.collisions += u64::from(collides);
        let result = match fault {
            Some(Fault::Ends(reason)) => Err(reason.clone()),
            _ => Ok(()),
        };
        let effective = !matches!(fault, Some(Fault::Lies));
        let request = Request { change: change.clone(), created: now, done, result, effective, applied: false };
        state.requests.insert(id.clone(), request);
        Started::Accepted(match change {
            Change::Assign { .. } => PendingRequest::AssignmentCreation(id),
            Change::Withdraw { .. } => PendingRequest::AssignmentDeletion(id),
            _ => PendingRequest::Provisioning(id),
        })
    }

    fn act(&self, change: &Change, arn: Option<&PermissionSetArn>, fault: Option<&Fault>) -> Result<Started, AwsError> {
        {
            let mut guard = self.state();
            let state = &mut *guard;
            let name = &change.set().unwrap().name;
            match (change, state.sets.get(name)) {
                (Change::CreatePermissionSet { .. }, Some(_)) => {
                    return Err(error(AwsErrorKind::Conflict, "sso:CreatePermissionSet"));
                }
                (Change::CreatePermissionSet { .. }, None) => {}
                (_, None) => return Err(error(AwsErrorKind::NotFound, "sso:DescribePermissionSet")),
                (_, Some(found)) => assert_eq!(Some(&found.arn), arn, "the set's ARN is handed on: {change:?}"),
            }
            if matches!(change, Change::DeletePermissionSet { .. })
                && !state.sets[name].provisioned.value().unwrap().is_empty()
            {
                return Err(error(AwsErrorKind::Conflict, "sso:DeletePermissionSet"));
            }
            if change.lane() == Lane::Direct {
                if !matches!(fault, Some(Fault::Lies)) {
                    let now = self.clock.now();
                    Self::take_effect(state, change, now, &self.settings);
                }
                let created = matches!(change, Change::CreatePermissionSet { .. }).then(|| arn_of(name));
                return Ok(Started::Done { created });
            }
        }
        Ok(self.accept(change, fault))
    }
}

fn draw(random: &mut Random, (from, to): (u64, u64)) -> u64 {
    from + u64::from(random.below(u32::try_from(to - from + 1).unwrap()))
}

fn observed(
    base: &Observed,
    sets: &BTreeMap<PermissionSetName, ObservedPermissionSet>,
    rows: &BTreeSet<Row>,
    now: Timestamp,
) -> Observed {
    Observed {
        as_of: now,
        permission_sets: sets.clone(),
        assignments: AssignmentTable::from_names(rows.iter().map(|(set, account, who)| (set, account, who))),
        ..base.clone()
    }
}

#[async_trait]
impl AwsRead for Cloud {
    async fn observe(&self, _progress: &dyn CloudProgress) -> Result<Observed, AwsError> {
        let state = self.state();
        Ok(observed(&state.base, &state.seen_sets, &state.seen_rows, self.clock.now()))
    }

    async fn read(&self, part: &Part) -> Result<PartValue, AwsError> {
        self.turn().await;
        let value = {
            let mut state = self.state();
            state.counters.reads += 1;
            if !state.read_faults.is_empty() {
                let kind = state.read_faults.remove(0);
                return Err(error(kind, "sso:List"));
            }
            read_part(&state.seen_sets, &state.seen_rows, part)
        };
        self.answer_travels().await;
        value
    }

    async fn requests_since(&self, since: Timestamp) -> Result<Vec<(PendingRequest, Change)>, AwsError> {
        self.turn().await;
        let state = self.state();
        Ok(state
            .requests
            .iter()
            .filter(|(_, request)| request.created >= since)
            .map(|(id, request)| {
                let id = id.clone();
                let pending = match request.change {
                    Change::Assign { .. } => PendingRequest::AssignmentCreation(id),
                    Change::Withdraw { .. } => PendingRequest::AssignmentDeletion(id),
                    _ => PendingRequest::Provisioning(id),
                };
                (pending, request.change.clone())
            })
            .collect())
    }
}

#[async_trait]
impl AwsWrite for Cloud {
    async fn start(&self, change: &Change, set_arn: Option<&PermissionSetArn>) -> Result<Started, AwsError> {
        self.turn().await;
        let id = change.operation_id();
        let fault = {
            let mut state = self.state();
            state.faults.get_mut(&id).filter(|faults| !faults.is_empty()).and_then(|faults| faults.remove(0))
        };
        if let Some(Fault::Before(kind)) = fault {
            self.answer_travels().await;
            return Err(error(kind, "sso:Write"));
        }
        let arn = change.set().unwrap().arn.as_ref().or(set_arn);
        let acted = self.act(change, arn, fault.as_ref());
        if acted.is_ok() {
            *self.state().counters.starts.entry(id).or_default() += 1;
        }
        self.answer_travels().await;
        match fault {
            Some(Fault::After(kind)) => Err(error(kind, "sso:Write")),
            _ => acted,
        }
    }

    async fn poll(&self, request: &PendingRequest) -> Result<PollResult, AwsError> {
        self.turn().await;
        let result = {
            let mut state = self.state();
            state.counters.polls += 1;
            let now = self.clock.now();
            let (PendingRequest::AssignmentCreation(id)
            | PendingRequest::AssignmentDeletion(id)
            | PendingRequest::Provisioning(id)) = request;
            match state.requests.get(id) {
                None => Err(error(AwsErrorKind::NotFound, "sso:Describe")),
                Some(request) if request.done > now => Ok(PollResult::InProgress),
                Some(request) => Ok(match &request.result {
                    Ok(()) => PollResult::Succeeded,
                    Err(reason) => PollResult::Failed(reason.clone()),
                }),
            }
        };
        self.answer_travels().await;
        result
    }

    async fn in_progress(&self, list: StatusList) -> Result<BTreeSet<String>, AwsError> {
        let ids = self.listed(list, |request, now| request.done > now).await?;
        Ok(ids.into_iter().collect())
    }

    async fn succeeded(&self, list: StatusList, token: Option<String>) -> Result<RequestPage, AwsError> {
        let mut ids = self.listed(list, |request, now| request.done <= now && request.result.is_ok()).await?;
        // In no order that says anything.
        ids.sort_by_key(|id| model::id::short_hash([id.as_str(), "order"]));
        let from = token.map_or(0, |token| token.parse().unwrap());
        let next = (ids.len() > from + 100).then(|| (from + 100).to_string());
        Ok(RequestPage { ids: ids.into_iter().skip(from).take(100).collect(), next })
    }
}

impl Cloud {
    async fn listed(
        &self,
        list: StatusList,
        which: impl Fn(&Request, Timestamp) -> bool + Send,
    ) -> Result<Vec<String>, AwsError> {
        if !self.settings.lists {
            return Err(error(AwsErrorKind::NotSupported, "sso:ListStatus"));
        }
        self.turn().await;
        let ids = {
            let mut state = self.state();
            state.counters.lists += 1;
            let now = self.clock.now();
            let of = |change: &Change| match change {
                Change::Assign { .. } => StatusList::AssignmentCreation,
                Change::Withdraw { .. } => StatusList::AssignmentDeletion,
                _ => StatusList::Provisioning,
            };
            let requests = state.requests.iter();
            let found = requests.filter(|(_, request)| of(&request.change) == list && which(request, now));
            found.map(|(id, _)| id.clone()).collect()
        };
        self.answer_travels().await;
        Ok(ids)
    }
}
