//! Objects.

use std::sync::Arc;

use jiff::Timestamp;
use md5::{Digest as _, Md5};

use super::{chunked, found};
use crate::call::Call;
use crate::error::ApiError;
use crate::state::storage::Object;
use crate::wire::signature::Chunks;
use crate::wire::{Plain, WireRequest};

/// Headers of an upload that come back with the object.
const KEPT: [&str; 6] =
    ["content-type", "content-encoding", "content-language", "content-disposition", "cache-control", "expires"];
/// The longest key, in bytes.
const LONGEST_KEY: usize = 1_024;

/// The ETag of an object that was uploaded in one piece.
fn etag(bytes: &[u8]) -> String {
    format!("\"{}\"", hex::encode(Md5::digest(bytes)))
}

pub(super) fn put(call: &mut Call<'_>, request: &WireRequest) -> Result<Plain, ApiError> {
    let (bucket, present) = found(call)?;
    let key = call.required("Key")?;
    if key.len() > LONGEST_KEY {
        return Err(ApiError::new("KeyTooLongError", "Your key is too long"));
    }
    if request.header("if-none-match") == Some("*") && present.objects().contains_key(key) {
        return Err(precondition("If-None-Match"));
    }
    let (bucket, key) = (bucket.to_owned(), key.to_owned());
    let upload = chunked::read(request, Chunks::of(request, call.signing_key))?;
    let replaced = present_bytes(call, &bucket, &key);
    let storage = &mut call.world.storage;
    if storage.used_bytes() + upload.bytes.len() - replaced > call.config.quotas.object_bytes {
        let message = "The sandbox keeps no more bytes of objects than this.";
        return Err(ApiError::new("ServiceUnavailable", message).with_status(503));
    }
    let etag = etag(&upload.bytes);
    let mut headers: Vec<(String, String)> = Vec::new();
    for (name, value) in &request.headers {
        let name = name.to_lowercase();
        let value = if name == "content-encoding" { without_chunks(value) } else { value.clone() };
        if (KEPT.contains(&name.as_str()) && !value.is_empty()) || name.starts_with("x-amz-meta-") {
            headers.push((name, value));
        }
    }
    let mut answer = Plain::empty(200).header("etag", etag.clone());
    if let Some((kind, value)) = &upload.checksum {
        answer = answer.header(&format!("x-amz-checksum-{kind}"), value.clone());
    }
    let object = Object { bytes: upload.bytes.into(), etag, modified_at: call.now, headers, checksum: upload.checksum };
    storage.put(&bucket, &key, object);
    Ok(answer)
}

/// How large what has the key is now.
fn present_bytes(call: &Call<'_>, bucket: &str, key: &str) -> usize {
    let bucket = call.world.storage.buckets.get(bucket);
    bucket.and_then(|bucket| bucket.objects().get(key)).map_or(0, |object| object.bytes.len())
}

/// The encodings of the object itself.
fn without_chunks(value: &str) -> String {
    let own = value.split(',').map(str::trim).filter(|encoding| *encoding != "aws-chunked");
    own.collect::<Vec<_>>().join(",")
}

fn precondition(condition: &str) -> ApiError {
    ApiError::new("PreconditionFailed", "At least one of the pre-conditions you specified did not hold")
        .with_status(412)
        .with("Condition", condition)
}

