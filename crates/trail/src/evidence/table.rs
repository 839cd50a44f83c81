//! Whole evidence while records come in: one table in each thread.

use std::sync::Arc;

use hashbrown::HashTable;

use super::address::{self, AddressRanges};
use super::agent;
use super::bounded::{Bounded, Names};
use super::coverage::{CoverageTally, class};
use super::fold::{Folded, PrincipalKind, fold, has};
use super::folds::{Folds, ShortFolds};
use super::period::{Evidences, Openings};
use super::spill::Outlet;
use super::{Evidence, PrincipalKey, Use};
use crate::hash::{hash, is_same, join};
use crate::scan::{Flaw, Record, Spelling, Text, texts_of};
use crate::tally::Tally;
use crate::time::DAY_S;

/// About what a row takes beside the entries of its lists.
const ROW_BYTES: usize = 2000;

/// Over which time evidence is kept apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    /// Each day for itself: memory grows with days.
    Days,
    /// All as one: memory grows with principals only.
    Total,
}

/// Whole evidence of what one thread reads.
#[derive(Debug)]
pub struct EvidenceTally {
    keep: Keep,
    ranges: Arc<AddressRanges>,
    index: HashTable<u32>,
    rows: Vec<Row>,
    openings: HashTable<Opened>,
    coverage: CoverageTally,
    lists: Lists,
    /// Where all goes when it has grown large.
    spill: Option<Outlet>,
}

#[derive(Debug)]
struct Row {
    hash: u64,
    day: Option<i64>,
    key: PrincipalKey,
    evidence: Evidence,
}

/// Openings of a role's sessions. Two that differ by bytes that are no text are added up at the end.
#[derive(Debug)]
struct Opened {
    hash: u64,
    day: Option<i64>,
    role: Arc<str>,
    openings: Openings,
}

/// What filling lists needs.
#[derive(Debug, Default)]
struct Lists {
    names: Names,
    addresses: ShortFolds,
    agents: Folds,
    scratch: Vec<u8>,
}

type Parts<'a> = (&'a [u8], &'a [u8], Option<&'a [u8]>, Option<&'a [u8]>);

impl EvidenceTally {
    /// An empty table.
    #[must_use]
    pub fn new(keep: Keep, ranges: Arc<AddressRanges>) -> Self {
        Self {
            keep,
            ranges,
            index: HashTable::new(),
            rows: Vec::new(),
            openings: HashTable::new(),
            coverage: CoverageTally::default(),
            lists: Lists::default(),
            spill: None,
        }
    }

    /// Hands on what it holds whenever that has grown large.
    #[must_use]
    pub(super) fn spilling(mut self, outlet: Outlet) -> Self {
        self.spill = Some(outlet);
        self
    }

    /// Hands on what it holds; does nothing where nobody takes it.
    #[cold]
    #[inline(never)]
    pub fn spill(&mut self) {
        let Some(outlet) = &self.spill else { return };
        let spill = Arc::clone(&outlet.to);
        self.lists.names.grown_bytes = 0;
        let mut part = Self::new(self.keep, Arc::clone(&self.ranges));
        std::mem::swap(&mut part.rows, &mut self.rows);
        std::mem::swap(&mut part.openings, &mut self.openings);
        part.coverage = self.coverage.take();
        self.index.clear();
        spill.take(Self::merge(vec![part]));
    }

    /// Adds up what several threads read.
    #[must_use]
    pub fn merge(tallies: Vec<Self>) -> Evidences {
        let mut all = Evidences::default();
        for tally in tallies {
            let keep = tally.keep;
            for row in tally.rows {
                let principals = &mut all.periods.entry(row.day).or_default().principals;
                match principals.get_mut(&row.key) {
                    Some(ours) => ours.merge(&row.evidence),
                    None => drop(principals.insert(row.key, row.evidence)),
                }
            }
            for opened in tally.openings {
                let openings = &mut all.periods.entry(opened.day).or_default().openings;
                match openings.get_mut(&opened.role) {
                    Some(ours) => super::Sum::add(ours, &opened.openings),
                    None => drop(openings.insert(opened.role, opened.openings)),
                }
            }
            for (key, covered) in tally.coverage.finish().parts {
                let day = (keep == Keep::Days).then_some(key.day);
                let parts = &mut all.periods.entry(day).or_default().coverage.parts;
                match parts.get_mut(&key) {
                    Some(ours) => super::Sum::add(ours, &covered),
                    None => drop(parts.insert(key, covered)),
                }
            }
        }
        all
    }

