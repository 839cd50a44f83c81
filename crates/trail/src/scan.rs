//! Finds the records in a file and hands them on: a walk over the keys, which passes by what is not wanted.
//!
//! No tree is built, nothing is unescaped, no number is read. The text is not proven to be JSON: what the walk relies on (keys,
//! colons, commas, the ends of strings and brackets) is looked at, the inside of passed values is not. Where
//! `serde_json` takes a text, the records are those it finds.

pub(crate) mod cursor;
mod known;
pub(crate) mod pieces;
mod record;
pub(crate) mod simd;
mod text;

use cursor::{Cursor, Damage};
use simd::{Portable, Simd};

pub use record::{Core, Identity, More, Record, Resource};
pub(crate) use text::Spelling;
pub use text::Text;

/// What can be wrong with a part of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Flaw {
    /// The object could not be read from where it was.
    Unreadable,
    /// The compressed data is cut off; what was before the cut counts.
    CompressedDataTruncated,
    /// The compressed data is damaged; what was before the damage counts.
    CompressedDataDamaged,
    /// The object is larger than the limit and was not read, or not to its end.
    TooLarge,
    /// Something that is not compressed data follows the compressed data.
    TrailingCompressedBytes,
    /// A kind of file that holds no records: no JSON, no CSV, no archive.
    Foreign,
    /// The text ends within a record or a list of records.
    Truncated,
    /// The text is no JSON from here on; the rest was not read.
    Malformed,
    /// A record is no JSON; the next one was found again.
    MalformedRecord,
    /// An element of a list of records is no object.
    NotARecord,
    /// A record without `eventTime`, `eventSource` or `eventName`, or with a time that is none: it counts nowhere.
    IncompleteRecord,
    /// Bytes that are no UTF-8, or half of a surrogate pair, in a text that is kept: U+FFFD stands in their place. The record counts.
    MendedText,
    /// An object names `Records` twice. All of them count.
    RepeatedRecords,
    /// Something follows the end of the JSON text.
    TrailingBytes,
}

/// Takes what is found.
pub trait Sink {
    /// Whether all of a record is wanted, or the common core only.
    const WHOLE: bool;
    /// A record.
    fn record(&mut self, record: &Record<'_>);
    /// Something is wrong, at this byte of the text.
    fn flaw(&mut self, flaw: Flaw, at_byte: usize);
}

/// How the scanner looks at bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Speed {
    /// The fastest way this processor has.
    Detected,
    /// Plain Rust; for tests, and what other processors use.
    Portable,
}

