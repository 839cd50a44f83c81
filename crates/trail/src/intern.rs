//! Numbers for texts, within one thread.

use hashbrown::HashTable;

use crate::hash::{hash, is_same, join};

/// A byte that stands in no text.
pub(crate) const BETWEEN: u8 = 0xff;

/// Texts and their numbers, in the order in which they came.
#[derive(Debug, Default)]
pub(crate) struct Interner {
    index: HashTable<u32>,
    ends: Vec<(u64, usize)>,
    texts: Vec<u8>,
}

impl Interner {
    /// The number of the text, a new one where it was not there.
    #[inline]
    pub(crate) fn number(&mut self, text: &[u8]) -> u32 {
        self.number_of(hash(text), text)
    }

    /// The number of two texts with [`BETWEEN`] between them.
    #[inline]
    pub(crate) fn number_of_pair(&mut self, first: &[u8], second: &[u8]) -> u32 {
        let wanted = join(hash(first), hash(second));
        let (ends, texts) = (&self.ends, &self.texts);
        let same = |number: &u32| {
            ends.get(*number as usize).is_some_and(|(hash, _)| *hash == wanted)
                && slice(ends, texts, *number).split_at_checked(first.len()).is_some_and(|(left, right)| {
                    is_same(left, first)
                        && right
                            .split_first()
                            .is_some_and(|(between, right)| *between == BETWEEN && is_same(right, second))
                })
        };
        if let Some(found) = self.index.find(wanted, same) {
            return *found;
        }
        let joined = [first, &[BETWEEN], second].concat();
        self.insert(wanted, &joined)
    }

    #[inline]
    fn number_of(&mut self, wanted: u64, text: &[u8]) -> u32 {
        let (ends, texts) = (&self.ends, &self.texts);
        let same = |number: &u32| {
            ends.get(*number as usize).is_some_and(|(hash, _)| *hash == wanted)
                && is_same(slice(ends, texts, *number), text)
        };
        if let Some(found) = self.index.find(wanted, same) {
            return *found;
        }
        self.insert(wanted, text)
    }

    #[cold]
    #[inline(never)]
    fn insert(&mut self, wanted: u64, text: &[u8]) -> u32 {
        // Four thousand million different texts do not fit into memory.
        let number = u32::try_from(self.ends.len()).unwrap_or(u32::MAX);
        self.texts.extend_from_slice(text);
        self.ends.push((wanted, self.texts.len()));
        let ends = &self.ends;
        self.index.insert_unique(wanted, number, |number| ends.get(*number as usize).map_or(0, |(hash, _)| *hash));
        number
    }

    /// Takes in all of another and says which number each of its texts has here.
    pub(crate) fn absorb(&mut self, other: &Self) -> Vec<u32> {
        let numbers = 0..u32::try_from(other.ends.len()).unwrap_or(u32::MAX);
        numbers
            .map(|number| {
                let wanted = other.ends.get(number as usize).map_or(0, |(hash, _)| *hash);
                self.number_of(wanted, slice(&other.ends, &other.texts, number))
            })
            .collect()
    }
}

#[inline(always)]
fn slice<'a>(ends: &[(u64, usize)], texts: &'a [u8], number: u32) -> &'a [u8] {
    let at = number as usize;
    let start = at.checked_sub(1).and_then(|before| ends.get(before)).map_or(0, |(_, end)| *end);
    let end = ends.get(at).map_or(start, |(_, end)| *end);
    texts.get(start..end).unwrap_or_default()
}

/// A set of numbers, small ones without memory of their own.
#[derive(Debug, Default)]
pub(crate) struct Numbers {
    few: [u32; Self::FEW],
    count: u32,
    many: Option<Box<HashTable<u32>>>,
}

impl Numbers {
    const FEW: usize = 6;

    #[inline]
    pub(crate) fn insert(&mut self, number: u32) {
        match &mut self.many {
            None => {
                let held = self.few.get(..self.count as usize).unwrap_or_default();
                if held.contains(&number) {
                    return;
                }
                match self.few.get_mut(self.count as usize) {
                    Some(place) => {
                        *place = number;
                        self.count += 1;
                    }
                    None => self.spill(number),
                }
            }
            Some(many) => {
                if let hashbrown::hash_table::Entry::Vacant(place) =
                    many.entry(spread(number), |held| *held == number, |held| spread(*held))
                {
                    place.insert(number);
                }
            }
        }
    }

    #[cold]
    #[inline(never)]
    fn spill(&mut self, number: u32) {
        let mut many = HashTable::with_capacity(Self::FEW * 2 + 2);
        for held in self.few.into_iter().chain([number]) {
            many.insert_unique(spread(held), held, |held| spread(*held));
        }
        self.many = Some(Box::new(many));
    }

    pub(crate) fn len(&self) -> u64 {
        self.many.as_ref().map_or(u64::from(self.count), |many| many.len() as u64)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = u32> + '_ {
        let few = if self.many.is_none() { self.few.get(..self.count as usize) } else { None };
        few.unwrap_or_default().iter().chain(self.many.iter().flat_map(|many| many.iter())).copied()
    }
}

#[inline(always)]
fn spread(number: u32) -> u64 {
    let product = (u64::from(number) + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    product ^ (product >> 29)
}

#[cfg(test)]
mod tests {
    use super::{Interner, Numbers};

    #[test]
    fn equal_texts_have_equal_numbers() {
        let mut left = Interner::default();
        let numbers: Vec<u32> = ["a", "", "b", "a", ""].iter().map(|text| left.number(text.as_bytes())).collect();
        assert_eq!(numbers, [0, 1, 2, 0, 1]);
        let mut right = Interner::default();
        right.number(b"b");
        right.number(b"c");
        assert_eq!(left.absorb(&right), [2, 3]);
    }

    #[test]
    fn sets_grow_and_hold_each_number_once() {
        let mut numbers = Numbers::default();
        for number in (0..100).chain(0..100) {
            numbers.insert(number % 50);
        }
        assert_eq!(numbers.len(), 50);
        assert_eq!(numbers.iter().collect::<std::collections::BTreeSet<_>>().len(), 50);
    }
}
