//! The trails and what they record: management events, which is AWS's default, and what the files they came with hold.

use serde_json::{Value, json};

use crate::call::{Call, texts};
use crate::error::{Answer, ApiError};
use crate::state::trail::Trail;
use crate::wire::epoch_seconds;

/// Every account of the organization sees the organization's trails.
fn seen<'a>(call: &'a Call<'_>) -> impl Iterator<Item = &'a Trail> {
    let account = call.caller.identity.account;
    let within = call.world.organization.accounts.contains_key(&account);
    call.world.trails.iter().filter(move |trail| within || trail.account == account)
}

pub(super) fn describe(call: &Call<'_>) -> Value {
    let names = texts(call.input.get("trailNameList"));
    // in other accounts and Regions the trail is a shadow
    let shadows = call.input.get("includeShadowTrails").and_then(Value::as_bool).unwrap_or(true);
    let is_own = |trail: &Trail| trail.account == call.caller.identity.account && trail.home_region == call.region;
    let named =
        |trail: &Trail| names.is_empty() || names.iter().any(|name| *name == trail.name || *name == trail.arn());
    let trails = seen(call).filter(|trail| named(trail) && (shadows || is_own(trail)));
    json!({ "trailList": trails.map(told).collect::<Vec<_>>() })
}

fn told(trail: &Trail) -> Value {
    json!({
        "Name": trail.name,
        "S3BucketName": trail.bucket,
        "IncludeGlobalServiceEvents": true,
        "IsMultiRegionTrail": true,
        "HomeRegion": trail.home_region,
        "TrailARN": trail.arn(),
        "LogFileValidationEnabled": false,
        "HasCustomEventSelectors": trail.writes_only || !trail.data_types.is_empty(),
        "HasInsightSelectors": false,
        "IsOrganizationTrail": true,
    })
}

pub(super) fn list(call: &Call<'_>) -> Value {
    let trail = |trail: &Trail| json!({ "TrailARN": trail.arn(), "Name": trail.name, "HomeRegion": trail.home_region });
    json!({ "Trails": seen(call).map(trail).collect::<Vec<_>>() })
}

/// The trail of this name or ARN.
fn found<'a>(call: &'a Call<'_>, member: &str) -> Result<&'a Trail, ApiError> {
    let name = call.required(member)?;
    seen(call).find(|trail| trail.name == name || trail.arn() == name).ok_or_else(|| {
        let account = call.caller.identity.account;
        let arn = format!("arn:aws:cloudtrail:{}:{account}:trail/{name}", call.region);
        let arn = if name.starts_with("arn:") { name.to_owned() } else { arn };
        ApiError::new("TrailNotFoundException", format!("Unknown trail: {arn} for the user: {account}"))
    })
}

pub(super) fn get(call: &Call<'_>) -> Answer {
    Ok(json!({ "Trail": told(found(call, "Name")?) }))
}

pub(super) fn status(call: &Call<'_>) -> Answer {
    let trail = found(call, "Name")?;
    let mut told = json!({
        "IsLogging": true,
        "StartLoggingTime": epoch_seconds(trail.started_at),
        "TimeLoggingStarted": trail.started_at.to_string(),
        "TimeLoggingStopped": "",
    });
    if let (Some(at), Some(told)) = (trail.delivered_at, told.as_object_mut()) {
        told.insert("LatestDeliveryTime".to_owned(), epoch_seconds(at));
        told.insert("LatestDeliveryAttemptTime".to_owned(), Value::from(at.to_string()));
        told.insert("LatestDeliveryAttemptSucceeded".to_owned(), Value::from(at.to_string()));
    }
    Ok(told)
}

pub(super) fn selectors(call: &Call<'_>) -> Answer {
    let trail = found(call, "TrailName")?;
    let data = trail.data_types.iter().map(|kind| json!({"Type": kind, "Values": ["arn:aws"]}));
    Ok(json!({
        "TrailARN": trail.arn(),
        "EventSelectors": [{
            "ReadWriteType": if trail.writes_only { "WriteOnly" } else { "All" },
            "IncludeManagementEvents": true,
            "DataResources": data.collect::<Vec<_>>(),
            "ExcludeManagementEventSources": [],
        }],
    }))
}
