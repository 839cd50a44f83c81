//! Digests as chains: each names the one before, with its hash and signature. Pure: contents and keys come in, problems come out.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::{Backfill, Digest, bytes_of};
use crate::path::ObjectPath;

/// Names of files tell minutes, and what is delivered at the end of an hour may stand in the next digest.
const EDGE_S: i64 = 10 * 60;

/// A digest that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadDigest {
    /// The object's name, for reports.
    pub name: String,
    /// Its place: as [`place`] makes it.
    pub place: String,
    /// What it says.
    pub digest: Digest,
    /// Its content's hash.
    pub content_hash: String,
    /// Its signature in hexadecimal, where the object's metadata or a file beside it tells.
    pub signature: Option<String>,
    /// What kind.
    pub backfill: Backfill,
}

/// Answers whether a signature is right.
pub trait Signatures {
    /// Of a text, by the key with this fingerprint in this Region.
    fn check(&self, region: &str, fingerprint: &str, text: &[u8], signature: &[u8]) -> Signed;
}

/// Whether a signature is right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signed {
    /// It is.
    Yes,
    /// It is not.
    No,
    /// The key is not known.
    NoKey,
}

/// Kinds of problems.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A log file has another content than what was delivered.
    LogChanged,
    /// A log file that was delivered is not there.
    LogMissing,
    /// A log file that nothing says was delivered.
    LogAdded,
    /// A log file could not be read.
    LogUnreadable,
    /// A digest has another content than the next one says, or another signature.
    DigestChanged,
    /// A digest that the next one names is not there.
    DigestMissing,
    /// A digest's signature is wrong.
    SignatureWrong,
    /// A digest is not where it was delivered to.
    DigestMoved,
    /// A digest could not be read.
    DigestUnreadable,
    /// No signature of the digest is known here.
    SignatureUnknown,
    /// The key that signed it is not known.
    KeyUnknown,
    /// A chain ended, and another began later: nothing says what was delivered in between.
    Gap,
    /// Log files of a time that no digest covers.
    NotCovered,
}

impl Kind {
    /// Whether it shows that something was changed, removed or added; the others leave it open.
    #[must_use]
    pub fn is_evidence_of_change(self) -> bool {
        !matches!(self, Self::SignatureUnknown | Self::KeyUnknown | Self::Gap | Self::NotCovered)
    }

    /// What it means.
    #[must_use]
    pub fn meaning(self) -> &'static str {
        match self {
            Self::LogChanged => "the log file is not what CloudTrail delivered: it was changed after delivery",
            Self::LogMissing => {
                "CloudTrail delivered the log file, and it is not there: it was deleted, moved or has expired"
            }
            Self::LogAdded => {
                "no digest names the log file: CloudTrail did not deliver it at that time, somebody else put it there"
            }
            Self::LogUnreadable => "the log file could not be read, so that nothing can be said about it",
            Self::DigestChanged => "the digest is not what the next one says of it: it was changed after delivery",
            Self::DigestMissing => {
                "the next digest names it, and it is not there: it was deleted, moved or has expired; what it named cannot be verified"
            }
            Self::SignatureWrong => {
                "CloudTrail's key did not sign this content at this place: the digest was changed, or made by somebody else"
            }
            Self::DigestMoved => {
                "the digest says that it was delivered elsewhere: it is a copy, or stands in for another one"
            }
            Self::DigestUnreadable => {
                "it is no whole digest: changed or damaged after delivery, or it could not be read"
            }
            Self::SignatureUnknown => {
                "neither its metadata, nor a file beside it, nor a next digest tells its signature: it is chained, but not signed"
            }
            Self::KeyUnknown => {
                "the public key that it names is not among those known: whether CloudTrail signed it stays open"
            }
            Self::Gap => {
                "a new chain begins: logging or its validation was switched off in between, and nothing says what was delivered then"
            }
            Self::NotCovered => {
                "no digest is about this time: delivered before validation was switched on, while it was off, or within the last hour"
            }
        }
    }
}

/// What is wrong with an object.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Problem {
    /// What kind.
    pub kind: Kind,
    /// The object.
    pub name: String,
    /// More about it.
    pub detail: String,
}

/// What a digest says of a log file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expected {
    /// The hash of its content, in hexadecimal, lower case.
    pub hash: String,
    /// The bucket it was delivered to.
    pub bucket: String,
    /// Its key there.
    pub key: String,
}

