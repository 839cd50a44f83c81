//! Members by their names, found with one comparison where they stand as CloudTrail writes them: unescaped, no white space before
//! the colon.

/// Places in a table: a power of two.
const PLACES: usize = 256;
/// The longest name with its quote and colon.
const LONGEST: usize = 32;

/// Names and what each stands for, by a perfect hash of their first bytes.
#[derive(Debug)]
pub(crate) struct Known {
    multiplier: u64,
    /// Which of the first eight bytes are hashed.
    head: u64,
    places: [Place; PLACES],
}

/// A name, its quote and its colon; in one line of the cache.
#[derive(Debug, Clone, Copy)]
#[repr(align(64))]
pub(crate) struct Place {
    pub(crate) text: [u8; LONGEST],
    /// A bit for each byte of the text that counts.
    pub(crate) mask: u32,
    pub(crate) member: u8,
}

/// Stands in no text of JSON, so that nothing is like it.
const NOBODY: Place = Place { text: [0xff; LONGEST], mask: 1, member: 0 };

impl Known {
    /// A table of these names, of which the first `head_bytes` bytes (with the quote and colon) are all different.
    #[expect(
        clippy::indexing_slicing,
        reason = "runs when this is compiled, so that what is out of bounds is an error then"
    )]
    pub(crate) const fn new<const N: usize>(names: [(&str, u8); N], head_bytes: u32) -> Self {
        let head = if head_bytes >= 8 { u64::MAX } else { (1 << (8 * head_bytes)) - 1 };
        let mut multiplier: u64 = 0x9e37_79b9_7f4a_7c15;
        let mut named = [NOBODY; N];
        let mut at = 0;
        while at < N {
            named[at] = place(names[at].0, names[at].1);
            at += 1;
        }
        loop {
            let known = Self { multiplier, head, places: [NOBODY; PLACES] };
            let mut taken = [false; PLACES];
            let mut at = 0;
            while at < N && !taken[known.number(named[at].first_bytes())] {
                taken[known.number(named[at].first_bytes())] = true;
                at += 1;
            }
            if at == N {
                return known.filled(&named);
            }
            multiplier = multiplier.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f) | 1;
        }
    }

    #[expect(clippy::indexing_slicing, reason = "runs when this is compiled")]
    const fn filled<const N: usize>(mut self, named: &[Place; N]) -> Self {
        let mut at = 0;
        while at < N {
            let number = self.number(named[at].first_bytes());
            self.places[number] = named[at];
            at += 1;
        }
        self
    }

    const fn number(&self, first: u64) -> usize {
        ((first & self.head).wrapping_mul(self.multiplier) >> 56) as usize
    }

    /// The only name that can stand here.
    #[inline(always)]
    pub(crate) fn candidate(&self, bytes: &[u8; LONGEST]) -> &Place {
        let first = bytes.first_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes));
        self.places.get(self.number(first)).unwrap_or(&NOBODY)
    }
}

impl Place {
    const fn first_bytes(&self) -> u64 {
        let text = &self.text;
        u64::from_le_bytes([text[0], text[1], text[2], text[3], text[4], text[5], text[6], text[7]])
    }
}

#[expect(
    clippy::indexing_slicing,
    reason = "runs when this is compiled, so that what is out of bounds is an error then"
)]
const fn place(name: &str, member: u8) -> Place {
    let bytes = name.as_bytes();
    let mut text = [0; LONGEST];
    let mut at = 0;
    while at < bytes.len() {
        text[at] = bytes[at];
        at += 1;
    }
    text[at] = b'"';
    text[at + 1] = b':';
    Place { text, mask: u32::MAX >> (LONGEST - at - 2), member }
}