    #[inline]
    fn row(&mut self, day: Option<i64>, parts: Parts<'_>) -> Option<usize> {
        let (account, principal, access_key, opened_by) = parts;
        let mut wanted = join(hash(account), hash(principal));
        wanted = join(wanted, join(access_key.map_or(1, hash), opened_by.map_or(2, hash)));
        wanted = join(wanted, day.map_or(3, i64::cast_unsigned));
        let rows = &self.rows;
        let same = |number: &u32| {
            rows.get(*number as usize).is_some_and(|row| {
                let key = &row.key;
                row.hash == wanted
                    && row.day == day
                    && is_same(key.account.as_bytes(), account)
                    && is_same(key.principal.as_bytes(), principal)
                    && is_same_part(key.access_key.as_deref(), access_key)
                    && is_same_part(key.opened_by.as_deref(), opened_by)
            })
        };
        if let Some(number) = self.index.find(wanted, same) {
            return Some(*number as usize);
        }
        self.insert(wanted, day, parts)
    }

    #[cold]
    #[inline(never)]
    fn insert(&mut self, wanted: u64, day: Option<i64>, parts: Parts<'_>) -> Option<usize> {
        let (account, principal, access_key, opened_by) = parts;
        let text = |bytes: &[u8]| -> Arc<str> { String::from_utf8_lossy(bytes).as_ref().into() };
        let key = PrincipalKey {
            account: text(account),
            principal: text(principal),
            access_key: access_key.map(text),
            opened_by: opened_by.map(text),
        };
        let is_mended = key.account.as_bytes() != account
            || key.principal.as_bytes() != principal
            || key.access_key.as_deref().map(str::as_bytes) != access_key
            || key.opened_by.as_deref().map(str::as_bytes) != opened_by;
        if is_mended {
            let mended = (
                key.account.as_bytes(),
                key.principal.as_bytes(),
                key.access_key.as_deref().map(str::as_bytes),
                key.opened_by.as_deref().map(str::as_bytes),
            );
            return self.row(day, mended);
        }
        let number = self.rows.len();
        self.lists.names.grown_bytes += ROW_BYTES;
        self.rows.push(Row { hash: wanted, day, key, evidence: Evidence::default() });
        let rows = &self.rows;
        self.index.insert_unique(wanted, u32::try_from(number).unwrap_or(u32::MAX), |number| {
            rows.get(*number as usize).map_or(0, |row| row.hash)
        });
        Some(number)
    }

    /// A session of a role was opened.
    #[cold]
    #[inline(never)]
    fn note_opening(&mut self, record: &Record<'_>, caller: &[u8], day: Option<i64>, time: i64) {
        let [role, session] = texts_of(record.more.request, ["roleArn", "roleSessionName"]);
        let Some(role) = role else { return };
        let role = role.bytes();
        let wanted = join(hash(&role), day.map_or(3, i64::cast_unsigned));
        let same = |held: &Opened| held.hash == wanted && held.day == day && held.role.as_bytes() == &*role;
        let place = match self.openings.find_bucket_index(wanted, same) {
            Some(place) => place,
            None => {
                let role = String::from_utf8_lossy(&role).as_ref().into();
                self.lists.names.grown_bytes += ROW_BYTES / 4;
                let opened = Opened { hash: wanted, day, role, openings: Openings::default() };
                self.openings.insert_unique(wanted, opened, |held| held.hash).bucket_index()
            }
        };
        let Some(opened) = self.openings.get_bucket_mut(place) else { return };
        let names = &mut self.lists.names;
        if let Some(place) = opened.openings.callers.entry(caller, names) {
            place.note(time);
        }
        let scratch = &mut self.lists.scratch;
        scratch.clear();
        scratch.extend_from_slice(&session.map_or_else(Default::default, |session| session.bytes()));
        scratch.push(b'\n');
        scratch.extend_from_slice(caller);
        if let Some(place) = opened.openings.sessions.entry_alone(scratch, names) {
            place.note(time);
        }
    }
}