/// The object, or with `HEAD` what is said of it.
pub(super) fn get(call: &Call<'_>, request: &WireRequest, whole: bool) -> Result<Plain, ApiError> {
    let (_, bucket) = found(call)?;
    let key = call.required("Key")?;
    let Some(object) = bucket.objects().get(key) else {
        return Err(ApiError::new("NoSuchKey", "The specified key does not exist.").with_status(404).with("Key", key));
    };
    let is = |tag: &str| tag == "*" || tag.trim_matches('"') == object.etag.trim_matches('"');
    if request.header("if-match").is_some_and(|tag| !is(tag)) {
        return Err(precondition("If-Match"));
    }
    if request.header("if-none-match").is_some_and(is) {
        return Err(ApiError::new("NotModified", "Not Modified").with_status(304));
    }
    let length = object.bytes.len();
    let range = request.header("range").and_then(ranged).map(|range| range.cut(length)).transpose()?;
    let mut answer = Plain::empty(if range.is_some() { 206 } else { 200 })
        .header("etag", object.etag.clone())
        .header("last-modified", http_date(object.modified_at))
        .header("accept-ranges", "bytes");
    if !object.headers.iter().any(|(name, _)| name == "content-type") {
        answer = answer.header("content-type", "binary/octet-stream");
    }
    for (name, value) in &object.headers {
        answer = answer.header(name, value.clone());
    }
    if let Some((kind, value)) = &object.checksum
        && range.is_none()
        && request.header("x-amz-checksum-mode").is_some()
    {
        answer = answer
            .header(&format!("x-amz-checksum-{kind}"), value.clone())
            .header("x-amz-checksum-type", "FULL_OBJECT");
    }
    let (from, to) = range.unwrap_or((0, length));
    if range.is_some() {
        answer = answer.header("content-range", format!("bytes {from}-{}/{length}", to.saturating_sub(1)));
    }
    if whole {
        answer.body = object.bytes.get(from..to).unwrap_or_default().to_vec();
    } else {
        // what a body would have; the connection sends none
        answer = answer.header("content-length", (to - from).to_string());
    }
    Ok(answer)
}

pub(super) fn delete(call: &mut Call<'_>) -> Result<Plain, ApiError> {
    let (bucket, _) = found(call)?;
    let (bucket, key) = (bucket.to_owned(), call.required("Key")?.to_owned());
    call.world.storage.remove(&bucket, &key);
    Ok(Plain::empty(204))
}

/// A range of bytes as the header has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Range {
    From(usize),
    Between(usize, usize),
    Last(usize),
}

/// One range; anything else is passed over, as HTTP wants it.
fn ranged(header: &str) -> Option<Range> {
    let (from, to) = header.strip_prefix("bytes=")?.split_once('-')?;
    match (from.parse::<usize>(), to.parse::<usize>()) {
        (Ok(from), Ok(to)) if from <= to => Some(Range::Between(from, to)),
        (Ok(from), Err(_)) if to.is_empty() => Some(Range::From(from)),
        (Err(_), Ok(count)) if from.is_empty() => Some(Range::Last(count)),
        _ => None,
    }
}

impl Range {
    /// Where it begins and ends in this many bytes.
    fn cut(self, length: usize) -> Result<(usize, usize), ApiError> {
        let (from, to) = match self {
            Self::From(from) => (from, length),
            Self::Between(from, to) => (from, length.min(to.saturating_add(1))),
            Self::Last(count) => (length.saturating_sub(count), length),
        };
        if from < to {
            return Ok((from, to));
        }
        Err(ApiError::new("InvalidRange", "The requested range is not satisfiable")
            .with_status(416)
            .with("ActualObjectSize", length.to_string()))
    }
}

/// `Sun, 22 Nov 2026 00:00:00 GMT`
fn http_date(at: Timestamp) -> String {
    at.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

/// An object that AWS itself writes.
pub(crate) fn of_aws(bytes: Vec<u8>, at: Timestamp, headers: &[(&str, &str)]) -> Object {
    let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let etag = etag(&bytes);
    Object { bytes: Arc::from(bytes), etag, modified_at: at, headers: headers.collect(), checksum: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_cut_as_http_has_them() {
        let told = |header: &str| ranged(header).map(|range| range.cut(10).map_err(|error| error.status));
        assert_eq!(told("bytes=0-3"), Some(Ok((0, 4))));
        assert_eq!(told("bytes=4-"), Some(Ok((4, 10))));
        assert_eq!(told("bytes=-3"), Some(Ok((7, 10))));
        assert_eq!(told("bytes=8-99"), Some(Ok((8, 10))));
        assert_eq!(told("bytes=10-"), Some(Err(416)));
        assert_eq!(told("bytes=-0"), Some(Err(416)));
        assert_eq!(told("bytes=3-2"), None);
        assert_eq!(told("lines=0-3"), None);
    }
}