/// Hands on every record of the text: a log file (`{"Records": […]}`), a list of records, a record, one a line,
/// envelopes of `EventBridge`, output of `LookupEvents`.
pub fn scan<T: Sink>(text: &[u8], speed: Speed, sink: &mut T) {
    #[cfg(target_arch = "x86_64")]
    if speed == Speed::Detected {
        if let Some(avx512) = simd::Avx512::detect() {
            // SAFETY: the value proves that the processor has every feature that the function is compiled for.
            #[expect(unsafe_code, reason = "calls code for a processor that was looked at")]
            return unsafe { scan_avx512(text, avx512, sink) };
        }
        if let Some(avx2) = simd::Avx2::detect() {
            // SAFETY: as above.
            #[expect(unsafe_code, reason = "calls code for a processor that was looked at")]
            return unsafe { scan_avx2(text, avx2, sink) };
        }
    }
    let _ = speed;
    scan_portable(text, sink, 0);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512bw,avx2,bmi1,bmi2,popcnt,lzcnt,pclmulqdq")]
fn scan_avx512<T: Sink>(text: &[u8], simd: simd::Avx512, sink: &mut T) {
    document(text, simd, sink, 0);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,bmi1,bmi2,popcnt,lzcnt,pclmulqdq")]
fn scan_avx2<T: Sink>(text: &[u8], simd: simd::Avx2, sink: &mut T) {
    document(text, simd, sink, 0);
}

#[inline(never)]
fn scan_portable<T: Sink>(text: &[u8], sink: &mut T, depth: u8) {
    document(text, Portable, sink, depth);
}

/// Envelopes within envelopes that are looked into.
const MAX_ENVELOPES: u8 = 3;

/// All values of a text, one after the other.
#[inline(always)]
fn document<S: Simd, T: Sink>(text: &[u8], simd: S, sink: &mut T, depth: u8) {
    let start = if text.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
    let mut cursor = Cursor::new(text, start, simd);
    let mut record = Record::default();
    let mut values = 0_u64;
    let mut patience = patience(text);
    loop {
        cursor.space();
        if cursor.at >= text.len() {
            break;
        }
        let begin = cursor.at;
        let outcome = match cursor.peek() {
            b'{' => top(&mut cursor, &mut record, sink, depth),
            b'[' if values == 0 => list(&mut cursor, &mut record, sink).map_err(|damage| (damage, false)),
            _ => {
                sink.flaw(if values == 0 { Flaw::Foreign } else { Flaw::TrailingBytes }, begin);
                return;
            }
        };
        values += 1;
        let Err((damage, is_record)) = outcome else { continue };
        // One a line: the next line may be sound. Not within a list, some of whose records count already.
        let walked = damage.at.saturating_sub(begin);
        let next = if is_record && patience >= walked { next_line(text, begin) } else { None };
        match next {
            Some(next) => {
                patience -= walked;
                sink.flaw(Flaw::MalformedRecord, begin);
                cursor.at = next;
            }
            None => {
                sink.flaw(if damage.ended { Flaw::Truncated } else { Flaw::Malformed }, damage.at);
                return;
            }
        }
    }
    if values == 0 && depth == 0 {
        sink.flaw(Flaw::Foreign, 0);
    }
}

/// How many bytes of damaged records may be walked before the rest is given up: in a hostile text every record could reach to the
/// end.
fn patience(text: &[u8]) -> usize {
    text.len().saturating_mul(4).saturating_add(1 << 20)
}

/// Where the line after this place begins, if it begins like an object. A bracket alone on its line is rather part of a broken
/// pretty-printed one.
#[cold]
fn next_line(text: &[u8], from: usize) -> Option<usize> {
    let length = text.get(from..)?.iter().position(|byte| *byte == b'\n')?;
    let next = from + length + 1;
    text.get(next..)?.starts_with(b"{\"").then_some(next)
}

/// An object at the top: a log file, an envelope, or a record. With damage comes whether it was a record, of which nothing counts yet.
#[inline(always)]
fn top<'a, S: Simd, T: Sink>(
    cursor: &mut Cursor<'a, S>,
    record: &mut Record<'a>,
    sink: &mut T,
    depth: u8,
) -> Result<(), (Damage, bool)> {
    let begin = cursor.at;
    // What begins like a log file is read as one; all else first as a record.
    if !cursor.bytes.get(begin..).is_some_and(|rest| rest.starts_with(b"{\"Records\"")) {
        let outcome = read::<S, T>(record, cursor);
        let is_envelope = match outcome {
            Ok(is_envelope) => is_envelope,
            Err(damage) if !names_envelope(cursor.bytes, begin) => return Err((damage, true)),
            Err(_) => true,
        };
        if !is_envelope {
            let core = &record.core;
            if core.time.is_none() && core.source.is_none() && core.name.is_none() {
                sink.flaw(Flaw::Foreign, begin);
            } else {
                sink.record(record);
            }
            return Ok(());
        }
        cursor.at = begin;
    }
    envelope(cursor, record, sink, depth).map_err(|damage| (damage, false))
}

/// Whether the members of the damaged object that begins here show that it is an envelope, as far as they can be read.
#[cold]
#[inline(never)]
fn names_envelope(bytes: &[u8], begin: usize) -> bool {
    let mut cursor = Cursor::new(bytes, begin, Portable);
    let mut more = cursor.enter().unwrap_or(false);
    while more {
        match cursor.key().as_deref() {
            Ok(key) if record::names_envelope(key) => return true,
            Ok(_) => {}
            Err(_) => return false,
        }
        more = cursor.skip().is_ok() && cursor.another(b'}').unwrap_or(false);
    }
    false
}

#[inline(always)]
fn envelope<'a, S: Simd, T: Sink>(
    cursor: &mut Cursor<'a, S>,
    record: &mut Record<'a>,
    sink: &mut T,
    depth: u8,
) -> Result<(), Damage> {
    let mut lists = 0_u32;
    let mut more = cursor.enter()?;
    while more {
        let key = cursor.key()?;
        match (&*key, cursor.peek()) {
            (b"Records", b'[') => {
                lists += 1;
                if lists == 2 {
                    sink.flaw(Flaw::RepeatedRecords, cursor.at);
                }
                list(cursor, record, sink)?;
            }
            (b"Events", b'[') => {
                let mut another = cursor.enter()?;
                while another {
                    inner(cursor.raw()?, sink, depth);
                    another = cursor.another(b']')?;
                }
            }
            (b"CloudTrailEvent", b'"') => inner(&cursor.string()?.bytes(), sink, depth),
            (b"detail", b'{') => inner(cursor.raw()?, sink, depth),
            _ => cursor.skip()?,
        }
        more = cursor.another(b'}')?;
    }
    Ok(())
}

