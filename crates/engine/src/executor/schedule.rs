//! Which operation is next. Pure: no time, no I/O.
//!
//! Operations on roles of one account wait in that account's queue and run one at a time; changes of one permission set
//! likewise. Among the heads of the free queues a withdrawal of access goes first, then what a withdrawal waits for. Then comes whatever stands in a queue
//! so long that the run could end late because of it, longest first; then what belongs to a part that others of have
//! ended, so that one reading soon verifies them all; then the longest queue.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use model::change::{Change, Lane};
use model::claim::Part;
use model::id::{AccountId, PermissionSetName};
use model::operation::Operation;

use crate::limits::Limits;
use crate::pacing::Workload;
use crate::parts::without_arn;

/// Where an operation stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Not begun.
    Waiting,
    /// Being done.
    Running,
    /// Ended at AWS, to be verified.
    Ended,
    /// Nothing more will happen to it.
    Finished,
}

#[derive(Debug)]
struct Item {
    phase: Phase,
    lane: Lane,
    queue: usize,
    part: usize,
    /// 0 for what takes access away, 1 for what that waits for.
    rank: u8,
    /// Needs that are not verified yet.
    unverified_needs: usize,
    /// Needs that have not ended at AWS yet.
    unended_needs: usize,
    needs: Vec<usize>,
    dependents: Vec<usize>,
    /// Whether it counts in its lane.
    in_place: bool,
    /// Whether its queue is its own.
    in_queue: bool,
}

#[derive(Debug, Default)]
struct Queue {
    busy: bool,
    /// Work that is left, weighted by how long each kind takes.
    left: u64,
    ready: BTreeMap<Lane, BTreeSet<(u8, usize)>>,
}

/// Parts of AWS that verify operations, each read once for many.
#[derive(Debug, Default)]
struct PartUse {
    /// Operations whose end will show in the part and has not come yet.
    outstanding: usize,
    /// Whether one has begun.
    begun: bool,
}

/// The order of a run.
#[derive(Debug)]
pub(crate) struct Schedule {
    items: Vec<Item>,
    queues: Vec<Queue>,
    parts: Vec<PartUse>,
    /// Work that is left in all queues together.
    left: u64,
    capacity: [usize; 3],
    in_lane: [usize; 3],
    active: usize,
    /// Operations of each lane that have not begun, and that run.
    waiting: [usize; 3],
    running: [usize; 3],
    /// Withdrawals that have not begun.
    withdrawals: usize,
    /// Parts in which operations that have not ended will show.
    unread_parts: usize,
}

