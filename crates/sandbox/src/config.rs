//! What a sandbox is like: keys, rates, latencies, quotas. Defaults are AWS's documented values.

use std::collections::HashSet;
use std::time::Duration;

/// Settings of one sandbox. Nothing here changes while it runs.
#[derive(Debug, Clone)]
pub struct Config {
    /// Seed of every random choice: ids, latencies, empty pages, faults.
    pub seed: u64,
    /// The primary Region of the Identity Center instance.
    pub region: String,
    /// Long-term key of an administrator in the management account.
    pub administrator: KeyPair,
    /// Long-term key of an administrator in the delegated administrator account.
    pub delegated: KeyPair,
    /// Roles of member accounts that trust the management and the delegated administrator account, by name.
    pub assumable_roles: Vec<String>,
    /// AWS managed policies that exist, by ARN; `None` believes every ARN of AWS's form.
    pub known_managed_policies: Option<HashSet<String>>,
    /// How long asynchronous work takes.
    pub latency: Latency,
    /// Token buckets; `None` never throttles.
    pub rates: Option<Rates>,
    /// Limits on how much of everything there may be.
    pub quotas: Quotas,
    /// How often (0.0–1.0) a page of an Organizations listing comes empty although more follows.
    pub empty_page_chance: f64,
    /// How long reads lag behind writes: permission sets, assignments and provisioned pairs, users, groups, memberships, the
    /// organization's accounts, each for itself; IAM by account; OUs, control policies and attachments together. Nothing by default; AWS documents that there is such a time and not how long it is.
    pub lag: Span,
    /// How much faster than the wall the clock runs that feeds `now`. Sessions of AssumeRole do not expire above 1,
    /// because their clients count wall time.
    pub speed: u32,
    /// The customer managed KMS key of the instance; `None` is the key AWS owns.
    pub instance_kms_key: Option<String>,
    /// CloudTrail; none records nothing.
    pub trail: Option<TrailSettings>,
    /// How many calls the log keeps (the counters never forget).
    pub call_log_limit: usize,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            seed: 1,
            region: "ap-northeast-1".to_owned(),
            administrator: KeyPair::new("AKIASANDBOXMANAGER01", "sandbox+management+secret+0123456789abcd"),
            delegated: KeyPair::new("AKIASANDBOXDELEGATE1", "sandbox+delegated+secret+0123456789abcde"),
            assumable_roles: vec!["OrganizationAccountAccessRole".to_owned()],
            known_managed_policies: None,
            latency: Latency::default(),
            rates: Some(Rates::default()),
            quotas: Quotas::default(),
            empty_page_chance: 0.05,
            lag: Span::ZERO,
            speed: 1,
            instance_kms_key: None,
            trail: Some(TrailSettings::default()),
            call_log_limit: 100_000,
        }
    }
}

impl Config {
    /// No throttling, no empty pages, asynchronous work done at the next call: for tests of something else.
    pub fn calm() -> Self {
        let trail = TrailSettings { delay: Span::ZERO, ..TrailSettings::default() };
        Self { rates: None, latency: Latency::NONE, empty_page_chance: 0.0, trail: Some(trail), ..Self::default() }
    }
}

/// What CloudTrail does with what it records.
#[derive(Debug, Clone)]
pub struct TrailSettings {
    /// How late records are: after the call for LookupEvents, after its five minutes are over for an object in S3. AWS documents 5
    /// minutes on average and up to 15.
    pub delay: Span,
    /// The bucket of the organization's trail; without one there is no trail, only LookupEvents.
    pub bucket: Option<String>,
    /// Most bytes of records kept for LookupEvents; the oldest are forgotten, where AWS forgets after 90 days.
    pub kept_bytes: usize,
    /// Most bytes of objects written; the oldest are deleted.
    pub object_bytes: usize,
}

impl Default for TrailSettings {
    fn default() -> Self {
        Self {
            delay: Span::milliseconds(120_000, 300_000),
            bucket: Some("sandbox-organization-trail".to_owned()),
            kept_bytes: 32 << 20,
            object_bytes: 64 << 20,
        }
    }
}

/// A long-term access key.
#[derive(Clone, PartialEq, Eq)]
pub struct KeyPair {
    /// `AKIA…`
    pub access_key_id: String,
    /// The secret it signs with.
    pub secret_access_key: String,
}

impl KeyPair {
    /// The pair of these two texts.
    pub fn new(access_key_id: impl Into<String>, secret_access_key: impl Into<String>) -> Self {
        Self { access_key_id: access_key_id.into(), secret_access_key: secret_access_key.into() }
    }
}

