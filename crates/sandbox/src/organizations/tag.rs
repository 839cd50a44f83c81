//! Tags of accounts, OUs and the root.

use serde_json::json;

use super::reference::listed;
use crate::call::{Call, tags, texts};
use crate::error::{Answer, ApiError, done};
use crate::page::Page;
use crate::state::id::AccountId;
use crate::state::organization::Tags;

/// Tags of one resource.
const MOST: usize = 50;

pub(super) fn list(call: &mut Call<'_>) -> Answer {
    let page = Page::<String>::of(call, MOST)?;
    let id = call.required("ResourceId")?.to_owned();
    let tags = tags_of(call, &id)?.range(page.range());
    let items = tags.map(|(key, value)| (key.clone(), json!({"Key": key, "Value": value}))).collect();
    listed(call, "Tags", &page, items)
}

pub(super) fn add(call: &mut Call<'_>) -> Answer {
    let id = call.required("ResourceId")?.to_owned();
    let new = tags(call.input.get("Tags"));
    let kept = tags_of(call, &id)?;
    let mut merged = kept.clone();
    merged.extend(new);
    if merged.len() > MOST {
        return Err(ApiError::new("ConstraintViolationException", "You have exceeded the number of tags allowed.")
            .with("Reason", "MAX_TAG_LIMIT_EXCEEDED"));
    }
    *kept = merged;
    done()
}

pub(super) fn remove(call: &mut Call<'_>) -> Answer {
    let id = call.required("ResourceId")?.to_owned();
    let gone = texts(call.input.get("TagKeys"));
    tags_of(call, &id)?.retain(|key, _| !gone.contains(key));
    done()
}

fn tags_of<'a>(call: &'a mut Call<'_>, id: &str) -> Result<&'a mut Tags, ApiError> {
    let organization = &mut call.world.organization;
    let found = if id == organization.root {
        Some(&mut organization.root_tags)
    } else if let Some(account) = AccountId::parse(id) {
        organization.accounts.get_mut(&account).map(|account| &mut account.tags)
    } else if id.starts_with("p-") {
        organization.policies.get_mut(id).filter(|policy| !policy.of_aws).map(|policy| &mut policy.tags)
    } else {
        organization.units.get_mut(id).map(|unit| &mut unit.tags)
    };
    found.ok_or_else(|| ApiError::new("TargetNotFoundException", "You specified a target that doesn't exist."))
}