#[derive(PartialEq, Eq, PartialOrd, Ord, Hash)]
enum QueueName<'a> {
    Account(&'a AccountId),
    Set(&'a PermissionSetName),
}

fn lane_index(lane: Lane) -> usize {
    match lane {
        Lane::Direct => 0,
        Lane::Assignment => 1,
        Lane::Provisioning => 2,
    }
}

#[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
fn number(count: usize) -> f64 {
    count as f64
}

fn weight(lane: Lane) -> u64 {
    match lane {
        Lane::Direct => 1,
        Lane::Assignment => 10,
        Lane::Provisioning => 13,
    }
}

/// Who is needed for taking access away is nearly as urgent as that.
fn hasten_what_withdrawals_need(items: &mut [Item]) {
    let mut open: Vec<usize> =
        items.iter().filter(|item| item.rank == 0).flat_map(|item| item.needs.iter().copied()).collect();
    while let Some(at) = open.pop() {
        if let Some(item) = items.get_mut(at).filter(|item| item.rank > 1) {
            item.rank = 1;
            open.extend(item.needs.iter().copied());
        }
    }
}

impl Schedule {
    /// The order for these operations. The second value names operations that need one which is not in the plan.
    pub(crate) fn new(operations: &[Operation], limits: &Limits) -> (Self, Vec<usize>) {
        let index: HashMap<_, usize> = operations.iter().zip(0..).map(|(operation, at)| (&operation.id, at)).collect();
        let mut queue_names: HashMap<QueueName<'_>, usize> = HashMap::new();
        let mut part_names: HashMap<Part, usize> = HashMap::new();
        let mut queues: Vec<Queue> = Vec::new();
        let mut parts: Vec<PartUse> = Vec::new();
        let mut broken = Vec::new();
        let mut items: Vec<Item> = Vec::with_capacity(operations.len());
        for (operation, at) in operations.iter().zip(0..) {
            let name = operation
                .change
                .account()
                .map_or_else(|| QueueName::Set(&operation.change.set().name), QueueName::Account);
            let queue = *queue_names.entry(name).or_insert_with(|| {
                queues.push(Queue::default());
                queues.len() - 1
            });
            let part = *part_names.entry(without_arn(operation.after.part())).or_insert_with(|| {
                parts.push(PartUse::default());
                parts.len() - 1
            });
            let lane = operation.change.lane();
            if let Some(queue) = queues.get_mut(queue) {
                queue.left += weight(lane);
            }
            if let Some(part) = parts.get_mut(part) {
                part.outstanding += 1;
            }
            let mut needs: Vec<usize> = Vec::with_capacity(operation.needs.len());
            for need in &operation.needs {
                match index.get(need) {
                    Some(need) if *need != at => needs.push(*need),
                    _ => broken.push(at),
                }
            }
            needs.sort_unstable();
            needs.dedup();
            items.push(Item {
                phase: Phase::Waiting,
                lane,
                queue,
                part,
                rank: if matches!(operation.change, Change::Withdraw { .. }) { 0 } else { 2 },
                unverified_needs: needs.len(),
                unended_needs: needs.len(),
                needs,
                dependents: Vec::new(),
                in_place: false,
                in_queue: false,
            });
        }
        for at in 0..items.len() {
            let needs = items.get(at).map(|item| item.needs.clone()).unwrap_or_default();
            for need in needs {
                if let Some(needed) = items.get_mut(need) {
                    needed.dependents.push(at);
                }
            }
        }
        hasten_what_withdrawals_need(&mut items);
        let capacity = [limits.direct_in_flight, limits.assignments_in_flight, limits.provisionings_in_flight];
        let left = queues.iter().map(|queue| queue.left).sum();
        let mut schedule = Self {
            items,
            queues,
            parts,
            left,
            capacity: capacity.map(|most| most.max(1)),
            in_lane: [0; 3],
            active: 0,
            waiting: [0; 3],
            running: [0; 3],
            withdrawals: 0,
            unread_parts: 0,
        };
        schedule.unread_parts = schedule.parts.len();
        for item in &schedule.items {
            schedule.withdrawals += usize::from(item.rank == 0);
            if let Some(count) = schedule.waiting.get_mut(lane_index(item.lane)) {
                *count += 1;
            }
        }
        for at in 0..schedule.items.len() {
            if schedule.items.get(at).is_some_and(|item| item.unverified_needs == 0) {
                schedule.make_ready(at);
            }
        }
        broken.dedup();
        (schedule, broken)
    }

    /// How many operations there are.
    pub(crate) fn len(&self) -> usize {
        self.items.len()
    }

    /// Where an operation stands.
    pub(crate) fn phase(&self, at: usize) -> Option<Phase> {
        self.items.get(at).map(|item| item.phase)
    }

    /// Number of the part that shows the operation's effect.
    pub(crate) fn part(&self, at: usize) -> usize {
        self.items.get(at).map_or(usize::MAX, |item| item.part)
    }

    /// How many parts there are.
    pub(crate) fn part_count(&self) -> usize {
        self.parts.len()
    }

    /// Whether operations that have not ended will show in the part as well.
    pub(crate) fn part_has_outstanding(&self, part: usize) -> bool {
        self.parts.get(part).is_some_and(|part| part.outstanding > 0)
    }

    /// Most work left in one queue, in operations of the assignment lane.
    pub(crate) fn longest_queue(&self) -> u64 {
        self.queues.iter().map(|queue| queue.left).max().unwrap_or(0).div_ceil(weight(Lane::Assignment))
    }

    /// Takes the next operation that may begin: its queue and its place in the lane are its own until
    /// [`Schedule::release`].
    pub(crate) fn begin_next(&mut self) -> Option<usize> {
        let free: Vec<Lane> = [Lane::Direct, Lane::Assignment, Lane::Provisioning]
            .into_iter()
            .filter(|lane| {
                let at = lane_index(*lane);
                self.in_lane.get(at) < self.capacity.get(at)
            })
            .collect();
        if free.is_empty() {
            return None;
        }
        let free = free.as_slice();
        let heads = self.queues.iter().filter(|queue| !queue.busy).flat_map(|queue| {
            free.iter()
                .filter_map(|lane| queue.ready.get(lane)?.first())
                .map(|head| (self.urgency(queue, *head), head.1))
        });
        let (_, at) = heads.min()?;
        if let Some(part) = self.items.get(at).and_then(|item| self.parts.get_mut(item.part)) {
            part.begun = true;
        }
        let item = self.items.get_mut(at)?;
        item.phase = Phase::Running;
        item.in_place = true;
        item.in_queue = true;
        self.active += 1;
        self.withdrawals -= usize::from(item.rank == 0).min(self.withdrawals);
        if let Some(count) = self.waiting.get_mut(lane_index(item.lane)) {
            *count = count.saturating_sub(1);
        }
        if let Some(count) = self.running.get_mut(lane_index(item.lane)) {
            *count += 1;
        }
        let queue = self.queues.get_mut(item.queue)?;
        queue.busy = true;
        if let Some(ready) = queue.ready.get_mut(&item.lane) {
            ready.remove(&(item.rank, at));
        }
        if let Some(count) = self.in_lane.get_mut(lane_index(item.lane)) {
            *count += 1;
        }
        Some(at)
    }

    /// The smallest goes first.
    fn urgency(&self, queue: &Queue, (rank, at): (u8, usize)) -> (u8, Reverse<u64>, Reverse<bool>, Reverse<u64>) {
        // Were all places always taken, this much would be left for each.
        let share = self.left / u64::try_from(self.capacity.iter().sum::<usize>()).unwrap_or(1).max(1);
        let critical = if queue.left * 5 >= share * 4 { queue.left } else { 0 };
        let begun = self.parts.get(self.part(at)).is_some_and(|part| part.begun);
        (rank, Reverse(critical), Reverse(begun), Reverse(queue.left))
    }

    /// Operations that will probably be the next to begin, at most `most`.
    pub(crate) fn upcoming(&self, most: usize) -> Vec<usize> {
        let heads = self.queues.iter().flat_map(|queue| {
            let ready = queue.ready.values().flat_map(move |ready| ready.iter().take(2));
            ready.map(|head| (queue.busy, self.urgency(queue, *head), head.1))
        });
        let mut heads: Vec<_> = heads.collect();
        if heads.len() > most {
            heads.select_nth_unstable(most);
            heads.truncate(most);
        }
        heads.into_iter().map(|(_, _, at)| at).collect()
    }

    /// AWS is done with the operation, however it ended: its queue and its place in the lane are free.
    pub(crate) fn leave_place(&mut self, at: usize) {
        let Some(item) = self.items.get_mut(at) else { return };
        if std::mem::take(&mut item.in_place)
            && let Some(count) = self.in_lane.get_mut(lane_index(item.lane))
        {
            *count = count.saturating_sub(1);
        }
        if std::mem::take(&mut item.in_queue) {
            if let Some(queue) = self.queues.get_mut(item.queue) {
                queue.busy = false;
                queue.left = queue.left.saturating_sub(weight(item.lane));
            }
            self.left = self.left.saturating_sub(weight(item.lane));
        }
    }

    /// It is known how the operation ended.
    pub(crate) fn release(&mut self, at: usize) {
        self.leave_place(at);
        let Some(item) = self.items.get_mut(at).filter(|item| item.phase == Phase::Running) else { return };
        item.phase = Phase::Ended;
        if let Some(count) = self.running.get_mut(lane_index(item.lane)) {
            *count = count.saturating_sub(1);
        }
        if let Some(part) = self.parts.get_mut(item.part) {
            part.outstanding = part.outstanding.saturating_sub(1);
            self.unread_parts -= usize::from(part.outstanding == 0).min(self.unread_parts);
        }
    }

    /// The operation ended at AWS. Answers the parts that should be read now, because operations wait for nothing but
    /// that.
    pub(crate) fn ended(&mut self, at: usize) -> Vec<usize> {
        let mut urgent = Vec::new();
        let dependents = self.items.get(at).map(|item| item.dependents.clone()).unwrap_or_default();
        for dependent in dependents {
            let Some(item) = self.items.get_mut(dependent) else { continue };
            item.unended_needs = item.unended_needs.saturating_sub(1);
            if item.unended_needs > 0 || item.phase != Phase::Waiting {
                continue;
            }
            let needs = item.needs.clone();
            urgent.extend(
                needs
                    .into_iter()
                    .filter_map(|need| self.items.get(need))
                    .filter(|need| need.phase == Phase::Ended)
                    .map(|need| need.part),
            );
        }
        urgent.sort_unstable();
        urgent.dedup();
        urgent
    }

    /// What the operation wanted is so: what needs it may come nearer.
    pub(crate) fn finish_well(&mut self, at: usize) {
        let Some(item) = self.items.get_mut(at) else { return };
        if item.phase == Phase::Ended {
            self.active = self.active.saturating_sub(1);
        }
        item.phase = Phase::Finished;
        for dependent in item.dependents.clone() {
            let Some(waiting) = self.items.get_mut(dependent) else { continue };
            waiting.unverified_needs = waiting.unverified_needs.saturating_sub(1);
            if waiting.unverified_needs == 0 && waiting.phase == Phase::Waiting {
                self.make_ready(dependent);
            }
        }
    }

    /// The operation did not come to a good end. Answers what needs it, directly or through others, with the operation
    /// each of them directly needs: none of these can be done any more.
    pub(crate) fn finish_badly(&mut self, at: usize) -> Vec<(usize, usize)> {
        let mut lost = Vec::new();
        let mut open = vec![at];
        if self.items.get(at).is_some_and(|item| item.phase == Phase::Waiting) {
            self.drop_waiting(at);
        }
        if let Some(item) = self.items.get_mut(at) {
            if item.phase == Phase::Ended {
                self.active = self.active.saturating_sub(1);
            }
            item.phase = Phase::Finished;
        }
        while let Some(cause) = open.pop() {
            let dependents = self.items.get(cause).map(|item| item.dependents.clone()).unwrap_or_default();
            for dependent in dependents {
                if self.phase(dependent) == Some(Phase::Waiting) {
                    self.drop_waiting(dependent);
                    lost.push((dependent, cause));
                    open.push(dependent);
                }
            }
        }
        lost
    }

    /// Whether all operations have begun.
    pub(crate) fn nothing_waits(&self) -> bool {
        self.waiting == [0; 3]
    }

    /// What is still to be done, without readings of parts in which nothing more will end.
    pub(crate) fn workload(&self) -> Workload {
        let (waiting, running) = (self.waiting.iter().sum::<usize>(), self.running.iter().sum::<usize>());
        let [_, waiting_assignments, waiting_provisionings] = self.waiting;
        let [_, assignments_in_place, provisionings_in_place] = self.in_lane;
        Workload {
            // Sent and asked about; those that run were sent.
            calls: number(2 * waiting + running + self.withdrawals + self.unread_parts),
            // AWS is done with those that left their place.
            assignments: number(waiting_assignments + assignments_in_place),
            provisionings: number(waiting_provisionings + provisionings_in_place),
            longest_queue: number(usize::try_from(self.longest_queue()).unwrap_or(usize::MAX)),
        }
    }

    /// Operations that run or are to be verified.
    pub(crate) fn active(&self) -> usize {
        self.active
    }

    fn drop_waiting(&mut self, at: usize) {
        let Some(item) = self.items.get_mut(at) else { return };
        item.phase = Phase::Finished;
        self.withdrawals -= usize::from(item.rank == 0).min(self.withdrawals);
        if let Some(count) = self.waiting.get_mut(lane_index(item.lane)) {
            *count = count.saturating_sub(1);
        }
        self.left = self.left.saturating_sub(weight(item.lane));
        if let Some(queue) = self.queues.get_mut(item.queue) {
            queue.left = queue.left.saturating_sub(weight(item.lane));
            if let Some(ready) = queue.ready.get_mut(&item.lane) {
                ready.remove(&(item.rank, at));
            }
        }
        if let Some(part) = self.parts.get_mut(item.part) {
            part.outstanding = part.outstanding.saturating_sub(1);
            self.unread_parts -= usize::from(part.outstanding == 0).min(self.unread_parts);
        }
    }

    fn make_ready(&mut self, at: usize) {
        let Some(item) = self.items.get(at) else { return };
        let (queue, lane, rank) = (item.queue, item.lane, item.rank);
        if let Some(queue) = self.queues.get_mut(queue) {
            queue.ready.entry(lane).or_default().insert((rank, at));
        }
    }
}
