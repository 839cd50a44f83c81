//! CloudTrail: what is recorded of every call, and where it can be read: LookupEvents, and files in S3.

mod description;
mod element;
mod event;
mod identity;
mod lookup;
mod membership;
mod recorder;

use crate::call::Call;
use crate::error::Answer;
use crate::wire::route::unknown_operation;

pub(crate) use element::is_hidden;
pub(crate) use event::{By, Noted, Outcome, console_sign_in, is_recorded};
pub(crate) use identity::Origin;
pub(crate) use recorder::{Recorder, SavedRecords, gzip};

/// The name of the organization's trail.
pub(crate) const TRAIL_NAME: &str = "organization-trail";

pub(crate) fn serve(call: &Call<'_>, recorder: Option<&Recorder>) -> Answer {
    match call.operation {
        "LookupEvents" => lookup::answer(call, recorder),
        "DescribeTrails" => Ok(description::describe(call)),
        "ListTrails" => Ok(description::list(call)),
        "GetTrail" => description::get(call),
        "GetTrailStatus" => description::status(call),
        "GetEventSelectors" => description::selectors(call),
        _ => Err(unknown_operation()),
    }
}