/// What an envelope holds: few and small, so that plain code does.
fn inner<T: Sink>(text: &[u8], sink: &mut T, depth: u8) {
    if depth < MAX_ENVELOPES {
        scan_portable(text, sink, depth + 1);
    }
}

#[inline(always)]
fn read<'a, S: Simd, T: Sink>(record: &mut Record<'a>, cursor: &mut Cursor<'a, S>) -> Result<bool, Damage> {
    let simd = cursor.simd;
    if T::WHOLE { simd.read::<true>(record, cursor) } else { simd.read::<false>(record, cursor) }
}

/// A list of records.
#[inline(always)]
fn list<'a, S: Simd, T: Sink>(cursor: &mut Cursor<'a, S>, record: &mut Record<'a>, sink: &mut T) -> Result<(), Damage> {
    let mut patience = patience(cursor.bytes);
    let mut more = cursor.enter()?;
    while more {
        let begin = cursor.at;
        if cursor.peek() == b'{' {
            if let Err(damage) = read::<S, T>(record, cursor) {
                patience = patience.checked_sub(damage.at.saturating_sub(begin)).ok_or(damage)?;
                cursor.at = next_record(cursor.bytes, begin + 1).ok_or(damage)?;
                sink.flaw(Flaw::MalformedRecord, begin);
                continue;
            }
            sink.record(record);
        } else {
            sink.flaw(Flaw::NotARecord, begin);
            cursor.skip()?;
        }
        more = cursor.another(b']')?;
    }
    Ok(())
}

/// Where the next record of a damaged list begins: CloudTrail writes `eventVersion` first.
#[cold]
#[inline(never)]
fn next_record(bytes: &[u8], from: usize) -> Option<usize> {
    const BEGIN: &[u8] = b"{\"eventVersion\"";
    let rest = bytes.get(from..)?;
    rest.windows(BEGIN.len()).position(|window| window == BEGIN).map(|at| from + at)
}

/// Texts of some members of a small object, for what is looked at in few records only.
pub(crate) fn texts_of<'a, const N: usize>(object: &'a [u8], wanted: [&str; N]) -> [Option<Text<'a>>; N] {
    #[cfg(target_arch = "x86_64")]
    if let Some(avx2) = simd::Avx2::detect() {
        #[target_feature(enable = "avx2,bmi1,bmi2,popcnt,lzcnt,pclmulqdq")]
        fn compiled<'a, const N: usize>(
            object: &'a [u8],
            wanted: [&str; N],
            simd: simd::Avx2,
        ) -> [Option<Text<'a>>; N] {
            texts_with(object, wanted, simd)
        }
        // SAFETY: the value proves that the processor has every feature that the function is compiled for.
        #[expect(unsafe_code, reason = "calls code for a processor that was looked at")]
        return unsafe { compiled(object, wanted, avx2) };
    }
    texts_with(object, wanted, Portable)
}

#[inline(always)]
fn texts_with<'a, S: Simd, const N: usize>(object: &'a [u8], wanted: [&str; N], simd: S) -> [Option<Text<'a>>; N] {
    let mut found = [None; N];
    let mut cursor = Cursor::new(object, 0, simd);
    // What is damaged was passed as a whole before, and is no reason to stop.
    let mut more = object.first() == Some(&b'{') && cursor.enter().unwrap_or(false);
    while more {
        let Ok(key) = cursor.key() else { break };
        let Ok(text) = cursor.text() else { break };
        for (place, name) in found.iter_mut().zip(wanted) {
            if *key == *name.as_bytes() {
                *place = text;
            }
        }
        more = cursor.another(b'}').unwrap_or(false);
    }
    found
}

#[cfg(test)]
mod tests;
