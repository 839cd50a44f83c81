//! Buckets.

use std::ops::Bound;

use serde_json::Value;

use super::listing::{token, untoken};
use super::{NAMESPACE, error, found, iso8601};
use crate::call::Call;
use crate::error::ApiError;
use crate::wire::xml::Xml;
use crate::wire::{Plain, WireRequest};

/// Buckets of one account; AWS's own default is 10,000.
const MOST_BUCKETS: usize = 10_000;

/// Buckets of the caller's account, page by page where that is asked for: AWS's own pages hold 10,000.
pub(super) fn list(call: &Call<'_>) -> Result<Plain, ApiError> {
    let account = call.caller.identity.account;
    let (prefix, region) = (call.text("Prefix"), call.text("BucketRegion"));
    let after = match call.text("ContinuationToken") {
        None => String::new(),
        Some(told) => untoken(told).ok_or_else(|| {
            error::invalid_argument("The continuation token provided is incorrect", "continuation-token", told)
        })?,
    };
    let size = call.input.get("MaxBuckets").and_then(Value::as_u64).and_then(|size| usize::try_from(size).ok());
    let size = size.unwrap_or(MOST_BUCKETS).clamp(1, MOST_BUCKETS);
    let behind = call.world.storage.buckets.range::<str, _>((Bound::Excluded(after.as_str()), Bound::Unbounded));
    let mut own = behind.filter(|(name, bucket)| {
        bucket.account == account
            && prefix.is_none_or(|prefix| name.starts_with(prefix))
            && region.is_none_or(|region| bucket.region == region)
    });
    let page: Vec<_> = own.by_ref().take(size).collect();
    let last = page.last().map(|(name, _)| name.as_str()).filter(|_| own.next().is_some());
    let buckets = page.iter().fold(Xml::default(), |list, (name, bucket)| {
        let inner = Xml::default().leaf("Name", name).leaf("CreationDate", iso8601(bucket.created_at));
        list.node("Bucket", inner.leaf("BucketRegion", &bucket.region))
    });
    let owner = Xml::default().leaf("ID", canonical_id(account));
    let xml = Xml::default().node("Owner", owner).node("Buckets", buckets);
    let xml = xml.maybe("ContinuationToken", last.map(token)).maybe("Prefix", prefix);
    Ok(Plain::xml(xml.rooted("ListAllMyBucketsResult", NAMESPACE)))
}

/// The canonical user id of an account: 64 hexadecimal digits that tell nothing.
pub(super) fn canonical_id(account: crate::state::id::AccountId) -> String {
    use sha2::Digest as _;
    hex::encode(sha2::Sha256::digest(account.to_string()))
}

pub(super) fn create(call: &mut Call<'_>, request: &WireRequest) -> Result<Plain, ApiError> {
    let name = call.text("Bucket").unwrap_or_default().to_owned();
    if !is_name(&name) {
        return Err(ApiError::new("InvalidBucketName", "The specified bucket is not valid.").with("BucketName", name));
    }
    let region = wanted_region(call, request)?;
    let account = call.caller.identity.account;
    let taken = call.world.storage.buckets.get(&name).map(|bucket| (bucket.account, bucket.region.as_str()));
    match taken {
        // as it was before there were other Regions: AWS's documentation of CreateBucket
        Some((owner, "us-east-1")) if owner == account && region == "us-east-1" => {
            return Ok(Plain::empty(200).header("location", format!("/{name}")));
        }
        Some((owner, _)) if owner == account => {
            let message = "Your previous request to create the named bucket succeeded and you already own it.";
            return Err(ApiError::new("BucketAlreadyOwnedByYou", message).with_status(409).with("BucketName", name));
        }
        Some(_) => {
            let message = "The requested bucket name is not available. The bucket namespace is shared by all users of \
                           the system. Please select a different name and try again.";
            return Err(ApiError::new("BucketAlreadyExists", message).with_status(409).with("BucketName", name));
        }
        None => {}
    }
    let own = call.world.storage.buckets.values().filter(|bucket| bucket.account == account);
    if own.count() >= MOST_BUCKETS {
        let message = "You have attempted to create more buckets than allowed";
        return Err(ApiError::new("TooManyBuckets", message));
    }
    call.world.storage.add_bucket(&name, account, &region, call.now);
    Ok(Plain::empty(200).header("location", format!("/{name}")))
}

