//! Scans a text that comes in pieces: one that is too large to be held, or that has no known end.
//!
//! Held is what has come since the last whole record. A record that is not whole yet is looked at again once there is more, so
//! that the records are those of [`scan`](super::scan()) over the whole text.

use super::cursor::{Cursor, Damage};
use super::simd::{self, Portable, Simd};
use super::{Flaw, Record, Sink, Speed, document, next_line, next_record, read};

/// What stands where the text that was taken so far ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Place {
    /// A value at the top.
    #[default]
    Top,
    /// An element of a list of records; whether the list belongs to an object.
    Element { in_object: bool },
    /// What follows a member of the object that held a list of records.
    AfterMember,
    /// Nothing that is read.
    End,
}

/// A scan of pieces.
#[derive(Debug, Default)]
pub(crate) struct Pieces {
    place: Place,
    lists: u32,
    /// Bytes and values taken before.
    taken: usize,
    values: u64,
}

/// Where to go on; none where what begins here is not whole.
type Step = Option<usize>;

impl Pieces {
    /// Hands on the records of the text, as far as they are whole; how many bytes of it are done. The rest is wanted again, with more
    /// behind it. With `is_last` nothing comes after it, and all of it is done.
    pub(crate) fn scan<T: Sink>(&mut self, text: &[u8], is_last: bool, speed: Speed, sink: &mut T) -> usize {
        let mut sink = Shifted { sink, by: self.taken, is_one: false };
        #[cfg(target_arch = "x86_64")]
        if speed == Speed::Detected {
            if let Some(avx512) = simd::Avx512::detect() {
                return self.advance(text, is_last, avx512, &mut sink);
            }
            if let Some(avx2) = simd::Avx2::detect() {
                return self.advance(text, is_last, avx2, &mut sink);
            }
        }
        let _ = speed;
        self.advance(text, is_last, Portable, &mut sink)
    }

    /// Whether nothing more is read.
    pub(crate) fn is_over(&self) -> bool {
        self.place == Place::End
    }

    /// Gives up the record that the text begins with: it is too long to wait for its end. How many bytes are done with it.
    pub(crate) fn give_up<T: Sink>(&mut self, text: &[u8], sink: &mut T) -> usize {
        let next = match self.place {
            Place::Element { .. } => next_record(text, 1),
            _ => next_line(text, 0),
        };
        sink.flaw(if next.is_some() { Flaw::MalformedRecord } else { Flaw::TooLarge }, self.taken);
        if next.is_none() {
            self.place = Place::End;
        }
        let done = next.unwrap_or(text.len());
        self.taken += done;
        done
    }

    fn advance<S: Simd, T: Sink>(&mut self, text: &[u8], is_last: bool, simd: S, sink: &mut Shifted<'_, T>) -> usize {
        let mut record = Record::default();
        let mut at = 0;
        if self.taken == 0 {
            if text.len() < 3 && !is_last {
                return 0;
            }
            at = if text.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
        }
        loop {
            let mut cursor = Cursor::new(text, at, simd);
            cursor.space();
            at = cursor.at;
            if self.place == Place::End {
                at = text.len();
            }
            if at >= text.len() {
                if is_last && self.place == Place::Top && self.values == 0 {
                    sink.flaw(Flaw::Foreign, at);
                } else if is_last && !matches!(self.place, Place::Top | Place::End) {
                    sink.flaw(Flaw::Truncated, at);
                }
                break;
            }
            let step = match self.place {
                Place::Top => self.value(&mut cursor, is_last, sink),
                Place::Element { in_object } => self.element(&mut cursor, &mut record, in_object, is_last, sink),
                Place::AfterMember => self.after_member(&mut cursor, is_last, sink),
                Place::End => Some(text.len()),
            };
            match step {
                Some(next) => at = next,
                None => break,
            }
        }
        self.taken += at;
        at
    }

    /// A value at the top.
    fn value<S: Simd, T: Sink>(
        &mut self,
        cursor: &mut Cursor<'_, S>,
        is_last: bool,
        sink: &mut Shifted<'_, T>,
    ) -> Step {
        let begin = cursor.at;
        let list = match cursor.peek() {
            b'[' if self.values == 0 => {
                cursor.at += 1;
                Some(false)
            }
            b'{' if enters_records(cursor) => Some(true),
            b'{' => None,
            _ => {
                sink.flaw(if self.values == 0 { Flaw::Foreign } else { Flaw::TrailingBytes }, begin);
                self.place = Place::End;
                return Some(begin);
            }
        };
        if let Some(in_object) = list {
            cursor.space();
            if cursor.at >= cursor.bytes.len() && !is_last {
                return None;
            }
            self.values += 1;
            self.lists = u32::from(in_object);
            return Some(self.enter(cursor, in_object));
        }
        cursor.at = begin;
        let is_whole = cursor.skip().is_ok();
        if !is_whole && !is_last {
            return None;
        }
        let end = if is_whole { cursor.at } else { cursor.bytes.len() };
        let value = cursor.bytes.get(begin..end).unwrap_or_default();
        let (by, is_one) = (sink.by, sink.is_one);
        (sink.by, sink.is_one) = (by + begin, is_whole);
        document(value, cursor.simd, sink, 1);
        (sink.by, sink.is_one) = (by, is_one);
        self.values += 1;
        Some(end)
    }

