//! Which thread reads which objects: those of one account go to one thread as far as possible, so that what is known of a
//! principal is held once, and near.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::Source;
use crate::path::ObjectPath;
use crate::tally::Order;

/// The objects of each thread in the order in which it reads them, and how far each thread is.
#[derive(Debug)]
pub(super) struct Shares(Vec<(Vec<usize>, AtomicUsize)>);

/// So many threads read large objects at the same time. The first ones begin with them, while the tables are small; were it all of
/// them, many threads would take the memory of their buffers at once.
const AT_ONCE: usize = 2;

/// An object that is larger comes before all others in [`Order::Near`].
const LARGE_BYTES: u64 = 2 << 20;

impl Shares {
    pub(super) fn new(source: &dyn Source, threads: usize, order: Order) -> Self {
        let sizes: Vec<u64> = (0..source.count()).map(|number| source.size_bytes(number)).collect();
        let size_of = |number: &usize| sizes.get(*number).copied().unwrap_or(0);
        let fair = sizes.iter().sum::<u64>() / threads.max(1) as u64;
        let mut groups: Vec<(u64, Vec<usize>)> = Vec::new();
        for (numbers, is_account) in by_account(source) {
            let bytes: u64 = numbers.iter().map(size_of).sum();
            if is_account && bytes <= fair {
                groups.push((bytes, numbers));
            } else {
                groups.extend(numbers.into_iter().map(|number| (size_of(&number), vec![number])));
            }
        }
        groups.sort_by(|left, right| (right.0, &left.1).cmp(&(left.0, &right.1)));
        let mut shares: Vec<(u64, Vec<usize>)> = vec![(0, Vec::new()); threads.max(1)];
        for (bytes, numbers) in groups {
            if let Some(least) = shares.iter_mut().min_by_key(|share| share.0) {
                // Objects of no known size cost something, too.
                least.0 += bytes + numbers.len() as u64;
                least.1.extend(numbers);
            }
        }
        let threads = shares.len();
        let orders = shares.into_iter().enumerate().map(|(thread, (bytes, mut numbers))| {
            numbers.sort_by_key(|number| (std::cmp::Reverse(size_of(number)), *number));
            let near = match order {
                Order::LargestFirst => Vec::new(),
                Order::Near => numbers.split_off(numbers.partition_point(|number| size_of(number) > LARGE_BYTES)),
            };
            let mut all = peaked(&numbers, size_of, bytes * (thread / AT_ONCE * AT_ONCE) as u64 / threads as u64);
            all.extend(in_their_order(source, near));
            all
        });
        Self(orders.map(|numbers| (numbers, AtomicUsize::new(0))).collect())
    }

    /// The next object of a thread: one of its own, then one of somebody else's.
    pub(super) fn next(&self, thread: usize) -> Option<usize> {
        let (before, from) = self.0.split_at_checked(thread)?;
        from.iter().chain(before).find_map(|(numbers, next)| {
            // Never far behind the end: a thread asks each share once in vain.
            numbers.get(next.fetch_add(1, Ordering::Relaxed)).copied()
        })
    }
}

/// By name: those of an account and a region follow each other, in the order of time.
fn in_their_order(source: &dyn Source, mut numbers: Vec<usize>) -> Vec<usize> {
    numbers.sort_by(|left, right| source.name(*left).cmp(source.name(*right)));
    numbers
}

/// From the largest first to the largest after so many bytes: sizes go up to there, and down again. If threads have their large
/// objects at different times, memory for all of them at once is not needed, and all end with small ones, about together.
fn peaked(largest_first: &[usize], size_of: impl Fn(&usize) -> u64, bytes_before: u64) -> Vec<usize> {
    let (mut before, mut after) = (Vec::new(), Vec::new());
    let (mut bytes_there, mut bytes_passed) = (0, 0);
    let total: u64 = largest_first.iter().map(&size_of).sum();
    for number in largest_first {
        // Each size goes to both sides in the measure in which they are to be filled.
        bytes_passed += size_of(number);
        if u128::from(bytes_there) * u128::from(total) < u128::from(bytes_passed) * u128::from(bytes_before) {
            bytes_there += size_of(number);
            before.push(*number);
        } else {
            after.push(*number);
        }
    }
    before.reverse();
    before.extend(after);
    before
}

/// Objects of each account, and of each region where an account has most of them; those whose names tell no account as the last, with false.
fn by_account(source: &dyn Source) -> Vec<(Vec<usize>, bool)> {
    let mut accounts: BTreeMap<&str, BTreeMap<&str, Vec<usize>>> = BTreeMap::new();
    let mut others = Vec::new();
    for number in 0..source.count() {
        let path = ObjectPath::parse(source.name(number));
        match path.account {
            Some(account) => {
                let regions = accounts.entry(account).or_default();
                regions.entry(path.region.unwrap_or_default()).or_default().push(number);
            }
            None => others.push(number),
        }
    }
    let total = source.count();
    let mut groups = Vec::new();
    for regions in accounts.into_values() {
        if regions.values().map(Vec::len).sum::<usize>() * 3 > total {
            groups.extend(regions.into_values().map(|numbers| (numbers, true)));
        } else {
            groups.push((regions.into_values().flatten().collect(), true));
        }
    }
    groups.push((others, false));
    groups
}

