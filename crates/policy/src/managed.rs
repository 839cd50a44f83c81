//! AWS's own managed policies, as of [`DATE`].

use std::sync::LazyLock;

use crate::data;
use crate::nearest::nearest as nearest_of;
use crate::parse::parse;
use crate::policy::Policy;

/// The day the embedded policies were collected.
pub const DATE: &str = "2026-08-26";

/// What every ARN of an AWS managed policy starts with (commercial partition).
pub const ARN_PREFIX: &str = "arn:aws:iam::aws:policy";

/// An AWS managed policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ManagedPolicy {
    /// `ReadOnlyAccess`.
    pub name: &'static str,
    /// `/`, `/job-function/`, …
    pub path: &'static str,
    /// AWS's version, such as `v12`.
    pub version: &'static str,
    /// When that version was published (RFC 3339).
    pub updated: &'static str,
    index: usize,
}

/// Sorted by name, as the embedded file is.
static TABLE: LazyLock<Vec<ManagedPolicy>> = LazyLock::new(|| {
    let rows = data::MANAGED_NAMES.lines().enumerate();
    rows.filter_map(|(index, line)| {
        let mut fields = line.split('\t');
        Some(ManagedPolicy {
            name: fields.next()?,
            path: fields.next()?,
            version: fields.next()?,
            updated: fields.next()?,
            index,
        })
    })
    .collect()
});

struct Documents {
    text: String,
    /// First byte of each line, and the end.
    starts: Vec<usize>,
}

static DOCUMENTS: LazyLock<Documents> = LazyLock::new(|| {
    let text = data::inflate(data::MANAGED_DOCUMENTS);
    let starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
    Documents { text, starts }
});

impl ManagedPolicy {
    /// `arn:aws:iam::aws:policy/job-function/Billing`.
    #[must_use]
    pub fn arn(&self) -> String {
        format!("{ARN_PREFIX}{}{}", self.path, self.name)
    }

    /// The text of the newest version's document. The first call unpacks all documents (about 10 ms).
    #[must_use]
    pub fn document(&self) -> &'static str {
        let documents = &*DOCUMENTS;
        let bounds = (documents.starts.get(self.index), documents.starts.get(self.index + 1));
        let (Some(start), Some(end)) = bounds else { return "" };
        documents.text.get(*start..*end).unwrap_or_default().trim_end()
    }

    /// The document, read. `None` never happens with the embedded data.
    #[must_use]
    pub fn policy(&self) -> Option<Policy> {
        parse(self.document()).policy
    }
}

/// All AWS managed policies, sorted by name.
#[must_use]
pub fn all() -> &'static [ManagedPolicy] {
    &TABLE
}

/// Their names, sorted.
pub fn names() -> impl Iterator<Item = &'static str> {
    all().iter().map(|policy| policy.name)
}

/// The policy with exactly this ARN.
#[must_use]
pub fn by_arn(arn: &str) -> Option<ManagedPolicy> {
    let rest = arn.strip_prefix(ARN_PREFIX)?;
    rest.starts_with('/').then(|| by_path_and_name(rest))?
}

/// The policy meant by a name (`ReadOnlyAccess`, `Billing`), a path and name (`job-function/Billing`) or an ARN.
#[must_use]
pub fn resolve(name_or_arn: &str) -> Option<ManagedPolicy> {
    if name_or_arn.starts_with("arn:") {
        return by_arn(name_or_arn);
    }
    if name_or_arn.contains('/') {
        return by_path_and_name(name_or_arn);
    }
    by_name(name_or_arn)
}

/// The names closest to this one (name or ARN), best first.
#[must_use]
pub fn nearest(name_or_arn: &str, limit: usize) -> Vec<&'static str> {
    let name = name_or_arn.rsplit('/').next().unwrap_or(name_or_arn);
    // a wrong path with a right name is the commonest slip
    if let Some(exact) = by_name(name) {
        return vec![exact.name];
    }
    nearest_of(name, names(), limit)
}

fn by_name(name: &str) -> Option<ManagedPolicy> {
    let at = TABLE.binary_search_by(|policy| policy.name.cmp(name)).ok()?;
    TABLE.get(at).copied()
}

fn by_path_and_name(text: &str) -> Option<ManagedPolicy> {
    let (path, name) = text.rsplit_once('/')?;
    by_name(name).filter(|policy| policy.path.trim_matches('/') == path.trim_matches('/'))
}
