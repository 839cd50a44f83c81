//! Who may take which role.

use serde_json::{Value, json};

use super::application::found as application;
use crate::call::Call;
use crate::error::{Answer, ApiError, done};
use crate::state::center::{Principal, PrincipalKind};
use crate::state::entitlement::Entitlement;
use crate::state::id::{AccountId, Uuid};
use crate::wire::epoch_seconds;

/// Groups on one role, AWS's documented quota.
const GROUPS_OF_ROLE: usize = 20;
/// The most entries of a page.
const PAGE: usize = 100;
/// Who has to be trusted by the role.
const SERVICE: &str = "account-access.amazonaws.com";

pub(super) fn create(call: &mut Call<'_>) -> Answer {
    application(call)?;
    let asked = call.input.get("entitlement").and_then(|one| one.get("principalRole"));
    let principal = asked.and_then(|asked| asked.get("principal")).and_then(principal);
    let role_arn = asked.and_then(|asked| asked.get("roleArn")).and_then(Value::as_str);
    let (Some(principal), Some(role_arn)) = (principal, role_arn) else {
        return Err(ApiError::validation("A principal of Identity Center and a role are needed."));
    };
    let directory = &call.world.directory;
    let known = match principal.kind {
        PrincipalKind::User => directory.users.contains_key(&principal.id),
        PrincipalKind::Group => directory.groups.contains_key(&principal.id),
    };
    if !known {
        return Err(ApiError::not_found(format!("{} {} not found.", principal.kind.name(), principal.id)));
    }
    let account = role_arn.split(':').nth(4).and_then(AccountId::parse);
    let account = account.ok_or_else(|| ApiError::validation("The role's ARN is not valid."))?;
    check_role(call, account, role_arn)?;
    let all = &call.world.entitlements.all;
    if all.values().any(|one| one.principal == principal && one.role_arn == role_arn) {
        return Err(ApiError::conflict("The entitlement exists already."));
    }
    let is_group = |one: &&Entitlement| one.role_arn == role_arn && one.principal.kind == PrincipalKind::Group;
    if principal.kind == PrincipalKind::Group && all.values().filter(is_group).count() >= GROUPS_OF_ROLE {
        return Err(ApiError::quota(format!("A role has at most {GROUPS_OF_ROLE} groups.")));
    }
    let role_arn = role_arn.to_owned();
    let id = Uuid::random(&mut call.world.rng);
    let made = Entitlement { principal, role_arn, account, created_at: call.now };
    call.world.entitlements.all.insert(id, made);
    Ok(json!({ "entitlementId": id.to_string() }))
}

/// The role has to be there, and to trust the service.
fn check_role(call: &Call<'_>, account: AccountId, arn: &str) -> Result<(), ApiError> {
    let name = arn.rsplit('/').next().unwrap_or_default();
    let role = call.world.iam.get(&account).and_then(|iam| iam.roles.get(name));
    let role = role.filter(|role| role.arn(account, name) == arn);
    let role = role.ok_or_else(|| ApiError::not_found(format!("Role {arn} not found.")))?;
    if !role.trust.contains(SERVICE) {
        return Err(ApiError::validation(format!("The role's trust policy does not allow {SERVICE}.")));
    }
    Ok(())
}

fn principal(value: &Value) -> Option<Principal> {
    let center = value.get("identityCenter")?;
    let id = |name: &str| center.get(name).and_then(Value::as_str).and_then(Uuid::parse);
    let user = id("userId").map(|id| Principal { kind: PrincipalKind::User, id });
    user.or_else(|| id("groupId").map(|id| Principal { kind: PrincipalKind::Group, id }))
}

fn told(call: &Call<'_>, one: &Entitlement) -> Value {
    let name = if one.principal.kind == PrincipalKind::User { "userId" } else { "groupId" };
    let mut row = json!({
        "principal": {"identityCenter": {name: one.principal.id.to_string()}},
        "roleArn": one.role_arn,
        "account": one.account.to_string(),
    });
    let found = call.world.organization.accounts.get(&one.account);
    if let (Some(found), Some(row)) = (found, row.as_object_mut()) {
        row.insert("accountName".to_owned(), Value::from(found.name.as_str()));
    }
    json!({ "principalRole": row })
}

/// The id in the request, and what it names.
fn found<'a>(call: &'a Call<'_>) -> Result<(Uuid, &'a Entitlement), ApiError> {
    application(call)?;
    let text = call.required("entitlementId")?;
    let id = Uuid::parse(text);
    let found = id.and_then(|id| Some((id, call.world.entitlements.all.get(&id)?)));
    found.ok_or_else(|| ApiError::not_found(format!("Entitlement {text} not found.")))
}

pub(super) fn get(call: &Call<'_>) -> Answer {
    let (id, one) = found(call)?;
    Ok(json!({
        "applicationArn": application(call)?.arn,
        "entitlementId": id.to_string(),
        "entitlement": told(call, one),
        "createdAt": epoch_seconds(one.created_at),
    }))
}

pub(super) fn delete(call: &mut Call<'_>) -> Answer {
    let (id, _) = found(call)?;
    call.world.entitlements.all.remove(&id);
    done()
}

pub(super) fn list(call: &Call<'_>) -> Answer {
    application(call)?;
    let filter = call.input.get("filter").and_then(|filter| filter.get("principalRole"));
    let wanted = filter.and_then(|filter| filter.get("principal")).and_then(principal);
    let text = |name: &str| filter.and_then(|filter| filter.get(name)).and_then(Value::as_str);
    let (role_arn, account) = (text("roleArn"), text("account"));
    let wrong = || ApiError::validation("The token of the page is not valid.");
    let after = call.text("nextToken").map(|token| Uuid::parse(token).ok_or_else(wrong)).transpose()?;
    let size = call.input.get("maxResults").and_then(Value::as_u64).and_then(|size| usize::try_from(size).ok());
    let rows = call.world.entitlements.all.iter().filter(|(id, one)| {
        after.is_none_or(|after| **id > after)
            && wanted.is_none_or(|wanted| one.principal == wanted)
            && role_arn.is_none_or(|arn| one.role_arn == arn)
            && account.is_none_or(|account| one.account.to_string() == account)
    });
    let mut rows = rows.peekable();
    let mut page = Vec::new();
    let mut last = None;
    while page.len() < size.unwrap_or(PAGE).clamp(1, PAGE) {
        let Some((id, one)) = rows.next() else { break };
        let (entitlement, at) = (told(call, one), epoch_seconds(one.created_at));
        page.push(json!({"entitlementId": id.to_string(), "entitlement": entitlement, "createdAt": at}));
        last = Some(id.to_string());
    }
    let next = last.filter(|_| rows.peek().is_some());
    Ok(json!({"entitlements": page, "nextToken": next}))
}
