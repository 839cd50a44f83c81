//! Tags of permission sets, of the instance, of applications and token issuers.

use serde_json::json;

use crate::call::{Call, tags, texts};
use crate::error::{Answer, ApiError, done};
use crate::page::{Page, answer};
use crate::state::id::SetId;
use crate::state::organization::Tags;

/// Tags in a page of the listing.
const PAGE: usize = 50;

enum Tagged {
    Instance,
    Set(SetId),
    Application(String),
    Issuer(String),
}

pub(super) fn add(call: &mut Call<'_>) -> Answer {
    let resource = resource(call)?;
    check_changeable(call, &resource)?;
    let new = tags(call.input.get("Tags"));
    let mut all = tags_of(call, &resource).clone();
    all.extend(new);
    if all.len() > call.config.quotas.tags_per_resource {
        return Err(ApiError::quota("You have exceeded the number of tags of this resource."));
    }
    replace(call, &resource, all);
    done()
}

pub(super) fn remove(call: &mut Call<'_>) -> Answer {
    let resource = resource(call)?;
    check_changeable(call, &resource)?;
    let gone = texts(call.input.get("TagKeys"));
    let mut all = tags_of(call, &resource).clone();
    all.retain(|key, _| !gone.contains(key));
    replace(call, &resource, all);
    done()
}

pub(super) fn list(call: &Call<'_>) -> Answer {
    let resource = resource(call)?;
    let page = Page::<String>::of(call, PAGE)?;
    let tags = tags_of(call, &resource).range(page.range());
    answer("Tags", page.cut(tags.map(|(key, value)| (key.clone(), json!({"Key": key, "Value": value})))))
}

fn resource(call: &Call<'_>) -> Result<Tagged, ApiError> {
    call.check_instance()?;
    let arn = call.required("ResourceArn")?;
    if arn == call.world.center.arn() && call.in_primary_region() {
        return Ok(Tagged::Instance);
    }
    let settings = &call.world.center.settings;
    if settings.applications.contains_key(arn) {
        return Ok(Tagged::Application(arn.to_owned()));
    }
    if settings.issuers.contains_key(arn) {
        return Ok(Tagged::Issuer(arn.to_owned()));
    }
    Ok(Tagged::Set(call.set_of(arn)?.0))
}

fn check_changeable(call: &Call<'_>, resource: &Tagged) -> Result<(), ApiError> {
    match resource {
        Tagged::Instance | Tagged::Application(_) | Tagged::Issuer(_) => Ok(()),
        Tagged::Set(set) => call.check_changeable(*set),
    }
}

fn tags_of<'a>(call: &'a Call<'_>, resource: &Tagged) -> &'a Tags {
    let center = &call.world.center;
    match resource {
        Tagged::Instance => &center.tags,
        Tagged::Set(set) => center.sets.get(set).map_or(&center.tags, |set| &set.tags),
        Tagged::Application(arn) => center.settings.applications.get(arn).map_or(&center.tags, |found| &found.tags),
        Tagged::Issuer(arn) => center.settings.issuers.get(arn).map_or(&center.tags, |found| &found.tags),
    }
}

fn replace(call: &mut Call<'_>, resource: &Tagged, tags: Tags) {
    match resource {
        Tagged::Instance => call.world.center.tags = tags,
        Tagged::Set(set) => {
            if let Some(set) = call.world.center.set_mut(*set) {
                set.tags = tags;
            }
        }
        Tagged::Application(arn) => {
            if let Some(found) = call.world.center.settings.applications.get_mut(arn) {
                found.tags = tags;
            }
        }
        Tagged::Issuer(arn) => {
            if let Some(found) = call.world.center.settings.issuers.get_mut(arn) {
                found.tags = tags;
            }
        }
    }
}
