//! Members of a zip archive: by its directory, with 64-bit sizes where it has them, else through the local headers, so that
//! an archive that was cut off still gives what it holds.

/// Method of a member that is stored as it is.
pub(crate) const STORED: u16 = 0;
/// Method of a member that is deflated.
pub(crate) const DEFLATED: u16 = 8;

/// A member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Member<'a> {
    pub(crate) name: String,
    pub(crate) method: u16,
    pub(crate) data: &'a [u8],
    /// Size after decompression, as the archive says.
    pub(crate) size_bytes: usize,
}

/// What was found.
#[derive(Debug, Default)]
pub(crate) struct Members<'a> {
    pub(crate) found: Vec<Member<'a>>,
    /// Where the archive could not be read further.
    pub(crate) damaged_at: Option<usize>,
}

const LOCAL: &[u8] = b"PK\x03\x04";
const CENTRAL: &[u8] = b"PK\x01\x02";
const END: &[u8] = b"PK\x05\x06";
const END_64: &[u8] = b"PK\x06\x06";
const LOCATOR_64: &[u8] = b"PK\x06\x07";
/// Length of [`LOCATOR_64`]'s record, which stands before [`END`].
const LOCATOR_BYTES: usize = 20;
/// Stands where a number takes 64 bits and is elsewhere.
const ELSEWHERE: usize = 0xffff_ffff;

pub(crate) fn is_archive(bytes: &[u8]) -> bool {
    bytes.starts_with(LOCAL) || bytes.starts_with(END)
}

/// The members: by the directory at the end where it is sound (it knows the sizes in every case), else by the local headers.
pub(crate) fn members(archive: &[u8]) -> Members<'_> {
    by_directory(archive).unwrap_or_else(|| by_headers(archive))
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..)?.first_chunk().map(|bytes| u16::from_le_bytes(*bytes))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<usize> {
    bytes.get(at..)?.first_chunk().map(|bytes| u32::from_le_bytes(*bytes) as usize)
}

/// None also where the number does not fit into memory.
fn u64_at(bytes: &[u8], at: usize) -> Option<usize> {
    let number = bytes.get(at..)?.first_chunk().map(|bytes| u64::from_le_bytes(*bytes))?;
    usize::try_from(number).ok()
}

fn text(bytes: &[u8], at: usize, length: u16) -> Option<String> {
    bytes.get(at..at + usize::from(length)).map(|name| String::from_utf8_lossy(name).into_owned())
}

/// Puts numbers of 64 bits where the header says that they stand in its extra field (APPNOTE.TXT 4.5.3): those only, in this
/// order. None where one is missing.
fn widen<const N: usize>(numbers: [usize; N], extra: &[u8]) -> Option<[usize; N]> {
    if !numbers.contains(&ELSEWHERE) {
        return Some(numbers);
    }
    let mut rest = extra;
    let fields = loop {
        let length = usize::from(u16_at(rest, 2)?);
        let data = rest.get(4..4 + length)?;
        if u16_at(rest, 0)? == 1 {
            break data;
        }
        rest = rest.get(4 + length..)?;
    };
    let mut at = 0;
    let mut wide = numbers;
    for number in wide.iter_mut().filter(|number| **number == ELSEWHERE) {
        *number = u64_at(fields, at)?;
        at += 8;
    }
    Some(wide)
}

/// Number of members, and where the directory begins. APPNOTE.TXT 4.3.14 to 4.3.16.
fn directory(archive: &[u8]) -> Option<(usize, usize)> {
    let tail = archive.len().saturating_sub(22 + 65_535);
    let window = archive.get(tail..)?;
    let end = tail + window.windows(END.len()).rposition(|bytes| bytes == END)?;
    let (count, begin) = (usize::from(u16_at(archive, end + 10)?), u32_at(archive, end + 16)?);
    let locator =
        end.checked_sub(LOCATOR_BYTES).filter(|at| archive.get(*at..).is_some_and(|rest| rest.starts_with(LOCATOR_64)));
    if let Some(locator) = locator {
        let end = u64_at(archive, locator + 8)?;
        if archive.get(end..)?.starts_with(END_64) {
            return Some((u64_at(archive, end.checked_add(32)?)?, u64_at(archive, end.checked_add(48)?)?));
        }
    }
    (count != 0xffff && begin != ELSEWHERE).then_some((count, begin))
}

/// APPNOTE.TXT 4.3.12 and 4.3.16. None where anything in it does not fit.
fn by_directory(archive: &[u8]) -> Option<Members<'_>> {
    let (count, mut at) = directory(archive)?;
    let mut members = Members::default();
    for _ in 0..count {
        if !archive.get(at..)?.starts_with(CENTRAL) {
            return None;
        }
        let (method, stored, size) = (u16_at(archive, at + 10)?, u32_at(archive, at + 20)?, u32_at(archive, at + 24)?);
        let (name, extra, comment) = (u16_at(archive, at + 28)?, u16_at(archive, at + 30)?, u16_at(archive, at + 32)?);
        let extra_at = at + 46 + usize::from(name);
        let fields = archive.get(extra_at..extra_at + usize::from(extra))?;
        let [size, stored, local] = widen([size, stored, u32_at(archive, at + 42)?], fields)?;
        let (local_name, local_extra) = (local.checked_add(26)?, local.checked_add(28)?);
        let skipped = 30 + usize::from(u16_at(archive, local_name)?) + usize::from(u16_at(archive, local_extra)?);
        let data = local.checked_add(skipped)?;
        let data = archive.get(data..data.checked_add(stored)?)?;
        let name_text = text(archive, at + 46, name)?;
        if !name_text.ends_with('/') {
            members.found.push(Member { name: name_text, method, data, size_bytes: size });
        }
        at = extra_at + usize::from(extra) + usize::from(comment);
    }
    Some(members)
}

/// APPNOTE.TXT 4.3.7. A member whose size stands behind it (bit 3 of the flags) ends the walk.
fn by_headers(archive: &[u8]) -> Members<'_> {
    let mut members = Members::default();
    let mut at = 0;
    while archive.get(at..).is_some_and(|rest| rest.starts_with(LOCAL)) {
        let Some((member, next)) = local_member(archive, at) else {
            members.damaged_at = Some(at);
            return members;
        };
        if !member.name.ends_with('/') {
            members.found.push(member);
        }
        at = next;
    }
    if !archive.get(at..).is_some_and(|rest| rest.starts_with(CENTRAL) || rest.starts_with(END)) {
        members.damaged_at = Some(at);
    }
    members
}

fn local_member(archive: &[u8], at: usize) -> Option<(Member<'_>, usize)> {
    let (flags, method) = (u16_at(archive, at + 6)?, u16_at(archive, at + 8)?);
    let (stored, size_bytes) = (u32_at(archive, at + 18)?, u32_at(archive, at + 22)?);
    let (name, extra) = (u16_at(archive, at + 26)?, u16_at(archive, at + 28)?);
    let extra_at = at + 30 + usize::from(name);
    let begin = extra_at + usize::from(extra);
    let [size_bytes, stored] = widen([size_bytes, stored], archive.get(extra_at..begin)?)?;
    if flags & 8 != 0 && stored == 0 {
        return None;
    }
    let rest = archive.get(begin..)?;
    // Cut off: what is there is handed on, and decoding tells that it is not all.
    let data = rest.get(..stored).unwrap_or(rest);
    Some((Member { name: text(archive, at + 30, name)?, method, data, size_bytes }, begin.checked_add(stored)?))
}