impl std::fmt::Debug for KeyPair {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "KeyPair({}, …)", self.access_key_id)
    }
}

/// How long asynchronous work takes, each a range to draw from.
#[derive(Debug, Clone, Copy)]
pub struct Latency {
    /// Creating or deleting one assignment.
    pub assignment: Span,
    /// Updating the role of one set in one account.
    pub provisioning: Span,
    /// Creating an account.
    pub account_creation: Span,
}

impl Latency {
    /// Everything is done at once.
    pub const NONE: Self = Self { assignment: Span::ZERO, provisioning: Span::ZERO, account_creation: Span::ZERO };
}

impl Default for Latency {
    /// A few seconds each, as people see it on AWS (not documented).
    fn default() -> Self {
        Self {
            assignment: Span::milliseconds(1_500, 5_000),
            provisioning: Span::milliseconds(2_000, 6_000),
            account_creation: Span::milliseconds(20_000, 60_000),
        }
    }
}

/// A range of durations, both ends included.
#[derive(Debug, Clone, Copy)]
pub struct Span {
    /// The shortest.
    pub least: Duration,
    /// The longest.
    pub most: Duration,
}

impl Span {
    /// No time at all.
    pub const ZERO: Self = Self::milliseconds(0, 0);

    /// From `least_ms` to `most_ms` milliseconds.
    pub const fn milliseconds(least_ms: u64, most_ms: u64) -> Self {
        Self { least: Duration::from_millis(least_ms), most: Duration::from_millis(most_ms) }
    }

    pub(crate) fn draw(self, rng: &mut fastrand::Rng) -> Duration {
        let least = u64::try_from(self.least.as_millis()).unwrap_or(u64::MAX);
        let most = u64::try_from(self.most.as_millis()).unwrap_or(u64::MAX).max(least);
        Duration::from_millis(rng.u64(least..=most))
    }
}

/// A token bucket.
#[derive(Debug, Clone, Copy)]
pub struct Rate {
    /// Tokens that come back every second.
    pub per_second: f64,
    /// The most the bucket holds.
    pub burst: f64,
}

impl Rate {
    /// The bucket of these numbers.
    pub const fn new(per_second: f64, burst: f64) -> Self {
        Self { per_second, burst }
    }
}

/// Rates by service. sso-admin and identitystore are AWS's documented quotas; those of Organizations are guesses of
/// the right size (AWS documents them by operation).
#[derive(Debug, Clone, Copy)]
pub struct Rates {
    /// All of sso-admin together.
    pub sso_admin: Rate,
    /// Each operation of identitystore.
    pub identity_store_each: Rate,
    /// Each reading operation of Organizations.
    pub organizations_read_each: Rate,
    /// Each writing operation of Organizations.
    pub organizations_write_each: Rate,
    /// LookupEvents of each account and Region.
    pub lookup_events_each: Rate,
    /// All of account-access together.
    pub account_access: Rate,
}

impl Default for Rates {
    fn default() -> Self {
        Self {
            sso_admin: Rate::new(20.0, 20.0),
            identity_store_each: Rate::new(20.0, 20.0),
            organizations_read_each: Rate::new(10.0, 20.0),
            organizations_write_each: Rate::new(2.0, 5.0),
            lookup_events_each: Rate::new(2.0, 2.0),
            account_access: Rate::new(20.0, 20.0),
        }
    }
}

/// Limits, with AWS's documented values of 2026.
#[derive(Debug, Clone, Copy)]
#[expect(missing_docs, reason = "each name says it")]
pub struct Quotas {
    pub permission_sets: usize,
    pub permission_sets_per_account: usize,
    pub policies_per_set: usize,
    pub groups_per_pair: usize,
    pub inline_policy_characters: usize,
    pub tags_per_resource: usize,
    pub users: usize,
    pub groups: usize,
    pub outstanding_assignments: usize,
    pub outstanding_provisionings: usize,
    pub accounts: usize,
    pub unit_depth: usize,
    /// Bytes of all objects in S3 together; AWS has no such limit.
    pub object_bytes: usize,
}

impl Default for Quotas {
    fn default() -> Self {
        Self {
            permission_sets: 3_500,
            permission_sets_per_account: 500,
            policies_per_set: 25,
            groups_per_pair: 100,
            inline_policy_characters: 10_240,
            tags_per_resource: 50,
            users: 200_000,
            groups: 100_000,
            outstanding_assignments: 15,
            outstanding_provisionings: 3,
            accounts: 7_000,
            unit_depth: 5,
            object_bytes: 256 << 20,
        }
    }
}
