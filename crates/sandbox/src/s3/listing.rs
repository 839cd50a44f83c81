//! Listings: prefix, delimiter, pages.

use std::ops::Bound;

use super::bucket::canonical_id;
use super::{NAMESPACE, error, found, iso8601};
use crate::call::Call;
use crate::error::ApiError;
use crate::state::storage::Object;
use crate::wire::Plain;
use crate::wire::query::encode;
use crate::wire::xml::Xml;

/// The most entries of a page.
const PAGE: usize = 1_000;

/// What a listing asks for.
struct Asked<'a> {
    prefix: &'a str,
    delimiter: &'a str,
    size: usize,
    /// Keys up to and with this one were listed before.
    after: String,
    encodes: bool,
    owner: bool,
}

/// One entry of a page.
enum Entry<'a> {
    Key(&'a str, &'a Object),
    Folder(&'a str),
}

/// `ListObjectsV2`, and the older `ListObjects` with its marker.
pub(super) fn list(call: &Call<'_>) -> Result<Plain, ApiError> {
    let newer = call.operation == "ListObjectsV2";
    let (name, bucket) = found(call)?;
    let asked = asked(call, newer)?;
    let (entries, more) = page(bucket.objects(), &asked);
    let text = |text: &str| if asked.encodes { encode(text, true) } else { text.to_owned() };
    let mut xml = Xml::default().leaf("Name", name).leaf("Prefix", text(asked.prefix));
    if !asked.delimiter.is_empty() {
        xml = xml.leaf("Delimiter", text(asked.delimiter));
    }
    xml = xml.leaf("MaxKeys", asked.size.to_string());
    if asked.encodes {
        xml = xml.leaf("EncodingType", "url");
    }
    xml = xml.leaf("IsTruncated", more.to_string());
    let last = entries.last().map(|entry| match entry {
        Entry::Key(key, _) => *key,
        Entry::Folder(folder) => *folder,
    });
    if newer {
        xml = xml.leaf("KeyCount", entries.len().to_string());
        xml = xml.maybe("ContinuationToken", call.text("ContinuationToken"));
        xml = xml.maybe("StartAfter", call.text("StartAfter").map(text));
        xml = xml.maybe("NextContinuationToken", last.filter(|_| more).map(token));
    } else {
        xml = xml.leaf("Marker", text(call.text("Marker").unwrap_or_default()));
        // without a delimiter the last key is the marker
        xml = xml.maybe("NextMarker", last.filter(|_| more && !asked.delimiter.is_empty()).map(text));
    }
    let owner = (asked.owner || !newer).then(|| canonical_id(bucket.account));
    for entry in entries {
        xml = match entry {
            Entry::Key(key, object) => {
                let inner = Xml::default()
                    .leaf("Key", text(key))
                    .leaf("LastModified", iso8601(object.modified_at))
                    .leaf("ETag", &object.etag)
                    .leaf("Size", object.bytes.len().to_string());
                let inner = match &owner {
                    Some(id) => inner.node("Owner", Xml::default().leaf("ID", id)),
                    None => inner,
                };
                xml.node("Contents", inner.leaf("StorageClass", "STANDARD"))
            }
            Entry::Folder(folder) => xml.node("CommonPrefixes", Xml::default().leaf("Prefix", text(folder))),
        };
    }
    Ok(Plain::xml(xml.rooted("ListBucketResult", NAMESPACE)))
}

fn asked<'a>(call: &'a Call<'_>, newer: bool) -> Result<Asked<'a>, ApiError> {
    let size = match call.input.get("MaxKeys").map(|value| (value.as_i64(), value.to_string())) {
        None => PAGE,
        Some((Some(size), _)) if size >= 0 => usize::try_from(size).unwrap_or(PAGE).min(PAGE),
        Some((_, text)) => {
            let message = "Argument maxKeys must be an integer between 0 and 2147483647";
            return Err(error::invalid_argument(message, "maxKeys", &text));
        }
    };
    let encodes = match call.text("EncodingType") {
        None => false,
        Some("url") => true,
        Some(other) => {
            let message = "Invalid Encoding Method specified in Request";
            return Err(error::invalid_argument(message, "encoding-type", other));
        }
    };
    let after = match (newer, call.text("ContinuationToken")) {
        (true, Some(told)) => untoken(told).ok_or_else(|| {
            error::invalid_argument("The continuation token provided is incorrect", "continuation-token", told)
        })?,
        (true, None) => call.text("StartAfter").unwrap_or_default().to_owned(),
        (false, _) => call.text("Marker").unwrap_or_default().to_owned(),
    };
    Ok(Asked {
        prefix: call.text("Prefix").unwrap_or_default(),
        delimiter: call.text("Delimiter").unwrap_or_default(),
        size,
        after,
        encodes,
        owner: call.input.get("FetchOwner").and_then(serde_json::Value::as_bool).unwrap_or(false),
    })
}

