//! LookupEvents: the events of an account in one Region, newest first.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::event::Event;
use super::recorder::Recorder;
use crate::call::Call;
use crate::error::{Answer, ApiError};
use crate::wire::epoch_seconds;

/// Days that can be looked back.
const DAYS: i64 = 90;
/// The most events of a page.
const PAGE: usize = 50;

pub(super) fn answer(call: &Call<'_>, recorder: Option<&Recorder>) -> Answer {
    let attribute = attribute(call)?;
    let oldest = call.now.checked_sub(SignedDuration::from_hours(24 * DAYS)).unwrap_or(Timestamp::MIN);
    let from = time(call, "StartTime").unwrap_or(oldest).max(oldest);
    let to = time(call, "EndTime").unwrap_or(call.now);
    if time(call, "StartTime").is_some_and(|from| from > to) {
        let message = "The start time you specified occurs after the end time. Specify a time range that is valid.";
        return Err(ApiError::new("InvalidTimeRangeException", message));
    }
    let size = call.input.get("MaxResults").and_then(Value::as_u64).and_then(|size| usize::try_from(size).ok());
    let size = size.unwrap_or(PAGE).clamp(1, PAGE);
    let after =
        match call.text("NextToken") {
            None => None,
            Some(token) => Some(untoken(token).ok_or_else(|| {
                ApiError::new("InvalidNextTokenException", "The NextToken you specified is not valid.")
            })?),
        };
    let account = call.caller.identity.account;
    let visible = recorder.into_iter().flat_map(|recorder| recorder.visible(account, call.region, call.now));
    let mut found = visible
        .filter(|event| event.at >= from && event.at <= to)
        .filter(|event| attribute.as_ref().is_none_or(|(key, value)| has(event, key, value)))
        // up to and with the last one of the page before, which may be gone by now
        .skip_while(|event| {
            after.as_ref().is_some_and(|(at, id)| event.at > *at || (event.at == *at && event.id != *id))
        })
        .skip(usize::from(after.is_some()))
        .peekable();
    let mut page = Vec::new();
    let mut last = None;
    while page.len() < size {
        let Some(event) = found.next() else { break };
        page.push(told(event));
        last = Some(event);
    }
    let next = last.filter(|_| found.peek().is_some());
    let mut answer = json!({ "Events": page });
    if let (Some(next), Some(answer)) = (next, answer.as_object_mut()) {
        answer.insert("NextToken".to_owned(), Value::from(token(next)));
    }
    Ok(answer)
}

/// Key and value of the one attribute there may be.
fn attribute(call: &Call<'_>) -> Result<Option<(String, String)>, ApiError> {
    let wrong = |message: &str| ApiError::new("InvalidLookupAttributesException", message);
    let list = call.input.get("LookupAttributes").and_then(Value::as_array);
    match list.map(Vec::as_slice) {
        None | Some([]) => Ok(None),
        Some([one]) => {
            let text = |name: &str| one.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
            let (key, value) = (text("AttributeKey"), text("AttributeValue"));
            if value.is_empty() || (key == "ReadOnly" && !["true", "false"].contains(&value.as_str())) {
                return Err(wrong("The lookup attribute value is not valid."));
            }
            Ok(Some((key, value)))
        }
        Some(_) => Err(wrong("You can only specify one lookup attribute.")),
    }
}

fn time(call: &Call<'_>, member: &str) -> Option<Timestamp> {
    let seconds = call.input.get(member)?.as_f64()?;
    #[expect(clippy::cast_possible_truncation, reason = "a time out of range is none")]
    Timestamp::from_millisecond((seconds * 1_000.0) as i64).ok()
}

fn has(event: &Event, key: &str, value: &str) -> bool {
    match key {
        "EventId" => event.id == value,
        "EventName" => event.name == value,
        "ReadOnly" => event.reads.to_string() == value,
        "Username" => event.user_name == value,
        "ResourceType" => event.resources.iter().any(|(kind, _)| kind == value),
        "ResourceName" => event.resources.iter().any(|(_, name)| name == value),
        "EventSource" => event.source == value,
        "AccessKeyId" => event.key.as_deref() == Some(value),
        _ => false,
    }
}

fn told(event: &Event) -> Value {
    let resource = |(kind, name): &(String, String)| json!({ "ResourceType": kind, "ResourceName": name });
    let mut told = json!({
        "EventId": event.id,
        "EventName": event.name,
        "ReadOnly": event.reads.to_string(),
        "EventTime": epoch_seconds(event.at),
        "EventSource": event.source,
        "Resources": event.resources.iter().map(resource).collect::<Vec<_>>(),
        "CloudTrailEvent": event.text,
    });
    if let Some(told) = told.as_object_mut() {
        let texts = [("AccessKeyId", event.key.as_deref()), ("Username", Some(event.user_name.as_str()))];
        for (name, text) in texts {
            if let Some(text) = text.filter(|text| !text.is_empty()) {
                told.insert(name.to_owned(), Value::from(text));
            }
        }
    }
    told
}

fn token(event: &Event) -> String {
    hex::encode(format!("{} {}", event.at.as_nanosecond(), event.id))
}

fn untoken(token: &str) -> Option<(Timestamp, String)> {
    let text = String::from_utf8(hex::decode(token).ok()?).ok()?;
    let (at, id) = text.split_once(' ')?;
    Some((Timestamp::from_nanosecond(at.parse().ok()?).ok()?, id.to_owned()))
}