impl Tally for EvidenceTally {
    const WHOLE: bool = true;

    fn begin(&mut self, object: &str) {
        self.coverage.begin(object);
    }

    #[inline]
    fn add(&mut self, record: &Record<'_>, time: i64) -> Result<(), Flaw> {
        if record.is_escaped() {
            return self.add_escaped(record, time);
        }
        self.add_plain(record, time)
    }
}

impl EvidenceTally {
    /// What is looked into must stand as it is meant: `\/` is a slash.
    #[cold]
    #[inline(never)]
    fn add_escaped(&mut self, record: &Record<'_>, time: i64) -> Result<(), Flaw> {
        let meant: Vec<Option<Vec<u8>>> =
            record.texts().iter().map(|text| text.filter(Text::is_escaped).map(|text| text.meant_bytes())).collect();
        let mut plain = record.clone();
        for (text, meant) in plain.texts_mut().into_iter().zip(&meant) {
            if let Some(meant) = meant {
                *text = Some(Text { raw: meant, spelling: Spelling::Plain });
            }
        }
        let known = self.rows.len();
        self.add_plain(&plain, time)?;
        let is_sound = record.texts().iter().flatten().all(|text| text.check().is_ok());
        if self.rows.len() > known && !is_sound { Err(Flaw::MendedText) } else { Ok(()) }
    }

    #[inline]
    fn add_plain(&mut self, record: &Record<'_>, time: i64) -> Result<(), Flaw> {
        let folded = fold(record);
        let day = (self.keep == Keep::Days).then(|| time.div_euclid(DAY_S));
        let account =
            record.core.account.or(record.more.identity.account).map_or_else(Default::default, |text| text.bytes());
        let principal = folded.principal.bytes();
        let access_key = folded.access_key.map(|text| text.bytes());
        let opened_by = folded.opened_by.map(|text| text.bytes());
        let parts = (&*account, &*principal, access_key.as_deref(), opened_by.as_deref());
        let is_opening = record.core.error.is_none()
            && record.core.name.is_some_and(|name| name.raw.starts_with(b"AssumeRole"))
            && record.core.source.is_some_and(|source| source.raw == b"sts.amazonaws.com");
        if is_opening {
            self.note_opening(record, &principal, day, time);
        }
        let known = self.rows.len();
        let Some(number) = self.row(day, parts) else { return Ok(()) };
        let Some(row) = self.rows.get_mut(number) else { return Ok(()) };
        let evidence = &mut row.evidence;
        evidence.first = if evidence.all.events == 0 { time } else { evidence.first.min(time) };
        evidence.kind = evidence.kind.max(folded.kind);
        evidence.note_counts(record, time);
        self.lists.note(evidence, record, &folded, time, &self.ranges);
        self.lists.scratch.clear();
        class(record, &mut self.lists.scratch);
        if let Some(place) = evidence.classes.entry(&self.lists.scratch, &mut self.lists.names) {
            place.note(time);
        }
        self.coverage.note(&account, record, time, &self.lists.scratch, &mut self.lists.names);
        let grown = self.lists.names.grown_bytes;
        let is_new = self.rows.len() > known;
        if self.spill.as_ref().is_some_and(|outlet| outlet.takes(grown)) {
            self.spill();
        }
        // A new row is looked at once: whether its names had to be mended.
        let is_sound = |text: Option<Text<'_>>| text.is_none_or(|text| text.check().is_ok());
        if is_new && !(is_sound(Some(folded.principal)) && is_sound(folded.access_key) && is_sound(folded.opened_by)) {
            return Err(Flaw::MendedText);
        }
        Ok(())
    }
}

impl Evidence {
    #[inline]
    fn note_counts(&mut self, record: &Record<'_>, time: i64) {
        let (core, more) = (&record.core, &record.more);
        self.all.note(time);
        if core.error.is_none() {
            self.succeeded.note(time);
        }
        self.hours.note(time);
        self.reads += u64::from(more.read_only == Some(true));
        self.writes += u64::from(more.read_only == Some(false));
        self.sessions_with_mfa += u64::from(more.identity.mfa == Some(true));
        self.sessions_without_mfa += u64::from(more.identity.mfa == Some(false));
        self.from_console += u64::from(more.from_console == Some(true));
        if core.name.is_some_and(|name| name.raw == b"ConsoleLogin") {
            self.note_sign_in(record, time);
        }
    }

