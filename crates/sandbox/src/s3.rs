//! S3: buckets and objects, as far as logs are kept and read there.

mod bucket;
mod checksum;
mod chunked;
pub(crate) mod error;
mod listing;
mod object;
pub(crate) mod route;

use jiff::Timestamp;

use crate::call::Call;
use crate::error::ApiError;
use crate::state::storage::Bucket;
use crate::wire::{Plain, WireRequest};

pub(crate) use checksum::crc32;
pub(crate) use object::of_aws;

pub(crate) const NAMESPACE: &str = "http://s3.amazonaws.com/doc/2006-03-01/";

pub(crate) fn serve(call: &mut Call<'_>, request: &WireRequest) -> Result<Plain, ApiError> {
    match call.operation {
        "ListBuckets" => bucket::list(call),
        "CreateBucket" => bucket::create(call, request),
        "HeadBucket" => bucket::head(call),
        "DeleteBucket" => bucket::delete(call),
        "GetBucketLocation" => bucket::location(call),
        "ListObjectsV2" | "ListObjects" => listing::list(call),
        "GetObject" => object::get(call, request, true),
        "HeadObject" => object::get(call, request, false),
        "PutObject" => object::put(call, request),
        "DeleteObject" => object::delete(call),
        _ => Err(error::not_implemented()),
    }
}

/// The bucket of the request, if the caller's account owns it: there are no bucket policies.
fn found<'a>(call: &'a Call<'_>) -> Result<(&'a str, &'a Bucket), ApiError> {
    let name = call.text("Bucket").unwrap_or_default();
    let Some((name, bucket)) = call.world.storage.buckets.get_key_value(name) else {
        return Err(ApiError::new("NoSuchBucket", "The specified bucket does not exist")
            .with_status(404)
            .with("BucketName", name));
    };
    if bucket.account != call.caller.identity.account {
        return Err(error::denied());
    }
    if bucket.region != call.region {
        return Err(error::elsewhere(&bucket.region));
    }
    Ok((name, bucket))
}

/// `2026-11-22T00:00:00.000Z`
fn iso8601(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S.000Z").to_string()
}