/// The entries of a page, and whether more follow. Keys below one folder are passed over at one step.
fn page<'a>(objects: &'a std::collections::BTreeMap<String, Object>, asked: &Asked<'_>) -> (Vec<Entry<'a>>, bool) {
    let mut entries = Vec::new();
    let mut from = if asked.after.as_str() < asked.prefix {
        Bound::Included(asked.prefix.to_owned())
    } else {
        Bound::Excluded(asked.after.clone())
    };
    if let Some(folder) = folder_of(&asked.after, asked).filter(|folder| *folder == asked.after) {
        from = beyond(folder);
    }
    loop {
        let next = objects.range::<str, _>((from.as_ref().map(String::as_str), Bound::Unbounded)).next();
        let Some((key, object)) = next.filter(|(key, _)| key.starts_with(asked.prefix)) else {
            return (entries, false);
        };
        if entries.len() >= asked.size {
            return (entries, asked.size > 0);
        }
        match folder_of(key, asked) {
            Some(folder) => {
                entries.push(Entry::Folder(folder));
                from = beyond(folder);
            }
            None => {
                entries.push(Entry::Key(key, object));
                from = Bound::Excluded(key.clone());
            }
        }
    }
}

/// The part of a key up to and with the first delimiter after the prefix.
fn folder_of<'a>(key: &'a str, asked: &Asked<'_>) -> Option<&'a str> {
    if asked.delimiter.is_empty() {
        return None;
    }
    let rest = key.strip_prefix(asked.prefix)?;
    let end = asked.prefix.len() + rest.find(asked.delimiter)? + asked.delimiter.len();
    key.get(..end)
}

/// Behind every key that starts with this text.
fn beyond(folder: &str) -> Bound<String> {
    Bound::Included(format!("{folder}{}", char::MAX))
}

/// An opaque token that names the last entry.
pub(super) fn token(last: &str) -> String {
    hex::encode(format!("1{last}"))
}

pub(super) fn untoken(token: &str) -> Option<String> {
    String::from_utf8(hex::decode(token).ok()?).ok()?.strip_prefix('1').map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use jiff::Timestamp;
    use proptest::prelude::*;

    use super::*;
    use crate::s3::of_aws;

    /// Keys and folders of a listing, page by page.
    fn listed(objects: &BTreeMap<String, Object>, prefix: &str, delimiter: &str, size: usize) -> Vec<String> {
        let mut found = Vec::new();
        let mut after = String::new();
        loop {
            let asked = Asked { prefix, delimiter, size, after: after.clone(), encodes: false, owner: false };
            let (entries, more) = page(objects, &asked);
            assert!(entries.len() <= size);
            found.extend(entries.iter().map(|entry| match entry {
                Entry::Key(key, _) => (*key).to_owned(),
                Entry::Folder(folder) => (*folder).to_owned(),
            }));
            match found.last().filter(|_| more) {
                Some(last) => after.clone_from(last),
                None => return found,
            }
        }
    }

    proptest! {
        #[test]
        fn pages_hold_every_key_and_folder_once(
            keys in proptest::collection::btree_set("[ab/]{1,6}", 0..30),
            prefix in "[ab/]{0,2}",
            delimiter in "(/|b)?",
            size in 1_usize..7,
        ) {
            let object = of_aws(Vec::new(), Timestamp::UNIX_EPOCH, &[]);
            let objects: BTreeMap<String, Object> = keys.iter().map(|key| (key.clone(), object.clone())).collect();
            let below = keys.iter().filter_map(|key| Some((key, key.strip_prefix(&prefix)?)));
            let wanted: BTreeSet<String> = below
                .map(|(key, rest)| match rest.find(&delimiter).filter(|_| !delimiter.is_empty()) {
                    Some(at) => format!("{prefix}{}", &rest[..at + delimiter.len()]),
                    None => key.clone(),
                })
                .collect();
            let found = listed(&objects, &prefix, &delimiter, size);
            prop_assert_eq!(found, wanted.into_iter().collect::<Vec<_>>());
        }
    }
}
