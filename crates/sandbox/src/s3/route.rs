//! Which operation of S3 a request is for: method, bucket, key and what the query names.

use serde_json::{Map, Value};

use super::error::not_implemented;
use crate::error::ApiError;
use crate::wire::WireRequest;
use crate::wire::query::{Form, decode};
use crate::wire::route::{NoRoute, Protocol, Route, Service};

/// Query parameters that belong to operations that are served, under the names of botocore's model.
const PARAMETERS: [(&str, &str); 10] = [
    ("prefix", "Prefix"),
    ("delimiter", "Delimiter"),
    ("max-keys", "MaxKeys"),
    ("continuation-token", "ContinuationToken"),
    ("start-after", "StartAfter"),
    ("marker", "Marker"),
    ("encoding-type", "EncodingType"),
    ("fetch-owner", "FetchOwner"),
    ("max-buckets", "MaxBuckets"),
    ("bucket-region", "BucketRegion"),
];

/// Query parameters that mean nothing here and change no operation.
const HARMLESS: [&str; 3] = ["list-type", "location", "x-id"];

pub(crate) fn find(request: &WireRequest) -> Result<Route, NoRoute> {
    let refused = |error| NoRoute { protocol: Protocol::RestXml, error };
    let (path, query) = request.path.split_once('?').unwrap_or((&request.path, ""));
    let (bucket, key) = addressed(request, path);
    let form = Form::parse(query);
    let mut input = Map::new();
    for (name, value) in form.fields() {
        let known = PARAMETERS.iter().find(|(parameter, _)| parameter == &name);
        match known {
            Some((_, member)) => drop(input.insert((*member).to_owned(), parsed(member, value))),
            None if HARMLESS.contains(&name) => {}
            // what a version, an upload or a sub-resource is asked for, which there is none of
            None => return Err(refused(not_implemented())),
        }
    }
    let operation = operation(request, &bucket, &key, &form).map_err(refused)?;
    for (member, text) in [("Bucket", bucket), ("Key", key)] {
        if !text.is_empty() {
            input.insert(member.to_owned(), Value::from(text));
        }
    }
    Ok(Route { service: Service::S3, operation: operation.to_owned(), form: None, input: Some(input) })
}

fn parsed(member: &str, value: &str) -> Value {
    match member {
        "MaxKeys" | "MaxBuckets" => value.parse::<i64>().map_or_else(|_| Value::from(value), Value::from),
        "FetchOwner" => Value::from(value == "true"),
        _ => Value::from(value),
    }
}

/// Bucket and key: the bucket is the first folder of the path, or the host's first label (`bucket.localhost`).
fn addressed(request: &WireRequest, path: &str) -> (String, String) {
    let path = path.strip_prefix('/').unwrap_or(path);
    let host = request.header("host").unwrap_or_default();
    let host = host.rsplit_once(':').map_or(host, |(host, _)| host);
    let label = host.strip_suffix(".localhost").map(|rest| rest.strip_suffix(".s3").unwrap_or(rest));
    if let Some(bucket) = label.filter(|label| *label != "s3") {
        return (bucket.to_owned(), decode(path, false));
    }
    let (bucket, key) = path.split_once('/').unwrap_or((path, ""));
    (decode(bucket, false), decode(key, false))
}

fn operation(request: &WireRequest, bucket: &str, key: &str, form: &Form) -> Result<&'static str, ApiError> {
    let copies = request.header("x-amz-copy-source").is_some();
    match (request.method.as_str(), bucket.is_empty(), key.is_empty()) {
        ("GET", true, _) => Ok("ListBuckets"),
        ("GET", false, true) if form.has("location") => Ok("GetBucketLocation"),
        ("GET", false, true) if form.get("list-type") == Some("2") => Ok("ListObjectsV2"),
        ("GET", false, true) => Ok("ListObjects"),
        ("HEAD", false, true) => Ok("HeadBucket"),
        ("PUT", false, true) => Ok("CreateBucket"),
        ("DELETE", false, true) => Ok("DeleteBucket"),
        ("GET", false, false) => Ok("GetObject"),
        ("HEAD", false, false) => Ok("HeadObject"),
        ("PUT", false, false) if !copies => Ok("PutObject"),
        ("DELETE", false, false) => Ok("DeleteObject"),
        ("PUT" | "POST", ..) => Err(not_implemented()),
        _ => Err(ApiError::new("MethodNotAllowed", "The specified method is not allowed against this resource.")
            .with_status(405)),
    }
}