/// A place as it is compared: the bucket and key where the log is still in its bucket, the part from `AWSLogs/` on in a copy.
#[must_use]
pub fn place(bucket: Option<&str>, key: &str) -> String {
    match bucket {
        Some(bucket) => format!("{bucket}/{key}"),
        None => {
            let key = key.replace('\\', "/");
            let from = key.rfind("AWSLogs/").unwrap_or(0);
            key.get(from..).unwrap_or(&key).to_owned()
        }
    }
}

/// What digests say, verified.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Verification {
    /// What is wrong.
    pub problems: BTreeSet<Problem>,
    /// Digests that are signed by a known key and chained as they should be.
    pub valid_digests: usize,
    /// Of the log files, by place, what is expected. Digests that are not what they should be say nothing; those of which it is open do.
    pub expected: BTreeMap<String, Vec<Expected>>,
    /// Times that digests cover, by account and Region.
    covered: BTreeMap<(String, String), Vec<(i64, i64)>>,
    /// The end of the newest digest, by account and Region.
    pub newest_s: BTreeMap<(String, String), i64>,
}

impl Verification {
    /// Verifies digests. `in_bucket` says that they lie in a bucket, so that bucket and whole key must be those of delivery. Digests that end
    /// before `from_s` are not missed.
    #[must_use]
    pub fn of(digests: Vec<ReadDigest>, in_bucket: bool, from_s: Option<i64>, keys: &dyn Signatures) -> Self {
        let mut found = Self::default();
        let mut chains: BTreeMap<(String, Backfill), Vec<ReadDigest>> = BTreeMap::new();
        for digest in digests {
            chains.entry((chain_of(&digest.name), digest.backfill)).or_default().push(digest);
        }
        for ((_, backfill), mut chain) in chains {
            chain.sort_by_key(|read| (read.digest.end_s(), read.place.clone()));
            found.chain(&chain, backfill, in_bucket, from_s, keys);
        }
        found
    }

    fn add(&mut self, kind: Kind, name: &str, detail: impl Into<String>) {
        self.problems.insert(Problem { kind, name: name.to_owned(), detail: detail.into() });
    }