    /// Behind the bracket of a list.
    fn enter<S: Simd>(&mut self, cursor: &mut Cursor<'_, S>, in_object: bool) -> usize {
        if cursor.peek() == b']' {
            cursor.at += 1;
            self.place = if in_object { Place::AfterMember } else { Place::Top };
        } else {
            self.place = Place::Element { in_object };
        }
        cursor.at
    }

    fn element<'a, S: Simd, T: Sink>(
        &mut self,
        cursor: &mut Cursor<'a, S>,
        record: &mut Record<'a>,
        in_object: bool,
        is_last: bool,
        sink: &mut Shifted<'_, T>,
    ) -> Step {
        let begin = cursor.at;
        let is_record = cursor.peek() == b'{';
        let outcome = if is_record { read::<S, Shifted<'_, T>>(record, cursor).map(drop) } else { cursor.skip() };
        if let Err(damage) = outcome {
            if damage.ended && !is_last {
                return None;
            }
            return self.mend(cursor.bytes, begin, damage, is_last, sink);
        }
        cursor.space();
        // The end of a word, too, is known only from what follows it.
        if cursor.at >= cursor.bytes.len() && !is_last {
            return None;
        }
        if is_record {
            sink.record(record);
        } else {
            sink.flaw(Flaw::NotARecord, begin);
        }
        let separator = *cursor;
        match cursor.another(b']') {
            // A comma and nothing after it: white space may follow in the next piece.
            Ok(true) => {}
            Ok(false) => self.place = if in_object { Place::AfterMember } else { Place::Top },
            Err(damage) => return self.stop(damage, sink),
        }
        Some(cursor.at.max(separator.at))
    }

    /// The next record after a damaged one.
    fn mend<T: Sink>(
        &mut self,
        bytes: &[u8],
        begin: usize,
        damage: Damage,
        is_last: bool,
        sink: &mut Shifted<'_, T>,
    ) -> Step {
        match next_record(bytes, begin + 1) {
            Some(next) => {
                sink.flaw(Flaw::MalformedRecord, begin);
                Some(next)
            }
            None if is_last => self.stop(damage, sink),
            None => None,
        }
    }

    fn stop<T: Sink>(&mut self, damage: Damage, sink: &mut Shifted<'_, T>) -> Step {
        sink.flaw(if damage.ended { Flaw::Truncated } else { Flaw::Malformed }, damage.at);
        self.place = Place::End;
        Some(damage.at)
    }

    /// Another member of the object, or its end.
    fn after_member<S: Simd, T: Sink>(
        &mut self,
        cursor: &mut Cursor<'_, S>,
        is_last: bool,
        sink: &mut Shifted<'_, T>,
    ) -> Step {
        let outcome = member(cursor);
        match outcome {
            Err(damage) if damage.ended && !is_last => None,
            Err(damage) => self.stop(damage, sink),
            Ok(Member::End) => {
                self.place = Place::Top;
                Some(cursor.at)
            }
            Ok(Member::Records) => {
                cursor.space();
                if cursor.at >= cursor.bytes.len() && !is_last {
                    return None;
                }
                self.lists += 1;
                if self.lists == 2 {
                    sink.flaw(Flaw::RepeatedRecords, cursor.at);
                }
                Some(self.enter(cursor, true))
            }
            // A number at the end of the piece may go on.
            Ok(Member::Other) if cursor.at >= cursor.bytes.len() && !is_last => None,
            Ok(Member::Other) => Some(cursor.at),
        }
    }
}

enum Member {
    Records,
    Other,
    End,
}

/// Passes `}`, or `,` and a member; of a list of records only its bracket.
fn member<S: Simd>(cursor: &mut Cursor<'_, S>) -> Result<Member, Damage> {
    if !cursor.another(b'}')? {
        return Ok(Member::End);
    }
    let key = cursor.key()?;
    if *key == *b"Records" && cursor.peek() == b'[' {
        cursor.at += 1;
        return Ok(Member::Records);
    }
    cursor.skip()?;
    Ok(Member::Other)
}

/// Goes behind `{"Records":[`, where that is what stands here, in whatever spacing.
fn enters_records<S: Simd>(cursor: &mut Cursor<'_, S>) -> bool {
    let begin = *cursor;
    let entered = cursor.enter().unwrap_or(false) && cursor.key().is_ok_and(|key| *key == *b"Records");
    if entered && cursor.peek() == b'[' {
        cursor.at += 1;
        return true;
    }
    *cursor = begin;
    false
}

