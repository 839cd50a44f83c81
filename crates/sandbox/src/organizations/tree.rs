//! The tree of OUs and what lies where.

use serde_json::{Value, json};

use super::PAGE;
use super::account::written;
use super::reference::listed;
use crate::call::{Call, tags};
use crate::error::{Answer, ApiError, done};
use crate::page::{Page, answer};
use crate::state::id::{AccountId, lower};
use crate::state::organization::Unit;

pub(super) fn list_units(call: &mut Call<'_>) -> Answer {
    let parent = call.parent_of("ParentId", "ParentNotFoundException")?;
    let page = Page::<String>::of(call, PAGE)?;
    let organization = &call.world.organization;
    let units = organization.children(&parent).units.range(page.range());
    let units = units.filter_map(|id| Some((id.clone(), unit(call, organization.units.get(id)?))));
    let items = units.take(PAGE + 1).collect();
    listed(call, "OrganizationalUnits", &page, items)
}

pub(super) fn list_accounts(call: &mut Call<'_>) -> Answer {
    let parent = call.parent_of("ParentId", "ParentNotFoundException")?;
    let page = Page::<AccountId>::of(call, PAGE)?;
    let organization = &call.world.organization;
    let accounts = organization.children(&parent).accounts.range(page.range());
    let accounts = accounts.filter_map(|id| Some((*id, written(call, organization.accounts.get(id)?))));
    let items = accounts.take(PAGE + 1).collect();
    listed(call, "Accounts", &page, items)
}

pub(super) fn list_children(call: &mut Call<'_>) -> Answer {
    let parent = call.parent_of("ParentId", "ParentNotFoundException")?;
    let page = Page::<String>::of(call, PAGE)?;
    let children = call.world.organization.children(&parent);
    let (kind, ids): (&str, Vec<String>) = match call.required("ChildType")? {
        "ACCOUNT" => ("ACCOUNT", children.accounts.iter().map(ToString::to_string).collect()),
        _ => ("ORGANIZATIONAL_UNIT", children.units.iter().cloned().collect()),
    };
    let ids = ids.into_iter().filter(|id| page.after().is_none_or(|after| id > after));
    let items = ids.map(|id| (id.clone(), json!({"Id": id, "Type": kind}))).collect();
    listed(call, "Children", &page, items)
}

pub(super) fn list_parents(call: &Call<'_>) -> Answer {
    let child = call.required("ChildId")?;
    let organization = &call.world.organization;
    let account = AccountId::parse(child).and_then(|id| organization.accounts.get(&id));
    let above = account.map(|account| &account.parent).or(organization.units.get(child).map(|unit| &unit.parent));
    let above =
        above.ok_or_else(|| ApiError::new("ChildNotFoundException", "You specified a child that doesn't exist."))?;
    let kind = if *above == organization.root { "ROOT" } else { "ORGANIZATIONAL_UNIT" };
    answer("Parents", Page::<u64>::of(call, PAGE)?.slice(std::iter::once(json!({"Id": above, "Type": kind}))))
}

pub(super) fn describe_unit(call: &Call<'_>) -> Answer {
    Ok(json!({"OrganizationalUnit": unit(call, call.unit_of("OrganizationalUnitId")?)}))
}

pub(super) fn create_unit(call: &mut Call<'_>) -> Answer {
    let parent = call.parent_of("ParentId", "ParentNotFoundException")?;
    let name = call.required("Name")?.to_owned();
    let organization = &call.world.organization;
    if organization.unit_named(&parent, &name).is_some() {
        return Err(duplicate());
    }
    // the root itself is the first of the lineage
    if organization.lineage(&parent).len() > call.config.quotas.unit_depth {
        return Err(ApiError::new("ConstraintViolationException", "You exceeded the depth of the OU tree.")
            .with("Reason", "OU_DEPTH_LIMIT_EXCEEDED"));
    }
    let stem = organization.root.strip_prefix("r-").unwrap_or_default().to_owned();
    let id = format!("ou-{stem}-{}", lower(&mut call.world.rng, 8));
    let tags = tags(call.input.get("Tags")).into_iter().collect();
    call.world.organization.add_unit(Unit { id: id.clone(), name, parent, tags });
    let made = call.world.organization.units.get(&id).map(|made| unit(call, made));
    Ok(json!({ "OrganizationalUnit": made }))
}

pub(super) fn update_unit(call: &mut Call<'_>) -> Answer {
    let found = call.unit_of("OrganizationalUnitId")?;
    let (id, parent) = (found.id.clone(), found.parent.clone());
    if let Some(name) = call.text("Name").map(str::to_owned) {
        if call.world.organization.unit_named(&parent, &name).is_some_and(|other| other != id) {
            return Err(duplicate());
        }
        if let Some(unit) = call.world.organization.units.get_mut(&id) {
            unit.name = name;
        }
    }
    describe_unit(call)
}

pub(super) fn delete_unit(call: &mut Call<'_>) -> Answer {
    let id = call.unit_of("OrganizationalUnitId")?.id.clone();
    let children = call.world.organization.children(&id);
    if !(children.units.is_empty() && children.accounts.is_empty()) {
        let message = "The specified OU is not empty. Move all accounts to another root or to other OUs, remove all child \
                       OUs, and try the operation again.";
        return Err(ApiError::new("OrganizationalUnitNotEmptyException", message));
    }
    call.world.organization.remove_unit(&id);
    done()
}

fn duplicate() -> ApiError {
    ApiError::new("DuplicateOrganizationalUnitException", "An OU with the same name exists in the parent.")
}

pub(super) fn move_account(call: &mut Call<'_>) -> Answer {
    let account = call.account_of("AccountId")?;
    let (id, here) = (account.id, account.parent.clone());
    let source = call.parent_of("SourceParentId", "SourceParentNotFoundException")?;
    let destination = call.parent_of("DestinationParentId", "DestinationParentNotFoundException")?;
    if source != here {
        return Err(ApiError::new("SourceParentNotFoundException", "The account is not in the source parent."));
    }
    if destination == here {
        return Err(ApiError::new("DuplicateAccountException", "That account is already present in the destination."));
    }
    call.world.organization.move_account(id, &destination);
    done()
}

fn unit(call: &Call<'_>, unit: &Unit) -> Value {
    let organization = &call.world.organization;
    let lineage = organization.lineage(&unit.id).join("/");
    json!({
        "Id": unit.id,
        "Arn": organization.unit_arn(&unit.id),
        "Name": unit.name,
        "Path": format!("{}/{lineage}/", organization.id),
    })
}
