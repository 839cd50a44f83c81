//! S3: buckets and their objects.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::form;
use super::id::AccountId;

/// Every bucket, by its name, which is one for all accounts.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Storage {
    pub(crate) buckets: BTreeMap<String, Bucket>,
    /// Bytes of all objects together.
    used_bytes: usize,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Bucket {
    pub(crate) account: AccountId,
    pub(crate) region: String,
    pub(crate) created_at: Timestamp,
    objects: BTreeMap<String, Object>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Object {
    #[serde(with = "form::bytes")]
    pub(crate) bytes: Arc<[u8]>,
    /// With its quotes.
    pub(crate) etag: String,
    pub(crate) modified_at: Timestamp,
    /// Headers that come back with the object (`content-type`, `x-amz-meta-…`), in lower case.
    pub(crate) headers: Vec<(String, String)>,
    /// The checksum that came with it: `crc32` and so on, and its value in base64.
    pub(crate) checksum: Option<(String, String)>,
}

impl Bucket {
    pub(crate) fn objects(&self) -> &BTreeMap<String, Object> {
        &self.objects
    }
}

impl Storage {
    pub(crate) fn used_bytes(&self) -> usize {
        self.used_bytes
    }

    /// Makes an empty bucket. One of the same name must not be there.
    pub(crate) fn add_bucket(&mut self, name: &str, account: AccountId, region: &str, at: Timestamp) {
        let bucket = Bucket { account, region: region.to_owned(), created_at: at, objects: BTreeMap::new() };
        self.buckets.insert(name.to_owned(), bucket);
    }

    /// Puts an object in the place of what had its key. `false` where there is no such bucket.
    pub(crate) fn put(&mut self, bucket: &str, key: &str, object: Object) -> bool {
        self.remove(bucket, key);
        let Some(found) = self.buckets.get_mut(bucket) else { return false };
        self.used_bytes += object.bytes.len();
        found.objects.insert(key.to_owned(), object);
        true
    }

    pub(crate) fn remove(&mut self, bucket: &str, key: &str) {
        let gone = self.buckets.get_mut(bucket).and_then(|bucket| bucket.objects.remove(key));
        self.used_bytes = self.used_bytes.saturating_sub(gone.map_or(0, |object| object.bytes.len()));
    }
}
