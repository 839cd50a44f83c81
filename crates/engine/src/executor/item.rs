//! What the schedule knows of each operation, each queue and each part.

use std::collections::{BTreeMap, BTreeSet};

use model::change::Lane;

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
pub(super) struct Item {
    pub(super) phase: Phase,
    pub(super) lane: Lane,
    pub(super) queue: usize,
    pub(super) part: usize,
    /// 0 for what takes access away, 1 for what that waits for.
    pub(super) rank: u8,
    /// Needs that are not verified yet.
    pub(super) unverified_needs: usize,
    /// Needs that have not ended at AWS yet.
    pub(super) unended_needs: usize,
    pub(super) needs: Vec<usize>,
    pub(super) dependents: Vec<usize>,
    /// Whether it counts in its lane.
    pub(super) in_place: bool,
    /// Whether its queue is its own.
    pub(super) in_queue: bool,
    /// What it relies on is still to be read: until then it takes no place.
    pub(super) unlooked: bool,
}

#[derive(Debug, Default)]
pub(super) struct Queue {
    pub(super) busy: bool,
    /// Work that is left, weighted by how long each kind takes.
    pub(super) left: u64,
    pub(super) ready: BTreeMap<Lane, BTreeSet<(u8, usize)>>,
}

/// Parts of AWS that verify operations, each read once for many.
#[derive(Debug, Default)]
pub(super) struct PartUse {
    /// Operations whose end will show in the part and has not come yet.
    pub(super) outstanding: usize,
    /// Whether one has begun.
    pub(super) begun: bool,
}

pub(super) fn lane_index(lane: Lane) -> usize {
    match lane {
        Lane::Direct => 0,
        Lane::Assignment => 1,
        Lane::Provisioning => 2,
    }
}

pub(super) fn weight(lane: Lane) -> u64 {
    match lane {
        Lane::Direct => 1,
        Lane::Assignment => 10,
        Lane::Provisioning => 13,
    }
}

/// Who is needed for taking access away is nearly as urgent as that.
pub(super) fn hasten_what_withdrawals_need(items: &mut [Item]) {
    let mut open: Vec<usize> =
        items.iter().filter(|item| item.rank == 0).flat_map(|item| item.needs.iter().copied()).collect();
    while let Some(at) = open.pop() {
        if let Some(item) = items.get_mut(at).filter(|item| item.rank > 1) {
            item.rank = 1;
            open.extend(item.needs.iter().copied());
        }
    }
}
