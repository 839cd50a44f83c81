//! Token buckets, filled by the time that comes in with each request.

use std::collections::HashMap;

use jiff::Timestamp;

use crate::config::{Rate, Rates};
use crate::wire::route::Service;

/// The buckets of one sandbox.
#[derive(Debug, Clone, Default)]
pub(crate) struct Buckets {
    levels: HashMap<(Service, String), Level>,
}

#[derive(Debug, Clone, Copy)]
struct Level {
    tokens: f64,
    at: Timestamp,
}

impl Buckets {
    /// Takes a token for this call. `Err` is how many seconds until there is one.
    pub(crate) fn take(&mut self, rates: &Rates, service: Service, operation: &str, now: Timestamp) -> Result<(), f64> {
        let Some((bucket, rate)) = bucket_of(rates, service, operation) else { return Ok(()) };
        let level = self.levels.entry((service, bucket)).or_insert(Level { tokens: rate.burst, at: now });
        let passed_s = now.duration_since(level.at).as_secs_f64().max(0.0);
        level.tokens = (level.tokens + passed_s * rate.per_second).min(rate.burst);
        level.at = level.at.max(now);
        if level.tokens >= 1.0 {
            level.tokens -= 1.0;
            return Ok(());
        }
        Err((1.0 - level.tokens) / rate.per_second)
    }
}

fn bucket_of(rates: &Rates, service: Service, operation: &str) -> Option<(String, Rate)> {
    match service {
        Service::SsoAdmin => Some((String::new(), rates.sso_admin)),
        Service::IdentityStore => Some((operation.to_owned(), rates.identity_store_each)),
        Service::Organizations if operation.starts_with("List") || operation.starts_with("Describe") => {
            Some((operation.to_owned(), rates.organizations_read_each))
        }
        Service::Organizations => Some((operation.to_owned(), rates.organizations_write_each)),
        Service::CloudTrail if operation.starts_with("LookupEvents") => {
            Some((operation.to_owned(), rates.lookup_events_each))
        }
        Service::AccountAccess => Some((String::new(), rates.account_access)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_empties_and_fills_again() {
        let (mut buckets, rates) = (Buckets::default(), Rates::default());
        let start = Timestamp::UNIX_EPOCH;
        let mut take = |operation: &str, at: Timestamp| buckets.take(&rates, Service::SsoAdmin, operation, at).is_ok();
        assert_eq!((0..30).filter(|_| take("ListPermissionSets", start)).count(), 20);
        assert!(!take("DescribePermissionSet", start), "sso-admin's bucket is one for all operations");
        let later = start + jiff::SignedDuration::from_millis(500);
        assert_eq!((0..30).filter(|_| take("ListPermissionSets", later)).count(), 10);
    }

    #[test]
    fn identity_store_counts_by_operation() {
        let (mut buckets, rates) = (Buckets::default(), Rates::default());
        for operation in ["ListUsers", "ListGroups"] {
            let taken = (0..30)
                .filter(|_| buckets.take(&rates, Service::IdentityStore, operation, Timestamp::UNIX_EPOCH).is_ok());
            assert_eq!(taken.count(), 20);
        }
    }
}