#[cfg(test)]
mod tests {
    use super::Shares;
    use crate::Source;
    use crate::tally::Order;

    struct Named(Vec<(String, u64)>);

    impl Source for Named {
        fn count(&self) -> usize {
            self.0.len()
        }
        fn name(&self, number: usize) -> &str {
            &self.0[number].0
        }
        fn size_bytes(&self, number: usize) -> u64 {
            self.0[number].1
        }
        fn read(&self, _number: usize, _into: &mut Vec<u8>) -> Result<(), String> {
            Ok(())
        }
    }

    #[test]
    fn large_objects_are_not_read_all_at_once() {
        let sizes: Vec<u64> = (1..=100).map(|number| 1_000_000 / (number + 10)).collect();
        let numbers: Vec<usize> = (0..sizes.len()).collect();
        let size_of = |number: &usize| sizes[*number];
        assert_eq!(super::peaked(&numbers, size_of, 0), numbers);
        let total: u64 = sizes.iter().sum();
        for part in 1..4 {
            let order = super::peaked(&numbers, size_of, total * part / 4);
            let largest = order.iter().position(|number| *number == 0).unwrap();
            let mut sorted = order.clone();
            sorted.sort_unstable();
            assert_eq!(sorted, numbers);
            assert!(order[..=largest].is_sorted_by_key(|number| sizes[*number]), "{order:?}");
            assert!(order[largest..].is_sorted_by_key(|number| std::cmp::Reverse(sizes[*number])), "{order:?}");
            assert!(largest > 0 && largest < 99, "{part}: {largest}");
        }
    }

    #[test]
    fn two_threads_at_a_time_hold_large_objects() {
        let source = Named((1..=400).map(|number| (format!("{number}.json"), 1_000_000 / (number + 40))).collect());
        let shares = Shares::new(&source, 6, Order::LargestFirst);
        let places = shares.0.iter().map(|(numbers, _)| {
            let size_of = |number: &usize| source.0[*number].1;
            let total: u64 = numbers.iter().map(size_of).sum();
            let largest = (0..numbers.len()).max_by_key(|place| size_of(&numbers[*place])).unwrap();
            numbers[..largest].iter().map(size_of).sum::<u64>() * 6 / total
        });
        // In sixths of what the thread reads; a little before it where the largest object is itself a good part.
        let places: Vec<u64> = places.collect();
        assert_eq!((places[0], places[1]), (0, 0), "{places:?}");
        assert!(places[2..4].iter().all(|place| (1..=2).contains(place)), "{places:?}");
        assert!(places[4..].iter().all(|place| (3..=4).contains(place)), "{places:?}");
    }

    #[test]
    fn near_objects_follow_each_other_behind_the_large_ones() {
        let source =
            Named((0..40_u64).map(|number| (format!("{:02}.json", number * 7 % 40), number * 70_000)).collect());
        let shares = Shares::new(&source, 1, Order::Near);
        let read: Vec<&(String, u64)> = std::iter::from_fn(|| shares.next(0)).map(|number| &source.0[number]).collect();
        let (large, others) = read.split_at(10);
        assert!(large.is_sorted_by_key(|(_, size)| std::cmp::Reverse(*size)) && large[9].1 > super::LARGE_BYTES);
        assert!(others.is_sorted() && others.len() == 30, "{others:?}");
    }

    #[test]
    fn every_object_is_read_once_and_accounts_stay_together() {
        let names = (0..240_u64).map(|number| {
            let account = 111_122_223_333 + number % 12;
            let name = format!(
                "AWSLogs/{account}/CloudTrail/eu-west-1/2026/03/02/{account}_CloudTrail_eu-west-1_20260302T1105Z_{number:016}.json.gz"
            );
            (if number < 12 { format!("{number}.json") } else { name }, number * 7 % 100)
        });
        let source = Named(names.collect());
        for (threads, order) in
            [1, 2, 3, 16, 400].map(|threads| [(threads, Order::LargestFirst), (threads, Order::Near)]).concat()
        {
            let shares = Shares::new(&source, threads, order);
            let mut read: Vec<usize> = Vec::new();
            // The last thread does all of it.
            while let Some(number) = shares.next(threads - 1) {
                read.push(number);
            }
            assert!((0..threads).all(|thread| shares.next(thread).is_none()));
            read.sort_unstable();
            assert_eq!(read, (0..240).collect::<Vec<_>>());
        }
        let shares = Shares::new(&source, 3, Order::Near);
        for account in 0..12 {
            let holders = shares
                .0
                .iter()
                .filter(|(numbers, _)| numbers.iter().any(|number| *number >= 12 && number % 12 == account));
            assert_eq!(holders.count(), 1, "{account}");
        }
        let bytes: Vec<u64> =
            shares.0.iter().map(|(numbers, _)| numbers.iter().map(|number| source.0[*number].1).sum()).collect();
        assert!(bytes.iter().max().unwrap() * 10 < bytes.iter().min().unwrap() * 13, "{bytes:?}");
    }
}