    #[cold]
    fn note_sign_in(&mut self, record: &Record<'_>, time: i64) {
        let [outcome] = texts_of(record.more.response, ["ConsoleLogin"]);
        let [mfa] = texts_of(record.more.additional, ["MFAUsed"]);
        let place = if outcome.is_none_or(|outcome| *outcome.bytes() != *b"Success") {
            &mut self.sign_ins.failed
        } else if mfa.is_some_and(|mfa| *mfa.bytes() == *b"Yes") {
            &mut self.sign_ins.with_mfa
        } else {
            &mut self.sign_ins.without_mfa
        };
        place.note(time);
    }
}

impl Lists {
    #[inline]
    fn note(
        &mut self,
        evidence: &mut Evidence,
        record: &Record<'_>,
        folded: &Folded<'_>,
        time: i64,
        ranges: &AddressRanges,
    ) {
        let (core, more) = (&record.core, &record.more);
        let names = &mut self.names;
        let scratch = &mut self.scratch;
        scratch.clear();
        scratch.extend_from_slice(&core.source.map_or_else(Default::default, |text| text.bytes()));
        scratch.push(b':');
        scratch.extend_from_slice(&core.name.map_or_else(Default::default, |text| text.bytes()));
        if let Some(action) = evidence.actions.entry(scratch, names) {
            action.all.note(time);
            match core.error {
                None => action.succeeded.note(time),
                Some(code) if is_denied(code.raw) => action.denied.note(time),
                Some(_) => {}
            }
        }
        if core.error.is_none() {
            let length = scratch.len();
            for arn in record.resources.iter().filter_map(|resource| resource.arn) {
                scratch.truncate(length);
                scratch.push(b' ');
                scratch.extend_from_slice(&arn.bytes());
                if let Some(place) = evidence.resources.entry_alone(scratch, names) {
                    place.note(time);
                }
            }
        }
        if let Some(address) = core.address {
            let (wanted, text) = self.addresses.get(&address.bytes(), |raw, out| address::fold(raw, ranges, out));
            if let Some(place) = evidence.addresses.entry_of(wanted, text, names) {
                place.note(time);
            }
        }
        if let Some(agent) = more.agent {
            let (wanted, text) =
                self.agents.get(&agent.bytes(), |raw, out| agent::fold(&String::from_utf8_lossy(raw), out));
            if let Some(place) = evidence.agents.entry_of(wanted, text, names) {
                place.note(time);
            }
        }
        if let Some(session) = folded.session
            && let Some(place) = evidence.sessions.entry_alone(&session.bytes(), names)
        {
            place.note(time);
        }
        let identity = &more.identity;
        let service = identity.invoked_by.filter(|_| folded.kind != PrincipalKind::Service);
        note(&mut evidence.invoked_by, service, time, names);
        note(&mut evidence.regions, core.region, time, names);
        note(&mut evidence.errors, core.error, time, names);
        note(&mut evidence.on_behalf_of, identity.on_behalf_of, time, names);
        note(&mut evidence.source_identities, identity.source_identity, time, names);
        note(&mut evidence.providers, identity.federated_provider.or(identity.provider), time, names);
    }
}

#[inline]
fn note<const LIMIT: usize>(list: &mut Bounded<Use, LIMIT>, text: Option<Text<'_>>, time: i64, names: &mut Names) {
    if let Some(text) = text
        && let Some(place) = list.entry(&text.bytes(), names)
    {
        place.note(time);
    }
}

#[inline(always)]
fn is_same_part(held: Option<&str>, part: Option<&[u8]>) -> bool {
    match (held, part) {
        (Some(held), Some(part)) => is_same(held.as_bytes(), part),
        (held, part) => held.is_none() && part.is_none(),
    }
}

/// Whether an error means that a permission was missing. Services have names of their own for it.
fn is_denied(code: &[u8]) -> bool {
    has(code, b"AccessDenied") || has(code, b"Unauthorized") || has(code, b"Forbidden") || has(code, b"NotAuthorized")
}