    fn chain(
        &mut self,
        chain: &[ReadDigest],
        backfill: Backfill,
        in_bucket: bool,
        from_s: Option<i64>,
        keys: &dyn Signatures,
    ) {
        let places: BTreeMap<&str, &ReadDigest> = chain.iter().map(|read| (read.place.as_str(), read)).collect();
        let at = |bucket: Option<&str>, key: &str| place(bucket.filter(|_| in_bucket), key);
        // What the next digest says of each: the second witness.
        let mut said: BTreeMap<&str, &ReadDigest> = BTreeMap::new();
        for (number, read) in chain.iter().enumerate() {
            let digest = &read.digest;
            let before = number.checked_sub(1).and_then(|number| chain.get(number));
            match &digest.previous_digest_s3_object {
                Some(key) => {
                    let named = at(digest.previous_digest_s3_bucket.as_deref(), key);
                    match places.get_key_value(named.as_str()) {
                        Some((place, _)) => drop(said.insert(place, read)),
                        None => {
                            let ended = ObjectPath::parse(key).delivered_s;
                            let is_out = from_s.is_some_and(|from| ended.is_some_and(|ended| ended < from));
                            if !is_out {
                                self.add(Kind::DigestMissing, key, format!("named by {}", read.name));
                            }
                        }
                    }
                }
                None => {
                    if let Some(before) = before.filter(|_| backfill == Backfill::No) {
                        let (from, to) = (&before.digest.digest_end_time, &digest.digest_start_time);
                        self.add(Kind::Gap, &read.name, format!("from {from} to {to}"));
                    }
                }
            }
        }
        for read in chain {
            let digest = &read.digest;
            let region = ObjectPath::parse(&digest.digest_s3_object).region.unwrap_or_default().to_owned();
            let (mut is_valid, mut is_proven) = (true, false);
            let mut wrong = |found: &mut Self, kind: Kind, detail: String| {
                is_valid &= !kind.is_evidence_of_change();
                found.add(kind, &read.name, detail);
            };
            let own = at(Some(&digest.digest_s3_bucket), &digest.digest_s3_object);
            if own != read.place {
                wrong(self, Kind::DigestMoved, format!("it was delivered to {own}"));
            }
            let next = said.get(read.place.as_str());
            if let Some(next) = next {
                let hash = next.digest.previous_digest_hash_value.as_deref().unwrap_or_default();
                if !hash.eq_ignore_ascii_case(&read.content_hash) {
                    wrong(self, Kind::DigestChanged, format!("{} names another hash", next.name));
                }
                let signature = next.digest.previous_digest_signature.as_deref();
                if let (Some(ours), Some(theirs)) = (read.signature.as_deref(), signature)
                    && !ours.trim().eq_ignore_ascii_case(theirs.trim())
                {
                    wrong(self, Kind::DigestChanged, format!("{} names another signature", next.name));
                }
            }
            let from_next = next.and_then(|next| next.digest.previous_digest_signature.as_deref());
            match read.signature.as_deref().or(from_next).map(bytes_of) {
                None => wrong(self, Kind::SignatureUnknown, String::new()),
                Some(None) => wrong(self, Kind::SignatureWrong, "the signature is no hexadecimal text".to_owned()),
                Some(Some(signature)) => {
                    let text = digest.signed_text(&read.content_hash);
                    let fingerprint = &digest.digest_public_key_fingerprint;
                    match keys.check(&region, fingerprint, text.as_bytes(), &signature) {
                        Signed::Yes => is_proven = true,
                        Signed::No => wrong(self, Kind::SignatureWrong, format!("key {fingerprint}")),
                        Signed::NoKey => wrong(self, Kind::KeyUnknown, format!("key {fingerprint} of {region}")),
                    }
                }
            }
            if !is_valid {
                continue;
            }
            self.valid_digests += usize::from(is_proven);
            let of = (digest.aws_account_id.clone(), region);
            if let (Backfill::No, Some(start), Some(end)) = (backfill, digest.start_s(), digest.end_s()) {
                self.covered.entry(of.clone()).or_default().push((start, end));
                let newest = self.newest_s.entry(of).or_insert(end);
                *newest = end.max(*newest);
            }
            for log in digest.log_files.iter().flatten() {
                let expected = Expected {
                    hash: log.hash_value.to_ascii_lowercase(),
                    bucket: log.s3_bucket.clone(),
                    key: log.s3_object.clone(),
                };
                self.expected.entry(at(Some(&log.s3_bucket), &log.s3_object)).or_default().push(expected);
            }
        }
    }

    /// Log files that are there (place and name) and that nobody says were delivered: added, or of a time that no digest covers.
    pub fn judge_unnamed<'a>(&mut self, logs: impl IntoIterator<Item = (&'a str, &'a str)>) {
        let mut open: BTreeMap<(String, String), (u64, String)> = BTreeMap::new();
        for (place, name) in logs {
            if self.expected.contains_key(place) {
                continue;
            }
            let path = ObjectPath::parse(place);
            let (Some(account), Some(region), Some(at)) = (path.account, path.region, path.delivered_s) else {
                continue;
            };
            let of = (account.to_owned(), region.to_owned());
            let spans = self.covered.get(&of).map(Vec::as_slice).unwrap_or_default();
            // Within a covered time, and not at the end of one, where the next digest would have it.
            let covers = |at: i64| spans.iter().any(|(start, end)| *start <= at && at < *end);
            if covers(at - EDGE_S) && covers(at + EDGE_S) && covers(at) {
                self.add(Kind::LogAdded, name, String::new());
            } else {
                let entry = open.entry(of).or_insert_with(|| (0, name.to_owned()));
                entry.0 += 1;
                if name < entry.1.as_str() {
                    name.clone_into(&mut entry.1);
                }
            }
        }
        for ((account, region), (count, first)) in open {
            self.add(Kind::NotCovered, &first, format!("{count} of {account} in {region}, this is the first"));
        }
    }
}

/// A chain is the digests of one trail in one account and Region: their names differ in the time only.
fn chain_of(name: &str) -> String {
    let file = name.rsplit(['/', '\\']).next().unwrap_or(name);
    let stem = file.split(".json").next().unwrap_or(file);
    let stem = stem.strip_suffix("_backfill").unwrap_or(stem);
    stem.rsplit_once('_').map_or(stem, |(chain, _)| chain).to_owned()
}
