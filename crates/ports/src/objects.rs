//! Objects in buckets, and what CloudTrail says of itself.

use std::collections::BTreeMap;

use async_trait::async_trait;
use jiff::Timestamp;

use crate::aws::AwsError;

/// Which objects are listed: one page of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ListObjects {
    /// The bucket.
    pub bucket: String,
    /// What keys begin with.
    pub prefix: String,
    /// Whether only what stands directly in this folder is listed, and its subfolders by name; else everything below.
    pub folder_only: bool,
    /// Keys up to this one are left out.
    pub start_after: Option<String>,
    /// Where the page before ended.
    pub token: Option<String>,
}

/// An object, as a listing names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedObject {
    /// Its key.
    pub key: String,
    /// Its size.
    pub size_bytes: u64,
    /// AWS's tag of its content; another tag, another content.
    pub etag: String,
}

/// One page of a listing, in the order of keys.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ObjectPage {
    /// Objects.
    pub objects: Vec<ListedObject>,
    /// Folders, as whole prefixes with `/` at the end.
    pub folders: Vec<String>,
    /// How the next page is asked for; none at the end.
    pub next: Option<String>,
}

/// An object's content.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StoredObject {
    /// All of its bytes.
    pub bytes: Vec<u8>,
    /// The tag of this content.
    pub etag: String,
    /// What whoever stored it said about it: names without `x-amz-meta-`, in lower case.
    pub metadata: BTreeMap<String, String>,
}

/// Reads objects. Retries of throttled, broken and cut off answers are behind it.
#[async_trait]
pub trait ObjectStorage: Send + Sync {
    /// One page of objects.
    ///
    /// # Errors
    /// When it cannot be listed.
    async fn list(&self, wanted: &ListObjects) -> Result<ObjectPage, AwsError>;

    /// An object. `listed` is what the listing said of it: a content of the same tag with fewer bytes was cut off.
    ///
    /// # Errors
    /// When it cannot be read as a whole.
    async fn get(&self, bucket: &str, listed: &ListedObject) -> Result<StoredObject, AwsError>;
}

/// A key that CloudTrail signs its digest files with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SigningKey {
    /// What digest files name it by.
    pub fingerprint: String,
    /// PKCS #1, DER.
    pub der: Vec<u8>,
}

/// What CloudTrail says of itself, in the JSON of AWS's API (`describe-trails`, `get-event-selectors`): it is read like a file
/// with the answer of the AWS CLI.
#[derive(Debug, Clone)]
pub struct TrailDescription {
    /// The element of `trailList`.
    pub trail: serde_json::Value,
    /// The answer of `GetEventSelectors`, or why there is none.
    pub selectors: Result<serde_json::Value, AwsError>,
}

/// Asks CloudTrail.
#[async_trait]
pub trait TrailRead: Send + Sync {
    /// Public keys of a Region that were valid within this time.
    ///
    /// # Errors
    /// When they cannot be read.
    async fn signing_keys(&self, region: &str, from: Timestamp, to: Timestamp) -> Result<Vec<SigningKey>, AwsError>;

    /// Trails that are seen from here, with their event selectors.
    ///
    /// # Errors
    /// When the trails cannot be listed.
    async fn trails(&self) -> Result<Vec<TrailDescription>, AwsError>;
}
