//! CloudTrail's public keys, from a file or from CloudTrail itself.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use ports::TrailRead;
use trail::ObjectPath;
use trail::digest::{ReadDigest, Signatures, Signed};

use super::inventory::Inventory;
use super::{at, remote};
use crate::cli::trail::VerifyArguments;
use crate::console::Console;
use crate::error::CommandError;

/// The key of a digest was valid when it was signed: within the hours after its end, or later where files came late.
const LATER_S: i64 = 2 * 3600;

/// Keys by fingerprint.
#[derive(Debug, Default)]
pub(super) struct Keys(BTreeMap<String, Vec<u8>>);

impl Signatures for Keys {
    fn check(&self, _region: &str, fingerprint: &str, text: &[u8], signature: &[u8]) -> Signed {
        match self.0.get(fingerprint) {
            None => Signed::NoKey,
            Some(der) if aws::is_signed(der, text, signature) => Signed::Yes,
            Some(_) => Signed::No,
        }
    }
}

impl Keys {
    /// The keys that these digests name.
    pub(super) fn find(
        arguments: &VerifyArguments,
        inventory: &Inventory,
        digests: &[ReadDigest],
        console: &Console,
    ) -> Result<Self, CommandError> {
        let mut keys = Self::default();
        if let Some(path) = &arguments.public_keys {
            let failed = |reason: String| {
                CommandError::new(format!("cannot read public keys from `{}`", path.display()))
                    .cause(reason)
                    .hint("it is the output of `aws cloudtrail list-public-keys --start-time … --end-time …`")
            };
            let text = fs::read(path).map_err(|error| failed(error.to_string()))?;
            for key in aws::read_signing_keys(&text).map_err(failed)? {
                keys.0.insert(key.fingerprint, key.der);
            }
            return Ok(keys);
        }
        // Each Region has keys of its own.
        let mut spans: BTreeMap<String, (i64, i64)> = BTreeMap::new();
        for read in digests {
            let path = ObjectPath::parse(&read.digest.digest_s3_object);
            let (Some(region), Some(start), Some(end)) = (path.region, read.digest.start_s(), read.digest.end_s())
            else {
                continue;
            };
            let span = spans.entry(region.to_owned()).or_insert((start, end));
            *span = (span.0.min(start), span.1.max(end));
        }
        let own;
        let storage = match inventory.storage() {
            Some(storage) => storage,
            None => {
                own = remote::connect(&arguments.bucket);
                &own
            }
        };
        for (region, (from, to)) in spans {
            match remote::wait(storage.signing_keys(&region, at(from), at(to.saturating_add(LATER_S)))) {
                Ok(found) => keys.0.extend(found.into_iter().map(|key| (key.fingerprint, key.der))),
                Err(error) => {
                    console.warn(format!(
                        "CloudTrail's public keys of {region} cannot be read ({error}): signatures stay open"
                    ));
                }
            }
        }
        let named: BTreeSet<&str> =
            digests.iter().map(|read| read.digest.digest_public_key_fingerprint.as_str()).collect();
        if named.iter().any(|name| !keys.0.contains_key(*name)) {
            console.note("`aws cloudtrail list-public-keys` prints the keys where this program cannot ask for them: `--public-keys FILE`");
        }
        Ok(keys)
    }
}