/// The Region of the document, which has to be the one the request is signed for; none means us-east-1.
fn wanted_region(call: &Call<'_>, request: &WireRequest) -> Result<String, ApiError> {
    let text = String::from_utf8_lossy(&request.body);
    let named = text.split_once("<LocationConstraint>").and_then(|(_, rest)| rest.split_once("</LocationConstraint>"));
    match named.map(|(region, _)| region.trim()) {
        None if call.region == "us-east-1" => Ok("us-east-1".to_owned()),
        Some(region) if region == call.region && region != "us-east-1" => Ok(region.to_owned()),
        None => Err(ApiError::new(
            "IllegalLocationConstraintException",
            "The unspecified location constraint is incompatible for the region specific endpoint this request was sent \
             to.",
        )),
        Some("us-east-1") => {
            Err(ApiError::new("InvalidLocationConstraint", "The specified location-constraint is not valid")
                .with("LocationConstraint", "us-east-1"))
        }
        Some(region) => Err(ApiError::new(
            "IllegalLocationConstraintException",
            format!(
                "The {region} location constraint is incompatible for the region specific endpoint this request was sent \
                 to."
            ),
        )),
    }
}

/// 3 to 63 letters, digits, dots and dashes, with a letter or digit at both ends.
fn is_name(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let bytes = name.as_bytes();
    let ends = bytes.first().copied().is_some_and(plain) && bytes.last().copied().is_some_and(plain);
    let inner = bytes.iter().all(|byte| plain(*byte) || matches!(byte, b'.' | b'-'));
    (3..=63).contains(&name.len())
        && ends
        && inner
        && !name.contains("..")
        && name.parse::<std::net::Ipv4Addr>().is_err()
}

pub(super) fn head(call: &Call<'_>) -> Result<Plain, ApiError> {
    let (_, bucket) = found(call)?;
    Ok(Plain::empty(200).header("x-amz-bucket-region", bucket.region.clone()))
}

/// Only an empty bucket is deleted.
pub(super) fn delete(call: &mut Call<'_>) -> Result<Plain, ApiError> {
    let (name, bucket) = found(call)?;
    if !bucket.objects().is_empty() {
        return Err(ApiError::new("BucketNotEmpty", "The bucket you tried to delete is not empty")
            .with_status(409)
            .with("BucketName", name));
    }
    let name = name.to_owned();
    call.world.storage.buckets.remove(&name);
    Ok(Plain::empty(204))
}

/// The one operation that answers from every Region.
pub(super) fn location(call: &Call<'_>) -> Result<Plain, ApiError> {
    let region = match found(call) {
        Ok((_, bucket)) => bucket.region.clone(),
        Err(refused) if refused.code == "PermanentRedirect" => {
            refused.members.iter().find_map(|(_, value)| value.as_str()).unwrap_or_default().to_owned()
        }
        Err(refused) => return Err(refused),
    };
    // the oldest Region has no name here
    let text = if region == "us-east-1" { String::new() } else { region };
    Ok(Plain::xml(Xml::leaf_document("LocationConstraint", NAMESPACE, &text)))
}

#[cfg(test)]
mod tests {
    use super::is_name;

    #[test]
    fn names_of_buckets() {
        for good in ["abc", "my.bucket-1", "0aa"] {
            assert!(is_name(good), "{good}");
        }
        for bad in ["ab", "Abc", "a_b", "-ab", "ab-", "a..b", "192.168.5.4", "", &"a".repeat(64)] {
            assert!(!is_name(bad), "{bad}");
        }
    }
}
