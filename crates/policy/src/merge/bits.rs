//! Sets of small numbers, and sorted lists of them.

/// A set of numbers, as bits.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Bits(Vec<u64>);

impl Bits {
    pub(super) fn insert(&mut self, number: usize) {
        let word = number / 64;
        if word >= self.0.len() {
            self.0.resize(word + 1, 0);
        }
        if let Some(word) = self.0.get_mut(word) {
            *word |= 1 << (number % 64);
        }
    }

    pub(super) fn contains(&self, number: usize) -> bool {
        self.0.get(number / 64).is_some_and(|word| word & (1 << (number % 64)) != 0)
    }

    pub(super) fn add(&mut self, other: &Self) {
        if other.0.len() > self.0.len() {
            self.0.resize(other.0.len(), 0);
        }
        self.0.iter_mut().zip(&other.0).for_each(|(word, other)| *word |= other);
    }
}

/// The numbers of both sorted lists, sorted, each once.
pub(super) fn union(one: &[usize], other: &[usize]) -> Vec<usize> {
    let mut all = Vec::with_capacity(one.len() + other.len());
    all.extend(one.iter().chain(other));
    all.sort_unstable();
    all.dedup();
    all
}

/// Whether all numbers of one sorted list are in the other.
pub(super) fn is_subset(few: &[usize], many: &[usize]) -> bool {
    let mut many = many.iter();
    few.iter().all(|number| many.by_ref().find(|other| *other >= number) == Some(number))
}