/// Tells places of the whole text, from those in the piece.
struct Shifted<'s, T> {
    sink: &'s mut T,
    by: usize,
    /// One whole value is looked at: damage in it is damage of a record.
    is_one: bool,
}

impl<T: Sink> Sink for Shifted<'_, T> {
    const WHOLE: bool = T::WHOLE;

    #[inline]
    fn record(&mut self, record: &Record<'_>) {
        self.sink.record(record);
    }

    fn flaw(&mut self, flaw: Flaw, at_byte: usize) {
        let is_damage = matches!(flaw, Flaw::Malformed | Flaw::Truncated);
        self.sink.flaw(if self.is_one && is_damage { Flaw::MalformedRecord } else { flaw }, self.by + at_byte);
    }
}

#[cfg(test)]
mod tests {
    use super::Pieces;
    use crate::scan::{Flaw, Record, Sink, Speed, scan};
    use proptest::prelude::*;

    #[derive(Debug, Default, PartialEq)]
    struct Found {
        names: Vec<String>,
        flaws: Vec<Flaw>,
    }

    impl Sink for Found {
        const WHOLE: bool = true;
        fn record(&mut self, record: &Record<'_>) {
            self.names.push(record.core.name.map_or_else(String::new, |name| name.meant().into_owned()));
        }
        fn flaw(&mut self, flaw: Flaw, _at_byte: usize) {
            self.flaws.push(flaw);
        }
    }

    /// The text in pieces of these lengths, what is not done kept.
    fn in_pieces(text: &[u8], lengths: &[usize]) -> Found {
        let (mut found, mut pieces, mut held) = (Found::default(), Pieces::default(), Vec::new());
        let (mut rest, mut lengths) = (text, lengths.iter().cycle());
        loop {
            let (head, tail) = rest.split_at((*lengths.next().unwrap()).min(rest.len()));
            held.extend_from_slice(head);
            rest = tail;
            let is_last = rest.is_empty();
            let done = pieces.scan(&held, is_last, Speed::Detected, &mut found);
            held.drain(..done);
            if is_last {
                assert!(held.is_empty());
                return found;
            }
        }
    }

    fn documents() -> Vec<String> {
        let record = |name: &str| {
            format!(
                r#"{{"eventTime":"2026-03-02T11:05:11Z","eventSource":"s3","eventName":"{name}","requestParameters":{{"a":["}}",{{}}]}}}}"#
            )
        };
        let (a, b, c) = (record("a"), record("b\\\"é"), record("c"));
        vec![
            format!(r#"{{"Records":[{a},{b},{c}]}}"#),
            format!(r#" {{ "Records" : [ {a} , {b}, 12, null,{c} ] , "x" : {{"Records":[1]}}, "n": 12 }} "#),
            format!(r#"{{"Records":[]}}{{"Records":[{a}],"Records":[{b}]}}"#),
            format!("{a}\n{b}\r\n{c}\n"),
            format!("[{a},{b}]\n"),
            "[]".to_owned(),
            format!(r#"{{"x":1,"Records":[{a},{b}]}}"#),
            format!(
                "\u{feff}{{\"detail\":{a}}}\n{{\"Events\":[{{\"CloudTrailEvent\":\"{}\"}}]}}",
                c.replace('\\', "\\\\").replace('"', "\\\"")
            ),
            format!("{a} garbage"),
            format!(
                r#"{{"Records":[{a},{{"eventVersion" 1}},{{"eventVersion":"1","eventName":"d","eventTime":"","eventSource":""}}]}}"#
            ),
            "garbage".to_owned(),
            String::new(),
        ]
    }

    proptest! {
        #[test]
        fn pieces_give_what_the_whole_gives(which in 0..12_usize, cut in 0..1000_usize, lengths in proptest::collection::vec(1..80_usize, 1..8)) {
            let text = documents()[which].clone();
            let text = text.as_bytes();
            for text in [text, &text[..cut.min(text.len())]] {
                let mut whole = Found::default();
                scan(text, Speed::Portable, &mut whole);
                let found = in_pieces(text, &lengths);
                prop_assert_eq!(&found.names, &whole.names);
                prop_assert_eq!(found.flaws.is_empty(), whole.flaws.is_empty(), "{:?} {:?}", found.flaws, whole.flaws);
            }
        }
    }

    #[test]
    fn a_record_without_an_end_is_given_up() {
        let mut pieces = Pieces::default();
        let mut found = Found::default();
        let text = b"{\"eventTime\":[\n{\"eventTime\":\"2026-03-02T11:05:11Z\",\"eventName\":\"b\"}\n";
        assert_eq!(pieces.scan(text, false, Speed::Detected, &mut found), 0);
        let done = pieces.give_up(text, &mut found);
        assert_eq!(pieces.scan(&text[done..], true, Speed::Detected, &mut found), text.len() - done);
        assert_eq!((found.names, found.flaws), (vec!["b".to_owned()], vec![Flaw::MalformedRecord]));
        assert!(!pieces.is_over());
    }
}
