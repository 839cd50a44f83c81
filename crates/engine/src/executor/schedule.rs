//! Which operation is next. Pure: no time, no I/O.
//!
//! Operations on roles of one account wait in that account's queue and run one at a time; changes of one permission set
//! likewise. Among the heads of the free queues a withdrawal of access goes first, then what a withdrawal waits for. Then comes whatever stands in a queue
//! so long that the run could end late because of it, longest first; then what belongs to a part that others of have
//! ended, so that one reading soon verifies them all; then the longest queue.

use std::cmp::Reverse;
use std::collections::HashMap;

use model::change::{Change, Lane};
use model::claim::Part;
use model::iam_user::IamUserRef;
use model::id::{AccountId, PermissionSetName};
use model::operation::Operation;

pub(crate) use crate::executor::item::Phase;
use crate::executor::item::{Item, PartUse, Queue, hasten_what_withdrawals_need, lane_index, weight};
use crate::limits::Limits;
use crate::pacing::Workload;
use crate::parts::without_arn;

/// Most operations of a queue that are passed over because what they rely on is still to be read.
const PASSED_OVER: usize = 8;

/// Withdrawals that wait for nothing any more from which on they go before what others wait for. Meanwhile requests in
/// flight are nearly all of one kind, and one of AWS's lists tells of them.
const GATHERED: usize = 90;

/// Of two, the smaller goes first.
type Urgency = (u8, Reverse<u64>, Reverse<bool>, Reverse<u64>);

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
    /// Withdrawals that wait for nothing, and what others wait for and has not begun.
    ready_withdrawals: usize,
    waited_for: usize,
    /// Withdrawals give way to what others wait for, until enough have gathered.
    gathering: bool,
    /// Parts in which operations that have not ended will show.
    unread_parts: usize,
}

#[derive(PartialEq, Eq, PartialOrd, Ord, Hash)]
enum QueueName<'a> {
    Account(&'a AccountId),
    Set(&'a PermissionSetName),
    IamUser(Option<&'a IamUserRef>),
}

impl<'a> QueueName<'a> {
    fn of(change: &'a Change) -> Self {
        match (change.account(), change.set()) {
            (Some(account), _) => Self::Account(account),
            (None, Some(set)) => Self::Set(&set.name),
            (None, None) => Self::IamUser(change.iam_user()),
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
fn number(count: usize) -> f64 {
    count as f64
}

impl Schedule {
    /// The order for these operations. The second value names operations that need one which is not in the plan.
    /// `looks_first`: those that begin only after [`Schedule::looked`].
    pub(crate) fn new(
        operations: &[Operation],
        limits: &Limits,
        looks_first: impl Fn(&Operation) -> bool,
    ) -> (Self, Vec<usize>) {
        let index: HashMap<_, usize> = operations.iter().zip(0..).map(|(operation, at)| (&operation.id, at)).collect();
        let mut queue_names: HashMap<QueueName<'_>, usize> = HashMap::new();
        let mut part_names: HashMap<Part, usize> = HashMap::new();
        let mut queues: Vec<Queue> = Vec::new();
        let mut parts: Vec<PartUse> = Vec::new();
        let mut broken = Vec::new();
        let mut items: Vec<Item> = Vec::with_capacity(operations.len());
        for (operation, at) in operations.iter().zip(0..) {
            let name = QueueName::of(&operation.change);
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
                unlooked: looks_first(operation),
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
            ready_withdrawals: 0,
            waited_for: 0,
            gathering: false,
            unread_parts: 0,
        };
        schedule.unread_parts = schedule.parts.len();
        for item in &schedule.items {
            schedule.withdrawals += usize::from(item.rank == 0);
            schedule.waited_for += usize::from(item.rank == 1);
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

    /// Whether others wait for the operation.
    pub(crate) fn is_needed(&self, at: usize) -> bool {
        self.items.get(at).is_some_and(|item| !item.dependents.is_empty())
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
        let places = self.capacity.get(lane_index(Lane::Assignment)).copied().unwrap_or(1);
        let least = if self.gathering { GATHERED } else { places };
        self.gathering = self.waited_for > 0 && self.ready_withdrawals < least;
        let taken = self.in_lane.get(lane_index(Lane::Assignment)).copied().unwrap_or(0);
        let only_withdrawals = places.saturating_sub(taken) <= self.kept_free();
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
        let queues = self.queues.iter().filter(|queue| !queue.busy);
        let heads = queues.filter_map(|queue| self.head(queue, &free, only_withdrawals));
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
        self.ready_withdrawals -= usize::from(item.rank == 0).min(self.ready_withdrawals);
        self.waited_for -= usize::from(item.rank == 1).min(self.waited_for);
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

    /// What is most urgent in a queue, of that which may begin.
    fn head(&self, queue: &Queue, free: &[Lane], only_withdrawals: bool) -> Option<(Urgency, usize)> {
        // What is looked at is about to begin: nothing of its queue goes before it.
        let withdrawals_first = !self.gathering && self.is_led_by_withdrawal(queue);
        let mut heads = Vec::new();
        for lane in free {
            let Some(ready) = queue.ready.get(lane) else { continue };
            let gives_way = withdrawals_first || (only_withdrawals && *lane == Lane::Assignment);
            let may_begin = ready.iter().take(PASSED_OVER).filter(|(rank, at)| {
                self.items.get(*at).is_some_and(|item| !item.unlooked) && (*rank == 0 || !gives_way)
            });
            heads.extend(may_begin.map(|head| (self.urgency(queue, *head), head.1)));
        }
        heads.into_iter().min()
    }

    fn is_led_by_withdrawal(&self, queue: &Queue) -> bool {
        queue.ready.get(&Lane::Assignment).and_then(|ready| ready.first()).is_some_and(|(rank, _)| *rank == 0)
    }

    /// Places kept free for withdrawals of which only what they rely on is still to be read.
    fn kept_free(&self) -> usize {
        if self.gathering {
            return 0;
        }
        self.queues.iter().filter(|queue| !queue.busy && self.is_led_by_withdrawal(queue)).count()
    }

    /// What the operation relies on was read.
    pub(crate) fn looked(&mut self, at: usize) {
        if let Some(item) = self.items.get_mut(at) {
            item.unlooked = false;
        }
    }

    /// The smallest goes first.
    fn urgency(&self, queue: &Queue, (rank, at): (u8, usize)) -> Urgency {
        // Were all places always taken, this much would be left for each.
        let share = self.left / u64::try_from(self.capacity.iter().sum::<usize>()).unwrap_or(1).max(1);
        let critical = if queue.left * 5 >= share * 4 { queue.left } else { 0 };
        let begun = self.parts.get(self.part(at)).is_some_and(|part| part.begun);
        // What others wait for is of rank 1.
        let rank = if self.gathering && rank < 2 { 1 - rank } else { rank };
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
            calls: number(waiting + self.withdrawals + self.unread_parts),
            questions: number(waiting + running),
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
        self.ready_withdrawals -= usize::from(item.rank == 0 && item.unverified_needs == 0).min(self.ready_withdrawals);
        self.waited_for -= usize::from(item.rank == 1).min(self.waited_for);
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
            self.ready_withdrawals += usize::from(queue.ready.entry(lane).or_default().insert((rank, at)) && rank == 0);
        }
    }
}
